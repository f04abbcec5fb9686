"""What a receipt says beyond points: promotions, gifts, donations, wallets, coupons, stamps, challenges, plans, what expires."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from loyalty.basket import Basket, Line
from loyalty.document import Bar, Block, Note, Row
from loyalty.member import Member
from loyalty.program import Program, Tier, Tiers
from loyalty.purse import money_units
from loyalty.quote import Choice
from loyalty.receipt import Bearer, Ending, return_receipt, sale_receipt
from loyalty.sale import Reversal
from sync.program_file import load
from tests.samples import HANDLE, sold

PROGRAM, _ = load(Path(__file__).parents[1] / "corner.toml")
COFFEE = Line("1", "coffee", 1000, 1000, category="coffee")
CAKE = Line("2", "cake", 5000, category="cake")
TEA = Line("3", "tea", 1010)
CAKE_TOO = Line("4", "cake", 5000, category="cake")
STAMPS, WALLET, COUPON = {"unit": "stamps"}, {"unit": "wallet"}, {"unit": "₪5 coupon"}


def printed(*lines: Line, choices: tuple[Choice, ...] = (), **more: Any) -> tuple[Block, ...]:
    """The blocks of a member's sale, in English; `balances` are the member's, `bearer` changes who is spoken to."""
    balances = more.get("balances", {})
    who = Member(HANDLE, balances=balances, spendable=balances, provisional=more.get("provisional", False))
    program: Program = more.get("program", PROGRAM)
    bearer = Bearer("", balances, more.get("expiring", {}))
    receipt = sale_receipt(sold(program, who, Basket(lines), *choices), bearer, program, "en", online=True)
    assert receipt is not None
    return receipt.blocks


def of(blocks: tuple[Block, ...], *codes: str) -> list[Block]:
    """Those of `codes`, in their order."""
    return [block for block in blocks if block.code in codes]


def test_a_promotion_goes_by_its_name() -> None:
    """With what came off; one that gave nothing is not named, nor a reward that was paid for with points."""
    assert of(printed(CAKE), "off") == [Row("off", -1000, {"name": "Happy cake"}, money=True)]
    assert of(printed(TEA), "off") == []
    chosen = printed(TEA, choices=(Choice("five_off"),), balances={"next_time": 1})
    assert of(chosen, "off") == []


def test_gifts_and_donations() -> None:
    """What is handed over by the name of its promotion, what is donated by that of the cause."""
    blocks = printed(CAKE, TEA, choices=(Choice("round_up"),))
    assert of(blocks, "gift") == [Row("gift", 1, {"name": "A cookie from the oven"})]
    assert of(blocks, "donated") == [Row("donated", 90, {"cause": "Planting trees"}, money=True)]


def test_a_wallet_is_read_as_money() -> None:
    """Before, used and left, in shekels; its worth is not said twice."""
    blocks = printed(TEA, choices=(Choice("wallet", 700),), balances={"wallet": 2500})
    assert [block for block in blocks if getattr(block, "params", {}) == WALLET] == [
        Row("before", 2500, WALLET, money=True),
        Row("used", -700, WALLET, signed=True, money=True),
        Row("balance", 1800, WALLET, strong=True, money=True),
    ]
    back = return_receipt(
        Reversal({}, {"wallet": 700}, 0), Bearer("", {}), PROGRAM, "en", Ending("1", "2026-11-18", online=True)
    )
    assert Row("restored", 700, WALLET, signed=True, money=True) in back.blocks


@pytest.mark.parametrize(("change", "money"), [({}, True), ({"cost": 2}, False), ({"unit": "points"}, False)])
def test_only_what_pays_agora_by_agora_is_money(change: dict[str, Any], money: bool) -> None:
    """Points that pay are points."""
    rule = replace(PROGRAM.rewards["wallet"], **change)
    assert money_units(replace(PROGRAM, rewards={"wallet": rule})) == (frozenset({"wallet"}) if money else frozenset())


@pytest.mark.parametrize(
    ("have", "wanted"),
    [
        (0, Bar("stamps", 1, 5, {"missing": 4, "reward": "Free coffee", **STAMPS})),
        (3, Bar("stamps", 4, 5, {"missing": 1, "reward": "Free coffee", **STAMPS})),
        (4, Note("ready", {"reward": "Free coffee"})),
        (9, Note("ready", {"reward": "Free coffee"})),
        (-3, Bar("stamps", 0, 5, {"missing": 7, "reward": "Free coffee", **STAMPS})),
    ],
)
def test_a_stamp_card_fills(have: int, wanted: Block) -> None:
    """As a bar until it is full; then a word that the reward waits."""
    blocks = printed(COFFEE, balances={"stamps": have})
    assert of(blocks, "stamps", "ready") == [wanted]
    assert Row("gained", 1, STAMPS, signed=True) in blocks
    assert not [block for block in of(blocks, "before", "balance") if block.params == STAMPS]


def test_a_card_with_many_fields_is_points() -> None:
    """Nobody reads a bar of a hundred stamps."""
    rule = replace(PROGRAM.rewards["free_coffee"], cost=21)
    blocks = printed(COFFEE, program=replace(PROGRAM, rewards={**PROGRAM.rewards, "free_coffee": rule}))
    assert [block.code for block in blocks if getattr(block, "params", {}) == STAMPS] == ["before", "earned", "balance"]


def test_a_coupon_is_for_the_next_time() -> None:
    """Given with its last day; used by name; one that waits is remembered."""
    assert of(printed(CAKE), "coupon_until", "coupon") == []
    until = Note("coupon_until", {"count": 1, **COUPON, "date": "2026-12-18"})
    assert of(printed(CAKE, CAKE_TOO), "coupon_until") == [until]
    assert of(printed(TEA, balances={"next_time": 1}), "offer") == [Note("offer", {"reward": "Use the ₪5 coupon"})]
    used = printed(TEA, choices=(Choice("five_off"),), balances={"next_time": 1})
    assert of(used, "used", "offer") == [Row("used", -1, COUPON, signed=True)]


def test_a_coupon_that_never_expires() -> None:
    """It has no day."""
    unit = replace(PROGRAM.units["next_time"], expire_days=0)
    blocks = printed(CAKE, CAKE_TOO, program=replace(PROGRAM, units={**PROGRAM.units, "next_time": unit}))
    assert of(blocks, "coupon") == [Note("coupon", {"count": 1, **COUPON})]


def test_a_challenge_is_a_bar_until_it_is_won() -> None:
    """Only the challenges that this sale counted for are spoken of."""
    far = Bar("challenge", 8, 10, {"name": "Ten cups", "have": 8, "goal": 10, "missing": 2})
    assert of(printed(COFFEE, balances={"count/ten_cups": 7}), "challenge", "challenge_won") == [far]
    won = printed(COFFEE, balances={"count/ten_cups": 9})
    assert of(won, "challenge", "challenge_won") == [Note("challenge_won", {"name": "Ten cups"})]
    assert of(printed(TEA, balances={"count/ten_cups": 7}), "challenge", "challenge_won") == []


def test_a_membership_has_its_last_day() -> None:
    """From the day of the sale on."""
    assert of(printed(Line("1", "gold-plan", 9900)), "plan") == [
        Note("plan", {"plan": "Gold membership", "date": "2027-11-17"})
    ]


def test_what_expires_next() -> None:
    """Pieces and money, and no more than is left after this sale."""
    expiring = {"points": (15, "2026-11-30"), "wallet": (900, "2026-12-31"), "stamps": (0, "2026-12-31")}
    blocks = printed(TEA, choices=(Choice("wallet", 700),), balances={"points": 40, "wallet": 1000}, expiring=expiring)
    assert of(blocks, "expires", "expires_money") == [
        Note("expires", {"pieces": 15, "date": "2026-11-30", "unit": "points"}),
        Note("expires_money", {"amount_minor": 300, "date": "2026-12-31", **WALLET}),
    ]


def test_what_this_sale_makes_younger_does_not_expire_next() -> None:
    """Where activity extends a unit, the day that was next is no longer."""
    units = {**PROGRAM.units, "points": replace(PROGRAM.units["points"], expire_days=90, extended=True)}
    expiring = {"points": (15, "2026-11-30")}
    for bought, notes in ((TEA, 0), (Line("1", "stamp", 50), 1)):
        blocks = printed(bought, program=replace(PROGRAM, units=units), balances={"points": 40}, expiring=expiring)
        assert len(of(blocks, "expires")) == notes


def test_of_a_provisional_member_nothing_is_claimed() -> None:
    """What was earned is named; no balance, no bar, no challenge."""
    blocks = printed(COFFEE, provisional=True)
    assert [block.code for block in blocks] == ["club", "earned", "gained", "why", "why", "number"]


def test_a_standing_is_no_stamp_card() -> None:
    """The unit that counts standing has its own bar."""
    program = replace(PROGRAM, tiers=Tiers("points", (Tier("a", {"en": "A"}), Tier("b", {"en": "B"}, from_pieces=100))))
    assert len(of(printed(COFFEE, program=program), "next_tier")) == 1


def test_no_counter_is_ever_printed() -> None:
    """A name with a slash is nobody's to read."""
    blocks = printed(COFFEE, CAKE, Line("9", "gold-plan", 9900), balances={"count/ten_cups": 2, "used/cookie": 1})
    assert "/" not in " ".join(str(block.params) for block in blocks)
