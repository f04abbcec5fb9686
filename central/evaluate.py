"""Whether head office comes to the same as the terminal did: every sale is worked out again from exactly what is stamped on it.

What the till promised stands, whatever is found here; a difference is a fault of ours to be looked at, and stale facts are what it
costs to sell while head office is out of reach.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

from loyalty import counters
from loyalty.agreement import Agreement
from loyalty.leases import within
from loyalty.ledger import held
from loyalty.pool import Luck
from loyalty.program import Program
from loyalty.quote import Extras, Movement, Use, quote
from loyalty.sale import ENGINE, Payment, Sale, commit
from loyalty.standing import Standing, member_on

SAME = ""
OTHER_PROGRAM = "program"
"""It was made with a program or an engine that head office does not have, so it cannot be worked out again."""


def differs(program: Program, sale: Sale, luck: Luck | None = None) -> str:
    """What comes out otherwise, of `discounts extras redemptions accruals prize`; OTHER_PROGRAM, `unreadable`, or SAME.

    `program` is the one that the sale says it was made with, `luck` what its prizes were drawn from. Of a basket that changed
    after it was agreed on only the accruals and the prizes can be worked out again.
    """
    if (sale.engine, sale.program_hash) != (ENGINE, program.hash):
        return OTHER_PROGRAM
    try:
        return " ".join((*_promised(program, sale), *_earned(program, sale, luck)))
    except ValueError:  # facts that pass one by one and make no sale together
        return "unreadable"


def _promised(program: Program, sale: Sale) -> Iterable[str]:
    if "basket_changed" in sale.flags:
        return
    member = sale.member.member() if sale.member else None
    again = quote(program, member, sale.basket, sale.moment, sale.choices)
    if again.discounts != sale.discounts:
        yield "discounts"
    if again.extras != _without_prizes(program, sale.extras):
        yield "extras"
    if _spent(again.redemptions) != _spent(sale.redemptions):
        yield "redemptions"


def _without_prizes(program: Program, extras: Extras) -> Extras:
    return replace(extras, uses=tuple(use for use in extras.uses if use.rule not in program.pools))


def _earned(program: Program, sale: Sale, luck: Luck | None) -> Iterable[str]:
    """By what was really paid, on the discounts as they are stamped, and by the draw."""
    agreement = Agreement(
        id=sale.agreement,
        basket=sale.basket,
        member=sale.member,
        program_version=sale.program_version,
        program_hash=sale.program_hash,
        choices=sale.choices,
        discounts=sale.discounts,
        redemptions=sale.redemptions,
        holds=sale.holds,
        to_pay_minor=sale.paid_minor,
        moment=sale.moment,
        extras=_without_prizes(program, sale.extras),
    )
    again = commit(program, agreement, Payment(sale.till, sale.tenders, sale.basket, sale.fingerprint), luck)
    mine, theirs = (_drawn_apart(program, one) for one in (again, sale))
    if mine.earned != theirs.earned:
        yield "accruals"
    if mine.drawn != theirs.drawn:
        yield "prize"


class _Apart(NamedTuple):
    """What a sale has earned by rules, and what was drawn: the prizes, and how they are counted."""

    earned: list[Movement]
    drawn: tuple[list[Movement], list[Use]]


def _drawn_apart(program: Program, sale: Sale) -> _Apart:
    pools = program.pools
    drawn = [one for one in sale.accruals if one.rule in pools], [use for use in sale.extras.uses if use.rule in pools]
    return _Apart([one for one in sale.accruals if one.rule not in pools], drawn)


def _spent(redemptions: Iterable[Movement]) -> list[tuple[str, str, int]]:
    """What members chose to spend; counters follow what was really paid."""
    return sorted((one.rule, one.unit, one.pieces) for one in redemptions if not counters.is_counter(one.unit))


def stale(before: Standing, sale: Sale) -> str:
    """Which of the facts stamped on `sale` are not what head office knows when it applies it, by name; empty for none."""
    facts = sale.member
    assert facts
    here = member_on(before, sale.moment.local_date)
    found = [
        name
        for name in ("visits", "spent_minor", "joined", "last_visit", "segments", "occasions", "plans")
        if getattr(facts, name) != getattr(here, name)
    ]
    if here.tier and here.tier != facts.tier:
        found.append("tier")
    there = [
        within(before, held(hold.id)) for hold in sale.holds
    ]  # what was not reserved online is in the balance or in a lease
    units = {unit for unit in (*facts.balances, *here.balances) if not counters.is_counter(unit)}
    if any(
        facts.balances.get(unit, 0) != here.balances.get(unit, 0) + sum(one.get(unit, 0) for one in there) for unit in units
    ):
        found.append("balances")
    return " ".join(found)
