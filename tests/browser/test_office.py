"""Head office's pages in a real browser: what a clerk sees and does."""

import os
import re
import shutil
from dataclasses import replace

import httpx
import pytest
from playwright.sync_api import expect, sync_playwright

from sync import program_file, wire
from sync.signing import key_id
from tests.central.conftest import PROGRAM_PATH
from tests.central.running import HeadOffice
from tests.samples import basket, member, sold
from tests.terminals import FieldTerminal

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
PROGRAM, _ = program_file.load(PROGRAM_PATH)
PASSWORD = "a long enough password"

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    """Head office, running, with a clerk, a program and two members."""
    with HeadOffice(tmp_path_factory.mktemp("office")).configure() as running:
        running.asked("user", "add", "משרד", "--password-stdin", given=f"{PASSWORD}\n")
        running.asked("program", "publish", str(PROGRAM_PATH))
        running.handles = [running.asked("member", "add", "--first-name", name)["handle"] for name in ("חבר", "Alef")]
        running.codes = [
            running.asked("terminal", "enrol", "--store", store, "--terminal", name)["code"]
            for store, name in (("אלנבי 12", "קופה 1"), ("Dizengoff 99", "Till 2"), ("Dizengoff 99", "Till 3"))
        ]
        yield running.start()


def ask(office, terminal, path, message, shape, key=""):
    """A signed message, over the network."""
    body = message if isinstance(message, bytes) else wire.encode(message)
    authority = office.address.removeprefix("http://")
    answer = httpx.post(office.address + path, content=body, headers=terminal.signed(path, body, authority, key))
    return wire.decode(answer.content, shape)


@pytest.fixture(scope="module")
def terminals(office):
    """Two of the three terminals, enrolled, with sales, a return, and one record that cannot be applied."""
    enrolled = []
    for code in office.codes[:2]:
        terminal = FieldTerminal()
        request = terminal.enrol_request(code)
        terminal.is_now(ask(office, terminal, "/v1/enrol", request, wire.EnrolAnswer, key_id("enrol", 0)))
        enrolled.append(terminal)
    first, second = enrolled
    bought = sold(PROGRAM, replace(member(), handle=office.handles[0]), basket(4200, 1350))
    first.sells(bought)
    first.record("sale", first.any_id(), {"nonsense": "<b>not bold</b>"})
    second.sells(sold(PROGRAM, None, basket(990)))
    for terminal in enrolled:
        ask(office, terminal, "/v1/journal", terminal.batch(), wire.PushAnswer)
        ask(office, terminal, "/v1/feed", wire.FeedRequest("", 0.0, 0, 0, "0.1.0"), wire.FeedPage)
    return enrolled


@pytest.fixture(scope="module")
def chromium():
    """Debian's own browser."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(params=["he", "en"])
def page(request, chromium, office, terminals):
    """A clerk's page, logged in, in each language; whatever the browser complains of fails the test."""
    context = chromium.new_context(
        locale="he-IL" if request.param == "he" else "en-US", viewport={"width": 1280, "height": 900}
    )
    page = context.new_page()
    complaints = []
    page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(office.address)
    page.locator("input[name=name]").fill("משרד")
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("button.main").click()
    expect(page).to_have_url(f"{office.address}/terminals")
    page.language = request.param
    yield page
    context.close()
    assert complaints == []


def picture(page, name):
    """Keep what it looks like, when somebody wants to look: POSD_PICTURES names the folder."""
    folder = os.environ.get("POSD_PICTURES")
    if folder:
        page.screenshot(path=f"{folder}/office-{name}-{page.language}.png", full_page=True)


def test_the_terminals_are_shown_the_worst_first(page):
    """One is not enrolled, two are well; the reading direction is the language's."""
    expect(page.locator("html")).to_have_attribute("dir", "rtl" if page.language == "he" else "ltr")
    expect(page.locator("tbody tr")).to_have_count(3)
    expect(page.locator("tbody tr").first).to_contain_text("Till 3")
    picture(page, "terminals")


def test_transactions_appear_by_themselves(page, office, terminals):
    """A sale that arrives while the page is open shows up without a reload."""
    page.locator("nav a[href='/transactions']").click()
    expect(page.locator("tbody tr").first).to_be_visible()
    before = page.locator("tbody tr").count()
    terminals[1].sells(sold(PROGRAM, replace(member(), handle=office.handles[1]), basket(123456)))
    ask(office, terminals[1], "/v1/journal", terminals[1].batch(), wire.PushAnswer)
    expect(page.locator("tbody tr")).to_have_count(before + 1, timeout=60_000)
    expect(page.locator("tbody tr").first).to_contain_text("₪1,234.56")
    picture(page, "transactions")


def test_a_dead_letter_tells_its_reason(page):
    """The record is shown as text, whatever is in it, and can be tried again."""
    page.locator("nav a[href='/letters']").click()
    letter = page.locator("article.letter").first
    expect(letter).to_contain_text("malformed_body")
    letter.locator("summary").click()
    expect(letter.locator("pre")).to_contain_text("<b>not bold</b>")
    picture(page, "letters")
    letter.locator("button").click()
    expect(page.locator("article.letter").first).to_contain_text("malformed_body", timeout=30_000)


def test_a_member_is_found_with_balance_and_ledger(page, office):
    """Search leads to the balance, the tier and every movement."""
    page.locator("nav a[href='/members']").click()
    page.locator("input[type=search]").fill("חב")
    page.locator("form.search button").click()
    picture(page, "members")
    page.locator("tbody a").first.click()
    expect(page).to_have_url(f"{office.address}/members/{office.handles[0]}")
    expect(page.locator("dl.balances")).to_contain_text("55")
    expect(page.locator("tbody tr")).to_have_count(2)
    expect(page.locator("tbody tr .plus").first).to_have_text("+55")
    picture(page, "member")


def test_a_member_is_made_and_the_code_can_be_read(page, tmp_path):
    """A new member's code is drawn as a QR that a decoder reads as the text below it."""
    import zxingcpp
    from PIL import Image

    page.goto(page.url.replace("/terminals", "/members"))
    page.locator("input[name=first_name]").fill("חדש")
    page.locator("form.inline button").click()
    expect(page.locator("main h1")).to_contain_text("חדש")
    text = page.locator("p.mono").inner_text()
    page.locator(".drawn").screenshot(path=tmp_path / "qr.png")
    with Image.open(tmp_path / "qr.png") as drawn:
        assert [found.text for found in zxingcpp.read_barcodes(drawn.convert("L"))] == [text]
    assert text.startswith("PL1:")
    picture(page, "card")


def test_a_terminal_s_code_is_made(page):
    """The page shows the one-time code."""
    page.locator("input[name=store]").fill("Dizengoff 99")
    page.locator("input[name=terminal]").fill("Till 3")
    page.locator("form.inline button").click()
    expect(page.locator(".once")).to_have_text(re.compile("([A-Z2-7]{4}-){6}[A-Z2-7]{2}"))
    picture(page, "enrol")


def test_the_language_can_be_changed(page):
    """The switch turns the page around and stays where one was."""
    before = page.locator("html").get_attribute("dir")
    page.locator(".end form").first.locator("button").click()
    expect(page.locator("html")).to_have_attribute("dir", "ltr" if before == "rtl" else "rtl")
    assert page.url.endswith("/terminals")


def test_logging_out_ends_the_session(page, office):
    """The old cookie opens nothing any more."""
    old = page.context.cookies()
    page.locator(".end form").last.locator("button").click()
    expect(page).to_have_url(f"{office.address}/login")
    picture(page, "login")
    page.context.add_cookies(old)
    page.goto(f"{office.address}/members")
    expect(page).to_have_url(f"{office.address}/login")
