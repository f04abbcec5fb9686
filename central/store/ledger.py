"""Entries and the balances that are always their sum."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from central.store import feed
from central.store.engine import Connection
from central.store.rows import upsert
from central.store.tables import BALANCE, ENTRY, INCLUDED, MEMBER
from loyalty.ledger import Entry
from loyalty.lots import OPEN, Lots
from loyalty.posting import ASIDE, OWNED

CAUSES_PER_LOOK = 500  # below what either database takes as parameters

MEMBER_MAX = (1 << 63) - 1

NO_TERMINAL = 0
"""Of what head office does by itself."""


class Cause(NamedTuple):
    """What makes entries: the id of a record or a hold and of which terminal, or another word and NO_TERMINAL; and when it was
    booked. `also` are holds that these entries make up for: head office has never heard of them.
    """

    id: str
    terminal: int
    now_ms: int
    also: tuple[str, ...] = ()


class Difference(NamedTuple):
    """A balance that is not the sum of its entries."""

    member: int
    account: str
    unit: str
    lot: str
    balance: int
    entries: int


# Made once: making a statement takes as long as running it.
_INCLUDE = INCLUDED.insert()
_ENTER = ENTRY.insert()
_USED_UP = sa.delete(BALANCE).where(
    BALANCE.c.member_id == sa.bindparam("member"),
    BALANCE.c.pieces == 0,
    sa.or_(BALANCE.c.lot != OPEN, *(BALANCE.c.account.startswith(one) for one in ASIDE)),
)
_BALANCES = (
    sa.select(BALANCE.c.member_id, BALANCE.c.account, BALANCE.c.unit, BALANCE.c.lot, BALANCE.c.pieces)
    .where(BALANCE.c.member_id.in_(sa.bindparam("members", expanding=True)))
    .order_by(BALANCE.c.unit, BALANCE.c.lot)
)
_OF_CAUSES = sa.select(ENTRY.c.source, ENTRY.c.target, ENTRY.c.unit, ENTRY.c.pieces, ENTRY.c.lot).where(
    ENTRY.c.member_id == sa.bindparam("member"), ENTRY.c.cause.in_(sa.bindparam("causes", expanding=True))
)


def post(db: Connection, cause: Cause, moved: Mapping[int, Sequence[Entry]], also: Sequence[tuple[str, int]] = ()) -> None:
    """Book entries, each of one lot, of locked members by key, and tell the terminals of them and of what `also` changes. Call it
    last: the feed's position is taken here.
    """
    position = feed.publish(db, [*(("member", member) for member in moved), *also])
    if cause.terminal != NO_TERMINAL:
        told = [
            {"terminal_id": cause.terminal, "position": position, "id": one} for one in dict.fromkeys((cause.id, *cause.also))
        ]
        db.execute(_INCLUDE, [{"member_id": member, **included} for member in moved for included in told])
    rows = [
        {
            "member_id": member,
            "cause": cause.id,
            "place": place,
            "source": entry.source,
            "target": entry.target,
            "unit": entry.unit,
            "lot": entry.lot,
            "pieces": entry.pieces,
            "position": position,
            "made_ms": cause.now_ms,
        }
        for member, entries in moved.items()
        for place, entry in enumerate(entries)
    ]
    if not rows:
        return
    db.execute(_ENTER, rows)
    for member, entries in moved.items():
        sums = sorted(_sums(entries).items())
        changes: list[dict[str, Any]] = [
            {"member_id": member, "account": account, "unit": unit, "lot": lot, "pieces": pieces}
            for (account, unit, lot), pieces in sums
        ]
        upsert(db, BALANCE, changes, "pieces", add=True)
        if any(row["pieces"] <= 0 and (row["lot"] != OPEN or row["account"].startswith(ASIDE)) for row in changes):
            db.execute(_USED_UP, {"member": member})  # it never comes to life again: keep no row of it


def _sums(entries: Iterable[Entry]) -> Counter[tuple[str, str, str]]:
    """What entries do to each balance."""
    sums: Counter[tuple[str, str, str]] = Counter()
    for entry in entries:
        sums[entry.source, entry.unit, _lot(entry.source, entry.lot)] -= entry.pieces
        sums[entry.target, entry.unit, _lot(entry.target, entry.lot)] += entry.pieces
    return sums


def _lot(account: str, lot: str) -> str:
    """The lot of a balance: members' pieces are kept by lot, the program's are one."""
    return lot if account.startswith(OWNED) else OPEN


def lots_in(db: Connection, members: Iterable[int], accounts: Iterable[str]) -> dict[int, dict[tuple[str, str], Lots]]:
    """What is in those accounts and in all leases, by member, then by account and unit."""
    found: dict[int, dict[tuple[str, str], dict[str, int]]] = {member: {} for member in members}
    wanted = set(accounts)
    for member, account, unit, lot, pieces in db.execute(_BALANCES, {"members": list(found)}):
        if account in wanted or account.startswith("lease/"):
            found[member].setdefault((account, unit), {})[lot] = pieces
    return {member: dict(by_account) for member, by_account in found.items()}


def of_causes(db: Connection, member: int, causes: Sequence[str]) -> list[Entry]:
    """A member's entries that these records have made."""
    found = []
    for first in range(0, len(causes), CAUSES_PER_LOOK):
        some = {"member": member, "causes": causes[first : first + CAUSES_PER_LOOK]}
        found += [Entry(*one) for one in db.execute(_OF_CAUSES, some)]
    return found


def caused(db: Connection, members: Iterable[int], cause: str) -> set[int]:
    """Those of `members` that have entries of that cause."""
    wanted = sa.select(ENTRY.c.member_id).distinct().where(ENTRY.c.member_id.in_(list(members)), ENTRY.c.cause == cause)
    return set(db.execute(wanted).scalars())


def check_balances(db: Connection, first: int = 0, last: int = MEMBER_MAX) -> Iterator[Difference]:
    """Every balance of the members from `first` to `last`, by key, that is not the sum of its entries. Reads all of theirs."""
    sums: Counter[tuple[int, str, str, str]] = Counter()
    for account, sign in ((ENTRY.c.source, -1), (ENTRY.c.target, 1)):
        place = (ENTRY.c.member_id, account, ENTRY.c.unit, ENTRY.c.lot)
        total = sa.cast(sa.func.sum(ENTRY.c.pieces), sa.BigInteger)
        wanted = sa.select(*place, total).where(ENTRY.c.member_id.between(first, last)).group_by(*place)
        for member, name, unit, lot, pieces in db.execute(wanted):
            sums[member, name, unit, _lot(name, lot)] += sign * int(pieces)
    for member, account_name, unit, lot, pieces in db.execute(
        sa.select(BALANCE).where(BALANCE.c.member_id.between(first, last))
    ):
        entries = sums.pop((member, account_name, unit, lot), 0)
        if pieces != entries:
            yield Difference(member, account_name, unit, lot, pieces, entries)
    for (member, account_name, unit, lot), entries in sums.items():
        if entries:
            yield Difference(member, account_name, unit, lot, 0, entries)


def last_member(db: Connection) -> int:
    """The highest key of a member."""
    return int(db.execute(sa.select(sa.func.max(MEMBER.c.id))).scalar() or 0)


def entries(db: Connection, first: int = 0, last: int = MEMBER_MAX) -> int:
    """How many entries the members from `first` to `last` have."""
    counted = sa.select(sa.func.count()).select_from(ENTRY).where(ENTRY.c.member_id.between(first, last))
    return db.execute(counted).scalar_one()
