"""Head office of the escrow model: its books are in memory, its decisions those of central/leases.py and central/effects.py."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from loyalty import leases, lots
from loyalty.agreement import Hold
from loyalty.leases import Lease
from loyalty.ledger import Entry, available, leased
from loyalty.posting import covered_entries, hold_entries, void_entries
from loyalty.program import Program
from loyalty.sale import LeaseReturn, Promised, Sale, Void
from loyalty.standing import Standing, book
from tests.samples import HANDLE

DAY = "2026-11-18"
OUT = ("open", "returned")
CLOCK_STEPS = 15  # what the planted clock waits

Body = Sale | Void | LeaseReturn | Promised
Record = tuple[str, Body]
"""An id and what it says."""


@dataclass
class Line:
    """A history of a journal from its beginning, when each record came, and where it leaves the others."""

    records: list[Record] = field(default_factory=list)
    came: list[int] = field(default_factory=list)
    base: int = 0


@dataclass(eq=False)
class Chain:
    """One life of a terminal: its journal as head office has stored it, in lines as in central/lineage.py. `fenced` once it is
    over, `forked` once two journals were seen of it.
    """

    terminal: int
    lines: list[Line] = field(default_factory=lambda: [Line()])
    fenced: bool = False
    forked: bool = False

    @property
    def log(self) -> list[Record]:
        """The line that counts."""
        return self.lines[0].records


@dataclass
class Reserved:
    """A hold at head office: when it was granted, 0 for never, and how much of it out of what was available."""

    state: str
    hold: Hold
    chain: Chain
    granted: int = 0
    online: int = 0


@dataclass(frozen=True)
class Page:
    """What the feed says: in which life of head office; of the terminal's journal how much is stored and the last record of that;
    and its lease.
    """

    life: int
    stored: int
    last: Record | None
    lease: Lease | None = None
    seen: Mapping[str, int] = field(default_factory=dict)
    recalled: bool = False
    ended: bool = False


@dataclass
class Kept:
    """A lease at head office."""

    lease: Lease
    chain: Chain
    made: int
    state: str = "open"
    recalled: bool = False
    peak: int = 0
    used: int = 0


class Backup(NamedTuple):
    """A copy of the books, and of each journal as it was stored."""

    here: Standing
    leases: dict[str, Kept]
    holds: dict[str, Reserved]
    applied: set[str]
    lines: dict[Chain, Line]


@dataclass
class Office:
    """What central/ keeps in tables. `planted` names a flaw that is to be caught."""

    program: Program
    planted: str = ""
    here: Standing = field(default_factory=lambda: Standing(HANDLE))
    leases: dict[str, Kept] = field(default_factory=dict)
    holds: dict[str, Reserved] = field(default_factory=dict)
    applied: set[str] = field(default_factory=set)
    released: int = 0
    copied: int = 0
    uncovered: int = 0
    worst: int = 0
    now: int = 0
    life: int = 0
    backup: Backup | None = None
    absent: set[Chain] = field(default_factory=set)
    ever: set[str] = field(default_factory=set)

    def move(self, after: Standing) -> int:
        """The member stands so now; by how much more is available."""
        before, self.here = available_of(self.here), replace(after, posted=())
        if not self.absent:  # journals come one after another: until all are here, the books are not whole
            self.worst = max(self.worst, -after.lots("point").get(lots.OPEN, 0))
        return available_of(self.here) - before

    def book(self, entries: tuple[Entry, ...]) -> None:
        """Post them."""
        self.move(book(self.program, self.here, entries, DAY))

    def hold(self, chain: Chain, asked: Hold, seq: int) -> bool | None:
        """As central/holds.py: granted, or refused; None for a terminal that is fenced, whose request nobody reads, and for one
        whose lease is ahead of its journal.
        """
        if chain.fenced:
            return None
        if asked.id in self.holds:
            return self.holds[asked.id].state == "open"
        if asked.leased and seq > len(chain.log) and self.planted != "a hold overtakes a void":
            return None
        own = self.leases.get(asked.lease)
        wanted = leases.reserved(self.here, asked, own=bool(own and own.chain is chain and own.state in OUT))
        if self.absent:
            self.holds[asked.id] = Reserved("refused", wanted, chain)
            return False
        if leases.spare(self.here, wanted, DAY) < 0:
            for kept in self.leases.values():
                kept.recalled |= kept.state == "open" and kept.lease.id != asked.lease
            self.holds[asked.id] = Reserved("refused", wanted, chain)
            return False
        self.holds[asked.id] = Reserved("open", wanted, chain, self.now, wanted.pieces - wanted.leased)
        self.book(hold_entries(wanted, HANDLE))
        return True

    def push(self, chain: Chain, records: list[Record]) -> None:
        """As central/ingest.py: what goes on from a stored line is stored, and applied if that counts; a repeat does nothing,
        another history is a fork.
        """
        same, line = max(((_shared(one.records, records), one) for one in chain.lines), key=lambda found: found[0])
        if same < min(len(line.records), len(records)):
            self._forks(chain, line, same)
            line = Line(line.records[:same], line.came[:same], same)
            chain.lines.append(line)
        for record in records[same:]:
            line.records.append(record)
            line.came.append(self.now)
            if not chain.fenced:
                self.apply(chain, record)

    def _forks(self, chain: Chain, line: Line, same: int) -> None:
        """As central/ingest.py's _branch, and central/leases.py's copied: the bound grows by what both copies may have spent."""
        if not chain.fenced:
            self.fence(chain)
        chain.forked = True
        left = [one for one in chain.lines if len(one.records) > same and _shared(one.records, line.records) >= same]
        came = max(one.came[same] for one in left)
        common = line.records[: min([same, *(one.base for one in chain.lines[1:])])]
        ended = {hold.id for _, body in common if isinstance(body, Sale | Void) for hold in body.holds}
        promised = (one for name, one in self.holds.items() if one.chain is chain and name not in ended)
        self.copied += sum(one.online for one in promised if 0 < one.granted < came)
        self.copied += max((kept.peak for kept in self.leases.values() if kept.chain is chain), default=0)

    def bound(self) -> int:
        """As central/leases.py's."""
        return self.released + self.copied

    def apply(self, chain: Chain, record: Record) -> None:
        """As central/effects.py."""
        name, body = record
        if name in self.applied:
            return
        self.applied.add(name)
        again = name in self.ever or bool(self.absent)
        self.ever.add(name)
        if isinstance(body, Promised):
            self._promised(chain, body)
        elif isinstance(body, Sale):
            holds = tuple(one if self._owns(chain, one.lease) else Hold(one.id, one.unit, one.pieces) for one in body.holds)
            entries = covered_entries(replace(body, holds=holds), self.here.accounts)
            filled = sum(one.pieces for one in entries if one.source == available(HANDLE) and one.target.startswith("hold/"))
            unspent = sum(one.pieces for one in entries if one.target == available(HANDLE) and one.source.startswith("hold/"))
            self.uncovered += 0 if again else max(0, filled - unspent)
            self.book(entries)
            self._end(chain, body.holds)
            self._visited(chain, name)
        elif isinstance(body, Void):
            known = [self.holds[one.id] for one in body.holds if one.id in self.holds]
            still = tuple(self._voided(one.hold) for one in known if one.state == "open")
            freed = [one.hold for one in known if one.state == "exposed" and not one.chain.forked]
            stays = [one for one in known if one.state == "exposed" and one.chain.forked]
            self._end(chain, (hold for hold in body.holds if hold.id not in {one.hold.id for one in stays}))
            self.book(void_entries(Void("", still, HANDLE)))
            exposed = [self._voided(hold) for hold in freed]
            self.move(leases.give_up(self.program, self.here, exposed, DAY))
            self.move(leases.give_up(self.program, self.here, [one.hold for one in stays if one.hold.leased], DAY, free=False))
            for one in stays:
                one.hold = replace(one.hold, pieces=max(1, one.hold.pieces - one.hold.leased), lease="", leased=0)
        else:
            self._returned(body)

    def fence(self, chain: Chain) -> None:
        """As central/leases.py's expose."""
        chain.fenced = True
        names = [name for name, kept in self.leases.items() if kept.chain is chain and kept.state in OUT]
        held = [name for name, one in self.holds.items() if one.chain is chain and one.state == "open"]
        self.move(leases.expose(self.program, self.here, [*names, *held], DAY))
        for name in names:
            self.leases[name].state = "exposed"
        for name in held:
            self.holds[name].state = "exposed"
        if self.planted == "fencing frees":
            self.move(leases.release(self.program, self.here, [*names, *held], DAY))

    def release(self) -> None:
        """A person releases all that is exposed: it joins the bound."""
        names = [*self.leases, *self.holds]
        self.released += self.move(leases.release(self.program, self.here, names, DAY))

    def told(self, chain: Chain) -> Page | None:
        """As central/leases.py's told: the newest lease of that journal, and where that ends here."""
        if chain.fenced:
            return None
        at = (self.life, len(chain.log), chain.log[-1] if chain.log else None)
        mine = [kept for kept in self.leases.values() if kept.chain is chain]
        kept = max(mine, key=lambda one: (one.made, one.lease.id), default=None)
        if kept is None or kept.state == "returned" or (self.absent and self.planted != "a restored office tells of leases"):
            return Page(*at)
        return Page(*at, kept.lease, leases.seen(self.here, kept.lease), kept.recalled, kept.state not in OUT)

    def reclaim(self) -> None:
        """The flaw that the whole design avoids: a lease that head office has not heard of for long is taken back by the clock."""
        for kept in self.leases.values():
            if kept.state == "open" and self.now - kept.used > CLOCK_STEPS:
                self.move(leases.give_back(self.program, self.here, kept.lease, {}, DAY))
                kept.state = "ended"

    def _visited(self, chain: Chain, record: str) -> None:
        out = sorted((kept for kept in self.leases.values() if kept.state == "open"), key=lambda one: (one.used, one.lease.id))
        if leases.overdrawn(self.here):
            for kept in out:
                kept.recalled = True
            return
        if self.absent:
            return
        here = next((kept for kept in out if store_of(kept.chain) == store_of(chain)), None)
        if here is None and len(out) >= leases.STORES_MAX:
            out[0].recalled = True
            return
        if here is None and chain.fenced:
            return
        here = here or Kept(Lease(name_of("lease", record)), chain, self.now)
        if here.recalled:
            return
        name, taken = here.lease.id, {} if self.planted == "a lease is filled while a hold has it" else self._taken()
        was = leases.within(self.here, leased(name)).get("point", 0)
        self.move(leases.grant(self.program, self.here, name, DAY, taken))
        has = leases.within(self.here, leased(name)).get("point", 0)
        if here.lease.granted or has:
            granted = {"point": here.lease.granted.get("point", 0) + has - was}
            names = {name, *(one.lease.id for one in self.leases.values() if one.chain is here.chain and one.state in OUT)}
            stake = leases.at_stake(self.here, names, taken).get("point", 0)
            here.lease, here.peak, here.used = replace(here.lease, granted=granted), max(here.peak, stake), self.now
            self.leases[name] = here

    def _taken(self) -> dict[tuple[str, str], int]:
        found: dict[tuple[str, str], int] = {}
        for one in self.holds.values():
            if one.state == "open" and one.hold.leased:
                key = (leased(one.hold.lease), "point")
                found[key] = found.get(key, 0) + one.hold.leased
        return found

    def _promised(self, chain: Chain, body: Promised) -> None:
        for hold in body.holds:
            known = self.holds.get(hold.id)
            if (known is None or known.state == "refused") and self.planted != "promises are not said again":
                own = self.leases.get(hold.lease)
                kept = leases.reserved(self.here, hold, own=bool(own and own.chain is chain and own.state in OUT))
                self.holds[hold.id] = Reserved("open", kept, chain, self.now, kept.pieces - kept.leased)
                self.book(hold_entries(kept, HANDLE))

    def back_up(self, chains: set[Chain]) -> None:
        """As central/backup.py."""
        lines = {chain: Line(list(chain.log), list(chain.lines[0].came)) for chain in chains}
        kept = {name: replace(one) for name, one in self.leases.items()}
        held = {name: replace(one) for name, one in self.holds.items()}
        self.backup = Backup(self.here, kept, held, set(self.applied), lines)

    def restore(self) -> None:
        """As central/recovery.py: another life, in which nothing is granted before every terminal has shown all that it has."""
        if self.backup:
            self.here, self.leases, self.holds, self.applied, lines = self.backup
            self.life += 1
            for chain, line in lines.items():
                chain.lines = [line]
            self.absent, self.backup = set(lines), None

    def heard(self, chain: Chain, life: int, end: int) -> None:
        """As central/recovery.py's heard."""
        if life == self.life and 0 <= end <= len(chain.log):
            self.absent.discard(chain)
            self.move(self.here)

    def _returned(self, body: LeaseReturn) -> None:
        kept = self.leases.get(body.lease)
        if kept is None or kept.chain.forked:  # neither of two copies knows what the other has spent
            return
        spent = {} if self.planted == "a return frees all" else body.spent
        self._back(kept, self.move(leases.give_back(self.program, self.here, kept.lease, spent, DAY)))
        if kept.state != "exposed":
            kept.state = "returned" if leases.within(self.here, leased(body.lease)) else "ended"

    def _voided(self, hold: Hold) -> Hold:
        kept = self.leases.get(hold.lease)
        if kept is None or kept.state in {"open", "exposed"}:
            return hold
        self._back(kept, hold.leased)
        return Hold(hold.id, hold.unit, hold.pieces)

    def _back(self, kept: Kept, pieces: int) -> None:
        returned = {"point": kept.lease.returned.get("point", 0) + pieces}
        kept.lease = replace(kept.lease, returned=returned)

    def _end(self, chain: Chain, listed: Iterable[Hold]) -> None:
        for hold in listed:
            known = self.holds.setdefault(hold.id, Reserved("ended", hold, chain))
            known.state = "ended"

    def _owns(self, chain: Chain, lease: str) -> bool:
        return lease in self.leases and self.leases[lease].chain is chain


def _shared(one: list[Record], other: list[Record]) -> int:
    """How many records two histories share: once they have parted they never meet again, so one equal record says all before is."""
    low, high = 0, min(len(one), len(other)) + 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if one[middle - 1] is other[middle - 1] else (low, middle)
    return low


def name_of(kind: str, name: str) -> str:
    """An id that is the same whenever the seed is played."""
    return hashlib.sha256(f"{kind} {name}".encode()).hexdigest()[:32]


def store_of(chain: Chain) -> int:
    """Two terminals stand in a store."""
    return chain.terminal // 2


def available_of(standing: Standing) -> int:
    """What is available of the one unit."""
    return sum(standing.lots("point").values())
