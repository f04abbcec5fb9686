"""A print job: queued -> sending -> confirmed | unknown.

What was queued prints, however late. What was being sent when the process died is unknown: it may be on the paper already, so
it is never sent again without a person's word, and then as a copy (loyalty.receipt.as_copy under a job of its own).
"""

import asyncio
import random
from contextlib import AsyncExitStack
from enum import StrEnum
from typing import Any, Protocol

import msgspec
import structlog

from drivers.ports import Delivery, Printer
from loyalty.document import Bar, Block, Note, Picture, Qr, Receipt, Row, Rule, Title, Words
from runtime.errors import Unavailable

RETRY_S = 0.5
RETRY_S_MAX = 15.0  # paper is changed in a minute; nobody should stand in front of a ready printer for longer than this
SHAPE = 1
"""Version of the bytes of a stored receipt."""

log = structlog.get_logger()


class JobState(StrEnum):
    """Where a job is. CONFIRMED and UNKNOWN are final."""

    QUEUED = "queued"
    SENDING = "sending"
    CONFIRMED = "confirmed"
    UNKNOWN = "unknown"


class PrintQueue(Protocol):
    """Where the jobs of one printer are kept: the store of the terminal. Each call is durable when it returns."""

    async def next_queued(self) -> tuple[str, bytes] | None:
        """The oldest queued job: its id and its receipt as it is stored; None when nothing waits."""
        ...

    async def read(self, stored: bytes) -> Receipt:
        """That receipt, as it is to be printed. Any error means that it is damaged."""
        ...

    async def mark(self, job_id: str, state: JobState) -> None:
        """Put the job into `state`."""
        ...

    async def recover(self) -> tuple[str, ...]:
        """Make every job that is `sending` `unknown` and give their ids: a process that died was sending them."""
        ...


async def run_jobs(queue: PrintQueue, printer: Printer, wake: asyncio.Event) -> None:
    """Print what waits, in order, for ever; run it under the supervisor, one for each printer.

    Set `wake` when a job was queued: it also tries a printer that was away again at once. A printer that is Unavailable keeps
    its job queued, which is told once; an error of any other kind is raised, with the job told as unknown.
    """
    for job_id in await queue.recover():
        log.warning("print job unknown", job=job_id, printer=printer.name, hint="Ask whether it was printed; reprint as a copy")
    wait_s, told = RETRY_S, ""
    while True:
        wake.clear()
        waiting = await queue.next_queued()
        if waiting is None:
            await wake.wait()
            continue
        ended = await _print(queue, printer, *waiting)
        if isinstance(ended, Unavailable):
            if ended.code != told:
                log.warning("printer unavailable", job=waiting[0], printer=printer.name, code=ended.code, hint=ended.hint)
            told = ended.code
            await _sleep(wake, random.uniform(wait_s / 2, wait_s))  # noqa: S311 (spreads load; guards nothing)
            wait_s = min(wait_s * 2, RETRY_S_MAX)
        else:
            wait_s, told = RETRY_S, ""


async def _print(queue: PrintQueue, printer: Printer, job_id: str, stored: bytes) -> Delivery | Unavailable:
    """Print one job and mark how it ended; Unavailable when it stays queued. It is `sending` only from its first byte on.

    An error of another kind may be the receipt's own, and would come again: the job is unknown then, and in nobody's way.
    """
    started = False

    async def starting() -> None:
        nonlocal started
        started = True
        await queue.mark(job_id, JobState.SENDING)

    async def broken(_: object, error: BaseException | None, __: object) -> None:
        if isinstance(error, Exception):
            await queue.mark(job_id, JobState.UNKNOWN)

    async with AsyncExitStack() as job:
        job.push_async_exit(broken)
        try:
            delivery = await printer.print(await queue.read(stored), starting)
        except Unavailable as error:
            if started:
                await queue.mark(job_id, JobState.QUEUED)
            return error
    await queue.mark(job_id, JobState(delivery.value))
    if delivery is Delivery.UNKNOWN:
        log.warning("print job unknown", job=job_id, printer=printer.name, hint="Ask whether it was printed; reprint as a copy")
    return delivery


async def _sleep(wake: asyncio.Event, wait_s: float) -> None:
    """Until `wake` is set, at most `wait_s`."""
    try:
        async with asyncio.timeout(wait_s):
            await wake.wait()
    except TimeoutError:
        return


KINDS: dict[str, type[Block]] = {
    "title": Title,
    "row": Row,
    "bar": Bar,
    "note": Note,
    "words": Words,
    "qr": Qr,
    "picture": Picture,
    "rule": Rule,
}


class _Stored(msgspec.Struct):
    """A receipt in the store. Each block is its kind and its fields: msgspec takes no union of plain dataclasses."""

    shape: int
    language: str
    currency: str
    blocks: list[tuple[str, msgspec.Raw]]
    facts: dict[str, int | str] = {}


def receipt_bytes(receipt: Receipt) -> bytes:
    """The receipt as JSON, for the store."""
    names = {kind: name for name, kind in KINDS.items()}
    blocks: list[Any] = [(names[type(block)], block) for block in receipt.blocks]
    return msgspec.json.encode(
        {"shape": SHAPE, "language": receipt.language, "currency": receipt.currency, "blocks": blocks, "facts": receipt.facts}
    )


def receipt_from(stored: bytes) -> Receipt:
    """The receipt that `receipt_bytes` made; msgspec.ValidationError or DecodeError for anything else (a damaged store)."""
    read = msgspec.json.decode(stored, type=_Stored)
    if read.shape != SHAPE:
        raise msgspec.ValidationError(f"the receipt has shape {read.shape}; this posd knows {SHAPE}")
    unknown = [kind for kind, _ in read.blocks if kind not in KINDS]
    if unknown:
        raise msgspec.ValidationError(f"the receipt has blocks of unknown kinds: {', '.join(unknown)}")
    blocks = tuple(msgspec.json.decode(fields, type=KINDS[kind]) for kind, fields in read.blocks)
    return Receipt(read.language, read.currency, blocks, read.facts)
