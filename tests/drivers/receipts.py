"""Receipts to print in tests, made by the domain itself from one small program."""

from functools import cache
from pathlib import Path

from loyalty.accruals.per_money import PerMoney
from loyalty.agreement import Hold, agree
from loyalty.basket import Basket, Line, Tender
from loyalty.code import Strength
from loyalty.document import Bar, Note, Receipt, Row, Title, Words
from loyalty.layout import STANDARD
from loyalty.member import Member
from loyalty.moment import Moment
from loyalty.program import AccrualRule, Program, RewardRule, Tier, Tiers, Unit
from loyalty.quote import Choice, quote
from loyalty.receipt import Bearer, Ending, as_copy, as_training, return_receipt, sale_receipt
from loyalty.refusal import Refusal
from loyalty.reverse import Back, reverse
from loyalty.rewards.amount_off import AmountOff
from loyalty.sale import Payment, ReturnedLine, Sale, TillReference, commit
from runtime.template import laid_out, write
from sync.example import example
from sync.layout_file import load as load_layout
from sync.program_file import load

CONFIG = Path(__file__).resolve().parents[2] / "config"

PROGRAM = Program(
    code="cafe",
    version=1,
    currency="ILS",
    name={"he": "מועדון קפה שקד", "en": "Shaked Coffee Club", "ar": "نادي قهوة شاكيد", "ru": "Клуб «Шакед»"},
    units={
        "point": Unit({"he": "נקודות", "en": "points", "ar": "نقاط", "ru": "баллы"}, worth=10),
        "spend": Unit({"he": "שקלים", "en": "shekels", "ar": "شواكل", "ru": "шекели"}),
    },
    accruals={
        "points": AccrualRule("per_money", "point", PerMoney(every=1000)),
        "standing": AccrualRule("per_money", "spend", PerMoney(every=100, by_tier=False)),
    },
    rewards={"ten_off": RewardRule("amount_off", {"he": "הנחה", "en": "Ten off"}, "point", 100, AmountOff(1000))},
    tiers=Tiers(
        "spend",
        (
            Tier("silver", {"he": "כסף", "en": "Silver", "ar": "الفضة", "ru": "Серебро"}),
            Tier("gold", {"he": "זהב", "en": "Gold", "ar": "الذهب", "ru": "Золото"}, 500, 150),
        ),
    ),
)
BALANCES = {"point": 1250, "spend": 270}
FIRST_NAMES = {"he": "חבר", "en": "Member", "ar": "عضو", "ru": "Участник"}


def sale() -> Sale:
    """A basket of 65.00 with one reward of 10.00 taken."""
    basket = Basket((Line("1", "cake", 4500), Line("2", "coffee", 2000)))
    member = Member("handle", "", "silver", 0, BALANCES, BALANCES)
    quoted = quote(PROGRAM, member, basket, Moment(1_772_700_000_000, 120, "2026-03-05"), (Choice("ten_off"),))
    agreement = agree(quoted, "agreement", Strength.SIGNED, (Hold("hold", "point", 100),))
    till = TillReference("till-1", "cashier-1", "A-1001", "2026-03-05")
    return commit(PROGRAM, agreement, Payment(till, (Tender("card", quoted.to_pay_minor),), basket, "0" * 64))


def sold(language: str, *, first_name: str | None = None, online: bool = True) -> Receipt:
    """The receipt of that sale."""
    bearer = Bearer(FIRST_NAMES[language] if first_name is None else first_name, BALANCES)
    receipt = sale_receipt(sale(), bearer, PROGRAM, language, online=online)
    assert receipt is not None
    return receipt


def returned(language: str) -> Receipt:
    """The receipt of the cake's return, made while head office was out of reach."""
    reversal = reverse(PROGRAM, sale(), Back({}, (ReturnedLine("1", 1000),), "2026-11-18"))
    assert not isinstance(reversal, Refusal)
    ending = Ending("A-1002", "2026-03-06", online=False)
    return return_receipt(reversal, Bearer(FIRST_NAMES[language], {"point": 1155, "spend": 325}), PROGRAM, language, ending)


def corner(language: str) -> Receipt:
    """A sale at the corner shop: a promotion, a gift, a wallet, a coupon, stamps, a challenge, a donation and a membership."""
    program, _ = load(Path(__file__).parents[1] / "corner.toml")
    basket = Basket(
        (
            Line("1", "coffee", 1800, 2000, category="coffee"),
            Line("2", "cake", 6150, category="cake"),
            Line("3", "gold-plan", 9900),
        )
    )
    balances = {"points": 40, "stamps": 2, "wallet": 2500, "next_time": 1, "count/ten_cups": 5}
    member = Member("handle", balances=balances, spendable=balances)
    wanted = (Choice("five_off"), Choice("wallet", 2000), Choice("round_up"))
    quoted = quote(program, member, basket, Moment(1_772_700_000_000, 120, "2026-03-05"), wanted)
    holds = (Hold("hold-1", "next_time", 1), Hold("hold-2", "wallet", 2000))
    agreement = agree(quoted, "agreement", Strength.SIGNED, holds)
    till = TillReference("till-1", "cashier-1", "A-1003", "2026-03-05")
    paid = commit(program, agreement, Payment(till, (Tender("card", quoted.to_pay_minor),), basket, "0" * 64))
    bearer = Bearer(FIRST_NAMES[language], balances, {"points": (15, "2026-03-31"), "wallet": (300, "2026-04-30")})
    receipt = sale_receipt(paid, bearer, program, language, online=True)
    assert receipt is not None
    return receipt


def whole(language: str) -> Receipt:
    """Everything there is, as a copy made in training, in a layout of a shop's own: a logo, words, QR codes."""
    layout, _ = load_layout(CONFIG / "receipts" / "cafe.toml")
    return laid_out(as_copy(as_training(example(language))), layout)


def tangled(language: str) -> Receipt:
    """Names as people have them: brackets, signs, shekels, two directions in one line, emoji, and a name without an end."""
    mixed = {"he": "קפה (Arabica 100%) ב־₪12.50", "en": "Coffee (ערביקה 100%) at ₪12.50"}
    club = {"ar": "قهوة (Arabica 100%) بـ ₪12.50", "ru": "Кофе (ערביקה 100%) за 12.50 ₪"} | mixed
    sign = {
        "he": "מבצע -5% [עד 31.12]",
        "en": "Sale -5% [until 31.12]",
        "ar": "عرض -5% [حتى 31.12]",
        "ru": "Скидка -5% [до 31.12]",
    }
    blocks = (
        Title("club", {"club": club[language]}),
        Note("hello", {"name": f"{FIRST_NAMES[language]} 🎉👩‍👧‍👦"}),
        Row("off", -12345, {"name": sign[language]}, money=True),
        Row("gift", 1, {"name": f"{club[language]} / {sign[language]} / " * 4}),
        Row("balance", -1234567, {"unit": "A-12 (ב)"}, worth_minor=1, strong=True),
        Bar("challenge", 3, 7, {"name": "7Up [ز] ₪5", "have": 3, "goal": 7, "missing": 4}),
        Words(write(f"({sign[language]}) 054-123-4567 ₪12.50", {}, language, "ILS"), side="start"),
        Words(write(sign[language], {}, language, "ILS"), "title", "end"),
        Note("number", {"number": "א-12/3 (b)", "date": "2026-12-31"}),
    )
    return Receipt(language, "ILS", blocks)


@cache
def samples() -> dict[str, Receipt]:
    """Every kind of receipt by name, in all languages, as it goes to a printer."""
    kinds: dict[str, Receipt] = {}
    for language in FIRST_NAMES:
        kinds[f"{language}-sale"] = laid_out(sold(language), STANDARD)
        kinds[f"{language}-return"] = laid_out(returned(language), STANDARD)
        kinds[f"{language}-corner"] = laid_out(corner(language), STANDARD)
        kinds[f"{language}-whole"] = whole(language)
        kinds[f"{language}-tangled"] = tangled(language)
    return kinds
