"""The cashier's page: an empty shell without any data; it reads its token from the fragment and fetches everything with it."""

from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request, Response

from posd.language import language_of
from runtime import words
from runtime.errors import Rejected

FOLDER = Path(__file__).parent / "static"
KINDS = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)

router = APIRouter(include_in_schema=False)


@router.get("/")
async def cashier() -> Response:
    """The shell."""
    return _file("cashier.html")


@router.get("/static/{name}")
async def static(name: str) -> Response:
    """Its style and its script."""
    return _file(name)


@router.get("/v1/words")
async def page_words(request: Request) -> dict[str, Any]:
    """The page's words in the asked language, and which languages there are. They are no secret: the page needs them to say
    that its token is wrong."""
    language = language_of(request)
    return {
        "language": language,
        "direction": words.direction(language),
        "languages": [[code, words.language_name(code)] for code in words.LANGUAGES],
        "words": words.templates(language, "page.") | words.templates(language, "error.printer_"),
    }


def _file(name: str) -> Response:
    path = FOLDER / name
    if path.parent != FOLDER or path.suffix not in KINDS or not path.is_file():
        raise Rejected("no_such_page", f"There is no {name!r} here", "The cashier's page is at /")
    headers = {
        "Content-Security-Policy": POLICY,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-cache",
    }
    return Response(path.read_bytes(), media_type=KINDS[path.suffix], headers=headers)
