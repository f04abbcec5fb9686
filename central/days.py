"""Closed days: what tills say of their receipts against what has arrived; compared when somebody looks, for records come late."""

from typing import NamedTuple

from central.effects import Effect
from central.store import days
from central.store.days import Till, Told
from central.store.engine import Connection
from loyalty.day import Apart, DayClose, apart, by_number


class Day(NamedTuple):
    """A till on a business date: when it was closed (None: not yet), how many receipts are booked here, where the two disagree."""

    business_date: str
    store: str
    terminal: str
    till: str
    closed_ms: int | None
    receipts: int
    apart: Apart

    @property
    def settled(self) -> bool:
        """Whether it is closed, and all is here that the till has."""
        return self.closed_ms is not None and not any(self.apart)


def close(db: Connection, effect: Effect, body: DayClose) -> None:
    """Keep a till's word on its day, unless a later one is here already."""
    till = Till(effect.cause.terminal, body.till)
    envelope = effect.envelope
    word = Told((envelope.epoch, envelope.seq), envelope.wall, body.receipts)
    before = days.told_by(db, body.business_date, till)
    if before is None or before.place < word.place:
        days.save(db, body.business_date, till, word)


def between(db: Connection, first: str, last: str) -> list[Day]:
    """Every till that has booked or closed anything on the days from `first` to `last`, the newest day first."""
    names = days.names(db)
    found = []
    for day in reversed(days.days(db, first, last)):
        told, booked = days.told(db, day), days.booked(db, day)
        for till in sorted({*told, *booked}, key=lambda one: (*names[one.terminal], one.till)):
            here, word = by_number(booked.get(till, ())), told.get(till)
            difference = apart(word.receipts, here) if word else Apart((), (), ())
            closed_ms = word.closed_ms if word else None
            found.append(Day(day, *names[till.terminal], till.till, closed_ms, len(here), difference))
    return found
