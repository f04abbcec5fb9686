"""A corner shop's program through the API: everything that a quote can give has its name, its sum and its sentence."""

from pathlib import Path
from typing import Any

import pytest

from sync import program_file
from sync.wire import MemberRow, ProgramRow
from tests.till import DATE, RICH, Till, code_of

CORNER = Path(__file__).parents[2] / "corner.toml"
BALANCES = {"points": 40, "stamps": 6, "wallet": 2500, "next_time": 1, "count/ten_cups": 7, "used/cookie": 3}
BASKET = {
    "lines": [
        {"id": "1", "product": "coffee", "amount_minor": 1800, "quantity_milli": 2000, "category": "coffee", "tax_bp": 1800},
        {"id": "2", "product": "cake", "amount_minor": 6150, "category": "cake", "tax_bp": 0, "tags": ["fresh"]},
    ],
    "codes": ["SPRING"],
    "paying": ["card"],
}


@pytest.fixture
async def corner(shop: Till) -> Till:
    """The corner shop, with a member who has some of everything."""
    program, values = program_file.load(CORNER)
    await shop.learns(
        ProgramRow(program.code, program.version, 0, values),
        MemberRow(
            RICH,
            balances={unit: {"": pieces} for unit, pieces in BALANCES.items()},
            first_name="Member",
            tier="",
            generation=0,
            codes=(),
        ),
    )
    return shop


def ask(*choices: tuple[str, int], **basket: Any) -> dict[str, Any]:
    """A question about the basket."""
    wanted = [{"reward": reward, "times": times} for reward, times in choices]
    return {"basket": {**BASKET, **basket}, "code": code_of(RICH), "choices": wanted}


async def quoted(corner: Till, *choices: tuple[str, int], language: str = "en", **basket: Any) -> Any:
    """What posd answers."""
    answer = await corner.ask("/v1/quote", ask(*choices, **basket), **{"Accept-Language": language})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_promotion_has_its_name_and_its_part_of_each_line(corner: Till) -> None:
    """What comes by itself is told apart from what the member chose."""
    told = await quoted(corner, ("five_off", 1))
    cake, coupon = told["discounts"]
    assert (cake["rule"], cake["name"], cake["kind"], cake["off_minor"]) == ("happy_cake", "Happy cake", "promotion", 1230)
    assert cake["by_line"] == {"1": 0, "2": 1230}
    assert (coupon["name"], coupon["kind"], sum(coupon["by_line"].values())) == ("Use the ₪5 coupon", "reward", 500)


async def test_a_wallet_is_a_tender(corner: Till) -> None:
    """It lowers what is to be paid with money, and is in no discount."""
    told = await quoted(corner, ("wallet", 2000))
    (wallet,) = told["unit_tenders"]
    assert (wallet["name"], wallet["unit_name"], wallet["pieces"], wallet["amount_minor"]) == (
        "Club wallet",
        "wallet",
        2000,
        2000,
    )
    assert told["to_pay_minor"] == 7950 - 1230 - 2000
    assert [one["rule"] for one in told["discounts"]] == ["happy_cake"]
    offer = next(one for one in told["offers"] if one["reward"] == "wallet")
    assert (offer["pays_minor"], offer["times_max"], offer["times"]) == (1, 2500, 2000)


async def test_too_much_from_the_wallet_is_told_in_money(corner: Till) -> None:
    """Not in thousands of times."""
    told = await quoted(corner, ("wallet", 9000))
    (offer,) = [one for one in told["offers"] if one["reward"] == "wallet"]
    assert offer["refusal"]["sentence"] == "At most ₪25.00 can be paid so. Lower the amount."
    hebrew = await quoted(corner, ("wallet", 9000), language="he")
    assert "\u2068₪25.00\u2069" in next(one for one in hebrew["offers"] if one["reward"] == "wallet")["refusal"]["sentence"]


async def test_gifts_donations_and_taxes(corner: Till) -> None:
    """What is handed over, what goes to a cause, and the tax at each rate of what is really paid."""
    told = await quoted(corner, ("round_up", 1))
    assert told["gifts"] == [{"rule": "cookie", "name": "A cookie from the oven", "product": "cookie", "pieces": 1}]
    assert [(one["name"], one["amount_minor"]) for one in told["donations"]] == [("Planting trees", 80)]
    free, full = told["taxes"]
    assert (free["tax_bp"], free["gross_minor"], free["off_minor"], free["tax_minor"]) == (0, 6150, 1230, 0)
    assert (full["tax_bp"], full["net_minor"], full["tax_minor"]) == (1800, 1525, 275)


async def test_every_rule_says_why(corner: Till) -> None:
    """By name, as a sentence in the asked language; what is missing is said."""
    told = await quoted(corner)
    why = {step["rule"]: (step["name"], step["sentence"]) for step in told["trace"]}
    assert why["happy_cake"] == ("Happy cake", "₪12.30 off.")
    assert why["evening"] == ("Evening discount", "A coupon code is needed. Scan or type it.")
    assert why["wallet"] == ("Club wallet", "Wallet: up to ₪25.00 can be paid.")
    assert why["round_up"] == ("Round up for good", "Costs nothing; if the member wishes.")
    assert why["ten_cups"] == ("Ten cups", "2 counted, 9 in all; the goal is 10.")
    hebrew = {step["rule"]: step["sentence"] for step in (await quoted(corner, language="he"))["trace"]}
    assert hebrew["cookie"].startswith("יש למסור במתנה")


async def test_a_coupon_code_opens_its_promotion(corner: Till) -> None:
    """What was typed beside the goods reaches the rules."""
    told = await quoted(corner, codes=["EVENING"])
    assert [one["name"] for one in told["discounts"]] == ["Evening discount", "Happy cake"]


async def test_a_challenge_has_its_progress(corner: Till) -> None:
    """How far the member is with this basket, and what is to be won."""
    (challenge,) = (await quoted(corner))["challenges"]
    assert (challenge["name"], challenge["have"], challenge["goal"]) == ("Ten cups", 9, 10)
    assert (challenge["prize"], challenge["prize_name"]) == (100, "points")


async def test_no_counter_is_ever_shown(corner: Till) -> None:
    """Neither in a quote nor in an agreement, a sale, a return or a member; what has a slash is nobody's to read."""
    agreed = (await corner.ask("/v1/agreements", ask(("five_off", 1)))).json()
    paid = agreed["to_pay_minor"]
    booked = await corner.sell(paid, "k1", agreement=agreed["agreement"])
    till = {"till": "1", "receipt_number": "9", "business_date": DATE, "lines": [{"line": "1", "quantity_milli": 2000}]}
    back = (await corner.ask("/v1/returns", {**till, "sale": booked["id"]}, **{"Idempotency-Key": "k2"})).json()
    member = (await corner.ask("/v1/members/look-up", {"code": code_of(RICH)})).json()
    shown = [await quoted(corner), agreed, booked, back, member]
    assert "count/ten_cups" not in str(shown)
    assert "used/" not in str(shown)
    assert back["taken_back"]["stamps"] == 2


async def test_an_agreement_and_a_sale_tell_what_they_give(corner: Till) -> None:
    """The same parts as the quote, so that a till which missed the quote has all it prints."""
    agreed = (await corner.ask("/v1/agreements", ask(("wallet", 1000), ("round_up", 1)))).json()
    assert agreed["refusal"] is None
    booked = await corner.sell(agreed["to_pay_minor"], "k1", agreement=agreed["agreement"])
    parts = ("discounts", "unit_tenders", "gifts", "donations", "taxes")
    told = await quoted(corner, ("wallet", 1000), ("round_up", 1))
    assert {part: agreed[part] for part in parts} == {part: booked[part] for part in parts}
    assert {part: agreed[part] for part in ("discounts", "gifts")} == {part: told[part] for part in ("discounts", "gifts")}
    assert booked["flags"] == []
    assert [(one["name"], one["money"], one["pieces"]) for one in booked["moved"]] == [
        ("₪5 coupon", False, 1), ("points", False, 67), ("stamps", False, 2), ("wallet", True, -1000)
    ]  # fmt: skip


async def test_the_tills_own_correction(corner: Till) -> None:
    """A line below nothing is taken, as long as the basket is not; it is given nothing."""
    back = {"id": "3", "product": "cake", "amount_minor": -1000, "category": "cake"}
    told = await quoted(corner, lines=[*BASKET["lines"], back])
    assert told["total_minor"] == 6950
    assert told["discounts"][0]["by_line"] == {"1": 0, "2": 1230, "3": 0}


async def test_levies_and_lowest_prices_reach_the_rules(corner: Till) -> None:
    """Nothing comes off a deposit, nor below the lowest price, nor off what may not be discounted."""
    cake = {**BASKET["lines"][1]}
    for more, off in (({"levy_minor": 1150}, 1000), ({"floor_minor": 6000}, 150), ({"discountable": False}, 0)):
        told = await quoted(corner, lines=[{**cake, **more}])
        assert sum(one["off_minor"] for one in told["discounts"]) == off, more


async def test_a_plan_shows_until_when(corner: Till) -> None:
    """A membership that is sold is no unit that anybody reads."""
    plan = {"id": "1", "product": "gold-plan", "amount_minor": 20000}
    told = await quoted(corner, lines=[plan])
    assert {one["unit"] for one in told["accruals"]} == {"points", "next_time"}
