"""Surprises played from files alone."""

import hashlib

import pytest

from loyalty.ids import record_id
from loyalty.pool import draw
from posd.trial import play
from runtime.errors import Rejected
from sync import program_file

NAME = {"he": "הפתעה", "en": "Surprise"}
KEY = "00" * 31 + "2a"
SALE = {"basket": {"lines": [{"amount": "60.00"}]}}


def program(**pool):
    """A pool and a promotion with budgets."""
    few = {"type": "amount_off", "name": NAME, "amount": "1.00", "limits": {"budget_uses": 2}}
    lucky = {"name": NAME, "chance": 50, "prizes_max": 3, "prize": [{"unit": "points", "give": 20}], **pool}
    rules = {"promotions": {"few": few}, "pools": {"lucky": lucky}}
    values = {"code": "s", "version": 1, "name": NAME, "units": {"points": {"name": NAME}}, **rules}
    found, mistakes = program_file.parse(values)
    assert found, mistakes
    return found


def steps(count, key=KEY):
    """So many sales."""
    return [{"at": "2026-12-06T12:00", "pool_key": key, **SALE}, *([SALE] * (count - 1))]


def won(answers):
    """What the pool gave in each step."""
    return [sum(one["pieces"] for one in answer["earned"] if one["rule"] == "lucky") for answer in answers]


def test_the_draws_are_as_the_docs_say():
    """Chained by hand they come to the same, until the prizes are gone; and the member has them."""
    answers = play(program(), steps(12), {})
    before, wanted, left = "0" * 64, [], 3
    for number in range(1, 13):
        own = record_id("trial", "2026-12-06", str(number))
        hit = draw("lucky", program().pools["lucky"], bytes.fromhex(KEY), before, own)
        wanted.append(20 if hit and left else 0)
        left -= bool(hit and left)
        before = hashlib.sha256(f"{before}{own}".encode()).hexdigest()
    assert won(answers) == wanted
    assert sum(wanted) == 60
    assert answers[-1]["units"]["points"]["after"] == 60
    codes = [next(one["code"] for one in answer["trace"] if one["rule"] == "lucky") for answer in answers]
    assert codes[0] == "draw_open"
    assert codes[-1] == "budget_exceeded"


def test_without_a_key_nothing_is_drawn():
    """The trace says that it takes part all the same; nobody's basket takes no part."""
    answers = play(program(chance=100), [SALE], {})
    assert won(answers) == [0]
    assert won(play(program(chance=100), steps(2))) == [0, 0]


def test_once_a_day():
    """The second win has to wait for the next day."""
    played = [*steps(2), {"advance_days": 1, **SALE}]
    assert won(play(program(chance=100, per_day=1), played, {})) == [20, 0, 20]


def test_the_whole_back_takes_the_prize_and_gives_uses_back():
    """A part does not; the prize's own budget stays used."""
    two = {"basket": {"lines": [{"amount": "60.00"}, {"amount": "5.00"}]}}
    played = [{**steps(1)[0], **two}, {"return": {"of": 1, "lines": [{"line": "2"}]}}, {"void": 1}, SALE, SALE, SALE]
    answers = play(program(chance=100, prizes_max=2), played, {})
    assert [answer["units"]["points"]["after"] for answer in answers] == [20, 20, 0, 20, 20, 20]
    assert [len(answer["discounts"]) for answer in answers] == [1, 0, 0, 1, 1, 0]


@pytest.mark.parametrize(
    ("step", "wrong"),
    [({"pool_key": "2a", **SALE}, "64 hex digits"), ({"pool_key": KEY, "advance_days": 1}, "nothing to draw for")],
)
def test_a_wrong_key_is_told(step, wrong):
    """Its length, and where there is nothing to draw for."""
    with pytest.raises(Rejected, match=wrong):
        play(program(), [step], {})
