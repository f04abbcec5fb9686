"""Closing a till's day: what it says of its receipts against our journal, and the record that tells head office."""

from collections.abc import Iterator
from dataclasses import dataclass

from loyalty.agreement import Agreement
from loyalty.day import Apart, DayClose, apart, by_number, taken_minor
from loyalty.journal import Draft, Stamp
from loyalty.money import Minor
from loyalty.sale import Return, Sale
from posd.store import agreements, journal
from posd.store.db import Db
from sync import wire


@dataclass(frozen=True, slots=True)
class Closed:
    """A day as it is closed: the record's id, where the till and we disagree, and which promises are still open.

    `replayed` says that the till had said the very same before.
    """

    id: str
    apart: Apart
    open: tuple[Agreement, ...]
    replayed: bool


def close(db: Db, told: DayClose, stamp: Stamp, new_id: str) -> Closed:
    """Compare, and tell head office what the till says unless that was its last word already."""
    bodies = [_read(data) for _, _, data in journal.of_day(db, told.business_date)]
    closed = [(own, body) for own, body in bodies if isinstance(body, DayClose) and body.till == told.till]
    replayed = bool(closed) and closed[-1][1] == told
    own = closed[-1][0] if replayed else new_id
    if not replayed:
        journal.append(db, stamp, Draft("day_close", own, told), told.business_date)
    booked = by_number([*_booked(bodies, told.till), *_pruned(db, told)])
    return Closed(own, apart(told.receipts, booked), tuple(agreements.still_open(db)), replayed)


def _read(data: bytes) -> tuple[str, object]:
    envelope = wire.read_envelope(data)
    return envelope.id, wire.read_body(envelope)


def _booked(bodies: list[tuple[str, object]], till: str) -> Iterator[tuple[str, Minor | None]]:
    for _, body in bodies:
        if isinstance(body, Sale | Return) and body.till.till == till:
            yield body.till.receipt_number, taken_minor(body)


def _pruned(db: Db, told: DayClose) -> Iterator[tuple[str, None]]:
    """Of deleted records there is the number alone, not whose till it was: the till's own word is taken for it."""
    yield from ((number, None) for number in journal.pruned_of_day(db, told.business_date) if number in told.receipts)
