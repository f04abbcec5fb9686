"""Baskets, programs and members as hypothesis draws them: everything that the bounds and `validate` let through."""

from dataclasses import dataclass

from hypothesis import strategies as st

from loyalty import bounds
from loyalty.accruals.per_money import PerMoney
from loyalty.basket import Basket, Line, Tender
from loyalty.member import Member
from loyalty.program import AccrualRule, Policies, Program, RewardRule, Tier, Tiers, Unit
from loyalty.quote import Choice
from loyalty.rewards.amount_off import AmountOff
from tests.samples import HANDLE

UNITS = ("point", "stamp", "standing")
REWARDS = ("off_a", "off_b", "off_c")

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=12)
amounts = st.one_of(st.just(0), st.integers(0, 20_000), st.integers(0, 10**7))
quantities = st.one_of(st.just(1000), st.integers(1, 5).map(lambda n: n * 1000), st.integers(1, 9999))


@st.composite
def baskets(draw: st.DrawFn, lines_max: int = 6) -> Basket:
    """A basket of pieces and of weighed goods, free ones among them."""
    drawn = draw(st.lists(st.tuples(texts, amounts, quantities), min_size=1, max_size=lines_max))
    return Basket(tuple(Line(f"l{n}", product, amount, milli) for n, (product, amount, milli) in enumerate(drawn)))


@st.composite
def programs(draw: st.DrawFn) -> Program:
    """Any mix of accruals, rewards and tiers that `validate` has nothing to say of."""
    units = st.sampled_from(UNITS)
    per_money = st.builds(PerMoney, st.integers(1, 10_000), st.integers(1, bounds.GIVE_MAX), st.booleans())
    accruals = draw(st.lists(st.tuples(units, per_money), max_size=3))
    off = st.builds(AmountOff, st.integers(1, 5000), st.integers(0, 3))
    rewards = draw(st.lists(st.tuples(units, st.integers(1, 300), off), max_size=3))
    rises = draw(st.lists(st.integers(1, 1000), max_size=3))
    percents = st.integers(0, bounds.PERCENT_MAX)
    steps = [Tier("t0", {"he": "ארד"}, 0, draw(percents))]
    for rise in rises:
        steps.append(Tier(f"t{len(steps)}", {"en": "step"}, steps[-1].from_pieces + rise, draw(percents)))
    return Program(
        code="drawn",
        version=draw(st.integers(1, 99)),
        currency="ILS",
        name={"he": "מועדון"},
        units={unit: Unit({"he": unit}, draw(st.integers(0, 100))) for unit in UNITS},
        accruals={f"acc_{n}": AccrualRule("per_money", unit, settings) for n, (unit, settings) in enumerate(accruals)},
        rewards={
            code: RewardRule("amount_off", {"he": code}, unit, cost, settings)
            for code, (unit, cost, settings) in zip(REWARDS, rewards, strict=False)
        },
        tiers=draw(st.sampled_from([None, Tiers("standing", tuple(steps))])),
        policies=Policies(
            tenders_without_accrual=draw(st.sampled_from([(), ("voucher",), ("voucher", "gift")])), spend_in_same_sale=False
        ),
        hash="d" * 64,
    )


@st.composite
def members(draw: st.DrawFn) -> Member:
    """A member whose confirmed pieces may be fewer or more than the balance, and whose balance may be an overdraft."""
    pieces = st.dictionaries(st.sampled_from(UNITS), st.integers(-50, 2000))
    tier = draw(st.sampled_from(["", "t0", "t1", "t3", "gone"]))
    return Member(HANDLE, draw(texts), tier, balances=draw(pieces), spendable=draw(pieces), provisional=draw(st.booleans()))


choices = st.lists(st.builds(Choice, st.sampled_from([*REWARDS, "unknown"]), st.integers(1, 4)), max_size=3).map(tuple)
tenders = st.lists(st.builds(Tender, st.sampled_from(["cash", "card", "voucher", "gift"]), amounts), max_size=4).map(tuple)


@dataclass(frozen=True)
class Checkout:
    """What a quote is asked about."""

    program: Program
    member: Member
    basket: Basket
    choices: tuple[Choice, ...]


checkouts = st.builds(Checkout, programs(), members(), baskets(), choices)
