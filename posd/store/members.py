"""The cache of members: head office's word on each, and what our own records have done since."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
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

_SELECT = (
    "SELECT m.id, m.handle, m.first_name, m.tier, c.generation, max(c.blocked, m.blocked), m.provisional, m.facts"
    " FROM member c JOIN member m ON m.id = coalesce(c.merged_into, c.id)"
)
"""Whoever has the card `c`, whose generation and whose being blocked are the card's."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What head office knows of a member, as sync.wire.MemberRow has it; of one that it has not told of, nothing."""

    balances: Mapping[str, dict[str, int]] = field(default_factory=dict)
    visits: int = 0
    spent_minor: int = 0
    joined: str = ""
    last_visit: str = ""
    segments: tuple[str, ...] = ()
    occasions: Mapping[str, Window] = field(default_factory=dict)


_FACTS = msgspec.json.Decoder(Facts)


class Found(NamedTuple):
    """A member in the cache: the row's id, the member, and whether one is blocked."""

    row: int
    member: Member
    blocked: bool


def by_handle(db: Db, handle: str, day: str) -> Found | None:
    """The member of a signed code, on `day`."""
    row = db.execute(_SELECT + " WHERE c.handle = ?", (bytes.fromhex(handle),)).fetchone()
    return _found(db, row, day) if row else None


def expiring(db: Db, row: int, day: str) -> dict[str, tuple[int, str]]:
    """By unit what of a member expires next, from `day` on: so many pieces, and the last day on which they may be spent."""
    found = ((unit, lots.forecast(held, day)) for unit, held in _lots(db, row).items())
    return {unit: (coming[0][1], coming[0][0]) for unit, coming in found if coming}


def by_code(db: Db, text: str, day: str) -> Found | None:
    """The member of a plain code, on `day`."""
    row = db.execute(_SELECT + " JOIN member_code k ON k.member = c.id WHERE k.text = ?", (text,)).fetchone()
    return _found(db, row, day) if row else None


def row_of(db: Db, handle: str) -> int:
    """The row of who has `handle`; a provisional member is made for one the cache does not know."""
    found = db.execute("SELECT coalesce(merged_into, id) FROM member WHERE handle = ?", (bytes.fromhex(handle),)).fetchone()
    if not found:
        found = db.execute(
            "INSERT INTO member (handle, provisional) VALUES (?, 1) RETURNING id", (bytes.fromhex(handle),)
        ).fetchone()
    return int(found[0])


def join(db: Db, handle: str, first_name: str, day: str, code: str) -> None:
    """`handle` is somebody's since `day`, with the plain card `code` if that is one; head office has not confirmed it yet."""
    member = row_of(db, handle)
    told = msgspec.json.encode(Facts(joined=day)).decode()
    db.execute("UPDATE member SET first_name = ?, facts = ? WHERE id = ? AND provisional = 1", (first_name, told, member))
    if code:
        db.execute(
            "INSERT INTO member_code (text, member) VALUES (?, ?) ON CONFLICT (text) DO UPDATE SET member = excluded.member",
            (code, member),
        )


def moves_of(db: Db, member: int, handle: str, entries: Iterable[Entry], day: str) -> list[Move]:
    """What `entries` do to the member's available pieces; what is spent comes out of what expires first on `day`."""
    mine = available(handle)
    about = [entry for entry in entries if mine in (entry.source, entry.target)]
    if any(entry.source == mine for entry in about):
        have: dict[tuple[str, str], Lots] = {(mine, unit): held for unit, held in _lots(db, member).items()}
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
    told = Facts(row.balances, row.visits, row.spent_minor, row.joined, row.last_visit, row.segments, row.occasions)
    known = (bytes.fromhex(row.handle), row.first_name, row.tier, row.generation, int(row.blocked))
    member = db.execute(
        "INSERT INTO member (handle, first_name, tier, generation, blocked, facts) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (handle) DO UPDATE SET first_name = excluded.first_name, tier = excluded.tier,"
        " generation = excluded.generation, blocked = excluded.blocked, facts = excluded.facts, provisional = 0"
        " RETURNING id",
        (*known, msgspec.json.encode(told).decode()),
    ).fetchone()[0]
    db.execute("DELETE FROM member_code WHERE member = ?", (member,))
    db.executemany(
        "INSERT INTO member_code (text, member) VALUES (?, ?) ON CONFLICT (text) DO UPDATE SET member = excluded.member",
        [(text, member) for text in row.codes],
    )
    db.executemany(
        "UPDATE entry SET included = 1 WHERE member = ? AND included = 0 AND ref = ?",
        [(member, bytes.fromhex(ref)) for ref in row.includes],
    )
    db.executemany("UPDATE hold SET included = 1 WHERE id = ?", [(bytes.fromhex(ref),) for ref in row.includes])
    db.executemany(  # a hold that was covered by our lease is not known there by its own name, but by the record that ended it
        "UPDATE entry SET included = 1 WHERE member = ? AND included = 0 AND ref IN (SELECT id FROM hold WHERE ended_by = ?)",
        [(member, bytes.fromhex(ref)) for ref in row.includes],
    )
    _merge(db, member, row.merged_into)


def _merge(db: Db, member: int, into: str) -> None:
    """Whose the card of `member` is: what our own records have done to it, and head office does not know, is that one's too."""
    if not into:
        db.execute("UPDATE member SET merged_into = NULL WHERE id = ? AND merged_into IS NOT NULL", (member,))
        return
    theirs = row_of(db, into)
    db.execute("UPDATE member SET merged_into = ? WHERE id = ?", (theirs, member))
    db.execute("UPDATE entry SET member = ? WHERE member = ? AND included = 0", (theirs, member))
    db.execute("UPDATE hold SET member = ? WHERE member = ? AND state IN ('asked', 'granted')", (theirs, member))


def count(db: Db) -> int:
    """How many members the cache has."""
    return int(db.execute("SELECT count(*) FROM member").fetchone()[0])


def _lots(db: Db, member: int) -> dict[str, Lots]:
    """What a member has of each unit, by lot: head office's word and our own since."""
    facts = _FACTS.decode(db.execute("SELECT facts FROM member WHERE id = ?", (member,)).fetchone()[0])
    now = {unit: Counter(held) for unit, held in facts.balances.items()}
    for unit, lot, moved, _ in _open(db, member):
        now.setdefault(unit, Counter())[lot] += moved
    return {unit: held for unit, held in now.items() if unit not in (VISITS, SPENT)}


def _open(db: Db, member: int) -> list[tuple[str, str, int, int]]:
    """What our own records did that head office's word does not have: unit, lot, all together, and what they took."""
    return db.execute(
        "SELECT unit, lot, sum(pieces), sum(min(pieces, 0)) FROM entry WHERE member = ? AND included = 0 GROUP BY unit, lot",
        (member,),
    ).fetchall()


def _found(db: Db, row: tuple[Any, ...], day: str) -> Found:
    """Head office's word with our own records on top. What was earned here since is in the balances and cannot be spent yet."""
    member, handle, first_name, tier, generation, blocked, provisional, told = row
    facts, own = _FACTS.decode(told), available(handle.hex())
    now = {unit: Counter(held) for unit, held in facts.balances.items()}
    confirmed = {unit: Counter(held) for unit, held in facts.balances.items()}
    visits, spent_minor, last_visit = facts.visits, facts.spent_minor, facts.last_visit
    for unit, lot, moved, taken in _open(db, member):
        if unit == VISITS:
            visits, last_visit = visits + moved, max(last_visit, lot)
        elif unit == SPENT:
            spent_minor += moved
        else:
            now.setdefault(unit, Counter())[lot] += moved
            confirmed.setdefault(unit, Counter())[lot] += taken
    standing = Standing(
        handle=handle.hex(),
        accounts={(own, unit): held for unit, held in now.items()},
        tier=tier,
        visits=visits,
        spent_minor=max(0, spent_minor),
        joined=facts.joined,
        last_visit=last_visit,
        segments=facts.segments,
        occasions=facts.occasions,
    )
    known = replace(
        member_on(standing, day),
        first_name=first_name,
        generation=generation,
        spendable={unit: lots.spendable(held, day) for unit, held in confirmed.items()},
        provisional=bool(provisional),
    )
    return Found(member, known, bool(blocked))
