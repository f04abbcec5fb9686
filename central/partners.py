"""What partners owe and get back, for people: sums with the names that the program has for them."""

from collections import Counter
from itertools import groupby
from typing import NamedTuple

from central import programs
from central.store import partners, terminals
from central.store.engine import Connection
from central.store.partners import Asked, Sum
from loyalty.money import Minor
from loyalty.program import Names, Unit
from runtime.errors import Rejected


class Units(NamedTuple):
    """Pieces that were issued from a partner's account and went back there. `worth_minor` is what those that are left buy."""

    unit: str
    name: Names
    issued: int
    taken_back: int
    left: int
    worth_minor: Minor
    currency: str


class Discount(NamedTuple):
    """What a partner's rule has taken off, or paid; what of it came back with the goods; and so what is owed."""

    rule: str
    name: Names
    currency: str
    given_minor: Minor
    returned_minor: Minor
    owed_minor: Minor


class Gift(NamedTuple):
    """What a partner's rule has handed over. No sale says what it costs."""

    rule: str
    name: Names
    product: str
    pieces: int


class Settlement(NamedTuple):
    """All of one partner's. `owed_minor` sums the discounts by currency; what a piece costs a partner, their contract says."""

    partner: str
    name: Names
    units: list[Units]
    discounts: list[Discount]
    gifts: list[Gift]
    owed_minor: dict[str, Minor]


class _Said(NamedTuple):
    """What programs say of partners, rules and units, by code; of a unit with the program's currency."""

    partners: dict[str, Names]
    rules: dict[str, Names]
    units: dict[str, tuple[Unit, str]]


def report(db: Connection, asked: Asked) -> list[Settlement]:
    """Each partner's settlement, by code. Raises Rejected for a partner or a store that there never was."""
    if asked.store and not terminals.store_exists(db, asked.store):
        raise Rejected("store_unknown", f"there is no store {asked.store!r}", "Their names: posd-central terminal list")
    sums = partners.sums(db, asked)
    said = _said(db, sums, asked.partner)
    if asked.partner and not sums and asked.partner not in said.partners:
        known = ", ".join(said.partners) or "none"
        raise Rejected("partner_unknown", f"no program has a partner {asked.partner!r}", f"Those there are: {known}")
    return [_settlement(code, list(own), said) for code, own in groupby(sums, lambda one: one.partner)]


def _said(db: Connection, sums: list[Sum], partner: str) -> _Said:
    """The newest names of everything in `sums`, and of `partner`; a version is read only while something has no name yet."""
    said = _Said({}, {}, {})
    codes = {one.partner for one in sums} | ({partner} if partner else set())
    rules, units = {one.rule for one in sums if one.rule}, {one.what for one in sums if one.kind == "units"}
    for program in programs.newest_first(db):
        if codes <= said.partners.keys() and rules <= said.rules.keys() and units <= said.units.keys():
            break
        names = {code: one.name for some in (program.promotions, program.rewards) for code, one in some.items()}
        for found, more in ((said.partners, program.partners), (said.rules, names)):
            found |= {**more, **found}
        said.units.update({code: (unit, program.currency) for code, unit in program.units.items() if code not in said.units})
    return said


def _settlement(code: str, sums: list[Sum], said: _Said) -> Settlement:
    discounts = [
        Discount(one.rule, said.rules.get(one.rule, {}), one.what, one.given, one.returned, one.given - one.returned)
        for one in sums
        if one.kind == "discount"
    ]
    owed = Counter[str]()
    for discount in discounts:
        owed[discount.currency] += discount.owed_minor
    return Settlement(
        partner=code,
        name=said.partners.get(code, {}),
        units=[_units(one, said) for one in sums if one.kind == "units"],
        discounts=discounts,
        gifts=[Gift(one.rule, said.rules.get(one.rule, {}), one.what, one.given) for one in sums if one.kind == "gift"],
        owed_minor=dict(owed),
    )


def _units(one: Sum, said: _Said) -> Units:
    unit, currency = said.units.get(one.what, (Unit({}), ""))
    left = one.given - one.returned
    return Units(one.what, unit.name, one.given, one.returned, left, left * unit.worth, currency)
