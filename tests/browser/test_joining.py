"""Joining at the cashier's page, against a real posd and a real head office."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_cashier import button, ring
from tests.shop import Shop, wait_for

pytestmark = pytest.mark.browser


def test_somebody_joins_and_shops(page: Page, shop: Shop) -> None:
    """Name, number, terms: a member at once, greeted by name, whose purchase earns; head office knows them by their number."""
    wait_for("codes for who joins", lambda: shop.status()["blank_codes"])
    button(page, "join").click()
    expect(page.locator("#first-name")).to_be_focused()
    for shown in ("#code", "#first-name", "[data-key=join-now]"):
        expect(page.locator(shown)).to_be_in_viewport(ratio=1)
    page.fill("#first-name", "חברה")
    page.fill("#phone", "12")
    page.check("#consent")
    button(page, "join-now").click()
    expect(page.locator(".note")).to_have_text("This is no telephone number. Check the digits.")
    expect(page.locator(".note")).to_be_in_viewport(ratio=1)
    page.fill("#phone", "052-765-4321")
    button(page, "join-now").click()
    expect(page.locator(".card h2")).to_have_text("חברה")
    expect(page.locator(".note")).to_have_text("Welcome to the club!")
    expect(page.locator("#join form")).to_have_count(0)
    ring(page, "Coffee", "18.50")
    expect(page.locator(".earns")).to_have_text("This purchase earns 18 points")
    found = wait_for("head office has the number", lambda: shop.office("member", "find", "+972527654321"))
    assert [one["first_name"] for one in found] == ["חברה"]


def test_a_card_in_hand_is_joined_with(page: Page, shop: Shop) -> None:
    """A signed card of nobody's is scanned first; without agreeing to the terms nothing is sent."""
    (card,) = shop.office("blank", "cards", "1")
    before = shop.records()
    shop.scan(card["code"])
    expect(page.locator(".card")).to_be_visible()
    button(page, "join").click()
    page.fill("#first-name", "Guest")
    button(page, "join-now").click()
    expect(page.locator("#consent:invalid")).to_have_count(1)
    assert shop.records() == before
    page.check("#consent")
    button(page, "join-now").click()
    expect(page.locator(".card h2")).to_have_text("Guest")
    expect(button(page, "join")).to_have_count(0)
    expect(page.locator(".note")).to_have_text(re.compile("Welcome"))
    assert shop.records() == before + 1
