"""Scanners on a real kernel: a USB keyboard and a USB serial line that are typed on, pulled out and put back."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.emulated import Emulated, missing
from tests.system.reader import REFUSED

pytestmark = [pytest.mark.system, pytest.mark.skipif(bool(missing()), reason=missing())]

BEEP = b"\x07"


@pytest.fixture(scope="module")
def machine() -> Iterator[Emulated]:
    """Switched on."""
    with tempfile.TemporaryDirectory(prefix="posd-emulated-", dir="/var/tmp") as name, Emulated(Path(name)) as machine:
        yield machine


def test_a_wedge(machine: Emulated) -> None:
    """Grabbed against every other program, read by the keys of a US keyboard; pulled out in the middle of a scan it comes back."""
    assert machine.hears("wedge", "open") == "EBUSY"
    machine.keys("shift-p shift-l 1 shift-semicolon shift-a 7 shift-minus q slash ret")
    assert machine.hears("wedge", "scan") == "PL1:A7_q/"
    machine.keys("caps_lock b shift-b 2 caps_lock b tab")
    assert machine.hears("wedge", "scan") == "Bb2b"
    machine.keys("h a")
    machine.command("device_del keyboard")
    assert "unplugged" in machine.hears("wedge", "scanner_gone")
    machine.command("device_add usb-kbd,id=keyboard")
    assert machine.hears("wedge", "open") == "EBUSY"
    machine.keys("shift-o k ret")
    assert machine.hears("wedge", "scan") == "Ok"


def test_a_serial_line(machine: Emulated) -> None:
    """No other user can open it, a refused scan beeps and no other; pulled out in the middle of a scan it comes back."""
    assert "Device or resource busy" in machine.hears("serial", "open")
    machine.line.sendall(b"PL1:SOMEBODY\r\n")
    assert machine.hears("serial", "scan") == "PL1:SOMEBODY"
    machine.line.sendall(REFUSED.encode() + b"\r\n")
    assert machine.hears("serial", "scan") == REFUSED
    assert machine.line.recv(100) == BEEP
    machine.line.sendall(b"PL1:HALF")
    machine.command("device_del serial")
    assert "unplugged" in machine.hears("serial", "scanner_gone")
    machine.command("device_add usb-serial,chardev=line,id=serial")
    assert "busy" in machine.hears("serial", "open")
    machine.line.sendall(b"PL1:WHOLE\r\n")
    assert machine.hears("serial", "scan") == "PL1:WHOLE"
