"""What the rules say with a program's names: no code of a program reaches a person, and no counter does."""

from pathlib import Path
from typing import Any

import pytest

from loyalty.basket import Basket, Line
from loyalty.member import Member
from loyalty.program import Program
from loyalty.quote import Choice, Quote, quote
from loyalty.refusal import Refusal
from runtime.speech import Speech
from runtime.words import LANGUAGES
from sync.program_file import load
from tests.samples import HANDLE, NOW, cafe

ROOT = Path(__file__).resolve().parents[2]
CORNER, _ = load(ROOT / "tests" / "corner.toml")
PROGRAMS = [*sorted((ROOT / "config" / "programs").glob("*.toml")), ROOT / "tests" / "corner.toml"]
BASKET = Basket((Line("1", "coffee", 1800, 2000, category="coffee"), Line("2", "cake", 6150, category="cake")))


def asked(program: Program, *choices: Choice, who: Member | None = None) -> Quote:
    """A quote of the basket."""
    return quote(program, who, BASKET, NOW, choices)


def plain(text: str) -> str:
    """`text` without isolates."""
    return text.replace("\u2068", "").replace("\u2069", "")


@pytest.mark.parametrize(
    ("code", "params", "said"),
    [
        ("other_tier", {"tiers": "silver, gold"}, ["רק לדרגה: כסף או זהב.", "Only for the tier: Silver or Gold."]),
        ("not_together", {"other": "ten_off"}, ["אין כפל עם 10 ש״ח הנחה.", "Does not go together with 10 off."]),
        ("unknown_reward", {"reward": "gone"}, ["ההטבה gone אינה בתוכנית. בחרו הטבה אחרת.", "Reward gone is not"]),
        ("balance_other", {"unit": "point"}, ["לא ביתרה הזו. הקובע: נקודות.", "What counts: points."]),
    ],
)
def test_codes_become_names(code: str, params: dict[str, str], said: list[str]) -> None:
    """Tiers, other rules and units by the program's words; what it does not know stays as it is."""
    for language, wanted in zip(("he", "en"), said, strict=True):
        told = Speech(language, cafe()).refusal(Refusal(code, params))
        assert told is not None
        assert wanted in plain(told["sentence"])
        assert (told["code"], told["params"]) == (code, params)


def test_a_plan_and_a_promotion_have_names() -> None:
    """Those of the program's own tables."""
    english = Speech("en", CORNER)
    assert english.say("refusal.plan_needed", {"plans": "gold_year"}) == "Only with the membership: Gold membership."
    assert english.rule("happy_cake") == "Happy cake"
    assert english.rule("ten_cups") == "Ten cups"
    assert english.rule("coupon") == "₪5 coupon"  # an accrual goes by what it gives
    assert english.rule("nothing") == "nothing"
    assert english.unit("nothing") == "nothing"


def test_pieces_of_a_wallet_are_money() -> None:
    """In every sentence that counts them; other units' pieces stay a count."""
    english = Speech("en", CORNER)
    missing = {"missing": 500, "have": 1500, "cost": 2000}
    assert english.say("refusal.pieces_missing", {**missing, "unit": "wallet"}) == (
        "Not enough wallet: has ₪15.00, needs ₪20.00, ₪5.00 missing."
    )
    assert english.say("refusal.pieces_missing", {**missing, "unit": "points"}) == (
        "Not enough points: has 1,500, needs 2,000, 500 missing."
    )
    hebrew = Speech("he", CORNER).say("trace.earned", {"pieces": 120, "unit": "wallet", "paid_minor": 6000, "percent": 100})
    assert "\u2068₪1.20\u2069" in hebrew


def test_a_refusal_that_only_a_newer_head_office_knows() -> None:
    """Is told as what it is: something else."""
    told = Speech("en", CORNER).refusal(Refusal("brand_new", {"unit": "points"}))
    assert told == {"code": "brand_new", "params": {"unit": "points"}, "sentence": Speech("en", CORNER).say("error.other", {})}
    bare = Speech("en", CORNER).refusal(Refusal("pieces_missing", {"unit": "points"}))
    assert bare is not None
    assert bare["sentence"] == Speech("en", CORNER).say("error.other", {})
    assert Speech("en", CORNER).refusal(None) is None


def test_a_step_has_the_name_of_its_rule_once() -> None:
    """A sentence that begins with what was earned is not headed by it again."""
    member = Member(HANDLE, balances={"wallet": 500}, spendable={"wallet": 500})
    told = {step["rule"]: step for step in Speech("en", CORNER).trace(asked(CORNER, who=member).trace)}
    assert (told["points"]["name"], told["points"]["sentence"][:7]) == ("", "Points:")
    assert told["cashback"]["name"] == "wallet"  # refused: the sentence does not say of what
    assert told["happy_cake"]["name"] == "Happy cake"


def test_nobody_reads_a_counter() -> None:
    """They are left out of whatever is counted."""
    assert Speech("en", CORNER).seen({"points": 5, "count/ten_cups": 3, "used/cookie": 1}) == {"points": 5}


@pytest.mark.parametrize("file", PROGRAMS, ids=lambda file: file.stem)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_example_explains_itself(file: Path, language: str) -> None:
    """With and without a member, with everything chosen and nothing: each step has a whole sentence in each language."""
    program, _ = load(file)
    rich: dict[str, Any] = dict.fromkeys(program.units, 2000)
    everything = tuple(Choice(reward) for reward in program.rewards)
    for who in (None, Member(HANDLE), Member(HANDLE, balances=rich, spendable=rich)):
        for choices in ((), everything, (*everything, Choice("gone", 9))):
            steps = Speech(language, program).trace(asked(program, *choices, who=who).trace)
            assert all(step["sentence"].endswith(".") and "{" not in step["sentence"] for step in steps)
            assert steps
