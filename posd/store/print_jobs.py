"""Receipts waiting for paper: queued -> sending -> confirmed | unknown."""

from posd.store.db import Db


def next_queued(db: Db) -> tuple[int, bytes] | None:
    """The oldest job that has not been sent, and its receipt in bytes."""
    row = db.execute("SELECT id, receipt FROM print_job WHERE state = 'queued' ORDER BY id LIMIT 1").fetchone()
    return tuple(row) if row else None


def mark(db: Db, job: int, state: str) -> None:
    """The job is now in `state`."""
    db.execute("UPDATE print_job SET state = ? WHERE id = ?", (state, job))


def recover(db: Db) -> list[int]:
    """After a start: jobs that were being sent are unknown now, nobody knows what came out; their ids."""
    return [
        row[0] for row in db.execute("UPDATE print_job SET state = 'unknown' WHERE state = 'sending' RETURNING id").fetchall()
    ]


def add(db: Db, seq: int, made_ms: int, receipt: bytes) -> int:
    """Queue another print of the record `seq`; the job's id."""
    return int(
        db.execute(
            "INSERT INTO print_job (seq, state, made_ms, receipt) VALUES (?, 'queued', ?, ?) RETURNING id",
            (seq, made_ms, receipt),
        ).fetchone()[0]
    )


def receipt_of(db: Db, seq: int) -> bytes | None:
    """The receipt of the record `seq`, as it was first made."""
    row = db.execute("SELECT receipt FROM print_job WHERE seq = ? ORDER BY id LIMIT 1", (seq,)).fetchone()
    return row[0] if row else None


def counts(db: Db) -> dict[str, int]:
    """How many jobs wait, since when (0: none), and how many nobody knows about."""
    waiting, since_ms = db.execute(
        "SELECT count(*), coalesce(min(made_ms), 0) FROM print_job WHERE state IN ('queued', 'sending')"
    ).fetchone()
    unknown = db.execute("SELECT count(*) FROM print_job WHERE state = 'unknown'").fetchone()[0]
    return {"waiting": waiting, "waiting_since_ms": since_ms, "unknown": unknown}
