"""A member as head office keeps one: holds, what goes back where, and the days on which something happens by itself."""

from dataclasses import replace

from loyalty import lots, standing
from loyalty.agreement import Hold
from loyalty.ledger import EXPIRED, ISSUED, REDEEMED, Entry, available, held
from loyalty.member import Member
from loyalty.posting import covered_entries, post, spent_lots
from loyalty.program import Award, Tier, Tiers, Unit
from loyalty.quote import Choice
from loyalty.reverse import Back, reverse
from loyalty.sale import ReturnedLine, Reversal
from loyalty.standing import Standing
from tests.samples import HANDLE, basket, cafe, member, sold

MINE = available(HANDLE)
DAY = "2026-11-18"


def having(parts: dict[str, int], unit: str = "point", **changes) -> Standing:
    """A member with these pieces by lot."""
    return Standing(HANDLE, {(MINE, unit): parts}, **changes)


def spending(hold: Hold | None = None):
    """A sale that takes 10.00 off for 100 points."""
    sale = sold(cafe(), member(100), basket(3000, 2000), Choice("ten_off"))
    return replace(sale, holds=(hold,) if hold else ())


def test_what_a_hold_holds_is_spent_even_when_it_has_expired():
    """No timer frees pieces, and none takes them away while they are held."""
    own = held("a" * 32)
    found = post(cafe(), {(own, "point"): {"/2026-11-01": 60, "": 40}}, [Entry(own, REDEEMED, "point", 70)], DAY)
    assert found.entries == (Entry(own, REDEEMED, "point", 60, "/2026-11-01"), Entry(own, REDEEMED, "point", 10, ""))


def test_a_hold_that_was_never_granted_is_filled_first():
    """What left the shop is booked: what the hold lacks comes out of what expires first, then is an overdraft."""
    after = standing.after_sale(cafe(), having({"/2026-12-01": 30}), spending(Hold("a" * 32, "point", 100)), DAY)
    assert after.accounts[MINE, "point"] == {"": 40 - 70}
    assert not [account for account, _ in after.accounts if account.startswith("hold/")]


def test_a_hold_that_has_more_gives_the_rest_back():
    """The last to expire goes back into the lot it came from."""
    accounts = {(held("a" * 32), "point"): {"/2026-12-01": 90, "/2027-01-01": 60}}
    sale = replace(spending(Hold("a" * 32, "point", 100)), accruals=())
    assert len(covered_entries(sale, accounts)) == 2
    after = standing.after_sale(cafe(), Standing(HANDLE, accounts), sale, DAY)
    assert after.accounts == {(MINE, "point"): {"/2027-01-01": 50}}


def test_entries_are_kept_with_the_standing_they_made():
    """Playing them again on what was there before gives the same accounts."""
    before = having({"/2026-12-01": 300})
    after = standing.after_sale(cafe(), before, spending(), DAY)
    assert standing.booked(before, after.posted) == replace(before, accounts=after.accounts)
    assert (after.visits, after.spent_minor, after.last_visit, after.tier) == (1, 4000, DAY, "bronze")


def test_a_sale_heard_of_late_does_not_set_the_last_visit_back():
    """A terminal that was offline comes back after others."""
    assert standing.after_sale(cafe(), having({}, last_visit="2026-12-01"), spending(), DAY).last_visit == "2026-12-01"


def test_spent_pieces_go_back_into_their_lots_the_longest_lived_first():
    """A return in two parts fills the lots again, and no more than was taken out of each."""
    program, before = cafe(), having({"/2026-12-01": 60, "/2027-06-01": 300})
    sale = replace(spending(), accruals=())
    after = standing.after_sale(program, before, sale, DAY)
    assert after.lots("point") == {"/2027-06-01": 260}
    returned: dict[str, int] = {}
    seen = []
    for line in ("2", "1"):
        back = reverse(program, sale, Back(returned, (ReturnedLine(line, 1000),), DAY))
        assert isinstance(back, Reversal)
        after = standing.after_return(program, after, back, DAY, spent_lots(after.posted))
        returned[line] = 1000
        seen.append(after.lots("point"))
    assert seen == [{"/2027-06-01": 300}, {"/2026-12-01": 60, "/2027-06-01": 300}]


def test_pieces_of_which_nobody_knows_where_they_came_from_live_for_ever():
    """The member's favor."""
    after = standing.after_return(cafe(), having({}), Reversal({}, {"point": 7}, 0), DAY)
    assert after.posted == (Entry(REDEEMED, MINE, "point", 7),)


def test_on_its_day_a_lot_expires_by_an_entry():
    """Its last day is still good; the day after it is gone, and is due no more."""
    program, now = cafe(), having({"/2026-11-18": 5, "2026-12-01/2026-12-31": 7})
    assert standing.due(program, now, DAY) == "2026-11-19"
    assert standing.on_day(program, now, DAY).lots("point") == now.lots("point")
    after = standing.on_day(program, now, "2026-11-19")
    assert after.posted == (Entry(MINE, EXPIRED, "point", 5, "/2026-11-18"),)
    assert standing.due(program, after, "2026-11-19") == "2027-01-01"
    assert standing.due(program, Standing(HANDLE), DAY) == lots.NEVER


def test_a_tier_review_is_due_a_year_on():
    """It lowers whoever has not earned the tier again, and is then a year away once more."""
    steps = (Tier("bronze", {}), Tier("silver", {}, from_pieces=1000))
    for review, on in (("yearly", "2026-11-19"), ("calendar_year", "2026-01-01")):
        program = cafe(tiers=Tiers("standing", steps, review=review))
        now = Standing(HANDLE, tier="silver", reviewed="2025-11-19")
        assert standing.due(program, now, DAY) == on
        assert standing.on_day(program, now, "2025-12-31").tier == "silver"
        after = standing.on_day(program, now, "2026-11-19")
        assert (after.tier, after.reviewed) == ("bronze", "2026-11-19")
        assert standing.due(program, after, "2026-11-19") > "2026-11-19"


def test_a_birthday_comes_every_year():
    """The award is due when its window opens, comes once, and the window moves on when it has passed."""
    program = cafe(awards={"cake": Award("birthday", "point", 50)})
    now = having({}, occasions={"birthday": ("2026-11-20", "2026-11-27")})
    assert standing.due(program, now, DAY) == "2026-11-20"
    after = standing.on_day(program, now, "2026-11-20")
    assert after.lots("point") == {"": 50}
    assert standing.due(program, after, "2026-11-20") == "2026-11-28"
    assert standing.on_day(program, after, "2026-11-21").posted == after.posted
    later = standing.on_day(program, after, "2026-11-28")
    assert later.occasions == {"birthday": ("2027-11-20", "2027-11-27")}
    assert standing.on_day(program, later, "2027-11-20").lots("point") == {"": 100}


def test_an_anniversary_is_due_once_a_year():
    """Also of those who joined on the last of February in a leap year."""
    program = cafe(awards={"year": Award("anniversary", "point", 50)})
    assert standing.due(program, having({}, joined="2025-11-30"), DAY) == "2026-11-30"
    assert standing.due(program, having({}, joined="2025-11-10"), DAY) == DAY
    assert standing.due(program, having({}, joined="2026-11-10"), DAY) == "2027-11-10"
    leap = having({}, joined="2024-02-29")
    assert standing.due(program, leap, DAY) == "2027-03-01"
    assert standing.on_day(program, leap, "2027-03-01").lots("point") == {"": 50}
    assert standing.due(program, having({}), DAY) == lots.NEVER


def test_who_brought_a_friend_is_owed_and_given():
    """The friend's first purchase owes it; what is given may lift the tier at once."""
    awards = {"both": Award("referral", "standing", 1000), "friend": Award("referred", "point", 10)}
    program = cafe(awards=awards)
    friend = standing.after_sale(program, having({}, referred_by="ff" * 10), spending(), DAY)
    assert friend.owed == (("standing", 1000),)
    assert standing.after_sale(program, replace(friend, owed=()), spending(), DAY).owed == ()
    giver = standing.given(program, Standing("ff" * 10), friend.owed, DAY)
    assert giver.tier == "silver"
    assert giver.posted == (Entry(ISSUED, available("ff" * 10), "standing", 1000),)


def test_a_given_piece_lives_as_long_as_its_unit_says():
    """What head office gives waits and expires like what a sale earns."""
    program = cafe(units={"point": Unit({}, pending_days=14, expire_months=12)})
    after = standing.given(program, Standing(HANDLE), (("point", 5),), DAY)
    assert after.lots("point") == {"2026-12-02/2027-11-18": 5}
    known: Member = standing.member_on(after, DAY)
    assert (known.balances["point"], known.spendable["point"]) == (5, 0)
