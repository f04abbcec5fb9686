"""What every display promises, over every driver: a real pty with the display's own reading of its commands, a real file."""

import asyncio
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from drivers import DISPLAYS, load_display
from drivers.ports import Display, Line, Sign
from runtime.errors import Unavailable
from tests.drivers.displays.screen import Pole, Screen
from tests.drivers.scanners.lines import is_exclusive
from tests.drivers.scanners.reads import HANG_S, until
from tests.drivers.test_access import HOLD

HELLO = Sign("ltr", Line("Hello Name"), Line("points", "120"))
THANKS = Sign("ltr", Line("Thank you"), Line("See you soon"))
SHALOM = Sign("rtl", Line("שלום חבר"), Line("נקודות", "120"))


@dataclass
class Device:
    """A device in the hands of a test: its display, what a customer sees on it, and what happens to it."""

    display: Display
    seen: Callable[[], tuple[str, str]]
    break_off: Callable[[], object]
    restore: Callable[[], object]

    def words(self) -> list[list[str]]:
        """What stands on each line, however it is spaced."""
        return [line.split() for line in self.seen()]


def pole(tmp_path: Path, profile: str, screen: Screen) -> Iterator[Device]:
    made = Pole(tmp_path / "pole", screen)
    display = load_display("serial", "test-pole", {"path": str(made.path), "profile": profile})
    yield Device(display, made.seen, made.unplug, made.plug)
    made.unplug()


def file(tmp_path: Path) -> Iterator[Device]:
    folder, away = tmp_path / "shop", tmp_path / "away"
    folder.mkdir()
    path = folder / "display.txt"

    def seen() -> tuple[str, str]:
        upper, _, lower = (path.read_text() if path.exists() else "").partition("\n")
        return upper, lower

    display = load_display("file", "test-file", {"path": str(path)})
    yield Device(display, seen, lambda: folder.rename(away), lambda: away.rename(folder))


DEVICES: dict[str, Callable[[Path], Iterator[Device]]] = {
    "serial": lambda path: pole(path, "generic-cd5220", Screen()),
    "serial-escpos": lambda path: pole(path, "generic-escpos", Screen()),
    "serial-pages": lambda path: pole(
        path, "aures-ocd", Screen({9: "cp852", 10: "cp862", 11: "cp866", 13: "cp1254", 19: "cp858"})
    ),
    "file": file,
}


def test_the_suite_runs_over_every_driver() -> None:
    """A driver in the table has a device here."""
    assert set(DISPLAYS) <= set(DEVICES)


@pytest.fixture(params=sorted(DEVICES))
def device(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Device]:
    yield from DEVICES[request.param](tmp_path)


async def test_a_sign_is_seen_whole_and_the_next_replaces_it(device: Device) -> None:
    """Both lines stand there; nothing of the sign before shines through."""
    assert await device.display.show([HELLO]) == HELLO
    assert device.words() == [["Hello", "Name"], ["points", "120"]]
    assert await device.display.show([THANKS]) == THANKS
    assert device.words() == [["Thank", "you"], ["See", "you", "soon"]]
    await device.display.close()


async def test_the_first_sign_that_can_be_spelled_is_taken(device: Device) -> None:
    """A display with the letters shows them; one without shows the English, and says which it was."""
    taken = await device.display.show([SHALOM, HELLO])
    figures = {word for line in device.words() for word in line}
    assert "120" in figures
    assert ("points" in figures) == (taken == HELLO)
    assert "?" not in "".join(device.seen())
    await device.display.close()


async def test_a_gone_display_is_unavailable_and_comes_back(device: Device) -> None:
    """What is pulled out is noticed without anything to show, with a hint; put back, it takes its lines without more ado."""
    await device.display.show([HELLO])
    device.break_off()
    with pytest.raises(Unavailable) as gone:
        await device.display.check()
    assert (gone.value.code, bool(gone.value.hint)) == ("display_gone", True)
    with pytest.raises(Unavailable):
        await device.display.show([HELLO])
    device.restore()
    await device.display.show([THANKS])
    assert device.words() == [["Thank", "you"], ["See", "you", "soon"]]
    await device.display.close()


async def test_closing_leaves_nothing_on_it(device: Device) -> None:
    """Nobody's name stays on a display whose posd has stopped; closing twice, or before anything was shown, is nothing."""
    await device.display.close()
    await device.display.show([HELLO])
    await device.display.close()
    await device.display.close()
    assert [word for line in device.words() for word in line] == []
    await device.display.show([THANKS])
    assert device.words()[0] == ["Thank", "you"]
    await device.display.close()


async def test_closing_a_display_that_is_gone_is_no_error(device: Device) -> None:
    """Whoever stops posd has often unplugged it before."""
    await device.display.show([HELLO])
    device.break_off()
    await device.display.close()


async def test_lag_tells_life_from_silence(device: Device) -> None:
    """A display that was just checked is alive; one that nobody checks grows older."""
    await device.display.show([HELLO])
    await asyncio.sleep(0.1)
    old_s = device.display.lag_s()
    await device.display.check()
    assert device.display.lag_s() < old_s
    await device.display.close()


def test_serial_is_told_apart_from_the_pages_of_a_real_one(tmp_path: Path) -> None:
    """A display with Hebrew shows Hebrew in visual order, with the figure on the left."""
    made = next(devices := DEVICES["serial-pages"](tmp_path))

    async def shown() -> tuple[str, str]:
        assert await made.display.show([SHALOM, HELLO]) == SHALOM
        lines = made.seen()
        await made.display.close()
        return lines

    assert asyncio.run(shown()) == ("      רבח םולש      ", "120           תודוקנ")
    assert next(devices, None) is None


async def showing_for_ever(display: Display) -> None:
    while True:
        await display.show([HELLO])


async def test_a_display_that_does_not_read_is_told_within_its_deadline(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stuck line holds nobody: the loop runs on, the sign fails as Unavailable, and closing does not wait for the kernel."""
    monkeypatch.setattr("drivers.displays.serial.WRITE_S", 0.3)
    made = Pole(tmp_path / "pole")
    display = load_display("serial", "stuck", {"path": str(made.path)})
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0.01)
            ticks += 1

    ticking = asyncio.ensure_future(tick())
    async with asyncio.timeout(HANG_S):
        with pytest.raises(Unavailable) as stuck:
            await showing_for_ever(display)
    assert "does not take its lines" in stuck.value.message
    assert ticks >= 5
    ticking.cancel()
    made.raw()
    made.screen = Screen()
    await display.show([THANKS])  # it is opened anew
    assert made.seen()[0].split() == ["Thank", "you"]
    await display.close()
    made.unplug()


async def test_a_line_that_another_posd_has_is_unavailable(tmp_path: Path) -> None:
    """One owner: the second is told how to find the first."""
    made = Pole(tmp_path / "pole")
    first, second = (load_display("serial", name, {"path": str(made.path)}) for name in ("first", "second"))
    await first.show([HELLO])
    with pytest.raises(Unavailable) as taken:
        await second.show([HELLO])
    assert "posd devices" in taken.value.hint
    await first.close()
    await second.show([HELLO])
    await second.close()
    made.unplug()


async def test_a_line_that_a_program_without_manners_has_is_unavailable(tmp_path: Path) -> None:
    """A till that writes to the display as well has asked for no lock: it is named, and once it has gone the display is ours."""
    made = Pole(tmp_path / "pole")
    display = load_display("serial", "pole", {"path": str(made.path)})
    with subprocess.Popen([sys.executable, "-c", HOLD, str(made.path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as till:
        assert till.stdout
        assert till.stdout.readline() == b"open\n"
        with pytest.raises(Unavailable) as taken:
            await display.show([HELLO])
        assert (taken.value.code, f"(process {till.pid})" in taken.value.message) == ("display_taken", True)
        till.kill()
        till.wait()
    await display.show([HELLO])
    await display.close()
    made.unplug()


async def test_a_till_that_opens_after_us_is_refused(tmp_path: Path) -> None:
    """While the display is ours the kernel lets nobody else open it, with a lock or without; afterwards everybody."""
    made = Pole(tmp_path / "pole")
    line = os.open(made.path, os.O_RDWR | os.O_NOCTTY)
    display = load_display("serial", "pole", {"path": str(made.path)})
    await display.show([HELLO])
    assert is_exclusive(line)
    if os.geteuid():  # root may open it all the same
        with pytest.raises(OSError, match="busy"):
            os.open(made.path, os.O_RDWR | os.O_NOCTTY)
    await display.close()
    assert not is_exclusive(line)
    os.close(line)
    made.unplug()


async def test_a_name_that_leads_elsewhere_is_noticed(tmp_path: Path) -> None:
    """Re-plugged between two checks, it is another device under the same name: the old one is let go, the new one is told."""
    old, new = Pole(tmp_path / "pole"), Pole(tmp_path / "new")
    display = load_display("serial", "moved", {"path": str(old.path)})
    await display.show([HELLO])
    old.path.unlink()
    old.path.symlink_to(new.path.readlink())
    with pytest.raises(Unavailable):
        await display.check()
    await display.show([THANKS])
    assert new.seen()[0].split() == ["Thank", "you"]
    await display.close()
    old.unplug()
    new.unplug()


async def test_a_display_that_was_switched_off_is_right_at_the_next_sign(tmp_path: Path) -> None:
    """It wakes up with another page and an empty screen, and no word of it reaches us: each sign says everything again."""
    made = Pole(tmp_path / "pole", Screen({10: "cp862", 11: "cp866"}))
    profile = tmp_path / "mine.toml"
    profile.write_text('commands = "escpos"\n[pages]\ncp862 = 10\ncp866 = 11\n')
    display = load_display("serial", "flaky", {"path": str(made.path), "profile": str(profile)})
    await display.show([SHALOM])
    assert made.seen()[0].strip() == "רבח םולש"
    made.screen = Screen(made.screen.pages)
    await display.show([SHALOM])
    assert made.seen()[0].strip() == "רבח םולש"
    assert made.screen.unknown == []
    await display.close()
    made.unplug()


async def test_no_thread_and_no_descriptor_stays(tmp_path: Path) -> None:
    """A hundred times plugged in and out leaves nothing open."""
    made = Pole(tmp_path / "pole")
    display = load_display("serial", "often", {"path": str(made.path)})
    await display.show([HELLO])
    made.unplug()
    with pytest.raises(Unavailable):
        await display.check()
    before, threads = len(list(Path("/proc/self/fd").iterdir())), threading.active_count()
    for _ in range(100):
        made.plug()
        await display.show([HELLO])
        made.unplug()
        with pytest.raises(Unavailable):
            await display.check()
    await until(lambda: len(list(Path("/proc/self/fd").iterdir())) <= before)
    assert threading.active_count() <= threads + 8  # asyncio's own pool grows to its size and stays
