"""Two head office processes on one PostgreSQL: whoever is asked, and whoever applies, everything happens once."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace

import pytest

from central import audit, members, programs
from central.store import members as rows
from central.store import records
from central.store.opening import open_store
from loyalty.sale import ReturnedLine
from sync import program_file, wire
from tests.central.conftest import NOW_MS, PROGRAM_PATH
from tests.central.running import HeadOffice
from tests.central.test_process import enrolled, post
from tests.samples import HANDLE, basket, member, sold

PROGRAM, VALUES = program_file.load(PROGRAM_PATH)
TERMINALS, SALES = 4, 24
OTHER = "ff" * 10
APPLIED_S_MAX = 120


def in_database(url, function, *args):
    """The result of a store function, from beside both processes."""

    async def once():
        async with open_store(url) as store:
            return await store.run(function, *args)

    return asyncio.run(once())


@pytest.fixture
def two(tmp_path, postgres_url):
    """Both run, each with a folder of its own; the program is published."""
    in_database(postgres_url, programs.publish, PROGRAM, VALUES, NOW_MS, 0)
    with ExitStack() as stack:
        made = []
        for name in ("one", "two"):
            (tmp_path / name).mkdir()
            made.append(stack.enter_context(HeadOffice(tmp_path / name, postgres_url).configure()))
        yield [office.start() for office in made]


def filled(two):
    """Four terminals whose sales are of two members, and take back each other's; the points that are left of each member."""
    terminals = [enrolled(two[number % 2], f"Till {number}") for number in range(TERMINALS)]
    points = {HANDLE: 0, OTHER: 0}
    for number in range(SALES):
        handle = HANDLE if number % 2 else OTHER
        who, back = terminals[number % TERMINALS], terminals[(number + 1) % TERMINALS]
        sale = sold(PROGRAM, replace(member(), handle=handle), basket(100 * (number + 1)))
        sealed = who.sells(sale)
        if number % 3:
            points[handle] += number + 1
        else:
            back.takes_back(sealed.id, ReturnedLine("1", 1000), sale=sale)
    return terminals, points


def told(office, terminal, path, body, shape):
    """The answer; a busy head office is asked again, as terminals do."""
    until = time.monotonic() + APPLIED_S_MAX
    while (answer := post(office, terminal, path, body)).status_code == 503 and time.monotonic() < until:
        time.sleep(0.1)
    assert answer.status_code == 200, answer.text
    return wire.decode(answer.content, shape)


def push(office, terminal, last):
    """Its journal up to there; what became of it."""
    return told(office, terminal, "/v1/journal", terminal.batch(1, last), wire.PushAnswer).outcome


def settled(url, count):
    """What became of each record, once all have had their turn."""
    until = time.monotonic() + APPLIED_S_MAX
    while time.monotonic() < until:
        states = [row.state for row in in_database(url, records.newest, 1000)]
        if len(states) == count and not {"pending", "waiting"} & set(states):
            return states
        time.sleep(0.1)
    raise AssertionError("the records were not applied")


def points_of(db):
    """The points of both members."""
    found = {handle: rows.by_handle(db, handle) for handle in (HANDLE, OTHER)}
    held = members.balances_of(db, list(found.values()))
    return {handle: held[one.id]["points"] for handle, one in found.items()}


def test_what_both_take_in_and_apply_at_once_counts_once(two, postgres_url):
    """Every batch comes to both at the same moment, returns before their sales, then one hold to both: each id has one effect."""
    terminals, points = filled(two)
    held = wire.encode(wire.HoldRequest("0e" * 16, HANDLE, "points", 20))
    with ThreadPoolExecutor(2 * TERMINALS) as threads:
        asked = [threads.submit(push, office, one, last) for last in (5, None) for one in terminals for office in two]
        assert {one.result() for one in asked} == {"stored"}
        states = settled(postgres_url, sum(len(terminal.records) for terminal in terminals))
        assert set(states) == {"applied"}
        assert in_database(postgres_url, points_of) == points
        hold = ("/v1/holds", held, wire.HoldAnswer)
        asked = [threads.submit(told, office, terminals[0], *hold) for office in two for _ in range(TERMINALS)]
        answers = [one.result() for one in asked]
    assert answers == [wire.HoldAnswer(granted=True)] * len(asked)
    assert in_database(postgres_url, points_of) == {**points, HANDLE: points[HANDLE] - 20}
    found = in_database(postgres_url, audit.check)
    assert (found.wrong, found.records) == ([], len(states))
    said = "".join((office.folder / "log").read_text() for office in two)
    assert [word for word in ("deadlock", "part failed", "Traceback") if word in said] == []
    assert [office.stop() for office in two] == [0, 0]
