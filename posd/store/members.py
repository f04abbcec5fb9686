"""The cache of members: head office's word on each, and what our own records have done since."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, NamedTuple

import msgspec

from loyalty import lots
from loyalty.ledger import Entry, available
from loyalty.lots import Lots
from loyalty.member import Member, Window
from loyalty.posting import post
from loyalty.program import Policies, Program
from loyalty.standing import Standing, member_on
from posd.store.db import Db
from sync.wire import MemberRow

VISITS, SPENT = "visits/", "spent/"
"""What our own sales count beside the units, kept as entries too: a visit's day stands for its lot."""

Move = tuple[str, str, int]
"""What a record does to what a member has available: so many pieces of a unit, in a lot."""

_AS_TOLD = Program("", 0, "", {}, {}, {}, {}, policies=Policies(negative_balance="allowed"))
"""Our own records are posted as they are; head office's word, by the program's policies, replaces that."""

IN_USE = "(SELECT edition FROM terminal)"

_SELECT = f"SELECT first_name, tier, generation, blocked, facts FROM told WHERE edition = {IN_USE} AND handle = ?"  # noqa: S608


class Facts(msgspec.Struct, frozen=True, array_like=True):
    """What head office knows of a member, as sync.wire.MemberRow has it; of one that it has not told of, nothing.

    Kept as a MessagePack array in this order: as JSON with the names of the fields it would be twice as large, and there may be a
    million of them on a small disk. Days are numbers (datetime.date.toordinal), 0 for none.
    """

    balances: Mapping[str, dict[str, int]] = {}
    codes: tuple[str, ...] = ()
    visits: int = 0
    spent_minor: int = 0
    joined: int = 0
    last_visit: int = 0
    segments: tuple[str, ...] = ()
    occasions: Mapping[str, Window] = {}
    merged_into: str = ""


_ENCODER = msgspec.msgpack.Encoder()
_FACTS = msgspec.msgpack.Decoder(Facts)
_STRANGER = ("", "", 0, 0, _ENCODER.encode(Facts()))


class Found(NamedTuple):
    """A member in the cache, whether one is blocked, and the row that what is ours of one hangs on, if there is any."""

    row: int | None
    member: Member
    blocked: bool


def by_handle(db: Db, handle: str, day: str) -> Found | None:
    """The member of a signed code, on `day`."""
    own = bytes.fromhex(handle)
    told, row = db.execute(_SELECT, (own,)).fetchone(), _row(db, own)
    if told and (into := _FACTS.decode(told[-1]).merged_into):  # the card's own generation and bar stay the card's
        found = by_handle(db, into, day)
        _, _, generation, blocked, _ = told
        return found and found._replace(
            member=replace(found.member, generation=generation), blocked=found.blocked or bool(blocked)
        )
    return _found(db, row, own, told, day) if told or row else None


def expiring(db: Db, handle: str, day: str) -> dict[str, tuple[int, str]]:
    """By unit what of a member expires next, from `day` on: so many pieces, and the last day on which they may be spent."""
    found = ((unit, lots.forecast(held, day)) for unit, held in _lots(db, bytes.fromhex(handle)).items())
    return {unit: (coming[0][1], coming[0][0]) for unit, coming in found if coming}


def by_code(db: Db, text: str, day: str) -> Found | None:
    """The member of a plain code, on `day`."""
    found = db.execute(f"SELECT handle FROM member_code WHERE edition = {IN_USE} AND text = ?", (text,)).fetchone()  # noqa: S608
    found = found or db.execute("SELECT handle FROM member WHERE code = ?", (text,)).fetchone()
    return by_handle(db, found[0].hex(), day) if found else None


def row_of(db: Db, handle: str) -> int:
    """The row of who has `handle`, to hang something of our own on; made if there is none yet."""
    own = _whose(db, bytes.fromhex(handle))
    return _row(db, own) or int(db.execute("INSERT INTO member (handle) VALUES (?) RETURNING id", (own,)).fetchone()[0])


def join(db: Db, handle: str, first_name: str, day: str, code: str) -> None:
    """`handle` is somebody's since `day`, with the plain card `code` if that is one; head office has not told us of them yet."""
    told = (first_name, day, code or None, row_of(db, handle))
    db.execute("UPDATE member SET first_name = ?, joined = ?, code = ? WHERE id = ?", told)


def _whose(db: Db, own: bytes) -> bytes:
    """Whose the card of that handle is: another member's, where it was merged into one."""
    told = db.execute(_SELECT, (own,)).fetchone()
    return bytes.fromhex(_FACTS.decode(told[-1]).merged_into) or own if told else own


def _row(db: Db, own: bytes) -> int | None:
    found = db.execute("SELECT id FROM member WHERE handle = ?", (own,)).fetchone()
    return int(found[0]) if found else None


def moves_of(db: Db, handle: str, entries: Iterable[Entry], day: str) -> list[Move]:
    """What `entries` do to the member's available pieces; what is spent comes out of what expires first on `day`."""
    mine = available(handle)
    about = [entry for entry in entries if mine in (entry.source, entry.target)]
    if any(entry.source == mine for entry in about):
        have: dict[tuple[str, str], Lots] = {(mine, unit): held for unit, held in _lots(db, bytes.fromhex(handle)).items()}
        about = list(post(_AS_TOLD, have, about, day).entries)
    sums: Counter[tuple[str, str]] = Counter()
    for entry in about:
        sums[entry.unit, entry.lot] += entry.pieces if entry.target == mine else -entry.pieces
    return [(unit, lot, pieces) for (unit, lot), pieces in sums.items()]


def moved_by(db: Db, member: int, ref: str) -> list[Move]:
    """What the record or hold `ref` did, unless head office's balances have it already."""
    own = "SELECT unit, lot, pieces FROM entry WHERE member = ? AND included = 0 AND ref = ?"
    return [(unit, lot, pieces) for unit, lot, pieces in db.execute(own, (member, bytes.fromhex(ref)))]


def move(db: Db, ref: str, member: int, moves: Iterable[Move]) -> None:
    """Note what the record or hold `ref` did to the member."""
    db.executemany(
        "INSERT INTO entry (ref, member, unit, lot, pieces) VALUES (?, ?, ?, ?, ?)",
        [(bytes.fromhex(ref), member, unit, lot, pieces) for unit, lot, pieces in moves if pieces],
    )


def unmove(db: Db, member: int, ref: str) -> None:
    """What the hold `ref` did has not happened."""
    db.execute("DELETE FROM entry WHERE member = ? AND included = 0 AND ref = ?", (member, bytes.fromhex(ref)))


def save(db: Db, row: MemberRow) -> None:
    """Take over what head office says; the balances it gives already hold what `includes` names."""
    own, edition = bytes.fromhex(row.handle), in_use(db)
    before = db.execute(_SELECT, (own,)).fetchone()
    if before:
        gone = [(edition, text, own) for text in _FACTS.decode(before[-1]).codes]
        db.executemany("DELETE FROM member_code WHERE edition = ? AND text = ? AND handle = ?", gone)
    else:
        db.execute("UPDATE terminal SET members = members + 1")
    write(db, edition, [row])
    write_codes(db, edition, [(text, row.handle) for text in row.codes])
    ours = _row(db, own)
    if row.includes:
        told = own_refs(db, row.includes)
        db.executemany("UPDATE entry SET included = 1 WHERE member = ? AND included = 0 AND ref = ?", open_of(db, ours, told))
        db.executemany("UPDATE hold SET included = 1 WHERE id = ?", [(ref,) for ref in told])
    if ours and row.joined:  # what we knew of who joined here is head office's to say now, or to erase
        db.execute("UPDATE member SET first_name = '', joined = '', code = NULL WHERE id = ?", (ours,))
    if ours and row.merged_into:
        _hand_over(db, ours, row.merged_into)


def hand_over(db: Db) -> None:
    """After a snapshot: what is ours of members who were merged into others is those others'; who joined here is told by now."""
    db.execute(
        "UPDATE member SET first_name = '' WHERE first_name <> '' AND handle IN"
        " (SELECT handle FROM told WHERE edition = (SELECT edition FROM terminal) AND handle = member.handle)"
    )
    ours = (
        "SELECT id, handle FROM member WHERE id IN (SELECT member FROM entry WHERE included = 0 UNION SELECT member FROM hold)"
    )
    for row, own in db.execute(ours).fetchall():
        into = _whose(db, own)
        if into != own:
            _hand_over(db, row, into.hex())


def _hand_over(db: Db, member: int, into: str) -> None:
    """What our own records have done to a member who was merged into another, and head office has not heard, is that one's."""
    theirs = row_of(db, into)
    db.execute("UPDATE entry SET member = ? WHERE member = ? AND included = 0", (theirs, member))
    db.execute("UPDATE hold SET member = ? WHERE member = ? AND state IN ('asked', 'granted')", (theirs, member))


def write(db: Db, edition: int, rows: Sequence[MemberRow]) -> None:
    """Head office's word on these members, in that edition; of their plain codes only whose they are."""
    db.executemany(
        "INSERT INTO told (edition, handle, first_name, tier, generation, blocked, facts) VALUES (?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (edition, handle) DO UPDATE SET first_name = excluded.first_name, tier = excluded.tier,"
        " generation = excluded.generation, blocked = excluded.blocked, facts = excluded.facts",
        [
            (edition, bytes.fromhex(one.handle), one.first_name, one.tier, one.generation, int(one.blocked), _facts_of(one))
            for one in rows
        ],
    )


def write_codes(db: Db, edition: int, codes: Iterable[tuple[str, str]]) -> None:
    """Whose plain codes these are, as (text, handle), in that edition."""
    db.executemany(
        "INSERT INTO member_code (edition, text, handle) VALUES (?, ?, ?)"
        " ON CONFLICT (edition, text) DO UPDATE SET handle = excluded.handle",
        [(edition, text, bytes.fromhex(handle)) for text, handle in codes],
    )


def in_use(db: Db) -> int:
    """The edition that look-ups see."""
    return int(db.execute("SELECT edition FROM terminal").fetchone()[0])


def count(db: Db) -> int:
    """How many members head office has told us of."""
    return int(db.execute("SELECT members FROM terminal").fetchone()[0])


def _facts_of(row: MemberRow) -> bytes:
    joined, last_visit = (date.fromisoformat(day).toordinal() if day else 0 for day in (row.joined, row.last_visit))
    facts = (
        row.balances,
        row.codes,
        row.visits,
        row.spent_minor,
        joined,
        last_visit,
        row.segments,
        row.occasions,
        row.merged_into,
    )
    return _ENCODER.encode(Facts(*facts))


def _day(number: int) -> str:
    return date.fromordinal(number).isoformat() if number else ""


def own_refs(db: Db, includes: Iterable[str]) -> list[bytes]:
    """The records and holds of ours that head office names, and the holds that those records ended: one that was covered by our
    lease is not known there by its own name.
    """
    told = [bytes.fromhex(ref) for ref in includes]
    ended = (db.execute("SELECT id FROM hold WHERE ended_by = ?", (ref,)).fetchall() for ref in told)
    return [*told, *(own for found in ended for (own,) in found)]


def open_of(db: Db, member: int | None, refs: Sequence[bytes]) -> list[tuple[int, bytes]]:
    """Which of `refs`, that head office names with that member's balances, have entries of ours that it had not named before, and
    with whom they are, as (member, ref). With that member; or with another, into whom the card was merged when we sold, where head
    office was restored since and does not know of that yet.
    """
    here = db.execute("SELECT DISTINCT member, ref FROM entry WHERE member = ? AND included = 0", (member,)).fetchall()
    missing = set(refs) - {ref for _, ref in here}
    everywhere = db.execute("SELECT DISTINCT member, ref FROM entry WHERE included = 0").fetchall() if missing else []
    named = set(refs)
    return [(whose, ref) for whose, ref in (everywhere or here) if ref in named]


def _lots(db: Db, own: bytes) -> dict[str, Lots]:
    """What a member has of each unit, by lot: head office's word and our own since."""
    own = _whose(db, own)
    facts = _FACTS.decode((db.execute(_SELECT, (own,)).fetchone() or _STRANGER)[-1])
    now = {unit: Counter(held) for unit, held in facts.balances.items()}
    for unit, lot, moved, _ in _open(db, _row(db, own)):
        now.setdefault(unit, Counter())[lot] += moved
    return {unit: held for unit, held in now.items() if unit not in (VISITS, SPENT)}


def _open(db: Db, row: int | None) -> list[tuple[str, str, int, int]]:
    """What our own records did that head office's word does not have: unit, lot, all together, and what they took."""
    return db.execute(
        "SELECT unit, lot, sum(pieces), sum(min(pieces, 0)) FROM entry WHERE member = ? AND included = 0 GROUP BY unit, lot",
        (row,),
    ).fetchall()


def _found(db: Db, row: int | None, own: bytes, told: tuple[Any, ...] | None, day: str) -> Found:
    """Head office's word with our own records on top. What was earned here since is in the balances and cannot be spent yet."""
    first_name, tier, generation, blocked, said = told or _STRANGER
    facts, account = _FACTS.decode(said), available(own.hex())
    joined_here = db.execute("SELECT first_name, joined FROM member WHERE id = ?", (row,)).fetchone() if row else None
    here_name, here_joined = joined_here or ("", "")
    now = {unit: Counter(held) for unit, held in facts.balances.items()}
    confirmed = {unit: Counter(held) for unit, held in facts.balances.items()}
    visits, spent_minor, last_visit = facts.visits, facts.spent_minor, _day(facts.last_visit)
    for unit, lot, moved, taken in _open(db, row):
        if unit == VISITS:
            visits, last_visit = visits + moved, max(last_visit, lot)
        elif unit == SPENT:
            spent_minor += moved
        else:
            now.setdefault(unit, Counter())[lot] += moved
            confirmed.setdefault(unit, Counter())[lot] += taken
    standing = Standing(
        handle=own.hex(),
        accounts={(account, unit): held for unit, held in now.items()},
        tier=tier,
        visits=visits,
        spent_minor=max(0, spent_minor),
        joined=_day(facts.joined) or here_joined,
        last_visit=last_visit,
        segments=facts.segments,
        occasions=facts.occasions,
    )
    known = replace(
        member_on(standing, day),
        first_name=first_name if told else here_name,
        generation=generation,
        spendable={unit: lots.spendable(held, day) for unit, held in confirmed.items()},
        provisional=told is None,
    )
    return Found(row, known, bool(blocked))
