"""The cashier's page against a real posd and a real head office, as a cashier meets it."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.shop import Shop, wait_for

pytestmark = pytest.mark.browser


def ring(page: Page, product: str, amount: str) -> None:
    """Type one line as a cashier does: product, Enter, amount, Enter."""
    lines = page.locator("#lines li:not(.empty)")
    before = lines.count()
    page.fill("#product", product)
    page.press("#product", "Enter")
    expect(page.locator("#amount")).to_be_focused()
    page.keyboard.type(amount)
    page.keyboard.press("Enter")
    expect(lines).to_have_count(before + 1)


def button(page: Page, key: str) -> object:
    """A button by what it is about."""
    return page.locator(f'[data-key="{key}"]')


def meet(page: Page, shop: Shop, code: str, name: str) -> None:
    """Scan a card and wait until the member is on the page."""
    shop.scan(code)
    expect(page.locator(".card h2")).to_have_text(name)


def test_a_sale_from_the_scan_to_the_new_balance(page: Page, shop: Shop) -> None:
    """Scan, basket, reward, confirm, paid: each step shows what posd says, and head office hears of one sale."""
    code = shop.member("חבר", 250)
    before = shop.records()
    meet(page, shop, code, "חבר")
    expect(page.locator(".card .tier")).to_have_text("Bronze")
    expect(page.locator(".card .balance")).to_have_text(re.compile("250.*points.*worth ₪25.00"))
    ring(page, "Coffee", "18.50")
    ring(page, "סלט", "41.5")
    expect(page.locator(".row.due")).to_have_text(re.compile("₪60.00"))
    expect(page.locator(".earns")).to_have_text("This purchase earns 60 points")
    button(page, "ten_off").click()
    expect(button(page, "ten_off")).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".row.off")).to_have_text(re.compile("-₪10.00"))
    expect(page.locator(".row.due")).to_have_text(re.compile("₪50.00"))
    button(page, "agree").click()
    button(page, "paid_card").click()
    expect(page.locator(".done .earned")).to_have_text("+50points earned")
    expect(page.locator(".done .spent")).to_have_text("-100points spent")
    expect(page.locator(".done .balance strong")).to_have_text("200")
    assert shop.points(code) == 200
    assert shop.records() == before + 1
    wait_for("head office has it", lambda: shop.status()["queued_records"] == 0)
    button(page, "next").click()
    expect(page.locator(".idle .big")).to_have_text("Scan the club card")
    expect(page.locator(".scans li")).to_have_text(re.compile("חבר"))


def test_several_of_one_reward(page: Page, shop: Shop) -> None:
    """Where a reward may be taken again, plus and minus stand beside it, and plus ends where the quote says."""
    meet(page, shop, shop.member("Member", 250), "Member")
    ring(page, "Cake", "90")
    button(page, "ten_off").click()
    button(page, "ten_off1").click()
    expect(page.locator(".row.off")).to_have_text(re.compile("-₪20.00"))
    expect(button(page, "ten_off1")).to_be_disabled()
    button(page, "ten_off-1").click()
    expect(page.locator(".row.off")).to_have_text(re.compile("-₪10.00"))


def test_a_sale_without_a_card(page: Page, shop: Shop) -> None:
    """No card is needed to book a purchase."""
    before = shop.records()
    ring(page, "Tea", "9.90")
    button(page, "agree").click()
    button(page, "paid_cash").click()
    expect(page.locator(".done .big")).to_have_text("₪9.90")
    assert shop.records() == before + 1


def test_every_step_by_keyboard(page: Page, shop: Shop) -> None:
    """A sale without the mouse: typed code, line, Tab to confirm, Enter to be paid, and again to the next customer."""
    code = shop.member("Member")
    page.locator("body").press("Escape")
    page.keyboard.type(code)
    page.keyboard.press("Enter")
    expect(page.locator(".card h2")).to_have_text("Member")
    expect(page.locator("#product")).to_be_focused()
    ring(page, "Tea", "10")
    expect(page.locator("#product")).to_be_focused()
    expect(button(page, "agree")).to_be_enabled()
    for _ in range(12):
        page.keyboard.press("Tab")
        if button(page, "agree").evaluate("element => element === document.activeElement"):
            break
    page.keyboard.press("Enter")
    expect(button(page, "paid_cash")).to_be_focused()
    page.keyboard.press("Enter")
    expect(button(page, "next")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#code")).to_be_focused()
    assert shop.points(code) == 10


def test_a_wedge_may_type_anywhere(page: Page, shop: Shop) -> None:
    """A card that is scanned into the product field is taken as a card; a product stays a product."""
    code = shop.member("Gil")
    page.focus("#product")
    page.keyboard.type(code)
    page.keyboard.press("Enter")
    expect(page.locator(".card h2")).to_have_text("Gil")
    expect(page.locator("#product")).to_have_value("")
    ring(page, "7290000066318", "5")
    expect(page.locator("#lines .product")).to_have_text("7290000066318")


def test_the_second_click_of_a_double_click_does_nothing(page: Page, shop: Shop) -> None:
    """A double click on confirm does not press what comes under it; a double click on paid books once."""
    code = shop.member("Tal")
    before = shop.records()
    meet(page, shop, code, "Tal")
    ring(page, "Tea", "30")
    button(page, "agree").dblclick()
    expect(button(page, "paid_cash")).to_be_enabled()
    assert shop.records() == before
    button(page, "paid_cash").dblclick()
    expect(page.locator(".done")).to_be_visible()
    assert shop.records() == before + 1
    assert shop.points(code) == 30


def lose_the_answer(page: Page) -> list[str]:
    """From now on posd hears the sale and the page does not hear posd; the bodies that were sent."""
    sent: list[str] = []

    def cut(route: object) -> None:
        sent.append(route.request.post_data)
        route.fetch()
        route.abort()

    page.route("**/v1/sales", cut)
    return sent


def until_the_answer_is_lost(page: Page, shop: Shop) -> tuple[str, list[str]]:
    """A member's sale that is booked, and the page does not know."""
    code = shop.member("Lia")
    meet(page, shop, code, "Lia")
    ring(page, "Tea", "40")
    sent = lose_the_answer(page)
    button(page, "agree").click()
    button(page, "paid_card").click()
    expect(page.locator("#note")).to_have_text("No answer. Press again; nothing is ever booked twice.")
    return code, sent


def test_a_lost_answer_is_asked_for_again(page: Page, shop: Shop) -> None:
    """Pressing again sends the very same request, and one sale is booked."""
    before = shop.records() + 1
    code, sent = until_the_answer_is_lost(page, shop)
    button(page, "send_again").click()
    expect(button(page, "send_again")).to_be_enabled()
    page.unroute("**/v1/sales")
    button(page, "send_again").click()
    expect(page.locator(".done .earned strong")).to_have_text("+40")
    assert sent[0] == sent[1]
    assert shop.records() == before
    assert shop.points(code) == 40


def test_a_reload_sends_what_was_not_answered(page: Page, shop: Shop) -> None:
    """The sale outlives the page: it is sent again as it was, and shown as booked."""
    before = shop.records() + 1
    code, _ = until_the_answer_is_lost(page, shop)
    page.unroute("**/v1/sales")
    page.reload()
    expect(page.locator(".done .big")).to_have_text("₪40.00")
    assert shop.records() == before
    assert shop.points(code) == 40
    assert page.evaluate("Object.keys(localStorage).filter((name) => name.startsWith('posd.sale.'))") == []


def test_an_agreement_can_be_cancelled(page: Page, shop: Shop) -> None:
    """Cancel gives the points back and leaves the basket to go on with."""
    code = shop.member("Ben", 150)
    meet(page, shop, code, "Ben")
    ring(page, "Tea", "40")
    button(page, "ten_off").click()
    button(page, "agree").click()
    expect(page.locator(".agreed")).to_be_visible()
    assert shop.points(code) == 50
    button(page, "cancel").click()
    expect(page.locator("#note")).to_have_text("Cancelled. Nothing was taken.")
    expect(page.locator(".row.due")).to_have_text(re.compile("₪40.00"))
    expect(page.locator(".card .balance strong")).to_have_text("150")
    assert shop.points(code) == 150


def test_agreements_left_open_are_listed(page: Page, shop: Shop) -> None:
    """After a reload one open agreement is finished and another cancelled from the list."""
    for left in shop.http.get("/v1/agreements").json():
        shop.http.post(f"/v1/agreements/{left['agreement']}/cancel", json={})
    for amount in ("11", "22"):
        ring(page, "Tea", amount)
        button(page, "agree").click()
        expect(page.locator(".agreed")).to_be_visible()
        page.reload()
        expect(page.locator(".agreements")).to_be_visible()
    rows = page.locator(".agreements li")
    expect(rows).to_have_count(2)
    before = shop.records()
    rows.filter(has_text="₪22.00").get_by_text("Continue").click()
    expect(page.locator("#stage .big")).to_have_text("₪22.00")
    button(page, "paid_cash").click()
    expect(page.locator(".done .big")).to_have_text("₪22.00")
    button(page, "next").click()
    expect(rows).to_have_count(1)
    rows.get_by_text("Cancel").click()
    expect(rows).to_have_count(0)
    assert shop.records() == before + 1


def test_a_refusal_says_what_to_do(page: Page, shop: Shop) -> None:
    """A foreign code, a product's code and too few points: a sentence, beside an icon, and the sale goes on."""
    page.fill("#code", "https://example.com/")
    page.press("#code", "Enter")
    expect(page.locator("#note")).to_have_text("This is not a club code. Scan the member card.")
    page.fill("#code", "7290000066318")
    page.press("#code", "Enter")
    expect(page.locator("#note")).to_have_text("This is a product's barcode. Scan the member card.")
    meet(page, shop, shop.member("Member", 20), "Member")
    ring(page, "Tea", "40")
    expect(page.locator(".refused")).to_have_text(re.compile("Not enough points: has 20, needs 100, 80 missing."))
    expect(page.locator(".refused svg")).to_be_visible()
    expect(button(page, "agree")).to_be_enabled()


def test_markup_in_a_name_or_a_code_is_text(page: Page, shop: Shop) -> None:
    """What a member is called and what a scanner reads never becomes an element."""
    evil = "<img src=x onerror=alert(1)>"
    meet(page, shop, shop.member(evil), evil)
    ring(page, "<script>alert(2)</script>", "5")
    expect(page.locator("#lines .product")).to_have_text("<script>alert(2)</script>")
    shop.scan("<b>bold</b>")
    expect(page.locator("#note")).to_have_text("This is not a club code. Scan the member card.")
    assert page.locator("main img, main script, main b").count() == 0


def test_a_name_turns_nothing_around(page: Page, shop: Shop) -> None:
    """Names are isolated in their own direction, numbers run left to right."""
    meet(page, shop, shop.member("חבר"), "חבר")
    ring(page, "Tea", "5")
    expect(page.locator(".earns")).to_be_visible()
    name = page.locator(".card h2 bdi")
    assert name.get_attribute("dir") == "auto"
    assert name.evaluate("element => getComputedStyle(element).direction") == "rtl"
    assert {one.get_attribute("dir") for one in page.locator(".money, .count, .time").all()} == {"ltr"}


def test_another_scan_of_the_same_card(page: Page, shop: Shop) -> None:
    """The same card again changes nothing and says so; another card while a purchase is confirmed waits."""
    code = shop.member("Member")
    meet(page, shop, code, "Member")
    page.fill("#code", code)
    page.press("#code", "Enter")
    expect(page.locator("#note")).to_have_text("Already scanned.")
    ring(page, "Tea", "5")
    button(page, "agree").click()
    expect(page.locator(".agreed")).to_be_visible()
    page.fill("#code", "PL1:OTHER")
    page.press("#code", "Enter")
    expect(page.locator("#note")).to_have_text("Finish or cancel this purchase first.")
    expect(page.locator(".card h2")).to_have_text("Member")
