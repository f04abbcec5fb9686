"""posd devices: what is plugged in held against the settings, on trees with real ptys, and by the command itself."""

import json
import os
import socket
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from drivers import load_display, load_scanner
from drivers.access import Opener
from posd.cli import posd
from posd.devices import Found, Survey, as_json, survey
from posd.settings import Settings, load
from tests.drivers.machine import CHEAP, EPSON, HONEYWELL, PROLIFIC, Machine, Usb
from tests.drivers.test_access import HOLD
from tests.posd.daemon import Daemon, settings_file
from tests.shop import wait_for

ROOT = Opener("root", 0, frozenset())
WEBCAM = Usb("046d", "0825", "AB12", "", "HD")
KEYS = Usb("046d", "c31c", "", "Logitech", "USB Keyboard")


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    made = Machine(tmp_path)
    yield made
    made.close()


def look(machine: Machine, settings: dict[str, Any] | None = None, *, running: bool = False, who: Opener = ROOT) -> Survey:
    return survey(Settings.model_validate(settings or {}), machine.roots, who, running=running)


def codes(one: Any) -> list[str]:
    return [hindrance.code for hindrance in one.hindrances]


def by_kind(seen: Survey) -> dict[str, Found]:
    return {one.device.kind: one for one in seen.found}


def command(machine: Machine, *arguments: str, config: str = "") -> Result:
    """The command, looking at the machine's tree."""
    file = machine.folder / "posd.toml"
    file.write_text(f'state_dir = "{machine.folder / "state"}"\napi.port = 1\n{config}')
    return CliRunner().invoke(posd, ["devices", "--root", str(machine.folder), "--config", str(file), *arguments])


def test_what_is_pasted_is_what_posd_takes(machine: Machine) -> None:
    """The lines for each device make a settings file that loads and whose drivers take them; looked at again, all is in use."""
    machine.serial("ttyACM0", HONEYWELL)
    machine.keyboard("event4", CHEAP, "USB Barcode Scanner")
    machine.camera("HD Webcam", WEBCAM)
    pasted = "\n".join(line for one in look(machine).found for line in one.lines)
    file = machine.folder / "posd.toml"
    file.write_text(pasted)
    settings = load(file)
    assert [one.name for one in settings.scanners] == ["scanner-1", "scanner-2", "camera-1"]
    assert settings.scanners[0].options["make"] == "honeywell"
    for one in settings.scanners:
        load_scanner(one.driver, one.name, one.options)
    again = survey(settings, machine.roots, ROOT, running=False)
    assert [(one.used_as, one.lines) for one in again.found] == [("scanner-1", ()), ("scanner-2", ()), ("camera-1", ())]
    assert [codes(one) for one in again.configured] == [[], [], []]
    assert again.configured[0].label == "Honeywell Scanning and Mobility 1470g CDC"


def test_a_printer_gets_the_profile_of_its_model(machine: Machine) -> None:
    """Where one of config/printers is named so; else the one that suits most."""
    machine.printer("lp0", EPSON, "MFG:EPSON;CMD:ESC/POS;MDL:TM-T20III;CLS:PRINTER;")
    machine.printer("lp1", CHEAP, "MFG:STRANGE;MDL:P 80")
    first, second = look(machine).found
    assert tomllib.loads("\n".join(first.lines))["printer"] == {
        "driver": "usb",
        "name": "printer-1",
        "path": str(first.device.path),
        "profile": "epson-tm-t20iii",
    }
    assert tomllib.loads("\n".join(second.lines))["printer"]["profile"] == "generic-80mm"
    assert command(machine).output.count('and printing = "posd" at the top of that file') == 2


def test_names_that_are_taken_are_not_offered(machine: Machine) -> None:
    """Two scanners of one name would be refused; a printer on a serial line counts among the printers."""
    machine.serial("ttyACM1", EPSON)
    second = look(machine, {"printer": {"driver": "folder", "name": "printer-1", "folder": "/nowhere"}})
    assert 'name = "printer-2"' in next(one for one in second.found if one.device.likely == "printer").lines
    machine.serial("ttyUSB0", PROLIFIC)
    seen = look(machine, {"scanners": [{"driver": "virtual", "name": "scanner-1", "path": "/nowhere"}]})
    assert 'name = "scanner-2"' in seen.found[1].lines


def test_a_display_on_the_same_chip_is_used_as_such(machine: Machine) -> None:
    """Whatever it is by its chip: the settings say what it is."""
    machine.serial("ttyUSB0", PROLIFIC)
    path = str(look(machine).found[0].device.path)
    display = {"driver": "serial", "name": "pole", "path": path}
    seen = look(machine, {"display": display})
    assert (seen.found[0].used_as, seen.found[0].lines) == ("pole", ())
    assert [(one.part, one.name, codes(one)) for one in seen.configured] == [("display", "pole", [])]
    load_display("serial", "pole", {"path": path})


def test_each_hindrance_is_told_with_what_to_do(machine: Machine) -> None:
    """HID-POS, twins, names that do not stay, the console's port: of what is plugged in."""
    machine.serial("ttyUSB0", CHEAP, by_id=False)
    machine.serial("ttyUSB1", CHEAP)
    machine.serial("ttyACM0", HONEYWELL, by_id=False, by_path=False)
    machine.hidraw("hidraw0", HONEYWELL, b"\x05\x8c\x09\x02")
    machine.port("ttyS0", "4")
    (machine.folder / "sys/class/tty/console").mkdir()
    (machine.folder / "sys/class/tty/console/active").write_text("ttyS0\n")
    seen = look(machine).found
    told = {one.device.node.name: codes(one) for one in seen}
    assert told == {
        "ttyACM0": ["unstable"],
        "ttyS0": ["console"],
        "ttyUSB0": ["twin"],
        "ttyUSB1": ["twin"],
        "hidraw0": ["mode"],
    }
    assert all(hindrance.hint for one in seen for hindrance in one.hindrances)
    assert [one.device.node.name for one in seen if not one.lines] == ["ttyS0", "hidraw0"]


def test_a_configured_device_that_is_missing_or_named_badly_is_told(machine: Machine) -> None:
    """Unplugged; and by a name that another device may have tomorrow, with the better one to paste."""
    machine.serial("ttyACM0", HONEYWELL)
    gone = {"driver": "serial", "name": "gone", "path": str(machine.folder / "dev/serial/by-id/usb-gone")}
    seen = look(machine, {"scanners": [gone]})
    assert codes(seen.configured[0]) == ["missing"]
    really = {"driver": "serial", "name": "real", "path": "/dev/ttyACM7"}
    assert codes(look(machine, {"scanners": [really]}).configured[0]) == ["missing", "unstable"]


def test_rights_are_those_of_the_services_user(machine: Machine) -> None:
    """Not of root, who looks."""
    node = machine.port("ttyS0", "4")
    node.chmod(0o600)
    seen = look(machine, who=Opener("posd", 990, frozenset({20})))
    assert codes(seen.found[0]) == ["permission"]
    assert seen.who == "posd"
    node.chmod(0o666)
    assert codes(look(machine, who=Opener("posd", 990, frozenset({20}))).found[0]) == []


def test_who_holds_it_is_told(machine: Machine) -> None:
    """A real other process has the line open."""
    node = machine.serial("ttyACM0", HONEYWELL)
    with subprocess.Popen([sys.executable, "-c", HOLD, str(node)], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == b"open\n"
        (found,) = look(machine).found
        assert codes(found) == ["taken"]
        assert str(holder.pid) in found.open_by[0]
        told = command(machine)
        assert f"(process {holder.pid}) has it open" in told.output
        holder.kill()


def test_the_running_posd_is_in_nobodys_way(machine: Machine) -> None:
    """A real daemon has its scanner and its display open: it is named, and nothing hinders."""
    machine.serial("ttyACM0", HONEYWELL)
    machine.serial("ttyUSB0", PROLIFIC)
    paths = {one.device.node.name: one.device.path for one in look(machine).found}
    scanner = f'[[scanners]]\ndriver = "serial"\nname = "counter"\npath = "{paths["ttyACM0"]}"\n'
    display = f'[display]\ndriver = "serial"\nname = "pole"\npath = "{paths["ttyUSB0"]}"\n'
    with Daemon(settings_file(machine.folder, scanner + display)) as running:

        def open_by() -> list[tuple[str, ...]]:
            return [one.open_by for one in look(machine).found]

        wait_for("both are open", lambda: all(open_by()))
        assert open_by() == [(f"posd (process {running.process.pid})",)] * 2
        seen = look(machine, load(running.file).model_dump())
        assert [(one.used_as, codes(one)) for one in seen.found] == [("counter", []), ("pole", [])]
        assert [codes(one) for one in seen.configured] == [[], []]
        assert running.stop() == 0
    assert open_by() == [(), ()]


def test_a_network_printer_is_knocked_at_unless_posd_has_it(machine: Machine) -> None:
    """One that is there, one that is not; while posd runs its only connection is left alone."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        printer = {"driver": "network", "name": "receipts", "host": "127.0.0.1", "port": port}
        (there,) = look(machine, {"printer": printer}).configured
        assert (there.where, codes(there)) == (f"127.0.0.1:{port}", [])
        server.settimeout(5)
        server.accept()[0].close()
        assert codes(look(machine, {"printer": printer}, running=True).configured[0]) == []
        server.settimeout(0.2)
        with pytest.raises(TimeoutError):
            server.accept()
    (gone,) = look(machine, {"printer": printer}).configured
    assert codes(gone) == ["missing"]
    assert f"127.0.0.1:{port}" in gone.hindrances[0].message
    assert codes(look(machine, {"printer": printer}, running=True).configured[0]) == []


@pytest.mark.parametrize(
    ("host", "code"),
    [("printer..local", "missing"), ("a" * 64 + ".local", "missing"), ("no such host", "missing"), ("", "settings")],
)
def test_a_printer_of_a_name_that_cannot_be_one_is_told(machine: Machine, host: str, code: str) -> None:
    """Not a traceback: in the list, and by the exit status."""
    config = f'[printer]\ndriver = "network"\nhost = "{host}"\n'
    told = command(machine, "--json", config=config)
    assert told.exit_code == 75, told.exception
    assert [one["code"] for one in json.loads(told.output)["configured"][0]["hindrances"]] == [code]


@pytest.mark.parametrize(
    ("part", "settings"),
    [
        ("printer", {"driver": "network", "host": "127.0.0.1", "port": "nine"}),
        ("printer", {"driver": "network", "host": "127.0.0.1", "port": 70_000}),
        ("printer", {"driver": "network", "host": "127.0.0.1", "profile": "none"}),
        ("printer", {"driver": "abacus", "host": "127.0.0.1"}),
        ("display", {"driver": "serial", "pat": "/dev/null"}),
    ],
)
def test_settings_that_the_driver_does_not_take_are_told(machine: Machine, part: str, settings: dict[str, Any]) -> None:
    """As `posd config check` says it; nobody knocks at an address that may be wrong."""
    (configured,) = look(machine, {part: settings}).configured
    assert codes(configured) == ["settings"]
    assert configured.hindrances[0].hint


def test_a_printer_of_ones_own_driver_is_knocked_at_where_that_can_be(machine: Machine) -> None:
    """Its settings are its own: a port that is none is a hindrance, and a word for a port is nothing to knock at."""
    own = {"driver": "tests.posd.test_devices:OwnPrinter", "host": "127.0.0.1"}
    assert codes(look(machine, {"printer": {**own, "port": 70_000}}).configured[0]) == ["missing"]
    (named,) = look(machine, {"printer": {**own, "port": "raw"}}).configured
    assert (named.where, codes(named)) == ("127.0.0.1:raw", [])


@dataclass(frozen=True)
class OwnOptions:
    host: str
    port: int | str


class OwnPrinter:
    """A driver that is not ours, with another idea of a port."""

    Options = OwnOptions

    def __init__(self, name: str, options: OwnOptions) -> None:
        self.name = name


def test_devices_that_are_no_hardware_are_no_trouble(machine: Machine) -> None:
    """A FIFO, a file that is not there yet, a camera on the network, a folder instead of a printer."""
    fifo = machine.folder / "codes"
    os.mkfifo(fifo)
    settings = {
        "scanners": [
            {"driver": "virtual", "name": "try-out", "path": str(fifo)},
            {"driver": "camera", "name": "window", "path": "http://127.0.0.1:1/stream"},
        ],
        "printer": {"driver": "folder", "folder": str(machine.folder)},
        "display": {"driver": "file", "path": str(machine.folder / "display.txt")},
    }
    seen = look(machine, settings)
    assert [codes(one) for one in seen.configured] == [[], [], [], []]
    assert [one.part for one in seen.configured] == ["scanners", "scanners", "printer", "display"]


def test_json_says_the_same(machine: Machine) -> None:
    """Every field by name, and nothing that JSON cannot say."""
    machine.serial("ttyACM0", HONEYWELL)
    machine.printer("lp0", EPSON, "MFG:EPSON;MDL:TM-T20III")
    told = json.loads(json.dumps(as_json(look(machine))))
    assert [one["likely"] for one in told["plugged"]] == ["scanner", "printer"]
    assert told["plugged"][0]["settings"][0] == "[[scanners]]"
    assert told["user"] == "root"


def test_the_first_day(machine: Machine) -> None:
    """Plugged in, asked, pasted, asked again: what to paste is told with the file, then that it is in order."""
    machine.serial("ttyACM0", HONEYWELL)
    machine.keyboard("event3", KEYS, "Logitech USB Keyboard")
    first = command(machine)
    assert first.exit_code == 0
    assert "Honeywell Scanning and Mobility 1470g CDC (serial, probably a scanner)" in first.output
    assert "never name the cashier's keyboard" in first.output
    assert "no device yet" in first.output
    block = first.output.split("add to", 1)[1].split("Logitech")[0]
    pasted = "\n".join(line.strip() for line in block.splitlines() if line.startswith(" " * 8))
    second = command(machine, config=pasted)
    assert second.exit_code == 0, second.output
    assert "used as 'scanner-1'" in second.output
    assert "scanners 'scanner-1' (serial)" in second.output
    assert second.output.count(": in order") == 1


def test_trouble_with_what_the_settings_name_is_the_exit_status(machine: Machine) -> None:
    """75: not there now. What is merely plugged in and strange does not matter."""
    machine.hidraw("hidraw0", HONEYWELL, b"\x05\x8c")
    assert command(machine).exit_code == 0
    told = command(machine, config='[[scanners]]\ndriver = "serial"\npath = "/dev/serial/by-id/usb-none"\n')
    assert told.exit_code == 75
    assert "! /dev/serial/by-id/usb-none is not there" in told.output
    as_told = json.loads(command(machine, "--json", config='[display]\ndriver = "serial"\npath = "/nowhere/at/all"\n').output)
    assert [one["code"] for one in as_told["configured"][0]["hindrances"]] == ["missing"]


def test_without_a_settings_file_it_looks_all_the_same(machine: Machine) -> None:
    """The first hour of the first day."""
    machine.serial("ttyACM0", HONEYWELL)
    told = CliRunner().invoke(posd, ["devices", "--root", str(machine.folder), "--config", str(machine.folder / "none.toml")])
    assert told.exit_code == 0
    assert "[[scanners]]" in told.output


def test_here_for_real() -> None:
    """This machine, whatever it has."""
    told = CliRunner().invoke(posd, ["devices", "--json", "--config", "/nowhere/posd.toml"])
    assert told.exit_code == 0, told.output
    for one in json.loads(told.output)["plugged"]:
        assert Path(one["path"]).exists()
