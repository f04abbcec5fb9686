"""Enrolling a terminal: a person gets a one-time code at head office and types it at the terminal."""

import base64
import hashlib
import re
import secrets
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from central import fence
from central.store import audit, feed, terminals
from central.store.audit import Note
from central.store.engine import Connection
from loyalty import bounds
from runtime.errors import Rejected
from sync import wire
from sync.keys import KeyAnswer, KeyRequest

CODE_BYTES = 16  # 128 bits: nobody guesses one in its quarter of an hour
CODE_GROUP_CHARS = 4
CODE_MINUTES = 15
TERMINAL_CODE_BYTES = 8

_HEX_KEY = re.compile(r"[0-9a-f]{64}")
_HEX_CHAIN = re.compile(r"[0-9a-f]{32}")


class NewCode(NamedTuple):
    """What a person reads out, for which terminal, and until when."""

    code: str
    terminal: terminals.Terminal
    expires_ms: int


def new_code(db: Connection, place: tuple[str, str], time_zone: str, now_ms: int) -> NewCode:
    """A one-time code for the terminal at `place` (store and terminal by name), which is made if it is new. Raises Rejected."""
    try:
        for what, name in zip(("store", "terminal"), place, strict=True):
            bounds.text(what, name, 1, 60)
        ZoneInfo(time_zone)
    except ZoneInfoNotFoundError as error:
        raise Rejected("time_zone_unknown", f"there is no time zone {time_zone!r}", "For example: Asia/Jerusalem") from error
    except ValueError as error:
        raise Rejected("name_invalid", str(error), "Choose a shorter name") from error
    terminal = terminals.ensure(db, *place, time_zone, secrets.token_hex(TERMINAL_CODE_BYTES))
    text = base64.b32encode(secrets.token_bytes(CODE_BYTES)).decode().rstrip("=")
    expires_ms = now_ms + CODE_MINUTES * 60_000
    terminals.add_code(db, terminal.id, _hash(text), expires_ms)
    groups = [text[at : at + CODE_GROUP_CHARS] for at in range(0, len(text), CODE_GROUP_CHARS)]
    return NewCode("-".join(groups), terminal, expires_ms)


def enrol(db: Connection, request: wire.EnrolRequest, now_ms: int) -> wire.EnrolAnswer:
    """Make the terminal who has the code known by its key; the same again for the same key. Raises Rejected."""
    if not _HEX_KEY.fullmatch(request.public_key) or not _HEX_CHAIN.fullmatch(request.chain):
        raise Rejected("malformed", "public_key has 64 lower-case hex digits, chain has 32")
    code = terminals.code_of(db, _hash(request.code))
    if code is None or (code.chain is None and now_ms >= code.expires_ms):
        raise _unknown()
    if code.chain is None:
        fence.fence(db, code.terminal, now_ms, "enrolled again")
        terminals.enrol(db, code, request.chain, request.public_key, now_ms)
        code = terminals.code_of(db, _hash(request.code))
        assert code is not None
    assert code.chain is not None
    made = terminals.lock_chain(db, code.chain)
    terminal = terminals.by_id(db, code.terminal)
    if (made.public_key, made.name, made.epoch) != (request.public_key, request.chain, terminal.epoch):
        raise _unknown()
    terminals.heard_from(db, terminal.id, now_ms, {"posd_version": request.posd_version})
    incarnation = feed.office(db).incarnation
    return wire.EnrolAnswer(
        terminal.code, terminal.store, terminal.epoch, incarnation, terminal.time_zone, now_ms, terminal.name
    )


def replace(db: Connection, code: str, reason: str, person: str, now_ms: int) -> NewCode:
    """A one-time code for the machine that takes the place of the terminal which records call `code`; that one is fenced at once.

    Raises Rejected.
    """
    fence.fence_by_code(db, code, now_ms, reason, person)
    terminal = terminals.by_code(db, code)
    assert terminal
    return new_code(db, (terminal.store, terminal.name), terminal.time_zone, now_ms)


def new_key(db: Connection, key: terminals.Key, request: KeyRequest, now_ms: int) -> KeyAnswer:
    """Take down the key that will sign for a terminal soon. The one of now does so until the new one has: replies get lost."""
    if terminals.set_next_key(db, key.chain, request.public_key):
        told = f"{request.public_key[:8]}... signs soon, in place of {key.public_key[:8]}..."
        audit.add(db, Note(now_ms, fence.BY_ITSELF, "new key", terminals.by_id(db, key.terminal).code, told))
    return KeyAnswer(now_ms)


def _hash(code: str) -> str:
    """People type a code with or without its dashes, in any case, with 0 and 1 for O and I."""
    letters = code.upper().replace("0", "O").replace("1", "I")
    return hashlib.sha256(re.sub(r"[^A-Z2-7]", "", letters).encode()).hexdigest()


def _unknown() -> Rejected:
    hint = "Ask for a new one: posd-central terminal enrol"
    return Rejected("enrol_code_unknown", "this code is unknown, expired or used by another terminal", hint)
