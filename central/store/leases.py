"""Leases, and what of them and of holds was exposed when their terminal was fenced."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from central.store.engine import Connection
from central.store.spending import HOLD, LEASE
from central.store.tables import APPLIED, CHAIN, ENTRY, MEMBER, RECORD, STORE, TERMINAL
from central.store.terminals import CURRENT
from loyalty.leases import Lease, Taken
from loyalty.ledger import held, leased

Pieces = Mapping[str, int]

OUT = ("open", "returned")
"""States in which a lease's account may have something in it, and its terminal is not fenced."""


class LeaseRow(NamedTuple):
    """A lease as it is kept: `state` as in tables.py, pieces by unit."""

    member_id: int
    id: str
    chain_id: int
    terminal_id: int
    state: str
    recalled: bool
    granted: Pieces
    returned: Pieces
    peak: Pieces
    exposed: Pieces
    made_ms: int
    used_ms: int

    @property
    def lease(self) -> Lease:
        """What it has given and got back."""
        return Lease(self.id, self.granted, self.returned)


class Place(NamedTuple):
    """Where a terminal stands, whether its journal is the one that counts, and whether a second one was seen of it."""

    store_id: int
    store: str
    current: bool
    forked: bool


class Exposed(NamedTuple):
    """What may have been spent of a member by a terminal that was fenced: a lease or a hold."""

    store: str
    terminal: str
    code: str
    handle: str
    kind: str
    id: str
    made_ms: int
    pieces: Pieces


_COLUMNS = tuple(LEASE.c[name] for name in LeaseRow._fields)

# Made once: making a statement takes as long as running it.
_FOUND = sa.select(*_COLUMNS)
_GET = _FOUND.where(LEASE.c.id == sa.bindparam("lease"))
_OF_MEMBER = _FOUND.where(LEASE.c.member_id == sa.bindparam("member"), LEASE.c.state == "open").order_by(
    LEASE.c.used_ms, LEASE.c.id
)
_NAMES_OF = sa.select(LEASE.c.id).where(LEASE.c.member_id == sa.bindparam("member"), LEASE.c.chain_id == sa.bindparam("chain"))
_TAKEN = (
    sa.select(HOLD.c.lease, HOLD.c.unit, sa.cast(sa.func.sum(HOLD.c.leased), sa.BigInteger))
    .where(HOLD.c.member_id == sa.bindparam("member"), HOLD.c.state == "open", HOLD.c.leased > 0)
    .group_by(HOLD.c.lease, HOLD.c.unit)
)
_LAST_OF = (
    _FOUND.join(CHAIN, CHAIN.c.id == LEASE.c.chain_id)
    .join(TERMINAL, TERMINAL.c.id == CHAIN.c.terminal_id)
    .where(LEASE.c.member_id.in_(sa.bindparam("members", expanding=True)), CURRENT)
    .where(LEASE.c.terminal_id == sa.bindparam("terminal"))
    .order_by(LEASE.c.made_ms, LEASE.c.id)
)
_CHANGE = (
    sa.update(LEASE)
    .where(LEASE.c.member_id == sa.bindparam("member"), LEASE.c.id == sa.bindparam("lease"))
    .returning(LEASE.c.id)
)
_ADD = LEASE.insert()
_PLACE_OF = (
    sa.select(STORE.c.id, STORE.c.name, CURRENT, CHAIN.c.forked_ms.is_not(None))
    .select_from(CHAIN.join(TERMINAL).join(STORE))
    .where(CHAIN.c.id == sa.bindparam("chain"))
)
_CHAIN_OF = (
    sa.select(CHAIN.c.id)
    .join(TERMINAL)
    .where(TERMINAL.c.id == sa.bindparam("terminal"), TERMINAL.c.epoch == CHAIN.c.epoch, CHAIN.c.branch == 0)
)
_FENCED = sa.select(CHAIN.c.id).join(TERMINAL).where(sa.not_(CURRENT))
_ON_FENCED = tuple(
    sa.select(table.c.member_id, table.c.id)
    .where(out, table.c.chain_id.in_(_FENCED))
    .order_by(table.c.member_id)
    .limit(sa.bindparam("rows"))
    for table, out in ((LEASE, LEASE.c.state.in_(OUT)), (HOLD, HOLD.c.state == "open"))
)


def get(db: Connection, lease: str) -> LeaseRow | None:
    """The lease of that id."""
    row = db.execute(_GET, {"lease": lease}).one_or_none()
    return LeaseRow(*row) if row else None


def of_member(db: Connection, member: int) -> list[LeaseRow]:
    """A member's open leases, the least recently used first."""
    return [LeaseRow(*row) for row in db.execute(_OF_MEMBER, {"member": member})]


def owners(db: Connection) -> list[int]:
    """The members with a lease that has not come back."""
    wanted = sa.select(LEASE.c.member_id).where(LEASE.c.state != "returned").distinct().order_by(LEASE.c.member_id)
    return list(db.execute(wanted).scalars())


def names_of(db: Connection, member: int, chain: int) -> set[str]:
    """The leases of a member that a journal ever had: of one that is over an open hold may still have all."""
    return set(db.execute(_NAMES_OF, {"member": member, "chain": chain}).scalars())


def taken(db: Connection, member: int) -> Taken:
    """What the member's open holds have taken out of leases."""
    return {(leased(lease), unit): int(total) for lease, unit, total in db.execute(_TAKEN, {"member": member})}


def last_of(db: Connection, members: Iterable[int], terminal: int) -> dict[int, LeaseRow]:
    """The newest lease that the terminal's current journal has, or had, of each of those members."""
    found = db.execute(_LAST_OF, {"members": list(members), "terminal": terminal})
    return {row.member_id: LeaseRow(*row) for row in found}


def save(db: Connection, row: LeaseRow) -> None:
    """Keep a new lease, or what has become of one."""
    values = row._asdict()
    if not db.execute(_CHANGE, {**values, "member": row.member_id, "lease": row.id}).first():
        db.execute(_ADD, values)


def place_of(db: Connection, chain: int) -> Place:
    """Where the terminal of that journal stands."""
    store, name, current, forked = db.execute(_PLACE_OF, {"chain": chain}).one()
    return Place(store, name, bool(current), bool(forked))


def chain_of(db: Connection, terminal: int) -> int | None:
    """The journal in which a terminal writes now."""
    found: int | None = db.execute(_CHAIN_OF, {"terminal": terminal}).scalar_one_or_none()
    return found


def on_fenced(db: Connection, rows_max: int) -> dict[int, list[str]]:
    """The next leases and open holds whose terminal was fenced, by member."""
    found: dict[int, list[str]] = {}
    for wanted in _ON_FENCED:
        for member, name in db.execute(wanted, {"rows": rows_max}):
            found.setdefault(member, []).append(name)
    return dict(sorted(found.items()))


def end_holds(db: Connection, member: int, names: Sequence[str], state: str) -> None:
    """These of a member's holds are exposed or released."""
    db.execute(sa.update(HOLD).where(HOLD.c.member_id == member, HOLD.c.id.in_(names)).values(state=state))


def exposed(db: Connection, state: str = "exposed", terminal: str = "") -> list[Exposed]:
    """What was exposed, of all terminals or of the one with that code, the oldest first; with "released", what was released."""
    of_lease = _told(LEASE, "lease", state, terminal).add_columns(LEASE.c.exposed)
    of_hold = _told(HOLD, "hold", state, terminal).add_columns(HOLD.c.unit, HOLD.c.pieces)
    found = [Exposed._make(row) for row in db.execute(of_lease)]
    found += [Exposed._make((*row[:-2], {row[-2]: row[-1]})) for row in db.execute(of_hold)]
    return sorted(found, key=lambda one: (one.made_ms, one.id))


def _told(table: sa.Table, kind: str, state: str, terminal: str) -> sa.Select[Any]:
    place = (STORE.c.name, TERMINAL.c.name, TERMINAL.c.code, MEMBER.c.handle)
    of = table.join(TERMINAL, TERMINAL.c.id == table.c.terminal_id).join(STORE).join(MEMBER, MEMBER.c.id == table.c.member_id)
    wanted = sa.select(*place, sa.literal(kind), table.c.id, table.c.made_ms).select_from(of).where(table.c.state == state)
    return wanted.where(TERMINAL.c.code == terminal) if terminal else wanted


def peaks(db: Connection, chain: int) -> list[tuple[int, Pieces]]:
    """The leases that a journal ever had: whose, and the most that was at stake, by unit."""
    wanted = sa.select(LEASE.c.member_id, LEASE.c.peak).where(LEASE.c.chain_id == chain)
    return [(member, peak) for member, peak in db.execute(wanted)]


def promised(db: Connection, chain: int, seq: int, before_ms: int) -> dict[str, int]:
    """What was granted online to a journal's terminal before a moment, out of what was available, and not spent or given back by a
    record up to `seq` of it; by unit.
    """
    own = sa.and_(ENTRY.c.member_id == HOLD.c.member_id, ENTRY.c.cause == HOLD.c.id)
    ended = sa.and_(ENTRY.c.member_id == HOLD.c.member_id, ENTRY.c.source == sa.literal(held("")) + HOLD.c.id)
    by = (
        sa.select(ENTRY.c.place).join(APPLIED, APPLIED.c.id == ENTRY.c.cause).join(RECORD, RECORD.c.key == APPLIED.c.record_key)
    )
    over = by.where(ended, RECORD.c.chain_id == chain, RECORD.c.seq <= seq)
    pieces = sa.cast(sa.func.sum(HOLD.c.pieces - HOLD.c.leased), sa.BigInteger)
    wanted = sa.select(HOLD.c.unit, pieces).where(HOLD.c.chain_id == chain, HOLD.c.made_ms < before_ms)
    wanted = wanted.where(sa.select(ENTRY.c.place).where(own).exists(), ~over.exists()).group_by(HOLD.c.unit)
    return {unit: int(total) for unit, total in db.execute(wanted)}


def copied(db: Connection) -> list[Pieces]:
    """Of each copy of a terminal's disk that was seen: what it may have spent beside the original, by unit."""
    return list(db.execute(sa.select(CHAIN.c.copied).where(CHAIN.c.branch > 0)).scalars())
