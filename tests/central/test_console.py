"""Head office's pages without a browser: who gets in, and what every answer says."""

import re
from functools import partial
from pathlib import Path

import argon2
import httpx
import pytest
import sqlalchemy as sa

import central.console
from central import auth, fence, recovery
from central.clock import now_ms
from central.console import show
from central.console.words import LANGUAGES, WORDS
from central.store import audit as notes
from central.store import copies
from central.store.copies import Upkeep
from central.store.tables import ENROL_CODE, MEMBER, SESSION
from runtime.errors import Rejected
from tests.samples import HANDLE, basket, cafe, member, sold
from tests.terminals import AUTHORITY, FieldTerminal

PASSWORD = "a long enough password"
HOME = Path(central.console.__file__).parent
ORIGIN = {"origin": f"http://{AUTHORITY}"}
PAGES = ("/terminals", "/transactions", "/letters", "/upkeep", "/members")


@pytest.fixture
async def door(office, monkeypatch):
    """A browser in front of the door, and a user who may come in; guessing that one's password is cheap."""
    monkeypatch.setattr(argon2, "PasswordHasher", partial(argon2.PasswordHasher, time_cost=1, memory_cost=64))
    await office.store.run(auth.add_user, "clerk", auth.hash_password(PASSWORD))
    return office.http


@pytest.fixture
async def inside(door):
    """The same browser, logged in; `token` is what its forms carry."""
    answer = await log_in(door)
    assert answer.headers["location"] == "/terminals"
    door.token = re.search(r'name="token" value="([^"]+)"', (await door.get("/members")).text)[1]
    return door


async def log_in(http: httpx.AsyncClient, name="clerk", password=PASSWORD, **headers):
    """Send the door's form."""
    return await http.post("/login", data={"name": name, "password": password}, headers=ORIGIN | headers)


async def test_nobody_sees_a_page_without_logging_in(door):
    """Every page, and every form, leads to the door."""
    for path in ("/", *PAGES, f"/members/{HANDLE}", f"/members/{HANDLE}/card"):
        assert (await door.get(path)).headers["location"] == "/login"
    for path in ("/terminals", "/members", "/letters/1", "/upkeep", f"/members/{HANDLE}/new-card", "/logout"):
        assert (await door.post(path, data={}, headers=ORIGIN)).headers["location"] == "/login"


@pytest.mark.parametrize(
    ("name", "password"), [("clerk", "wrong"), ("nobody", PASSWORD), ("", ""), ("clerk\0", PASSWORD + "\0")]
)
async def test_a_wrong_password_opens_nothing(door, name, password):
    """The answer does not say which of the two was wrong."""
    answer = await log_in(door, name, password)
    assert (answer.status_code, "set-cookie" in answer.headers) == (403, False)
    assert 'role="alert"' in answer.text


async def test_the_session_s_cookie_is_kept_from_scripts_and_other_sites(door):
    """HttpOnly, SameSite=Strict; Secure behind a proxy that speaks TLS. Only its hash is stored."""
    said = (await log_in(door)).headers["set-cookie"]
    assert "HttpOnly" in said
    assert "SameSite=strict" in said
    assert "Secure" not in said
    assert "Secure" in (await log_in(door, **{"x-forwarded-proto": "https"})).headers["set-cookie"]


async def test_a_session_ends(office, inside):
    """By logging out, by time, and by a new password; the cookie then opens nothing."""
    for end in (
        lambda: inside.post("/logout", data={"token": inside.token}, headers=ORIGIN),
        lambda: office.store.run(lambda db: db.execute(sa.update(SESSION).values(expires_ms=now_ms() - 1))),
        lambda: office.store.run(auth.add_user, "clerk", auth.hash_password(PASSWORD)),
    ):
        old = {"cookie": "; ".join(f"{name}={value}" for name, value in inside.cookies.items())}
        assert (await inside.get("/members")).status_code == 200
        await end()
        inside.cookies.clear()
        assert (await inside.get("/members", headers=old)).headers["location"] == "/login"
        await log_in(inside)
        inside.token = re.search(r'name="token" value="([^"]+)"', (await inside.get("/members")).text)[1]


@pytest.mark.parametrize("what", ["no token", "wrong token", "other origin", "no origin", "too large", "not a form"])
async def test_a_form_of_somebody_else_changes_nothing(office, inside, what):
    """A form that is not ours, or not this session's, is refused."""
    fields = {"first_name": "Stranger", "token": inside.token}
    headers = dict(ORIGIN)
    if what == "no token":
        del fields["token"]
    elif what == "wrong token":
        fields["token"] = "x" * 43
    elif what == "other origin":
        headers["origin"] = "http://evil.test"
    elif what == "no origin":
        headers = {}
    elif what == "too large":
        fields["more"] = "x" * 20_000
    content = b"\xff=%ff&" * 40 if what == "not a form" else None
    answer = await inside.post("/members", data=None if content else fields, content=content, headers=headers)
    assert answer.status_code == 403
    assert await office.store.read(lambda db: db.execute(sa.select(MEMBER)).all()) == []


async def test_a_form_of_ours_does_what_it_says(office, inside):
    """A member is made and the code is shown; a terminal's code is made."""
    answer = await inside.post("/members", data={"first_name": "<b>Alef", "token": inside.token}, headers=ORIGIN)
    shown = await inside.get(answer.headers["location"])
    assert "&lt;b&gt;Alef" in shown.text
    assert 'class="qr"' in shown.text
    handle = answer.headers["location"].split("/")[2]
    answer = await inside.post(f"/members/{handle}/new-card", data={"token": inside.token}, headers=ORIGIN)
    assert answer.headers["location"] == f"/members/{handle}/card"
    place = {"store": "Allenby 12", "terminal": "Till 1", "token": inside.token}
    assert re.search(r"([A-Z2-7]{4}-){6}[A-Z2-7]{2}", (await inside.post("/terminals", data=place, headers=ORIGIN)).text)
    assert len(await office.store.read(lambda db: db.execute(sa.select(ENROL_CODE)).all())) == 1


@pytest.mark.parametrize(
    "fields", [{"first_name": "x" * 61}, {"code": "2900000000019"}, {"code": "7290000000015"}, {"first_name": "\0"}]
)
async def test_a_clerk_s_mistake_is_told_in_words(inside, fields):
    """Both languages have a sentence for it."""
    for language in LANGUAGES:
        inside.cookies.set("posd_language", language)
        answer = await inside.post("/members", data={**fields, "token": inside.token}, headers=ORIGIN)
        assert answer.status_code == 422
        assert any(WORDS[code][LANGUAGES.index(language)] in answer.text for code in WORDS if code.startswith("error."))


async def test_every_page_is_kept_to_itself(inside):
    """No script or style from elsewhere or inline, no framing, nothing cached; the same on a page that is not there."""
    for path in (*PAGES, "/members/nobody"):
        answer = await inside.get(path)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["cache-control"] == "no-store"
        assert not re.search(r"<style|style=|<script(?! src=\"/static/)|https?://|\son\w+=", answer.text)
    assert (await inside.get("/members/nobody")).status_code == 404


async def test_pages_go_back_to_the_oldest(office, inside):
    """A list shows fifty rows and a way to the older ones, without passing one over."""
    terminal = await office.terminal()
    for number in range(120):
        terminal.sells(sold(cafe(), member(), basket(1000 + number)))
    await office.deliver()
    for start, pattern, count in (("/transactions", r"₪[0-9.]+", 120), (f"/members/{HANDLE}", r'class="plus">', 240)):
        path, seen = start, 0
        while path:
            text = (await inside.get(path)).text
            seen += len(re.findall(pattern, text))
            older = re.search(r'rel="next" href="([^"]+)"', text)
            path = older[1] if older else ""
        assert seen == count
    for nonsense in ("x", "-1", "9" * 40, "١"):
        assert (await inside.get("/transactions", params={"before": nonsense})).status_code == 200


async def test_a_dead_letter_can_be_tried_again(office, inside):
    """It is pending again; what is no dead letter is left alone."""
    terminal = await office.terminal()
    terminal.record("sale", terminal.any_id(), {"nonsense": 1})
    await office.deliver()
    assert "malformed_body" in (await inside.get("/letters")).text
    for key in ("2", "1", "x", "9" * 40):
        await inside.post(f"/letters/{key}", data={"token": inside.token}, headers=ORIGIN)
    assert "chip late" in (await inside.get("/letters")).text
    await office.apply()
    assert "chip bad" in (await inside.get("/letters")).text


async def test_upkeep_shows_what_needs_a_person(office, inside):
    """Quarantine with its two buttons, an unknown terminal with its command, the recovery, checks and backups; and a mark
    beside the page's name.
    """
    assert "Nothing is in quarantine" in (await inside.get("/upkeep", headers={"accept-language": "en"})).text
    terminal = await office.terminal()
    await office.store.run(recovery.begin, now_ms(), "office")
    await office.store.run(copies.note, "check", Upkeep(now_ms(), False, "the balance says 5"))
    stranger = FieldTerminal("feedfacefeedface", 3)
    stranger.sells(sold(cafe(), member(), basket(100)))
    await office.push(stranger)
    text = (await inside.get("/upkeep", headers={"accept-language": "en"})).text
    assert all(
        words in text for words in ("After a restore", terminal.code, "the balance says 5", "@" + stranger.public_key[:8])
    )
    assert re.search(r'href="/upkeep"[^>]*>\s*Upkeep <span class="mark">3</span>', text)


async def test_upkeep_says_that_terminals_are_ahead(office, inside):
    """Records that only a newer release knows are counted, and there is one mark for all of them."""
    assert "newer release" not in (await inside.get("/upkeep", headers={"accept-language": "en"})).text
    terminal = await office.terminal()
    for _ in range(2):
        terminal.record("stocktake", terminal.any_id(), {"shelves": 3})
    await office.deliver(terminal)
    text = (await inside.get("/upkeep", headers={"accept-language": "en"})).text
    assert "Records of a newer release: 2" in text
    assert re.search(r'href="/upkeep"[^>]*>\s*Upkeep <span class="mark">1</span>', text)


async def test_a_person_decides_about_quarantine_on_the_page(office, inside):
    """Accepted with a reason, it is booked and noted; without one nothing happens; twice is told in words."""
    terminal = await office.terminal()
    await office.store.run(fence.fence_by_code, terminal.code, now_ms(), "gone", "office")
    terminal.sells(sold(cafe(), member(), basket(1000)))
    await office.push(terminal)
    name = f"{terminal.code}.{terminal.epoch}"
    form = {"token": inside.token, "name": name, "verdict": "accept"}
    assert "Book them" in (await inside.get("/upkeep", headers={"accept-language": "en"})).text
    assert (await inside.post("/upkeep", data={**form, "reason": " "}, headers=ORIGIN)).status_code == 422
    form["reason"] = "the right one"
    assert (await inside.post("/upkeep", data=form, headers=ORIGIN)).headers["location"] == "/upkeep"
    await office.apply()
    assert (await office.balances(HANDLE))["point"] == 10
    assert [note.person for note in await office.store.read(notes.notes, 1, name)] == ["clerk"]
    assert "Not done" in (await inside.post("/upkeep", data=form, headers=ORIGIN | {"accept-language": "en"})).text


async def test_the_language_is_the_reader_s_choice(door):
    """Hebrew first; the browser's English; then whatever was chosen, and nothing leads off the site."""
    assert 'lang="he" dir="rtl"' in (await door.get("/login")).text
    assert 'lang="en" dir="ltr"' in (await door.get("/login", headers={"accept-language": "en-GB"})).text
    answer = await door.post("/language", data={"language": "en", "to": "/login"}, headers=ORIGIN)
    assert answer.headers["location"] == "/login"
    assert 'lang="en"' in (await door.get("/login")).text
    for to in ("//evil.test", "http://evil.test", "/\\evil.test", "", "/x?y"):
        answer = await door.post("/language", data={"language": "xx", "to": to}, headers=ORIGIN)
        assert (answer.headers["location"], "set-cookie" in answer.headers) == ("/", False)


async def test_only_our_own_files_are_served(door):
    """Nothing beside the list, whatever the path says."""
    for name in ("console.css", "console.js", "icon.svg"):
        assert (await door.get(f"/static/{name}")).status_code == 200
    for name in ("../pages.py", "..%2fpages.py", "x", ""):
        assert (await door.get(f"/static/{name}")).status_code in (404, 405)
    for path in ("/docs", "/openapi.json", "/redoc"):
        assert (await door.get(path)).status_code == 404


def test_every_word_a_page_asks_for_is_there():
    """In both languages; and no word is there that no page asks for."""
    text = "".join(path.read_text() for path in [*HOME.glob("templates/*.html"), HOME / "show.py"])
    asked = set(re.findall(r"w\(['\"]([a-z_.]+)['\"]\)", text))
    families = ("trouble.", "flag.", "letter.", "held.", "entry.", "age.", "error.")
    looped = {*(page[1:] for page in PAGES), "sale", "return", "not_found", "form_old"}
    assert asked <= set(WORDS)
    assert {code for code in WORDS if not code.startswith(families)} == asked | looped
    assert all(len(words) == len(LANGUAGES) and all(words) for words in WORDS.values())


def test_the_style_reads_from_either_side():
    """Logical properties only."""
    style = (HOME / "static" / "console.css").read_text()
    assert not re.search(r"(?<![-\w])(left|right|margin-left|padding-right|width|height)\s*:", style)


def test_numbers_are_shown_as_people_write_them():
    """A real minus, thousands, the store's own clock; an impossible clock is a question mark."""
    assert show.money(-123456, "ILS") == "−₪1,234.56"
    assert show.money(5, "XYZ") == "XYZ 0.05"
    assert (show.count(1200, signed=True), show.count(-3), show.count(0, signed=True)) == ("+1,200", "−3", "0")
    assert show.local_time(1_795_000_000_000, 120) == "2026-11-18 13:06"
    assert show.local_time(1 << 62, 0) == "?"
    assert [show.age(0, age * 1000, "en") for age in (0, 59, 60, 7200, 90_000, 200_000)] == [
        "now", "59 s", "1 min", "2 h", "25 h", "2 days",
    ]  # fmt: skip


def test_a_short_password_is_refused():
    """Ten characters or more."""
    with pytest.raises(Rejected):
        auth.hash_password("short")
    assert auth.password_holds(auth.hash_password(PASSWORD), PASSWORD)
    assert not auth.password_holds(None, PASSWORD)


async def test_the_bound_in_force_is_on_the_page(inside):
    """Nothing, as long as nobody has cloned a terminal or released an exposure."""
    text = (await inside.get("/terminals")).text
    assert WORDS["bound"][0] in text
    assert re.search(r"<p>\s*<b>0</b></p>", text)
