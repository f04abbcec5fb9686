"""What partners owe, summed by day."""

from collections.abc import Iterable
from typing import NamedTuple

import sqlalchemy as sa

from central.store.engine import Connection
from central.store.rows import upsert
from central.store.tables import PARTNER_COST, STORE, TERMINAL
from loyalty.partners import Cost


class Place(NamedTuple):
    """Where and on which business date something was given or came back."""

    terminal: int
    business_date: str


class Asked(NamedTuple):
    """Which costs: from a first to a last business date, both included, of one partner, of one store; empty for all."""

    first: str = ""
    last: str = ""
    partner: str = ""
    store: str = ""


class Sum(NamedTuple):
    """What a partner was to bear by a rule, and what of it came back; as in loyalty.partners.Cost."""

    partner: str
    kind: str
    rule: str
    what: str
    given: int
    returned: int


def add_given(db: Connection, place: Place, costs: Iterable[Cost]) -> None:
    """A sale has cost partners so much."""
    _add(db, place, costs, "given")


def add_returned(db: Connection, place: Place, costs: Iterable[Cost]) -> None:
    """A return has given partners back so much."""
    _add(db, place, costs, "returned")


def _add(db: Connection, place: Place, costs: Iterable[Cost], column: str) -> None:
    where = {"business_date": place.business_date, "terminal_id": place.terminal}
    rows = [
        {**where, "partner": one.partner, "kind": one.kind, "rule": one.rule, "what": one.what, column: one.amount}
        for one in costs
    ]
    upsert(db, PARTNER_COST, rows, column, add=True)


def sums(db: Connection, asked: Asked) -> list[Sum]:
    """What was given and came back in that time, by partner, kind, rule and what it is counted in."""
    row = PARTNER_COST.c
    keys = (row.partner, row.kind, row.rule, row.what)
    totals = (sa.cast(sa.func.sum(column), sa.BigInteger) for column in (row.given, row.returned))
    wanted = sa.select(*keys, *totals).group_by(*keys).order_by(*keys)
    if asked.first:
        wanted = wanted.where(row.business_date >= asked.first)
    if asked.last:
        wanted = wanted.where(row.business_date <= asked.last)
    if asked.partner:
        wanted = wanted.where(row.partner == asked.partner)
    if asked.store:
        wanted = wanted.select_from(PARTNER_COST.join(TERMINAL).join(STORE)).where(STORE.c.name == asked.store)
    return [Sum(*found) for found in db.execute(wanted)]
