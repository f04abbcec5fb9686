"""A snapshot of head office's members as it comes in: an edition of its own, which takes the place of the one in use at once.

Nothing that a look-up sees changes before the last chunk; what changes then is one number, and a mark on those of our own records
that the new balances include, however many members there are. What was before is deleted afterwards, some rows at a time.
"""

from collections.abc import Sequence
from dataclasses import replace

from posd.store import journal, leases, members, pages
from posd.store.db import Db
from sync.pull import PullState
from sync.snapshot import CodeRow, Loading, Taken
from sync.wire import MemberRow

SLICE_ROWS = 500  # of one transaction: a sale does not wait for longer than this takes


def loading(db: Db) -> Loading | None:
    """How far a snapshot has come in; None when none does."""
    row = db.execute("SELECT cursor, feed_cursor, incarnation, members, hash FROM loading").fetchone()
    return Loading(*row) if row else None


def save_chunk(db: Db, taken: Taken) -> None:
    """Keep a chunk and how far the snapshot has come with it; the last one puts it into use.

    Of a head office that was restored nothing older is relied on from the first chunk on: every lease goes back.
    """
    edition = _begin(db, taken.loading) if taken.first else _newest(db)
    rows = [one for one in taken.entities if isinstance(one, MemberRow)]
    members.write(db, edition, rows)
    members.write_codes(db, edition, ((one.text, one.handle) for one in taken.entities if isinstance(one, CodeRow)))
    _note_included(db, rows)
    pages.save_rows(db, [one for one in taken.entities if not isinstance(one, MemberRow | CodeRow)])
    now = taken.loading
    db.execute("UPDATE loading SET cursor = ?, members = ?, hash = ?", (now.cursor, now.members, now.hash))
    if taken.last:
        _put_into_use(db, edition, taken)


def sweep(db: Db) -> int:
    """Delete some of what is neither in use nor coming in; how many rows. Call it again until there are none."""
    in_use, coming = members.in_use(db), _newest(db)
    deleted = 0
    for table, key in (("told", "handle"), ("member_code", "text")):
        some = f"SELECT edition, {key} FROM {table} WHERE edition > ? AND edition < ? LIMIT ?"  # noqa: S608 (of our own schema)
        for above, below in ((-1, in_use), (in_use, coming)):  # two ranges of the key: nothing else is read
            rows = db.execute(some, (above, below, SLICE_ROWS)).fetchall()
            db.executemany(f"DELETE FROM {table} WHERE edition = ? AND {key} = ?", rows)  # noqa: S608
            deleted += len(rows)
    return deleted


def _newest(db: Db) -> int:
    """The edition that is coming in, or the one in use."""
    both = "SELECT max(edition) FROM (SELECT edition FROM terminal UNION SELECT edition FROM loading)"
    return int(db.execute(both).fetchone()[0])


def _begin(db: Db, now: Loading) -> int:
    """A new edition, above every one that was ever begun: of one that was given up some rows may still be there."""
    before = journal.pull_state(db)
    if before.incarnation not in ("", now.incarnation):
        leases.doubt(db)
    journal.save_pull_state(db, replace(before, incarnation=now.incarnation, caught_up=False))
    edition = 1 + _newest(db)
    db.execute("DELETE FROM loading")
    db.execute("DELETE FROM arrived")
    db.execute(
        "INSERT INTO loading (one, edition, cursor, feed_cursor, incarnation, members, hash) VALUES (1, ?, ?, ?, ?, 0, ?)",
        (edition, now.cursor, now.feed_cursor, now.incarnation, now.hash),
    )
    return edition


def _note_included(db: Db, rows: Sequence[MemberRow]) -> None:
    """Which of our own records and holds the balances of these members have: those in use do not have them before the end."""
    for row in rows:
        if row.includes:
            (known,) = db.execute("SELECT id FROM member WHERE handle = ?", (bytes.fromhex(row.handle),)).fetchone() or (None,)
            told = members.own_refs(db, row.includes)
            db.executemany(
                "INSERT INTO arrived (member, ref) VALUES (?, ?) ON CONFLICT (member, ref) DO NOTHING",
                members.open_of(db, known, told),
            )
            db.executemany(
                "INSERT INTO arrived (member, ref) SELECT member, id FROM hold WHERE id = ? ON CONFLICT (member, ref) DO NOTHING",
                [(ref,) for ref in told],
            )


def _put_into_use(db: Db, edition: int, taken: Taken) -> None:
    now = taken.loading
    db.execute("UPDATE entry SET included = 1 WHERE included = 0 AND (member, ref) IN (SELECT member, ref FROM arrived)")
    db.execute("UPDATE hold SET included = 1 WHERE id IN (SELECT ref FROM arrived)")
    db.execute("UPDATE terminal SET edition = ?, members = ?", (edition, now.members))
    members.hand_over(db)
    journal.save_pull_state(db, PullState(now.feed_cursor, now.incarnation, heard_ms=taken.heard_ms))
    db.execute("DELETE FROM loading")
    db.execute("DELETE FROM arrived")
