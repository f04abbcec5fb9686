"""Laws of one quote: what is true of every basket under every program. Each takes a checkout and asserts."""

from collections import Counter
from dataclasses import fields, replace

from loyalty import counters
from loyalty.bill import bill
from loyalty.money import split
from loyalty.quote import Quote, nets, pieces_by_unit
from loyalty.rules import make_ready
from loyalty.stacking import Ask, Outcome, choose
from loyalty.tax import by_rate
from tests.grammar.checkouts import Checkout, policy
from tests.plain.quote import Answer, plain

DONE = (
    "taken", "spent", "donated", "paid", "offered", "offered_free", "payable", "promoted", "gift", "rounded_up",
    "earned", "earned_by_tier", "no_goods", "counted",
    "draw_open",
)  # fmt: skip
"""Steps of the trace that are no refusal."""


def is_the_same_twice(asked: Checkout) -> None:
    """The same arguments give the same answer, and no valid program and basket raise anything."""
    before = repr(asked)
    assert replace(asked).quote == asked.quote
    assert repr(asked) == before


def is_the_plain_one(asked: Checkout) -> None:
    """Compiled, indexed and cached, it comes to what the program's words say."""
    wanted = plain(asked.program, asked.member, asked.basket, asked.moment, asked.choices)
    found = told(asked.quote)
    assert {name: (getattr(found, name), getattr(wanted, name)) for name in differing(found, wanted)} == {}


def differing(one: Answer, other: Answer) -> list[str]:
    """The fields in which two answers differ."""
    return [field.name for field in fields(Answer) if getattr(one, field.name) != getattr(other, field.name)]


def told(quoted: Quote) -> Answer:
    """A quote in the words of the plain evaluation."""
    extras = quoted.extras
    return Answer(
        tuple((one.rule, one.by_line) for one in quoted.discounts),
        tuple((one.rule, one.unit, one.pieces, split(one.pieces, one.weights)) for one in quoted.accruals),
        tuple((one.rule, one.unit, one.pieces, one.by_line) for one in quoted.redemptions),
        tuple((one.reward, one.times_max, one.times, one.refusal.code if one.refusal else "") for one in quoted.offers),
        tuple((rule, "" if code in DONE else code) for rule, code, _ in quoted.trace if rule and code != "unknown_reward"),
        extras.paid_minor,
        extras.donated_minor,
        tuple((one.rule, one.product, one.pieces) for one in extras.gifts),
    )


def parts_sum_to_the_whole(asked: Checkout) -> None:
    """Per line, and per tax rate however it is rounded: no agora is lost or made."""
    quoted = asked.quote
    lines = asked.basket.lines
    for one in quoted.accruals:
        assert sum(split(one.pieces, one.weights)) == one.pieces > 0
        assert len(one.weights) == len(lines)
    for moved in quoted.redemptions:
        assert sum(moved.by_line) == moved.pieces > 0
        assert min(moved.by_line) >= 0
    net = nets(asked.basket, quoted.discounts)
    off = sum(sum(one.by_line) for one in quoted.discounts)
    assert quoted.total_minor == asked.basket.total_minor - off + quoted.extras.donated_minor
    for per in ("line", "rate"):
        rates = by_rate(lines, net, per)
        assert sum(rate.gross_minor for rate in rates) == asked.basket.total_minor
        assert sum(rate.off_minor for rate in rates) == off
        assert sum(rate.net_minor + rate.tax_minor + rate.levy_minor for rate in rates) == sum(net)
        assert sum(rate.levy_minor for rate in rates) == sum(line.levy_minor for line in lines)
        for rate in rates:
            assert rate.gross_minor - rate.off_minor == rate.net_minor + rate.tax_minor + rate.levy_minor
            assert rate.off_minor == sum(
                part for one in quoted.discounts for line, part in zip(lines, one.by_line, strict=True)
                if line.tax_bp == rate.tax_bp
            )  # fmt: skip


def no_discount_exceeds_its_line(asked: Checkout) -> None:
    """Nor goes into its levy or below its floor; nothing comes off what may not be discounted."""
    quoted = asked.quote
    for place, line in enumerate(asked.basket.lines):
        parts = [one.by_line[place] for one in quoted.discounts]
        assert all(part >= 0 for part in parts)
        least = max(line.levy_minor, line.floor_minor)
        most = line.amount_minor - least if line.discountable and line.amount_minor > least else 0
        assert sum(parts) <= most


def nobody_is_paid_for_buying(asked: Checkout) -> None:
    """What is to be paid is never less than nothing, and what units pay is never more than what is to be paid."""
    quoted = asked.quote
    assert quoted.total_minor >= 0
    assert 0 <= quoted.extras.paid_minor <= quoted.total_minor
    assert quoted.to_pay_minor >= 0


def nothing_is_spent_that_is_not_there(asked: Checkout) -> None:
    """No more than the member has ready, and what this same sale earns where the policies and the unit let that pay."""
    quoted, member = asked.quote, asked.member
    spent = {unit: pieces for unit, pieces in pieces_by_unit(quoted.redemptions).items() if not counters.is_counter(unit)}
    if member is None:
        assert not spent
        assert not quoted.accruals
        return
    earned = pieces_by_unit(quoted.accruals)
    for unit, pieces in spent.items():
        rule = asked.program.units[unit]
        own = asked.program.policies.spend_in_same_sale and rule.at_once and not rule.pending_days
        have = min(member.spendable.get(unit, 0), member.balances.get(unit, 0))
        assert pieces <= have + (earned.get(unit, 0) if own else 0)
        assert quoted.reserves.get(unit, 0) <= max(have, 0)


def a_choice_is_taken_whole_or_refused(asked: Checkout) -> None:
    """As often as was wanted, or not at all and with the reason; what is paid for gives something."""
    wanted: Counter[str] = Counter()
    for choice in asked.choices:
        wanted[choice.reward] += choice.times
    for offer in asked.quote.offers:
        assert offer.times == (0 if offer.refusal else wanted[offer.reward])
        assert offer.times <= offer.times_max


def limits_and_budgets_hold(asked: Checkout) -> None:
    """A rule gives no more often and no more than its limits, its counters and what is left of its budget say."""
    quoted, left = asked.quote, asked.moment.place.budget_left
    balances = asked.member.balances if asked.member else {}
    rules = {**asked.program.rewards, **asked.program.promotions}
    for use in quoted.extras.uses:
        limits, key = rules[use.rule].limits, counters.budget(use.rule)
        assert not limits.per_basket or use.times <= limits.per_basket
        for most, period in ((limits.per_day, "day"), (limits.per_month, "month"), (limits.per_member, "")):
            assert not most or balances.get(counters.used(use.rule, period), 0) + use.times <= most
        assert not limits.amount_max or use.amount_minor <= limits.amount_max
        assert not limits.budget_amount or use.amount_minor <= left.get(key, limits.budget_amount)
        assert not limits.budget_uses or use.times <= left.get(key, limits.budget_uses)


def no_piece_is_used_twice(asked: Checkout) -> None:
    """All quantity rewards of a basket together use no more pieces of a line than it has, and free ones are among the used."""
    used: Counter[int] = Counter()
    for one in outcome_of(asked).taken:
        used.update(dict(one.given.used))
        assert not Counter(dict(one.given.free)) - Counter(dict(one.given.used))
    assert all(pieces <= asked.basket.lines[place].pieces for place, pieces in used.items())


def of_a_group_one_is_taken(asked: Checkout) -> None:
    """And an exclusive one goes with no other discount."""
    taken = [one.benefit for one in outcome_of(asked).taken]
    groups = Counter(one.group for one in taken if one.group)
    assert all(count == 1 for count in groups.values())
    early = [one for one in taken if not (one.type.tender or one.type.last)]
    assert len(early) == 1 or not any(one.exclusive for one in early)
    if asked.program.policies.order_discounts != "all":
        assert sum(one.order_wide and bool(one_off(asked, one.code)) for one in taken) <= 1


def one_off(asked: Checkout, code: str) -> int:
    """What a rule takes off in a quote of this checkout."""
    return sum(one.off_minor for one in outcome_of(asked).taken if one.benefit.code == code)


def outcome_of(asked: Checkout, **policies: object) -> Outcome:
    """The offers of a checkout, without what the same sale earns."""
    program = policy(asked.program, **policies)
    wanted: Counter[str] = Counter()
    for choice in asked.choices:
        wanted[choice.reward] += choice.times
    ask = Ask(lambda: bill(program, asked.member, asked.basket, asked.moment), wanted, {})
    return choose(make_ready(program), ask)


def the_best_saves_no_less_than_the_first(asked: Checkout) -> None:
    """With `stacking = "best"` a member never pays more for the goods than with "in_order", whatever excludes whatever."""
    assert outcome_of(asked, stacking="best").saved >= outcome_of(asked, stacking="in_order").saved


def line_ids_say_nothing(asked: Checkout) -> None:
    """Equal lines may stand in any order: nothing but the order of the till's goods decides, and no id."""
    lines = asked.basket.lines
    renamed = replace(asked.basket, lines=tuple(replace(line, id=f"z{len(lines) - place}") for place, line in enumerate(lines)))
    other = replace(asked, basket=renamed).quote
    assert told(other) == told(asked.quote)


def the_order_of_lines_says_little(asked: Checkout) -> None:
    """Turned around, a basket whose pieces all have different prices gets the same from one promotion that picks by price.

    The same together to the agora, and no line differs by more than the one agora that largest remainders may give to another of
    two equals. (With `pick = "first"`, with equal prices, or with more than one rule, the till's order is meant to decide.)
    """
    lines = asked.basket.lines
    prices = {-(-line.amount_minor // line.pieces) for line in lines}
    settings = [one.settings for one in asked.program.promotions.values()]
    if len(prices) < len(lines) or any(getattr(one, "only", "") == "first" for one in settings):
        return
    there = asked.quote.discounts
    back = replace(asked, basket=replace(asked.basket, lines=lines[::-1])).quote.discounts
    assert [one.rule for one in there] == [one.rule for one in back]
    for one, other in zip(there, back, strict=True):
        assert sum(one.by_line) == sum(other.by_line)
        assert all(abs(a - b) <= 1 for a, b in zip(one.by_line, other.by_line[::-1], strict=True))
