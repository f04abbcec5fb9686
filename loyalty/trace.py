"""The why of a quote: one step for every rule, what it did or why it did not."""

from collections.abc import Mapping
from typing import NamedTuple

from loyalty import counters
from loyalty.accrue import Harvest
from loyalty.bill import Bill
from loyalty.pool import closed
from loyalty.refusal import Params, Refusal
from loyalty.rules import Benefit, Rules, Surprise
from loyalty.stacking import Open, Outcome, Taken

PLAIN_PERCENT = 100  # what is earned where no tier makes it more


class Step(NamedTuple):
    """One sentence of the trace: which rule, and what it did or why it did not (`trace.CODE` in runtime/locales)."""

    rule: str
    code: str
    params: Params = {}  # noqa: RUF012  a NamedTuple's default, which nobody changes


def trace(rules: Rules, outcome: Outcome, harvest: Harvest, wanted: Mapping[str, int]) -> tuple[Step, ...]:
    """Every rule's sentence: the offers in the order they were looked at, then what was earned on the rest."""
    steps = []
    for benefit, found in outcome.looked:
        if isinstance(found, Refusal):
            steps.append(Step(benefit.code, found.code, found.params))
        elif not isinstance(found, Taken):
            steps.append(_open(benefit, found))
        elif found.given.offs and not benefit.cost:
            steps.append(Step(benefit.code, "promoted", {"off_minor": found.off_minor, "times": found.times}))
        else:
            steps.append(_taken(found))
    steps += [Step(code, "unknown_reward", {"reward": code}) for code in wanted if code not in rules.rewards]
    if outcome.bound_hit:
        steps.append(Step("", "combinations_bounded", {"tried": outcome.tried}))
    if outcome.bill.member is None:
        return (*steps, Step("", "no_member"))
    for earning, refusal, pieces, paid_minor, percent in harvest.looked:
        if refusal:
            steps.append(Step(earning.code, refusal.code, refusal.params))
        elif earning.challenge:
            have = outcome.bill.member.balances.get(counters.counted(earning.code), 0)
            steps.append(
                Step(earning.code, "counted", {"pieces": pieces, "have": have + pieces, "goal": earning.challenge.goal})
            )
        elif not pieces and not paid_minor:
            steps.append(Step(earning.code, "no_goods", {"unit": earning.unit}))
        else:
            params: Params = {"pieces": pieces, "unit": earning.unit, "paid_minor": paid_minor, "percent": percent}
            steps.append(Step(earning.code, "earned" if percent == PLAIN_PERCENT else "earned_by_tier", params))
    steps += [_surprise(surprise, outcome.bill) for surprise in rules.surprises]
    return tuple(steps)


def _surprise(surprise: Surprise, bill: Bill) -> Step:
    """Only that it takes part: a quote may be asked again and again."""
    why_not = closed(surprise, bill)
    return Step(surprise.code, why_not.code, why_not.params) if why_not else Step(surprise.code, "draw_open")


def _open(benefit: Benefit, found: Open) -> Step:
    if found.refusal:
        return Step(benefit.code, found.refusal.code, found.refusal.params)
    if benefit.type.tender:
        return Step(benefit.code, "payable", {"most_minor": found.times_max * benefit.settings.worth, "unit": benefit.unit})
    said = "offered" if benefit.cost else "offered_free"
    return Step(benefit.code, said, {"times_max": found.times_max, "cost": benefit.cost, "unit": benefit.unit})


def _taken(taken: Taken) -> Step:
    """What is no plain discount."""
    benefit, given = taken.benefit, taken.given
    if given.paid_minor:
        return Step(benefit.code, "paid", {"paid_minor": given.paid_minor, "unit": benefit.unit})
    if benefit.cost:
        spent: Params = {"pieces": benefit.cost * taken.times, "unit": benefit.unit}
        if given.cause:
            return Step(benefit.code, "donated", {**spent, "cause": given.cause})
        off: Params = {"off_minor": taken.off_minor} if taken.off_minor else {}
        return Step(benefit.code, "taken" if off else "spent", {**spent, **off})
    if given.donated_minor:
        return Step(benefit.code, "rounded_up", {"donated_minor": given.donated_minor})
    return Step(benefit.code, "gift", {"pieces": sum(pieces for _, pieces in given.gifts), "product": given.gifts[0][0]})
