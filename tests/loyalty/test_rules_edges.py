"""A program made ready: which are kept, and what is not to be had here and now."""

from dataclasses import replace

import pytest

from loyalty import rules as ready
from loyalty.bill import Bill
from loyalty.conditions.time import Dates
from loyalty.goods import Goods, index, pick
from loyalty.member import Member
from loyalty.moment import Calendar, Moment, Place
from loyalty.program import Program
from loyalty.rewards.amount_off import AmountOff
from loyalty.rules import KEPT_PROGRAMS, Rules, compiled, make_ready, not_now
from tests.bills import NOW, checkout, goods
from tests.offers import gives, offering

HOUR_MS = 3_600_000
WEEKDAY = Calendar(5787, 9, 8)
SABBATH = replace(WEEKDAY, sabbath=True, rest=True)


def versions(count: int) -> list[Program]:
    """So many of a program."""
    return [replace(offering({}), version=number) for number in range(1, count + 1)]


def test_the_last_programs_are_kept():
    """They are not made ready again; one more makes the oldest go, and no other."""
    ready._KEPT.clear()
    many = versions(KEPT_PROGRAMS + 1)
    found = [compiled(program) for program in many]
    assert len(ready._KEPT) == KEPT_PROGRAMS
    assert all(compiled(program) is one for program, one in zip(many[1:], found[1:], strict=True))
    again = compiled(many[0])
    assert again is not found[0]
    assert again.program is many[0]
    assert len(ready._KEPT) == KEPT_PROGRAMS


def promoting(members_only: bool = False, **when: object) -> Rules:
    """One promotion, ready, under these conditions."""
    return make_ready(offering({"p": gives(AmountOff(100), members_only=members_only, when=when)}))


def at(moment: Moment, member: Member | None = None) -> Bill:
    """A checkout then and there."""
    return checkout(1000, moment=moment, member=member)


def code(rules: Rules, bill: Bill) -> str | None:
    """Why the promotion is not to be had now."""
    (refusal,) = not_now(rules, bill)
    return refusal.code if refusal else None


@pytest.mark.parametrize(
    ("when", "then", "other", "refusal"),
    [
        ({"stores": ("a",)}, {"place": Place("a")}, {"place": Place("b")}, "other_store"),
        ({"terminals": ("a",)}, {"place": Place("s", "a")}, {"place": Place("s", "b")}, "other_terminal"),
        ({"channels": ("web",)}, {"place": Place(channel="web")}, {"place": Place()}, "other_channel"),
        ({"dates": (Dates("2026-11-18", "2026-11-18"),)}, {}, {"local_date": "2026-11-19"}, "over"),
        ({"hours": ("13:00-14:00",)}, {}, {"wall_ms": NOW.wall_ms + HOUR_MS}, "other_hour"),
        ({"hours": ("13:00-14:00",)}, {}, {"utc_offset_minutes": 180}, "other_hour"),
        ({"sabbath": "outside"}, {"calendar": WEEKDAY}, {"calendar": SABBATH}, "sabbath_outside_only"),
    ],
    ids=str,
)
def test_another_place_or_time_is_looked_at_anew(when, then, other, refusal):
    """Whatever was answered just before."""
    rules, here, there = promoting(**when), at(replace(NOW, **then)), at(replace(NOW, **then | other))
    assert [code(rules, bill) for bill in (here, there, here)] == [None, refusal, None]


def test_with_a_member_and_without():
    """What is for members only is nobody else's, in the same minute."""
    rules = promoting(members_only=True)
    assert [code(rules, at(NOW, who)) for who in (Member("h"), None, Member("h"))] == [None, "member_needed", None]


def test_a_minute_is_looked_at_once():
    """Other baskets and other members of it get the same answer; the next minute has its own."""
    rules = promoting(hours=("08:00-09:00",))
    first = not_now(rules, at(NOW, Member("h")))
    assert not_now(rules, at(replace(NOW, wall_ms=NOW.wall_ms + 1), Member("other"))) is first
    later = not_now(rules, at(replace(NOW, wall_ms=NOW.wall_ms + 60_000), Member("h")))
    assert later == first
    assert later is not first


def test_what_a_rule_means_is_found_for_each_basket():
    """Although the last one's is remembered."""
    find = pick(Goods(products=("a", "b")))
    bread, milk = index((goods("a", 100), goods("c", 100))), index((goods("c", 100), goods("b", 100)))
    assert [find(bread), find(bread), find(milk), find(bread)] == [(0,), (0,), (1,), (0,)]
    assert find(milk) is find(milk)
