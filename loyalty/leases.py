"""Leases: what one terminal may spend of one member's pieces while head office is out of reach. All of it is arithmetic.

What is leased has left what is available, so the sum of what all can spend is never more than there is. A lease is an account;
head office knows what was ever granted and what came back of each unit, its terminal knows what was ever granted and what it has
spent or promised. Only the terminal's own records bring pieces back: a Sale that spends them, or a LeaseReturn that says how many
it has spent and that it will spend no more. No clock has a part in it.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from loyalty import lots
from loyalty.agreement import Hold
from loyalty.code import Strength
from loyalty.ledger import Entry, available, exposed, held, leased
from loyalty.program import Program
from loyalty.refusal import Params, Refusal
from loyalty.standing import Standing, book

Taken = Mapping[tuple[str, str], int]
"""What open holds have taken out of leases, by the lease's account and unit: spent or given back to it, nobody knows yet."""

NOTHING_TAKEN: Taken = {}

STORES_MAX = 2  # where a member is likely: each lease more leaves less for all others


@dataclass(frozen=True, slots=True)
class Lease:
    """A lease as head office keeps it: what was ever granted of each unit, and what came back."""

    id: str
    granted: Mapping[str, int] = field(default_factory=dict)
    returned: Mapping[str, int] = field(default_factory=dict)


class Purse(NamedTuple):
    """A unit of a lease as its terminal keeps it: what was ever granted, what of it was ever spent or promised, and what head
    office has seen spent. That is never more than our own word, unless another copy of this terminal spends from the same lease.
    """

    granted: int
    spent: int = 0
    seen: int = 0

    @property
    def left(self) -> int:
        """What may still be spent."""
        return max(0, self.granted - max(self.spent, self.seen))


class Have(NamedTuple):
    """What there is of a unit: what is available and may be spent, what is in the lease in question, what is in all leases; what
    open holds have taken out of a lease counts as in it, because a Void gives it back to that.
    """

    available: int
    here: int
    out: int


def step_of(program: Program, unit: str) -> int:
    """In what steps `unit` is worth leasing: what the cheapest reward of it costs; 0 for one that buys nothing.

    What a tier's review takes away is not leased, so that it is there to be taken.
    """
    if program.tiers and program.tiers.reset and program.tiers.unit == unit:
        return 0
    return min((rule.cost for rule in program.rewards.values() if rule.unit == unit and rule.cost), default=0)


def more(program: Program, unit: str, have: Have) -> int:
    """How many pieces more a lease should have: its share of all, within its cap and the share of all leases, in whole steps."""
    rule, step = program.units[unit], step_of(program, unit)
    if not step:
        return 0
    whole = have.available + have.out
    share = whole * rule.lease_percent // 100
    target = min(share, rule.lease_pieces_max) if rule.lease_pieces_max else share
    room = have.here + min(have.available, whole * rule.lease_percent_all // 100 - have.out)
    return max(0, min(target, room) // step * step - have.here)


def overdrawn(standing: Standing) -> bool:
    """Whether more was spent than there was: until that is repaid, the member spends online only."""
    mine = available(standing.handle)
    return any(account == mine and have.get(lots.OPEN, 0) < 0 for (account, _), have in standing.accounts.items())


def within(standing: Standing, account: str) -> dict[str, int]:
    """What is in an account, by unit."""
    found = {unit: sum(have.values()) for (name, unit), have in standing.accounts.items() if name == account}
    return {unit: pieces for unit, pieces in found.items() if pieces}


def grant(program: Program, standing: Standing, lease: str, day: str, taken: Taken = NOTHING_TAKEN) -> Standing:
    """`lease` filled up to what it should have, from what is available on `day`; nothing for who is overdrawn."""
    if overdrawn(standing):
        return standing
    entries = []
    for unit in program.units:
        out = Counter({name: pieces for (name, of), pieces in taken.items() if of == unit})
        out.update(
            {name: sum(have.values()) for (name, of), have in standing.accounts.items() if of == unit and _is_lease(name)}
        )
        have = Have(lots.spendable(standing.lots(unit), day), out[leased(lease)], out.total())
        if pieces := more(program, unit, have):
            entries.append(Entry(available(standing.handle), leased(lease), unit, pieces))
    return book(program, standing, entries, day)


def at_stake(standing: Standing, names: Iterable[str], taken: Taken = NOTHING_TAKEN) -> dict[str, int]:
    """What a copy of the terminal that has these leases could spend of them once more, by unit."""
    accounts, found = {leased(name) for name in names}, Counter[str]()
    for (account, unit), have in standing.accounts.items():
        found[unit] += sum(have.values()) if account in accounts else 0
    for (account, unit), pieces in taken.items():
        found[unit] += pieces if account in accounts else 0
    return dict(+found)


def seen(standing: Standing, lease: Lease) -> dict[str, int]:
    """What head office has seen leave `lease` and not come back to the member, by unit."""
    inside = within(standing, leased(lease.id))
    left = {unit: pieces - lease.returned.get(unit, 0) - inside.get(unit, 0) for unit, pieces in lease.granted.items()}
    return {unit: pieces for unit, pieces in left.items() if pieces > 0}


def reserved(standing: Standing, asked: Hold, *, own: bool) -> Hold:
    """The hold that a terminal has `asked` for as it is set aside: out of its `own` lease what it says, as far as that is there."""
    inside = within(standing, leased(asked.lease)).get(asked.unit, 0) if own else 0
    part = min(asked.leased, max(inside, 0))
    return Hold(asked.id, asked.unit, asked.pieces, asked.lease if part else "", part)


def spare(standing: Standing, hold: Hold, day: str) -> int:
    """How many pieces more than `hold` needs are available on `day`; less than nothing if it cannot be had."""
    return lots.spendable(standing.lots(hold.unit), day) + hold.leased - hold.pieces


def give_back(program: Program, standing: Standing, lease: Lease, spent: Mapping[str, int], day: str) -> Standing:
    """What its terminal says of `lease`: so much was ever `spent` or promised, and no more will be. The rest is available again.

    What is spent and not booked yet stays in the account for its Sale. Saying it again with less spent frees the difference; a
    fenced terminal's word frees what was exposed.
    """
    entries = []
    for unit, granted in lease.granted.items():
        free = granted - lease.returned.get(unit, 0) - spent.get(unit, 0)
        for account in (leased(lease.id), exposed(lease.id)):
            part = min(free, sum(standing.accounts.get((account, unit), {}).values()))
            if part > 0:
                entries.append(Entry(account, available(standing.handle), unit, part))
                free -= part
    return book(program, standing, entries, day)


def expose(program: Program, standing: Standing, names: Iterable[str], day: str) -> Standing:
    """Those leases and holds of a fenced terminal set apart: it may have spent them, or be spending them now."""
    entries = [
        Entry(account, exposed(name), unit, pieces)
        for name in names
        for account in (leased(name), held(name))
        for unit, pieces in within(standing, account).items()
    ]
    return book(program, standing, entries, day)


def give_up(program: Program, standing: Standing, holds: Iterable[Hold], day: str, *, free: bool = True) -> Standing:
    """Exposed `holds` that their terminal has given up: what came out of its lease is exposed of that, the rest available again, if
    it may be freed; of a forked journal another copy may have promised it too.
    """
    entries = []
    for hold in holds:
        left = within(standing, exposed(hold.id)).get(hold.unit, 0)
        for target, most in ((exposed(hold.lease), hold.leased), (available(standing.handle), hold.pieces * free)):
            if part := min(left, most):
                entries.append(Entry(exposed(hold.id), target, hold.unit, part))
                left -= part
    return book(program, standing, entries, day)


def release(program: Program, standing: Standing, names: Iterable[str], day: str) -> Standing:
    """What was exposed is available again, on a person's word."""
    mine = available(standing.handle)
    entries = [
        Entry(exposed(name), mine, unit, pieces) for name in names for unit, pieces in within(standing, exposed(name)).items()
    ]
    return book(program, standing, entries, day)


def shortfall(program: Program, holds: Iterable[Hold], strength: Strength) -> Refusal | None:
    """Why these `holds`, of which head office has said nothing, cannot be spent from this terminal's leases; None if they can."""
    for hold in holds:
        if not hold.leased:
            return Refusal("head_office_unreachable")
        if strength not in _MAY_SPEND[program.policies.lease_min_strength]:
            return Refusal("lease_needs_code")
        if hold.leased < hold.pieces:
            params: Params = {"unit": hold.unit, "have": hold.leased, "cost": hold.pieces, "missing": hold.pieces - hold.leased}
            return Refusal("lease_short", params)
    return None


_MAY_SPEND = {"rotating": (Strength.ROTATING,), "signed": (Strength.ROTATING, Strength.SIGNED)}


def _is_lease(account: str) -> bool:
    return account.startswith("lease/")
