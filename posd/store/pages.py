"""A page of head office's feed: every entity and the cursor in one transaction."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from posd.store import budgets, joining, journal, leases, members
from posd.store.db import Db
from sync.pull import PullState
from sync.wire import BoundRow, CodeKeyRow, LayoutRow, LeaseRow, MemberRow, PoolRow, ProgramRow, ShareRow

VERSION_MAX = (1 << 63) - 1


def save_page(db: Db, entities: Sequence[Any], state: PullState) -> None:
    """Take over the rows of a page and remember where it ended. Of a head office that was restored, nothing older is relied on. A
    database that is not the one whose journal head office has, but a copy of it, spends nothing any more.
    """
    if state.stored and (why := journal.parted(db, state.stored)):
        journal.freeze(db, why)
    if journal.pull_state(db).incarnation not in ("", state.incarnation):
        leases.doubt(db)
    save_rows(db, entities)
    journal.save_pull_state(db, state)


def save_rows(db: Db, entities: Sequence[Any]) -> None:
    """Take over what head office says of each."""
    for entity in entities:
        _SAVE[type(entity)](db, entity)


def newest_program(db: Db, now_ms: int, below: int = VERSION_MAX) -> tuple[int, str] | None:
    """The version and JSON of the newest published program in force at `now_ms`, of those with a lower version than `below`."""
    row = db.execute(
        "SELECT version, json FROM program WHERE effective_ms <= ? AND version < ? ORDER BY version DESC LIMIT 1",
        (now_ms, below),
    ).fetchone()
    return tuple(row) if row else None


def program_of(db: Db, version: int) -> str | None:
    """The published program of this version."""
    row = db.execute("SELECT json FROM program WHERE version = ?", (version,)).fetchone()
    return row[0] if row else None


def pool_key(db: Db, version: int) -> bytes | None:
    """What draws the prizes of that version's pools; None where it has none."""
    row = db.execute("SELECT pool_key FROM program WHERE version = ?", (version,)).fetchone()
    return row[0] if row else None


def layout(db: Db) -> str | None:
    """The JSON of the receipts' layout; None where head office has published none."""
    row = db.execute("SELECT json FROM layout WHERE one = 1").fetchone()
    return row[0] if row else None


def code_keys(db: Db) -> dict[str, bytes]:
    """The public keys that sign member codes, by key id; revoked ones left out."""
    return dict(db.execute("SELECT key_id, public_key FROM code_key WHERE revoked = 0").fetchall())


def _save_program(db: Db, row: ProgramRow) -> None:
    db.execute(
        "INSERT INTO program (version, effective_ms, json, pool_key) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (version) DO UPDATE SET effective_ms = excluded.effective_ms, json = excluded.json,"
        " pool_key = excluded.pool_key",
        (row.version, row.effective_ms, json.dumps(row.program, ensure_ascii=False), bytes.fromhex(row.pool_key) or None),
    )


def _save_layout(db: Db, row: LayoutRow) -> None:
    db.execute(
        "INSERT INTO layout (one, json) VALUES (1, ?) ON CONFLICT (one) DO UPDATE SET json = excluded.json",
        (json.dumps(row.layout, ensure_ascii=False),),
    )


def _save_code_key(db: Db, row: CodeKeyRow) -> None:
    db.execute(
        "INSERT INTO code_key (key_id, public_key, revoked) VALUES (?, ?, ?)"
        " ON CONFLICT (key_id) DO UPDATE SET public_key = excluded.public_key, revoked = excluded.revoked",
        (row.key_id, bytes.fromhex(row.public_key), int(row.revoked)),
    )


_SAVE: Mapping[type, Callable[[Db, Any], None]] = {
    MemberRow: members.save,
    LeaseRow: leases.save,
    BoundRow: leases.save_bound,
    ProgramRow: _save_program,
    LayoutRow: _save_layout,
    ShareRow: budgets.save_shares,
    PoolRow: joining.save_pool,
    CodeKeyRow: _save_code_key,
}
