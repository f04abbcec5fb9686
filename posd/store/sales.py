"""The point of no return: a sale or a return with its entries, its record and its print job, in one transaction."""

from typing import NamedTuple

import msgspec

from loyalty.journal import Draft, Stamp
from loyalty.ledger import Entry
from loyalty.posting import return_entries, sale_entries
from loyalty.refusal import Refusal
from loyalty.sale import Return, Sale
from posd.store import agreements, journal, members
from posd.store.db import Db


class Commit(NamedTuple):
    """What is to be committed: the record's id, when, our receipt in bytes (empty where there is none), who prints it, and what
    could not be had.
    """

    id: str
    stamp: Stamp
    receipt: bytes
    prints: bool
    refusals: tuple[Refusal, ...] = ()


def commit_sale(db: Db, sale: Sale, commit: Commit) -> int:
    """Write it all; the record's seq. Raises Misconfigured when the terminal is not enrolled."""
    seq = append(db, commit, Draft("sale", commit.id, sale), sale.till.business_date, sale.till.receipt_number)
    if sale.member:
        day = sale.till.business_date
        visit = [(members.VISITS, day, 1), (members.SPENT, "", sale.total_minor)]
        _move(db, commit.id, _Moved(sale.member.handle, day, sale_entries(sale), visit))
    if sale.agreement:
        agreements.end(db, sale.agreement, agreements.COMMITTED, commit.id)
    if commit.refusals:
        db.execute("INSERT INTO refused (seq, bytes) VALUES (?, ?)", (seq, msgspec.json.encode(commit.refusals)))
    return seq


def commit_return(db: Db, returned: Return, commit: Commit) -> int:
    """Write it all; the record's seq. Raises Misconfigured when the terminal is not enrolled."""
    seq = append(db, commit, Draft("return", commit.id, returned), returned.till.business_date, returned.till.receipt_number)
    if returned.member:
        reversal, day = returned.reversal, returned.till.business_date
        visit = [(members.VISITS, "", -int(reversal.whole)), (members.SPENT, "", -reversal.refund_minor)]
        _move(db, commit.id, _Moved(returned.member, day, return_entries(returned.member, reversal), visit))
    db.executemany(
        "INSERT INTO returned (original, line, quantity_milli) VALUES (?, ?, ?)"
        " ON CONFLICT (original, line) DO UPDATE SET quantity_milli = quantity_milli + excluded.quantity_milli",
        [(bytes.fromhex(returned.original), line.line, line.quantity_milli) for line in returned.lines if returned.original],
    )
    return seq


def returned_before(db: Db, original: str) -> dict[str, int]:
    """How much of each line of that sale has come back to this terminal, in thousandths."""
    found = db.execute("SELECT line, quantity_milli FROM returned WHERE original = ?", (bytes.fromhex(original),))
    return dict(found.fetchall())


def refusals_of(db: Db, seq: int) -> tuple[Refusal, ...]:
    """What could not be had in the sale `seq`."""
    row = db.execute("SELECT bytes FROM refused WHERE seq = ?", (seq,)).fetchone()
    return msgspec.json.decode(row[0], type=tuple[Refusal, ...]) if row else ()


def append(db: Db, commit: Commit, draft: Draft, day: str, receipt_number: str | None = None) -> int:
    """The record and our receipt of it; the record's seq. Raises Misconfigured when the terminal is not enrolled."""
    seq = journal.append(db, commit.stamp, draft, day, receipt_number).seq
    if commit.receipt:
        db.execute(
            "INSERT INTO print_job (seq, state, made_ms, receipt) VALUES (?, ?, ?, ?)",
            (seq, "queued" if commit.prints else "handed", commit.stamp.wall_ms, commit.receipt),
        )
    return seq


class _Moved(NamedTuple):
    """What a record does to a member: entries on a day, and what it counts beside the units."""

    handle: str
    day: str
    entries: tuple[Entry, ...]
    visit: list[members.Move]


def _move(db: Db, ref: str, moved: _Moved) -> None:
    member = members.row_of(db, moved.handle)
    members.move(db, ref, member, [*members.moves_of(db, moved.handle, moved.entries, moved.day), *moved.visit])
