"""What a new version changes, in words: every field has its word, and sentences read as a person would say them."""

import json
from dataclasses import fields, replace
from typing import Any, get_type_hints

import pytest

from central import change_words
from central.change_text import LANGUAGES, MONEY, SHARES, UNBOUNDED, lines, sentence, values
from central.change_words import FIELDS, PARTS, PHRASES, SECTIONS
from loyalty.accruals.per_money import PerMoney
from loyalty.changes import changes
from loyalty.conditions import CONDITIONS
from loyalty.conditions.checkout import Measure
from loyalty.conditions.person import Arm, Balance, Pilot
from loyalty.conditions.time import Dates, HebrewDates
from loyalty.goods import Goods
from loyalty.judges import JUDGES, cap
from loyalty.money import BasisPoints, Minor
from loyalty.notice import notice
from loyalty.program import Limits, Policies, Prize, PromotionRule, Tiers, Unit
from loyalty.rewards.amount_off import AmountOff
from loyalty.rewards.bundle import Slot
from tests.samples import cafe

TODAY = "2026-11-21"
NAME = {"he": "מבצע", "en": "Deal"}


def told(old: Any, new: Any, language: str = "en") -> list[str]:
    """Each change as a sentence."""
    return [sentence(change, language) for change in changes(old, new, TODAY)]


def deal(**changed: Any) -> Any:
    """The cafe with a promotion."""
    return cafe(promotions={"p": PromotionRule("amount_off", NAME, AmountOff(500), **changed)})


def test_every_field_and_condition_has_its_word():
    """In both languages, and no word is left over."""
    wanted = {name for table in JUDGES.values() for name in table} | set(CONDITIONS)
    wanted |= {field.name for field in fields(Limits)} | {"lines", "type", "expiry", "per_money", "per_piece"}
    assert wanted <= set(FIELDS)
    assert set(FIELDS) - wanted == set()
    inside = {
        field.name
        for shape in (Goods, Measure, Dates, HebrewDates, Pilot, Arm, Balance, Slot, Prize)
        for field in fields(shape)
    }
    assert inside == set(PARTS)
    for table in (SECTIONS, FIELDS, PARTS, PHRASES):
        assert all(len(pair) == len(LANGUAGES) and all(pair) for pair in table.values())
    assert set(change_words.SECTIONS) >= {"units", "tiers", "policies"}


def test_money_and_shares_are_known_by_their_fields():
    """As the domain's annotations say, wherever such a field stands."""
    for shape in (*JUDGES, Limits, Measure, Goods):
        for name, hint in get_type_hints(shape, include_extras=True).items():
            if name in FIELDS and name != "every":
                assert (hint == Minor) == (name in MONEY), (shape, name)
                assert (hint == BasisPoints) == (name in SHARES), (shape, name)


def test_no_limit_is_said_where_nothing_is_the_limit():
    """Each field that is judged so."""
    judged = {name for table in JUDGES.values() for name, judge in table.items() if judge is cap}
    judged -= {"pieces"}  # 0 is without limit for an amount or a price of some pieces, and never for a share
    assert judged | {field.name for field in fields(Limits)} == UNBOUNDED


@pytest.mark.parametrize(
    ("old", "new", "english", "hebrew"),
    [
        (cafe(), cafe(rewards={"ten_off": replace(cafe().rewards["ten_off"], cost=1200)}),
         'Reward "10 off": cost: 1,200 instead of 100', 'ההטבה "10 ש״ח הנחה": מחיר: 1,200 במקום 100'),
        (cafe(), cafe(tiers=Tiers("standing", (*cafe().tiers.steps[:2], replace(cafe().tiers.steps[2], from_pieces=6000)))),
         'Tier "Gold": threshold: 6,000 instead of 5,000', 'הדרגה "זהב": סף: 6,000 במקום 5,000'),
        (cafe(), cafe(accruals={"points": replace(cafe().accruals["points"], settings=PerMoney(200)),
                                "standing": cafe().accruals["standing"]}),
         "Earning points: earning rate by money: 1 for every ₪2.00 instead of 1 for every ₪1.00",
         "צבירה points: קצב הצבירה לפי סכום: 1 לכל ₪2.00 במקום 1 לכל ₪1.00"),
        (cafe(), cafe(units=dict(cafe().units) | {"point": replace(cafe().units["point"], expire_months=12, expire_at="year_end")}),
         'Unit "points": expiry: 12 months, to the end of the year instead of never',
         'היחידה "נקודות": תוקף: 12 חודשים, עד סוף השנה במקום ללא תפוגה'),
        (cafe(), cafe(tiers=replace(cafe().tiers, reset=True)),
         "Tier: reset at the review: yes instead of no", "הדרגה: איפוס בבחינה: כן במקום לא"),
        (cafe(), deal(), 'New: Promotion "Deal"', 'חדש: המבצע "מבצע"'),
        (deal(), cafe(), 'Gone: Promotion "Deal"', 'בוטל: המבצע "מבצע"'),
        (deal(), deal(when={"amount_min": 5000}), 'Promotion "Deal": a new condition: lowest amount: ₪50.00',
         'המבצע "מבצע": תנאי חדש: סכום מזערי: ₪50.00'),
        (deal(unless={"tenders": ("gift",)}), deal(), 'Promotion "Deal": no exception any more: tenders: gift',
         'המבצע "מבצע": בוטל החריג: אמצעי תשלום: gift'),
        (deal(limits=Limits(per_day=2)), deal(), 'Promotion "Deal": most a day: none instead of 2',
         'המבצע "מבצע": תקרה ליום: אין במקום 2'),
        (deal(), deal(lines=Goods(tags=("a", "b"))), 'Promotion "Deal": goods: tags a, b instead of everything',
         'המבצע "מבצע": מוצרים: תגיות a, b במקום הכול'),
        (deal(when={"dates": (Dates("2027-01-01", "2027-02-01"),)}), deal(when={"dates": (Dates("2027-01-01", "2027-01-15"),)}),
         'Promotion "Deal": condition: dates: from 2027-01-01 to 2027-01-15 instead of from 2027-01-01 to 2027-02-01',
         'המבצע "מבצע": תנאי: תאריכים: מ 2027-01-01 עד 2027-01-15 במקום מ 2027-01-01 עד 2027-02-01'),
        (cafe(policies=Policies()), cafe(policies=Policies(earn_on="rung")),
         "Policy: what earns: rung instead of paid", "מדיניות: על מה צוברים: rung במקום paid"),
        (cafe(), cafe(open_ended=False, ends="2027-01-01"), "Program: open-ended: no instead of yes",
         "התכנית: ללא תאריך סיום: לא במקום כן"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_a_change_in_words(old, new, english, hebrew):
    """What, which setting, and what it says instead of what."""
    assert told(old, new)[0] == english
    assert told(old, new, "he")[0] == hebrew


def test_a_whole_comparison_says_the_worst_first():
    """Then what members gain; and what the law asks for, to be checked with counsel."""
    reward = replace(cafe().rewards["ten_off"], cost=120)
    found = notice(cafe(), replace(deal(), rewards={"ten_off": reward}), TODAY)
    text = lines(found, "en")
    assert text[:4] == [
        "Members lose:",
        '  Reward "10 off": cost: 120 instead of 100',
        "Members gain:",
        '  New: Promotion "Deal"',
    ]
    assert "section 16A" in text[5]
    assert "2027-02-21" in text[5]
    assert text[6] == "To check with counsel."
    assert "סעיף 16א" in lines(found, "he")[5]
    assert lines(notice(cafe(), cafe(), TODAY), "en") == ["Nothing differs for members."]
    fixed = cafe(open_ended=False, ends="2027-06-30")
    assert "2027-07-01" in lines(notice(fixed, replace(fixed, rewards={}), TODAY), "en")[-2]


def test_a_comparison_as_values():
    """Each change with both sentences; all of it is JSON."""
    units = dict(cafe().units) | {"s": Unit(NAME)}
    found = notice(deal(when={"basket": (Measure(Goods(tags=("a",)), 2),)}), cafe(units=units), TODAY)
    answer = json.loads(json.dumps(values(found)))
    assert answer["worsens"]
    assert answer["earliest"] == "2027-02-21"
    assert [(change["key"], change["kind"], change["effect"]) for change in answer["changes"]] == [
        ("units.s", "added", "neutral"),
        ("promotions.p", "removed", "worse"),
    ]
    assert answer["changes"][1]["he"] == 'בוטל: המבצע "מבצע"'
    changed = notice(
        deal(when={"basket": (Measure(quantity_min=2),)}), deal(when={"basket": (Measure(quantity_min=1),)}), TODAY
    )
    assert json.loads(json.dumps(values(changed)))["changes"][0]["new"][0]["quantity_min"] == 1
