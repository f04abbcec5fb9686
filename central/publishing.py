"""Publishing with care: what is worse for members waits for its notice, or somebody answers for it; and going back."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from central import programs
from central.store import audit
from central.store import programs as rows
from central.store.audit import Note
from central.store.engine import Connection
from loyalty.notice import NOTICE_MONTHS_MAX, NOTICE_MONTHS_MIN, Notice, notice
from loyalty.program import Program
from runtime.errors import Rejected
from sync import program_file

OVERRIDE_CHARS_MIN = 10  # a reason that says something


class Ask(NamedTuple):
    """Who publishes, now, from when on (0: at once), and why it may be worse for members without notice (empty: it may not)."""

    person: str
    now_ms: int
    effective_ms: int = 0
    override: str = ""


class Done(NamedTuple):
    """What is published now; what it changes, None for the first version and for what was published before; and whether that
    took an override.
    """

    program: Program
    notice: Notice | None
    overridden: bool = False


def publish(db: Connection, program: Program, values: Mapping[str, Any], ask: Ask) -> Done:
    """Publish a checked program, `values` being what its file says. Raises Rejected, too early for what it worsens."""
    if not programs.is_new(db, program):
        return Done(program, None)
    found = compared(db, program, ask)
    day = local_day(max(ask.effective_ms, ask.now_ms))
    early = found is not None and bool(found.worse) and day < found.earliest
    if early:
        assert found is not None
        _answered(found, ask.override)
        reason = f"{ask.override} (in force from {day}; notice until {found.earliest}; worse: {_keys(found)})"
        audit.add(db, Note(ask.now_ms, ask.person, "publish_without_notice", f"{program.code} {program.version}", reason))
    programs.publish(db, program, values, ask.now_ms, ask.effective_ms)
    return Done(program, found, early)


def rollback(db: Connection, ask: Ask) -> Done:
    """Publish the version before the last one again, as a new version: versions only rise. Raises Rejected."""
    last = rows.latest(db)
    before = rows.before(db, last.version) if last else None
    if last is None or before is None:
        raise Rejected("program_first", "there is no version before the published one", "Publish a file instead")
    values = {**msgspec.json.decode(before.json), "version": last.version + 1}
    done = publish(db, program_file.from_json(values), values, ask)
    reason = f"the rules of version {before.version} again"
    audit.add(db, Note(ask.now_ms, ask.person, "rollback", f"{last.code} {last.version + 1}", reason))
    return done


def compared(db: Connection, program: Program, ask: Ask) -> Notice | None:
    """What `program` changes for members; against the version in force, or one published for later that it would replace.

    The one that it is worse than later counts. None where nothing is published.
    """
    starts = max(ask.effective_ms, ask.now_ms)
    versions = {one.version: one for at in (ask.now_ms, starts) if (one := rows.latest(db, at))}
    today = local_day(ask.now_ms)
    found = [notice(program_file.from_json(msgspec.json.decode(one.json)), program, today) for one in versions.values()]
    return max(found, key=lambda one: one.earliest, default=None)


def local_day(moment_ms: int) -> str:
    """The date at this machine, ISO 8601."""
    return datetime.fromtimestamp(moment_ms / 1000).astimezone().date().isoformat()


def _answered(found: Notice, override: str) -> None:
    """Raise Rejected unless somebody says why."""
    term = "a fixed-term club may not be worsened within its term" if found.fixed_term else (
        f"members of a club are to be told {NOTICE_MONTHS_MIN} to {NOTICE_MONTHS_MAX} months ahead"
    )  # fmt: skip
    if not override:
        hint = f'Publish it with --from {found.earliest} or later, or with --override "REASON", which is kept'
        raise Rejected("program_worsens", f"this version is worse for members ({_keys(found)}), and {term}", hint)
    if len(override.strip()) < OVERRIDE_CHARS_MIN:
        raise Rejected("reason_short", "the reason for the override is too short", f"{OVERRIDE_CHARS_MIN} characters or more")


def _keys(found: Notice) -> str:
    keys = [change.key for change in found.worse]
    return ", ".join(keys[:5]) + (f" and {len(keys) - 5} more" if len(keys) > 5 else "")
