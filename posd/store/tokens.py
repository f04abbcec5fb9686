"""Who may use the local API: tokens by their SHA-256, each with a name and a scope."""

import hashlib

from posd.store.db import Db
from runtime.errors import Rejected

SCOPES = ("till", "display", "admin")


def add(db: Db, name: str, scope: str, token: str, now_ms: int) -> None:
    """Let `token` in. Raises Rejected when the name is taken."""
    if db.execute("SELECT 1 FROM token WHERE name = ?", (name,)).fetchone():
        raise Rejected(
            "token_name_taken", f"There is a token named {name!r} already", f"Revoke it first: posd token revoke {name}"
        )
    db.execute("INSERT INTO token (hash, name, scope, made_ms) VALUES (?, ?, ?, ?)", (_hash(token), name, scope, now_ms))


def replace(db: Db, name: str, scope: str, token: str, now_ms: int) -> None:
    """Let `token` in under `name` instead of any before it."""
    revoke(db, name)
    add(db, name, scope, token, now_ms)


def by_hash(db: Db) -> dict[bytes, tuple[str, str]]:
    """The name and the scope of each token, by its SHA-256."""
    return {row[0]: (row[1], row[2]) for row in db.execute("SELECT hash, name, scope FROM token")}


def revoke(db: Db, name: str) -> bool:
    """Let it in no more; whether there was one."""
    return db.execute("DELETE FROM token WHERE name = ? RETURNING 1", (name,)).fetchone() is not None


def listed(db: Db) -> list[tuple[str, str, int]]:
    """Name, scope and age of each."""
    return [tuple(row) for row in db.execute("SELECT name, scope, made_ms FROM token ORDER BY name")]


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
