"""posd test: through a real daemon with a real TCP printer, a pty as the display and a growing file as the scanner; and without."""

import asyncio
import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from drivers.virtual_printer import Fault, TcpPort, VirtualPrinter
from posd.cli import listening, posd
from runtime.errors import Misconfigured, PosdError, Rejected, Unavailable
from tests.drivers.displays.screen import Pole, Screen
from tests.drivers.scanners.reads import until
from tests.shop import Shop, free_port, open_shop, wait_for
from tests.till import CARD, RICH, code_of

QUIET_TRIES = 30
TRIAL = ["12.50 הגוצת תקידב", "יטח (זוה) דגבא"]


def invoke(config: Path, *arguments: str) -> Result:
    """Run `posd test ...` in this process."""
    return CliRunner().invoke(posd, ["test", *arguments], env={"POSD_CONFIG": str(config)})


def error_of(told: Result) -> PosdError:
    assert isinstance(told.exception, PosdError), (told.output, told.exception)
    assert told.exception.hint
    return told.exception


def settings(folder: Path, text: str = "") -> Path:
    """A posd that does not run."""
    file = folder / "posd.toml"
    file.write_text(f'state_dir = "{folder / "state"}"\napi.port = 1\n{text}')
    return file


def later(do: Callable[[], object], after_s: float = 3.0) -> threading.Thread:
    """Do it while a command waits."""
    thread = threading.Timer(after_s, do)
    thread.start()
    return thread


@contextlib.contextmanager
def again_and_again(do: Callable[[], object]) -> Iterator[None]:
    """Do it all the time while a command runs: nobody knows when it has begun to look."""
    ended = threading.Event()

    def repeat() -> None:
        while not ended.wait(0.1):
            do()

    thread = threading.Thread(target=repeat)
    thread.start()
    yield
    ended.set()
    thread.join()


def words(pole: Pole) -> list[str]:
    return [" ".join(line.split()) for line in pole.seen()]


@pytest.fixture(scope="module")
def pole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pole]:
    made = Pole(tmp_path_factory.mktemp("pole") / "pole", Screen(page="cp862"))
    yield made
    made.unplug()


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, pole: Pole) -> Iterator[Shop]:
    """A shop with all devices; nobody has switched the printer on."""
    port = free_port()
    printer = f'[printer]\ndriver = "network"\nname = "receipts"\nhost = "127.0.0.1"\nport = {port}\n'
    display = f'[display]\ndriver = "serial"\nname = "pole"\npath = "{pole.path}"\nprofile = "hebrew-cd5220"\n'
    with open_shop(tmp_path_factory.mktemp("shop"), printer + display, printing="posd") as made:
        made.printer_port = port
        yield made


@pytest.mark.parametrize("command", [("test", "print"), ("printer", "test")])
async def test_the_test_page_is_printed_by_the_posd_that_runs(shop: Shop, command: tuple[str, str]) -> None:
    """One page under two names, on the printer that posd owns, and it says that it was printed."""
    config = ["--config", str(shop.config)]
    async with VirtualPrinter(TcpPort(shop.printer_port)) as printer:
        told = await asyncio.to_thread(CliRunner().invoke, posd, [*command, *config])
        assert told.exit_code == 0, told.exception
        assert told.stdout == "receipts: printed\n"
        as_json = await asyncio.to_thread(CliRunner().invoke, posd, [*command, *config, "--json"])
        said = json.loads(as_json.stdout)
        assert (said["device"], said["delivery"], said["bytes"] > 1000) == ("receipts", "confirmed", True)
        assert [bool(one.picture) for one in printer.printed] == [True, True]


async def test_a_printer_that_says_nothing_is_told_as_that(shop: Shop) -> None:
    """Neither printed nor not: look at the paper."""
    async with VirtualPrinter(TcpPort(shop.printer_port), fault=Fault.PAPER_OUT):
        refused = error_of(await asyncio.to_thread(invoke, shop.config, "print"))
        assert (refused.code, type(refused)) == ("printer_paper_out", Unavailable)
    gone = error_of(await asyncio.to_thread(invoke, shop.config, "print"))
    assert (gone.code, type(gone)) == ("printer_unreachable", Unavailable)


async def test_the_drawer_is_opened_once(shop: Shop) -> None:
    """By the printer that it hangs on."""
    async with VirtualPrinter(TcpPort(shop.printer_port)) as printer:
        told = await asyncio.to_thread(invoke, shop.config, "drawer")
        assert told.exit_code == 0, told.exception
        await until(lambda: printer.mechanism.pulses > 0)
        assert printer.mechanism.pulses <= 2  # one for each pin, where the settings do not say which


def test_the_display_shows_two_lines_in_the_terminals_language(shop: Shop, pole: Pole) -> None:
    """Then goes on with what it showed."""
    wait_for("the display greets", lambda: words(pole)[0])
    told = invoke(shop.config, "display")
    assert told.exit_code == 0, told.exception
    assert words(pole) == TRIAL
    assert told.stdout == "pole: took two lines\n"
    assert "12.50" in told.stderr


def test_what_was_scanned_is_told_by_kind_and_never_whole(shop: Shop) -> None:
    """A member's, a plain number, goods: which scanner, whether posd knows it, and not the code."""
    code = shop.member("חבר")
    scans = [code, CARD, "https://example.com/\x1b[2J"]
    with again_and_again(lambda: [shop.scan(one) for one in scans]):
        told = invoke(shop.config, "scan", "--seconds", "3", "--json")
    found = [json.loads(line) for line in told.stdout.splitlines()]
    assert {(one["scanner"], one["kind"], one["known"], one["letters"]) for one in found} == {
        ("counter", "member", True, len(code)),
        ("counter", "plain", False, len(CARD)),
        ("counter", "unknown", False, len(scans[2])),
    }
    assert all(bool(one["why"]) != one["known"] for one in found)
    for one in scans:
        assert one not in told.stdout
        assert one[8:] not in told.stdout


def test_nothing_read_is_told_with_what_to_look_at(shop: Shop) -> None:
    """Exit 75. What the test before has scanned may still come where the machine is busy: that is waited out."""
    tried = (invoke(shop.config, "scan", "--seconds", "1") for _ in range(QUIET_TRIES))
    nothing = error_of(next(told for told in tried if told.exception))
    assert (nothing.code, type(nothing)) == ("nothing_read", Unavailable)
    assert "posd devices" in nothing.hint


def test_a_posd_that_stops_while_scans_are_waited_for_is_told(shop: Shop, pole: Pole) -> None:
    """Not a traceback; and its display is empty. The last test of this shop but one."""
    waiting = later(lambda: shop.stop("posd"))
    stopped = error_of(invoke(shop.config, "scan", "--seconds", "60"))
    waiting.join()
    assert stopped.code == "not_running"
    assert words(pole) == ["", ""]


def test_without_posd_the_devices_are_tried_directly(shop: Shop, pole: Pole) -> None:
    """The same shop, stopped: scanner, printer, drawer and display by themselves. The last test of this shop."""
    assert "posd" not in shop.processes
    with again_and_again(lambda: shop.scan(CARD)):
        scanned = invoke(shop.config, "scan", "--seconds", "2")
    told = "counter: a plain number, 2900... (13 letters): not looked up: posd does not run"
    assert set(scanned.stdout.splitlines()) == {told}
    seen: list[list[str]] = []
    with again_and_again(lambda: seen.append(words(pole))):
        assert invoke(shop.config, "display", "--seconds", "2").exit_code == 0
    assert TRIAL in seen
    assert words(pole) == ["", ""]

    async def on_paper() -> None:
        async with VirtualPrinter(TcpPort(shop.printer_port)) as printer:
            assert (await asyncio.to_thread(invoke, shop.config, "print")).stdout == "receipts: printed\n"
            assert (await asyncio.to_thread(invoke, shop.config, "drawer")).exit_code == 0
            await until(lambda: printer.mechanism.pulses > 0)
            assert len(printer.printed) == 1

    asyncio.run(on_paper())


@pytest.mark.parametrize(
    ("what", "code"), [("scan", "no_scanner"), ("print", "no_printer"), ("drawer", "no_printer"), ("display", "no_display")]
)
def test_a_device_that_the_settings_do_not_name_is_told(tmp_path: Path, what: str, code: str) -> None:
    """With the command that says what to paste."""
    wrong = error_of(invoke(settings(tmp_path), what))
    assert (wrong.code, type(wrong)) == (code, Rejected)
    assert "posd devices" in wrong.hint


def test_a_device_that_is_not_there_is_told_at_once(tmp_path: Path) -> None:
    """Not after the whole wait; where one of two scanners is there, it is waited for."""
    gone = f'[[scanners]]\ndriver = "serial"\nname = "gone"\npath = "{tmp_path}/none"\n'
    began_s = time.monotonic()
    assert error_of(invoke(settings(tmp_path, gone), "scan", "--seconds", "600")).code == "scanner_gone"
    assert time.monotonic() - began_s < 60
    there = f'[[scanners]]\ndriver = "virtual"\nname = "there"\npath = "{tmp_path}/there"\n'
    (tmp_path / "there").touch()
    told = invoke(settings(tmp_path, gone + there), "scan", "--seconds", "1")
    assert error_of(told).code == "nothing_read"
    assert "gone: " in told.stderr
    display = f'[display]\ndriver = "serial"\npath = "{tmp_path}/none"\n'
    assert error_of(invoke(settings(tmp_path, display), "display")).code == "display_gone"
    mistyped = error_of(invoke(settings(tmp_path, f"{display}bauds = 1\n"), "display"))
    assert (mistyped.code, type(mistyped)) == ("options_wrong", Misconfigured)


def test_another_program_on_posds_port_is_no_reason_to_open_its_devices(tmp_path: Path) -> None:
    """Whoever may not ask, or asks a stranger, does not touch the devices."""
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "cli.token").write_text("token")
    assert error_of(invoke(settings(tmp_path, ""), "scan")).code == "no_scanner"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (code_of(RICH), "member"),
        (f"{code_of(RICH)}:12345678", "member"),
        (f"PL1:{'A' * 244}:{'A' * 109}", "member"),
        (f"{code_of(RICH)}:{'A' * 109}", "unknown"),
        (CARD, "plain"),
        ("7290000066318", "plain"),
        ("2900000000019", "unknown"),
        ("PL1:", "member"),
        ("", "unknown"),
        ("x" * 4000, "unknown"),
        ("\ud800\x00\x1b", "unknown"),
    ],
)
def test_kinds_are_told_by_their_form(text: str, kind: str) -> None:
    """Whatever was scanned: a kind, at most four letters that print, and a length."""
    told: list[dict[str, Any]] = [listening._masked("s", text)]
    assert (told[0]["kind"], told[0]["letters"]) == (kind, len(text))
    assert len(told[0]["starts"]) <= 4
    assert told[0]["starts"].isprintable()
    assert listening.in_words({**told[0], "known": None, "why": ""}).isprintable()
