"""What records move, and the lots that they really find."""

from collections import Counter
from dataclasses import replace

import pytest

from loyalty.goods import ALL
from loyalty.ledger import ISSUED, REDEEMED, Entry, available, held
from loyalty.posting import post, return_entries, sale_entries
from loyalty.program import Challenge, Policies, Program, Unit
from loyalty.quote import Extras, Use
from loyalty.sale import Reversal
from tests.samples import basket, cafe, member, sold

DAY = "2026-11-18"
MINE = available("h")
STREAK = Challenge("per_sale", {}, 3, None, ALL, period="week", streak=True)


def program(**policies):
    """Points that live for ever, stamps that any activity extends, and a streak."""
    units = {"point": Unit({}), "stamp": Unit({}, expire_days=30, extended=True)}
    challenges = {"streak": STREAK, "plain": Challenge("per_sale", {}, 3, None, ALL)}
    return Program("bare", 1, "ILS", {}, units, {}, {}, policies=Policies(**policies), challenges=challenges)


def earned(unit, pieces, lot="", source=ISSUED):
    """Pieces that come to the member."""
    return Entry(source, MINE, unit, pieces, lot)


def after(accounts, *entries, **policies):
    """The member's lots of each unit after `entries`, and what was missing; every entry moved no more than one lot."""
    posted = post(program(**policies), {(MINE, unit): lots for unit, lots in accounts.items()}, entries, DAY)
    sums = {unit: Counter(lots) for unit, lots in accounts.items()}
    for entry in posted.entries:
        for account, sign in ((entry.source, -1), (entry.target, 1)):
            if account == MINE:
                sums.setdefault(entry.unit, Counter())[entry.lot] += sign * entry.pieces
    return {unit: {lot: pieces for lot, pieces in lots.items() if pieces} for unit, lots in sums.items()}, dict(posted.missing)


@pytest.mark.parametrize(
    ("have", "entry", "left"),
    [
        ({}, earned("point", 5), {"": 5}),
        ({}, earned("point", 5, "/2026-12-01"), {"/2026-12-01": 5}),
        ({"": -3}, earned("point", 5, "/2026-12-01"), {"/2026-12-01": 2}),
        ({"": -5}, earned("point", 5, "/2026-12-01"), {}),
        ({"": -7}, earned("point", 5, "/2026-12-01"), {"": -2}),
        ({"": -7}, earned("point", 5), {"": -2}),
        ({"": 7}, earned("point", 5, "/2026-12-01"), {"": 7, "/2026-12-01": 5}),
    ],
)
def test_what_comes_in_repays_an_overdraft_first(have, entry, left):
    """The rest goes into its own lot."""
    assert after({"point": have}, entry) == ({"point": left}, {})


def test_what_is_spent_expires_first():
    """In as many entries as there are lots; what is not there is an overdraft."""
    have = {"point": {"": 3, "/2026-12-01": 4, "2026-11-19/": 9}}
    assert after(have, Entry(MINE, REDEEMED, "point", 6)) == ({"point": {"": 1, "2026-11-19/": 9}}, {})
    assert after(have, Entry(MINE, REDEEMED, "point", 10)) == ({"point": {"": -3, "2026-11-19/": 9}}, {})


def test_entries_are_posted_one_after_the_other():
    """A later one finds what the earlier ones left."""
    spends = [Entry(MINE, REDEEMED, "point", 2), earned("point", 1, "/2026-11-30"), Entry(MINE, REDEEMED, "point", 2)]
    assert after({"point": {"/2026-12-01": 3}}, *spends) == ({"point": {}}, {})


def test_a_hold_keeps_the_lots_it_took():
    """Pieces that come back from it are as old as they were."""
    there = post(program(), {(MINE, "point"): {"/2026-12-01": 3}}, [Entry(MINE, held("x"), "point", 2)], DAY).entries
    assert there == (Entry(MINE, held("x"), "point", 2, "/2026-12-01"),)
    back = post(program(), {(held("x"), "point"): {"/2026-12-01": 2}}, [Entry(held("x"), MINE, "point", 2)], DAY).entries
    assert back == (Entry(held("x"), MINE, "point", 2, "/2026-12-01"),)


@pytest.mark.parametrize(
    ("unit", "source", "left"),
    [
        ("stamp", ISSUED, {"/2026-12-18": 6}),
        ("stamp", "partner/p", {"/2026-12-18": 6}),
        ("stamp", REDEEMED, {"/2026-12-01": 5, "/2026-12-18": 1}),
        ("point", ISSUED, {"/2026-12-01": 5, "/2026-12-18": 1}),
        ("count/streak", ISSUED, {"/2026-12-18": 6}),
        ("count/plain", ISSUED, {"/2026-12-01": 5, "/2026-12-18": 1}),
        ("count/gone", ISSUED, {"/2026-12-01": 5, "/2026-12-18": 1}),
        ("won/streak", ISSUED, {"/2026-12-01": 5, "/2026-12-18": 1}),
    ],
)
def test_activity_extends(unit, source, left):
    """Units that say so and streaks; what is merely given back is no activity."""
    assert after({unit: {"/2026-12-01": 5}}, earned(unit, 1, "/2026-12-18", source)) == ({unit: left}, {})


@pytest.mark.parametrize(
    ("policy", "pieces", "left", "missing"),
    [
        ("within_balance", 3, {"": 4, "2026-11-19/": 2, "/2026-12-01": 3}, {}),
        ("within_balance", 9, {"": 3}, {}),
        ("within_balance", 14, {}, {"point": 2}),
        ("pending_only", 3, {"": 4, "2026-11-19/": 2, "/2026-12-01": 3}, {}),
        ("pending_only", 9, {"": 4, "/2026-12-01": 3}, {"point": 4}),
        ("allowed", 9, {"": 3}, {}),
        ("allowed", 12, {}, {}),
        ("allowed", 14, {"": -2}, {}),
    ],
)
def test_what_a_return_takes_back(policy, pieces, left, missing):
    """Within the balance, of what is pending only, or into an overdraft."""
    have = {"point": {"": 4, "/2026-12-01": 3, "2026-11-19/": 5}}
    entry = Entry(MINE, ISSUED, "point", pieces, "2026-11-19/")
    assert after(have, entry, negative_balance=policy) == ({"point": left}, missing)


@pytest.mark.parametrize("policy", ["within_balance", "pending_only", "allowed"])
def test_a_counter_never_goes_below_nothing(policy):
    """Whatever the policy for units."""
    found = after({"count/plain": {"": 2}}, Entry(MINE, ISSUED, "count/plain", 5), negative_balance=policy)
    assert found == ({"count/plain": {}}, {"count/plain": 3})


def test_entries_of_a_return():
    """Earned pieces back from the lot they went into, uses back, spent pieces to the member; of nobody nothing."""
    reversal = Reversal({"point": 5, "stamp": 1}, {"point": 7}, 500, {"used/r": 2}, {"point": "/2026-12-01"})
    assert set(return_entries("h", reversal)) >= {
        Entry(MINE, ISSUED, "point", 5, "/2026-12-01"),
        Entry(MINE, ISSUED, "stamp", 1),
        Entry(MINE, ISSUED, "used/r", 2),
        Entry(REDEEMED, MINE, "point", 7),
    }
    assert len(return_entries("h", reversal)) == 4
    assert return_entries("", reversal) == ()


def test_what_one_entry_spent_the_next_cannot():
    """The third piece of three is the last; the fourth is an overdraft, and what comes in then repays it."""
    spends = [Entry(MINE, REDEEMED, "point", 2)] * 2
    assert after({"point": {"/2026-12-01": 3}}, *spends) == ({"point": {"": -1}}, {})
    assert after({}, *spends, earned("point", 5, "/2026-12-01")) == ({"point": {"/2026-12-01": 1}}, {})


def test_uses_of_a_sale_are_booked():
    """Each counter until the end of what it counts within."""
    uses = (Use("r", 2, 0, ("used_day/r", "used_month/r", "used/r")),)
    sale = replace(sold(cafe(), member(), basket(1000)), extras=Extras(uses=uses))
    mine = available(sale.member.handle)
    assert sale_entries(sale)[-3:] == (
        Entry(ISSUED, mine, "used_day/r", 2, "/2026-11-18"),
        Entry(ISSUED, mine, "used_month/r", 2, "/2026-11-30"),
        Entry(ISSUED, mine, "used/r", 2),
    )
