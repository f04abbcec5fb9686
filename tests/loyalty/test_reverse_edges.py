"""What a return refunds and takes back where a sale was no plain one: a membership, the till's own corrections, all back before."""

from dataclasses import replace

import pytest

from loyalty.accruals.per_money import PerMoney
from loyalty.accruals.per_piece import PerPiece
from loyalty.basket import Basket, Line
from loyalty.goods import Goods
from loyalty.ledger import available
from loyalty.member import Member
from loyalty.program import AccrualRule, Plan, Policies, Pool, Prize, Program, PromotionRule, RewardRule
from loyalty.quote import Choice, Use
from loyalty.reverse import Back, paid_by_units, reverse
from loyalty.rewards.donate import RoundUp
from loyalty.rewards.pay import Pay
from loyalty.rewards.percent_off import PercentOff
from loyalty.sale import ReturnedLine, Reversal, Sale
from loyalty.standing import Standing, after_return, after_sale
from tests.samples import HANDLE, basket, cafe, member, sold

BY_MONEY = Policies(return_share="money")
CARD = Basket((Line("1", "card", 30_000),))


def lines(*ids: str, milli: int = 1000) -> tuple[ReturnedLine, ...]:
    """So much of each of them."""
    return tuple(ReturnedLine(one, milli) for one in ids)


def undone(program: Program, sale: Sale, *ids: str, before: tuple[str, ...] = (), day: str = "2026-11-18") -> Reversal:
    """What a return of these whole lines undoes, after those `before`."""
    found = reverse(program, sale, Back(dict.fromkeys(before, 1000), lines(*ids), day))
    assert isinstance(found, Reversal)
    return found


def gold(refund: str, who: Member | None, day: str) -> int:
    """What a membership of thirty days for 300.00, sold on 18 November, refunds on `day`."""
    program = cafe(
        plans={"silver": Plan({"en": "Silver"}, "other", days=10), "gold": Plan({"en": "Gold"}, "card", 30, 0, refund)}
    )
    return undone(program, sold(program, who, CARD), "1", day=day).refund_minor


@pytest.mark.parametrize(
    ("day", "refund"),
    [
        ("2026-11-17", 30_000),
        ("2026-11-18", 30_000),
        ("2026-11-19", 28_000),
        ("2026-12-16", 1000),
        ("2026-12-17", 0),
        ("2026-12-18", 0),
    ],
)
def test_a_membership_refunds_the_days_that_have_not_run(day, refund):
    """All of it on the day it was sold, from the next day on not the days that have begun; nothing on its last."""
    assert gold("pro_rata", member(), day) == refund


@pytest.mark.parametrize("day", ["2026-11-18", "2026-12-01", "2026-12-18"])
def test_a_membership_may_refund_nothing_or_all(day):
    """As its terms say, on any day."""
    assert (gold("none", member(), day), gold("whole", member(), day)) == (0, 30_000)


def test_a_membership_that_nobody_got_is_refunded_whole():
    """Sold without a member it never ran."""
    assert gold("pro_rata", None, "2026-12-17") == 30_000
    assert gold("none", None, "2026-12-17") == 0


def test_of_two_memberships_each_has_its_own_days():
    """The lot of one says nothing of the other's; what is none is refunded whole."""
    program = cafe(plans={"gold": Plan({}, "card", days=30), "week": Plan({}, "pass", days=10)})
    sale = sold(program, member(), Basket((Line("1", "card", 30_000), Line("2", "pass", 1000), Line("3", "tea", 500))))
    found = [undone(program, sale, one, day="2026-11-23").refund_minor for one in ("1", "2", "3")]
    assert found == [24_000, 400, 500]


def test_what_is_taken_back_by_money():
    """A line that cost nothing takes nothing back; where the till rang a negative line, each gives back its own."""
    program = cafe(policies=BY_MONEY)
    sale = sold(program, member(), basket(0, 3000))
    assert undone(program, sale, "1").taken_back == {}
    assert undone(program, sale, "2").taken_back == {"point": 30, "standing": 30}
    corrected = sold(program, member(), basket(3000, -1000))
    assert undone(program, corrected, "1").taken_back == {"point": 20, "standing": 20}


def test_by_money_what_was_paid_decides_and_not_what_was_rung():
    """Of 10.00 and 20.00, half of each off the dearer: whoever brings back the first line brings back half of what was earned."""
    half = PromotionRule("percent_off", {}, PercentOff(5000), lines=Goods(products=("p2",)))
    rule = AccrualRule("per_piece", "point", PerPiece(10))
    program = cafe(policies=BY_MONEY, promotions={"half": half}, accruals={"each": rule})
    sale = sold(program, member(), Basket((Line("1", "p1", 1000), Line("2", "p2", 2000, 3000))))
    assert undone(program, sale, "1").taken_back == {"point": 20}
    assert undone(replace(program, policies=Policies()), sale, "1").taken_back == {"point": 10}
    given_away = sold(program, member(), basket(0, 1000))
    assert undone(program, given_away, "1").taken_back == {}
    assert undone(program, given_away, "2").taken_back == {"point": 20}


def test_what_was_all_back_before_comes_back_only_once():
    """Whatever else was told to be returned before: nothing is left to undo, and the sale ends no second time."""
    sale = sold(cafe(), member(), basket(1000))
    found = reverse(cafe(), sale, Back({"1": 1000}, (), "2026-11-18"))
    assert isinstance(found, Reversal)
    assert (found.whole, found.uses, found.refund_minor, found.taken_back) == (False, {}, 0, {})


@pytest.mark.parametrize(
    ("rung", "parts"),
    [
        ((3000, -1000), [2000, 0]),
        ((1000, 3000, -1000), [750, 2250, 0]),
        ((3000, -1000, -500), [1500, 0, 0]),
        ((1, 1, 1, -1), [1, 1, 0, 0]),
        ((1000, -1000), [0, 0]),
        ((1000, 0), [1000, 0]),
    ],
)
def test_no_more_goes_back_than_was_paid(rung, parts):
    """The till's negative lines lower what the others give back; line by line it comes to the same as all at once."""
    sale = sold(cafe(), member(), basket(*rung))
    ids = [line.id for line in sale.basket.lines]
    alone = [undone(cafe(), sale, one).refund_minor for one in ids]
    assert alone == parts
    assert sum(parts) == undone(cafe(), sale, *ids).refund_minor == sale.paid_minor
    apart = [undone(cafe(), sale, one, before=tuple(ids[:place])).refund_minor for place, one in enumerate(ids)]
    assert apart == parts


def test_a_membership_beside_a_negative_line_refunds_what_was_paid_for_it():
    """Of 300.00 less 60.00, on the eleventh of thirty days: 152.00 for the 19 that are left."""
    program = cafe(plans={"gold": Plan({}, "card", days=30)})
    sale = sold(program, member(), Basket((Line("1", "card", 30_000), Line("2", "manual", -6000))))
    assert undone(program, sale, "1", day="2026-11-28").refund_minor == 15_200


def test_what_units_paid_beside_a_negative_line_is_no_money():
    """Of 30.00 less 10.00 a wallet paid 15.00: 5.00 go back."""
    program = cafe(rewards={"wallet": RewardRule("pay", {"en": "pay"}, "point", 1, Pay(worth=100))})
    sale = sold(program, member(15), basket(3000, -1000), Choice("wallet", 15))
    assert (sale.paid_minor, undone(program, sale, "1", "2").refund_minor) == (500, 500)


def test_what_a_member_has_spent_is_as_before():
    """Also where the till rang a negative line: what went in comes out."""
    sale = sold(cafe(), member(), basket(3000, -1000))
    before = Standing(HANDLE, joined="2026-01-01", reviewed="2026-01-01", spent_minor=700)
    after = after_sale(cafe(), before, sale, "2026-11-18")
    assert after.spent_minor == 2700
    again = after_return(cafe(), after, undone(cafe(), sale, "1", "2"), "2026-11-18")
    assert again.spent_minor == 700
    assert not [held for (account, _), held in again.accounts.items() if account == available(HANDLE)]


def test_a_uses_counters_come_back_with_the_last_of_the_sale():
    """And not before; by the policy they stay."""
    limited = replace(cafe().rewards["ten_off"], limits=replace(cafe().rewards["ten_off"].limits, per_day=3, per_member=5))
    program = cafe(rewards={"ten_off": limited})
    sale = sold(program, member(250), basket(1000, 3000), Choice("ten_off", 2))
    assert undone(program, sale, "1").uses == {}
    assert undone(program, sale, "2", before=("1",)).uses == {"used_day/ten_off": 2, "used/ten_off": 2}
    assert undone(replace(program, policies=Policies(give_back_uses=False)), sale, "1", "2").uses == {}


def test_what_units_have_donated_was_never_spent():
    """A wallet that pays 13.00 and rounds it up to 15.00 leaves what was spent in money as it was, and so does its return."""
    rewards = {
        "round": RewardRule("round_up", {"en": "round"}, settings=RoundUp(500, "trees"), priority=1),
        "wallet": RewardRule("pay", {"en": "pay"}, "point", 1, Pay(worth=100)),
    }
    program = cafe(rewards=rewards, causes={"trees": {"en": "trees"}})
    sale = sold(program, member(15), basket(1300), Choice("round"), Choice("wallet", 15))
    assert (sale.extras.donated_minor, sale.extras.paid_minor, sale.paid_minor) == (200, 1500, 0)
    before = Standing(
        HANDLE, {(available(HANDLE), "point"): {"": 15}}, joined="2026-01-01", reviewed="2026-01-01", spent_minor=700
    )
    after = after_sale(program, before, sale, "2026-11-18")
    again = after_return(program, after, undone(program, sale, "1"), "2026-11-18")
    assert (after.spent_minor, again.spent_minor) == (700, 700)


def test_what_was_drawn_stays_drawn():
    """Wherever it stands among the uses of a sale, the others come back."""
    pools = {"lucky": Pool({}, 1, 1, (Prize("point", 1),), per_day=1)}
    sale = sold(cafe(), member(), basket(1000))
    uses = (Use("lucky", 1, 0, ("used_day/lucky",)), Use("ten_off", 2, 0, ("used/ten_off",)))
    again = undone(cafe(pools=pools), replace(sale, extras=replace(sale.extras, uses=uses)), "1")
    assert again.uses == {"used/ten_off": 2}


def test_what_two_rules_of_a_partner_gave_goes_back_to_it_together():
    """By the account and the unit, whatever the program itself gave beside it."""
    theirs = AccrualRule("per_piece", "point", PerPiece(10), partner="bank")
    ours = AccrualRule("per_piece", "point", PerPiece(5))
    program = cafe(accruals={"a": theirs, "b": theirs, "c": ours}, partners={"bank": {"en": "bank"}}, tiers=None)
    found = undone(program, sold(program, member(), basket(1000)), "1")
    assert (found.taken_back, found.elsewhere) == ({"point": 25}, {"partner/bank": {"point": 20}})


def test_what_is_only_counted_comes_back_by_any_policy():
    """The rest of a carrying accrual is as before, although spent points stay spent."""
    carrying = {"points": AccrualRule("per_money", "point", PerMoney(100, carry=True))}
    program = cafe(accruals=carrying, tiers=None, policies=Policies(give_back_spent=False, spend_in_same_sale=False))
    who = replace(member(100), balances={"point": 100, "rest/points": 50})
    found = undone(program, sold(program, who, basket(2060), Choice("ten_off")), "1")
    assert (found.taken_back, found.given_back) == ({"point": 11}, {"rest/points": 40})


def test_a_wallet_pays_nothing_of_what_costs_nothing():
    """All of it goes to the lines that cost something."""
    program = cafe(rewards={"wallet": RewardRule("pay", {"en": "pay"}, "point", 1, Pay(worth=100))})
    assert list(paid_by_units(sold(program, member(10), basket(0, 1000), Choice("wallet", 10)))) == [(0, 1000)]
