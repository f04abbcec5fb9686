"""What every page stands in: the person who asks, the language, the form token, the headers."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import jinja2
from fastapi import Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from central import auth, programs
from central.auth import Person
from central.clock import now_ms
from central.console import show
from central.console.words import LANGUAGES, word
from central.store import pages
from central.store.engine import Connection, Store
from loyalty.program import Program
from runtime.errors import Rejected

HERE = Path(__file__).parent
FORM_BYTES_MAX = 16 * 1024
FORM_FIELDS_MAX = 20
SESSION_COOKIE = "posd_office"
LANGUAGE_COOKIE = "posd_language"
LANGUAGE_S = 365 * 24 * 3600

HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
}
"""On every page: nothing from elsewhere, nothing inline, nothing kept."""

_TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(HERE / "templates"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


class NotLoggedIn(Exception):
    """The page is for people of head office: send them to the door."""


class Asked:
    """A request of somebody who is logged in, and the program whose words the pages use."""

    def __init__(self, request: Request, person: Person, program: Program | None, waiting: pages.Waiting) -> None:
        """`waiting` is what stands beside the names of pages that need somebody."""
        self.request = request
        self.person = person
        self.program = program
        self.waiting = waiting
        self.language = language_of(request)
        self.now_ms = now_ms()

    def page(self, template: str, status: int = 200, **values: Any) -> Response:
        """The page from `template`."""
        frame = {"person": self.person, **self.waiting._asdict(), "program": self.program, "now_ms": self.now_ms}
        return page(self.request, template, status, {**frame, **values})

    def error(self, code: str, status: int = 422) -> Response:
        """A sentence on what was not done."""
        return self.page("error.html", status, sentence=word(code, self.language), active="")


async def asked(request: Request, store: Store) -> Asked:
    """Who asks. Raises NotLoggedIn."""
    token = request.cookies.get(SESSION_COOKIE, "")

    def look(db: Connection) -> tuple[Person | None, Program | None, pages.Waiting]:
        return auth.person_of(db, token, now_ms()), programs.in_force(db, now_ms()), pages.waiting(db)

    person, program, waiting = await store.read(look)
    if person is None:
        raise NotLoggedIn
    return Asked(request, person, program, waiting)


async def form(request: Request) -> Mapping[str, str]:
    """The fields of a form that one of our own pages sent. Raises Rejected (`form_old`) for any other."""
    origin = request.headers.get("origin", "")
    if origin.partition("://")[2] != request.headers.get("host", ""):
        raise Rejected("form_old", "the form does not come from this site")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > FORM_BYTES_MAX:
            raise Rejected("form_old", f"a form has at most {FORM_BYTES_MAX} bytes")
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=FORM_FIELDS_MAX, errors="strict"))
    except ValueError as error:
        raise Rejected("form_old", "the form cannot be read") from error


async def signed_form(request: Request, person: Person) -> Mapping[str, str]:
    """The fields of a form that carries its reader's token. Raises Rejected (`form_old`)."""
    import hmac

    fields = await form(request)
    if not hmac.compare_digest(fields.get("token", "").encode(), person.form_token.encode()):
        raise Rejected("form_old", "the form does not carry this session's token")
    return fields


def language_of(request: Request) -> str:
    """What the reader chose; else the browser's Hebrew or English; else Hebrew."""
    chosen = request.cookies.get(LANGUAGE_COOKIE, "")
    if chosen in LANGUAGES:
        return chosen
    return "en" if request.headers.get("accept-language", "he").lower().startswith("en") else "he"


def page(request: Request, template: str, status: int, values: Mapping[str, Any]) -> Response:
    """A page in the reader's language."""
    language = language_of(request)
    shown = {
        "w": lambda code: word(code, language),
        "language": language,
        "direction": "rtl" if language == "he" else "ltr",
        "path": request.url.path,
        "person": None,
        "dead": 0,
        "alarms": 0,
        **values,
    }
    words = {"show": show, **shown}
    return HTMLResponse(_TEMPLATES.get_template(template).render(words), status, HEADERS)


def go(to: str) -> RedirectResponse:
    """After a form: the page to look at."""
    return RedirectResponse(to, 303, HEADERS)
