"""Which offers apply together: in order, exclusive, one of a group, within limits; or the best combination for the member."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import combinations
from typing import NamedTuple

from loyalty import counters
from loyalty.bill import Bill
from loyalty.money import Minor
from loyalty.overlap import moved
from loyalty.refusal import Refusal
from loyalty.rewards.giving import NOTHING_LEFT, TIMES_MAX, Given, Target
from loyalty.rules import Benefit, Rules, closed_now, not_now

COMBINATIONS_MAX = 256  # eight offers that get in each other's way are tried out in full, in some tens of milliseconds


class Taken(NamedTuple):
    """What a benefit gave: how many times of how many, what, and how much came off together."""

    benefit: Benefit
    times: int
    times_max: int
    given: Given
    off_minor: Minor


class Open(NamedTuple):
    """A benefit may be taken so many times, and was not: the member did not want it, or wanted more than that."""

    times_max: int
    refusal: Refusal | None = None


Finding = Refusal | Open | Taken
"""What was found about a benefit: why it is not to be had, how often it may be, or what it gave."""


@dataclass(slots=True)
class Outcome:
    """One way through all the offers: the bill after it, and what was found about each, in the order of the rules.

    `shared` has the places in `found` of the amounts off that several lines share.
    """

    rules: Rules
    bill: Bill
    found: list[Finding] = field(default_factory=list)
    groups: dict[str, str] = field(default_factory=dict)
    order_discount: str = ""
    shared: list[int] = field(default_factory=list)
    tried: int = 0
    bound_hit: bool = False

    @property
    def looked(self) -> Iterable[tuple[Benefit, Finding]]:
        """What was found about each that was looked at."""
        return zip((*self.rules.benefits, *self.rules.last), self.found, strict=True)

    @property
    def taken(self) -> list[Taken]:
        """What was given."""
        return [one for one in self.found if type(one) is Taken]

    @property
    def saved(self) -> Minor:
        """How much came off."""
        return self.bill.rung - self.bill.total


class Ask(NamedTuple):
    """What is asked of the offers: a new bill each time, what the member has chosen, and how many pieces of this same sale pay."""

    new_bill: Callable[[], Bill]
    wanted: Mapping[str, int]
    own: Mapping[str, int]


def choose(rules: Rules, ask: Ask) -> Outcome:
    """The offers that apply, then what units pay of the rest."""
    if rules.plain:
        outcome = walk(rules, ask)
    elif rules.program.policies.stacking == "best" or rules.program.policies.order_discounts == "best":
        outcome = _best(rules, ask)
    else:
        outcome = _in_order(rules, ask)
    for benefit in rules.last:
        now = closed_now(benefit, outcome.bill)
        outcome.found.append(now or _look(benefit, outcome, ask))
    return outcome


def walk(rules: Rules, ask: Ask, skip: frozenset[str] = frozenset(), alone: str = "") -> Outcome:
    """Look at each offer in order, less those to `skip`; where one stands `alone`, at no other."""
    outcome = Outcome(rules, ask.new_bill())
    if ask.own:
        for unit, pieces in ask.own.items():
            outcome.bill.spendable[unit] += pieces
    bill, found, groups, shared = outcome.bill, outcome.found, outcome.groups, outcome.shared
    for benefit, now in zip(rules.benefits, not_now(rules, bill), strict=True):
        if alone and benefit.code != alone:
            found.append(Refusal("not_together", {"other": alone}))
        elif skip and benefit.code in skip:
            found.append(Refusal("other_is_better"))
        elif now is not None:
            found.append(now)
        elif benefit.quick is None or shared or (offs := benefit.quick(bill, groups)) is None:
            found.append(_look(benefit, outcome, ask))
        elif isinstance(offs, Refusal):
            found.append(offs)
        else:
            found.append(Taken(benefit, 1, 1, Given(offs), bill.take(offs)))
            if benefit.group:
                groups[benefit.group] = benefit.code
    return outcome


def _in_order(rules: Rules, ask: Ask) -> Outcome:
    """The first exclusive offer that gives anything stands alone; else all others, in order."""
    exclusive = _exclusive(rules, ask)
    why_not: dict[str, Finding] = {}
    for benefit in exclusive:
        outcome = walk(rules, ask, alone=benefit.code)
        if outcome.taken:
            return outcome
        why_not[benefit.code] = outcome.found[rules.benefits.index(benefit)]
    outcome = walk(rules, ask, frozenset(why_not))
    outcome.found = [why_not.get(benefit.code, finding) for benefit, finding in zip(rules.benefits, outcome.found, strict=True)]
    return outcome


def _best(rules: Rules, ask: Ask) -> Outcome:
    """The combination that saves the member most; of equals, the one nearest to the file's order.

    What the member chose stays. Each promotion that gives anything by itself is tried with and without, fewest left out first,
    until all is tried or COMBINATIONS_MAX is reached.
    """
    exclusive = _exclusive(rules, ask)
    only_first = rules.program.policies.stacking == "in_order"  # then only the order discounts are to be weighed
    alone = frozenset(benefit.code for benefit in exclusive)
    outcomes = [walk(rules, ask, alone)]
    outcomes += [walk(rules, ask, alone=benefit.code) for benefit in exclusive]
    contested = [
        benefit.code
        for benefit in rules.benefits
        if not benefit.chosen and benefit.code not in alone and (benefit.order_wide or not only_first)
        if walk(rules, ask, alone=benefit.code).taken
    ]
    tried, bound_hit = len(outcomes), False
    for left_out in _subsets(contested):
        if tried >= COMBINATIONS_MAX:
            bound_hit = True
            break
        outcomes.append(walk(rules, ask, alone | left_out))
        tried += 1
    best = max(outcomes, key=lambda outcome: outcome.saved)  # the first of equals
    best.tried, best.bound_hit = tried, bound_hit
    return best


def _subsets(codes: list[str]) -> Iterable[frozenset[str]]:
    for size in range(1, len(codes) + 1):  # without any of them: what the member chose may be worth more
        yield from map(frozenset, combinations(codes, size))


def _exclusive(rules: Rules, ask: Ask) -> list[Benefit]:
    """The exclusive offers that are in play: promotions, and what the member has chosen."""
    return [one for one in rules.benefits if one.exclusive and (not one.chosen or ask.wanted.get(one.code))]


def _look(benefit: Benefit, outcome: Outcome, ask: Ask) -> Finding:
    """Whether `benefit` is to be had, where nothing speaks against it now; and have it, if it comes by itself or was chosen."""
    bill = outcome.bill
    refusal = benefit.gate(bill) if benefit.gate else None
    if refusal is None and benefit.contested:
        refusal = _refused(benefit, outcome)
    if refusal is not None:
        return refusal
    places = benefit.pick(bill.index)
    if outcome.shared and not benefit.order_wide and (not benefit.chosen or ask.wanted.get(benefit.code)):
        _make_way(outcome, places)
    target = Target(places, benefit.order_wide, benefit.most, benefit.chosen)
    room = benefit.type.room(benefit.settings, bill, target)
    if isinstance(room, Refusal):
        return room
    most = min(room, _uses_left(benefit, bill)) if benefit.limited else room
    if benefit.cost:
        most = min(most, bill.spendable[benefit.unit] // benefit.cost)
    times = ask.wanted.get(benefit.code, 0) if benefit.chosen else most if benefit.type.repeats else min(most, 1)
    if times > most:
        return Open(most, _too_many(benefit, times, most))
    if not times and benefit.chosen:
        return Open(most)
    return _have(benefit, times, most, target, outcome)


def _have(benefit: Benefit, times: int, most: int, target: Target, outcome: Outcome) -> Finding:
    bill = outcome.bill
    given = benefit.type.give(benefit.settings, times, bill, target)
    if benefit.limited and benefit.limits.budget_amount:
        left = bill.moment.place.budget_left.get(counters.budget(benefit.code), benefit.limits.budget_amount)
        if given.worth > left and left and bill.policies.budget_short == "reduce":
            given = benefit.type.give(benefit.settings, times, bill, target._replace(most=min(left, target.most)))
        if given.worth > left:  # what pays, pays whole pieces
            return Refusal("budget_exceeded")
    assert not given.offs or not (given.paid_minor or given.gifts or given.donated_minor)  # it is a discount or one of those
    if not (given.worth or given.gifts or given.donated_minor or benefit.type.for_others):
        return NOTHING_LEFT
    off_minor = bill.take(given.offs)
    for place, pieces in given.used:
        bill.use(place, pieces)
    for place, pieces in given.free:
        bill.given[place] = bill.given.get(place, 0) + pieces
    bill.paid += given.paid_minor
    bill.donated += given.donated_minor
    if benefit.cost:
        bill.spendable[benefit.unit] -= benefit.cost * times
    if benefit.group:
        outcome.groups[benefit.group] = benefit.code
    if benefit.order_wide and off_minor:
        outcome.order_discount = outcome.order_discount or benefit.code
    if len(given.offs) > 1 and benefit.type.movable(benefit.settings) and bill.policies.amount_overlap == "others_first":
        outcome.shared.append(len(outcome.found))
    return Taken(benefit, times, most, given, off_minor)


def _make_way(outcome: Outcome, places: tuple[int, ...]) -> None:
    """What earlier amounts off have laid on these lines is laid on their others, as far as those bear it."""
    for at in outcome.shared:
        taken = outcome.found[at]
        assert isinstance(taken, Taken)
        offs = moved(outcome.bill, taken.given.offs, places)
        outcome.found[at] = taken._replace(given=taken.given._replace(offs=offs))


def _refused(benefit: Benefit, outcome: Outcome) -> Refusal | None:
    """Why not, for what others have taken, or the limits, or the member's pieces."""
    bill = outcome.bill
    if benefit.group and benefit.group in outcome.groups:
        return Refusal("other_of_group", {"other": outcome.groups[benefit.group]})
    if benefit.order_wide and outcome.order_discount and bill.policies.order_discounts != "all":
        return Refusal("other_order_discount", {"other": outcome.order_discount})
    if benefit.limited and _uses_left(benefit, bill) <= 0:
        return Refusal("limit_reached")
    return _unaffordable(benefit, bill) if benefit.cost else None


def _unaffordable(benefit: Benefit, bill: Bill) -> Refusal | None:
    member, unit, cost = bill.member, benefit.unit, benefit.cost
    assert member is not None
    have = bill.spendable[unit]
    if have >= cost:
        return None
    waiting = max(0, member.balances.get(unit, 0) - member.spendable.get(unit, 0))
    if cost <= have + waiting:
        return Refusal("pieces_unconfirmed", {"confirmed": have, "have": have + waiting, "cost": cost, "unit": unit})
    short = cost - have - waiting  # the page shows the balance with what waits: the sentence must agree with it
    return Refusal("pieces_missing", {"missing": short, "have": have + waiting, "cost": cost, "unit": unit})


def _too_many(benefit: Benefit, times: int, most: int) -> Refusal:
    """More than can be had; of what pays it is the amount that counts."""
    if benefit.type.tender:
        return Refusal("paid_too_much", {"most_minor": most * benefit.settings.worth})
    return Refusal("choice_too_many", {"times": times, "times_max": most})


def _uses_left(benefit: Benefit, bill: Bill) -> int:
    """How often the limits still let it be given. Only a member's uses are counted; the program's are what the place has left."""
    limits, code = benefit.limits, benefit.code
    balances = bill.member.balances if bill.member else Counter[str]()
    left = limits.per_basket or TIMES_MAX
    for most, period in ((limits.per_day, "day"), (limits.per_month, "month"), (limits.per_member, "")):
        if most:
            left = min(left, most - balances.get(counters.used(code, period), 0))
    if limits.budget_uses:
        left = min(left, bill.moment.place.budget_left.get(counters.budget(code), limits.budget_uses))
    return left
