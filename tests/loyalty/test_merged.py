"""Two cards of one member: everything moves, nothing comes or goes."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from loyalty import standing
from loyalty.ledger import available
from loyalty.lots import OPEN
from loyalty.program import Unit
from loyalty.standing import Standing
from tests.samples import cafe

A, B = "aa" * 10, "bb" * 10
DAY = "2026-11-18"
LOTS = st.sampled_from([OPEN, "/2026-12-31", "2026-12-01/2027-01-31", "/2027-06-30"])
UNITS = ("point", "standing", "used/summer", "count/ten")
HELD = st.dictionaries(LOTS, st.integers(-300, 500).filter(bool), max_size=3)


@st.composite
def members(draw: st.DrawFn, handle: str) -> Standing:
    """Somebody with lots of several units, debts among them (a debt stands in the lot without dates)."""
    accounts = {}
    for unit in UNITS:
        have = {lot: abs(pieces) if lot != OPEN else pieces for lot, pieces in draw(HELD).items()}
        if have:
            accounts[available(handle), unit] = have
    return Standing(
        handle,
        accounts,
        visits=draw(st.integers(0, 9)),
        spent_minor=draw(st.integers(0, 9999)),
        joined=draw(st.sampled_from(["", DAY])),
    )


def sums(*some: Standing) -> Counter[str]:
    """Pieces of each unit, all together; what the program itself gave or took away is left out."""
    found: Counter[str] = Counter()
    for one in some:
        for (_, unit), have in one.accounts.items():
            found[unit] += sum(have.values())
    return found


@given(members(A), members(B))
def test_nothing_comes_and_nothing_goes(absorbed: Standing, into: Standing) -> None:
    """Balances, visits and money are the sums; the entries of both sum to nothing between them; the one is empty."""
    left, whole = standing.merged(cafe(), absorbed, into, DAY)
    assert left.accounts == {}
    before, after = sums(absorbed, into), sums(whole)
    assert all(before[unit] == after[unit] for unit in UNITS)
    assert (whole.visits, whole.spent_minor) == (absorbed.visits + into.visits, absorbed.spent_minor + into.spent_minor)
    between: Counter[str] = Counter()
    for entry in (*left.posted, *whole.posted):
        between[entry.unit] += entry.pieces * ((entry.target == f"merged/{A}") - (entry.source == f"merged/{A}"))
    assert not any(between.values())
    assert all(entry.pieces > 0 for entry in (*left.posted, *whole.posted))


@given(members(A), members(B))
def test_lots_keep_their_dates_and_debts_are_repaid_first(absorbed: Standing, into: Standing) -> None:
    """Without a debt every lot is the sum of the two; with one there is no debt beside pieces that could have repaid it."""
    _, whole = standing.merged(cafe(), absorbed, into, DAY)
    for unit in UNITS:
        have = Counter(dict(absorbed.lots(unit)))
        have.update(into.lots(unit))
        if min((*absorbed.lots(unit).values(), *into.lots(unit).values(), 0)) >= 0:
            assert whole.lots(unit) == {lot: pieces for lot, pieces in have.items() if pieces}
        elif absorbed.lots(unit).get(OPEN, 0) >= 0 and into.lots(unit).get(OPEN, 0) < 0:
            came = sum(absorbed.lots(unit).values())
            assert whole.lots(unit).get(OPEN, 0) >= min(0, into.lots(unit)[OPEN] + came)


def test_what_is_extended_by_activity_is_not_made_younger_by_merging() -> None:
    """Two cards of one person are no purchase."""
    units = {**cafe().units, "point": Unit({"en": "points"}, expire_days=30, extended=True)}
    mine = Standing(B, {(available(B), "point"): {"/2026-11-20": 5}})
    theirs = Standing(A, {(available(A), "point"): {"/2026-12-18": 7}})
    _, whole = standing.merged(cafe(units=units), theirs, mine, DAY)
    assert whole.lots("point") == {"/2026-11-20": 5, "/2026-12-18": 7}


def test_what_is_known_of_both() -> None:
    """The higher tier, the earlier day of joining, the last visit, all segments; what both say, the one that stays says."""
    gold = Standing(
        A, {(available(A), "standing"): {OPEN: 5000}}, tier="gold", joined="2025-01-01", last_visit="2026-11-01",
        segments=("a", "b"),
        occasions={"birthday": ("2026-12-01", "2026-12-07"), "name": ("2026-12-01", "2026-12-02")}, referred_by="cc" * 10,
    )  # fmt: skip
    mine = Standing(
        B, tier="bronze", joined="2026-01-01", last_visit="2026-10-01", segments=("b", "c"),
        occasions={"birthday": ("2027-01-01", "2027-01-07")},
    )  # fmt: skip
    left, whole = standing.merged(cafe(), gold, mine, DAY)
    assert (whole.tier, whole.joined, whole.last_visit) == ("gold", "2025-01-01", "2026-11-01")
    assert (whole.segments, whole.referred_by) == (("b", "c", "a"), "cc" * 10)
    assert whole.occasions == {"birthday": ("2027-01-01", "2027-01-07"), "name": ("2026-12-01", "2026-12-02")}
    assert (left.tier, left.occasions, left.handle) == ("", {}, A)
