"""How the daemon looks after its printer: asked every two seconds, told when it changes, and printing goes on when it is well."""

import asyncio

import pytest

from drivers.ports import Delivery, PrinterStatus, Signal, Starting, unheard
from drivers.printers.network import NetworkOptions, NetworkPrinter
from drivers.virtual_printer import Fault, TcpPort, VirtualPrinter
from loyalty.document import Receipt
from posd import printing
from posd.printing import Watched

GUARD_S = 30


class Said:
    """A printer that says what it is told to say, in turn, and the last thing for ever."""

    name = "receipts"

    def __init__(self, *statuses: PrinterStatus) -> None:
        self.statuses = list(statuses)
        self.asked = 0

    async def status(self) -> PrinterStatus:
        """The next one."""
        self.asked += 1
        return self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]

    async def print(self, _: Receipt, starting: Starting = unheard) -> Delivery:
        """Nobody prints here."""
        raise AssertionError

    async def send(self, _: bytes, starting: Starting = unheard) -> Delivery:
        """Nor here."""
        raise AssertionError

    async def signal(self, _: Signal) -> None:
        """Nor this."""
        raise AssertionError


WELL = PrinterStatus(known=True)
EMPTY = PrinterStatus(known=True, troubles=("offline", "paper_out"))


async def told_by(printer: Said, asked: int, monkeypatch: pytest.MonkeyPatch) -> list[PrinterStatus]:
    """What is told while the printer is asked so often."""
    monkeypatch.setattr(printing, "STATUS_EVERY_S", 0)
    told: list[PrinterStatus] = []
    watched = Watched(printer)
    task = asyncio.create_task(watched.watch(lambda: told.append(watched.status)))
    while printer.asked < asked:
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return told


async def test_only_changes_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Well, well, empty, empty, well: three things to tell."""
    assert await told_by(Said(WELL, WELL, EMPTY, EMPTY, WELL), 9, monkeypatch) == [WELL, EMPTY, WELL]


async def test_a_printer_that_never_answers_is_no_news(monkeypatch: pytest.MonkeyPatch) -> None:
    """Unknown it was, and unknown it stays."""
    assert await told_by(Said(PrinterStatus(known=False)), 9, monkeypatch) == []


@pytest.mark.parametrize(
    ("troubles", "stop"),
    [
        ((), ""),
        (("paper_near_end",), ""),
        (("offline", "paper_out"), "printer_paper_out"),
        (("offline", "cover_open", "paper_out"), "printer_cover_open"),
        (("offline", "error", "cutter_error"), "printer_cutter_error"),
        (("offline",), "printer_offline"),
    ],
)
def test_the_most_telling_trouble_is_the_cashiers(troubles: tuple[str, ...], stop: str) -> None:
    """Of several troubles the cashier reads the one to do something about; a roll that ends soon stops nothing."""
    watched = Watched(Said(WELL), PrinterStatus(known=True, troubles=troubles))

    assert watched.told() == {"name": "receipts", "known": True, "troubles": list(troubles), "stop": stop}


async def test_a_real_line_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    """Over TCP: the cover is opened and closed again, and both are told."""
    monkeypatch.setattr(printing, "STATUS_EVERY_S", 0.05)
    async with asyncio.timeout(GUARD_S), VirtualPrinter(TcpPort()) as paper:
        watched = Watched(NetworkPrinter("receipts", NetworkOptions("127.0.0.1", paper.place.port)))
        changed = asyncio.Event()
        task = asyncio.create_task(watched.watch(changed.set))
        for fault, stop in ((Fault.COVER_OPEN, "printer_cover_open"), (Fault.NONE, ""), (Fault.PAPER_OUT, "printer_paper_out")):
            paper.fault = fault
            while watched.told()["stop"] != stop or not watched.status.known:
                changed.clear()
                await changed.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
