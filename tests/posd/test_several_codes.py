"""Several codes in view at one moment: whose is meant."""

import asyncio
from dataclasses import replace

import pytest

from loyalty.code import Strength
from loyalty.member import Member
from loyalty.refusal import Refusal
from posd.quoting import Known
from posd.scanning import meant
from tests.till import Till

HOLDER = Member("aa" * 10)
ANOTHER = replace(HOLDER, handle="bb" * 10)
CARD = ("card", Known(HOLDER, Strength.PLAIN))
APP = ("app", Known(HOLDER, Strength.SIGNED))
OTHER = ("other", Known(ANOTHER, Strength.SIGNED))
GOODS = ("goods", Refusal("product_code"))
POSTER = ("poster", Refusal("not_a_member_code"))
EXPIRED = ("expired", Refusal("code_expired"))


@pytest.mark.parametrize("one", [CARD, APP, GOODS, POSTER, EXPIRED])
def test_one_code_is_what_it_is(one: tuple[str, Known | Refusal]) -> None:
    """Nothing is chosen where nothing is beside it."""
    assert meant([one]) == one


def test_the_members_code_is_chosen() -> None:
    """Goods and posters beside a member's code do not count, whichever comes first."""
    assert meant([GOODS, CARD, POSTER]) == CARD
    assert meant([POSTER, GOODS, APP]) == APP


def test_two_codes_of_one_member_are_no_question() -> None:
    """Of a card with two codes the stronger one counts."""
    assert meant([CARD, APP]) == meant([APP, GOODS, CARD]) == APP


def test_a_members_code_that_is_refused_is_told_before_goods() -> None:
    """An expired code beside a product says that it has expired, not that the product is none of ours."""
    assert meant([GOODS, EXPIRED]) == EXPIRED


@pytest.mark.parametrize("found", [[CARD, OTHER], [GOODS, POSTER], [EXPIRED, ("forged", Refusal("code_forged"))]])
def test_what_cannot_be_chosen_is_asked(found: list[tuple[str, Known | Refusal]]) -> None:
    """Two members, or several codes of which none is a member's, are for the cashier."""
    assert meant(found) == (found[0][0], Refusal("several_codes"))


async def test_one_moment_is_one_event(shop: Till) -> None:
    """However many codes come into view together, the pages are told of one, with the code that was meant."""
    pages = shop.parts.events.stream()
    for beside in (("WIFI:S:shop;;",), ("7290000000008", "PL1:ABC")):
        waiting = asyncio.ensure_future(anext(pages))
        await asyncio.sleep(0)
        await shop.parts.scanning.tell("http://example.com", "cam", beside)
        body = (await waiting).body
        assert body["member"] is None
        told = (body["code"], body["refusal"]["code"])
        assert told == (("http://example.com", "several_codes") if len(beside) == 1 else ("PL1:ABC", "code_unreadable"))
    await pages.aclose()
