"""A posd within the test: the real store on a real disk, the real API, and a head office that answers holds as it is told."""

import contextlib
import itertools
import sqlite3
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from loyalty.code import Claims
from loyalty.journal import Draft, Stamp
from loyalty.sale import Enrol
from posd.api.app import make_api
from posd.api.auth import Tokens
from posd.api.parts import Parts
from posd.checkout import Checkout
from posd.clock import clock_in
from posd.events import Events
from posd.scanning import Scanning
from posd.settings import Settings
from posd.store import database, journal, pages, tokens
from posd.store.database import Store
from posd.store.opening import FILE
from sync import codes, program_file
from sync.loop import Link
from sync.pull import PullState
from sync.wire import CodeKeyRow, EnrolAnswer, HoldAnswer, HoldRequest, MemberRow, ProgramRow

HOST = "127.0.0.1:8480"
CAFE = Path(__file__).parents[1] / "config" / "programs" / "cafe.toml"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
KEY_ID = "0a0b0c0d"
RICH, POOR = "00112233445566778899", "99887766554433221100"
CARD = "2900000000018"
DATE = "2026-11-21"
TABLES = (
    "terminal",
    "journal",
    "refused",
    "returned",
    "member",
    "entry",
    "agreement",
    "hold",
    "print_job",
    "budget",
    "lease",
    "leased",
)


def code_of(handle: str, generation: int = 0, *, expires_s: int = 4_000_000_000, key: Ed25519PrivateKey = KEY) -> str:
    """A signed code as head office makes them."""
    return codes.make(Claims(handle, generation, 1_700_000_000, expires_s), KEY_ID, key.sign)


def row(handle: str = RICH, points: int = 0, **changes: Any) -> MemberRow:
    """A member as the feed brings one."""
    fields: dict[str, Any] = {"first_name": "חברה", "tier": "bronze", "generation": 0, "codes": (), **changes}
    return MemberRow(handle, balances={"points": {"": points}, "status": {"": 0}}, **fields)


def lines(*amounts: int) -> dict[str, Any]:
    """A basket as the API takes it."""
    return {"lines": [{"id": str(n), "product": f"p{n}", "amount_minor": amount} for n, amount in enumerate(amounts, 1)]}


@dataclass
class Office:
    """Head office for holds: `answer` says what becomes of each request; `asked` keeps them."""

    answer: Callable[[HoldRequest], HoldAnswer] = lambda request: HoldAnswer(granted=True)
    asked: list[HoldRequest] = field(default_factory=list)

    async def hold(self, request: HoldRequest) -> HoldAnswer:
        """As sync.client.HeadOffice."""
        self.asked.append(request)
        return self.answer(request)


@dataclass
class Till:
    """What a till sees, and behind it the parts."""

    client: httpx.AsyncClient
    store: Store
    checkout: Checkout
    office: Office
    parts: Parts
    path: Path
    numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1001))

    async def learns(self, *entities: Any) -> None:
        """A page of the feed arrives."""
        await self.store.run(pages.save_page, entities, PullState("1", "one", caught_up=True))

    async def ask(self, path: str, body: Any, **headers: str) -> httpx.Response:
        """POST it."""
        return await self.client.post(path, json=body, headers=headers)

    async def agree(self, basket: dict[str, Any], code: str = "", *rewards: str) -> Any:
        """Agree; the answer's body."""
        choices = [{"reward": reward} for reward in rewards]
        answer = await self.ask("/v1/agreements", {"basket": basket, "code": code, "choices": choices})
        assert answer.status_code == 200, answer.text
        return answer.json()

    def sale(self, amount: int, **fields: Any) -> dict[str, Any]:
        """The body of a sale that was paid in cash."""
        till = {"till": "1", "cashier": "3", "receipt_number": str(next(self.numbers)), "business_date": DATE}
        return {**till, "tenders": [{"kind": "cash", "amount_minor": amount}], **fields}

    async def sell(self, amount: int, key: str, **fields: Any) -> Any:
        """Book; the answer's body."""
        answer = await self.ask("/v1/sales", self.sale(amount, **fields), **{"Idempotency-Key": key})
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def balance(self, code: str) -> int:
        """The member's points as a cashier sees them now."""
        found = (await self.ask("/v1/members/look-up", {"code": code})).json()
        return next(one["pieces"] for one in found["member"]["balances"] if one["unit"] == "points")

    def content(self) -> dict[str, list[Any]]:
        """Every row of every table that a request could change, read past the daemon."""
        with contextlib.closing(sqlite3.connect(f"file:{self.path}?mode=ro", uri=True)) as db:
            return {table: db.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall() for table in TABLES}

    def records(self) -> list[tuple[str, bytes]]:
        """The kind and bytes of every record."""
        return [(kind, data) for _, _, kind, *_, data in self.content()["journal"]]


@contextlib.asynccontextmanager
async def till(folder: Path, *, enrolled: bool = True, printing: str = "none") -> AsyncIterator[Till]:
    """An enrolled terminal with the cafe's program and two members, one with 250 points and one with 40."""
    async with database.open_store(folder) as store:
        if enrolled:
            answer = EnrolAnswer("t7", "s", 1, "one", "Asia/Jerusalem", 0)
            await store.run(journal.enrol, answer, Stamp(0, 0), Draft("enrol", "0" * 32, Enrol("0.1", "s")))
        settings = Settings.model_validate({"state_dir": str(folder), "printing": printing, "printer": {"driver": "file"}})
        office, link, events = Office(), Link(online=True), Events()
        checkout = Checkout(
            store, clock_in(""), link, "t7" if enrolled else "", office if enrolled else None, prints=printing == "posd"
        )  # type: ignore[arg-type]
        parts = Parts(settings, checkout, events, Scanning(checkout, events, "he"))
        for scope in tokens.SCOPES:
            await store.run(tokens.add, scope, scope, scope, 0)
        api = make_api(parts, Tokens(await store.look(tokens.by_hash)), frozenset({HOST}))
        transport = httpx.ASGITransport(api, raise_app_exceptions=False)
        headers = {"authorization": "Bearer till", "content-type": "application/json", "accept-language": "en"}
        async with httpx.AsyncClient(transport=transport, base_url=f"http://{HOST}", headers=headers) as client:
            made = Till(client, store, checkout, office, parts, folder / FILE)
            if enrolled:
                program, values = program_file.load(CAFE)
                await made.learns(
                    ProgramRow(program.code, program.version, 0, values),
                    CodeKeyRow(KEY_ID, KEY.public_key().public_bytes_raw().hex()),
                    row(RICH, 250, codes=(CARD,)),
                    row(POOR, 40, first_name="חבר"),
                )
            yield made
