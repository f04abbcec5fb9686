"""The people of head office and their sessions."""

from typing import NamedTuple

import sqlalchemy as sa

from central.store.engine import Connection
from central.store.tables import SESSION, USERS


class Session(NamedTuple):
    """A session by the hash of its token."""

    token_hash: str
    form_token: str
    expires_ms: int


def set_password(db: Connection, name: str, password_hash: str) -> None:
    """Make a user or change the password; sessions opened with an older one end."""
    user = db.execute(sa.select(USERS.c.id).where(USERS.c.name == name)).scalar_one_or_none()
    if user is None:
        db.execute(USERS.insert().values(name=name, password_hash=password_hash))
        return
    db.execute(sa.update(USERS).where(USERS.c.id == user).values(password_hash=password_hash))
    db.execute(sa.delete(SESSION).where(SESSION.c.user_id == user))


def password_of(db: Connection, name: str) -> tuple[int, str] | None:
    """The key and the password's hash of a user."""
    row = db.execute(sa.select(USERS.c.id, USERS.c.password_hash).where(USERS.c.name == name)).one_or_none()
    return (row[0], row[1]) if row else None


def add_session(db: Connection, user: int, session: Session, now_ms: int) -> None:
    """Keep a session; those that are over go."""
    db.execute(sa.delete(SESSION).where(SESSION.c.expires_ms <= now_ms))
    db.execute(SESSION.insert().values(user_id=user, **session._asdict()))


def session(db: Connection, token_hash: str, now_ms: int) -> tuple[str, str] | None:
    """The name and the form token of a session that is not over."""
    wanted = sa.select(USERS.c.name, SESSION.c.form_token).join(SESSION, SESSION.c.user_id == USERS.c.id)
    row = db.execute(wanted.where(SESSION.c.token_hash == token_hash, SESSION.c.expires_ms > now_ms)).one_or_none()
    return (row[0], row[1]) if row else None


def end_session(db: Connection, token_hash: str) -> None:
    """Forget a session."""
    db.execute(sa.delete(SESSION).where(SESSION.c.token_hash == token_hash))
