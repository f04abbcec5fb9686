"""What the pages and lists show: reading only."""

from typing import Any, NamedTuple

import sqlalchemy as sa

from central.store.engine import Connection
from central.store.members import MemberHere
from central.store.tables import CHAIN, ENTRY, MEMBER, OFFICE, RECORD, STORE, STRANGER, TERMINAL, TRANSACTIONS, UPKEEP
from loyalty.ledger import EXPIRED, ISSUED, REDEEMED, available

SILENT_MS = 5 * 60_000  # ten missed long-polls
QUEUED_MS = 15 * 60_000  # a queue this old is not just a busy minute


class TerminalRow(NamedTuple):
    """How a terminal is; `trouble` is one of TROUBLES."""

    store: str
    name: str
    code: str
    epoch: int
    posd_version: str
    contact_ms: int | None
    queued_records: int
    queued_since_ms: int
    disk: str
    forked: bool
    fenced: bool
    absent: bool
    trouble: str = ""


TROUBLES = ("forked", "absent", "fenced", "disk", "silent", "queue", "not_enrolled", "")
"""The worst first. `absent` is one for which a recovery waits."""


def terminals(db: Connection, now_ms: int) -> list[TerminalRow]:
    """All terminals, those in trouble first, then by name."""
    columns = (STORE.c.name, TERMINAL.c.name, TERMINAL.c.code, TERMINAL.c.epoch, TERMINAL.c.posd_version)
    said = (TERMINAL.c.contact_ms, TERMINAL.c.queued_records, TERMINAL.c.queued_since_ms, TERMINAL.c.disk)
    waited_for = sa.and_(OFFICE.c.recovering, CHAIN.c.fenced_ms.is_(None), CHAIN.c.whole_in != OFFICE.c.incarnation)
    found = (CHAIN.c.forked_ms.is_not(None), CHAIN.c.fenced_ms.is_not(None), sa.func.coalesce(waited_for, sa.false()))
    now = sa.and_(CHAIN.c.terminal_id == TERMINAL.c.id, CHAIN.c.epoch == TERMINAL.c.epoch, CHAIN.c.branch == 0)
    wanted = sa.select(*columns, *said, *found).select_from(TERMINAL.join(STORE).join(OFFICE, sa.true()).outerjoin(CHAIN, now))
    rows = [TerminalRow(*row) for row in db.execute(wanted)]
    judged = [row._replace(trouble=_trouble(row, now_ms)) for row in rows]
    return sorted(judged, key=lambda row: (TROUBLES.index(row.trouble), row.store, row.name))


def _trouble(row: TerminalRow, now_ms: int) -> str:
    if row.forked:
        return "forked"
    if row.epoch == 0:
        return "not_enrolled"
    if row.fenced or row.absent:
        return "fenced" if row.fenced else "absent"
    if row.contact_ms is None or now_ms - row.contact_ms > SILENT_MS:
        return "silent"
    if row.disk:
        return "disk"
    return "queue" if row.queued_records and now_ms - row.queued_since_ms > QUEUED_MS else ""


class TransactionRow(NamedTuple):
    """A sale or a return as a list shows it; times are the store's own."""

    key: int
    kind: str
    store: str
    terminal: str
    wall_ms: int
    utc_offset: int
    business_date: str
    receipt_number: str
    amount_minor: int
    currency: str
    flags: str
    handle: str | None
    first_name: str | None


def transactions(db: Connection, before: int | None, rows_max: int) -> list[TransactionRow]:
    """Sales and returns in the order of their arrival, newest first; those that arrived before the key `before`."""
    row = TRANSACTIONS.c
    columns = (row.record_key, row.kind, STORE.c.name, TERMINAL.c.name, row.wall_ms, row.utc_offset, row.business_date)
    odd = sa.case((row.differs == "", row.flags), else_=row.flags + " differs")
    more = (row.receipt_number, row.amount_minor, row.currency, odd, MEMBER.c.handle, MEMBER.c.first_name)
    tables = TRANSACTIONS.join(TERMINAL).join(STORE).outerjoin(MEMBER)
    wanted = sa.select(*columns, *more).select_from(tables).order_by(row.record_key.desc()).limit(rows_max)
    return [
        TransactionRow._make(found) for found in db.execute(wanted if before is None else wanted.where(row.record_key < before))
    ]


class LetterRow(NamedTuple):
    """A record that could not be applied, or that waits, with its reason."""

    key: int
    store: str
    terminal: str
    kind: str
    state: str
    reason: str
    received_ms: int
    bytes: bytes


def letters(db: Connection, rows_max: int) -> list[LetterRow]:
    """Dead letters, newest first; then what is being tried again, and what waits for a sale."""
    row = RECORD.c
    columns = (row.key, STORE.c.name, TERMINAL.c.name, row.kind, row.state, row.reason, row.received_ms, row.bytes)
    tables = RECORD.join(CHAIN).join(TERMINAL).join(STORE)
    wanted = sa.select(*columns).select_from(tables)
    found: list[LetterRow] = []
    tried_again = sa.and_(row.state == "pending", row.reason != "")
    for where in (row.state == "dead", tried_again, row.waits_for.is_not(None)):
        found += [LetterRow(*one) for one in db.execute(wanted.where(where).order_by(row.key.desc()).limit(rows_max))]
    return found


class Waiting(NamedTuple):
    """What needs a person: how many dead letters; and of the other alarms (lines in quarantine, unknown terminals, a recovery, a
    check or a backup that failed, records that only a newer release knows) how many.
    """

    dead: int
    alarms: int


def waiting(db: Connection) -> Waiting:
    """What needs somebody now."""

    def count(rows: sa.Select[Any]) -> int:
        return db.execute(sa.select(sa.func.count()).select_from(rows.subquery())).scalar_one()

    held = count(sa.select(RECORD.c.chain_id).where(RECORD.c.state == "quarantined").distinct())
    strangers = count(sa.select(STRANGER.c.id).where(STRANGER.c.rejected_ms.is_(None)))
    newest = sa.select(sa.func.max(UPKEEP.c.id)).group_by(UPKEEP.c.kind)
    failed = count(sa.select(UPKEEP.c.id).where(UPKEEP.c.id.in_(newest), sa.not_(UPKEEP.c.well)))
    recovering = count(sa.select(OFFICE.c.id).where(OFFICE.c.recovering))
    alarms = held + strangers + failed + recovering + (kept(db) > 0)
    return Waiting(count(sa.select(RECORD.c.key).where(RECORD.c.state == "dead")), alarms)


def kept(db: Connection) -> int:
    """How many records only a newer release knows."""
    return db.execute(sa.select(sa.func.count()).where(RECORD.c.state == "kept")).scalar_one()


class EntryRow(NamedTuple):
    """One line of a member's ledger; `pieces` is what it does to what the member may use (0: it only moves what is held)."""

    position: int
    place: int
    made_ms: int
    word: str
    unit: str
    moved: int
    pieces: int
    cause: str


def ledger(db: Connection, member: MemberHere, before: int | None, rows_max: int) -> list[EntryRow]:
    """A member's entries, newest first; those before the position `before`, and always whole positions. Counters are left out."""
    row = ENTRY.c
    theirs = (row.member_id == member.id, row.unit.not_like("%/%"))
    positions = sa.select(row.position).where(*theirs).distinct().order_by(row.position.desc())
    if before is not None:
        positions = positions.where(row.position < before)
    page = list(db.execute(positions.limit(rows_max)).scalars())
    wanted = sa.select(row.position, row.place, row.made_ms, row.source, row.target, row.unit, row.pieces, row.cause)
    wanted = wanted.where(*theirs, row.position.in_(page)).order_by(row.position.desc(), row.place)
    mine = available(member.handle)
    found = []
    for position, place, made_ms, source, target, unit, pieces, cause in db.execute(wanted):
        signed = pieces * ((target == mine) - (source == mine))
        word = _WORDS.get((_sort(source), _sort(target)), "moved")
        found.append(EntryRow(position, place, made_ms, word, unit, pieces, signed, cause))
    return found


def _sort(account: str) -> str:
    """What kind of account it is."""
    return account if account in (ISSUED, REDEEMED, EXPIRED) else account.split("/", maxsplit=1)[0]


_WORDS = {
    (ISSUED, "member"): "earned",
    ("partner", "member"): "earned",
    ("member", EXPIRED): "expired",
    ("member", ISSUED): "taken_back",
    ("member", "hold"): "held",
    ("hold", "member"): "given_back",
    ("hold", REDEEMED): "spent",
    ("member", REDEEMED): "spent",
    ("hold", "cause"): "spent",
    ("member", "cause"): "spent",
    (REDEEMED, "member"): "given_back",
}
