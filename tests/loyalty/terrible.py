"""Programs with every mistake that a clerk can make, and with everything that is surely not meant: what is said of them.

`python -m tests.loyalty.terrible` (`make golden`) writes it into tests/golden/mistakes; then read it.
"""

from collections.abc import Iterable
from pathlib import Path

from loyalty import bounds
from loyalty.accruals.multiply import Multiply
from loyalty.accruals.per_money import PerMoney
from loyalty.accruals.per_sale import PerSale
from loyalty.conditions.checkout import Measure
from loyalty.conditions.person import Balance
from loyalty.conditions.time import Dates, HebrewDates
from loyalty.doubts import doubts
from loyalty.goods import Goods
from loyalty.program import (
    AccrualRule,
    Award,
    Challenge,
    Limits,
    Mistake,
    Plan,
    Policies,
    Pool,
    Prize,
    Program,
    PromotionRule,
    RewardRule,
    Tier,
    Tiers,
    Unit,
)
from loyalty.rewards.amount_off import AmountOff
from loyalty.rewards.bundle import Bundle, Slot
from loyalty.rewards.donate import Donate, RoundUp
from loyalty.rewards.free_pieces import FreePieces
from loyalty.rewards.pay import Pay
from loyalty.rewards.percent_off import PercentOff
from loyalty.validate import validate
from tests.samples import cafe

NAME, TODAY = {"he": "שם"}, "2026-11-21"
GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "mistakes"
FIVE_OFF = AmountOff(500)


def sold(kind: str, settings: object, cost: int = 5, unit: str = "point", **fields: object) -> RewardRule:
    """A reward."""
    return RewardRule(kind, NAME, unit, cost, settings, **fields)


def promoted(**fields: object) -> PromotionRule:
    """A promotion."""
    return PromotionRule(**{"type": "amount_off", "name": NAME, "settings": FIVE_OFF, **fields})


def of_the_whole() -> Program:
    """Mistakes of what is no rule."""
    units = {
        "point": Unit({}),
        "used/x": Unit(NAME, worth=-1, pending_days=-1, expire_days=bounds.DAYS_MAX + 1),
        "stamp": Unit(NAME, expire_days=1, expire_months=1),
    }
    steps = (Tier("a", NAME, 1, -1), Tier("a", NAME, 1, 5000), Tier(" ", {}, 0))
    return cafe(
        version=0,
        name={"he": " "},
        effective="2026-12-01",
        ends="2026-11-30",
        open_ended=False,
        plain_prefixes=("729", "x"),
        policies=Policies(tenders_without_accrual=("",)),
        units=units,
        accruals={},
        rewards={},
        tiers=Tiers("no", steps, review_days=0),
        plans={"none": Plan(NAME, ""), "both": Plan(NAME, "card", 1, 1), "long": Plan(NAME, "card", bounds.PLAN_DAYS_MAX + 1)},
        awards={
            "no": Award("join", "no", 0, spend_min=-1),
            "tiers": Award("birthday", "point", 5, ("a",)),
            "up": Award("tier_up", "point", 5, ("b",), 1),
        },
        causes={"trees": {}},
    )


def of_other_wholes() -> Iterable[Program]:
    """Mistakes that keep others away."""
    yield cafe(version=bounds.VERSION_MAX + 1, effective="2026-02-30", open_ended=False)
    yield cafe(tiers=Tiers("standing", ()))
    yield cafe(tiers=Tiers("standing", tuple(Tier(f"t{n}", NAME, n) for n in range(bounds.STEPS_MAX + 1))))
    yield cafe(tiers=None, awards={"up": Award("tier_up", "point", 5)})
    yield cafe(units={}, accruals={"points": AccrualRule("per_sale", "point", PerSale())}, rewards={}, tiers=None)
    yield cafe(causes={f"c{n}": NAME for n in range(bounds.UNITS_MAX + 1)})
    yield cafe(awards={f"a{n}": Award("join", "point", 1) for n in range(bounds.RULES_MAX)})


def of_earning() -> Program:
    """Mistakes of accruals, challenges and pools."""
    below = {f"m{n}": AccrualRule("multiply", "point", Multiply((f"m{n - 1}" if n else "points",))) for n in range(4)}
    return cafe(
        accruals={
            **cafe().accruals,
            **below,
            "none": AccrualRule("per_money", "no", PerMoney(0, 0), pieces_max=-1, partner="nobody"),
            "nothing": AccrualRule("multiply", "point", Multiply((), 100_001)),
            "circle": AccrualRule("multiply", "point", Multiply(("points", "points", "circle", "whale"))),
            "when": AccrualRule("per_sale", "point", PerSale(), when=terrible_conditions()),
            "never": AccrualRule("per_sale", "point", PerSale(), when={"every_visit": 2}, unless={"every_visit": 2}),
        },
        challenges={
            "none": Challenge("per_sale", {}, 0, PerSale(0), streak=True, within_days=-1, times_max=-1, prize=5),
            "two": Challenge("per_sale", NAME, 3, PerSale(), within_days=5, period="week", prize_unit="point"),
            "no": Challenge("per_sale", NAME, 3, PerSale(), prize_unit="no", prize=1),
        },
        pools={
            "points": Pool({}, 0, 0, (), per_day=-1),
            "rich": Pool(NAME, 10_001, 5, (Prize("no", 0, 0),)),
        },
    )


def terrible_conditions() -> dict[str, object]:
    """A mistake of each kind."""
    return {
        "basket": (Measure(Goods(products=("",), categories=("food/",), price_min=-1), quantity_min=-1, amount_max=-1),),
        "lines": Measure(Goods(tags=("a",))),
        "amount_min": 0,
        "codes": ("",),
        "tiers": ("platinum",),
        "plans": ("none",),
        "badges": ("none",),
        "balance": Balance("no", pieces_max=-2),
        "visits": (0,),
        "dates": (Dates(), Dates("2026-02-30"), Dates("2026-05-02", "2026-05-01")),
        "hours": ("8-10", "08:00-08:00"),
        "hebrew_dates": (HebrewDates("31 nisan", "1 january"),),
        "holidays": ("christmas",),
    }


def of_offers() -> Program:
    """Mistakes of rewards and promotions."""
    both = Limits(per_day=-1, amount_max=-1, budget_amount=5, budget_uses=5)
    return cafe(
        rewards={
            "free": sold("amount_off", AmountOff(0), 0, "no"),
            "dear": sold(
                "amount_off", AmountOff(bounds.AMOUNT_MINOR_MAX + 1), bounds.COST_MAX + 1, limits=both, partner="bank"
            ),
            "share": sold("percent_off", PercentOff(10_001, 0)),
            "two": sold("free_pieces", FreePieces(1, percent=5000, price=1)),
            "bundle": sold("bundle", Bundle(2, (Slot(Goods(), 0),), price=5, percent=5)),
            "unpriced": sold("bundle", Bundle(2)),
            "alone": sold("pay", Pay(0), exclusive=True),
            "whales": sold("donate", Donate("whales")),
            "round": sold("round_up", RoundUp(100, "whales"), 5, ""),
            "rounded": sold("round_up", RoundUp(0, "whales"), 0),
        },
        promotions={"free": promoted(priority=-bounds.COST_MAX - 1), "pays": promoted(type="pay", settings=Pay())},
        pools={"free": Pool(NAME, 5, 5, (Prize("point", 1),))},
    )


def doubtful() -> Program:
    """All that is legal and surely not meant."""
    never = {
        "list": {"weekdays": ()},
        "amount": {"amount_min": 5, "amount_max": 4},
        "basket": {"basket": (Measure(Goods(tags=("a",), exclude_tags=("a",)), quantity_min=5, quantity_max=4),)},
        "lines": {"lines": Measure(amount_min=5, amount_max=4)},
        "balance": {"balance": Balance("point", 5, 4)},
        "over": {"dates": (Dates(last="2026-11-20"),)},
        "late": {"dates": (Dates("2027-06-01"),)},
        "days": {"sabbath": "during", "weekdays": ("sun",)},
        "rest": {"sabbath": "during", "rest": "outside"},
    }
    units = {
        "point": Unit(NAME, pending_days=14, expire_days=14),
        "standing": Unit({"en": "standing"}, extended=True, expire_at="year_end"),
        "stamp": Unit(NAME),
        "coin": Unit(NAME),
        "crumb": Unit(NAME, expire_days=9),
        "dust": Unit(NAME),
    }
    return cafe(
        units=units,
        ends="2027-05-31",
        accruals={
            "points": AccrualRule("per_money", "point", PerMoney(100)),
            "again": AccrualRule("per_money", "point", PerMoney(100)),
            "mixed": AccrualRule("multiply", "stamp", Multiply(("points",))),
            "crumbs": AccrualRule("per_sale", "crumb", PerSale(), pieces_max_day=1),
        },
        rewards={
            "coffee": sold("amount_off", AmountOff(500), 5, "coin"),
            "feast": sold("amount_off", AmountOff(600), 11, "crumb"),
            "capped": sold("amount_off", AmountOff(700), limits=Limits(amount_max=699)),
            "trees": sold("donate", Donate("trees"), partner="bank"),
        },
        promotions={
            **{code: promoted(settings=AmountOff(place), when=when) for place, (code, when) in enumerate(never.items(), 1)},
            "goods": promoted(settings=AmountOff(90), lines=Goods(price_min=5, price_max=4)),
            "gone": promoted(settings=AmountOff(91), lines=Goods(products=("a",), exclude_products=("a",))),
            "all": promoted(type="percent_off", settings=PercentOff(10_000)),
        },
        tiers=Tiers("standing", (Tier("a", NAME), Tier("b", NAME, 9)), reset=True),
        challenges={"run": Challenge("per_sale", NAME, 3, PerSale())},
        plans={"month": Plan(NAME, "card", months=1), "year": Plan(NAME, "card", months=12)},
        causes={"trees": NAME},
        partners={"bank": NAME},
    )


def _lines(found: Iterable[Mistake]) -> str:
    return "".join(f"{key}: {wrong}\n    {wanted}\n" for key, wrong, wanted in found)


def told() -> dict[str, str]:
    """What is said, by the name of the file that has it."""
    assert validate(doubtful()) == []
    return {
        "whole.txt": _lines(validate(of_the_whole())),
        "others.txt": "".join(_lines(validate(program)) for program in of_other_wholes()),
        "earning.txt": _lines(validate(of_earning())),
        "offers.txt": _lines(validate(of_offers())),
        "doubts.txt": _lines(doubts(doubtful(), TODAY)),
    }


def write() -> None:
    """Write it anew."""
    GOLDEN.mkdir(parents=True, exist_ok=True)
    for name, text in told().items():
        (GOLDEN / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write()
