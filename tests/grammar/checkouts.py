"""Members, baskets, moments and choices that meet the programs of tests/grammar/programs.py."""

from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any

from hypothesis import strategies as st

from loyalty import counters, lots
from loyalty.basket import Basket, Line
from loyalty.ledger import available
from loyalty.member import Member
from loyalty.moment import Calendar, Moment, Place
from loyalty.program import Program
from loyalty.quote import Choice, Quote, quote
from loyalty.standing import Standing, member_on
from tests.grammar.programs import Wanted, program
from tests.grammar.source import Source
from tests.grammar.words import (
    CATALOG,
    CHANNELS,
    CODES,
    DAYS,
    OCCASIONS,
    SEGMENTS,
    STORES,
    TAGS,
    TENDERS,
    TERMINALS,
    TIERS,
    UNITS,
)
from tests.samples import HANDLE

EARLIER, LATER = "2026-10-01", ("2026-11-18", "2026-11-30", "2027-06-30")

RUNG = (1000, 0, 1, 99, 250, 333, 500, 1290, 1999, 3000, 10_000)
QUANTITIES = (1000, 1000, 1000, 2000, 3000, 5000, 250, 1537)
ODD: dict[str, tuple[Any, ...]] = {
    "levy_minor": (30, 100, 333),
    "floor_minor": (1, 200, 990, 5000),
    "reduced": (True,),
    "discountable": (False,),
    "tax_bp": (0, 900, 1800),
    "tags": ((), TAGS),
    "amount_minor": (-1, -100, -700),
}
LINES_MAX = 5
LINE_BYTES = 8


def line(source: Source) -> dict[str, Any]:
    """One line without its id. Every third is odd in one or two ways."""
    product = source.pick(tuple(CATALOG))
    category, tags, tax_bp = CATALOG[product]
    found = {"product": product, "category": category, "tags": tags, "tax_bp": tax_bp}
    found |= {"amount_minor": source.pick(RUNG), "quantity_milli": source.pick(QUANTITIES)}
    if source.chance(40):
        found |= {name: source.pick(ODD[name]) for name in source.some(tuple(ODD), 2)}
    if found.get("levy_minor", 0) > found["amount_minor"]:
        found["levy_minor"] = max(found["amount_minor"], 0)
    return found


def basket(source: Source) -> Basket:
    """Up to LINES_MAX lines; the till's negative ones are never more than all the others."""
    parts = [source.part(LINE_BYTES) for _ in range(LINES_MAX)]
    found = [line(parts[place]) for place in range(1 + source.byte() % LINES_MAX)]
    if sum(one["amount_minor"] for one in found) < 0:
        found = [one | {"amount_minor": abs(one["amount_minor"])} for one in found]
    return Basket(
        tuple(Line(id=f"l{place}", **one) for place, one in enumerate(found)),
        codes=source.pick(((), CODES[:1], CODES)),
        paying=source.pick(((), TENDERS[:1], TENDERS[1:])),
    )


CALENDARS = (
    None,
    Calendar(5787, 9, 8),
    Calendar(5787, 9, 25, holidays=("hanukkah",)),
    Calendar(5787, 10, 2, sabbath=True, rest=True, holidays=("hanukkah",)),
    Calendar(5787, 13, 14, holidays=("purim",)),
    Calendar(5788, 12, 14, rest=True, holidays=("purim",)),
)


def moment(source: Source) -> Moment:
    """Any minute of a few days, at some store and till; a terminal may have run out of somebody's budget."""
    day = source.pick(DAYS)
    minute, offset = source.pick((0, 480, 700, 1100, 1439)), source.pick((120, 180, -60))
    days = (date.fromisoformat(day) - date(1970, 1, 1)).days
    codes = source.some(("pro_0", "pro_1", "rew_0"), 2)
    budget = {counters.budget(code): source.pick((0, 1, 300)) for code in codes}
    place = Place(source.pick(STORES), source.pick(TERMINALS), source.pick(CHANNELS), budget)
    return Moment((days * 1440 + minute - offset) * 60_000, offset, day, source.pick(CALENDARS), place)


def counted_by(program: Program) -> list[str]:
    """The counters that this program's rules look at."""
    found = []
    for code, rule in (*program.rewards.items(), *program.promotions.items()):
        periods = ((rule.limits.per_day, "day"), (rule.limits.per_month, "month"), (rule.limits.per_member, ""))
        found += [counters.used(code, period) for most, period in periods if most]
    for code, accrual in program.accruals.items():
        caps = ((accrual.pieces_max_day, "day"), (accrual.pieces_max_month, "month"))
        found += [counters.earned(code, period) for most, period in caps if most]
        found += [counters.rest(code)] if getattr(accrual.settings, "carry", False) else []
    for code, challenge in program.challenges.items():
        found += [counters.counted(code), counters.won(code)] + ([counters.stepped(code)] if challenge.streak else [])
    return found


def _most(program: Program, unit: str) -> int:
    """How many pieces of a counter a rule lets there be."""
    kind, _, code = unit.partition("/")
    if kind == "rest":
        return min(program.accruals[code].settings.every - 1, 200)
    if kind == "count":
        return program.challenges[code].goal - 1
    return 1 if kind == "step" else 3


def _held(source: Source) -> dict[str, int]:
    """What there is of a unit: lots that wait, are there and are over; an overdraft only where nothing is there to repay it."""
    if source.chance(12):
        return {lots.OPEN: -source.pick((1, 5, 30))}
    named = (lots.OPEN, f"/{LATER[0]}", f"/{LATER[1]}", f"{EARLIER}/{LATER[2]}", f"{LATER[1]}/{LATER[2]}")
    found = {lot: source.pick((250, 1, 2, 5, 10, 40)) for lot in source.some(named, 3)}
    return found or {lots.OPEN: source.pick((250, 40, 0))}


def standing(program: Program, day: str, source: Source) -> Standing:
    """A member as head office might keep one; counters are within what their rules let them be."""
    mine = available(HANDLE)
    accounts = {(mine, unit): _held(source) for unit in UNITS}
    for unit in counted_by(program):
        pieces = source.byte() % (_most(program, unit) + 1)
        accounts[mine, unit] = {lots.lot_for(program, unit, day): pieces} if pieces else {}
    for code in program.plans:
        if source.chance(40):
            accounts[mine, counters.plan(code)] = {lots.lot_named(EARLIER, source.pick(LATER)): 1}
    visits = source.pick((0, 1, 2, 9))
    return Standing(
        HANDLE,
        {key: held for key, held in accounts.items() if any(held.values())},
        source.pick(("", *TIERS)) if program.tiers else "",
        reviewed=source.pick((EARLIER, "2025-11-18")),
        visits=visits,
        spent_minor=visits * 1000,
        joined=source.pick((EARLIER, "2025-11-18", "2024-02-29", day)),
        last_visit=source.pick((EARLIER, "2026-11-14")) if visits else "",
        segments=source.pick(((), SEGMENTS[:1], SEGMENTS)),
        occasions=source.pick(({}, {OCCASIONS[0]: ("2026-11-10", "2026-11-25")})),
        referred_by=source.pick(("", "a" * 20)),
    )


@dataclass(frozen=True)
class Checkout:
    """What a quote is asked about. `standing` is the member with all lots; without one nobody showed a code."""

    program: Program
    standing: Standing | None
    basket: Basket
    moment: Moment
    choices: tuple[Choice, ...]

    @cached_property
    def member(self) -> Member | None:
        """The member as the till sees one."""
        return member_on(self.standing, self.moment.local_date) if self.standing else None

    @cached_property
    def quote(self) -> Quote:
        """The answer."""
        return quote(self.program, self.member, self.basket, self.moment, self.choices)


def choices(program: Program, source: Source) -> tuple[Choice, ...]:
    """Some of the program's rewards, and now and then one it does not have."""
    codes = tuple(program.rewards) * 4 + ("unknown",)
    return tuple(Choice(source.pick(codes), source.pick((1, 1, 1, 2, 7))) for _ in range(source.pick((0, 1, 2, 3))))


CHECKOUT_BYTES = 700


def checkout(data: bytes, wanted: Wanted = Wanted(), member: bool = False) -> Checkout:  # noqa: B008  it is frozen
    """The checkout that `data` says; with `member` never without one."""
    source = Source(data)
    bought, now, who, chosen = source.part(60), moment(source.part(20)), source.part(60), source.part(20)
    rules = program(source, wanted)
    known = standing(rules, now.local_date, who) if member or not who.chance(15) else None
    return Checkout(rules, known, basket(bought), now, choices(rules, chosen))


def checkouts(wanted: Wanted = Wanted(), member: bool = False) -> st.SearchStrategy[Checkout]:  # noqa: B008  it is frozen
    """Checkouts by any programs of which so much is `wanted`."""
    drawn = st.binary(min_size=CHECKOUT_BYTES, max_size=CHECKOUT_BYTES)
    return drawn.map(lambda data: checkout(data, wanted, member))


def policy(program: Program, **changes: Any) -> Program:
    """`program` with other policies."""
    return replace(program, policies=replace(program.policies, **changes))
