"""Sequences played on one member: sales, returns, exchanges, joining and the days between them."""

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from loyalty.program import Policies
from posd import trial
from runtime.errors import Rejected
from tests.posd.trial.programs import built, cafe
from tests.posd.trial.sums import adds_up

START = "2026-11-18T12:00"  # a Wednesday


def lines(*amounts, **more):
    """A basket with a line of each amount."""
    return {"lines": [{"amount": amount} for amount in amounts], **more}


def play(program, *steps, member=None):
    """The answers, each of the promised shape, its sums exact."""
    first, *others = steps
    answers = trial.play(program, [{"at": START, **first}, *others], member)
    for answer in answers:
        adds_up(answer)
    return answers


def points(answer):
    """The row of points."""
    return answer["units"]["points"]


def test_a_basket_of_nobody():
    """It costs what it costs, and nobody earns."""
    answer = play(cafe(), {"basket": lines("21.00", "9.00")})[0]
    assert (answer["to_pay_minor"], answer["member"], answer["units"]) == (3000, None, {})
    assert answer["tenders"] == [{"kind": "cash", "amount_minor": 3000}]
    assert [offer["refusal"]["code"] for offer in answer["offers"]] == ["member_needed"]
    assert answer["trace"][-1] == {
        "rule": "", "code": "no_member", "params": {}, "sentence": "No member card was scanned, so nothing is earned."
    }  # fmt: skip


def test_a_member_spends_and_earns():
    """The next basket begins where this one ended."""
    step = {"basket": lines("30.00", "12.00"), "choose": {"ten_off": 1}}
    first, second = play(cafe(), step, step, member={"units": {"points": 170, "status": 480}})
    assert (first["off_minor"], first["to_pay_minor"]) == (1000, 3200)
    assert points(first) == {
        "before": 170, "passed": 0, "earned": 32, "spent": 100, "taken_back": 0, "given_back": 0, "followed": 0,
        "after": 102, "spendable": 102,
    }  # fmt: skip
    assert first["member"]["tier"] == {"before": "bronze", "after": "silver", "next": "gold", "missing": 2000 - 512}
    assert first["earned"][0] == {"rule": "points", "unit": "points", "pieces": 32, "by_line": {"1": 23, "2": 9}}
    assert points(second)["before"] == 102
    assert points(second)["earned"] == 48  # a silver member earns half as much again
    assert points(second)["after"] == 50


def test_a_choice_that_is_not_to_be_had_is_a_no_and_no_error():
    """The basket is sold without it."""
    answer = play(cafe(), {"basket": lines("30.00"), "choose": ["ten_off"]}, member={"units": {"points": 20}})[0]
    assert (answer["refused"], answer["to_pay_minor"]) == (["ten_off"], 3000)
    refusal = answer["offers"][0]["refusal"]
    assert (refusal["code"], refusal["params"]["missing"]) == ("pieces_missing", 80)
    assert "80" in refusal["sentence"]


@pytest.mark.parametrize(
    ("have", "amount", "times"),
    [(350, "70.00", 3), (350, "100.00", 4), (350, "25.00", 2), (350, "9.00", 0), (0, "500.00", 4), (99, "5.00", 0)],
)
def test_as_often_as_may_be(have, amount, times):
    """So often as the pieces, those of this sale among them, and the goods allow."""
    answer = play(built(), {"basket": lines(amount), "choose": {"ten_off": "max"}}, member={"units": {"points": have}})[0]
    assert (answer["offers"][0]["times"], answer["refused"]) == (times, [])


def test_a_later_max_gives_way_to_no_earlier_one():
    """A wallet pays what the reward has left, in whichever order they are chosen."""
    program = built(
        units={"points": {"name": {"en": "points"}}, "wallet": {"name": {"en": "wallet"}, "worth": "0.01"}},
        rewards={
            "wallet": {"type": "pay", "name": {"en": "wallet"}, "unit": "wallet", "cost": 1, "worth": "0.01"},
            "ten_off": {"type": "amount_off", "name": {"en": "ten off"}, "unit": "points", "cost": 100, "amount": "10.00"},
        },
    )
    member = {"units": {"points": 100, "wallet": 10_000}}
    for choose in ({"wallet": "max", "ten_off": "max"}, {"ten_off": "max", "wallet": "max"}):
        answer = play(program, {"basket": lines("30.00"), "choose": choose}, member=member)[0]
        assert (answer["off_minor"], answer["units_paid_minor"], answer["to_pay_minor"]) == (1000, 2000, 0)
        assert answer["unit_tenders"] == [{"rule": "wallet", "unit": "wallet", "pieces": 2000, "amount_minor": 2000}]
        assert answer["tenders"] == []


def test_a_return_of_everything_leaves_everything_as_it_was():
    """Points, spent points, tier, visits and money, even where what was earned paid in the same sale."""
    before = {"units": {"points": 150, "status": 490}, "visits": 3, "spent": "50.00"}
    program = replace(cafe(), policies=Policies(spend_in_same_sale=True))
    step = {"basket": lines("100.00", "30.00"), "choose": {"ten_off": "max"}}
    sold, back = play(program, step, {"return": {"of": 1, "lines": "all"}}, member=before)
    assert points(sold)["spent"] == 200
    assert (points(back)["after"], back["units"]["status"]["after"]) == (150, 490)
    assert (back["member"]["visits"], back["member"]["spent_minor"]) == (3, 5000)
    assert back["member"]["tier"]["after"] == "bronze"
    assert back["returned"] == {
        "of": 1,
        "lines": [{"line": "1", "quantity_milli": 1000}, {"line": "2", "quantity_milli": 1000}],
        "refund_minor": 11000, "short": {}, "whole": True, "estimate": False, "refusal": None,
    }  # fmt: skip


def test_lines_come_back_in_parts():
    """So many of a line; then what is left of it; then nothing is left."""
    step = {"basket": {"lines": [{"id": "a", "amount": "30.00", "quantity": 3}, {"id": "b", "amount": "5.00"}]}}
    one = {"return": {"of": 1, "lines": [{"line": "a", "quantity": 1}]}}
    _, first, rest, void, again = play(
        cafe(), step, one, {"return": {"of": 1, "lines": [{"line": "a"}]}}, {"void": 1}, {"void": {"of": 1}}, member={}
    )
    assert [answer["returned"]["refund_minor"] for answer in (first, rest, void)] == [1000, 2000, 500]
    assert [points(answer)["taken_back"] for answer in (first, rest, void)] == [10, 20, 5]
    assert void["returned"]["whole"]
    assert again["returned"]["refusal"]["code"] == "returned_more_than_sold"
    assert points(again)["after"] == 0


def test_a_line_that_was_not_sold_is_a_no():
    """Nothing moves."""
    _, back = play(cafe(), {"basket": lines("5.00")}, {"return": {"of": 1, "lines": [{"line": "9"}]}}, member={})
    assert back["returned"]["refusal"]["code"] == "line_not_in_sale"
    assert points(back)["after"] == 5


def test_a_return_without_the_sale_at_hand_moves_nothing_here():
    """Head office decides when it has both."""
    back = play(cafe(), {"return": {"without_sale": True, "lines": [{"line": "1"}]}}, member={"units": {"points": 7}})[0]
    assert (back["returned"]["estimate"], back["returned"]["of"], points(back)["after"]) == (True, 0, 7)


def test_an_exchange_is_a_return_and_a_sale():
    """The new basket is numbered as the step, and can come back itself."""
    _, both, back = play(
        cafe(),
        {"basket": lines("20.00")},
        {"exchange": {"of": 1, "basket": lines("32.00"), "tenders": [{"kind": "card"}]}},
        {"return": {"of": 2}},
        member={},
    )
    assert (both["kind"], both["returned"]["refund_minor"], both["to_pay_minor"]) == ("exchange", 2000, 3200)
    assert both["tenders"] == [{"kind": "card", "amount_minor": 3200}]
    assert (points(both)["taken_back"], points(both)["earned"], points(both)["after"]) == (20, 32, 32)
    assert points(back)["after"] == 0


def test_what_cannot_be_exchanged_is_not_sold():
    """Nor can what was not sold come back."""
    step = {"exchange": {"of": 1, "basket": lines("32.00")}}
    *_, refused, back = play(cafe(), {"basket": lines("20.00")}, {"void": 1}, step, {"void": 3}, member={})
    assert (refused["returned"]["refusal"]["code"], refused["lines"]) == ("returned_more_than_sold", [])
    assert back["returned"]["refusal"]["code"] == "sale_unknown"


def test_pieces_are_pending_then_ready_then_expired():
    """Each lot has its days, and what expires is told before it does."""
    program = built(units={"points": {"name": {"en": "points"}, "pending_days": 14, "expire_days": 30}})
    sold, ready, gone = play(
        program, {"basket": lines("50.00")}, {"advance_days": 14}, {"advance_days": 17}, member={"units": {"points": 7}}
    )
    assert (points(sold)["after"], points(sold)["spendable"]) == (57, 7)
    assert sold["lots"]["points"] == [
        {"pieces": 50, "ready": "2026-12-02", "expires": "2026-12-18"}, {"pieces": 7, "ready": "", "expires": ""}
    ]  # fmt: skip
    assert sold["expires"] == {"points": [{"pieces": 50, "ready": "", "expires": "2026-12-18"}]}
    assert (ready["kind"], ready["days"], ready["at"]) == ("days", 14, "2026-12-02T12:00")
    assert points(ready)["spendable"] == 57
    assert (points(gone)["passed"], points(gone)["after"], gone["expires"]) == (-50, 7, {})


def test_a_tier_rises_at_once_and_falls_at_its_review():
    """A year after it rose, where the pieces that count have expired."""
    tiers = {
        "unit": "points",
        "review": "yearly",
        "step": [{"code": "basic", "name": {"en": "b"}}, {"code": "gold", "name": {"en": "g"}, "from_pieces": 100}],
    }
    program = built(units={"points": {"name": {"en": "points"}, "expire_days": 30}}, rewards={}, tiers=tiers)
    rose, before, fell = play(program, {"basket": lines("100.00")}, {"advance_days": 364}, {"advance_days": 1}, member={})
    assert [answer["member"]["tier"]["after"] for answer in (rose, before, fell)] == ["gold", "gold", "basic"]
    assert fell["member"]["tier"] == {"before": "gold", "after": "basic", "next": "gold", "missing": 100}


def test_a_challenge_is_won_and_a_return_undoes_it():
    """The prize follows by itself."""
    challenge = {
        "type": "per_sale", "give": 1, "name": {"en": "two"}, "goal": 2, "prize_unit": "points", "prize": 500,
        "badge": {"en": "regular"},
    }  # fmt: skip
    _, won, back = play(
        built(challenges={"two": challenge}), {"basket": lines("5.00")}, {"basket": lines("7.00")}, {"void": 2}, member={}
    )
    assert won["won"] == [{"challenge": "two", "times": 1, "unit": "points", "pieces": 500}]
    assert (points(won)["earned"], points(won)["followed"], points(won)["after"]) == (7, 500, 512)
    assert won["member"]["badges"] == ["two"]
    assert back["won"] == [{"challenge": "two", "times": -1, "unit": "points", "pieces": -500}]
    assert (points(back)["after"], back["member"]["badges"]) == (5, [])
    assert back["counters"]["count/two"] == {"before": 0, "after": 1}


def test_joining_gives_what_it_gives():
    """A sale before it is nobody's; a member's file says who joins."""
    award = {"on": "join", "unit": "points", "give": 50}
    program = built(awards={"welcome": award})
    nobody, joined, sold = play(program, {"basket": lines("9.00")}, {"join": True}, {"basket": lines("9.00")})
    assert nobody["member"] is None
    assert (points(joined)["followed"], points(sold)["after"], sold["member"]["visits"]) == (50, 59, 1)
    joined = play(program, {"join": {"handle": "m2"}})[0]
    assert (joined["member"]["handle"], points(joined)["after"]) == ("m2", 50)
    joined = play(program, {"join": True}, member={"handle": "m3", "units": {"points": 1}})[0]
    assert (joined["member"]["handle"], points(joined)["after"]) == ("m3", 51)


def test_awards_of_the_days_and_of_a_friend():
    """A birthday comes with its day; whoever brought the member is given the prize of the first purchase."""
    awards = {
        "birthday": {"on": "birthday", "unit": "points", "give": 25},
        "friend": {"on": "referral", "unit": "points", "give": 40},
        "new": {"on": "referred", "unit": "points", "give": 10},
    }
    member = {"referred_by": "m1", "occasions": {"birthday": ["2026-11-20", "2026-11-27"]}}
    sold, again, day = play(
        built(awards=awards), {"basket": lines("9.00")}, {"basket": lines("9.00")}, {"advance_days": 5}, member=member
    )
    assert (sold["referrer"], points(sold)["followed"]) == ([{"unit": "points", "pieces": 40}], 10)
    assert (again["referrer"], points(again)["followed"]) == ([], 0)
    assert points(day)["passed"] == 25


def test_a_plan_is_bought_and_refunded_by_the_day():
    """A return gives back the days that have not run."""
    program = built(plans={"gold": {"name": {"en": "Gold"}, "product": "gold-card", "days": 10}})
    card = {"lines": [{"product": "gold-card", "amount": "100.00"}]}
    sold, back = play(program, {"basket": card}, {"advance_days": 3, "void": 1}, member={})
    assert sold["member"]["plans"] == {"gold": "2026-11-27"}
    assert (back["member"]["plans"], back["returned"]["refund_minor"]) == ({}, 6000)


def test_a_budget_runs_down_over_the_steps():
    """What the file says is left, is left; then what the sales leave."""
    promotion = {
        "type": "amount_off", "name": {"en": "x"}, "amount": "10.00", "members_only": False,
        "limits": {"budget_amount": "25.00"},
    }  # fmt: skip
    program = built(promotions={"x": promotion})
    step = {"basket": lines("30.00")}
    assert [one["off_minor"] for one in play(program, step, step, step)] == [1000, 1000, 0]
    assert [one["off_minor"] for one in play(program, {"basket": lines("30.00", budget_left={"x": "10.00"})}, step)] == [
        1000,
        0,
    ]


def test_what_earns_nothing_is_said_by_the_tenders():
    """Tenders named by their kind alone pay the rest; the kinds are known to the rules."""
    program = built(policies={"tenders_without_accrual": ["gift_card"]})
    basket = lines("30.00")
    tenders = [{"kind": "gift_card", "amount": "10.00"}, {"kind": "card"}]
    answer = play(program, {"basket": basket, "tenders": tenders}, member={})[0]
    assert answer["tenders"] == [{"kind": "gift_card", "amount_minor": 1000}, {"kind": "card", "amount_minor": 2000}]
    assert (points(answer)["earned"], answer["flags"]) == (20, [])
    answer = play(program, {"basket": lines("30.00", paying=["gift_card"])}, member={})[0]
    assert points(answer)["earned"] == 0
    answer = play(program, {"basket": basket, "tenders": [{"kind": "cash", "amount": "1.00"}]}, member={})[0]
    assert answer["flags"] == ["tenders_differ"]


def test_a_basket_in_another_currency_is_sold_and_nothing_done_with_it():
    """The answer is in that currency."""
    answer = play(cafe(), {"basket": lines("30.00", currency="USD")}, member={"units": {"points": 500}})[0]
    assert (answer["currency"], answer["to_pay_minor"], points(answer)["after"]) == ("USD", 3000, 500)


def test_what_comes_off_is_told_by_the_piece():
    """Shared evenly; not above a hundred pieces."""
    basket = {"lines": [{"amount": "10.00", "quantity": 3}, {"amount": "101.00", "quantity": 101}]}
    answer = play(built(), {"basket": basket, "choose": ["ten_off"]}, member={"units": {"points": 100}})[0]
    off = answer["lines"][0]["off_minor"]
    assert sorted(answer["lines"][0]["off_by_piece"]) == sorted([off // 3, off // 3, off - off // 3 * 2])
    assert answer["lines"][1]["off_by_piece"] == []


@pytest.mark.parametrize(
    ("language", "sentence"),
    [("he", "לא נסרק"), ("en", "No member card"), ("ar", ""), ("ru", "")],
)
def test_the_sentences_are_in_the_language_asked_for(language, sentence):
    """All four have every one of them."""
    setting = trial.Setting(language=language)
    answer = trial.play(cafe(), [{"basket": lines("1.00")}], None, setting)[0]
    assert sentence in answer["trace"][-1]["sentence"]
    assert answer["trace"][-1]["sentence"] != "no member"


def test_it_begins_when_it_is_told_to():
    """By the setting, else by the first step, else now; a time with an offset is made local."""
    setting = trial.Setting(start=datetime(2026, 11, 21, 16, 30, tzinfo=ZoneInfo("UTC")))
    assert trial.play(cafe(), [{"basket": lines("1.00")}], None, setting)[0]["at"] == "2026-11-21T18:30"
    assert trial.play(cafe(), [{"at": "2026-07-01T10:00Z", "advance_days": 1}])[0]["at"] == "2026-07-02T13:00"
    assert trial.play(cafe(), [{"at": "2026-07-01", "basket": lines("1.00")}])[0]["at"] == "2026-07-01T12:00"
    assert trial.play(cafe(), [{"basket": lines("1.00")}])[0]["days"] == 0


def test_the_calendar_is_the_stores():
    """On the Sabbath of Jerusalem, and not an hour after it."""
    promotion = {
        "type": "percent_off",
        "name": {"en": "x"},
        "percent": 10,
        "members_only": False,
        "when": {"sabbath": "during"},
    }
    program = built(promotions={"x": promotion})
    step = {"basket": lines("10.00")}
    answers = trial.play(program, [{"at": "2026-11-21T12:00", **step}, {"at": "2026-11-21T18:30", **step}])
    assert [answer["off_minor"] for answer in answers] == [100, 0]


@pytest.mark.parametrize(
    ("step", "told"),
    [
        ({"basket": lines("1"), "join": True}, "steps.1: it is basket and join; one of them"),
        ({"choose": ["ten_off"]}, "steps.1: there is nothing to choose or to pay"),
        (
            {"basket": lines("1"), "choose": {"ten_of": 1}},
            "steps.1.choose.ten_of: the program has no reward 'ten_of'; did you mean",
        ),
        ({"basket": lines("1"), "choose": {"sale": 1}}, "steps.1.choose.sale: it is a promotion; nothing: it comes by itself"),
        ({"basket": lines("1"), "choose": {"ten_off": 0}}, "steps.1.choose.ten_off: how often: a whole number"),
        ({"basket": lines("1"), "tenders": [{"kind": "a"}, {"kind": "b"}]}, "steps.1.tenders.1.amount: another tender without"),
        ({"basket": {"lines": [{}]}}, "steps.1.basket.lines.0: a line says once what it costs"),
        ({"exchange": {"of": 1, "basket": {"lines": [{}]}}}, "steps.1.exchange.basket.lines.0: a line says once"),
        ({"return": {"of": 2}}, "steps.1.return.of: step 2 has sold nothing by then; the number of a sale before it: 1"),
        ({"void": 7}, "steps.1.void.of: step 7 has sold nothing by then"),
        ({"void": 0}, "steps.1.void.of: it says 0; at least 1 is wanted"),
        ({"return": {}}, "steps.1.return.of: it does not say which sale comes back"),
        ({"return": {"of": 1, "without_sale": True}}, "steps.1.return.of: it has both of and without_sale"),
        ({"join": {"handle": "m"}}, "steps.1.join: there is a member already"),
        ({"join": False}, "steps.1.join: true, or a table as in a member's file"),
        ({"at": "2026-11-17"}, "steps.1.at: 2026-11-17T12:00 is before the step before it, 2026-11-18T12:00"),
        ({"at": "soon"}, 'steps.1.at: a time is a text such as "2026-11-21T18:30"'),
        ({"at": "2126-11-17"}, "steps.1: it is too long after the first step; 7320 days or less"),
        ({"advance_days": 4000}, "steps.1.advance_days: it says 4000; at most 3660 is wanted"),
        ({"retrn": {}}, "steps.1.retrn: there is no such key; did you mean 'return'?"),
        ({"basket": {**lines("1"), "budget_left": {"y": 1}}}, "steps.1.basket.budget_left.y: the program has no budget 'y'"),
    ],
)
def test_a_mistake_in_a_step_is_told_by_its_key(step, told):
    """With what is wanted, and alone."""
    promotion = {"type": "percent_off", "name": {"en": "x"}, "percent": 10}
    with pytest.raises(Rejected) as caught:
        play(built(promotions={"sale": promotion}), {"basket": lines("1")}, step, member={})
    assert (caught.value.code, caught.value.message.count("\n")) == ("trial_malformed", 0)
    assert caught.value.message.startswith(told)


def test_the_mistakes_of_steps_and_member_are_told_together():
    """And a sequence has a step."""
    with pytest.raises(Rejected) as caught:
        trial.play(cafe(), [], {"tier": "x"})
    assert caught.value.message.split("\n")[0] == "steps: there is no step; one step or more"
    assert "member: tier: the program has no tier 'x'" in caught.value.message


def test_a_step_of_no_shape_hides_no_mistake_of_another():
    """Nor a reward in it that is not there."""
    steps = [{"basket": lines(3), "choose": ["x"]}, {"void": 1}, {"void": 2}, 7, {"basket": lines("1"), "choose": ["y"]}]
    with pytest.raises(Rejected) as caught:
        trial.play(cafe(), steps)
    told = [line.strip().split(": ")[0] for line in caught.value.message.split("\n")]
    assert told == ["steps.0.basket.lines.0.amount", "steps.3", "steps.0.choose.x", "steps.2.void.of", "steps.4.choose.y"]


def test_what_outgrows_the_records_is_told():
    """After some sales of a hundred million shekels by the most generous program."""
    tier = {"code": "only", "name": {"en": "x"}, "accrual_percent": 1000}
    accrual = {"type": "per_money", "unit": "points", "every": "0.01", "give": 1000, "by_tier": True}
    program = built(accruals={"points": accrual}, tiers={"unit": "points", "step": [tier]})
    step = {"basket": lines("99999999.00")}
    with pytest.raises(Rejected) as caught:
        trial.play(program, [step] * 12, {})
    assert caught.value.code == "out_of_bounds"
