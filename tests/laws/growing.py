"""A law of baskets that grow."""

from dataclasses import replace
from typing import Any

from loyalty import counters
from loyalty.accruals.multiply import Multiply
from loyalty.goods import ALL
from loyalty.money import split
from loyalty.program import AccrualRule
from loyalty.quote import pieces_by_unit
from tests.grammar.checkouts import Checkout


def more_goods_earn_no_less(asked: Checkout) -> None:
    """In a program without rewards and promotions, one more line never lowers what a rule gives, unless the rule itself caps it.

    A rule that asks for at most so many goods or so much money, that has an `unless`, or that multiplies what lies on some of the
    goods, says so; and the tier that the basket itself leads to may give less. The other lines' own parts are as they were where
    each line is rounded by itself; else they share the pieces of the whole.
    """
    lines = asked.basket.lines
    to_other_tier = asked.program.policies.accrual_tier == "reached"
    if len(lines) < 2 or min(line.amount_minor for line in lines) < 0 or to_other_tier:
        return
    fewer = replace(asked, basket=replace(asked.basket, lines=lines[:-1]))
    more, less = asked.quote, fewer.quote
    for code, rule in asked.program.accruals.items():
        if any(capped(asked.program.accruals[one]) for one in (code, *getattr(rule.settings, "of", ()))):
            continue
        before = [one for one in less.accruals if one.rule == code and one.unit == rule.unit]
        after = [one for one in more.accruals if one.rule == code and one.unit == rule.unit]
        assert pieces_by_unit(after).get(rule.unit, 0) >= pieces_by_unit(before).get(rule.unit, 0)
        if before and rounded_by_line(asked, rule):
            assert split(after[0].pieces, after[0].weights)[:-1] == split(before[0].pieces, before[0].weights)
    counted = [one for one in more.accruals if counters.is_counter(one.unit)]
    assert all(one.pieces > 0 for one in counted)


def rounded_by_line(asked: Checkout, rule: AccrualRule) -> bool:
    """Whether each line earns by itself."""
    settings = rule.settings
    per_line = rule.type == "per_money" and asked.program.policies.accrual_rounded_per == "line"
    capped_pieces = rule.pieces_max or rule.pieces_max_day or rule.pieces_max_month
    return per_line and not (settings.carry or settings.whole_steps or capped_pieces)


def capped(rule: AccrualRule) -> bool:
    """Whether the rule itself says that more may be less."""
    if rule.unless or (isinstance(rule.settings, Multiply) and rule.lines != ALL):
        return True
    return any(_bounded(name, value) for name, value in rule.when.items())


def _bounded(name: str, value: Any) -> bool:
    measures = value if name == "basket" else (value,) if name == "lines" else ()
    return name == "amount_max" or any(one.quantity_max or one.amount_max for one in measures)
