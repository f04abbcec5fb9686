"""Members, their plain codes, and what of them a terminal has been told."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import sqlalchemy as sa

from central.store import merges
from central.store.engine import Connection
from central.store.rows import insert_new
from central.store.tables import INCLUDED, MEMBER, MEMBER_CODE
from loyalty.standing import Standing


class MemberHere(NamedTuple):
    """A member as head office keeps one."""

    id: int
    handle: str
    first_name: str
    tier: str
    generation: int
    blocked: bool
    provisional: bool
    made_ms: int
    visits: int
    spent_minor: int
    joined: str
    last_visit: str
    segments: Sequence[str]
    occasions: Mapping[str, Sequence[str]]
    reviewed: str
    referred_by: str


_COLUMNS = tuple(MEMBER.c[name] for name in MemberHere._fields)

# Made once: making a statement takes as long as running it.
_MEMBERS: sa.BindParameter[int] = sa.bindparam("members", expanding=True)
_BY_HANDLE = sa.select(*_COLUMNS).where(MEMBER.c.handle == sa.bindparam("handle"))
_LOCK_BY_HANDLE = _BY_HANDLE.with_for_update()
_BY_IDS = sa.select(*_COLUMNS).where(MEMBER.c.id.in_(_MEMBERS)).order_by(MEMBER.c.id)
_LOCK_BY_IDS = _BY_IDS.with_for_update()
_CHANGE = sa.update(MEMBER).where(MEMBER.c.id == sa.bindparam("member"))
_CODES_OF = (
    sa.select(MEMBER_CODE.c.member_id, MEMBER_CODE.c.code)
    .where(MEMBER_CODE.c.member_id.in_(_MEMBERS))
    .order_by(MEMBER_CODE.c.code)
)
_INCLUDED_AFTER = (
    sa.select(INCLUDED.c.member_id, INCLUDED.c.id)
    .where(INCLUDED.c.member_id.in_(_MEMBERS), INCLUDED.c.terminal_id == sa.bindparam("terminal"))
    .where(INCLUDED.c.position > sa.bindparam("after"))
    .order_by(INCLUDED.c.position, INCLUDED.c.id)
)


def by_handle(db: Connection, handle: str, *, lock: bool = False) -> MemberHere | None:
    """The member with that handle; `lock` makes everybody else wait who would change this member's units."""
    row = db.execute(_LOCK_BY_HANDLE if lock else _BY_HANDLE, {"handle": handle}).one_or_none()
    return MemberHere(*row) if row else None


def current(db: Connection, handle: str, *, lock: bool = False) -> MemberHere | None:
    """Who has the card of that handle now: the member that it was merged into, where it was."""
    member = by_handle(db, handle, lock=lock)
    into = merges.survivor(db, member.id) if member else None
    return by_ids(db, [into], lock=lock)[0] if into else member


def by_ids(db: Connection, members: Sequence[int], *, lock: bool = False) -> list[MemberHere]:
    """The members with those keys, in their order; `lock` as in by_handle."""
    return [MemberHere(*row) for row in db.execute(_LOCK_BY_IDS if lock else _BY_IDS, {"members": list(members)})]


def after_handle(db: Connection, handle: str, rows_max: int) -> list[tuple[int, str]]:
    """The keys and handles of the next members behind `handle`, in the order of their handles."""
    wanted = sa.select(MEMBER.c.id, MEMBER.c.handle).where(MEMBER.c.handle > handle).order_by(MEMBER.c.handle)
    return [(key, found) for key, found in db.execute(wanted.limit(rows_max))]


def after_code(db: Connection, code: str, rows_max: int) -> list[tuple[str, str]]:
    """The next plain codes behind `code`, in their order, with the handle of whom they belong to."""
    wanted = sa.select(MEMBER_CODE.c.code, MEMBER.c.handle).join(MEMBER, MEMBER.c.id == MEMBER_CODE.c.member_id)
    found = db.execute(wanted.where(MEMBER_CODE.c.code > code).order_by(MEMBER_CODE.c.code).limit(rows_max))
    return [(text, handle) for text, handle in found]


def last(db: Connection) -> MemberHere | None:
    """The member made last."""
    row = db.execute(sa.select(*_COLUMNS).order_by(MEMBER.c.id.desc()).limit(1)).one_or_none()
    return MemberHere(*row) if row else None


def find(db: Connection, text: str, rows_max: int) -> list[MemberHere]:
    """Members whose first name begins so, or whose handle or plain code is `text`; all of them, newest first, for none."""
    wanted = sa.select(*_COLUMNS).order_by(MEMBER.c.id.desc()).limit(rows_max)
    if text:
        codes = sa.select(MEMBER_CODE.c.member_id).where(MEMBER_CODE.c.code == text)
        name = MEMBER.c.first_name.istartswith(text, autoescape=True)
        wanted = wanted.where(sa.or_(MEMBER.c.handle == text, MEMBER.c.id.in_(codes), name))
    return [MemberHere(*row) for row in db.execute(wanted)]


def add(db: Connection, handle: str, first_name: str, now_ms: int) -> int:
    """Make a member; the key."""
    new = MEMBER.insert().values(handle=handle, first_name=first_name, made_ms=now_ms)
    key: int = db.execute(new.returning(MEMBER.c.id)).scalar_one()
    return key


def add_provisional(db: Connection, handle: str, now_ms: int) -> MemberHere:
    """The member with that handle, locked; made, as provisional, if there is none."""
    insert_new(db, MEMBER, {"handle": handle, "provisional": True, "made_ms": now_ms})
    member = by_handle(db, handle, lock=True)
    assert member is not None
    return member


def add_code(db: Connection, member: int, code: str) -> bool:
    """Give a member a plain code; False if somebody has it already."""
    if db.execute(sa.select(MEMBER_CODE.c.code).where(MEMBER_CODE.c.code == code)).first():
        return False
    db.execute(MEMBER_CODE.insert().values(member_id=member, code=code))
    return True


def confirm(db: Connection, member: int) -> None:
    """Head office knows who that provisional member is."""
    db.execute(sa.update(MEMBER).where(MEMBER.c.id == member).values(provisional=False))


def set_first_name(db: Connection, member: int, first_name: str) -> None:
    """What the receipt greets them by."""
    db.execute(sa.update(MEMBER).where(MEMBER.c.id == member).values(first_name=first_name))


def set_standing(db: Connection, member: int, standing: Standing, due: str) -> None:
    """Write what is known of a locked member beside the units, and the next day that brings something."""
    values = {
        "member": member,
        "tier": standing.tier,
        "visits": standing.visits,
        "spent_minor": standing.spent_minor,
        "joined": standing.joined,
        "last_visit": standing.last_visit,
        "segments": list(standing.segments),
        "occasions": {name: list(window) for name, window in standing.occasions.items()},
        "reviewed": standing.reviewed,
        "referred_by": standing.referred_by,
        "due": due,
    }
    db.execute(_CHANGE, values)


def due(db: Connection, day: str, rows_max: int) -> list[MemberHere]:
    """The next members to whom `day` brings something, locked, who have waited longest first."""
    wanted = sa.select(*_COLUMNS).where(MEMBER.c.due <= day).order_by(MEMBER.c.due, MEMBER.c.id).limit(rows_max)
    return [MemberHere(*row) for row in db.execute(wanted.with_for_update())]


def all_due(db: Connection, day: str) -> None:
    """Everybody is looked at on `day`, if not before."""
    db.execute(sa.update(MEMBER).where(MEMBER.c.due > day).values(due=day))


def not_due_before(db: Connection, members: Sequence[int], day: str) -> None:
    """These have been looked at: not again before `day`."""
    db.execute(sa.update(MEMBER).where(MEMBER.c.id.in_(members), MEMBER.c.due < day).values(due=day))


def raise_generation(db: Connection, member: int) -> int:
    """Make the member's signed codes void; the new generation."""
    raised = sa.update(MEMBER).where(MEMBER.c.id == member).values(generation=MEMBER.c.generation + 1)
    generation: int = db.execute(raised.returning(MEMBER.c.generation)).scalar_one()
    return generation


def codes_of(db: Connection, members: Sequence[int]) -> dict[int, list[str]]:
    """The plain codes of each of those members."""
    codes: dict[int, list[str]] = {}
    for member, code in db.execute(_CODES_OF, {"members": list(members)}):
        codes.setdefault(member, []).append(code)
    return codes


def included_after(db: Connection, members: Sequence[int], terminal: int, position: int) -> dict[int, list[str]]:
    """The terminal's own records and holds that have entered those members' balances after `position`."""
    ids: dict[int, list[str]] = {}
    after = {"members": list(members), "terminal": terminal, "after": position}
    for member, record_id in db.execute(_INCLUDED_AFTER, after):
        ids.setdefault(member, []).append(record_id)
    return ids
