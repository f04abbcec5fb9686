"""A cafe, its members and its baskets: the plain sample that tests of every floor share."""

from dataclasses import replace
from typing import Any

from loyalty.accruals.per_money import PerMoney
from loyalty.agreement import Agreement, Hold, agree
from loyalty.basket import Basket, Line, Tender
from loyalty.code import Strength
from loyalty.member import Member
from loyalty.moment import Moment
from loyalty.program import AccrualRule, Policies, Program, RewardRule, Tier, Tiers, Unit
from loyalty.quote import Choice, Quote, pieces_by_unit, quote
from loyalty.rewards.amount_off import AmountOff
from loyalty.sale import Payment, Sale, TillReference, commit

HANDLE = "00112233445566778899"
NOW = Moment(wall_ms=1_795_000_000_000, utc_offset_minutes=120, local_date="2026-11-18")


def cafe(**changes: Any) -> Program:
    """A point a shekel (silver half as many again, gold double), 10.00 off for 100 points; a voucher earns nothing.

    The unit `standing` only counts towards tiers and is not multiplied. `changes` replace fields of the Program.
    """
    program = Program(
        code="cafe",
        version=3,
        currency="ILS",
        name={"he": "מועדון בית הקפה", "en": "Cafe Club"},
        units={
            "point": Unit({"he": "נקודות", "en": "points"}, worth=10),
            "standing": Unit({"he": "נקודות מעמד", "en": "standing"}),
        },
        accruals={
            "points": AccrualRule("per_money", "point", PerMoney(every=100)),
            "standing": AccrualRule("per_money", "standing", PerMoney(every=100, by_tier=False)),
        },
        rewards={
            "ten_off": RewardRule("amount_off", {"he": "10 ש״ח הנחה", "en": "10 off"}, "point", 100, AmountOff(amount=1000)),
        },
        tiers=Tiers(
            "standing",
            (
                Tier("bronze", {"he": "ארד", "en": "Bronze"}),
                Tier("silver", {"he": "כסף", "en": "Silver"}, from_pieces=1000, accrual_percent=150),
                Tier("gold", {"he": "זהב", "en": "Gold"}, from_pieces=5000, accrual_percent=200),
            ),
        ),
        plain_prefixes=("729",),
        policies=Policies(tenders_without_accrual=("voucher",), spend_in_same_sale=False),
        hash="c" * 64,
    )
    return replace(program, **changes)


def basket(*amounts: int) -> Basket:
    """One line for each amount in agorot, with the ids "1", "2" ...; one piece each."""
    return Basket(tuple(Line(str(n), f"p{n}", amount, name="קפה הפוך") for n, amount in enumerate(amounts, 1)))


def member(points: int = 0, *, tier: str = "", standing: int = 0, confirmed: int | None = None) -> Member:
    """A member with so many points, of which `confirmed` (all, if not given) are spendable."""
    balances = {"point": points, "standing": standing}
    spendable = {"point": points if confirmed is None else confirmed, "standing": standing}
    return Member(HANDLE, "חבר", tier, balances=balances, spendable=spendable)


def till(receipt_number: str = "1234") -> TillReference:
    """What the till says of its receipt."""
    return TillReference("till-1", "קופאי 3", receipt_number, "2026-11-18")


def holds_for(answer: Quote) -> tuple[Hold, ...]:
    """The holds that cover exactly what a quote spends."""
    spent = pieces_by_unit(answer.redemptions).items()
    return tuple(Hold(f"{number:032x}", unit, pieces) for number, (unit, pieces) in enumerate(spent, 1))


def agreed(program: Program, who: Member | None, bought: Basket, *choices: Choice) -> Agreement:
    """Quoted, held and agreed."""
    answer = quote(program, who, bought, NOW, choices)
    return agree(answer, "a" * 32, Strength.SIGNED, holds_for(answer))


def paid(agreement: Agreement, **changes: Any) -> Payment:
    """Paid in cash, to the agora, with the basket as agreed. `changes` replace fields of the Payment."""
    payment = Payment(till(), (Tender("cash", agreement.to_pay_minor),), agreement.basket, "f" * 64)
    return replace(payment, **changes)


def sold(program: Program, who: Member | None, bought: Basket, *choices: Choice) -> Sale:
    """The whole line: quoted, agreed, paid in cash, committed."""
    agreement = agreed(program, who, bought, *choices)
    return commit(program, agreement, paid(agreement))
