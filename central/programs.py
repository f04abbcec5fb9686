"""Publishing programs, and reading the one in force."""

import secrets
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import msgspec

from central import budgets
from central.clock import local_day
from central.store import feed, members, programs, records, terminals
from central.store.engine import Connection
from central.store.programs import Published
from loyalty.journal import plain
from loyalty.lots import day_after
from loyalty.program import Program
from runtime.errors import Rejected
from sync import program_file

NO_PROGRAM = Program("", 0, "ILS", {}, {}, {}, {})

POOL_KEY_BYTES = 32

_PROGRAMS_READ_MAX = 8  # the one in force, and the one before while terminals catch up


def publish(db: Connection, program: Program, values: Mapping[str, Any], now_ms: int, effective_ms: int) -> None:
    """Publish a checked program, `values` being what its file says. The same again has no effect. Raises Rejected.

    Once it is in force every member is looked at by it: tiers and days may be others.
    """
    if not is_new(db, program):
        return
    records.in_turn(db)  # it is about all members and all budgets: no record has its effect in between
    said = msgspec.json.encode(plain(values))  # in the order of the file, which decides between equals: no canonical form here
    key = secrets.token_hex(POOL_KEY_BYTES) if program.pools else ""
    programs.add(db, Published(program.version, program.code, program.hash, said, max(effective_ms, now_ms)), key)
    days = [local_day(zone, effective_ms) for zone in terminals.time_zones(db)]
    members.all_due(db, day_after(max(days, default=local_day("UTC", effective_ms))) if effective_ms > now_ms else "")
    feed.publish(db, [("program", program.version), *budgets.divide(db, program)])


def is_new(db: Connection, program: Program) -> bool:
    """Whether `program` may be published; False for what is published already. Raises Rejected for what may not."""
    latest = programs.latest(db)
    if latest and latest.hash == program.hash:
        return False
    if latest and latest.code != program.code:
        message = f"this head office runs the program {latest.code!r}, and this file is {program.code!r}"
        raise Rejected("program_other", message, f"Write code = {latest.code!r} if it is meant to replace it")
    if latest and program.version <= latest.version:
        message = f"version {program.version} is not above the published version {latest.version}"
        raise Rejected("program_version", message, f"Write version = {latest.version + 1} in the file")
    return True


def in_force(db: Connection, now_ms: int) -> Program | None:
    """The newest published program that is in effect."""
    published = programs.latest(db, now_ms)
    return _read(published.json) if published else None


def program_of(db: Connection, version: int) -> Program:
    """The program of that version; an empty one, whose policies are the defaults, where it was never published."""
    published = programs.by_versions(db, [version])
    return _read(published[0].json) if published else NO_PROGRAM


def newest_first(db: Connection) -> Iterator[Program]:
    """Every published program, the highest version first; each is read when it is asked for."""
    published = programs.latest(db)
    while published:
        yield _read(published.json)
        published = programs.before(db, published.version)


def pool_key_of(db: Connection, version: int) -> bytes:
    """What draws the prizes of that version; empty where it has no pools."""
    return bytes.fromhex(programs.pool_keys(db, [version]).get(version, ""))


@lru_cache(_PROGRAMS_READ_MAX)
def _read(data: bytes) -> Program:
    return program_file.from_json(msgspec.json.decode(data))
