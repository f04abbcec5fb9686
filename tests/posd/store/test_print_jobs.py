"""No print job is ever deleted: what is asked of them all day long may not cost more from year to year."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest

from posd.store import print_jobs
from posd.store.db import in_transaction
from posd.store.opening import migrate, schema_files


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
    assert [step for plan in plans for *_, step in plan if "SCAN" in step] == []
