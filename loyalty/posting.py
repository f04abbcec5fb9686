"""What records move: the entries of a sale, a return and a void, and the lots that they really find."""

from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from loyalty import counters, lots
from loyalty.agreement import Hold
from loyalty.ledger import EXPIRED, ISSUED, REDEEMED, Entry, available, exposed, held, leased
from loyalty.lots import Lots, Part
from loyalty.program import Policies, Program
from loyalty.sale import Reversal, Sale, Void

ASIDE = ("hold/", "lease/", "exposure/")
"""Accounts of a member's pieces that are set aside: nothing expires in them."""

OWNED = ("member/", *ASIDE)
"""Accounts of pieces that are some member's; all others are the program's, a cause's or a partner's."""

MERGED = "merged/"
"""The account between two members who are one: what leaves the one through it comes to the other."""

PARTNER = "partner/"
"""Accounts from which pieces are issued that are a partner's cost; what is taken back goes back there."""

Accounts = Mapping[tuple[str, str], Lots]
"""Pieces by (account, unit) and lot."""

NOTHING_SPENT: Mapping[str, tuple[Part, ...]] = {}


def sale_entries(sale: Sale) -> tuple[Entry, ...]:
    """What `sale` moves: pieces issued to the member, and pieces redeemed out of its holds, whose rest goes back."""
    if sale.member is None:
        return ()
    member = available(sale.member.handle)
    entries = [Entry(one.account or ISSUED, member, one.unit, one.pieces, one.lot) for one in sale.accruals]
    day = sale.till.business_date
    entries += [
        Entry(ISSUED, member, unit, use.times, _used_lot(unit, day)) for use in sale.extras.uses for unit in use.counters
    ]
    left: Counter[tuple[str, str]] = Counter()  # by unit and by where it goes: to the program, or to a cause
    for movement in sale.redemptions:
        left[movement.unit, movement.account or REDEEMED] += movement.pieces
    for hold in sale.holds:
        unspent = hold.pieces
        for unit, account in left:
            part = min(unspent, left[unit, account]) if unit == hold.unit else 0
            if part:
                entries.append(Entry(held(hold.id), account, unit, part))
                left[unit, account] -= part
                unspent -= part
        if unspent:
            entries.append(Entry(held(hold.id), member, hold.unit, unspent))
    entries += [Entry(member, account, unit, pieces) for (unit, account), pieces in left.items() if pieces]
    return tuple(entries)


def covered_entries(sale: Sale, accounts: Accounts) -> tuple[Entry, ...]:
    """What `sale` moves in `accounts` as they are: what its holds lack is filled before, and what is in them beyond what it says
    of them goes back to the member after. What left the shop is booked, also from a hold that was never granted.

    A hold is filled from what was exposed of it when its terminal was fenced, then from the lease that it names or what was exposed
    of that, and in the end from the member, whom that may overdraw.
    """
    if sale.member is None:
        return ()
    member = available(sale.member.handle)
    left = {key: sum(parts.values()) for key, parts in accounts.items()}
    lacking, beyond = [], []
    for hold in sale.holds:
        own, unit = held(hold.id), hold.unit
        short = hold.pieces - left.get((own, unit), 0)
        if short < 0:
            beyond.append(Entry(own, member, unit, -short))
        for account, most in _sources(hold):
            part = min(short, most, left.get((account, unit), 0))
            if part > 0:
                lacking.append(Entry(account, own, unit, part))
                left[account, unit] -= part
                short -= part
        if short > 0:
            lacking.append(Entry(member, own, unit, short))
    return (*lacking, *sale_entries(sale), *beyond)


def _sources(hold: Hold) -> Iterator[tuple[str, int]]:
    """The accounts that a hold may be filled from, and how much at most."""
    yield exposed(hold.id), hold.pieces  # its own first: what else was exposed of the lease covers other sales
    if hold.leased:
        yield leased(hold.lease), hold.leased
        yield exposed(hold.lease), hold.leased


def return_entries(member: str, reversal: Reversal, spent: Mapping[str, tuple[Part, ...]] = NOTHING_SPENT) -> tuple[Entry, ...]:
    """What a return moves: spent pieces back into the lots of `spent`, by unit, and earned ones back to where they came from.

    In that order: what the sale earned may have paid in it, and then it is among what comes back.
    """
    if not member:
        return ()
    mine = available(member)
    moved = []
    for unit, pieces in reversal.given_back.items():
        sources = [(account, units[unit]) for account, units in reversal.elsewhere.items() if _gives(account) and unit in units]
        sources.append((REDEEMED, pieces - sum(part for _, part in sources)))
        parts = list(lots.first(spent.get(unit, ()), pieces))
        parts.append((lots.OPEN, pieces - sum(part for _, part in parts)))
        moved += [Entry(source, mine, unit, part, lot) for source, lot, part in _paired(sources, parts)]
    for unit, pieces in reversal.taken_back.items():
        lot = reversal.lots.get(unit, "")
        targets = [
            (account, units[unit]) for account, units in reversal.elsewhere.items() if not _gives(account) and unit in units
        ]
        targets.append((ISSUED, pieces - sum(part for _, part in targets)))
        moved += [Entry(mine, target, unit, part, lot) for target, part in targets if part]
    moved += [Entry(mine, ISSUED, unit, pieces) for unit, pieces in reversal.uses.items()]
    return tuple(moved)


def _gives(account: str) -> bool:
    """Whether what a return gives back may come from `account`: what was donated, from the cause."""
    return account.startswith("cause/")


def _paired(sources: Iterable[tuple[str, int]], parts: Iterable[Part]) -> Iterator[tuple[str, str, int]]:
    """The pieces of `sources` laid on the lots of `parts`, one after another; both come to the same sum."""
    waiting = deque(part for part in parts if part[1])
    for source, pieces in sources:
        left = pieces
        while left:
            lot, have = waiting.popleft()
            part = min(left, have)
            yield source, lot, part
            left -= part
            if have > part:
                waiting.appendleft((lot, have - part))


def spent_lots(posted: Iterable[Entry]) -> dict[str, tuple[Part, ...]]:
    """Which lots pieces were spent from, by unit, in the `posted` entries of a sale and of what has come back of it since.

    The longest-lived come first: those are given back first.
    """
    sums: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for entry in posted:
        if entry.source == REDEEMED or _gives(entry.source):
            sums[entry.unit][entry.lot] -= entry.pieces
        elif entry.source.startswith(OWNED) and not entry.target.startswith((*OWNED, ISSUED, PARTNER, EXPIRED)):
            sums[entry.unit][entry.lot] += entry.pieces
    by_lot = {unit: sorted((+lots_of).items(), key=lambda part: lots.by_expiry(part[0])) for unit, lots_of in sums.items()}
    return {unit: tuple(reversed(parts)) for unit, parts in by_lot.items()}


def hold_entries(hold: Hold, handle: str) -> tuple[Entry, ...]:
    """What a hold moves: its pieces out of the lease that it names, and the others from the member."""
    sources = ((leased(hold.lease), hold.leased), (available(handle), hold.pieces - hold.leased))
    return tuple(Entry(source, held(hold.id), hold.unit, pieces) for source, pieces in sources if pieces)


def void_entries(void: Void) -> tuple[Entry, ...]:
    """What a void moves: each hold back to where its pieces came from, the lease or the member."""
    moved = []
    for hold in void.holds:
        for target, pieces in ((leased(hold.lease), hold.leased), (available(void.member), hold.pieces - hold.leased)):
            if pieces:
                moved.append(Entry(held(hold.id), target, hold.unit, pieces))
    return tuple(moved)


class Posted(NamedTuple):
    """Entries as they are posted, each of one lot; and pieces, by unit, that a return was to take back and could not."""

    entries: tuple[Entry, ...]
    missing: Mapping[str, int]


def post(program: Program, accounts: Accounts, entries: Iterable[Entry], day: str) -> Posted:
    """Find the lots of `entries` in `accounts`, by (account, unit), on `day`.

    What is spent is what expires first, and out of what was set aside whatever is there; an account that has too little goes
    into overdraft, in the lot OPEN, and whatever comes in later repays that first. What a return takes back is taken by the policy
    `negative_balance`. Where a unit's pieces are extended by activity, new pieces make the older ones as young as they are.
    """
    now: dict[tuple[str, str], Counter[str]] = {}
    posted: list[Entry] = []
    missing: Counter[str] = Counter()
    for entry in entries:
        for key in ((entry.source, entry.unit), (entry.target, entry.unit)):
            if key not in now:
                now[key] = Counter(dict(accounts.get(key, ())))
        if not entry.source.startswith(OWNED):
            found = _coming_in(program, now[entry.target, entry.unit], entry, day)
        elif entry.target == ISSUED or entry.target.startswith(PARTNER):
            found, short = _taken_back(program.policies, now[entry.source, entry.unit], entry, day)
            missing[entry.unit] += short
        else:
            have = now[entry.source, entry.unit]
            aside = entry.source.startswith(ASIDE)
            parts = lots.take_all(have, entry.pieces) if aside else lots.take(have, entry.pieces, day)
            found = [_part(entry, lot, pieces) for lot, pieces in parts]
        for one in found:
            now[one.source, one.unit][one.lot] -= one.pieces
            now[one.target, one.unit][one.lot] += one.pieces
        posted += found
    return Posted(tuple(posted), dict(+missing))


def _coming_in(program: Program, have: Lots, entry: Entry, day: str) -> list[Entry]:
    debt = max(0, -have.get(lots.OPEN, 0)) if entry.lot != lots.OPEN else 0
    repaid = min(debt, entry.pieces)
    found = [_part(entry, lots.OPEN, repaid)] if repaid else []
    if entry.pieces > repaid:
        found.append(_part(entry, entry.lot, entry.pieces - repaid))
    unit = program.units.get(entry.unit)
    if (
        entry.source == REDEEMED
        or entry.source.startswith(MERGED)
        or _gives(entry.source)
        or not (_streak(program, entry.unit) or (unit and unit.extended))
    ):
        return found
    for lot, pieces in lots.extended(have, entry.lot, day):
        found.append(Entry(entry.target, entry.source, entry.unit, pieces, lot))
        found.append(Entry(entry.source, entry.target, entry.unit, pieces, entry.lot))
    return found


def _part(entry: Entry, lot: str, pieces: int) -> Entry:
    return Entry(entry.source, entry.target, entry.unit, pieces, lot)


def _streak(program: Program, unit: str) -> bool:
    kind, _, code = unit.partition("/")
    return kind == "count" and code in program.challenges and program.challenges[code].streak


def _taken_back(policies: Policies, have: Lots, entry: Entry, day: str) -> tuple[list[Entry], int]:
    parts, pending, short = lots.take_back(have, entry.pieces, entry.lot, day)
    policy = "within_balance" if counters.is_counter(entry.unit) else policies.negative_balance
    if policy == "allowed" and short:
        return [*(_part(entry, lot, pieces) for lot, pieces in parts), _part(entry, lots.OPEN, short)], 0
    if policy == "pending_only":
        parts = tuple(lots.first(parts, pending))
        short = entry.pieces - pending
    return [_part(entry, lot, pieces) for lot, pieces in parts], short


def _used_lot(unit: str, day: str) -> str:
    """The lot of a use that is counted on `day`: until the end of the day or month it is counted in."""
    kind = unit.partition("/")[0]
    period = {"used_day": "day", "used_month": "month"}.get(kind)
    return lots.lot_named(expires=lots.end_of("day" if period == "day" else "month", day)) if period else lots.OPEN
