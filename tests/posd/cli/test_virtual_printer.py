"""`posd virtual-printer`: a real process that a real driver prints on."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from drivers.ports import Delivery
from drivers.printers.network import NetworkOptions, NetworkPrinter
from drivers.printers.usb import UsbOptions, UsbPrinter
from runtime.errors import Unavailable
from tests.drivers.receipts import sold

POSD = Path(sys.executable).with_name("posd")
GUARD_S = 60


@contextmanager
def running(*arguments: str) -> Iterator["subprocess.Popen[str]"]:
    """The command, stopped at the end."""
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    command = [str(POSD), "virtual-printer", *arguments]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    with subprocess.Popen(command, **pipes, text=True, env=environment) as process:  # type: ignore[call-overload]
        try:
            yield process
        finally:
            process.kill()


def test_a_network_printer_that_is_mended(tmp_path: Path) -> None:
    """Out of paper the job waits; "none" typed in mends it, the receipt is told and kept, and an empty line ends it."""
    with running("--port", "0", "--folder", str(tmp_path), "--fault", "paper_out") as process:
        assert process.stdout
        assert process.stdin
        where, _, faults = process.stdout.readline().partition(";")
        options = NetworkOptions("127.0.0.1", int(where.rpartition(":")[2]))
        printer = NetworkPrinter("receipts", options)
        with pytest.raises(Unavailable) as caught:
            asyncio.run(printer.print(sold("he")))
        assert caught.value.code == "printer_paper_out"
        for line, said in (("flood", "no such fault: one of none"), ("none", "now none")):
            print(line, file=process.stdin, flush=True)
            assert process.stdout.readline().startswith(said)
        again = NetworkPrinter("receipts", options)
        assert asyncio.run(again.print(sold("he"))) is Delivery.CONFIRMED
        assert process.stdout.readline().startswith("receipt 1: 576 x ")
        print(file=process.stdin, flush=True)
        assert process.wait(GUARD_S) == 0

    assert "stalls" in faults
    assert [file.name for file in tmp_path.iterdir()] == ["paper-000001.png"]


def test_a_printer_on_a_pseudo_terminal(tmp_path: Path) -> None:
    """The USB driver prints on it by its name."""
    with running("--pty", str(tmp_path / "lp0")) as process:
        assert process.stdout
        assert str(tmp_path / "lp0") in process.stdout.readline()
        printer = UsbPrinter("receipts", UsbOptions(str(tmp_path / "lp0")))
        assert asyncio.run(printer.print(sold("en"))) is Delivery.CONFIRMED


@pytest.mark.parametrize("arguments", [[], ["--port", "1", "--pty", "x"], ["--port", "0", "--fault", "flood"]])
def test_it_must_be_one_thing(arguments: list[str]) -> None:
    """Neither, both, or a fault that is none: told how to call it."""
    done = subprocess.run([str(POSD), "virtual-printer", *arguments], capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert "Usage: posd virtual-printer" in done.stderr
