"""Head office's PostgreSQL goes away under it and comes back, and is too busy to answer."""

import contextlib
import random
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from central.store.engine import CONNECTIONS_MAX, WAIT_S_MAX
from sync import wire
from sync.signing import key_id
from tests.postgres import ask_sql, binaries, cluster, crash, run_sql, start_again
from tests.real.selling import ROUNDS, Counted, Till, settle
from tests.shop import Shop, wait_for
from tests.terminals import FieldTerminal

CRASHES = 2
DOWN_S = 1.5
HANG_S = 10 * WAIT_S_MAX


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """An open shop whose head office is on a PostgreSQL of its own; `database` has its socket's folder."""
    with cluster() as socket:
        run_sql(socket, "CREATE DATABASE office")
        with contextlib.closing(
            Shop(tmp_path_factory.mktemp("shop"), database=f"postgresql://postgres@/office?host={socket}")
        ) as opened:
            opened.open()
            yield opened


def folder_of(shop: Shop) -> str:
    """Where its cluster is."""
    return shop.database.rpartition("host=")[2]


def test_a_database_that_crashes_and_comes_back_loses_nothing(shop: Shop) -> None:
    """Head office stays up, terminals get 503 with Retry-After meanwhile, tills nothing of it; then it goes on by itself."""
    asking = enrolled(shop, "Till 2")
    till = Till(shop, "1", {shop.member("חבר"): 0}, random.Random(3))
    office = shop.processes["central"]
    stop = threading.Event()
    with ThreadPoolExecutor() as threads:
        selling = threads.submit(till.sell_until, stop)
        try:
            for _ in range(CRASHES * ROUNDS):
                time.sleep(DOWN_S)
                crash(folder_of(shop))
                answers = [ask(shop, asking) for _ in range(3)]
                assert [(one.status_code, int(one.headers["retry-after"]) > 0) for one in answers] == [(503, True)] * 3
                time.sleep(DOWN_S)
                start_again(folder_of(shop))
                wait_for("it answers again", lambda: ask(shop, asking).status_code == 200)
        finally:
            stop.set()
        selling.result()
    assert settle([shop], [till]) == Counted(till.made, 0, 0)
    assert office.poll() is None


def test_a_database_that_does_not_get_on_is_told_as_503(shop: Shop) -> None:
    """All its connections wait for one lock: everybody hears within seconds when to come back, and afterwards all is well."""
    asking, times = enrolled(shop, "Till 3"), CONNECTIONS_MAX + 10
    with locked(shop), ThreadPoolExecutor(times) as threads:
        answers = list(threads.map(lambda _: ask(shop, asking), range(times)))
    assert {(one.status_code, int(one.headers["retry-after"]) > 0) for one in answers} == {(503, True)}
    wait_for("it answers again", lambda: ask(shop, asking).status_code == 200)


@contextlib.contextmanager
def locked(shop: Shop) -> Iterator[None]:
    """Somebody else holds every journal's row."""
    command = [f"{binaries()}/psql", shop.database, "-q", "-v", "ON_ERROR_STOP=1"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, text=True) as other:
        assert other.stdin
        other.stdin.write("BEGIN; LOCK TABLE chain, terminal IN ACCESS EXCLUSIVE MODE;\n")
        other.stdin.flush()
        held = "SELECT 1 FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND granted AND relation = 'terminal'::regclass"
        wait_for("the lock", lambda: ask_sql(shop.database, held))
        yield
        other.stdin.write("ROLLBACK;\n")


def enrolled(shop: Shop, name: str) -> FieldTerminal:
    """Another terminal of that head office."""
    terminal = FieldTerminal()
    code = shop.office("terminal", "enrol", "--store", "Café", "--terminal", name)["code"]
    body = wire.encode(terminal.enrol_request(code))
    answer = post(shop, terminal, "/v1/enrol", body, key_id("enrol", 0))
    terminal.is_now(wire.decode(answer.content, wire.EnrolAnswer))
    return terminal


def ask(shop: Shop, terminal: FieldTerminal) -> httpx.Response:
    """Push its journal."""
    return post(shop, terminal, "/v1/journal", terminal.batch())


def post(shop: Shop, terminal: FieldTerminal, path: str, body: bytes, key: str = "") -> httpx.Response:
    """A signed request."""
    authority = f"127.0.0.1:{shop.office_port}"
    headers = terminal.signed(path, body, authority, key)
    return shop.http.post(f"http://{authority}{path}", content=body, headers=headers, timeout=HANG_S)
