"""posd under a service manager: what it tells, when its watchdog is fed, how fast it stops."""

import contextlib
import sqlite3
import time
from pathlib import Path

import pytest

from tests.posd.daemon import Daemon, settings_file

PERIOD_S = 1.0  # of the watchdog in these tests: fed every third of it
FED_S_MAX = 20.0  # a hang guard for a feeding that is due


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The settings of a new terminal."""
    return settings_file(tmp_path)


def fed(daemon: Daemon, during_s: float) -> int:
    """How often the watchdog is fed from now on, for so long."""
    while not daemon.heard.empty():
        daemon.heard.get()
    time.sleep(during_s)
    return sum("WATCHDOG=1" in daemon.heard.get() for _ in range(daemon.heard.qsize()))


def test_the_manager_hears_of_start_and_stop(file: Path):
    """READY=1 with a status a person reads, then STOPPING=1, then it ends with 0."""
    with Daemon(file) as daemon:
        assert daemon.stop() == 0
        daemon.must_hear("STOPPING=1")
        assert {line["level"] for line in daemon.lines()} == {"info"}


def test_without_a_watchdog_none_is_fed(file: Path):
    """A unit without WatchdogSec hears nothing of it."""
    with Daemon(file) as daemon:
        assert fed(daemon, PERIOD_S) == 0


def test_the_watchdog_starves_while_the_database_hangs(file: Path, tmp_path: Path):
    """While another connection holds the database, nothing is fed, however long; afterwards it is fed again, by the same posd."""
    with Daemon(file, watchdog_s=PERIOD_S) as daemon:
        daemon.must_hear("WATCHDOG=1", FED_S_MAX)
        with contextlib.closing(sqlite3.connect(tmp_path / "state" / "posd.db", isolation_level=None)) as thief:
            thief.execute("BEGIN IMMEDIATE")
            time.sleep(PERIOD_S / 2)  # a feeding that was under way may arrive
            assert fed(daemon, 7 * PERIOD_S) == 0  # longer than SQLite waits for a lock, so an error was seen too
            thief.execute("ROLLBACK")
        daemon.must_hear("WATCHDOG=1", FED_S_MAX)
        assert "watchdog" in {line.get("part") for line in daemon.lines()}
        assert daemon.stop() == 0


def test_it_stops_with_a_page_open(file: Path):
    """An event stream that a page holds open is ended, and does not keep posd from stopping in time."""
    with Daemon(file) as daemon, daemon.page() as page:
        assert daemon.stop() == 0
        assert b"data:" not in page.read()


def test_it_stops_with_a_request_half_sent(file: Path):
    """Somebody who never finishes a request does not keep it either."""
    with Daemon(file) as daemon, contextlib.closing(daemon.connect()) as connection:
        connection.putrequest("POST", "/v1/scans")
        connection.putheader("Content-Length", "1000")
        connection.endheaders(b"{")
        assert daemon.stop() == 0
