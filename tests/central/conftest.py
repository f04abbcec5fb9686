"""Head office on both databases, a terminal that is enrolled, and a published program."""

import asyncio
import contextlib
import itertools
import shutil
from collections import deque
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from central import code_keys, enrol, members, programs
from central.app import build
from central.apply import Applier
from central.clock import now_ms
from central.feed import News
from central.store import members as rows
from central.store.engine import Store
from central.store.opening import open_store
from sync import program_file, wire
from sync.signing import key_id
from tests.postgres import MEMORY, cluster, run_sql
from tests.terminals import AUTHORITY, FieldTerminal

NOW_MS = 1_795_000_000_000
PROGRAM_PATH = Path(__file__).resolve().parents[2] / "config" / "programs" / "cafe.toml"

DATABASES_MAX = 4  # no test needs as many

_NUMBERS = itertools.count(1)
_databases: deque[str] = deque()


async def make_tables(url: str) -> None:
    """Once for each kind: the migrations take longer than most tests, which begin with a copy of what they made."""
    async with open_store(url):
        pass


@pytest.fixture(scope="session")
def postgres():
    """The socket of this worker's own PostgreSQL, with a template that has the tables."""
    with cluster(where=MEMORY) as socket:
        run_sql(socket, "CREATE DATABASE posd_template")
        asyncio.run(make_tables(f"postgresql://postgres@/posd_template?host={socket}"))
        yield socket


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory):
    """A SQLite file that has the tables."""
    file = tmp_path_factory.mktemp("template") / "central.db"
    asyncio.run(make_tables(f"sqlite:///{file}"))
    return file


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    """An empty database of each kind, with its tables."""
    if request.param == "sqlite":
        return f"sqlite:///{shutil.copy(request.getfixturevalue('sqlite_template'), tmp_path / 'central.db')}"
    return request.getfixturevalue("postgres_url")


@pytest.fixture
def postgres_url(postgres):
    """An empty PostgreSQL database, with its tables."""
    return new_database(postgres)


def new_database(socket: str) -> str:
    """The URL of an empty database, with its tables. Of those before only a few are left: each is some 400 files in memory."""
    name = f"posd_{next(_NUMBERS)}"
    gone = [_databases.popleft()] if len(_databases) == DATABASES_MAX else []
    _databases.append(name)
    away = [f"DROP DATABASE IF EXISTS {one} WITH (FORCE)" for one in gone]
    run_sql(socket, *away, f"CREATE DATABASE {name} TEMPLATE posd_template")
    return f"postgresql://postgres@/{name}?host={socket}"


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def new_url(request, tmp_path_factory):
    """Makes empty databases of each kind, for tests that draw many examples."""
    if request.param == "postgresql":
        return partial(new_database, request.getfixturevalue("postgres"))
    template = request.getfixturevalue("sqlite_template")
    return lambda: f"sqlite:///{shutil.copy(template, tmp_path_factory.mktemp('office') / 'central.db')}"


@pytest.fixture
async def store(url):
    """Head office's database."""
    async with open_store(url) as opened:
        yield opened


@dataclass
class Office:
    """Head office without a socket: its database, its applier, and requests as they come from the wire."""

    store: Store
    http: httpx.AsyncClient
    applier: Applier
    news: News
    terminals: list[FieldTerminal] = field(default_factory=list)
    url: str = ""

    async def terminal(self, name: str = "") -> FieldTerminal:
        """A new terminal, enrolled through the wire."""
        place = ("Allenby 12", name or f"Till {next(_NUMBERS)}")
        code = (await self.store.run(enrol.new_code, place, "Asia/Jerusalem", now_ms())).code
        terminal = FieldTerminal()
        terminal.is_now(await self.enrol(terminal, code))
        self.terminals.append(terminal)
        return terminal

    async def enrol(self, terminal: FieldTerminal, code: str) -> Any:
        """Its first word, and the answer."""
        body = wire.encode(terminal.enrol_request(code))
        return await self.post(
            "/v1/enrol", body, terminal.signed("/v1/enrol", body, key_id=key_id("enrol", 0)), wire.EnrolAnswer
        )

    async def ask(self, terminal: FieldTerminal, path: str, message: object, shape: type) -> Any:
        """A signed message and the answer."""
        body = wire.encode(message)
        return await self.post(path, body, terminal.signed(path, body), shape)

    async def push(self, terminal: FieldTerminal, first: int = 1, last: int | None = None) -> Any:
        """Push records of its journal; the PushAnswer."""
        return await self.push_bytes(terminal, terminal.batch(first, last))

    async def push_bytes(self, terminal: FieldTerminal, body: bytes) -> Any:
        """Push whatever `body` is."""
        return await self.post("/v1/journal", body, terminal.signed("/v1/journal", body), wire.PushAnswer)

    async def feed(self, terminal: FieldTerminal, cursor: str = "", wait_s: float = 0.0) -> wire.FeedPage:
        """A page of the feed."""
        request = wire.FeedRequest(cursor, wait_s, 0, 0, "0.1.0", journal_seq=len(terminal.records))
        return await self.ask(terminal, "/v1/feed", request, wire.FeedPage)

    async def hold(self, terminal: FieldTerminal, request: wire.HoldRequest) -> wire.HoldAnswer:
        """A hold."""
        return await self.ask(terminal, "/v1/holds", request, wire.HoldAnswer)

    async def post(self, path: str, body: bytes, headers: dict[str, str], shape: type) -> Any:
        """The answer as `shape`, or head office's Problem."""
        answer = await self.http.post(path, content=body, headers=headers)
        if answer.status_code == 200:
            return wire.decode(answer.content, shape)
        problem = wire.decode(answer.content, wire.Problem)
        assert (wire.PROBLEMS[problem.code], answer.headers["content-type"]) == (answer.status_code, "application/problem+json")
        return problem

    async def apply(self) -> None:
        """Give everything that is stored its effect."""
        await self.applier.apply_pending()

    async def deliver(self, *terminals: FieldTerminal) -> None:
        """Push all of their journals and apply them."""
        for terminal in terminals or self.terminals:
            assert (await self.push(terminal)).outcome == "stored"
        await self.apply()

    async def balances(self, handle: str) -> dict[str, int]:
        """What a member has available."""

        def look(db: Any) -> dict[str, int]:
            member = rows.by_handle(db, handle)
            return members.balances_of(db, [member])[member.id] if member else {}

        return await self.store.read(look)


@pytest.fixture
def published():
    """The program's file: the cafe's, where a test has no other."""
    return PROGRAM_PATH


@contextlib.asynccontextmanager
async def answering(store, state_dir):
    """Head office as it answers on that database."""
    news = News()
    applier = Applier(store, now_ms, news.tell)
    transport = httpx.ASGITransport(build(store, applier, news, code_keys.load(state_dir)))
    async with httpx.AsyncClient(transport=transport, base_url=f"http://{AUTHORITY}") as http:
        yield Office(store, http, applier, news)


@pytest.fixture
async def office(store, url, tmp_path, published):
    """Head office with a program published."""
    program, values = program_file.load(published)
    await store.run(programs.publish, program, values, NOW_MS, 0)
    async with answering(store, tmp_path) as made:
        made.url = url
        yield made
