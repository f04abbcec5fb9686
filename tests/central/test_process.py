"""Head office as a process: started, stopped, killed, and started again."""

import json
import os
import socket
import sqlite3
import subprocess
import threading
import time

import httpx
import pytest

from central.api import FEEDS_MAX
from sync import program_file, wire
from sync.signing import key_id
from tests.central.conftest import PROGRAM_PATH
from tests.central.running import COMMAND, STOP_S_MAX, HeadOffice
from tests.samples import HANDLE, basket, member, sold
from tests.terminals import FieldTerminal, entity

PROGRAM, _ = program_file.load(PROGRAM_PATH)


@pytest.fixture(params=["sqlite", "postgresql"])
def office(request, tmp_path):
    """Head office on each database, not started."""
    database = request.getfixturevalue("postgres_url") if request.param == "postgresql" else ""
    with HeadOffice(tmp_path, database).configure() as made:
        yield made


@pytest.fixture
def small(tmp_path):
    """Head office on SQLite, not started."""
    with HeadOffice(tmp_path).configure() as made:
        yield made


def post(office, terminal, path, body, key=""):
    """A signed request over the network."""
    headers = terminal.signed(path, body, office.address.removeprefix("http://"), key)
    return httpx.post(office.address + path, content=body, headers=headers, timeout=60, verify=False)


def enrolled(office, name="Till 1"):
    """A terminal, enrolled while head office runs."""
    terminal = FieldTerminal()
    code = office.asked("terminal", "enrol", "--store", "Allenby 12", "--terminal", name)["code"]
    body = wire.encode(terminal.enrol_request(code))
    terminal.is_now(wire.decode(post(office, terminal, "/v1/enrol", body, key_id("enrol", 0)).content, wire.EnrolAnswer))
    return terminal


def pushed(office, terminal):
    """Its whole journal, pushed; the answer."""
    return wire.decode(post(office, terminal, "/v1/journal", terminal.batch()).content, wire.PushAnswer)


def fed(office, terminal, cursor="", wait_s=0.0):
    """A page of the feed."""
    body = wire.encode(wire.FeedRequest(cursor, wait_s, 3, 1, "0.1.0"))
    return wire.decode(post(office, terminal, "/v1/feed", body).content, wire.FeedPage)


def member_row(office, terminal):
    """What the feed says of the sample's member, once everything is applied."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        found = [entity(row) for row in fed(office, terminal).rows if row.kind == "member"]
        rows = [row for row in found if row.handle == HANDLE]
        if rows and len(rows[0].includes) >= len(terminal.records) - 1:
            return rows[0]
        time.sleep(0.1)
    raise AssertionError("the records were not applied")


def test_a_first_start_to_a_first_transaction(office):
    """Publish, enrol while it runs, push, and read the balance; then everything is in order and it stops cleanly."""
    assert json.loads(office.command("program", "publish", str(PROGRAM_PATH), "--json").stdout)["version"] == 1
    office.start()
    terminal = enrolled(office)
    terminal.sells(sold(PROGRAM, member(), basket(1250, 800)))
    assert pushed(office, terminal).outcome == "stored"
    row = member_row(office, terminal)
    assert (row.balances, row.includes) == ({"points": {"": 20}, "status": {"": 20}}, (terminal.records[1].id,))
    assert office.asked("check") == {"balances": [], "journals": [], "records": 2, "entries": 2, "budgets": []}
    [listed] = office.asked("terminal", "list")
    assert (listed["queued_records"], listed["posd_version"]) == (3, "0.1.0")
    assert office.stop() == 0


def test_a_kill_between_storing_and_applying_loses_and_doubles_nothing(office):
    """What was acknowledged is applied exactly once, whenever the process dies; repeats after each start change nothing."""
    office.start()
    terminal = enrolled(office)
    for _ in range(3):
        for amount in range(1, 41):
            terminal.sells(sold(PROGRAM, member(), basket(amount * 100)))
        answer = pushed(office, terminal)
        office.kill()
        assert (answer.outcome, answer.seq) == ("stored", len(terminal.records))
        office.start()
        assert pushed(office, terminal).seq == len(terminal.records)
    expected = 3 * sum(range(1, 41))
    row = member_row(office, terminal)
    assert row.balances == {"points": {"": expected}, "status": {"": expected}}
    assert sorted(row.includes) == sorted(record.id for record in terminal.records[1:])
    assert (office.asked("check")["balances"], office.stop()) == ([], 0)


def test_it_stops_at_once_with_terminals_waiting(small):
    """Open long-polls are answered, and the process is gone."""
    small.start()
    terminal = enrolled(small)
    cursor = fed(small, terminal).cursor
    pages = []
    waiting = [threading.Thread(target=lambda: pages.append(fed(small, terminal, cursor, 25.0))) for _ in range(FEEDS_MAX)]
    for one in waiting:
        one.start()
    time.sleep(1)
    assert small.stop() == 0
    for one in waiting:
        one.join(STOP_S_MAX)
    assert [page.rows for page in pages] == [()] * FEEDS_MAX


def test_what_a_command_changes_reaches_a_waiting_terminal(small):
    """A member made beside the running process ends the long-poll."""
    small.start()
    terminal = enrolled(small)
    cursor = fed(small, terminal).cursor
    pages = []
    waiting = threading.Thread(target=lambda: pages.append(fed(small, terminal, cursor, 25.0)))
    waiting.start()
    handle = small.asked("member", "add", "--first-name", "Alef")["handle"]
    waiting.join(60)
    assert [entity(row).handle for row in pages[0].rows] == [handle]


def test_systemd_is_told(small, tmp_path):
    """READY when it answers, the watchdog while the database does, STOPPING at the end."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(60)
        small.start(NOTIFY_SOCKET=str(tmp_path / "notify"), WATCHDOG_USEC="300000")
        heard = [manager.recv(100).decode() for _ in range(4)]
        assert small.stop() == 0
        while heard[-1] != "STOPPING=1":
            heard.append(manager.recv(100).decode())
    assert {"READY=1", "WATCHDOG=1", "STOPPING=1"} <= set(heard)


def test_a_second_head_office_is_refused(small, tmp_path):
    """Two would apply the same records: the second says so, and the first goes on."""
    small.start()
    again = small.command("run", check=False)
    assert (again.returncode, "another posd-central runs" in again.stderr) == (os.EX_TEMPFAIL, True)
    assert small.stop() == 0


@pytest.mark.parametrize(
    ("settings", "said", "status"),
    [
        ('host = "0.0.0.0"', "is not loopback", os.EX_CONFIG),
        ('database = "mysql://x/y"', "is no database of ours", os.EX_CONFIG),
        ('database = "nonsense"', "is no database URL", os.EX_CONFIG),
        ('database = "postgresql://x@127.0.0.1:1/x"', "does not answer", os.EX_TEMPFAIL),
        ('state_dir = "/proc/nowhere"', "state_dir", os.EX_CONFIG),
        ("port = {taken}", "Address already in use", os.EX_TEMPFAIL),
    ],
)
def test_what_cannot_work_is_said_clearly(tmp_path, settings, said, status):
    """One message with what to do, the exit status of its kind, no traceback."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        config = tmp_path / "central.toml"
        text = settings.replace("{taken}", str(taken.getsockname()[1]))
        config.write_text(text if "state_dir" in text else f'{text}\nstate_dir = "{tmp_path}/state"\n')
        ran = subprocess.run([*COMMAND, "run", "--config", config], capture_output=True, text=True, timeout=120, check=False)
    assert (ran.returncode, ran.stdout) == (status, "")
    assert said in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_file_that_is_no_database_is_said(small):
    """A damaged database is a clear message."""
    (small.folder / "state").mkdir()
    (small.folder / "state" / "central.db").write_bytes(b"this is not SQLite" * 100)
    ran = small.command("run", check=False)
    assert (ran.returncode, "does not answer: file is not a database" in ran.stderr) == (os.EX_TEMPFAIL, True)


def test_all_mistakes_of_the_settings_are_told_at_once(tmp_path):
    """Five mistakes, five lines."""
    config = tmp_path / "central.toml"
    config.write_text('prt = 1\nhost = 5\nport = "x"\nlog_level = "loud"\ndatabase = 1\n')
    ran = subprocess.run([*COMMAND, "check", "--config", config], capture_output=True, text=True, timeout=120, check=False)
    assert [line.split(": ")[0].rsplit(":", 1)[1] for line in ran.stderr.splitlines()[1:]] == ["1", "2", "3", "4", "5"]


def test_a_damaged_record_is_found(small):
    """The check reads every journal again from its first hash."""
    small.start()
    terminal = enrolled(small)
    terminal.sells(sold(PROGRAM, None, basket(100)))
    pushed(small, terminal)
    small.stop()
    with sqlite3.connect(small.folder / "state" / "central.db") as db:
        db.execute("UPDATE record SET bytes = CAST(replace(CAST(bytes AS TEXT), '100', '900') AS BLOB) WHERE seq = 2")
    db.close()
    ran = small.command("check", "--json", check=False)
    assert (ran.returncode, len(json.loads(ran.stdout)["journals"])) == (1, 1)
