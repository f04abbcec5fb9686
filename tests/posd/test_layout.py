"""Receipts by head office's layout: told by the feed, used when they are drawn, and never in the way of a sale."""

import json
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from drivers.printers.job import receipt_from
from loyalty.document import Qr, Receipt, Words
from loyalty.layout import STANDARD
from posd.layout import in_use, safely_laid_out
from posd.printing import StoredQueue, hand
from posd.store import pages
from runtime.template import laid_out
from sync import layout_file
from sync.example import example
from sync.wire import LayoutRow
from tests.shop import open_shop, wait_for
from tests.till import RICH, Till, code_of, lines, till

CAFE = Path(__file__).resolve().parents[2] / "config" / "receipts" / "cafe.toml"
ALWAYS = [{"show": part} for part in ("copy", "training", "returned", "offline")]


def layout(*own: dict[str, Any], version: int = 1) -> dict[str, Any]:
    """A layout of these lines and the marks, as head office sends it."""
    return {"name": "mine", "version": version, "lines": [*own, *ALWAYS]}


THANKS = layout({"words": {"he": "תודה {{ name }}, קבלה {{ number }}"}}, {"qr": "https://club.example/{{ number }}"})
TOMORROW = layout({"hologram": "x"})
FAILS_LATE = {"words": {"he": "{% if number == '1001' %}{{ name | money }}{% endif %}"}}


async def sold(shop: Till) -> Any:
    """A member's sale, as it was booked."""
    return await shop.sell(3000, "k1", ask={"basket": lines(3000), "code": code_of(RICH)})


async def next_receipt(shop: Till) -> Receipt:
    """What would be drawn now for the next print job."""
    queue = StoredQueue(shop.store)
    waiting = await queue.next_queued()
    assert waiting is not None
    return await queue.read(waiting[1])


async def test_without_a_layout_receipts_have_the_built_in_one(shop: Till) -> None:
    """And the status says so."""
    status = await shop.parts.status()
    assert status["layout"] == {"name": "standard", "version": 1, "trouble": ""}


async def test_the_feed_brings_the_layout(shop: Till) -> None:
    """The last one is in use, from the next receipt on."""
    await shop.learns(LayoutRow(layout(version=2)))
    await shop.learns(LayoutRow(THANKS))
    assert json.loads(await shop.store.look(pages.layout) or "") == THANKS
    assert (await shop.parts.status())["layout"]["name"] == "mine"


async def test_what_waits_is_printed_by_the_layout_of_now(tmp_path: Path) -> None:
    """A receipt is kept as what it says; how it looks is decided when it is drawn."""
    async with till(tmp_path, printing="posd") as shop:
        await sold(shop)
        await shop.learns(LayoutRow(THANKS))
        said, code = (await next_receipt(shop)).blocks
        assert isinstance(said, Words)
        assert "תודה" in said.text
        assert "חברה" in said.text
        assert isinstance(code, Qr)
        stored = receipt_from(shop.content()["print_job"][0][4])
        assert not any(isinstance(block, Words | Qr) for block in stored.blocks)
        assert stored.facts["number"] == code.text.rpartition("/")[2]


async def test_a_till_that_prints_itself_gets_the_layout_too(tmp_path: Path) -> None:
    """In the text, in the picture, and in the bytes; later on as well."""
    async with till(tmp_path, printing="till") as shop:
        plain = (await sold(shop))["receipt"]
        await shop.learns(LayoutRow(THANKS))
        again = await shop.sell(3000, "k2", ask={"basket": lines(3000), "code": code_of(RICH)})
        assert "תודה" in again["receipt"]["text"]
        assert "תודה" not in plain["text"]
        text = await shop.client.get(f"/v1/records/{again['id']}/receipt.txt")
        assert text.text == again["receipt"]["text"]


async def test_what_a_receipt_says_and_its_layout(tmp_path: Path) -> None:
    """For a preview: both as JSON; another form is told."""
    async with till(tmp_path, printing="posd") as shop:
        booked = await sold(shop)
        told = (await shop.client.get(f"/v1/records/{booked['id']}/receipt.json")).json()
        assert told["layout"] is None
        assert receipt_from(json.dumps(told["receipt"]).encode()).facts["name"] == "חברה"
        await shop.learns(LayoutRow(THANKS))
        assert (await shop.client.get(f"/v1/records/{booked['id']}/receipt.json")).json()["layout"] == THANKS
        assert (await shop.client.get(f"/v1/records/{booked['id']}/receipt.pdf")).status_code == 404


@pytest.mark.parametrize("broken", [TOMORROW, {}, {"name": "mine"}, layout({"words": {"he": "{{ nmae }}"}})])
async def test_a_layout_that_cannot_be_read_stops_no_sale(tmp_path: Path, broken: dict[str, Any]) -> None:
    """Receipts have the built-in one; the status and the journal say why."""
    in_use.cache_clear()
    async with till(tmp_path, printing="posd") as shop:
        await shop.learns(LayoutRow(broken))
        with capture_logs() as logs:
            await sold(shop)
            receipt = await next_receipt(shop)
        assert receipt == laid_out(receipt, STANDARD)
        assert len(receipt.blocks) > 3
        assert [entry["event"] for entry in logs if "layout" in entry["event"]] == ["receipt layout unreadable"]
        status = (await shop.parts.status())["layout"]
        assert status["name"] == "standard"
        assert "the receipt layout from head office" in status["trouble"]


async def test_a_layout_that_fails_on_one_receipt_stops_no_receipt(tmp_path: Path) -> None:
    """Its words could be said of the example and cannot of this one: this one has the built-in layout, and the journal says so."""
    published = json.dumps(layout(FAILS_LATE))
    assert in_use(published).trouble == ""
    async with till(tmp_path, printing="till") as shop:
        await shop.learns(LayoutRow(layout(FAILS_LATE)))
        with capture_logs() as logs:
            booked = await sold(shop)
        assert "חברה" in booked["receipt"]["text"]
        failed = [entry for entry in logs if entry["event"] == "receipt layout failed"]
        assert failed
        assert failed[0]["code"] == "layout_words"
        assert "חברה" not in str(failed)


def test_the_layout_is_read_once() -> None:
    """Not for every receipt."""
    in_use.cache_clear()
    published = json.dumps(layout_file.load(CAFE)[1])
    for _ in range(3):
        assert len(safely_laid_out(example("he"), published).blocks) > 10
    assert in_use.cache_info().misses == 1


async def test_a_receipt_is_drawn_for_any_width() -> None:
    """The whole example with logo and codes."""
    handed = await hand(example("he"), json.dumps(layout_file.load(CAFE)[1]), "generic-58mm")
    assert handed.png.startswith(b"\x89PNG")
    assert "[QR]" in handed.text


def test_head_office_changes_what_terminals_print(tmp_path: Path) -> None:
    """The whole way: published with a command, told by the feed, on the paper of the next sale."""
    paper = tmp_path / "paper"
    settings = f'[printer]\ndriver = "folder"\nfolder = "{paper}"\n'
    with open_shop(tmp_path, settings, printing="posd") as shop:
        code = shop.member("חבר")
        shop.sell(code, 1000)
        wait_for("the first receipt", lambda: len(list(paper.glob("*.txt"))) == 1)
        shop.office("layout", "publish", str(CAFE))
        wait_for("the layout", lambda: shop.status()["layout"]["name"] == "cafe")
        shop.sell(code, 2000)
        wait_for("the second receipt", lambda: len(list(paper.glob("*.txt"))) == 2)
    first, second = (file.read_text() for file in sorted(paper.glob("*.txt")))
    assert "club.example" not in first
    assert "https://club.example/s?n=" in second
