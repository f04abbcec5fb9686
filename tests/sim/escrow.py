"""`make escrow`: the real lease code under everything that can happen between four terminals and head office, from seeds.

Head office and the terminals keep their books in memory; every decision is loyalty/leases.py's and loyalty/posting.py's, as in
central/leases.py, central/holds.py and posd/store/leases.py. Requests, answers and pages are lost, repeated and late, pushes are
partial, terminals die in the middle, are fenced, enrolled again and cloned, and what was exposed is released. In the end everything
that was sold in the shops is booked, and nobody may have spent more than the published bound allows.
"""

import multiprocessing
import os
import random
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import NamedTuple

from loyalty import leases
from loyalty.agreement import Hold
from loyalty.code import Strength
from loyalty.leases import Purse
from loyalty.program import Program
from loyalty.quote import Movement
from loyalty.sale import LeaseReturn, Promised, Sale, Void
from tests.samples import HANDLE, basket, cafe, member, sold
from tests.sim.escrow_office import Body, Chain, Office, Page, Record, name_of

STEPS_MAX = 80
TERMINALS = (1, 2, 4)  # two in each store
TILLS_MAX = 12  # with those that came in the place of others, and copies
TEMPLATE = sold(cafe(), member(), basket(1000))
POLICIES = ((25, 50, 500), (25, 50, 500), (100, 100, 0), (50, 100, 80))


class Rates(NamedTuple):
    """How often what goes wrong in one seed, and how often each thing is done beside the others."""

    lost: float
    late: float
    die: float
    offline: float
    fence: float
    clone: float
    weights: tuple[int, ...] = (1, 2, 2, 1, 2, 1, 1)
    terminals: int = 1
    restore: float = 0


FLAWS: Mapping[str, Rates | None] = {
    "a clock takes leases back": None,
    "a return frees all": None,
    "fencing frees": None,
    "spent is forgotten": None,
    "a copy reads on": Rates(0, 0, 0, 0.7, 0, 0.05, (2, 4, 4, 0, 1, 4, 0)),
    "a lease is filled while a hold has it": Rates(0, 0, 0.3, 0.4, 0, 0.05, (2, 4, 2, 1, 1, 4, 0)),
    "a hold overtakes a void": Rates(0.05, 0, 0, 0.5, 0, 0, (1, 4, 3, 1, 2, 1, 0)),
    "promises are not said again": Rates(0.1, 0.1, 0.05, 0.4, 0, 0, (1, 4, 2, 2, 1, 2, 2), 2, 0.06),
    "a restored office tells of leases": Rates(0.05, 0, 0, 0.5, 0, 0, (1, 4, 1, 0, 1, 4, 4), 1, 0.1),
}
"""What may be planted, each broken by a line here or in escrow_office.py; and the weather in which it shows, if not any."""


@dataclass
class Slot:
    """A lease at its terminal."""

    purse: Purse
    recalled: bool = False
    returned: bool = False
    void_seq: int = 0


@dataclass
class Till:
    """A terminal, or a copy of one: its journal, its leases, its agreements that are open."""

    chain: Chain
    journal: list[Record] = field(default_factory=list)
    slots: dict[str, Slot] = field(default_factory=dict)
    open: list[Hold] = field(default_factory=list)
    read: int = 0
    frozen: bool = False
    mute: bool = False
    life: int = 0
    unsaid: bool = False


@dataclass
class Town:
    """Head office, its terminals, and whatever is under way between them. `planted` names a flaw that is to be caught."""

    seed: int
    planted: str = ""

    def __post_init__(self) -> None:
        """Draw the rules and the weather."""
        self.random = random.Random(self.seed)
        share, share_all, cap = self.random.choice(POLICIES)
        self.office = Office(_program(share, share_all, cap, self.random.choice((1, 1, 10))), self.planted)
        pick, one_of = self.random.uniform, self.random.choice
        weights = tuple(one_of((1, 2, 4)) for _ in Rates._field_defaults["weights"])
        rare = (one_of((0, 0, 0.03)), one_of((0, 0, 0.03, 0.08)))
        restore = 0 if any(rare) else one_of((0, 0.04))
        faults = (pick(0, 0.4), pick(0, 0.4), pick(0, 0.2), pick(0.1, 0.9))
        self.rates = Rates(*faults, *rare, weights, one_of(TERMINALS), restore)
        self.rates = FLAWS.get(self.planted) or self.rates
        self.tills = [Till(Chain(terminal)) for terminal in range(self.rates.terminals)]
        self.late: list[Callable[[], object]] = []
        self.number = self.leased = self.copies = 0

    def earns(self, till: Till) -> None:
        """A sale that earns."""
        self._append(till, _earned(self.random.choice((5, 40, 200))))

    def asks(self, till: Till) -> None:
        """As posd/checkout.py: draw, ask once, and go on without an answer if the lease covers it whole."""
        if till.frozen:
            return
        left = [slot.purse.left for slot in till.slots.values() if not slot.returned and slot.purse.left]
        wanted = self.random.choice((*left, *left, 10, 30, 100, 400))
        hold = self._draw(till, Hold(name_of("hold", str(self._next())), "point", wanted))
        answer = self._ask(till, hold) if self.random.random() > self.rates.offline else None
        if self.random.random() < self.rates.die:  # the start voids what was asked
            self._void(till, hold)
        elif answer or (answer is None and leases.shortfall(self.office.program, (hold,), Strength.ROTATING) is None):
            till.open.append(hold)
            self.leased += not answer
        elif answer is None:
            self._void(till, hold)
        else:
            self._put_back(till, hold)

    def pays(self, till: Till) -> None:
        """The oldest promise is kept, or cancelled."""
        if not till.open:
            return
        hold = till.open.pop(0)
        if self.random.random() < 0.25:
            self._void(till, hold)
            return
        spent = hold.pieces if self.random.random() < 0.9 else max(1, hold.pieces // 2)
        self._append(till, replace(TEMPLATE, accruals=(), redemptions=(_moved(spent),), holds=(hold,)))

    def syncs(self, till: Till) -> None:
        """Some of the journal arrives, some of it again; or none. Of a fenced terminal nothing is booked until a person does."""
        if not till.mute and self.random.random() >= self.rates.lost:
            whole, part = len(till.journal), self.random.randint(0, len(till.journal))
            self.office.push(till.chain, till.journal[: self.random.choice((whole, part))])

    def pulls(self, till: Till) -> None:
        """A page with the lease as it is now arrives, late perhaps, or never, and none after a newer one: a terminal asks for one
        after the other.
        """
        self._heard(till)
        page = self.office.told(till.chain)
        if page and self.random.random() >= self.rates.lost:
            number = self._next()
            self._soon(lambda: self._learns(till, number, page))

    def meets(self, till: Till) -> None:
        """All of the journal arrives, and the page at once: an hour online."""
        if not till.mute:
            self.office.push(till.chain, till.journal)
        self._heard(till)
        if page := self.office.told(till.chain):
            self._learns(till, self._next(), page)

    def gives_back(self, till: Till) -> None:
        """As posd/store/leases.py: what is recalled, and sometimes what lies unused; to a restored head office what is promised."""
        if till.unsaid and not till.frozen:
            till.unsaid = False
            self._append(till, Promised(tuple(till.open), HANDLE))
        for name, slot in till.slots.items():
            if not (slot.returned or till.frozen) and (slot.recalled or self.random.random() < 0.1):
                slot.returned = True
                self._say(till, name)

    def moves_on(self, till: Till) -> None:
        """A terminal is enrolled again elsewhere: this one is fenced, and sells on without knowing it."""
        self.office.fence(till.chain)
        self.tills.append(Till(Chain(till.chain.terminal)))
        if self.random.random() < 0.3:
            self.office.release()

    def is_cloned(self, till: Till) -> None:
        """A copy of its disk sells on beside it, under the same name; perhaps one that is not heard before the end."""
        slots = {name: replace(slot) for name, slot in till.slots.items()}
        self.tills.append(
            replace(till, journal=list(till.journal), slots=slots, open=list(till.open), mute=self.random.random() < 0.5)
        )
        self.copies += 1

    def _learns(self, till: Till, number: int, page: Page) -> None:
        """As posd/store/pages.py: what head office has of the journal is ours, or this is another copy of the disk."""
        if number < till.read:
            return
        till.read = number
        if page.life != till.life:
            till.life, till.unsaid = page.life, bool(till.open)
            for slot in till.slots.values():
                slot.recalled = True
        stored, lease = page.stored, page.lease
        parted = stored > len(till.journal) or (stored and till.journal[stored - 1] is not page.last)
        till.frozen |= bool(parted) and self.planted != "a copy reads on"
        if lease is None or page.ended:
            till.slots.pop(lease.id if lease else "", None)
            return
        slot = till.slots.setdefault(lease.id, Slot(Purse(0)))
        granted = lease.granted.get("point", 0)
        slot.purse = slot.purse._replace(granted=max(granted, slot.purse.granted), seen=page.seen.get("point", 0))
        slot.recalled |= page.recalled
        for name, other in till.slots.items():
            other.recalled |= name != lease.id

    def _heard(self, till: Till) -> None:
        self.office.heard(till.chain, till.life, -1 if till.unsaid else len(till.journal))

    def _draw(self, till: Till, hold: Hold) -> Hold:
        usable = ((name, one) for name, one in till.slots.items() if not (one.returned or one.recalled or till.frozen))
        name, slot = next(usable, ("", Slot(Purse(0))))
        purse = slot.purse._replace(spent=0, seen=0) if self.planted == "spent is forgotten" else slot.purse
        part = min(purse.left, hold.pieces)
        if not part:
            return hold
        slot.purse = slot.purse._replace(spent=slot.purse.spent + part)
        return replace(hold, lease=name, leased=part)

    def _ask(self, till: Till, hold: Hold) -> bool | None:
        chain, fate = till.chain, self.random.random()
        seq = till.slots[hold.lease].void_seq if hold.lease else 0
        if fate < self.rates.lost / 2:
            return None
        if fate < self.rates.lost:
            self.office.hold(chain, hold, seq)
            return None
        if fate < self.rates.lost + self.rates.late / 2:
            self._soon(lambda: self.office.hold(chain, hold, seq))
            return None
        return self.office.hold(chain, hold, seq)

    def _void(self, till: Till, hold: Hold) -> None:
        self._append(till, Void("", (hold,), HANDLE))
        self._put_back(till, hold)

    def _put_back(self, till: Till, hold: Hold) -> None:
        slot = till.slots.get(hold.lease)
        if slot and hold.leased:
            slot.void_seq = len(till.journal)
            slot.purse = slot.purse._replace(spent=slot.purse.spent - hold.leased)
            if slot.returned and not till.frozen:
                self._say(till, hold.lease)

    def _say(self, till: Till, lease: str) -> None:
        self._append(till, LeaseReturn(lease, HANDLE, {"point": till.slots[lease].purse.spent}))

    def _append(self, till: Till, body: Body) -> None:
        till.journal.append((name_of("record", str(self._next())), body))

    def _soon(self, what: Callable[[], object]) -> None:
        if self.random.random() < self.rates.late:
            self.late.append(what)
        else:
            what()

    def _next(self) -> int:
        self.number += 1
        return self.number

    def step(self) -> None:
        """One thing happens."""
        self.office.now += 1
        till, chance = self.random.choice(self.tills), self.random.random()
        if self.random.random() < self.rates.restore:
            self.office.restore() if self.random.random() < 0.5 else self.office.back_up({one.chain for one in self.tills})
        if self.late and chance < 0.1:
            self.late.pop(self.random.randrange(len(self.late)))()
        if chance < self.rates.fence and len(self.tills) < TILLS_MAX:
            self.moves_on(till)
        elif chance < self.rates.fence + self.rates.clone and len(self.tills) < TILLS_MAX:
            self.is_cloned(till)
        else:
            does = (self.earns, self.asks, self.pays, self.syncs, self.pulls, self.meets, self.gives_back)
            self.random.choices(does, self.rates.weights)[0](till)
        if self.planted == "a clock takes leases back":
            self.office.reclaim()

    def heal(self) -> None:
        """Everything late arrives, every promise is kept, and every journal is booked, those of fenced terminals and clones too."""
        for what in self.late:
            what()
        for _ in range(3 * bool(self.office.absent)):
            for till in self.tills:
                self.meets(till)
                self.gives_back(till)
        for till in self.tills:
            while till.open:
                self.pays(till)
            self.office.push(till.chain, till.journal)
        for till in self.tills:
            for record in till.journal:
                self.office.apply(till.chain, record)


def run(seed: int, planted: str = "") -> Town:
    """A day from its seed, played to the end."""
    town = Town(seed, planted)
    town.office.apply(town.tills[0].chain, ("0" * 32, _earned(town.random.choice((100, 400, 3000)))))
    for _ in range(town.random.randint(20, STEPS_MAX)):
        town.step()
    town.heal()
    return town


def beyond(town: Town) -> int:
    """By how much more was overdrawn than the published bound allows, or would have been if others had been quick enough to spend
    all that was available: what sales took that nothing was set aside for.
    """
    return max(0, town.office.worst - town.office.bound(), town.office.uncovered - town.office.bound())


def _program(share: int, share_all: int, cap: int, cost: int) -> Program:
    cafe_ = cafe()
    unit = replace(cafe_.units["point"], lease_percent=share, lease_percent_all=share_all, lease_pieces_max=cap)
    return replace(cafe_, units={"point": unit}, rewards={"off": replace(cafe_.rewards["ten_off"], cost=cost)}, tiers=None)


@cache
def _earned(pieces: int) -> Sale:
    return replace(TEMPLATE, accruals=(_moved(pieces),))


def _moved(pieces: int) -> Movement:
    return Movement("off", "point", pieces, (pieces,))


class Sum(NamedTuple):
    """Of some seeds: how many were overdrawn beyond the bound, the first of them, the worst, and how many spent from leases."""

    overdrawn: int
    first: int
    worst: int
    spent: int


def play(seeds: range, planted: str = "") -> Sum:
    """Play them all."""
    bad = {}
    spent = 0
    for seed in seeds:
        town = run(seed, planted)
        spent += town.leased
        if over := beyond(town):
            bad[seed] = over
    return Sum(len(bad), min(bad, default=-1), max(bad.values(), default=0), spent)


def main() -> int:
    """SEEDS=200000 is how many, FIRST=0 the first, PROCESSES=2; the exit status says whether all is well."""
    asked = (("SEEDS", 200_000), ("FIRST", 0), ("PROCESSES", 2))
    seeds, first, processes = (int(os.environ.get(name) or usual) for name, usual in asked)
    parts = [range(start, min(start + 500, first + seeds)) for start in range(first, first + seeds, 500)]
    spent = over = 0
    with multiprocessing.Pool(processes) as pool:
        for one in pool.imap(play, parts):
            spent, over = spent + one.spent, over + one.overdrawn
            if one.overdrawn:
                print(f"seed {one.first}: by {one.worst} at worst; again: make escrow FIRST={one.first} SEEDS=1", flush=True)
    print(f"seeds {seeds} spent from leases {spent} overdrawn beyond the bound {over}")
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
