"""The local API as one ASGI application."""

import asyncio
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from starlette.middleware import Middleware

from drivers.ports import Sighted
from posd.api import routes, shapes
from posd.api.auth import Door, Tokens, guarded
from posd.api.counter import counter
from posd.api.devices import devices_router
from posd.api.parts import Parts
from posd.api.problems import add_problems
from posd.clock import wall_ms
from posd.keys import new_token
from posd.store import tokens as stored
from posd.version import VERSION
from posd.web import pages
from runtime.errors import Rejected

ABOUT = """What a till asks of posd, on this machine only. Amounts are whole agorot, quantities thousandths. Send
`Authorization: Bearer TOKEN` with everything, `Idempotency-Key` with whatever is booked, and `Accept-Language` (he, en, ar, ru)
for the sentences. Errors are application/problem+json with `code`, `message`, `hint` and a `sentence` for the cashier."""


def make_api(parts: Parts, tokens: Tokens, hosts: frozenset[str]) -> FastAPI:
    """Put it together. `hosts` are the exact Host headers that it answers to."""
    origins = frozenset({*(f"http://{host}" for host in hosts), *parts.settings.api.origins})
    app = FastAPI(
        title="posd",
        version=VERSION,
        description=ABOUT,
        docs_url=None,
        redoc_url=None,
        middleware=[Middleware(Door, hosts=hosts, origins=origins)],
    )
    app.state.parts = parts
    app.state.tokens = tokens
    app.state.language = parts.settings.language
    add_problems(app)
    for router in (routes.till, counter, routes.display, _admin(parts, tokens), devices_router(routes.parts_of), pages.router):
        app.router.routes += router.routes  # one flat list: a router that is included is matched twice for every request
    return app


def _admin(parts: Parts, tokens: Tokens) -> APIRouter:
    """What only this machine's administrator may do."""
    router = APIRouter(prefix="/v1", route_class=guarded("admin"))
    store = parts.checkout.store

    async def renew() -> None:
        tokens.by_hash = await store.look(stored.by_hash)

    @router.post("/enrol")
    async def enrol(shape: shapes.EnrolShape, request: Request) -> dict[str, str]:
        """Become a terminal of head office by a one-time code; all parts then start anew."""
        answer: dict[str, str] = await request.app.state.enrol(shape.code)
        return answer

    @router.post("/new-key")
    async def new_key(request: Request) -> dict[str, str]:
        """Take a new key for what this terminal says to head office; all parts then start anew."""
        answer: dict[str, str] = await request.app.state.new_key()
        return answer

    @router.get("/tokens")
    async def listed() -> list[dict[str, Any]]:
        """Who may use this API."""
        found = await store.look(stored.listed)
        return [{"name": name, "scope": scope, "made_ms": made_ms} for name, scope, made_ms in found]

    @router.post("/tokens")
    async def add(shape: shapes.TokenShape) -> dict[str, str]:
        """Let somebody in. The token is shown this once; only its hash is kept."""
        token = new_token()
        await store.run(stored.add, shape.name, shape.scope, token, wall_ms())
        await renew()
        return {"name": shape.name, "scope": shape.scope, "token": token}

    @router.post("/tokens/{name}/revoke")
    async def revoke(name: str) -> dict[str, str]:
        """Let it in no more."""
        if not await store.run(stored.revoke, name):
            raise Rejected("token_unknown", f"There is no token named {name!r}", "See: posd token list")
        await renew()
        return {"revoked": name}

    @router.get("/scanners/{name}/snapshot.png")
    async def snapshot(name: str) -> Response:
        """What that camera sees now, for support; codes are blacked out, faces may be in it."""
        cameras = {one.name: one for one in parts.scanners if isinstance(one, Sighted)}
        if name not in cameras:
            raise Rejected("camera_unknown", f"There is no camera named {name!r}", f"There are: {', '.join(cameras) or 'none'}")
        return Response(await asyncio.to_thread(cameras[name].snapshot), media_type="image/png")

    return router
