"""Codes that are nobody's yet, and what joining members gave: kept here only until head office has it."""

from posd.store import journal
from posd.store.db import Db
from sync.joining import AttachmentRequest, PoolRow


def save_pool(db: Db, row: PoolRow) -> None:
    """Take over the codes that head office has signed for us. One that was given out stays known: it may be sent again, by a head
    office that was restored.
    """
    db.executemany("INSERT INTO blank (code) VALUES (?) ON CONFLICT (code) DO NOTHING", [(code,) for code in row.codes])
    known = set(row.codes)
    here = db.execute("SELECT code FROM blank WHERE taken = 0").fetchall()
    db.executemany("DELETE FROM blank WHERE code = ?", [(code,) for (code,) in here if code not in known])


def take(db: Db) -> str | None:
    """A code that nobody has, which is somebody's from now on; None when none is left."""
    row = db.execute(
        "UPDATE blank SET taken = 1 WHERE code = (SELECT code FROM blank WHERE taken = 0 ORDER BY code LIMIT 1) RETURNING code"
    ).fetchone()
    return row[0] if row else None


def left(db: Db) -> int:
    """How many codes are left."""
    return int(db.execute("SELECT count(*) FROM blank WHERE taken = 0").fetchone()[0])


def attach(db: Db, seq: int, content: str) -> None:
    """Keep what belongs to our record `seq`."""
    db.execute("INSERT INTO attachment (seq, content) VALUES (?, ?)", (seq, content))


def next_attachment(db: Db) -> AttachmentRequest | None:
    """The oldest attachment whose record head office has."""
    row = db.execute(
        "SELECT j.id, a.seq, a.content FROM attachment a JOIN journal j ON j.seq = a.seq WHERE a.seq <= ? ORDER BY a.seq LIMIT 1",
        (journal.push_state(db).seq,),
    ).fetchone()
    return AttachmentRequest(row[0].hex(), row[1], row[2]) if row else None


def drop_attachment(db: Db, seq: int) -> None:
    """Head office has it: nothing of it stays here, in the page that it was on either (secure_delete, opening.py)."""
    db.execute("DELETE FROM attachment WHERE seq = ?", (seq,))
