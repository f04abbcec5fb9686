"""No print job is ever deleted: what is asked of them all day long may not cost more from year to year."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest

from posd.store import print_jobs
from posd.store.db import in_transaction
from posd.store.opening import migrate, schema_files
from posd.store.print_jobs import COUNT_MAX


@pytest.mark.parametrize(
    ("ask", "arguments"),
    [
        (print_jobs.next_queued, ()),
        (print_jobs.recover, ()),
        (print_jobs.counts, ()),
        (print_jobs.mark, (1, "sending")),
        (print_jobs.receipt_of, (1,)),
    ],
)
def test_no_question_reads_every_job(ask: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    """SQLite's own plan of each statement searches an index."""
    said: list[str] = []
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        in_transaction(db, migrate, schema_files())
        db.set_trace_callback(said.append)
        ask(db, *arguments)
        db.set_trace_callback(None)
        plans = [db.execute(f"EXPLAIN QUERY PLAN {sql}").fetchall() for sql in said]

    assert plans
    assert [step for plan in plans for *_, step in plan if "SCAN print_job" in step] == []


def test_the_status_costs_the_same_after_years() -> None:
    """Jobs that nobody knows about are never forgotten, and a printer may be off for months: counting ends somewhere."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        in_transaction(db, migrate, schema_files())
        db.execute("PRAGMA foreign_keys=OFF")
        told, costs = [], []
        for more in (1, 1, COUNT_MAX, 20 * COUNT_MAX):
            jobs = [(1, state, 7) for state in ("queued", "unknown", "confirmed")] * more
            db.executemany("INSERT INTO print_job (seq, state, made_ms, receipt) VALUES (?, ?, ?, x'')", jobs)
            told.append(print_jobs.counts(db))
            costs.append(steps_of(db))
    most = {"waiting": COUNT_MAX, "waiting_since_ms": 7, "unknown": COUNT_MAX}
    assert told == [most | {"waiting": 1, "unknown": 1}, most | {"waiting": 2, "unknown": 2}, most, most]
    assert costs[-1] == costs[-2]


def steps_of(db: sqlite3.Connection) -> int:
    """How many instructions SQLite needs to count."""
    steps = 0

    def step() -> None:
        nonlocal steps
        steps += 1

    db.set_progress_handler(step, 1)
    print_jobs.counts(db)
    db.set_progress_handler(None, 0)
    return steps
