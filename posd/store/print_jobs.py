"""Receipts waiting for paper: queued -> sending -> confirmed | unknown."""

from posd.store.db import Db

COUNT_MAX = 1000  # more than anybody prints or asks about


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
    """How many jobs wait, since when (0: none), and how many nobody knows about; COUNT_MAX stands for that many or more.

    The page and each display ask all day long, and jobs that nobody knows about are never forgotten.
    """
    count = "SELECT count(*) FROM (SELECT 1 FROM print_job WHERE state = ? LIMIT ?)"
    queued, sending, unknown = (
        db.execute(count, (state, COUNT_MAX)).fetchone()[0] for state in ("queued", "sending", "unknown")
    )
    oldest = "SELECT made_ms FROM print_job WHERE state = ? ORDER BY id LIMIT 1"
    since = [row[0] for state in ("queued", "sending") if (row := db.execute(oldest, (state,)).fetchone())]
    return {"waiting": min(queued + sending, COUNT_MAX), "waiting_since_ms": min(since, default=0), "unknown": unknown}
