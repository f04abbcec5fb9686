"""Leases: what is granted, what comes back, and that all accounts together always have just what there is."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty import leases
from loyalty.agreement import Hold
from loyalty.code import Strength
from loyalty.leases import Have, Lease, Purse
from loyalty.ledger import available, exposed, held, leased
from loyalty.lots import Lots
from loyalty.posting import covered_entries, hold_entries, void_entries
from loyalty.program import Policies, Program, Tiers, Unit
from loyalty.quote import Movement
from loyalty.sale import Void
from loyalty.standing import Standing, book, member_on, on_day
from tests.samples import HANDLE, basket, cafe, member, sold

DAY, LEASE, HOLD = "2026-11-18", "e" * 32, "a" * 32
SALE = replace(sold(cafe(), member(), basket(1000)), accruals=())


def shop(cost: int = 100, **unit: int) -> Program:
    """The cafe with one unit, leased by these rules."""
    points = replace(cafe().units["point"], **unit)
    return replace(cafe(), units={"point": points}, rewards={"off": replace(cafe().rewards["ten_off"], cost=cost)}, tiers=None)


def having(pieces: int | Lots) -> Standing:
    """A member with that available."""
    found = {"": pieces} if isinstance(pieces, int) else pieces
    return Standing(HANDLE, {(available(HANDLE), "point"): found})


def inside(standing: Standing, account: str) -> int:
    """How much an account has."""
    return leases.within(standing, account).get("point", 0)


def spending(pieces: int, leased_: int, name: str = LEASE) -> Hold:
    """A hold of which so much is leased."""
    return Hold(HOLD, "point", pieces, name if leased_ else "", leased_)


@pytest.mark.parametrize(
    ("unit", "have", "wanted"),
    [
        ({}, Have(400, 0, 0), 100),  # a quarter, in whole rewards
        ({}, Have(399, 0, 0), 0),
        ({}, Have(10_000, 0, 0), 500),  # the cap
        ({}, Have(5000, 0, 5000), 0),  # half is out already
        ({}, Have(5100, 0, 4900), 100),  # what the half leaves
        ({}, Have(300, 100, 100), 0),  # it has its share
        ({}, Have(2000, 100, 100), 400),
        ({}, Have(50, 0, 0), 0),
        ({}, Have(-50, 0, 0), 0),
        ({}, Have(0, 400, 400), 0),  # never taken from it
        ({"lease_percent": 0}, Have(10_000, 0, 0), 0),  # a gift card
        ({"lease_percent": 100, "lease_percent_all": 100, "lease_pieces_max": 0}, Have(730, 0, 0), 700),
        ({"lease_percent": 100, "lease_percent_all": 100, "lease_pieces_max": 100}, Have(900, 0, 0), 100),  # one card
        ({"lease_percent_all": 0}, Have(10_000, 0, 0), 0),
    ],
)
def test_how_much_a_lease_gets(unit: dict[str, int], have: Have, wanted: int) -> None:
    """Its share of all, the cap, the share of all leases together, and whole rewards."""
    assert leases.more(shop(**unit), "point", have) == wanted


def test_only_what_buys_something_is_leased() -> None:
    """A unit without a reward is not, nor one that a tier's review takes away."""
    assert leases.step_of(cafe(), "standing") == 0
    assert leases.step_of(shop(cost=9), "point") == 9
    status = replace(shop(), tiers=Tiers("point", cafe().tiers.steps, reset=True))  # type: ignore[union-attr]
    assert (leases.step_of(status, "point"), leases.step_of(replace(status, tiers=None), "point")) == (0, 100)


counts = st.integers(0, 5000)
rules = st.fixed_dictionaries(
    {"lease_percent": st.integers(0, 100), "lease_percent_all": st.integers(0, 100), "lease_pieces_max": st.integers(0, 900)}
)


@given(st.integers(-100, 5000), counts, counts, rules, st.integers(1, 300))
def test_a_lease_never_gets_more_than_there_is(free: int, here: int, others: int, unit: dict[str, int], cost: int) -> None:
    """Whatever the rules: no more than is available, within the cap and both shares, and a whole number of rewards in the end."""
    pieces = leases.more(shop(cost, **unit), "point", Have(free, here, here + others))
    whole = free + here + others
    assert 0 <= pieces <= max(0, free)
    if pieces:
        assert (here + pieces) % cost == 0
        assert here + pieces <= (unit["lease_pieces_max"] or whole)
        assert 100 * (here + others + pieces) <= whole * unit["lease_percent_all"]
        assert 100 * (here + pieces) <= whole * unit["lease_percent"]


lots_drawn = st.dictionaries(st.sampled_from(["", "/2026-12-01", "/2027-01-01", "2027-02-01/"]), st.integers(1, 800))


@given(lots_drawn, rules, st.integers(1, 60), st.data())
def test_pieces_only_move(lots_of: Lots, unit: dict[str, int], cost: int, data: st.DataObject) -> None:
    """Granted, held, voided, returned, exposed, released in any order: every piece stays in its lot, none is made or lost."""
    program, now = shop(cost, **unit), having(lots_of)
    granted: Counter[str] = Counter()
    returned: Counter[str] = Counter()
    spent = 0
    for step in data.draw(st.lists(st.sampled_from("ghvrxl"), max_size=8)):
        before = now
        lease = Lease(LEASE, granted, returned)
        if step == "g":
            now = leases.grant(program, now, LEASE, DAY)
            granted["point"] += inside(now, leased(LEASE)) - inside(before, leased(LEASE))
        elif step == "h" and inside(now, leased(LEASE)) and not inside(now, held(HOLD)):
            spent = inside(now, leased(LEASE))
            now = book(program, now, hold_entries(spending(spent, spent), HANDLE), DAY)
        elif step == "v" and inside(now, held(HOLD)):
            now, spent = book(program, now, void_entries(Void("", (spending(spent, spent),), HANDLE)), DAY), 0
        elif step == "r":
            now = leases.give_back(program, now, lease, {"point": spent}, DAY)
            returned["point"] += inside(now, available(HANDLE)) - inside(before, available(HANDLE))
        elif step == "x":
            now = leases.expose(program, now, [LEASE], DAY)
        elif step == "l":
            now = leases.release(program, now, [LEASE], DAY)
        sums: Counter[str] = Counter()
        for have in now.accounts.values():
            assert min(have.values(), default=0) >= 0
            sums.update(have)
        assert sums == Counter(lots_of)


@given(st.integers(1, 1000), st.integers(0, 1000), st.integers(0, 1000))
def test_a_return_frees_just_what_is_not_spent(granted: int, spent: int, booked: int) -> None:
    """What is spent and not booked yet stays for its Sale, whatever came first; saying it again frees nothing more."""
    spent, booked = min(spent, granted), min(booked, spent, granted)
    now = Standing(HANDLE, {(leased(LEASE), "point"): {"": granted - booked}})
    lease = Lease(LEASE, {"point": granted})
    after = leases.give_back(shop(), now, lease, {"point": spent}, DAY)
    assert inside(after, leased(LEASE)) == spent - booked
    assert inside(after, available(HANDLE)) == granted - spent
    again = replace(lease, returned={"point": granted - spent})
    assert leases.give_back(shop(), after, again, {"point": spent}, DAY).accounts == after.accounts
    freed = leases.give_back(shop(), after, again, {"point": booked}, DAY)
    assert inside(freed, leased(LEASE)) == 0


def test_a_return_after_fencing_frees_what_was_exposed() -> None:
    """The terminal's own word is as good as ever; what it has spent stays exposed."""
    now = leases.expose(shop(), Standing(HANDLE, {(leased(LEASE), "point"): {"": 300}}), [LEASE], DAY)
    after = leases.give_back(shop(), now, Lease(LEASE, {"point": 300}), {"point": 120}, DAY)
    assert (inside(after, exposed(LEASE)), inside(after, available(HANDLE))) == (120, 180)


def booked(now: Standing, hold: Hold) -> Standing:
    """After a sale that spends all of `hold`."""
    sale = replace(SALE, holds=(hold,), redemptions=(Movement("off", "point", hold.pieces, (hold.pieces,)),))
    return book(shop(), now, covered_entries(sale, now.accounts), DAY)


def test_a_sale_takes_from_its_lease_what_no_hold_has() -> None:
    """Head office has never heard of the hold: the lease covers it, the member keeps the rest."""
    now = replace(having(500), accounts={**having(500).accounts, (leased(LEASE), "point"): {"": 300}})
    after = booked(now, spending(200, 200))
    assert (inside(after, leased(LEASE)), inside(after, available(HANDLE)), inside(after, held(HOLD))) == (100, 500, 0)


def test_a_sale_of_a_fenced_terminal_takes_what_was_exposed() -> None:
    """First of the lease, then of the hold itself, and only then from the member."""
    now = replace(having(500), accounts={**having(500).accounts, (leased(LEASE), "point"): {"": 300}})
    now = leases.expose(shop(), now, [LEASE], DAY)
    after = booked(now, spending(400, 300))
    assert (inside(after, exposed(LEASE)), inside(after, available(HANDLE))) == (0, 400)


def test_what_was_released_and_is_spent_after_all_overdraws() -> None:
    """What left the shop is booked: the member is in debt, which the next pieces repay, and gets no lease meanwhile."""
    now = booked(having(50), spending(100, 100))
    assert now.lots("point")[""] == -50
    assert leases.overdrawn(now)
    assert leases.grant(shop(cost=1), now, LEASE, DAY) == now
    assert not leases.overdrawn(having(50))


def test_what_open_holds_have_taken_counts_as_leased() -> None:
    """No lease is filled up for it, of the same terminal or another's share of all; and a copy could spend it once more."""
    program, now = shop(lease_percent=50), having(600)
    assert inside(leases.grant(program, now, LEASE, DAY), leased(LEASE)) == 300
    taken = {(leased(LEASE), "point"): 200, (leased(LEASE), "stamp"): 3, (leased("other"), "point"): 50}
    after = leases.grant(program, now, LEASE, DAY, taken)
    assert inside(after, leased(LEASE)) == 100
    assert leases.at_stake(after, [LEASE], taken) == {"point": 300, "stamp": 3}
    assert leases.at_stake(after, ["other"], taken) == {"point": 50}
    assert leases.at_stake(after, [], taken) == {}


def test_what_a_copy_gives_up_stays_exposed() -> None:
    """The part that came out of the lease is exposed of that; the rest is free only where no other copy has promised it."""
    now = leases.expose(shop(), Standing(HANDLE, {(held(HOLD), "point"): {"": 100}}), [HOLD], DAY)
    kept = leases.give_up(shop(), now, [spending(100, 60)], DAY, free=False)
    assert (inside(kept, exposed(LEASE)), inside(kept, exposed(HOLD)), inside(kept, available(HANDLE))) == (60, 40, 0)
    freed = leases.give_up(shop(), now, [spending(100, 60)], DAY)
    assert (inside(freed, exposed(LEASE)), inside(freed, exposed(HOLD)), inside(freed, available(HANDLE))) == (60, 0, 40)


def test_a_hold_takes_from_the_lease_what_is_there() -> None:
    """The terminal's word, as far as head office has it there; never from a lease that is not its own."""
    now = replace(having(500), accounts={**having(500).accounts, (leased(LEASE), "point"): {"": 30}})
    asked = spending(100, 60)
    assert leases.reserved(now, asked, own=True) == spending(100, 30)
    assert leases.reserved(now, asked, own=False) == Hold(HOLD, "point", 100)
    assert leases.spare(now, spending(100, 30), DAY) == 430
    assert leases.spare(now, Hold(HOLD, "point", 501), DAY) == -1


def test_a_void_gives_back_to_where_it_came_from() -> None:
    """The lease its part, the member the rest."""
    entries = [(one.source, one.target, one.pieces) for one in void_entries(Void("", (spending(100, 60),), HANDLE))]
    assert entries == [(held(HOLD), leased(LEASE), 60), (held(HOLD), available(HANDLE), 40)]
    assert [(one.target, one.source, one.pieces) for one in hold_entries(spending(100, 60), HANDLE)] == entries


def test_what_is_leased_is_the_members_still() -> None:
    """Tiers and pages count it; expiry touches only what is available, and a returned remainder expires then."""
    program, lot = shop(cost=1, lease_percent=50), "/2026-11-20"
    now = leases.grant(program, having({lot: 100}), LEASE, DAY)
    assert member_on(now, DAY).balances == {"point": 100}
    late = on_day(program, now, "2026-11-21")
    assert (inside(late, leased(LEASE)), inside(late, available(HANDLE))) == (50, 0)
    back = leases.give_back(program, late, Lease(LEASE, {"point": 50}), {}, "2026-11-21")
    assert back.lots("point") == {lot: 50}
    assert inside(on_day(program, back, "2026-11-22"), available(HANDLE)) == 0


def test_head_office_sees_what_has_left_a_lease() -> None:
    """Granted, less what came back, less what is still in it."""
    now = Standing(HANDLE, {(leased(LEASE), "point"): {"": 30}})
    assert leases.seen(now, Lease(LEASE, {"point": 100, "stamp": 4}, {"point": 20, "stamp": 4})) == {"point": 50}


def test_a_purse_has_what_neither_side_has_seen_spent() -> None:
    """Our own word, or head office's where that is more: then another copy of this terminal spends too."""
    assert [Purse(100, 30).left, Purse(100, 30, 80).left, Purse(100, 80, 30).left, Purse(10, 30).left] == [70, 20, 20, 0]


@pytest.mark.parametrize(
    ("leased_", "strength", "least", "code"),
    [
        (100, Strength.ROTATING, "rotating", None),
        (100, Strength.SIGNED, "rotating", "lease_needs_code"),
        (100, Strength.SIGNED, "signed", None),
        (100, Strength.PLAIN, "signed", "lease_needs_code"),
        (100, Strength.TYPED, "signed", "lease_needs_code"),
        (60, Strength.ROTATING, "rotating", "lease_short"),
        (0, Strength.ROTATING, "rotating", "head_office_unreachable"),
    ],
)
def test_why_a_lease_does_not_do(leased_: int, strength: Strength, least: str, code: str | None) -> None:
    """It covers the whole, for a code that is strong enough; else the cashier reads why not."""
    program = replace(shop(), policies=Policies(lease_min_strength=least))  # type: ignore[arg-type]
    found = leases.shortfall(program, (spending(100, leased_),), strength)
    assert (found.code if found else None) == code
    if code == "lease_short":
        assert found
        assert dict(found.params) == {"unit": "point", "have": 60, "cost": 100, "missing": 40}


@pytest.mark.parametrize(("lease", "leased_"), [("", 1), (LEASE, 0), (LEASE, 101), (LEASE, -1)])
def test_a_hold_names_its_lease_or_takes_nothing(lease: str, leased_: int) -> None:
    """Both or neither, and no more than the hold."""
    with pytest.raises(ValueError, match="lease"):
        Hold(HOLD, "point", 100, lease, leased_)


def test_a_unit_says_how_it_is_leased() -> None:
    """The defaults are the design's."""
    unit = Unit({})
    assert (unit.lease_percent, unit.lease_percent_all, unit.lease_pieces_max) == (25, 50, 500)
    assert Policies().lease_min_strength == "rotating"
