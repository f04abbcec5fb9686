"""Who is asking: terminals sign every request; people of head office have a password and a session."""

import base64
import hashlib
import re
import secrets
from collections.abc import Mapping
from typing import NamedTuple

from central.store import feed, terminals, users
from central.store.engine import Connection
from central.store.quarantine import Stranger
from central.store.terminals import Key
from loyalty import bounds
from runtime.errors import Rejected
from sync import signing, wire

SESSION_MS = 12 * 3600 * 1000  # a working day
TOKEN_BYTES = 32
PASSWORD_CHARS_MIN = 10
EPOCH_DIGITS_MAX = 9  # more than any epoch has

_HEX_KEY = re.compile(r"[0-9a-f]{64}")

ENROL_KEY = signing.key_id("enrol", 0)


class Signed(NamedTuple):
    """A request as it came; header names are in lower case."""

    message: signing.Message
    headers: Mapping[str, str]


class Person(NamedTuple):
    """Somebody of head office who is logged in; `form_token` must be in every form that changes something."""

    name: str
    form_token: str


def terminal_of(db: Connection, request: Signed) -> Key:
    """The key that signed `request`, of an epoch that still counts. Raises Rejected: `not_signed` or `fenced`."""
    key = key_of(db, request)
    if not key.current:
        raise Rejected(
            "fenced", "this terminal was enrolled again since, or fenced", "Enrol this one again if it is the right one"
        )
    return key


def key_of(db: Connection, request: Signed) -> Key:
    """The key that signed `request`, of whatever epoch. Raises Rejected: `not_signed`."""
    found = pusher_of(db, request)
    if isinstance(found, Stranger):
        raise _not_signed()
    return found


def pusher_of(db: Connection, request: Signed) -> Key | Stranger:
    """Who pushes: the key that signed `request`, of whatever epoch; or who it is by the key in the request, where no key is
    known for what it calls itself. Raises Rejected: `not_signed`.
    """
    found: list[Key | Stranger] = []
    told = request.headers.get(signing.KEY_HEADER, "")

    def verify(key_id: str, message: bytes, signature: bytes) -> bool:
        code, _, epoch = key_id.rpartition(".")
        if not epoch.isascii() or not epoch.isdigit() or len(epoch) > EPOCH_DIGITS_MAX:
            return False
        known = terminals.key(db, code, int(epoch))
        if known is None and (not _HEX_KEY.fullmatch(told) or feed.office(db).restored_ms is None):
            return False
        possible = _keys(known) if known else [Stranger(code, int(epoch), told)]
        found.extend(one for one in possible if _holds(one.public_key, message, signature))
        return bool(found)

    if signing.check(request.message, request.headers, verify) is None:
        raise _not_signed()
    return found[0]


def _keys(known: Key) -> list[Key]:
    """The key of an epoch, the one that takes its place once it has signed, and the one before: a copied disk has that, and its
    sales are not to be lost; it gets nothing for it.
    """
    next_one, last = known._replace(public_key=known.next_key), known._replace(public_key=known.last_key, current=False)
    return [one for one in (known, next_one, last) if one.public_key]


def _not_signed() -> Rejected:
    return Rejected("not_signed", "no enrolled terminal signed this request", "Enrol the terminal: posd enrol")


def check_enrol(request: Signed, body: wire.EnrolRequest) -> None:
    """Raise Rejected unless the key in `body` signed it."""
    signed_by = signing.check(
        request.message,
        request.headers,
        lambda key_id, message, signature: key_id == ENROL_KEY and _holds(body.public_key, message, signature),
    )
    if signed_by is None:
        raise Rejected("not_signed", "the request is not signed by the key in it")


def _holds(public_key: str, message: bytes, signature: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key)).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def hash_password(password: str) -> str:
    """Argon2id of a password; takes a fifth of a second on purpose, so give it a thread. Raises Rejected for a short one."""
    from argon2 import PasswordHasher

    if len(password) < PASSWORD_CHARS_MIN:
        raise Rejected("password_short", f"a password has {PASSWORD_CHARS_MIN} characters or more")
    return PasswordHasher().hash(password)


def password_holds(password_hash: str | None, password: str) -> bool:
    """Whether it is that password. Without a hash the work is done all the same, so that time tells no names."""
    from argon2 import PasswordHasher
    from argon2.exceptions import VerifyMismatchError

    try:
        PasswordHasher().verify(password_hash or _NOBODY, password)
    except VerifyMismatchError:
        return False
    return password_hash is not None


_NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$" + "$".join(base64.b64encode(bytes(size)).decode().rstrip("=") for size in (16, 32))


def add_user(db: Connection, name: str, password_hash: str) -> None:
    """Let somebody in, or give them a new password, which ends their sessions. Raises Rejected for a name that cannot be."""
    try:
        bounds.text("name", name, 1, 60)
    except ValueError as error:
        raise Rejected("name_invalid", str(error)) from error
    users.set_password(db, name, password_hash)


def open_session(db: Connection, user: int, now_ms: int) -> str:
    """The token of a new session: it goes into a cookie, and only its hash stays here."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    users.add_session(db, user, users.Session(_hash(token), secrets.token_urlsafe(TOKEN_BYTES), now_ms + SESSION_MS), now_ms)
    return token


def person_of(db: Connection, token: str, now_ms: int) -> Person | None:
    """Who has that session."""
    found = users.session(db, _hash(token), now_ms)
    return Person(*found) if found else None


def close_session(db: Connection, token: str) -> None:
    """Log out."""
    users.end_session(db, _hash(token))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
