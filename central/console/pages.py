"""Head office's pages: they show what is stored and compute nothing."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import FileResponse

from central import auth, enrol, leases, members, people, qr
from central.clock import now_ms
from central.code_keys import CodeSigner
from central.console import frame, upkeep
from central.console.frame import Asked, NotLoggedIn, asked, form, go, signed_form
from central.console.words import LANGUAGES, WORDS
from central.store import members as rows
from central.store import pages, records, users
from central.store.engine import Connection, Store
from runtime.errors import Rejected

ROWS_MAX = 50
PASSWORDS_AT_ONCE = 2  # each takes a fifth of a second and 64 MiB; guessers wait in line
PLACE_CHARS_MAX = 15
FILES = {"console.css": "text/css", "console.js": "text/javascript", "icon.svg": "image/svg+xml"}
STORE_TIME_ZONE = "Asia/Jerusalem"

Page = Callable[[Asked], Awaitable[Response]]
Act = Callable[[Asked, Mapping[str, str]], Awaitable[Response]]


class Console:
    """The pages, on one store."""

    def __init__(self, store: Store, signer: CodeSigner, wake: Callable[[], None]) -> None:
        """`signer` makes members' codes; `wake` is called when there is something to apply or to tell."""
        self._store = store
        self._signer = signer
        self._wake = wake
        self._passwords = asyncio.Semaphore(PASSWORDS_AT_ONCE)
        self._router = APIRouter(default_response_class=Response, include_in_schema=False)
        shown: dict[str, Page] = {
            "/": self._home,
            "/terminals": self._terminals,
            "/transactions": self._transactions,
            "/letters": self._letters,
            "/upkeep": self._upkeep,
            "/members": self._members,
            "/members/{handle}": self._member,
            "/members/{handle}/card": self._card,
        }
        done: dict[str, Act] = {
            "/logout": self._log_out,
            "/terminals": self._enrol,
            "/letters/{key}": self._replay,
            "/upkeep": self._decide,
            "/members": self._add_member,
            "/members/{handle}/new-card": self._new_card,
        }
        for path, show in shown.items():
            self._router.add_api_route(path, self._get(show), methods=["GET"])
        for path, act in done.items():
            self._router.add_api_route(path, self._post(act), methods=["POST"])
        self._router.add_api_route("/login", self._door, methods=["GET"])
        self._router.add_api_route("/login", self._log_in, methods=["POST"])
        self._router.add_api_route("/language", self._speak, methods=["POST"])
        self._router.add_api_route("/static/{name}", self._file, methods=["GET"])

    def add_to(self, app: FastAPI) -> None:
        """Serve the pages from `app`."""
        app.include_router(self._router)

    def _get(self, show: Page) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            try:
                who = await asked(request, self._store)
            except NotLoggedIn:
                return go("/login")
            try:
                return await show(who)
            except Rejected as error:
                return who.error(f"error.{error.code}" if f"error.{error.code}" in WORDS else "not_found", 404)

        return endpoint

    def _post(self, act: Act) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            try:
                who = await asked(request, self._store)
            except NotLoggedIn:
                return go("/login")
            try:
                return await act(who, await signed_form(request, who.person))
            except Rejected as error:
                known = f"error.{error.code}" if f"error.{error.code}" in WORDS else "form_old"
                return who.error(known, 403 if error.code == "form_old" else 422)

        return endpoint

    async def _home(self, _: Asked) -> Response:
        return go("/terminals")

    async def _terminals(self, who: Asked, made: enrol.NewCode | None = None) -> Response:
        found = await self._store.read(pages.terminals, who.now_ms)
        bound = await self._store.read(leases.bound)
        return who.page("terminals.html", terminals=found, made=made, bound=bound, active="terminals")

    async def _enrol(self, who: Asked, fields: Mapping[str, str]) -> Response:
        place = (fields.get("store", "").strip(), fields.get("terminal", "").strip())
        return await self._terminals(who, await self._store.run(enrol.new_code, place, STORE_TIME_ZONE, who.now_ms))

    async def _transactions(self, who: Asked) -> Response:
        before = _place(who.request)
        found = await self._store.read(pages.transactions, before, ROWS_MAX + 1)
        return who.page("transactions.html", active="transactions", before=before, **_paged(found, "key"))

    async def _letters(self, who: Asked) -> Response:
        found = await self._store.read(pages.letters, ROWS_MAX)
        shown = [(letter, _readable(letter.bytes)) for letter in found]
        return who.page("letters.html", letters=shown, active="letters")

    async def _replay(self, who: Asked, _: Mapping[str, str]) -> Response:
        key = who.request.path_params["key"]
        if key.isdigit() and len(key) <= PLACE_CHARS_MAX:
            await self._store.run(records.replay, int(key))
            self._wake()
        return go("/letters")

    async def _upkeep(self, who: Asked) -> Response:
        return who.page("upkeep.html", active="upkeep", **await self._store.read(upkeep.page))

    async def _decide(self, who: Asked, fields: Mapping[str, str]) -> Response:
        await self._store.run(upkeep.decide, who.person.name, fields, who.now_ms)
        self._wake()
        return go("/upkeep")

    async def _members(self, who: Asked) -> Response:
        text = who.request.query_params.get("text", "")[:200].replace("\0", "").strip()

        def look(db: Connection) -> tuple[list[rows.MemberHere], dict[int, dict[str, int]]]:
            found = people.find(db, text, ROWS_MAX)
            return found, members.balances_of(db, found)

        found, balances = await self._store.read(look)
        return who.page("members.html", members=found, balances=balances, text=text, active="members")

    async def _add_member(self, who: Asked, fields: Mapping[str, str]) -> Response:
        name, code = fields.get("first_name", ""), fields.get("code", "").strip()
        member = await self._store.run(members.add, name, code, who.now_ms)
        self._wake()
        return go(f"/members/{member.handle}/card")

    async def _member(self, who: Asked) -> Response:
        before = _place(who.request)

        def look(db: Connection) -> dict[str, Any]:
            member = members.get(db, who.request.path_params["handle"])
            entries = pages.ledger(db, member, before, ROWS_MAX + 1)
            positions = list(dict.fromkeys(entry.position for entry in entries))
            shown = positions[:ROWS_MAX]
            return {
                "member": member,
                "balances": members.balances_of(db, [member])[member.id],
                "codes": rows.codes_of(db, [member.id]).get(member.id, []),
                "entries": [entry for entry in entries if entry.position in shown],
                "older": shown[-1] if len(positions) > ROWS_MAX else None,
            }

        return who.page("member.html", **await self._store.read(look), before=before, active="members")

    async def _card(self, who: Asked) -> Response:
        member = await self._store.read(members.get, who.request.path_params["handle"])
        card = members.card(member, self._signer, who.now_ms // 1000)
        return who.page("card.html", member=member, card=card, drawn=qr.svg(card.text), active="members")

    async def _new_card(self, who: Asked, _: Mapping[str, str]) -> Response:
        member = await self._store.run(members.new_card, who.request.path_params["handle"])
        self._wake()
        return go(f"/members/{member.handle}/card")

    async def _door(self, request: Request) -> Response:
        return frame.page(request, "login.html", 200, {"wrong": False})

    async def _log_in(self, request: Request) -> Response:
        try:
            fields = await form(request)
        except Rejected:
            return frame.page(request, "login.html", 403, {"wrong": True})
        user = await self._store.read(users.password_of, fields.get("name", "").replace("\0", ""))
        async with self._passwords:
            given = fields.get("password", "")
            holds = await asyncio.to_thread(auth.password_holds, user[1] if user else None, given)
        if not user or not holds:
            return frame.page(request, "login.html", 403, {"wrong": True})
        token = await self._store.run(auth.open_session, user[0], now_ms())
        answer = go("/terminals")
        answer.set_cookie(
            frame.SESSION_COOKIE,
            token,
            max_age=auth.SESSION_MS // 1000,
            httponly=True,
            samesite="strict",
            secure=request.headers.get("x-forwarded-proto") == "https",
        )
        return answer

    async def _log_out(self, who: Asked, _: Mapping[str, str]) -> Response:
        await self._store.run(auth.close_session, who.request.cookies[frame.SESSION_COOKIE])
        answer = go("/login")
        answer.delete_cookie(frame.SESSION_COOKIE)
        return answer

    async def _speak(self, request: Request) -> Response:
        try:
            fields = await form(request)
        except Rejected:
            return go("/")
        to = fields.get("to", "")
        answer = go(to if re.fullmatch(r"/[A-Za-z0-9/_-]*", to) and not to.startswith("//") else "/")
        if fields.get("language") in LANGUAGES:
            answer.set_cookie(frame.LANGUAGE_COOKIE, fields["language"], max_age=frame.LANGUAGE_S, samesite="strict")
        return answer

    async def _file(self, name: str) -> Response:
        if name not in FILES:
            return Response(status_code=404)
        return FileResponse(
            frame.HERE / "static" / name, media_type=FILES[name], headers={**frame.HEADERS, "cache-control": "max-age=300"}
        )


def _place(request: Request) -> int | None:
    """Where an older page begins; nonsense means the newest."""
    text = request.query_params.get("before", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= PLACE_CHARS_MAX else None


def _paged(found: list[Any], key: str) -> dict[str, Any]:
    """The rows of a page and where the next one begins."""
    shown = found[:ROWS_MAX]
    return {"rows": shown, "older": getattr(shown[-1], key) if len(found) > ROWS_MAX else None}


def _readable(data: bytes) -> str:
    return json.dumps(json.loads(data), ensure_ascii=False, indent=2)
