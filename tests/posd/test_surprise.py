"""Surprises through the local API: told once it is booked, and never how they are drawn."""

import json

import pytest

from loyalty.pool import draw
from loyalty.program import Pool, Prize
from posd.store import journal
from sync import program_file, wire
from tests.till import CAFE, CARD, lines

NAME = {"he": "הפתעה", "en": "Surprise"}
KEY = "5e" * 32
SHARE = 9
POOL = {"name": NAME, "chance": 50, "prizes_max": SHARE, "prize": [{"unit": "points", "give": 20}]}


async def learned(shop, share=SHARE):
    """The cafe's next version, with a pool and this terminal's share of it."""
    values = {**program_file.load(CAFE)[1], "version": 9, "pools": {"lucky": POOL}}
    await shop.learns(wire.ProgramRow("cafe", 9, 0, values, KEY), wire.ShareRow({"lucky": share} if share else {}))


async def test_a_prize_is_told_with_the_sale(shop):
    """What the draw of the journal's head and the record's id says is earned, as long as the share lasts, and nothing else."""
    await learned(shop)
    pool, won = Pool(NAME, 5000, SHARE, (Prize("points", 20),)), []
    for number in range(24):
        before = (await shop.store.look(journal.head)).hash
        told = await shop.sell(1000, f"k{number}", ask={"basket": lines(1000), "code": CARD})
        envelope = wire.read_envelope(shop.records()[-1][1])
        assert envelope.prev_hash == before
        hit = draw("lucky", pool, bytes.fromhex(KEY), before, envelope.id)
        won.append(bool(hit) and sum(won) < SHARE)
        assert told["earned"]["points"] == 10 + 20 * won[-1]
    assert {True, False} == set(won)


async def test_a_quote_says_only_that_it_takes_part(shop):
    """However often it is asked, and whatever would be won."""
    await learned(shop)
    quotes = [(await shop.ask("/v1/quote", {"basket": lines(1000), "code": CARD})).json() for _ in range(5)]
    assert all(one == quotes[0] for one in quotes)
    assert "lucky" in json.dumps(quotes[0]["trace"])
    assert [one for one in quotes[0]["accruals"] if one["rule"] == "lucky"] == []


async def test_without_a_share_nothing_is_won(shop):
    """Whatever the chance."""
    await learned(shop, share=0)
    for number in range(6):
        told = await shop.sell(1000, f"k{number}", ask={"basket": lines(1000), "code": CARD})
        assert told["earned"]["points"] == 10


async def test_the_key_is_in_no_answer_and_no_record(shop):
    """Nor is it in what is printed of a row of the feed, whole or mistaken."""
    await learned(shop)
    agreed = await shop.agree(lines(1000), CARD)
    sold = await shop.sell(1000, "k", agreement=agreed["agreement"])
    said = json.dumps([agreed, sold, (await shop.ask("/v1/members/look-up", {"code": CARD})).json()])
    assert KEY not in said
    assert not any(KEY.encode() in data for _, data in shop.records())
    assert KEY not in repr(wire.ProgramRow("cafe", 9, 0, {}, KEY))
    with pytest.raises(ValueError, match="64 lower-case") as wrong:
        wire.ProgramRow("cafe", 9, 0, {}, KEY + "x")
    assert KEY not in str(wrong.value)
