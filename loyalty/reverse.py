"""Undoing a sale, whole or in part: what is taken back, what is given back, what is refunded."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from typing import NamedTuple

from loyalty import counters
from loyalty.lots import life
from loyalty.money import Minor, floor_share, split, spread
from loyalty.program import Program
from loyalty.quote import Movement, nets
from loyalty.refusal import Refusal
from loyalty.sale import ReturnedLine, Reversal, Sale


class Back(NamedTuple):
    """What comes back: so much of each line before this return (thousandths by line id), and these lines now, on this day."""

    before: Mapping[str, int]
    lines: tuple[ReturnedLine, ...]
    day: str


class Share(NamedTuple):
    """The part of a line, or of the whole sale, that comes back now: between two cumulative quantities of the whole."""

    before: int
    after: int
    whole: int

    def of(self, amount: int) -> int:
        """The part of `amount`; the parts of all returns together are exactly the whole."""
        return floor_share(amount, self.after, self.whole) - floor_share(amount, self.before, self.whole)


def reverse(program: Program, sale: Sale, back: Back) -> Reversal | Refusal:
    """Undo the part of `sale` that comes back, by the policies of the `program` it was made with.

    With `return_share = "lines"` each line gives back its own share of what it earned and spent; with "money" every movement is
    shared by what is refunded. Shares are rounded down over everything returned so far; so returns in many parts sum exactly to one
    of all.
    """
    shares = returned_shares(sale, back)
    if isinstance(shares, Refusal):
        return shares
    taken: Counter[str] = Counter()
    given: Counter[str] = Counter()
    elsewhere: dict[str, Counter[str]] = {}
    by_money = _by_money(sale, shares) if program.policies.return_share == "money" else None
    whole_before = all(share.before == share.whole for share in shares.values())
    done = not whole_before and all(share.after == share.whole for share in shares.values())
    for movements, sums in ((sale.accruals, taken), (sale.redemptions, given)):
        for movement in movements:
            part = _part(movement, shares, by_money)
            if movement.rule in program.pools:  # a prize has no parts: it goes with the last of the sale
                part = movement.pieces if done else 0
            sums[movement.unit] += part
            if movement.account:
                elsewhere.setdefault(movement.account, Counter())[movement.unit] += part
    refund = _refund(program, sale, shares, back.day)
    if not program.policies.give_back_spent:
        given = Counter({unit: pieces for unit, pieces in given.items() if counters.is_counter(unit)})
        elsewhere = {account: units for account, units in elsewhere.items() if not account.startswith("cause/")}
    uses = _uses(program, sale) if done and program.policies.give_back_uses else {}
    lots = {one.unit: one.lot for one in sale.accruals if one.lot}
    lots = {unit: lot for unit, lot in lots.items() if taken[unit]}
    others = {account: dict(+units) for account, units in elsewhere.items() if +units}
    return Reversal(dict(+taken), dict(+given), refund, uses, lots, done, others)


def returned_shares(sale: Sale, back: Back) -> dict[int, Share] | Refusal:
    """What part of each line comes back, by its place; a Refusal where more comes than was sold, or what was never sold."""
    places = {line.id: place for place, line in enumerate(sale.basket.lines)}
    already = Counter(back.before)
    shares = {
        place: Share(
            min(already[line.id], line.quantity_milli), min(already[line.id], line.quantity_milli), line.quantity_milli
        )
        for place, line in enumerate(sale.basket.lines)
    }
    for returned in back.lines:
        if returned.line not in places:
            return Refusal("line_not_in_sale", {"line": returned.line})
        place = places[returned.line]
        before, after, sold = shares[place]
        if after + returned.quantity_milli > sold:
            return Refusal("returned_more_than_sold", {"line": returned.line, "left_milli": max(sold - after, 0)})
        shares[place] = Share(before, after + returned.quantity_milli, sold)
    return shares


def _part(movement: Movement, shares: Mapping[int, Share], by_money: Share | None) -> int:
    if by_money is not None:
        return by_money.of(movement.pieces)
    return sum(share.of(movement.by_line[place]) for place, share in shares.items())


def _by_money(sale: Sale, shares: Mapping[int, Share]) -> Share | None:
    """The part of the whole sale's money; None where nothing was paid, and the lines must say."""
    net = nets(sale.basket, sale.discounts)
    if min(net) < 0 or not any(net):
        return None
    before = sum(floor_share(net[place], share.before, share.whole) for place, share in shares.items())
    after = sum(floor_share(net[place], share.after, share.whole) for place, share in shares.items())
    return Share(before, after, sum(net))


def _refund(program: Program, sale: Sale, shares: Mapping[int, Share], day: str) -> Minor:
    """What money goes back: the line's price less what units paid of it; of a plan what its terms say.

    The till's negative lines lower what the others give back, as they lower what these earn: no more goes back than was paid.
    """
    money = list(nets(sale.basket, sale.discounts))
    for paid in paid_by_units(sale):
        money = [have - part for have, part in zip(money, paid, strict=True)]
    whole = split(max(sum(money), 0), [max(one, 0) for one in money])
    return sum(share.of(_plan_refund(program, sale, place, whole[place], day)) for place, share in shares.items())


def paid_by_units(sale: Sale) -> Iterator[tuple[Minor, ...]]:
    """What each tender of units has paid of each line: shared by what is still to pay of them, what was donated comes last.

    Pieces are too coarse to share it by: one may pay for several lines.
    """
    owed = [max(net, 0) for net in nets(sale.basket, sale.discounts)]
    for tender in sale.extras.tenders:
        paid = spread(tender.amount_minor, owed, owed)
        owed = [have - part for have, part in zip(owed, paid, strict=True)]
        yield paid


def _plan_refund(program: Program, sale: Sale, place: int, paid: Minor, day: str) -> Minor:
    """Of the price of a plan, the days that have not run; of anything else all of it."""
    product = sale.basket.lines[place].product
    found = next(((code, plan) for code, plan in program.plans.items() if plan.product == product), None)
    if found is None or found[1].refund == "whole":
        return paid
    code, plan = found
    lot = next((one.lot for one in sale.accruals if one.unit == counters.plan(code)), "")
    if plan.refund == "none" or not lot:
        return 0 if plan.refund == "none" else paid
    first, last = (date.fromisoformat(one) for one in life(lot))
    days = (last - first).days + 1
    left = (last - max(date.fromisoformat(day), first)).days + (1 if date.fromisoformat(day) <= first else 0)
    return floor_share(paid, min(max(left, 0), days), days)


def _uses(program: Program, sale: Sale) -> dict[str, int]:
    """What a sale has used of limits; it comes back when the last of the sale does. What was drawn stays drawn."""
    sums: Counter[str] = Counter()
    for use in sale.extras.uses:
        if use.rule in program.pools:
            continue
        sums.update(dict.fromkeys(use.counters, use.times))
    return dict(sums)
