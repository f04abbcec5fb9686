"""docs/integrate-a-till.md: every example is run as it stands, and answers what the page says."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.shop import Shop, open_shop, wait_for

PAGE = Path(__file__).resolve().parents[1] / "docs" / "integrate-a-till.md"
FENCED = re.compile(r"^```(sh|json)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
RUN_S_MAX = 60.0


class Example(NamedTuple):
    """A command, and what the page says it answers (None: the page says it in words)."""

    command: str
    answer: Any


def examples() -> list[Example]:
    """Every command of the page with the answer that follows it."""
    blocks = FENCED.findall(PAGE.read_text(encoding="utf-8"))
    found = []
    for (kind, text), (next_kind, next_text) in zip(blocks, [*blocks[1:], ("", "")], strict=True):
        if kind == "sh":
            found.append(Example(text, json.loads(next_text) if next_kind == "json" else None))
    return found


def as_shown(shown: Any, real: Any) -> Any:
    """`real`, with only what the page shows; an ellipsis stands for any text, lists are shown from their beginning."""
    if isinstance(shown, dict) and isinstance(real, dict):
        return {key: as_shown(value, real.get(key, "missing")) for key, value in shown.items()}
    if isinstance(shown, list) and isinstance(real, list) and len(real) >= len(shown):
        return [as_shown(one, two) for one, two in zip(shown, real, strict=False)]
    return shown if shown == "…" and isinstance(real, str) and real else real


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """A shop that is open."""
    if not shutil.which("curl"):
        pytest.skip("there is no curl here: apt-get install curl")
    with open_shop(tmp_path) as opened:
        yield opened


def test_every_call_has_its_example() -> None:
    """From the quote to what a till seldom does, and a mistake."""
    paths = [re.search(r'"\$POSD(/v1/[^"]+)"', example.command).group(1) for example in examples()]
    assert paths == [
        "/v1/quote",
        "/v1/quote",
        "/v1/agreements",
        "/v1/sales",
        "/v1/sales",
        "/v1/sales",
        "/v1/agreements/$AGREEMENT/cancel",
        "/v1/returns",
        "/v1/days/2026-11-21/close",
        "/v1/events",
        "/v1/members/look-up",
        "/v1/members",
        "/v1/claims",
        "/v1/members/merge",
        "/v1/quote",
    ]


def test_the_examples_do_what_the_page_says(shop: Shop) -> None:
    """In the page's order, in one shop, with the variables as the page names them."""
    known = {"POSD": shop.address, "TOKEN": shop.token, "CODE": shop.member("Member", 250), "PATH": "/usr/bin:/bin"}
    wait_for("codes for who joins", lambda: shop.status()["blank_codes"])
    before = shop.records()
    for example in examples():
        run = subprocess.run(
            ["bash", "-euc", example.command], env=known, capture_output=True, text=True, timeout=RUN_S_MAX, check=False
        )
        assert run.returncode == 0, run.stderr
        if example.answer is None:
            assert run.stdout.startswith("event: link\ndata: {"), run.stdout
            continue
        answer = json.loads(run.stdout)
        assert as_shown(example.answer, answer) == example.answer, example.command
        if answer.get("agreement"):
            known["AGREEMENT"] = answer["agreement"]
        if answer.get("kind") == "sale":
            known.setdefault("SALE", answer["id"])
    assert shop.records() == before + 6
    (joined,) = wait_for("head office has the number", lambda: shop.office("member", "find", "+972501234567"))
    assert (joined["first_name"], joined["provisional"]) == ("Member", False)
    (told,) = shop.office("closings", "--from", "2026-11-21", "--to", "2026-11-21")
    assert (told["till"], told["apart"]["unheard"]) == ("till-1", ["1004"])
