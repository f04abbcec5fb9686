"""What a till may send: every mistake is told at once, in its place, and nothing is written."""

import json
from typing import Any

import pytest
import structlog
from hypothesis import given, settings
from hypothesis import strategies as st

from loyalty import bounds
from posd.api import problems
from posd.store import agreements
from runtime import words
from runtime.errors import Misconfigured, Rejected, Unavailable
from runtime.log import start_logging
from tests.till import DATE, RICH, Till, code_of, lines

LINE = {"id": "1", "product": "p", "amount_minor": 100}
SALE = {"till": "1", "receipt_number": "7", "business_date": DATE, "tenders": [], "ask": {"basket": {"lines": [LINE]}}}


def basket(**fields: Any) -> dict[str, Any]:
    return {"basket": {"lines": [{**LINE, **fields}]}}


MALFORMED: list[tuple[Any, str]] = [
    (basket(amount_minor=-1), "body.basket"),
    (basket(amount_minor=-bounds.AMOUNT_MINOR_MAX - 1), "body.basket.lines.0.amount_minor"),
    (basket(levy_minor=101), "body.basket.lines.0"),
    (basket(levy_minor=-1), "body.basket.lines.0.levy_minor"),
    (basket(floor_minor=-1), "body.basket.lines.0.floor_minor"),
    (basket(tags=[""]), "body.basket.lines.0.tags.0"),
    (basket(tags=["t"] * 51), "body.basket.lines.0.tags"),
    (basket(reduced=1), "body.basket.lines.0.reduced"),
    (basket(discountable="no"), "body.basket.lines.0.discountable"),
    ({"basket": {"lines": [LINE], "codes": ["c"] * 51}}, "body.basket.codes"),
    ({"basket": {"lines": [LINE], "codes": ["c"] * 30, "paying": ["cash"] * 30}}, "body.basket"),
    ({"basket": {"lines": [LINE], "paying": [1]}}, "body.basket.paying.0"),
    (basket(amount_minor=10**30), "body.basket.lines.0.amount_minor"),
    (basket(amount_minor=bounds.AMOUNT_MINOR_MAX + 1), "body.basket.lines.0.amount_minor"),
    (basket(amount_minor=True), "body.basket.lines.0.amount_minor"),
    (basket(amount_minor=1.5), "body.basket.lines.0.amount_minor"),
    (basket(amount_minor=1.0), "body.basket.lines.0.amount_minor"),
    (basket(amount_minor="100"), "body.basket.lines.0.amount_minor"),
    (basket(amount_minor=None), "body.basket.lines.0.amount_minor"),
    (basket(quantity_milli=0), "body.basket.lines.0.quantity_milli"),
    (basket(quantity_milli=-1000), "body.basket.lines.0.quantity_milli"),
    (basket(quantity_milli=False), "body.basket.lines.0.quantity_milli"),
    (basket(quantity_milli=10**12), "body.basket.lines.0.quantity_milli"),
    (basket(tax_bp=10_001), "body.basket.lines.0.tax_bp"),
    (basket(id=""), "body.basket.lines.0.id"),
    (basket(id=7), "body.basket.lines.0.id"),
    (basket(id="a\0b"), "body.basket.lines.0.id"),
    (basket(name="\0"), "body.basket.lines.0.name"),
    (basket(name="x" * 201), "body.basket.lines.0.name"),
    (basket(price=5), "body.basket.lines.0.price"),
    ({"basket": {"lines": []}}, "body.basket.lines"),
    ({"basket": {"lines": [LINE] * 501}}, "body.basket.lines"),
    ({"basket": {"lines": [LINE, LINE]}}, "body.basket"),
    ({"basket": {"lines": [{**LINE, "id": str(n), "amount_minor": 9_000_000_000} for n in range(2)]}}, "body.basket"),
    ({"basket": {"lines": [LINE], "currency": "shekel"}}, "body.basket.currency"),
    ({"basket": {"lines": "coffee"}}, "body.basket.lines"),
    ({"basket": None}, "body.basket"),
    ({}, "body.basket"),
    ([], "body"),
    ({**basket(), "code": "x" * 1001}, "body.code"),
    ({**basket(), "code": 5}, "body.code"),
    ({**basket(), "choices": [{"reward": "ten_off", "times": 0}]}, "body.choices.0.times"),
    ({**basket(), "choices": [{"reward": "ten_off", "times": True}]}, "body.choices.0.times"),
    ({**basket(), "choices": [{"reward": ""}]}, "body.choices.0.reward"),
    ({**basket(), "choices": [{"reward": "ten_off"}] * 21}, "body.choices"),
]


@pytest.mark.parametrize(("body", "place"), MALFORMED, ids=range(len(MALFORMED)))
async def test_a_malformed_basket_is_told_in_its_place(shop: Till, body: Any, place: str) -> None:
    """Negative, absurd, boolean, broken, doubled, empty: 422 with the key path, and not a row changes."""
    before = shop.content()
    answer = await shop.ask("/v1/agreements", body)
    assert answer.status_code == 422, answer.text
    assert place in [mistake["at"] for mistake in answer.json()["mistakes"]]
    assert shop.content() == before


RAW = {
    "half a surrogate": b'{"basket":{"lines":[{"id":"\\ud800","product":"p","amount_minor":1}]}}',
    "half a surrogate as a key": b'{"basket":{"lines":[]},"\\ud800":1}',
    "not UTF-8": b'{"basket":"\xff\xfe"}',
    "not JSON": b"{basket}",
    "nothing": b"",
    "deep nesting": b"[" * 200_000,
    "a number of 5,000 digits": b'{"basket":{"lines":[{"id":"1","product":"p","amount_minor":' + b"9" * 5000 + b"}]}}",
    "NaN": b'{"basket":{"lines":[{"id":"1","product":"p","amount_minor":NaN}]}}',
    "Infinity": b'{"basket":{"lines":[{"id":"1","product":"p","amount_minor":Infinity}]}}',
    "1e2": b'{"basket":{"lines":[{"id":"1","product":"p","amount_minor":1e2}]}}',
}


@pytest.mark.parametrize("raw", RAW.values(), ids=RAW.keys())
@pytest.mark.parametrize("path", ["/v1/quote", "/v1/agreements", "/v1/sales", "/v1/returns"])
async def test_what_is_no_json_of_ours_is_refused(shop: Till, path: str, raw: bytes) -> None:
    """Whatever bytes come, the answer is a problem of the till's making and nothing is written."""
    before = shop.content()
    answer = await shop.client.post(path, content=raw, headers={"Idempotency-Key": "k"})
    assert (answer.status_code, answer.json()["code"]) == (422, "malformed")
    assert shop.content() == before


@pytest.mark.parametrize(
    "change",
    [
        {"tenders": [{"kind": "cash", "amount_minor": -1}]},
        {"tenders": [{"kind": "cash", "amount_minor": 1}] * 21},
        {"tenders": None},
        {"business_date": "21.11.2026"},
        {"business_date": "2026-13-01"},
        {"business_date": "2026-02-30"},
        {"business_date": "2026-11-21\n"},
        {"receipt_number": ""},
        {"till": None},
        {"agreement": "A" * 32},
        {"agreement": "0" * 31},
        {"ask": None},
        {"total": 5},
    ],
    ids=str,
)
async def test_a_malformed_sale_books_nothing(shop: Till, change: dict[str, Any]) -> None:
    """The one thing that may be refused after payment is what nobody can read."""
    before = shop.content()
    answer = await shop.ask("/v1/sales", {**SALE, **change}, **{"Idempotency-Key": "k"})
    assert (answer.status_code, answer.json()["code"]) == (422, "malformed")
    assert shop.content() == before


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": ""}, {"Idempotency-Key": "k" * 201}])
async def test_a_sale_needs_its_key(shop: Till, headers: dict[str, str]) -> None:
    """Without one a retry could not be told from another sale."""
    answer = await shop.ask("/v1/sales", SALE, **headers)
    assert answer.status_code == 422
    assert "Idempotency-Key" in answer.json()["mistakes"][0]["at"]


async def test_all_mistakes_are_told_at_once(shop: Till) -> None:
    """Five mistakes, five places."""
    body = {**basket(amount_minor="1", quantity_milli=0, id=""), "code": 5, "extra": 1}
    answer = await shop.ask("/v1/quote", body)
    assert len(answer.json()["mistakes"]) == 5
    assert "5 mistakes" in answer.json()["message"]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*LINE, "lines", "basket", "x"]), inner, max_size=3)
    ),
    max_leaves=12,
)


async def test_any_json_is_answered(shop: Till) -> None:
    """Drawn bodies: a quote or a list of mistakes, never anything else."""
    drawn: list[Any] = []

    @settings(max_examples=60)
    @given(json_values)
    def draw(value: Any) -> None:
        drawn.append(value)

    draw()
    for place, body in enumerate(drawn):
        raw = json.dumps({"basket": {"lines": [body]}} if place % 2 else body)
        answer = await shop.client.post("/v1/quote", content=raw)
        assert answer.status_code in {200, 422}, raw


@pytest.mark.parametrize("language", words.LANGUAGES)
async def test_a_problem_has_one_shape_and_speaks_the_asked_language(shop: Till, language: str) -> None:
    """Code, message and hint for the till's maker, a sentence for the cashier."""
    answer = await shop.ask("/v1/quote", {}, **{"Accept-Language": language})
    problem = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert {"type", "status", "code", "message", "hint", "sentence", "retryable", "mistakes"} == problem.keys()
    assert problem["status"] == answer.status_code
    assert problem["sentence"] == words.say(language, "error.malformed")
    by_query = await shop.ask(f"/v1/quote?language={language}", {})
    assert by_query.json()["sentence"] == problem["sentence"]


async def test_a_full_disk_is_told_and_may_be_tried_again(shop: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    """503, retryable, with a sentence of its own."""

    def full(*_: Any) -> None:
        raise Unavailable("disk_full", "The terminal's disk is full", "Free some space")

    monkeypatch.setattr(agreements, "save", full)
    answer = await shop.ask("/v1/agreements", {"basket": lines(100)})
    assert (answer.status_code, answer.json()["code"], answer.json()["retryable"]) == (503, "disk_full", True)
    assert answer.json()["sentence"] != words.say("en", "error.other")


async def test_a_bug_is_told_as_one_and_its_log_has_no_member(
    shop: Till, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """500 with what to do; nothing of the request is in the answer or in the log."""

    def broken(*_: Any) -> None:
        raise AssertionError("impossible")

    monkeypatch.setattr(agreements, "save", broken)
    start_logging()
    answer = await shop.ask("/v1/agreements", {"basket": lines(100), "code": code_of(RICH)})
    structlog.reset_defaults()
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    logged = capsys.readouterr()
    assert "impossible" in logged.out + logged.err
    assert code_of(RICH) not in answer.text + logged.out + logged.err
    assert RICH not in answer.text + logged.out + logged.err


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Rejected("any", "m"), 422),
        (Unavailable("any", "m"), 503),
        (Misconfigured("any", "m"), 500),
        *[(Rejected(code, "m"), status) for code, status in problems.STATUS_BY_CODE.items()],
    ],
)
def test_the_kind_of_an_error_is_its_status(error: Any, status: int) -> None:
    """Change the request, try again later, call a person; a few codes have a better status."""
    assert problems.status_of(error) == status


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_every_error_has_a_sentence(language: str) -> None:
    """Its own, or the one that fits all."""
    for code in ("malformed", "key_reused", "disk_full", "not_enrolled", "nobody_has_ever_seen_this"):
        assert problems._sentence(language, code)
    assert problems._sentence(language, "nobody_has_ever_seen_this") == words.say(language, "error.other")
