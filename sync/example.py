"""Examples of receipts, made by the rules themselves: to try layouts on, and to show what they print. Among them all that a receipt
can say is said."""

from collections.abc import Mapping
from functools import cache

from loyalty.agreement import Hold, agree
from loyalty.basket import Basket, Line, Tender
from loyalty.code import Strength
from loyalty.document import Receipt
from loyalty.member import Member
from loyalty.moment import Moment, Place
from loyalty.pool import Luck
from loyalty.program import Names
from loyalty.quote import Choice, quote
from loyalty.receipt import Bearer, Ending, name_in, return_receipt, sale_receipt
from loyalty.refusal import Refusal
from loyalty.reverse import Back, reverse
from loyalty.sale import Payment, ReturnedLine, Sale, TillReference, commit
from sync.example_program import PROGRAM

KINDS = ("sale", "offline", "return", "new")
"""A member's sale; one made without head office; a return of the first; a sale to somebody whose balance nobody knows yet."""

MEMBER: Names = {"he": "חבר", "en": "Member", "ar": "عضو", "ru": "Участник"}
PLACE = Place("allenby-12", "till-1")
DATE, WALL_MS, OFFSET_MINUTES = "2026-03-05", 1_772_700_000_000, 120

SILVER = {"points": 1089, "stamps": 6, "wallet": 2500, "status": 1744, "birthday": 1, "count/ten_cups": 5}
GOLD = {"points": 310, "stamps": 8, "wallet": 700, "status": 4200, "birthday": 1, "count/ten_cups": 8}
SILVER_EXPIRING = {"points": (15, "2026-03-31"), "wallet": (300, "2026-04-30"), "birthday": (1, "2026-03-19")}
BREAKFAST = Basket(
    (Line("1", "cake", 2500), Line("2", "coffee", 3600, 2000), Line("3", "gold-plan", 9900), Line("4", "soup", 1270))
)
TO_TAKE_HOME = Basket((Line("1", "beans", 6400), Line("2", "coffee", 3600, 2000)))


def example(language: str, kind: str = "sale") -> Receipt:
    """One of KINDS."""
    name = name_in(MEMBER, language)
    sale, offline, new = _sales()
    spoken_to: Mapping[str, tuple[Sale, Bearer]] = {
        "sale": (sale, Bearer(name, SILVER, SILVER_EXPIRING)),
        "offline": (offline, Bearer(name, GOLD)),
        "new": (new, Bearer("", {})),
    }
    if kind == "return":
        before = example(language).facts
        left = {unit: int(before[f"balance.{unit}"]) for unit in PROGRAM.units}
        return _returned(sale, Bearer(name, left, tier="silver"), language)
    receipt = sale_receipt(*spoken_to[kind], PROGRAM, language, online=kind == "sale")
    assert receipt is not None
    return receipt


@cache
def _sales() -> tuple[Sale, Sale, Sale]:
    silver = Member("example", "", "silver", balances=SILVER, spendable=SILVER)
    gold = Member("example", "", "gold", balances=GOLD, spendable=GOLD)
    new = Member("example", provisional=True)
    choices = (Choice("ten_off"), Choice("wallet", 2000), Choice("round_up"))
    return (
        _sold("A-1001", silver, BREAKFAST, choices),
        _sold("A-1003", gold, TO_TAKE_HOME),
        _sold("A-1004", new, TO_TAKE_HOME),
    )


def _sold(number: str, member: Member, basket: Basket, choices: tuple[Choice, ...] = ()) -> Sale:
    quoted = quote(PROGRAM, member, basket, Moment(WALL_MS, OFFSET_MINUTES, DATE, place=PLACE), choices)
    holds = tuple(Hold(f"hold-{unit}", unit, pieces) for unit, pieces in quoted.reserves.items())
    agreement = agree(quoted, f"example-{number}", Strength.SIGNED, holds)
    paid = Payment(TillReference("till-1", "cashier-1", number, DATE), (Tender("card", quoted.to_pay_minor),), basket, "0" * 64)
    return commit(PROGRAM, agreement, paid, Luck(b"example", "0" * 64, "0" * 32))


def _returned(sale: Sale, bearer: Bearer, language: str) -> Receipt:
    """The whole of `sale` comes back, a day later."""
    lines = tuple(ReturnedLine(line.id, line.quantity_milli) for line in sale.basket.lines)
    reversal = reverse(PROGRAM, sale, Back({}, lines, "2026-03-06"))
    assert not isinstance(reversal, Refusal)
    return return_receipt(reversal, bearer, PROGRAM, language, Ending("A-1002", "2026-03-06", online=True, place=PLACE))
