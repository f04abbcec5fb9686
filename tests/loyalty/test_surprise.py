"""Surprises inside a sale: drawn when it is committed, counted, and brought back with all of it."""

from dataclasses import replace

import pytest

from loyalty import counters
from loyalty.agreement import agree
from loyalty.basket import Tender
from loyalty.code import Strength
from loyalty.moment import Place
from loyalty.pool import Luck, draw
from loyalty.program import Policies, Pool, Prize
from loyalty.quote import Use, quote
from loyalty.reverse import Back, reverse
from loyalty.sale import ReturnedLine, commit
from loyalty.standing import Standing, after_sale, member_on
from tests.samples import HANDLE, NOW, agreed, basket, cafe, member, paid, sold

KEY, PREV = b"k" * 32, "e" * 64
NAMES = {"he": "הפתעה", "en": "Surprise"}
DAY = "2026-11-18"
ALWAYS = Pool(NAMES, 10_000, 5, (Prize("point", 20),), per_day=1)


def lucky(pool=ALWAYS, **changes):
    """The cafe with a pool."""
    return cafe(pools={"lucky": pool}, **changes)


def luck(record="0" * 32, prev=PREV):
    """What the draw comes from."""
    return Luck(KEY, prev, record)


def bought(program, who, goods=None, place=None, drawn_by=None):
    """A sale that may win."""
    agreement = agreed(program, who, goods or basket(3000))
    if place:
        agreement = replace(agreement, moment=replace(NOW, place=place))
    return commit(program, agreement, paid(agreement), drawn_by or luck())


def prizes(sale):
    """What was won: the pieces."""
    return [one.pieces for one in sale.accruals if one.rule == "lucky"]


def test_a_prize_is_earned_like_any_piece():
    """It has the unit's lot, all lines share it, it is counted for the day, and it is in the member's balance after."""
    program = lucky()
    sale = bought(program, member(), basket(3000, 1000))
    [won] = [one for one in sale.accruals if one.rule == "lucky"]
    assert (won.unit, won.pieces, won.by_line, won.lot) == ("point", 20, (15, 5), "")
    assert sale.extras.uses == (Use("lucky", 1, 0, ("used_day/lucky",)),)
    after = member_on(after_sale(program, Standing(HANDLE), sale, DAY), DAY)
    assert after.balances["point"] == 40 + 20
    assert after.balances[counters.used("lucky", "day")] == 1


def test_a_quote_never_tells():
    """It says that the checkout takes part, the same for any key and id, and forecasts nothing."""
    program = lucky()
    answer = quote(program, member(), basket(3000), NOW)
    assert [(one.rule, one.code) for one in answer.trace if one.rule == "lucky"] == [("lucky", "draw_open")]
    assert answer.forecast["point"] == 30
    assert all(one.rule != "lucky" for one in answer.accruals)


def test_without_luck_nothing_is_drawn():
    """The same sale by hands that have no key has no prize."""
    assert sold(lucky(), member(), basket(3000)).extras.uses == ()


@pytest.mark.parametrize(
    ("who", "place", "pool", "why"),
    [
        (replace(member(), balances={"used_day/lucky": 1}), None, ALWAYS, "limit_reached"),
        (member(), Place(budget_left={"budget/lucky": 0}), ALWAYS, "budget_exceeded"),
        (member(), None, replace(ALWAYS, when={"amount_min": 5000}), "amount_missing"),
        (None, None, ALWAYS, None),
    ],
)
def test_who_takes_no_part(who, place, pool, why):
    """Whoever has won today, whoever comes when all is gone, whoever buys too little, and whoever is no member."""
    program = lucky(pool)
    moment = replace(NOW, place=place) if place else NOW
    trace = {step.rule: step.code for step in quote(program, who, basket(3000), moment).trace}
    assert trace.get("lucky") == why
    assert prizes(bought(program, who, place=place)) == []


def test_what_is_left_when_it_is_paid_decides():
    """The last prize is won; without any share it is nobody's."""
    assert prizes(bought(lucky(), member(), place=Place(budget_left={"budget/lucky": 1}))) == [20]


def test_the_draw_is_the_one_of_the_pool():
    """For each id the sale has just the prize that the draw says."""
    pool = replace(ALWAYS, chance=3000, prizes=(Prize("point", 7, 3), Prize("standing", 9)))
    program = lucky(pool)
    won = 0
    for number in range(60):
        own = f"{number:032x}"
        said = draw("lucky", pool, KEY, PREV, own)
        sale = bought(program, member(), drawn_by=luck(own))
        assert [(one.unit, one.pieces) for one in sale.accruals if one.rule == "lucky"] == (
            [(said.prize.unit, said.prize.give)] if said else []
        )
        won += bool(said)
    assert 5 < won < 40


def test_pools_stack():
    """Each pool draws for itself, beside what is earned and counted; caps of accruals do not touch prizes."""
    rule = replace(cafe().accruals["points"], pieces_max=10)
    program = cafe(pools={"lucky": ALWAYS, "other": replace(ALWAYS, per_day=0)}, accruals={"points": rule})
    sale = bought(program, member())
    assert [(one.rule, one.pieces) for one in sale.accruals] == [("points", 10), ("lucky", 20), ("other", 20)]
    assert [use.rule for use in sale.extras.uses] == ["lucky", "other"]


def test_another_currency_wins_nothing():
    """A basket in dollars is sold, and that is all."""
    program = lucky()
    dollars = replace(basket(3000), currency="USD")
    answer = quote(program, member(), dollars, NOW)
    agreement = agree(answer, "a" * 32, Strength.SIGNED, ())
    assert prizes(commit(program, agreement, paid(agreement), luck())) == []


@pytest.mark.parametrize("share", ["lines", "money"])
def test_a_prize_goes_back_with_the_last_of_the_sale(share):
    """A part of the goods takes no part of it; the whole does. The day's count stays: what was drawn stays drawn."""
    program = lucky(policies=Policies(return_share=share))
    sale = bought(program, member(), basket(3000, 1000))
    first = reverse(program, sale, Back({}, (ReturnedLine("1", 1000),), DAY))
    rest = reverse(program, sale, Back({"1": 1000}, (ReturnedLine("2", 1000),), DAY))
    assert first.taken_back["point"] == 30
    assert rest.taken_back["point"] == 10 + 20
    assert (first.uses, rest.uses, rest.whole) == ({}, {}, True)


def test_the_key_is_not_shown():
    """Not in what a traceback or a log would show."""
    assert "6b" not in repr(luck()).lower().replace("prev_hash", "")
    assert "kkk" not in repr(luck())


def test_tenders_that_decide():
    """A pool for cards looks at how it was really paid."""
    program = lucky(replace(ALWAYS, when={"tenders": ("card",)}))
    agreement = agreed(program, member(), basket(3000))
    assert prizes(commit(program, agreement, paid(agreement), luck())) == []
    assert prizes(commit(program, agreement, paid(agreement, tenders=(Tender("card", 3000),)), luck())) == [20]
