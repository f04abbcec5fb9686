"""Whether a changed setting is better or worse for members: one judge for each field, in a table for each dataclass.

A judge says "worse" where it cannot tell. A field that is in no table is worse however it changes; a test sees to it that each
has its row.
"""

from collections.abc import Callable, Mapping
from typing import Any, Literal

from loyalty.accruals.multiply import Multiply
from loyalty.accruals.per_money import PerMoney
from loyalty.accruals.per_piece import PerPiece
from loyalty.accruals.per_sale import PerSale
from loyalty.conditions.checkout import Measure
from loyalty.conditions.person import Balance, Pilot
from loyalty.goods import Goods
from loyalty.program import (
    AccrualRule,
    Award,
    Challenge,
    Plan,
    Policies,
    Pool,
    Program,
    PromotionRule,
    RewardRule,
    Tier,
    Tiers,
    Unit,
)
from loyalty.rewards.amount_off import AmountOff
from loyalty.rewards.bundle import Bundle
from loyalty.rewards.donate import Donate, RoundUp
from loyalty.rewards.free_pieces import FreePieces
from loyalty.rewards.gift import Gift
from loyalty.rewards.pay import Pay
from loyalty.rewards.percent_off import PercentOff
from loyalty.rewards.piece_price import PiecePrice

Effect = Literal["better", "worse", "neutral"]
Judge = Callable[[Any, Any], Effect]
"""Of the old value and the new one, which differ."""

FOREVER = 10**9


def more(old: Any, new: Any) -> Effect:
    """More is better."""
    return "better" if new > old else "worse" if new < old else "neutral"


def less(old: Any, new: Any) -> Effect:
    """Less is better."""
    return more(new, old)


def cap(old: int, new: int) -> Effect:
    """More is better, and nothing is without a cap."""
    return more(old or FOREVER**2, new or FOREVER**2)


def neutral(_old: Any, _new: Any) -> Effect:
    """It takes nothing from members."""
    return "neutral"


def worse(_old: Any, _new: Any) -> Effect:
    """Nobody can tell for whom it is better."""
    return "worse"


def wider(old: tuple[Any, ...], new: tuple[Any, ...]) -> Effect:
    """All that was there is there still; an empty list is none."""
    return "better" if all(one in new for one in old) else "worse"


def narrower(old: tuple[Any, ...], new: tuple[Any, ...]) -> Effect:
    """Nothing is there that was not."""
    return wider(new, old)


def any_or(old: tuple[Any, ...], new: tuple[Any, ...]) -> Effect:
    """As `wider`, where an empty list means everything."""
    return "better" if not new else "worse" if not old else wider(old, new)


def rising(*values: Any) -> Judge:
    """By the place among `values`, the worst for members first."""
    return lambda old, new: more(values.index(old), values.index(new))


def lifetime(unit: Unit) -> float:
    """About how many days a piece lives; half a month or year more where it lives to the end of one."""
    if not (unit.expire_days or unit.expire_months):
        return FOREVER
    return unit.expire_days + unit.expire_months * 30.4375 + {"day": 0, "month_end": 15, "year_end": 182}[unit.expire_at]


def rate(settings: Any) -> tuple[int, int] | None:
    """How much for how much; None for a way of earning that has no such thing."""
    return (settings.give, settings.every) if isinstance(settings, PerMoney | PerPiece) else None


def goods(old: Goods, new: Goods) -> Effect:
    """More goods are better."""
    named = [(goods.products, goods.categories, goods.tags) for goods in (old, new)]
    every = [not any(part) for part in named]
    wide = every[1] or (not every[0] and all(wider(*parts) == "better" for parts in zip(*named, strict=True)))
    excluded = all(
        narrower(getattr(old, field), getattr(new, field)) == "better"
        for field in ("exclude_products", "exclude_categories", "exclude_tags")
    )
    priced = new.price_min <= old.price_min and cap(old.price_max, new.price_max) != "worse"
    return "better" if wide and excluded and priced and (new.reduced in ("", old.reduced)) else "worse"


def measure(old: Measure, new: Measure) -> Effect:
    """Less is asked for."""
    if (old.goods, old.of, old.tax) != (new.goods, new.of, new.tax):
        return "worse"
    eased = (
        new.quantity_min <= old.quantity_min
        and new.products_min <= old.products_min
        and new.amount_min <= old.amount_min
        and cap(old.quantity_max, new.quantity_max) != "worse"
        and cap(old.amount_max, new.amount_max) != "worse"
    )
    return "better" if eased else "worse"


def measures(old: tuple[Measure, ...], new: tuple[Measure, ...]) -> Effect:
    """Each of them asks for less."""
    if len(old) != len(new):
        return narrower(old, new)
    eased = all(before == after or measure(before, after) == "better" for before, after in zip(old, new, strict=True))
    return "better" if eased else "worse"


def balance(old: Balance, new: Balance) -> Effect:
    """More balances are in it."""
    most = [FOREVER**2 if one.pieces_max < 0 else one.pieces_max for one in (old, new)]
    return "better" if old.unit == new.unit and new.pieces_min <= old.pieces_min and most[1] >= most[0] else "worse"


def dates(old: Any, new: Any) -> Effect:
    """Every old window is inside a new one."""
    inside = all(any(now.first <= was.first and (now.last or "9") >= (was.last or "9") for now in new) for was in old)
    return "better" if inside else "worse"


def prizes(old: Any, new: Any) -> Effect:
    """What can be expected of each unit."""
    weights = [sum(prize.weight for prize in pool) for pool in (old, new)]
    for unit in {prize.unit for prize in old}:
        before, after = (sum(prize.give * prize.weight for prize in pool if prize.unit == unit) for pool in (old, new))
        if after * weights[0] < before * weights[1]:
            return "worse"
    return "better"


def condition(name: str, old: Any, new: Any) -> Effect:
    """Whether a condition that changed holds more often, for more members."""
    return CONDITIONS.get(name, worse)(old, new)


def judge(shape: type, field: str, old: Any, new: Any) -> Effect:
    """Whether a changed field of a dataclass is better for members."""
    return JUDGES.get(shape, {}).get(field, worse)(old, new)


def _ends(old: str, new: str) -> Effect:
    return more(old or "9", new or "9")


def _price(old: int, new: int) -> Effect:
    """Nothing means that it says no price."""
    return less(old, new) if old and new else "worse"


def _amount(old: int, new: int) -> Effect:
    """Nothing means that the pieces are free, or as much cheaper as another setting says."""
    return more(old, new) if old and new else "worse"


def _pilot(old: Pilot, new: Pilot) -> Effect:
    """More members; whoever was in it stays in it only under the same name."""
    return more(old.percent, new.percent) if old.name == new.name else "worse"


def _group(_old: str, new: str) -> Effect:
    """In a group only one is taken."""
    return "worse" if new else "better"


CONDITIONS: Mapping[str, Judge] = {
    "basket": measures, "lines": measure, "amount_min": less, "amount_max": more, "codes": wider, "tenders": wider,
    "stores": wider, "terminals": wider, "channels": wider, "tiers": wider, "segments": wider, "plans": wider, "badges": wider,
    "balance": balance, "visits": wider, "every_visit": less, "days_away_min": less, "joined_within_days": more,
    "anniversary_within_days": more, "occasions": wider, "pilot": _pilot, "arm": worse, "dates": dates,
    "weekdays": wider, "hours": wider, "hebrew_dates": wider, "sabbath": worse, "rest": worse, "holidays": wider,
}  # fmt: skip
"""Each row of loyalty.conditions.CONDITIONS."""

_OFFER: Mapping[str, Judge] = {
    "name": neutral, "partner": neutral, "priority": neutral, "exclusive": less, "group": _group,
}  # fmt: skip

JUDGES: Mapping[type, Mapping[str, Judge]] = {
    Program: {
        "code": worse, "currency": worse, "name": neutral, "plain_prefixes": wider, "open_ended": more, "ends": _ends,
    },
    Unit: {
        "name": neutral, "worth": more, "pending_days": less, "extended": more, "at_once": more,
        "lease_percent": neutral, "lease_percent_all": neutral, "lease_pieces_max": neutral,
    },
    Tiers: {
        "unit": worse, "review": rising("always", "days", "calendar_year", "yearly", "never"), "review_days": more, "reset": less,
        "downgrade": rising("to_balance", "one_step"),
    },
    Tier: {"name": neutral, "from_pieces": less, "accrual_percent": more},
    AccrualRule: {"unit": worse, "partner": neutral, "pieces_max": cap, "pieces_max_day": cap, "pieces_max_month": cap},
    RewardRule: {**_OFFER, "unit": worse, "cost": less},
    PromotionRule: {**_OFFER, "members_only": neutral},
    Challenge: {
        "name": neutral, "goal": less, "within_days": cap, "streak": less, "prize_unit": worse, "prize": more, "times_max": cap,
        "period": rising("day", "week", "month", "year", ""), "badge": lambda old, new: "neutral" if new else "worse",
    },
    Plan: {
        "name": neutral, "product": neutral, "days": more, "months": more, "at_once": more,
        "refund": rising("none", "pro_rata", "whole"),
    },
    Award: {"on": worse, "unit": worse, "give": more, "tiers": any_or, "spend_min": less},
    Pool: {"name": neutral, "chance": more, "prizes_max": more, "per_day": cap, "prizes": prizes},
    PerMoney: {"by_tier": more, "whole_steps": less, "carry": more},
    PerPiece: {"weighed": worse, "by_tier": more},
    PerSale: {"give": more, "by_tier": more},
    Multiply: {"of": wider, "percent": more},
    AmountOff: {
        "amount": more, "times_max": cap, "each_piece": more, "pieces": cap, "only": worse, "each_line": more, "partial": more,
        "tax": rising("included", "", "excluded"),
    },
    PercentOff: {"percent": more, "times_max": more, "only": rising("cheapest", "dearest", ""), "pieces": more, "each_line": more},
    PiecePrice: {"price": less, "pieces": cap, "only": worse, "each_line": more},
    FreePieces: {
        "buy": less, "get": more, "percent": more, "price": _price, "amount": _amount, "goods": goods,
        "partial": more, "only": worse, "free_piece": worse,
    },
    Bundle: {"quantity": less, "slots": worse, "price": _price, "percent": more, "amount": more, "only": worse},
    Gift: {"product": worse, "pieces": more, "times_max": more},
    Pay: {"worth": more, "percent_max": more},
    Donate: {"cause": neutral},
    RoundUp: {"to": neutral, "cause": neutral},
    Policies: {
        "earn_on": rising("undiscounted_lines", "paid", "rung"),
        "order_discounts_lower_goods": less,
        "earn_on_levies": more,
        "earn_on_unit_tenders": more,
        "free_pieces_earn": more,
        "tenders_without_accrual": narrower,
        "accrual_rounding": rising("down", "half_even", "half_up", "up"),
        "accrual_rounded_per": worse,
        "accrual_tier": rising("held", "reached"),
        "earn_tax": rising("excluded", "included"),
        "spend_in_same_sale": more,
        "threshold": rising("after_discounts", "before_discounts"),
        "threshold_tax": rising("excluded", "included"),
        "amount_off_tax": rising("included", "excluded"),
        "percent_rounding": rising("down", "half_even", "half_up", "up"),
        "percent_rounded_per": neutral,
        "remainder": neutral,
        "amount_overlap": rising("by_share", "others_first"),
        "pick": rising("cheapest", "first", "dearest"),
        "free_piece": worse,
        "stacking": rising("in_order", "best"),
        "order_discounts": rising("first", "best", "all"),
        "reduced_goods": rising("excluded", "included"),
        "budget_short": rising("refuse", "reduce"),
        "return_share": worse,
        "give_back_spent": more,
        "give_back_uses": more,
        "negative_balance": rising("allowed", "within_balance", "pending_only"),
        "tax_rounded_per": neutral,
        "lease_min_strength": rising("rotating", "signed"),
        "claim_days": more,
    },
}  # fmt: skip
"""Each field of each dataclass that a program is made of, save its conditions and goods."""
