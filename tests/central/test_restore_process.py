"""Head office's own life as its people type it: back up while it runs, lose the machine, restore, and be whole again."""

import json
import os

import pytest

from sync import wire
from tests.central.running import HeadOffice
from tests.central.test_process import PROGRAM, enrolled, fed, member_row, post, pushed
from tests.postgres import run_sql
from tests.samples import HANDLE, basket, member, sold
from tests.shop import wait_for


@pytest.fixture(params=["sqlite", "postgresql"])
def office(request, tmp_path):
    """Head office on each database, started."""
    database = request.getfixturevalue("postgres_url") if request.param == "postgresql" else ""
    with HeadOffice(tmp_path, database).configure() as made:
        yield made.start()


def hold(office, terminal, number):
    """Whether it is granted, or why not."""
    body = wire.encode(wire.HoldRequest(f"{number:032x}", HANDLE, "points", 1))
    answer = wire.decode(post(office, terminal, "/v1/holds", body).content, wire.HoldAnswer)
    return answer.granted or answer.refusal.code


def back(office, terminal):
    """It reads the feed of the new life, sends what is missing, and says where its journal ends until all of it is booked."""
    cursor = fed(office, terminal).cursor
    answer = pushed(office, terminal)
    body = wire.encode(wire.FeedRequest(cursor, 0.0, 0, 0, "0.1.0", journal_seq=len(terminal.records)))

    def heard():
        post(office, terminal, "/v1/feed", body)
        return terminal.code not in {absent["code"] for absent in office.asked("recovery")["absent"]}

    wait_for("head office to have booked all that it has", heard)
    return answer


def test_a_lost_machine(office, tmp_path, request):
    """Nothing that was sold is lost: terminals send what the backup has not, and nothing is granted before all are back."""
    first, second = enrolled(office, "Till 1"), enrolled(office, "Till 2")
    first.sells(sold(PROGRAM, member(), basket(5000)))
    pushed(office, first)
    pushed(office, second)
    made = json.loads(office.command("backup", str(tmp_path / "backups"), "--keep", "3", "--json").stdout)
    assert (made["journals"], made["records"]) == (2, 3)
    first.sells(sold(PROGRAM, member(), basket(7000)))
    late = enrolled(office, "Till 3")
    late.sells(sold(PROGRAM, member(), basket(900)))
    assert [pushed(office, one).outcome for one in (first, late)] == ["stored", "stored"]
    refused = office.command("restore", made["folder"], check=False)
    assert (refused.returncode, "another posd-central runs" in refused.stderr) == (os.EX_TEMPFAIL, True)
    office.kill()
    if office.database:
        name = f"again_{tmp_path.name}".replace("-", "_").lower()
        run_sql(request.getfixturevalue("postgres"), f"CREATE DATABASE {name}")
        office.database = f"postgresql://postgres@/{name}?host={request.getfixturevalue('postgres')}"
        office.configure()
    assert len(json.loads(office.command("restore", made["folder"], "--json").stdout)["incarnation"]) == 16
    office.start()
    assert office.asked("recovery")["recovering"]
    assert back(office, first).durable_seq == 0 < len(first.records)
    assert hold(office, first, 1) == "office_recovering"
    assert [absent["name"] for absent in office.asked("recovery")["absent"]] == ["Till 2"]
    assert office.asked("terminal", "fence", second.code, "--reason", "burnt with the machine")["fenced"]
    assert member_row(office, first).balances["points"] == {"": 120}
    assert hold(office, first, 2) is True
    assert not office.asked("recovery")["recovering"]
    assert pushed(office, late).outcome == "quarantined"
    [held] = office.asked("quarantine", "list")
    place = ("--store", "Allenby 12", "--terminal", "Till 3", "--reason", "its key is the one on its screen")
    assert office.asked("quarantine", "accept", held["name"], *place) == {"records": 2}
    assert pushed(office, late).outcome == "stored"
    assert office.asked("check")["journals"] == []
    assert {row["name"] for row in office.asked("terminal", "list") if row["trouble"] == "fenced"} == {"Till 2"}
    assert office.stop() == 0
