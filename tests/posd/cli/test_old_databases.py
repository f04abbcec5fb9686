"""posd journal verify, salvage and enrol --anew against a real head office, after a terminal's disk has died."""

import json
import shutil
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from click.testing import CliRunner, Result

from posd.cli import posd
from posd.store.opening import FILE
from runtime.errors import Misconfigured
from tests.shop import Shop, open_shop, wait_for


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """Head office and an enrolled terminal as processes; the tests below are one story."""
    with open_shop(tmp_path_factory.mktemp("shop"), language="en") as made:
        yield made


def invoke(shop: Shop, *arguments: str) -> Result:
    """A command of this terminal."""
    return CliRunner().invoke(posd, arguments, env={"POSD_CONFIG": str(shop.config)})


def read(shop: Shop, *arguments: str) -> Any:
    """Its JSON."""
    told = invoke(shop, *arguments, "--json")
    assert told.exit_code == 0, told.output + repr(told.exception)
    return json.loads(told.output)


def sales_at_head_office(shop: Shop) -> int:
    """How many have arrived."""
    return sum(row["kind"] == "sale" for row in shop.office("record", "list"))


def test_a_journal_is_whole_also_beside_a_running_posd(shop: Shop) -> None:
    """How many records, and how far head office has them."""
    code = shop.member("חבר")
    for _ in range(3):
        shop.sell(code, 500)
    wait_for("everything is sent", lambda: shop.status()["queued_records"] == 0)
    told = read(shop, "journal", "verify")
    assert (told["records"], told["acknowledged_seq"], told["flaw"]) == (4, 4, None)
    assert invoke(shop, "journal", "verify").output == "whole: 4 records up to 4; head office has them up to 4\n"


def test_after_a_kill_it_checks_and_may_spend_again(shop: Shop) -> None:
    """Nothing is in question any more as soon as it is ready: a journal of this size takes no time."""
    shop.stop("posd", signal.SIGKILL)
    shop.start("posd")
    wait_for("it is checked", lambda: shop.status()["disk"] == [])
    assert "journal checked after an unclean stop" in (shop.folder / "posd.log").read_text()


def test_what_a_dead_terminals_disk_has_left_reaches_head_office(shop: Shop) -> None:
    """Two sales and a member that head office never heard of, with what that one gave, on a disk in another machine; and a second
    time without harm.
    """
    wait_for("it is online", lambda: shop.status()["online"])
    wait_for("codes for who joins", lambda: shop.status()["blank_codes"])
    before = sales_at_head_office(shop)
    shop.stop("central", signal.SIGKILL)
    for _ in range(2):
        shop.sell("", 700)
    somebody = {
        "first_name": "Member",
        "till": "seed",
        "business_date": "2026-01-02",
        "consent": "terms 3",
        "phone": "050-123-4567",
    }
    assert shop.http.post("/v1/members", json=somebody, headers={"Idempotency-Key": "join-1"}).is_success
    shop.stop("posd")
    old = shop.folder / "old-disk"
    old.mkdir()
    for name in (FILE, "terminal.key"):
        shutil.copy2(shop.folder / "till" / name, old / name)
    shop.start("central")
    for _ in range(2):
        told = read(shop, "salvage", str(old / FILE))
        assert (told["found"], told["head_office_seq"], told["left"], told["outcome"]) == (7, 7, 0, "stored")
        assert (told["attached"], told["not_attached"]) == (1, 0)
        assert sales_at_head_office(shop) == before + 2
        (joined,) = wait_for("the number is found", lambda: shop.office("member", "find", "+972501234567"))
        assert joined["first_name"] == "Member"
    export = shop.folder / "records"
    assert read(shop, "salvage", str(old / FILE), "--to", str(export))["not_attached"] == 1
    assert [json.loads(line)["seq"] for line in export.read_bytes().splitlines()] == [1, 2, 3, 4, 5, 6, 7]
    assert b"501234567" not in export.read_bytes()


def test_a_code_that_head_office_does_not_know_changes_nothing(shop: Shop) -> None:
    """The old journal stays what it was."""
    told = invoke(shop, "enrol", "--anew", "ABCD-EFGH")
    assert isinstance(told.exception, Misconfigured)
    assert read(shop, "journal", "verify")["records"] == 7


def test_a_terminal_begins_a_new_journal_under_a_new_code(shop: Shop) -> None:
    """The old one lies beside it; the till's token goes on, the cache comes back, and sales go out under the new epoch."""
    code = shop.office("terminal", "enrol", "--store", "Café", "--terminal", "Till 1")["code"]
    assert invoke(shop, "enrol", "--anew", code).exit_code == 0
    assert (shop.folder / "till" / f"{FILE}.aside-1").exists()
    assert read(shop, "journal", "verify")["records"] == 1
    before = sales_at_head_office(shop)
    shop.start("posd")
    wait_for("the program", lambda: shop.status()["program"])
    shop.sell("", 900)
    wait_for("it is there", lambda: sales_at_head_office(shop) == before + 1)
    assert shop.status()["disk"] == []


def test_a_database_that_is_rotten_is_set_aside_by_the_next_start(shop: Shop) -> None:
    """Every page but the first few is nonsense: posd says so, ends, and the start after that is a terminal to be enrolled."""
    shop.stop("posd")
    file = shop.folder / "till" / FILE
    with file.open("r+b") as out:
        out.seek(3 * 4096)
        out.write(b"\xa5" * (file.stat().st_size - 3 * 4096))
    with closing(sqlite3.connect(file)) as db, pytest.raises(sqlite3.DatabaseError):
        db.execute("SELECT * FROM journal").fetchall()
    told = invoke(shop, "journal", "verify")
    assert told.exit_code != 0
    rotten = file.read_bytes()
    assert run_once(shop) == 75
    shop.start("posd")
    assert (shop.folder / "till" / f"{FILE}.aside-2").read_bytes() == rotten
    assert shop.stop("posd") == 0
    kept = {path.name for path in (shop.folder / "till").glob("*.aside-?")}
    assert kept == {f"{FILE}.aside-1", f"{FILE}.aside-2"}, "nothing that was set aside is ever deleted"


def run_once(shop: Shop) -> int:
    """Start posd where it cannot; the status it ends with."""
    told = CliRunner().invoke(posd, ["run", "--config", str(shop.config)])
    error = told.exception
    return int(getattr(error, "exit_status", told.exit_code))
