"""Surprises that nobody can steer."""

import hashlib
import hmac
from collections import Counter

from loyalty.pool import Drawn, draw
from loyalty.program import Pool, Prize

PRIZES = (Prize("point", 10, weight=3), Prize("mug", 1), Prize("trip", 1, weight=2))
KEY, PREV = b"k" * 32, "e" * 64


def pool(chance):
    """Three prizes, drawn with `chance` in hundredths of a percent."""
    return Pool({}, chance, 100, PRIZES)


def test_the_draw_is_an_hmac():
    """Of the pool, the hash before and the id: the first 8 bytes say whether, the next 8 which."""
    for number in range(50):
        digest = hmac.new(KEY, f"lucky:{PREV}:{number}".encode(), hashlib.sha256).digest()
        at = int.from_bytes(digest[:8], "big") % 10_000
        prize = (PRIZES[0],) * 3 + (PRIZES[1],) + (PRIZES[2],) * 2
        won = Drawn("lucky", prize[int.from_bytes(digest[8:16], "big") % 6])
        assert draw("lucky", pool(at + 1), KEY, PREV, str(number)) == won
        assert draw("lucky", pool(at), KEY, PREV, str(number)) is None


def test_chance_and_weights():
    """At nothing nobody wins, at the whole everybody; prizes come by their weights."""
    assert all(draw("lucky", pool(0), KEY, PREV, str(number)) is None for number in range(200))
    won = Counter(draw("lucky", pool(10_000), KEY, PREV, str(number)).prize.unit for number in range(600))
    assert set(won) == {"point", "mug", "trip"}
    assert won["point"] > won["trip"] > won["mug"]


def test_everything_that_is_fixed_before_decides():
    """Another key, another hash before or another pool draws otherwise."""
    changes = [("lucky", KEY, PREV), ("other", KEY, PREV), ("lucky", b"x" * 32, PREV), ("lucky", KEY, "f" * 64)]
    drawn = [
        tuple(draw(code, pool(5000), key, prev, str(number)) is not None for number in range(64)) for code, key, prev in changes
    ]
    assert len(set(drawn)) == len(changes)
