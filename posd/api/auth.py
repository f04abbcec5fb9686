"""Who may come in: this machine only, by an exact Host, from no foreign page, with a token of the right scope.

A page of another origin cannot call us: its Origin is refused, and the Authorization header alone makes a browser ask first
(CORS preflight), which we never grant to a stranger.
"""

import hashlib
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from posd.api.problems import problem
from runtime.errors import PosdError, Rejected

BODY_BYTES_MAX = 512 * 1024  # a basket of 500 lines with long names is below it
WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})

SCOPES: Mapping[str, frozenset[str]] = {
    "till": frozenset({"till", "display"}),
    "display": frozenset({"display"}),
    "admin": frozenset({"till", "display", "admin"}),
}
"""What a token of each scope may do."""


@dataclass
class Tokens:
    """The tokens that are let in, by their SHA-256: a copy of the table in memory, renewed whenever that changes."""

    by_hash: Mapping[bytes, tuple[str, str]] = field(default_factory=dict)

    def scope_of(self, header: str) -> str | None:
        """The scope of the token in an Authorization header."""
        kind, _, token = header.partition(" ")
        found = self.by_hash.get(hashlib.sha256(token.strip().encode()).digest()) if kind.lower() == "bearer" else None
        return found[1] if found else None


def guarded(scope: str) -> type[APIRoute]:
    """A kind of route that answers only a token which may do `scope`, and looks at it before it reads anything else."""

    class Guarded(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            answer = super().get_route_handler()

            async def guard(request: Request) -> Response:
                _must_be_let_in(request, scope)
                return await answer(request)

            return guard

    return Guarded


def _must_be_let_in(request: Request, scope: str) -> None:
    tokens: Tokens = request.app.state.tokens
    have = tokens.scope_of(request.headers.get("authorization", ""))
    if have is None:
        hint = "Send 'Authorization: Bearer TOKEN'; make a token with: posd token add NAME"
        raise Rejected("not_signed_in", "This needs a token that posd knows", hint)
    if scope not in SCOPES[have]:
        hint = f"Make one with: posd token add NAME --scope {scope}"
        raise Rejected("wrong_scope", f"This needs a token of scope {scope}, not {have}", hint)


class Door:
    """ASGI middleware: refuses strangers before anything is read, and bodies that are too large or no JSON."""

    def __init__(self, app: ASGIApp, hosts: frozenset[str], origins: frozenset[str]) -> None:
        """`hosts` are the exact Host headers that are ours, `origins` the pages that may call."""
        self.app = app
        self.hosts = hosts
        self.origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let it pass, or answer why not."""
        if scope["type"] != "http":
            return
        request = Request(scope)
        refused = self._refused(request)
        if refused:
            await problem(request, refused)(scope, receive, send)
            return
        await self.app(scope, _bounded(receive), send)

    def _refused(self, request: Request) -> PosdError | None:
        headers = request.headers
        if headers.get("host", "").lower() not in self.hosts:
            hint = f"Use one of: {', '.join(sorted(self.hosts))}"
            return Rejected("wrong_host", "posd does not answer to this name", hint)
        origin = headers.get("origin")
        if origin is not None and origin not in self.origins:
            hint = "A page of another origin must stand in api.origins of the settings"
            return Rejected("wrong_origin", "This page may not call posd", hint)
        length = headers.get("content-length", "0")
        if not length.isascii() or not length.isdigit() or int(length) > BODY_BYTES_MAX:
            return Rejected("too_large", f"A request has at most {BODY_BYTES_MAX} bytes", "Send less")
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        if request.method in WRITES and kind != "application/json":
            return Rejected("not_json", "A request that changes something is application/json", "Set the Content-Type")
        return None


def _bounded(receive: Receive) -> Receive:
    """The body, ended with a refusal once it is longer than it may be (chunked requests say no length)."""
    seen = 0

    async def bounded() -> Message:
        nonlocal seen
        message: dict[str, Any] = dict(await receive())
        seen += len(message.get("body", b""))
        if seen > BODY_BYTES_MAX:
            raise Rejected("too_large", f"A request has at most {BODY_BYTES_MAX} bytes", "Send less")
        return message

    return bounded
