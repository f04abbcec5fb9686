"""Why a device cannot be opened, in words for a person."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from drivers.opening import cannot_open, holders, taken


@pytest.mark.parametrize(
    ("number", "code", "hint"),
    [
        (errno.ENOENT, "scanner_gone", "Plug it in"),
        (errno.ENXIO, "scanner_gone", "Plug it in"),
        (errno.EACCES, "scanner_gone", "in the group dialout"),
        (errno.EPERM, "scanner_gone", "in the group dialout"),
        (errno.EBUSY, "scanner_taken", "fuser -v /dev/none"),
        (errno.EAGAIN, "scanner_taken", "fuser -v /dev/none"),
    ],
)
def test_each_error_says_what_to_do(number: int, code: str, hint: str) -> None:
    """Missing, forbidden and held by another program are three things, with three hints."""
    told = cannot_open("/dev/none", OSError(number, "x"), "dialout")
    assert told.code == code
    assert hint in told.hint
    assert "/dev/none" in told.message


def test_each_kind_of_device_has_its_own_codes() -> None:
    """A display that cannot be opened is not told as a scanner."""
    told = cannot_open("/dev/none", OSError(errno.EACCES, "x"), "dialout", "display")
    assert (told.code, "in the group dialout" in told.hint) == ("display_gone", True)
    assert cannot_open("/dev/none", OSError(errno.EBUSY, "x"), "dialout", "display").code == "display_taken"


def test_an_error_without_a_number_keeps_its_words() -> None:
    """pyserial raises ValueError for a speed that the line does not have."""
    assert "Not a valid baudrate" in cannot_open("/dev/none", ValueError("Not a valid baudrate: 12"), "dialout").message


def test_holders_are_other_processes_that_have_the_very_device(tmp_path: Path) -> None:
    """By the device, not by the name it was opened under; never ourselves; nobody for what is not there."""
    ours, theirs = os.openpty()
    name = os.ttyname(theirs)
    link = tmp_path / "scanner"
    link.symlink_to(name)
    assert holders(str(link)) == []
    hold = f"import os; held = os.open({name!r}, os.O_RDWR | os.O_NOCTTY); print(flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout
        other.stdout.readline()
        (holder,) = holders(str(link))
        assert holder.endswith(f"(process {other.pid})")
        other.communicate(b"\n")
    assert holders(str(link)) == []
    assert holders(str(tmp_path / "none")) == []
    os.close(ours)
    os.close(theirs)


def test_an_unknown_holder_is_another_program() -> None:
    """Inside the systemd unit nobody else's processes are seen."""
    assert "held by another program" in taken("/dev/ttyS0", []).message
    assert "held by a (process 1), b (process 2)" in taken("/dev/ttyS0", ["a (process 1)", "b (process 2)"]).message
