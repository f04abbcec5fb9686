"""What a program's own parts cannot mean: each mistake by its key, all at once, and none for what is right."""

import pytest

from loyalty import bounds
from loyalty.program import Award, Plan, Policies, Program, Tier, Tiers, Unit
from loyalty.validate import validate
from tests.samples import cafe

NAME = {"he": "שם"}
MONTHS_MAX, PLAN_MONTHS_MAX = 1217, 122  # of a hundred years, and of ten: months are counted as thirty days there


def unit(**changes: object) -> Program:
    """The cafe with a third unit."""
    return cafe(units=dict(cafe().units) | {"stamp": Unit(**({"name": NAME} | changes))})


def plan(**changes: object) -> Program:
    """The cafe with a membership."""
    return cafe(plans={"club": Plan(**({"name": NAME, "product": "card", "months": 12} | changes))})


def award(**changes: object) -> Program:
    """The cafe with a welcome."""
    return cafe(awards={"hello": Award(**({"on": "join", "unit": "point", "give": 5} | changes))})


def ladder(*steps: Tier) -> Program:
    """The cafe with other tiers."""
    return cafe(tiers=Tiers("standing", steps))


MISTAKES = [
    (cafe(version=0), "version"),
    (cafe(version=bounds.VERSION_MAX + 1), "version"),
    (cafe(name={}), "name"),
    (cafe(name={"he": " "}), "name"),
    (cafe(effective="2026-02-30"), "effective"),
    (cafe(effective="tomorrow"), "effective"),
    (cafe(ends="0000-01-01"), "ends"),
    (cafe(effective="2026-05-01", ends="2026-04-30"), "ends"),
    (cafe(open_ended=False), "open_ended"),
    (cafe(plain_prefixes=("729", "")), "plain_prefixes.1"),
    (cafe(plain_prefixes=("x\u202e",)), "plain_prefixes.0"),
    (cafe(plain_prefixes=("7" * 13,)), "plain_prefixes.0"),
    (cafe(plain_prefixes=("٧٢٩",)), "plain_prefixes.0"),
    (cafe(policies=Policies(tenders_without_accrual=("cash", ""))), "policies.tenders_without_accrual.1"),
    (cafe(causes={"trees": {}}), "causes.trees"),
    (cafe(partners={"bank": {"en": ""}}), "partners.bank"),
    (cafe(units=dict(cafe().units) | {"used/x": Unit(NAME)}), "units.used/x"),
    (unit(name={}), "units.stamp.name"),
    (unit(worth=-1), "units.stamp.worth"),
    (unit(pending_days=-1), "units.stamp.pending_days"),
    (unit(pending_days=bounds.DAYS_MAX + 1), "units.stamp.pending_days"),
    (unit(expire_days=10**15), "units.stamp.expire_days"),
    (unit(expire_months=-3), "units.stamp.expire_months"),
    (unit(expire_months=MONTHS_MAX + 1), "units.stamp.expire_months"),
    (unit(expire_days=1, expire_months=1), "units.stamp.expire_months"),
    (ladder(), "tiers.step"),
    (ladder(*(Tier(f"t{n}", NAME, n) for n in range(bounds.STEPS_MAX + 1))), "tiers.step"),
    (ladder(Tier("a", NAME, from_pieces=1)), "tiers.step.0.from_pieces"),
    (ladder(Tier("a", NAME), Tier("b", NAME, 9), Tier("c", NAME, 9)), "tiers.step.2.from_pieces"),
    (ladder(Tier("a", NAME), Tier("b", NAME, 9), Tier("c", NAME, 5)), "tiers.step.2.from_pieces"),
    (ladder(Tier("a", NAME), Tier("b", {}, 9)), "tiers.step.1.name"),
    (ladder(Tier("", NAME)), "tiers.step.0.code"),
    (ladder(Tier("a", NAME, accrual_percent=-1)), "tiers.step.0.accrual_percent"),
    (ladder(Tier("a", NAME), Tier("b", NAME, 9, bounds.PERCENT_MAX + 1)), "tiers.step.1.accrual_percent"),
    (cafe(tiers=Tiers("standing", (Tier("a", NAME),), review_days=0)), "tiers.review_days"),
    (cafe(tiers=Tiers("no", (Tier("a", NAME),))), "tiers.unit"),
    (ladder(Tier("a", NAME), Tier("a", NAME, 9)), "tiers.step"),
    (plan(name={}), "plans.club.name"),
    (plan(product=""), "plans.club.product"),
    (plan(months=0), "plans.club.months"),
    (plan(days=30), "plans.club.months"),
    (plan(months=0, days=bounds.PLAN_DAYS_MAX + 1), "plans.club.days"),
    (plan(months=PLAN_MONTHS_MAX + 1), "plans.club.months"),
    (award(unit="no"), "awards.hello.unit"),
    (award(give=bounds.COST_MAX + 1), "awards.hello.give"),
    (award(on="referral", spend_min=-1), "awards.hello.spend_min"),
    (award(on="birthday", spend_min=1), "awards.hello.spend_min"),
    (award(give=0), "awards.hello.give"),
    (award(spend_min=100), "awards.hello.spend_min"),
    (award(tiers=("gold",)), "awards.hello.tiers"),
    (award(on="tier_up", tiers=("gold", "platinum")), "awards.hello.tiers.1"),
    (cafe(tiers=None, awards={"up": Award("tier_up", "point", 5)}), "awards.up.on"),
    (cafe(units={f"u{n}": Unit(NAME) for n in range(bounds.UNITS_MAX)} | dict(cafe().units)), "units"),
    (cafe(causes={f"c{n}": NAME for n in range(bounds.UNITS_MAX + 1)}), "causes"),
    (cafe(partners={f"p{n}": NAME for n in range(bounds.UNITS_MAX + 1)}), "partners"),
    (cafe(awards={f"a{n}": Award("join", "point", 1) for n in range(10_000)}), "awards"),
]


@pytest.mark.parametrize(("program", "key"), MISTAKES, ids=[f"{n}-{key}" for n, (_, key) in enumerate(MISTAKES)])
def test_each_mistake_has_its_key_path(program, key):
    """One mistake, named where it is, with what is wrong and what is wanted."""
    (mistake,) = validate(program)
    assert mistake.key == key
    assert mistake.wrong
    assert mistake.wanted


RIGHT = [
    cafe(effective="2026-05-01", ends="2026-05-01", open_ended=False),
    cafe(effective="2028-02-29"),
    cafe(version=bounds.VERSION_MAX),
    cafe(plain_prefixes=("7" * 12,)),
    cafe(units={f"u{n}": Unit(NAME) for n in range(bounds.UNITS_MAX - 2)} | dict(cafe().units)),
    cafe(causes={f"c{n}": NAME for n in range(bounds.UNITS_MAX)}),
    unit(expire_months=MONTHS_MAX),
    plan(months=PLAN_MONTHS_MAX),
    ladder(Tier("a", NAME, accrual_percent=0), Tier("b", NAME, 9, bounds.PERCENT_MAX)),
    cafe(tiers=Tiers("standing", (Tier("a", NAME),), review_days=1)),
    award(on="first_purchase", spend_min=1),
    award(on="referred", spend_min=1),
    unit(pending_days=bounds.DAYS_MAX, expire_days=bounds.DAYS_MAX),
    unit(expire_months=12, expire_at="year_end", extended=True),
    plan(months=0, days=bounds.PLAN_DAYS_MAX),
    award(on="referral", spend_min=5000),
    award(on="tier_up", tiers=("gold",)),
    award(on="tier_up"),
    award(give=bounds.COST_MAX),
    ladder(*(Tier(f"t{n}", NAME, n) for n in range(bounds.STEPS_MAX))),
    cafe(awards={f"a{n}": Award("join", "point", 1) for n in range(bounds.RULES_MAX - 3)}),
]


@pytest.mark.parametrize("program", RIGHT, ids=range(len(RIGHT)))
def test_what_is_right_has_no_mistake(program):
    """On this side of each edge there is nothing to say."""
    assert validate(program) == []


def test_all_mistakes_of_all_parts_come_at_once():
    """One of each part, and each is told."""
    program = cafe(
        version=-1,
        units={"point": Unit({}), "standing": Unit(NAME)},
        plans={"club": Plan(NAME, "card")},
        awards={"hello": Award("join", "no", 1)},
        causes={"trees": {}},
    )
    keys = {mistake.key for mistake in validate(program)}
    assert keys == {"version", "units.point.name", "plans.club.months", "awards.hello.unit", "causes.trees"}


def test_a_long_list_of_names_is_cut():
    """Of hundreds of units a clerk is shown the first ones."""
    units = {f"u{n}": Unit(NAME) for n in range(100)}
    program = cafe(units=units, accruals={}, rewards={}, tiers=None, awards={"a": Award("join", "no", 1)})
    (mistake,) = validate(program)
    assert "u19 ..." in mistake.wanted
    assert "u20" not in mistake.wanted
