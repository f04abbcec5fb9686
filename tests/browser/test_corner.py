"""The cashier's page with a program of many parts: promotions, a wallet, gifts, a donation, a challenge and the why of it all."""

import os
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import TABLET, Watched
from tests.shop import Shop, wait_for

CORNER = Path(__file__).resolve().parents[1] / "corner.toml"
PHONE = {"width": 390, "height": 844}
SEED = [
    {"id": "1", "product": "coffee", "amount_minor": 7000, "quantity_milli": 6000},
    {"id": "2", "product": "top-up", "amount_minor": 3000, "quantity_milli": 3000},
]


@pytest.fixture(scope="module")
def corner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A shop with the corner's program."""
    shop = Shop(tmp_path_factory.mktemp("corner"))
    shop.program = CORNER
    try:
        shop.open()
        yield shop
    finally:
        shop.close()


@pytest.fixture(scope="module")
def code(corner: Shop) -> str:
    """A member with six stamps, a coupon and 30.00 in the wallet, all confirmed by head office."""
    card = corner.member("Member")
    sale = {
        "till": "seed", "receipt_number": "corner", "business_date": datetime.now(ZoneInfo("Asia/Jerusalem")).date().isoformat(),
        "tenders": [{"kind": "cash", "amount_minor": 10000}], "ask": {"basket": {"lines": SEED}, "code": card},
    }  # fmt: skip
    assert corner.http.post("/v1/sales", json=sale, headers={"Idempotency-Key": "corner"}).is_success
    ask = {"basket": {"lines": [{"id": "1", "product": "x", "amount_minor": 100_000}]}, "code": card}

    def confirmed() -> bool:
        offers = {offer["reward"]: offer for offer in corner.http.post("/v1/quote", json=ask).json()["offers"]}
        return bool(offers["wallet"]["times_max"] == 3000 and corner.status()["queued_records"] == 0)

    wait_for("the wallet is confirmed", confirmed)
    return card


@pytest.fixture
def open_page(browser: Browser, corner: Shop, code: str) -> Iterator[Any]:
    """Open the page in a language and a size, with the member's card and a basket; it asks nobody else and complains of nothing."""
    opened = []

    def opens(language: str, size: dict[str, int]) -> Page:
        chosen = [{"origin": corner.address, "localStorage": [{"name": "posd.language", "value": language}]}]
        context = browser.new_context(viewport=size, storage_state={"cookies": [], "origins": chosen})
        opened.append((context, Watched(context, corner.address)))
        page = context.new_page()
        page.goto(f"{corner.address}/#token={corner.token}")
        expect(page.locator(".idle")).to_be_visible()
        page.fill("#code", code)
        page.press("#code", "Enter")
        expect(page.locator(".card h2")).to_have_text("Member")
        for place, (product, amount) in enumerate((("coffee", "18"), ("cake", "61.50")), 1):
            page.fill("#product", product)
            page.fill("#amount", amount)
            page.press("#amount", "Enter")
            expect(page.locator("#lines .product")).to_have_count(place)
        expect(page.locator(".row.due")).to_have_text(re.compile("67[.]20"))
        return page

    yield opens
    for context, watched in opened:
        context.close()
        assert watched.strangers == []
        assert watched.unexpected() == []


def look(page: Page, name: str) -> None:
    """Keep a picture for whoever looks at the page by eye."""
    if folder := os.environ.get("POSD_PICTURES"):
        page.screenshot(path=f"{folder}/corner-{name}.png", full_page=True)


def test_what_a_quote_gives_stands_on_the_page(open_page: Any) -> None:
    """The promotion by its name and amount, the gift to hand over, the challenge, and each unit that the member has."""
    page = open_page("en", TABLET)
    expect(page.locator(".row.off")).to_have_text("Happy cake-₪12.30")
    expect(page.locator(".gifts li")).to_have_text("A cookie from the oven1 × cookie")
    expect(page.locator(".challenges .what")).to_have_text("Ten cups7 of 10")
    expect(page.locator(".challenges progress")).to_have_js_property("value", 7)
    expect(page.locator(".card .balance")).to_have_text(
        [re.compile("1.*coupon"), re.compile("100.*points"), "6stamps", "₪30.00wallet"]
    )


def test_a_wallet_pays_an_amount(open_page: Any) -> None:
    """Typed, or all that may be paid; taken back; never more than there is; and what is no amount is told."""
    page = open_page("en", TABLET)
    amount, due = page.locator('[data-key="wallet-amount"]'), page.locator(".row.due .money")
    amount.fill("20")
    amount.press("Enter")
    expect(page.locator(".row.tender")).to_have_text("Paid with Club wallet-₪20.00")
    expect(due).to_have_text("₪47.20")
    expect(amount).to_have_value("20.00")
    expect(amount).to_be_focused()
    page.locator('[data-key="wallet-all"]').click()
    expect(due).to_have_text("₪37.20")
    amount.fill("500")
    page.locator('[data-key="wallet-use"]').click()
    expect(due).to_have_text("₪37.20")
    amount.fill("much")
    page.locator('[data-key="wallet-use"]').click()
    expect(page.locator(".note.ask")).to_have_text("Type the amount like this: 12.50")
    page.locator('[data-key="wallet-none"]').click()
    expect(page.locator(".row.tender")).to_have_count(0)
    expect(due).to_have_text("₪67.20")


def test_a_coupon_is_typed_where_the_card_is(open_page: Any) -> None:
    """What is no card and opens a promotion is taken as a coupon; what opens nothing is told to be no card."""
    page = open_page("en", TABLET)
    page.fill("#code", "EVENING")
    page.press("#code", "Enter")
    expect(page.locator(".note.check")).to_have_text("The coupon is taken.")
    expect(page.locator(".row.off")).to_have_text(["Evening discount-₪3.00", "Happy cake-₪12.30"])
    expect(page.locator(".card h2")).to_have_text("Member")
    page.fill("#code", "MORNING")
    page.press("#code", "Enter")
    expect(page.locator(".note.ask")).to_have_text("This is not a club code. Scan the member card.")
    expect(page.locator(".row.off")).to_have_count(2)


@pytest.mark.parametrize("size", [TABLET, PHONE], ids=["wide", "narrow"])
@pytest.mark.parametrize(
    ("language", "why", "sentence"),
    [("en", "Why?", "Happy cake: ₪12.30 off."), ("he", "למה?", "עוגה בהנחה: הנחה \u2068₪12.30\u2069.")],
)
def test_the_why_is_folded_and_stays_open(open_page: Any, language: str, why: str, sentence: str, size: dict[str, int]) -> None:
    """In the page's language; once open it stays so while rewards are chosen, and nothing leaves the screen sideways."""
    page = open_page(language, size)
    steps = page.locator(".why li")
    expect(page.locator("summary")).to_have_text(why)
    expect(steps.first).to_be_hidden()
    page.locator("summary").click()
    expect(steps.filter(has_text=sentence)).to_be_visible()
    page.locator('[data-key="round_up"]').click()
    expect(page.locator(".row.donation .money")).to_have_text("₪0.80")
    expect(steps.filter(has_text=sentence)).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert page.evaluate("document.documentElement.dir") == ("rtl" if language == "he" else "ltr")
    look(page, f"{language}-{size['width']}")


def test_from_the_wallet_to_the_books(open_page: Any, corner: Shop) -> None:
    """What the page agreed is what is booked: money for the rest, the wallet lower, the gift named until the next customer."""
    page = open_page("en", TABLET)
    before = corner.records()
    page.locator('[data-key="wallet-amount"]').fill("12.5")
    page.locator('[data-key="wallet-use"]').click()
    expect(page.locator(".row.due .money")).to_have_text("₪54.70")
    page.locator('[data-key="agree"]').click()
    expect(page.locator(".row.tender")).to_have_text("Paid with Club wallet-₪12.50")
    page.locator('[data-key="paid_cash"]').click()
    expect(page.locator(".done > .big")).to_have_text("₪54.70")
    expect(page.locator(".done .spent")).to_have_text("-₪12.50wallet spent")
    expect(page.locator(".gifts li")).to_have_count(1)
    assert corner.records() == before + 1
    look(page, "done")
    page.locator('[data-key="next"]').click()
    expect(page.locator(".gifts li")).to_have_count(0)
