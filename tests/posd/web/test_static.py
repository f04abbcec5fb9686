"""The cashier's page as files: words that all exist, sides that are logical, nothing from elsewhere, no text that runs."""

import re
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from posd.api.problems import add_problems
from posd.web import pages
from runtime import words

FILES = sorted(pages.FOLDER.iterdir())
SCRIPTS = [path for path in FILES if path.suffix == ".js"]
SHELL = (pages.FOLDER / "cashier.html").read_text(encoding="utf-8")
SHEET = (pages.FOLDER / "cashier.css").read_text(encoding="utf-8")
LINES_MAX = 400
WORD = re.compile(r'\b(?:text|say)\(\s*"(\w+)"')
BUTTON_WORD = re.compile(r'\bbutton\("[a-z]+", (?:"[a-z-]+"|null), "(\w+)"')
CHOSEN_WORD = re.compile(r'\b(?:text|say)\([^"()]*\? "(\w+)" : "(\w+)"')
TOLD_WORD = re.compile(r'text\(told\.state === "committed" \? "(\w+)" : "(\w+)"')
RUNS = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|\.style\b")
SVG = "http://www.w3.org/2000/svg"  # a name, not a place: nothing is fetched from it
SHELL_WORD = re.compile(r'data-(?:word|placeholder)="(\w+)"')


def used_words() -> set[str]:
    """The page.CODE of every word that the page asks for."""
    found = set(SHELL_WORD.findall(SHELL))
    for path in SCRIPTS:
        source = path.read_text(encoding="utf-8")
        for pattern in (WORD, BUTTON_WORD, CHOSEN_WORD, TOLD_WORD):
            for one in pattern.findall(source):
                found |= {one} if isinstance(one, str) else set(one)
    return {f"page.{code}" for code in found}


def app() -> FastAPI:
    """The pages alone."""
    made = FastAPI()
    add_problems(made)
    made.include_router(pages.router)
    made.state.language = "he"
    return made


async def ask(path: str, **headers: str) -> httpx.Response:
    """GET `path`."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app()), base_url="http://till") as client:
        return await client.get(path, headers=headers)


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_every_word_of_the_page_exists(language: str) -> None:
    """What the page says it can say in each language, and no catalogue holds a page word that nobody says."""
    assert set(words.templates(language, "page.")) == used_words()


async def test_the_words_come_in_the_asked_language() -> None:
    """`?language=` chooses; a stranger's language gets the terminal's own; the side comes with the words."""
    russian = (await ask("/v1/words?language=ru")).json()
    assert (russian["language"], russian["direction"]) == ("ru", "ltr")
    assert russian["words"]["page.to_pay"] == "К оплате"
    own = (await ask("/v1/words", **{"accept-language": "*"})).json()
    assert (own["language"], own["direction"]) == ("he", "rtl")
    assert [code for code, _ in own["languages"]] == list(words.LANGUAGES)


def test_sides_are_logical() -> None:
    """The sheet knows start and end; left and right would be wrong in one of the languages."""
    assert re.findall(r"\b(left|right)\b", SHEET + SHELL) == []


def test_nothing_comes_from_elsewhere() -> None:
    """No address of another host stands in the page but in comments; what is loaded lies in the folder."""
    sources = {path.name: path.read_text(encoding="utf-8") for path in FILES}
    for name, source in sources.items():
        lines = [line for line in source.splitlines() if not line.lstrip().startswith("*")]
        assert set(re.findall(r"https?://[^\s\"')]+", "\n".join(lines))) <= {SVG}, name
    loaded = re.findall(r'(?:href|src)="(?!#)([^"]+)"', SHELL) + re.findall(r'from "([^"]+)"', "".join(sources.values()))
    assert {address for address in loaded if address.removeprefix("/static/") not in sources} == set()


def test_no_text_can_become_code() -> None:
    """No script writes markup, evaluates text or sets an inline style; the shell has no handlers and no styles in it."""
    for path in SCRIPTS:
        assert RUNS.findall(path.read_text(encoding="utf-8")) == [], path.name
    assert re.findall(r"<script(?! type=\"module\" src)|\son\w+=|\sstyle=", SHELL) == []


def test_files_are_short() -> None:
    """Each file of the page keeps to the house's length."""
    assert {path.name: n for path in FILES if (n := len(path.read_text().splitlines())) > LINES_MAX} == {}


async def test_the_shell_comes_with_its_policy() -> None:
    """The page may load from its own origin only, and nobody may put it into a frame."""
    answer = await ask("/")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy


@pytest.mark.parametrize("name", [path.name for path in FILES])
async def test_each_file_is_served_with_its_kind(name: str) -> None:
    """Whatever lies in the folder is served, as what it is, and never sniffed."""
    answer = await ask(f"/static/{name}")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == pages.KINDS[Path(name).suffix]
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("name", ["pages.py", "..%2Fpages.py", "%2e%2e/pages.py", "nothing.js", ".", "%00.js"])
async def test_nothing_else_is_served(name: str) -> None:
    """No path leads out of the folder."""
    assert (await ask(f"/static/{name}")).status_code == 404
