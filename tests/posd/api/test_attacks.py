"""Requests of strangers and of mistaken tills: all refused, and none of them changes a row."""

from collections.abc import AsyncIterator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest

from posd.api.auth import BODY_BYTES_MAX
from tests.till import HOST, Till, code_of, lines

JSON = "application/json"
GOOD = {"basket": lines(100)}


class Attack(NamedTuple):
    """A request and the status that refuses it; `without` names headers that are not sent."""

    name: str
    status: int
    method: str = "POST"
    path: str = "/v1/agreements"
    headers: Mapping[str, str] = MappingProxyType({})
    json: Any = GOOD
    raw: bytes | None = None
    without: tuple[str, ...] = ()


def host(name: str) -> Attack:
    return Attack(f"Host {name}", 403, headers={"host": name})


def origin(name: str) -> Attack:
    return Attack(f"Origin {name}", 403, headers={"origin": name})


def token(value: str) -> Attack:
    return Attack(f"token {value}", 401, headers={"authorization": value})


def kind(value: str) -> Attack:
    return Attack(f"type {value}", 415, headers={"content-type": value})


ATTACKS = [
    *map(host, ["evil.test", "evil.test:8480", "0.0.0.0:8480", "127.0.0.1", "127.0.0.1:80", "localhost.evil.test:8480"]),
    *map(host, ["127.0.0.1:8480.evil.test", "[::1]", "", "127.0.0.1:8480@evil.test", "2130706433:8480", "127.1:8480"]),
    *map(origin, ["http://evil.test", "null", "https://127.0.0.1:8480", "http://127.0.0.1:8480.evil.test", "", "file://"]),
    *map(origin, ["http://localhost:3000", "http://127.0.0.1", "*"]),
    *map(
        token,
        ["", "Bearer", "Bearer ", "Bearer wrong", "Basic dGlsbA==", "till", "Bearer till till", "Bearer TILL", "Token till"],
    ),
    Attack("no token", 401, without=("authorization",)),
    Attack("token in a cookie", 401, headers={"cookie": "token=till"}, without=("authorization",)),
    Attack("token in the query", 401, path="/v1/agreements?token=till", without=("authorization",)),
    Attack("reading without a token", 401, "GET", "/v1/status", without=("authorization",)),
    Attack("events without a token", 401, "GET", "/v1/events", without=("authorization",)),
    Attack("receipt without a token", 401, "GET", f"/v1/records/{'0' * 32}/receipt.txt", without=("authorization",)),
    *(
        Attack(f"display: {path}", 403, "POST", path, {"authorization": "Bearer display"})
        for path in ("/v1/quote", "/v1/scans")
    ),
    Attack("display lists promises", 403, "GET", "/v1/agreements", {"authorization": "Bearer display"}),
    Attack("till makes tokens", 403, path="/v1/tokens", json={"name": "mine", "scope": "admin"}),
    Attack("till lists tokens", 403, "GET", "/v1/tokens"),
    Attack("till revokes tokens", 403, path="/v1/tokens/cli/revoke", json={}),
    Attack("till enrols", 403, path="/v1/enrol", json={"code": "ABCD"}),
    Attack("till takes a new key", 403, path="/v1/new-key", json={}),
    *map(kind, ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "", "application/jsonp"]),
    Attack("no type", 415, without=("content-type",)),
    Attack("text/plain with JSON inside", 415, headers={"content-type": "text/plain; application/json"}),
    Attack("too long", 413, raw=b" " * (BODY_BYTES_MAX + 1)),
    Attack("a length that lies", 413, headers={"content-length": "99999999999"}, raw=b"{}"),
    Attack("a length that is none", 413, headers={"content-length": "-1"}, raw=b"{}"),
    Attack("a write by GET", 405, "GET", "/v1/sales"),
    Attack("a write by PUT", 405, "PUT", "/v1/sales"),
    Attack("TRACE", 405, "TRACE", "/v1/sales"),
    Attack("preflight of a stranger", 403, "OPTIONS", "/v1/sales", {"origin": "http://evil.test"}),
    Attack("preflight without an answer", 405, "OPTIONS", "/v1/sales"),
    Attack("path up", 404, "GET", "/static/../../../etc/passwd"),
    Attack("path up, encoded", 404, "GET", "/static/..%2f..%2fpages.py"),
    Attack("path up, twice encoded", 404, "GET", "/static/%252e%252e%252fpages.py"),
    Attack("path with NUL", 404, "GET", "/static/pages.py%00.css"),
    Attack("double slash", 404, "GET", "//v1/status"),
    Attack("an id that is a path", 404, "GET", "/v1/records/..%2f..%2fetc/receipt.txt"),
    Attack("an id that is SQL", 422, "POST", "/v1/agreements/x'%20OR%20'1'='1/cancel", json={}),
    Attack("docs that load from a CDN", 404, "GET", "/docs"),
]


@pytest.fixture
async def before(shop: Till) -> AsyncIterator[dict[str, Any]]:
    """What was in the database; it is there unchanged when the test is over."""
    content = shop.content()
    yield content
    assert shop.content() == content


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
async def test_it_is_refused_and_nothing_changes(shop: Till, before: dict[str, Any], attack: Attack) -> None:
    """By name, origin, token, scope, type, size, method or path: a problem with a code, a hint and no effect."""
    headers = {**dict(shop.client.headers), **attack.headers}
    for name in attack.without:
        headers.pop(name, None)
    content = {"content": attack.raw} if attack.raw is not None else {"json": attack.json} if attack.method == "POST" else {}
    request = shop.client.build_request(attack.method, attack.path, **content)
    request.headers.clear()
    request.headers.update({"host": HOST, **headers})
    answer = await shop.client.send(request)
    assert answer.status_code == attack.status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"]
    assert answer.json()["hint"]
    assert "access-control-allow-origin" not in answer.headers


def test_there_are_enough_of_them() -> None:
    """The research asks for forty at least (research/reliability.md 5.3)."""
    assert len(ATTACKS) >= 40


async def test_a_body_that_never_says_its_length_is_ended(shop: Till, before: dict[str, Any]) -> None:
    """A chunked request is counted as it comes."""

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b" " * 10_000

    answer = await shop.client.post("/v1/agreements", content=endless())
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


async def test_a_revoked_token_is_out_at_once(shop: Till) -> None:
    """The next request with it is refused; the list shows names and never a token."""
    admin = {"Authorization": "Bearer admin"}
    made = (await shop.ask("/v1/tokens", {"name": "till-2"}, **admin)).json()
    with_it = {"Authorization": f"Bearer {made['token']}"}
    assert (await shop.ask("/v1/quote", GOOD, **with_it)).status_code == 200
    listed = await shop.client.get("/v1/tokens", headers=admin)
    assert listed.status_code == 200, listed.text
    assert made["token"] not in listed.text
    assert [one["name"] for one in listed.json()] == ["admin", "display", "till", "till-2"]
    twice = await shop.ask("/v1/tokens", {"name": "till-2"}, **admin)
    assert (twice.status_code, twice.json()["code"]) == (422, "token_name_taken")
    await shop.ask("/v1/tokens/till-2/revoke", {}, **admin)
    assert (await shop.ask("/v1/quote", GOOD, **with_it)).status_code == 401
    unknown = await shop.ask("/v1/tokens/till-2/revoke", {}, **admin)
    assert unknown.json()["code"] == "token_unknown"


async def test_a_page_that_stands_in_the_settings_may_call(shop: Till) -> None:
    """Our own origin is let in."""
    answer = await shop.ask("/v1/quote", {**GOOD, "code": code_of("ab" * 10)}, Origin=f"http://{HOST}")
    assert answer.status_code == 200
