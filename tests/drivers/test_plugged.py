"""What is plugged in, found in trees laid out as Linux lays them out, and on the machine that runs this."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from drivers.plugged import NODES_MAX, Plugged, Roots, plugged
from tests.drivers.machine import CHEAP, EPSON, HONEYWELL, PROLIFIC, Machine, Usb

KEYS = Usb("046d", "c31c", "", "Logitech", "USB Keyboard")
WEDGE = Usb("0581", "0115", "", "Racal", "USB Barcode Scanner")
WEBCAM = Usb("046d", "0825", "AB12", "", "")


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    made = Machine(tmp_path)
    yield made
    made.close()


def only(machine: Machine) -> Plugged:
    (found,) = plugged(machine.roots)
    return found


def test_a_machine_without_anything_has_nothing(tmp_path: Path) -> None:
    """Empty folders, and none at all."""
    assert plugged(Machine(tmp_path / "empty").roots) == []
    assert plugged(Roots(tmp_path / "no-dev", tmp_path / "no-sys")) == []


def test_a_scanner_on_usb_is_named_by_its_id(machine: Machine) -> None:
    """The name that stays, the maker's own words, and that it is most likely a scanner."""
    node = machine.serial("ttyACM0", HONEYWELL)
    path = machine.folder / "dev" / "serial" / "by-id" / f"usb-{HONEYWELL.link}-if00"
    name = "Honeywell Scanning and Mobility 1470g CDC"
    assert only(machine) == Plugged("serial", path, node, name, True, "honeywell", "scanner")


def test_a_converter_says_nothing_of_what_hangs_on_it(machine: Machine) -> None:
    """A serial chip may lead to anything; ttyUSB nodes stand one folder deeper in sysfs."""
    machine.serial("ttyUSB0", PROLIFIC)
    found = only(machine)
    assert (found.name, found.likely, found.make) == ("Prolific Technology Inc. USB-Serial Controller", "", "")
    assert found.path.parent.name == "by-id"


def test_two_that_say_the_same_serial_number_are_named_by_their_sockets(machine: Machine) -> None:
    """by-id leads to whichever came last; by-path stays with the socket, and both are told."""
    machine.serial("ttyUSB0", CHEAP, by_id=False)
    machine.serial("ttyUSB1", CHEAP)
    found = plugged(machine.roots)
    assert [one.twin for one in found] == [True, True]
    assert [one.path.parent.name for one in found] == ["by-path", "by-path"]
    assert len({one.path for one in found}) == 2


def test_two_of_a_model_with_numbers_of_their_own_are_no_twins(machine: Machine) -> None:
    """Each has its name by-id."""
    machine.serial("ttyACM0", HONEYWELL)
    machine.serial("ttyACM1", replace(HONEYWELL, serial="15223B9999"))
    assert [(one.twin, one.path.parent.name) for one in plugged(machine.roots)] == [(False, "by-id"), (False, "by-id")]


def test_a_machine_without_udev_gives_names_that_do_not_stay(machine: Machine) -> None:
    """The node itself, told as such."""
    node = machine.serial("ttyACM0", HONEYWELL, by_id=False, by_path=False)
    assert (only(machine).path, only(machine).stable) == (node, False)


def test_ports_that_are_there_are_told_from_nodes_that_are_not(machine: Machine) -> None:
    """The kernel makes ttyS nodes on stock; a port that is soldered in keeps its number."""
    there = machine.port("ttyS0", "4")
    machine.port("ttyS1", "0")
    assert (only(machine).path, only(machine).stable, only(machine).name) == (there, True, "serial port")


def test_the_port_of_the_console_is_known(machine: Machine) -> None:
    """The kernel's messages would appear on a customer's display."""
    machine.port("ttyS0", "4")
    machine.port("ttyS1", "4")
    (machine.folder / "sys" / "class" / "tty" / "console").mkdir()
    (machine.folder / "sys" / "class" / "tty" / "console" / "active").write_text("tty0 ttyS1\n")
    assert [one.console for one in plugged(machine.roots)] == [False, True]


def test_keyboards_are_told_from_scanners_by_their_names(machine: Machine) -> None:
    """Both are listed by id, for a cheap scanner may call itself anything."""
    machine.keyboard("event3", KEYS, "Logitech USB Keyboard")
    machine.keyboard("event4", WEDGE, "Racal USB Barcode Scanner")
    machine.keyboard("event10", replace(HONEYWELL, model="1900 HID"), "Metrologic")
    found = {one.name: (one.kind, one.likely, one.make) for one in plugged(machine.roots)}
    assert found == {
        "Logitech USB Keyboard": ("keys", "", ""),
        "Racal USB Barcode Scanner": ("keys", "scanner", ""),
        "Metrologic": ("keys", "scanner", "honeywell"),
    }
    assert all(one.path.name.endswith("-event-kbd") and one.stable for one in plugged(machine.roots))


def test_a_scanner_in_hid_pos_mode_is_found_where_nothing_else_shows_it(machine: Machine) -> None:
    """It has neither keys nor a serial line; a mouse beside it is none."""
    machine.hidraw("hidraw0", HONEYWELL, b"\x05\x8c\x09\x02\xa1\x01")
    machine.hidraw("hidraw1", KEYS, b"\x05\x01\x09\x02\xa1\x01")
    assert (only(machine).kind, only(machine).likely, only(machine).stable) == ("hid-pos", "scanner", False)


def test_a_camera_is_one_device_by_the_node_that_has_pictures(machine: Machine) -> None:
    """Its second node has none."""
    node = machine.camera("HD Webcam: HD Webcam", WEBCAM)
    found = only(machine)
    assert (found.kind, found.name, found.node) == ("camera", "HD Webcam: HD Webcam", node)
    assert found.path.name.endswith("video-index0")


def test_a_printer_is_called_what_it_calls_itself(machine: Machine) -> None:
    """By its IEEE 1284 device id, else by its USB names; by the link of our own udev rule."""
    machine.printer("lp0", EPSON, "MFG:EPSON;CMD:ESC/POS;MDL:TM-T20III;CLS:PRINTER;")
    machine.printer("lp1", replace(CHEAP, model="POS58"), "", link=False)
    machine.printer("lp10", CHEAP, "MANUFACTURER:Xprinter;MODEL:XP-80", link=False)
    found = plugged(machine.roots)
    assert [one.name for one in found] == ["EPSON TM-T20III", "QinHeng POS58", "Xprinter XP-80"]
    assert [one.path.name for one in found] == [f"printer-{EPSON.link}", "lp1", "lp10"]
    assert [one.stable for one in found] == [True, False, False]


def test_what_a_device_says_of_itself_steers_no_terminal(machine: Machine) -> None:
    """A stranger's gadget in the socket: what does not print is left out, and so is what is no UTF-8."""
    evil = replace(HONEYWELL, model="x\x1b[2Jy\u202ez")
    machine.serial("ttyACM0", replace(evil), by_path=False)
    (machine.folder / "sys/devices/pci0000:00/usb1/1-1/manufacturer").write_bytes(b"\xff\xfeA" * 5000)
    name = only(machine).name
    assert name.isprintable()
    assert name.endswith("x [2Jy z")
    assert len(name) <= 4200


def test_a_folder_that_loops_or_dangles_is_no_trouble(machine: Machine) -> None:
    """Links to nowhere and to themselves are passed by."""
    folder = machine.folder / "dev" / "serial" / "by-id"
    folder.mkdir(parents=True)
    (folder / "gone").symlink_to("../../ttyACM9")
    (folder / "self").symlink_to("self")
    loop = machine.folder / "sys" / "class" / "tty" / "ttyACM9"
    loop.symlink_to("ttyACM9")
    assert plugged(machine.roots) == []


def test_so_many_devices_are_cut_off(machine: Machine) -> None:
    """A terminal has ten; a mistake in sysfs does not hold a person up."""
    for number in range(NODES_MAX + 20):
        place = machine.folder / "sys" / "class" / "video4linux" / f"video{number}"
        place.mkdir()
    assert len(plugged(machine.roots)) == NODES_MAX


def test_this_machine_is_read_without_opening_anything() -> None:
    """Whatever it has, each is a node that is there under the name that is told."""
    before = sorted(Path("/proc/self/fd").iterdir())
    for one in plugged(Roots()):
        assert one.path.exists()
        assert os.path.realpath(one.path) == os.path.realpath(one.node)
    assert sorted(Path("/proc/self/fd").iterdir()) == before
