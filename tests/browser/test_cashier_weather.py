"""The cashier's page when something is not as it should be: no head office, no posd, no token; and what it looks like."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.test_cashier import button, meet, ring
from tests.shop import Shop

pytestmark = pytest.mark.browser

CONTRAST = """() => {
  const channels = (color) => color.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((c) => c / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, place) => sum + c * [0.2126, 0.7152, 0.0722][place], 0);
  const behind = (element) => {
    const stack = [];
    for (let one = element; one; one = one.parentElement) {
      const [r, g, b, a = 1] = channels(getComputedStyle(one).backgroundColor);
      stack.push([r, g, b, a]);
      if (a === 1) break;
    }
    return stack.reverse().reduce((under, [r, g, b, a]) => [r, g, b].map((c, i) => c * a + under[i] * (1 - a)), [255, 255, 255]);
  };
  const wrong = [];
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!own || !element.checkVisibility() || element.closest(":disabled, .hidden, option, script")) continue;
    const [one, two] = [light(channels(getComputedStyle(element).color)), light(behind(element))].sort((a, b) => b - a);
    const ratio = (one + 0.05) / (two + 0.05);
    if (ratio < 4.5) wrong.push(`${element.textContent.trim()}: ${ratio.toFixed(2)}`);
  }
  return wrong;
}"""
"""The texts whose contrast is below 4.5 (WCAG 2.2, 1.4.3; relative luminance as defined there)."""

SMALL = """() => [...document.querySelectorAll("button, input, select")].filter((one) => one.checkVisibility())
  .filter((one) => one.getBoundingClientRect().height < 56 || one.getBoundingClientRect().width < 56)
  .map((one) => one.outerHTML)"""


def fits(page: Page) -> bool:
    """Whether nothing is cut off to the side."""
    return bool(page.evaluate("() => document.documentElement.scrollWidth <= innerWidth"))


def test_head_office_out_of_reach(page: Page, shop: Shop) -> None:
    """A thin band says so; a reward is refused with its sentence, earning goes on, and the band counts what waits."""
    code = shop.member("Roi", 150)
    try:
        shop.stop("central")
        meet(page, shop, code, "Roi")
        expect(page.locator(".band")).to_have_text(re.compile(r"^No connection.*balances as of \d\d:\d\d$"))
        assert page.locator(".band").bounding_box()["height"] < 60
        ring(page, "Tea", "40")
        button(page, "ten_off").click()
        expect(page.locator(".row.off")).to_be_visible()
        button(page, "agree").click()
        expect(page.locator("#note")).to_have_text("Head office is out of reach. Nothing was taken; earning works.")
        expect(page.locator(".row.due")).to_have_text(re.compile("₪40.00"))
        button(page, "agree").click()
        button(page, "paid_cash").click()
        expect(page.locator(".done .earned strong")).to_have_text("+40")
        expect(page.locator(".band")).to_have_text(re.compile(r"records waiting: \d"))
        assert shop.points(code) == 190
    finally:
        shop.start("central")
    expect(page.locator("#link .on")).to_be_visible(timeout=60_000)
    expect(page.locator(".band")).to_have_count(0)


def test_posd_goes_and_comes_back(page: Page, shop: Shop) -> None:
    """The page says that nobody answers, keeps the purchase, and goes on by itself when posd is there again."""
    code = shop.member("Ido")
    meet(page, shop, code, "Ido")
    ring(page, "Tea", "40")
    try:
        shop.stop("posd")
        expect(page.locator(".band")).to_have_text("posd is not answering. Trying again…")
        button(page, "agree").click()
        expect(page.locator("#note")).to_have_text("No answer. Press again; nothing is ever booked twice.")
    finally:
        shop.start("posd")
    expect(page.locator("#link .on")).to_be_visible(timeout=60_000)
    expect(page.locator(".band")).to_have_count(0)
    button(page, "agree").click()
    button(page, "paid_cash").click()
    expect(page.locator(".done .earned strong")).to_have_text("+40")


def test_the_token_leaves_the_address_bar(page: Page, shop: Shop) -> None:
    """It is kept for this tab alone, and a reload still knows it."""
    assert page.url == f"{shop.address}/"
    assert page.evaluate("Object.values(localStorage).join()").find(shop.token) == -1
    page.reload()
    expect(page.locator("#link .on")).to_be_visible()


@pytest.mark.parametrize("fragment", ["", "#token=wrong"])
def test_a_wrong_token(browser: Browser, shop: Shop, fragment: str) -> None:
    """Without a token that posd knows there is one clear sentence, in the terminal's own language, and nothing to press."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{shop.address}/{fragment}")
    expect(page.locator("#gate")).to_have_text("הדף אינו מורשה. פתחו אותו מחדש מהקישור של התמיכה.")
    expect(page.locator("main")).to_be_hidden()
    page.select_option("#language", "en")
    expect(page.locator("#gate")).to_have_text("This page is not signed in. Open it again by support's link.")
    page.evaluate("token => { location.hash = `token=${token}` }", shop.token)
    expect(page.locator("#link .on")).to_be_visible()
    expect(page.locator("main")).to_be_visible()
    context.close()


@pytest.mark.parametrize(("language", "direction", "word"), [("he", "rtl", "לתשלום"), ("en", "ltr", "To pay"),
                                                             ("ar", "rtl", "للدفع"), ("ru", "ltr", "К оплате")])  # fmt: skip
def test_each_language_on_its_side(page: Page, shop: Shop, language: str, direction: str, word: str) -> None:
    """The whole page turns: words, reading direction and the places of its halves; the choice outlives a reload."""
    page.select_option("#language", language)
    expect(page.locator(f"html[lang={language}]")).to_be_attached()
    page.reload()
    expect(page.locator("#link .on")).to_be_visible()
    ring(page, "Tea", "12.50")
    expect(page.locator(".row.due span")).to_have_text(word)
    expect(page.locator(".row.due .money")).to_have_text("12,50 ₪" if language == "ru" else "₪12.50")
    assert page.evaluate("() => getComputedStyle(document.body).direction") == direction
    stage, basket = (page.locator(part).bounding_box()["x"] for part in (".stage", ".basket"))
    word_x, money_x = (page.locator(part).bounding_box()["x"] for part in (".row.due > span", ".row.due .money"))
    assert (stage > basket) == (word_x > money_x) == (direction == "rtl")
    assert page.title() == page.evaluate("async () => (await import('/static/words.js')).text('title')")


@pytest.mark.parametrize("width", [1024, 600])
def test_it_can_be_read_and_hit(page: Page, shop: Shop, width: int) -> None:
    """In each state, on both tablets: enough contrast, buttons of a finger's size, nothing cut off."""
    page.set_viewport_size({"width": width, "height": 768})

    def looks_right() -> None:
        page.wait_for_timeout(400)
        assert page.evaluate(CONTRAST) == []
        assert page.evaluate(SMALL) == []
        assert fits(page)

    looks_right()
    meet(page, shop, shop.member("Shir", 250), "Shir")
    ring(page, "A rather long name of a product that has to break somewhere", "40")
    looks_right()
    button(page, "ten_off").click()
    expect(page.locator(".row.off")).to_be_visible()
    looks_right()
    button(page, "agree").click()
    expect(button(page, "paid_cash")).to_be_enabled()
    looks_right()
    button(page, "paid_cash").click()
    expect(button(page, "next")).to_be_enabled()
    looks_right()
    button(page, "next").click()
    page.fill("#code", "nonsense")
    page.press("#code", "Enter")
    expect(page.locator("#note .note")).to_be_visible()
    looks_right()


def test_an_amount_is_whole_agorot(page: Page) -> None:
    """What is typed becomes agorot without a float in between; anything else is no amount."""
    good = {"12": 1200, "12.5": 1250, "12,05": 1205, " 0.01 ": 1, "9999999.99": 999_999_999}
    bad = dict.fromkeys(["", "0", "-5", "1.234", "1e3", "99999999", "٣", "1.2.3"])
    read = "async (typed) => { const { minorOf } = await import('/static/basket.js'); return typed.map(minorOf) }"
    told = page.evaluate(read, [*good, *bad])
    assert dict(zip([*good, *bad], told, strict=True)) == good | bad


def test_the_stream_is_read_in_any_pieces(page: Page) -> None:
    """Events come out whole, comments and halves do not."""
    read = "async (text) => (await import('/static/events.js')).parse(text)"
    events, rest = page.evaluate(read, ': ping\n\nevent: scan\ndata: {"a":\ndata: 1}\n\nevent: li')
    assert events == [{"kind": "scan", "data": '{"a":\n1}'}]
    assert rest == "event: li"


def test_receipt_numbers_count_the_day(page: Page) -> None:
    """Each number is the date and a counter that begins anew with each day."""
    numbers = page.evaluate("""async () => {
      const { nextReceipt } = await import("/static/kept.js");
      return [nextReceipt("2026-11-21"), nextReceipt("2026-11-21"), nextReceipt("2026-11-22")];
    }""")
    assert numbers == ["20261121-0001", "20261121-0002", "20261122-0001"]


BANDS = {
    "enrolled": True, "online": True, "trouble": "", "program": {"code": "cafe", "version": 1}, "queued_records": 0,
    "last_contact_ms": 0, "store": "Café", "prints": {"waiting": 0, "waiting_since_ms": 0, "unknown": 0}, "scanners": [],
    "disk": [],
    "printer": {"name": "receipts", "known": True, "troubles": ["paper_near_end"], "stop": ""},
}  # fmt: skip
"""What `GET /v1/status` says of a terminal that is well."""

TROUBLES: list[tuple[dict[str, object], str]] = [
    ({"enrolled": False}, "This terminal is not connected to head office yet. Call support."),
    ({"program": None}, "The club program has not arrived yet. Sell as usual; nothing is earned."),
    ({"trouble": "forked"}, "Head office does not take our records. Sales are safe; call support."),
    ({"disk": ["rolled_back"]}, "Points are collected, and cannot be spent at this terminal now."),
    ({"disk": ["unchecked", "disk_full"]}, "The terminal's disk is full. Sales go on for now; call support."),
    ({"prints": {"waiting": 2, "waiting_since_ms": 1, "unknown": 0}},
     "Receipts waiting for the printer: 2. Check paper; sales are safe."),
    ({"prints": {"waiting": 0, "waiting_since_ms": 0, "unknown": 1}}, "A receipt may not have come out. Look, and print it again."),
    ({"printer": {"name": "receipts", "known": True, "troubles": ["offline", "cover_open"], "stop": "printer_cover_open"}},
     "The printer's cover is open. Close it; the receipt then prints."),
    ({"scanners": [{"name": "counter", "lag_s": 9.0, "trouble": ""}]}, "The scanner is not answering. Type the code instead."),
    ({"scanners": [{"name": "counter", "lag_s": 0.1, "trouble": "camera_blind"}]},
     "The camera sees nothing. It is covered, or it is too dark. Type the code instead."),
]  # fmt: skip


def test_each_trouble_has_its_band(page: Page) -> None:
    """One thin line with an icon for each thing that is not as usual, and none when all is well."""
    show = """async (status) => {
      (await import("/static/bands.js")).showBands("open", status, 0);  // read at once: the page goes on showing the real one
      return [...document.querySelectorAll(".band")].map((band) => [band.textContent, band.querySelectorAll("svg").length]);
    }"""
    for change, sentence in TROUBLES:
        assert page.evaluate(show, BANDS | change) == [[sentence, 1]]
    assert page.evaluate(show, BANDS) == []
