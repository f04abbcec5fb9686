"""Print jobs: nothing that waits is lost, nothing that may be on paper is printed again, and a receipt survives the store."""

import asyncio
from dataclasses import replace

import msgspec
import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from drivers.ports import Delivery, Printer, PrinterStatus, Signal, Starting, unheard
from drivers.printers import job
from drivers.printers.job import JobState, receipt_bytes, receipt_from, run_jobs
from drivers.printers.network import NetworkOptions, NetworkPrinter
from drivers.virtual_printer import Fault, TcpPort, VirtualPrinter
from loyalty.document import Bar, Note, Receipt, Row, Title
from loyalty.receipt import as_copy
from runtime.errors import Unavailable
from tests.drivers.receipts import samples, sold

GUARD_S = 30


class Queue:
    """The store's queue in memory; every receipt passes through its stored bytes. `history` has each state in order."""

    def __init__(self) -> None:
        self.stored: dict[str, bytes] = {}
        self.states: dict[str, JobState] = {}
        self.history: list[tuple[str, JobState]] = []
        self.wake = asyncio.Event()

    def put(self, job_id: str, receipt: Receipt) -> None:
        """Queue a job, as a commit does."""
        self.stored[job_id] = receipt_bytes(receipt)
        self.states[job_id] = JobState.QUEUED
        self.wake.set()

    async def next_queued(self) -> tuple[str, bytes] | None:
        """The oldest that waits."""
        waiting = (job_id for job_id, state in self.states.items() if state is JobState.QUEUED)
        job_id = next(waiting, None)
        return (job_id, self.stored[job_id]) if job_id else None

    async def read(self, stored: bytes) -> Receipt:
        """As it is."""
        return receipt_from(stored)

    async def mark(self, job_id: str, state: JobState) -> None:
        """Remember."""
        self.states[job_id] = state
        self.history.append((job_id, state))

    async def recover(self) -> tuple[str, ...]:
        """What was being sent is unknown now."""
        lost = tuple(job_id for job_id, state in self.states.items() if state is JobState.SENDING)
        for job_id in lost:
            await self.mark(job_id, JobState.UNKNOWN)
        return lost

    async def until(self, **states: JobState) -> None:
        """Wait until the jobs stand so."""
        async with asyncio.timeout(GUARD_S):
            while any(self.states[job_id] is not state for job_id, state in states.items()):
                await asyncio.sleep(0.005)


class Scripted:
    """A printer that does what it is told, in turn: a Delivery, an exception to raise, or None to hang. A LookupError comes
    before its first byte, as when a receipt cannot be drawn, and so does Unavailable."""

    name = "scripted"

    def __init__(self, *script: Delivery | Exception | None) -> None:
        self.script = list(script)
        self.printed: list[Receipt] = []

    async def print(self, receipt: Receipt, starting: Starting = unheard) -> Delivery:
        """Play the next line of the script; confirm when it has ended."""
        line = self.script.pop(0) if self.script else Delivery.CONFIRMED
        if not isinstance(line, (Unavailable, LookupError)):
            await starting()
        if line is None:
            await asyncio.Event().wait()
        if isinstance(line, Exception):
            raise line
        assert line is not None
        self.printed.append(receipt)
        return line

    async def send(self, _: bytes, starting: Starting = unheard) -> Delivery:
        """No bytes come from a queue."""
        raise AssertionError

    async def signal(self, _: Signal) -> None:
        """Nor signals."""
        raise AssertionError

    async def status(self) -> PrinterStatus:
        """Nobody asks."""
        return PrinterStatus(known=False)


def run(queue: Queue, printer: Printer) -> asyncio.Task[None]:
    """The loop as a task."""
    return asyncio.create_task(run_jobs(queue, printer, queue.wake))


async def stop(task: asyncio.Task[None]) -> None:
    """The process dies."""
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_queued_jobs_print_in_order() -> None:
    """What was queued before the start and what comes later is printed, oldest first, each once."""
    queue, printer = Queue(), Scripted()
    queue.put("a", sold("he"))
    queue.put("b", sold("en"))
    task = run(queue, printer)
    await queue.until(a=JobState.CONFIRMED, b=JobState.CONFIRMED)
    queue.put("c", as_copy(sold("he")))
    await queue.until(c=JobState.CONFIRMED)
    await stop(task)

    assert printer.printed == [sold("he"), sold("en"), as_copy(sold("he"))]
    assert queue.history == [(i, s) for i in "abc" for s in (JobState.SENDING, JobState.CONFIRMED)]


async def test_what_was_being_sent_is_told_and_never_sent_again() -> None:
    """The process dies in the middle of a job: after the start it is unknown, told once, and the next job prints."""
    queue = Queue()
    queue.put("a", sold("he"))
    queue.put("b", sold("en"))
    task = run(queue, Scripted(None))
    await queue.until(a=JobState.SENDING)
    await stop(task)

    printer = Scripted()
    with structlog.testing.capture_logs() as said:
        task = run(queue, printer)
        await queue.until(a=JobState.UNKNOWN, b=JobState.CONFIRMED)
        await stop(task)

    assert printer.printed == [sold("en")]
    assert [(line["event"], line["job"]) for line in said] == [("print job unknown", "a")]


async def test_an_unknown_job_is_not_printed_again() -> None:
    """No word from the printer: the job is unknown, and the loop goes on with the next."""
    queue, printer = Queue(), Scripted(Delivery.UNKNOWN)
    queue.put("a", sold("he"))
    queue.put("b", sold("en"))
    task = run(queue, printer)
    await queue.until(a=JobState.UNKNOWN, b=JobState.CONFIRMED)
    await stop(task)

    assert printer.printed == [sold("he"), sold("en")]


async def test_a_printer_that_is_away_keeps_the_job_queued(monkeypatch: pytest.MonkeyPatch) -> None:
    """Unavailable: the job is tried again until the printer is there. Nothing is written meanwhile, each reason is told once."""
    monkeypatch.setattr(job, "RETRY_S", 0.01)
    away, empty = Unavailable("printer_unreachable", "away", "plug it in"), Unavailable("printer_paper_out", "empty", "a roll")
    queue, printer = Queue(), Scripted(away, away, empty, empty, Delivery.CONFIRMED, away)
    queue.put("a", sold("he"))
    queue.put("b", sold("he"))
    with structlog.testing.capture_logs() as said:
        task = run(queue, printer)
        await queue.until(a=JobState.CONFIRMED, b=JobState.CONFIRMED)
        await stop(task)

    assert queue.history == [(i, s) for i in "ab" for s in (JobState.SENDING, JobState.CONFIRMED)]
    assert [line["code"] for line in said] == ["printer_unreachable", "printer_paper_out", "printer_unreachable"]


async def test_a_printer_that_takes_it_back_makes_the_job_wait_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Unavailable after the first byte was announced: the job is queued again, and prints."""
    monkeypatch.setattr(job, "RETRY_S", 0.01)

    class Full(Scripted):
        async def print(self, receipt: Receipt, starting: Starting = unheard) -> Delivery:
            """Announce, find that it cannot, and be well the next time."""
            if not self.printed:
                self.printed.append(receipt)
                await starting()
                raise Unavailable("printer_unreachable", "no room on the disk", "make room")
            return await super().print(receipt, starting)

    queue = Queue()
    queue.put("a", sold("he"))
    task = run(queue, Full())
    await queue.until(a=JobState.CONFIRMED)
    await stop(task)

    assert [state.value for _, state in queue.history] == ["sending", "queued", "sending", "confirmed"]


async def test_a_new_job_wakes_a_loop_that_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """While the loop waits for a printer that was away, the next sale makes it try at once."""
    monkeypatch.setattr(job, "RETRY_S", 3600)
    monkeypatch.setattr(job, "RETRY_S_MAX", 3600)
    queue, printer = Queue(), Scripted(Unavailable("printer_unreachable", "away", ""))
    queue.put("a", sold("he"))
    task = run(queue, printer)
    while printer.script or queue.wake.is_set():
        await asyncio.sleep(0.005)
    queue.put("b", sold("en"))
    await queue.until(a=JobState.CONFIRMED, b=JobState.CONFIRMED)
    await stop(task)

    assert printer.printed == [sold("he"), sold("en")]


async def test_a_job_that_breaks_the_printer_is_passed_by() -> None:
    """An error that nobody foresaw, before the first byte or after it, ends the loop and leaves the job unknown; the supervisor's
    next run prints the next."""
    for error in (LookupError(), ZeroDivisionError()):
        queue, printer = Queue(), Scripted(error)
        queue.put("a", sold("he"))
        queue.put("b", sold("en"))
        with pytest.raises(type(error)):
            await run(queue, printer)
        assert queue.states == {"a": JobState.UNKNOWN, "b": JobState.QUEUED}
        task = run(queue, printer)
        await queue.until(b=JobState.CONFIRMED)
        await stop(task)
        assert printer.printed == [sold("en")]


async def test_a_receipt_that_cannot_be_read_is_passed_by() -> None:
    """Damaged in the store: unknown, and those that were sold later print."""
    queue, printer = Queue(), Scripted()
    queue.put("a", sold("he"))
    queue.put("b", sold("en"))
    queue.stored["a"] = b"damaged"
    with pytest.raises(msgspec.DecodeError):
        await run(queue, printer)
    task = run(queue, printer)
    await queue.until(a=JobState.UNKNOWN, b=JobState.CONFIRMED)
    await stop(task)

    assert printer.printed == [sold("en")]


async def test_a_stop_before_the_first_byte_leaves_the_job_queued() -> None:
    """posd is stopped while a receipt is being read: nothing was sent, so it prints after the start."""
    queue, reading = Queue(), asyncio.Event()

    async def read(_: bytes) -> Receipt:
        reading.set()
        await asyncio.Event().wait()
        raise AssertionError

    queue.read = read  # type: ignore[method-assign]
    queue.put("a", sold("he"))
    task = run(queue, Scripted())
    await reading.wait()
    await stop(task)

    assert queue.history == []


async def test_paper_runs_out_and_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Over a real socket: no paper keeps the job queued, new paper prints it, once."""
    monkeypatch.setattr(job, "RETRY_S", 0.05)
    async with asyncio.timeout(GUARD_S), VirtualPrinter(TcpPort(), fault=Fault.PAPER_OUT) as paper:
        queue = Queue()
        queue.put("a", sold("he"))
        with structlog.testing.capture_logs() as said:
            task = run(queue, NetworkPrinter("receipts", NetworkOptions("127.0.0.1", paper.place.port)))
            while not said:
                await asyncio.sleep(0.005)
        paper.fault = Fault.NONE
        await queue.until(a=JobState.CONFIRMED)
        await stop(task)
        while not paper.printed:
            await asyncio.sleep(0.005)

    assert [line["code"] for line in said] == ["printer_paper_out"]
    assert len(paper.printed) == 1


@pytest.mark.parametrize("name", sorted(samples()))
def test_a_receipt_survives_the_store(name: str) -> None:
    """Bytes and back is the same receipt."""
    assert receipt_from(receipt_bytes(samples()[name])) == samples()[name]


PARAMS = st.dictionaries(st.text(max_size=5), st.one_of(st.integers(-(2**63), 2**63 - 1), st.text(max_size=20)), max_size=3)
BLOCKS = st.one_of(
    st.builds(Title, st.text(max_size=9), PARAMS),
    st.builds(Note, st.text(max_size=9), PARAMS),
    st.builds(Bar, st.text(max_size=9), st.integers(0, 100), st.just(100), PARAMS),
    st.builds(Row, st.text(max_size=9), st.integers(-(10**12), 10**12), PARAMS, st.booleans(), st.integers(0, 10**10)),
)


@given(st.builds(Receipt, st.just("he"), st.just("ILS"), st.lists(BLOCKS, max_size=6).map(tuple)))
def test_any_receipt_survives_the_store(receipt: Receipt) -> None:
    """Whatever is in it, a receipt comes back as it was, and its parameters keep their types."""
    assert receipt_from(receipt_bytes(receipt)) == receipt


@pytest.mark.parametrize(
    "stored",
    [
        b"",
        b"{}",
        b"[]",
        b'{"shape":2,"language":"he","currency":"ILS","blocks":[]}',
        b'{"shape":1,"language":"he","currency":"ILS","blocks":[["poem",{}]]}',
        b'{"shape":1,"language":"he","currency":"ILS","blocks":[["row",{"code":1}]]}',
        receipt_bytes(sold("he"))[:-3],
    ],
)
def test_damaged_bytes_are_no_receipt(stored: bytes) -> None:
    """What is not a receipt raises instead of printing something."""
    with pytest.raises(msgspec.DecodeError):
        receipt_from(stored)


def test_the_stored_form_is_a_promise() -> None:
    """The bytes in shops' databases stay readable: this is their form."""
    blocks = (Title("club", {"club": "קפה"}), Row("earned", 5, {"unit": "נקודות"}, signed=True))
    receipt = Receipt("he", "ILS", blocks, {"number": "A-1", "balance.points": 5})
    stored = (
        '{"shape":1,"language":"he","currency":"ILS","blocks":[["title",{"code":"club","params":{"club":"קפה"}}],'
        '["row",{"code":"earned","pieces":5,"params":{"unit":"נקודות"},"signed":true,"worth_minor":0,"strong":false'
    )
    older, newer = f"{stored}}}]]}}", f'{stored},"money":false}}]],"facts":{{"number":"A-1","balance.points":5}}}}'

    assert receipt_bytes(receipt).decode() == newer
    assert receipt_from(newer.encode()) == receipt
    assert receipt_from(older.encode()) == replace(receipt, facts={})
