"""A member as head office keeps one: every lot in every account, and what is known besides. What happens to it, purely.

Head office decides tiers, challenges and awards by these functions when it applies a record; `posd quote --sequence` plays whole
histories with them, from files alone.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from loyalty import counters, lots, tiers
from loyalty.awards import ANNIVERSARY_DAYS, Happened, Pieces, decide
from loyalty.conditions.person import since_anniversary
from loyalty.ledger import EXPIRED, ISSUED, Entry, available
from loyalty.lots import Lots, Part
from loyalty.member import Member, Window
from loyalty.posting import ASIDE, MERGED, NOTHING_SPENT, Accounts, covered_entries, post, return_entries
from loyalty.program import Program
from loyalty.sale import Reversal, Sale


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of a member. `reviewed` is the day of the last tier review; `referred_by` who brought them.

    `posted` are the entries that have made it so since it was begun with, each of one lot; `owed` is what whoever brought them is
    to be given for it.
    """

    handle: str
    accounts: Accounts = field(default_factory=dict)
    tier: str = ""
    reviewed: str = ""
    visits: int = 0
    spent_minor: int = 0
    joined: str = ""
    last_visit: str = ""
    segments: tuple[str, ...] = ()
    occasions: Mapping[str, Window] = field(default_factory=dict)
    referred_by: str = ""
    posted: tuple[Entry, ...] = field(default=(), compare=False)
    owed: Pieces = field(default=(), compare=False)

    def lots(self, unit: str) -> Lots:
        """What is available of `unit`, by lot."""
        return self.accounts.get((available(self.handle), unit), {})

    def owned(self) -> dict[str, Lots]:
        """What the member has of each unit, by lot: what is available, and what is leased to some terminal."""
        found: dict[str, Counter[str]] = {}
        for (account, unit), have in self.accounts.items():
            if account == available(self.handle) or account.startswith("lease/"):
                found.setdefault(unit, Counter()).update(have)
        return {unit: dict(have) for unit, have in found.items()}


def member_on(standing: Standing, day: str) -> Member:
    """The member as the rules see one on `day`: pending pieces are in the balance and cannot be spent, expired ones are gone."""
    own = standing.owned()
    plans = {
        unit.partition("/")[2]: max((lots.life(lot).expires for lot, pieces in held.items() if pieces > 0), default="")
        for unit, held in own.items()
        if unit.startswith("plan/")
    }
    return Member(
        handle=standing.handle,
        tier=standing.tier,
        balances={unit: lots.standing(held, day) for unit, held in own.items()},
        spendable={unit: lots.spendable(held, day) for unit, held in own.items()},
        visits=standing.visits,
        spent_minor=standing.spent_minor,
        joined=standing.joined,
        last_visit=standing.last_visit,
        segments=standing.segments,
        occasions=standing.occasions,
        plans={code: last for code, last in plans.items() if last},
    )


def book(program: Program, standing: Standing, entries: Iterable[Entry], day: str) -> Standing:
    """`entries` posted, each in the lots it finds."""
    return booked(standing, post(program, standing.accounts, entries, day).entries)


def booked(standing: Standing, found: tuple[Entry, ...]) -> Standing:
    """`found` entries, each of one lot, added to the accounts."""
    mine = available(standing.handle)
    changed: dict[tuple[str, str], dict[str, int]] = {}
    for entry in found:
        for account, sign in ((entry.source, -1), (entry.target, 1)):
            if account == mine or account.startswith(ASIDE):
                key = (account, entry.unit)
                have = changed.get(key) or changed.setdefault(key, dict(standing.accounts.get(key, ())))
                have[entry.lot] = have.get(entry.lot, 0) + sign * entry.pieces
    accounts = {
        **standing.accounts,
        **{key: {lot: left for lot, left in have.items() if left} for key, have in changed.items()},
    }
    return replace(standing, accounts={key: have for key, have in accounts.items() if have}, posted=(*standing.posted, *found))


def after_sale(program: Program, standing: Standing, sale: Sale, day: str) -> Standing:
    """The sale booked, and everything decided that follows from it."""
    first = standing.visits == 0
    standing = book(program, standing, covered_entries(sale, standing.accounts), day)
    standing = replace(
        standing,
        visits=standing.visits + 1,
        # As a return takes it off: in money, and for goods. What units pay above that was donated.
        spent_minor=standing.spent_minor + max(0, sale.total_minor - sale.extras.paid_minor),
        last_visit=max(standing.last_visit, day),  # one that was made offline may be heard of late
    )
    return _decided(program, standing, Happened("sale", first, sale.total_minor, referred=bool(standing.referred_by)), day)


def after_return(
    program: Program, standing: Standing, reversal: Reversal, day: str, spent: Mapping[str, tuple[Part, ...]] = NOTHING_SPENT
) -> Standing:
    """A return booked, and everything decided anew. `spent` is what posting.spent_lots says of the sale."""
    posted = post(program, standing.accounts, return_entries(standing.handle, reversal, spent), day)
    standing = booked(standing, posted.entries)
    standing = replace(
        standing, visits=standing.visits - reversal.whole, spent_minor=max(0, standing.spent_minor - reversal.refund_minor)
    )
    nothing_left = bool(reversal.whole) and standing.visits <= 0
    return _decided(program, standing, Happened("return", nothing_left, missing=posted.missing), day)


def joined(program: Program, standing: Standing, day: str) -> Standing:
    """A new member: what joining gives."""
    return _decided(program, replace(standing, joined=day, reviewed=day), Happened("join"), day)


def merged(program: Program, absorbed: Standing, into: Standing, day: str) -> tuple[Standing, Standing]:
    """Two cards of one member: what is available of `absorbed` and what is known of them goes to `into`; both as they are then.

    Each piece stays in its lot; a debt goes along. Nothing of `absorbed` may be set aside.
    """
    between, mine, theirs = f"{MERGED}{absorbed.handle}", available(into.handle), available(absorbed.handle)
    assert all(account == theirs for (account, _), have in absorbed.accounts.items() if have)
    have = [
        (unit, lot, pieces) for (_, unit), held in sorted(absorbed.accounts.items()) for lot, pieces in sorted(held.items())
    ]
    gone = [Entry(theirs, between, unit, pieces, lot) for unit, lot, pieces in have if pieces > 0]
    gone += [Entry(between, theirs, unit, -pieces, lot) for unit, lot, pieces in have if pieces < 0]
    came = [Entry(between, mine, unit, pieces, lot) for unit, lot, pieces in have if pieces > 0]
    came += [Entry(mine, between, unit, -pieces) for unit, _, pieces in have if pieces < 0]
    higher = max((absorbed, into), key=lambda one: (_height(program, one.tier), one is into))
    whole = replace(
        book(program, into, came, day),
        tier=higher.tier,
        reviewed=higher.reviewed,
        visits=into.visits + absorbed.visits,
        spent_minor=into.spent_minor + absorbed.spent_minor,
        joined=min(filter(None, (into.joined, absorbed.joined)), default=""),
        last_visit=max(into.last_visit, absorbed.last_visit),
        segments=tuple(dict.fromkeys((*into.segments, *absorbed.segments))),
        occasions={**absorbed.occasions, **into.occasions},
        referred_by=into.referred_by or absorbed.referred_by,
    )
    left = replace(booked(absorbed, tuple(gone)), tier="", visits=0, spent_minor=0, occasions={})
    return left, _decided(program, whole, Happened("day"), day)


def _height(program: Program, tier: str) -> int:
    steps = [step.code for step in program.tiers.steps] if program.tiers else []
    return steps.index(tier) if tier in steps else -1


def on_day(program: Program, standing: Standing, day: str) -> Standing:
    """What a new day brings: pieces expire, a tier review may be due, a birthday or an anniversary may have come."""
    mine = available(standing.handle)
    gone = tuple(
        Entry(mine, EXPIRED, unit, pieces, lot)
        for (account, unit), held in sorted(standing.accounts.items())
        if account == mine
        for lot, pieces in lots.expired(held, day)
    )
    occasions = {name: _to_come(window, day) for name, window in standing.occasions.items()}
    return _decided(program, replace(booked(standing, gone), occasions=occasions), Happened("day"), day)


def given(program: Program, standing: Standing, pieces: Pieces, day: str) -> Standing:
    """What a member is given for something that another member did, and everything that follows."""
    mine = available(standing.handle)
    entries = [Entry(ISSUED, mine, unit, count, lots.lot_for(program, unit, day)) for unit, count in pieces]
    return _decided(program, book(program, standing, entries, day), Happened("day"), day)


def due(program: Program, standing: Standing, day: str) -> str:
    """The next day on which on_day has something to do; `day` or one before it if it has so now. lots.NEVER for none."""
    mine = available(standing.handle)
    ends = [
        lots.life(lot).expires
        for (account, _), held in standing.accounts.items()
        if account == mine
        for lot, pieces in held.items()
        if pieces > 0
    ]
    days = [lots.day_after(end) for end in (*ends, *(last for _, last in standing.occasions.values())) if end]
    if program.tiers and standing.reviewed:
        days.append(tiers.next_review(program.tiers, standing.reviewed))
    for code, award in program.awards.items():
        if award.on in ("birthday", "anniversary"):
            waits = lots.spendable(standing.lots(counters.given(code)), day) <= 0
            days += _celebrated(standing, award.on, day) if waits else ()
    return min(days, default=lots.NEVER)


def _celebrated(standing: Standing, on: str, day: str) -> tuple[str, ...]:
    """When an award that comes once a year comes next."""
    if on == "birthday":
        return tuple(first for name, (first, _) in standing.occasions.items() if name == on)
    if not standing.joined:
        return ()
    since = since_anniversary(standing.joined, day)
    if 0 <= since <= ANNIVERSARY_DAYS:
        return (day,)
    years = int(day[:4]) - int(standing.joined[:4])
    coming = (lots.months_later(standing.joined, 12 * count) for count in range(max(years, 1), years + 3))
    return tuple(one if since_anniversary(standing.joined, one) == 0 else lots.day_after(one) for one in coming if one > day)[
        :1
    ]


def _to_come(window: Window, day: str) -> Window:
    """What comes every year comes again: a window that has passed by `day` moves on."""
    first, last = window
    while last < day:
        first, last = lots.months_later(first, 12), lots.months_later(last, 12)
    return first, last


def _decided(program: Program, standing: Standing, happened: Happened, day: str) -> Standing:
    """Challenges, awards and the tier, until nothing more follows."""
    mine, expired = available(standing.handle), EXPIRED
    awarded = decide(program, member_on(standing, day), happened, day)
    standing = replace(standing, owed=(*standing.owed, *awarded.referrer))
    entries = [Entry(ISSUED, mine, unit, pieces, lots.lot_for(program, unit, day)) for unit, pieces in awarded.gives]
    entries += [Entry(mine, ISSUED, unit, pieces) for unit, pieces in awarded.takes]
    standing = book(program, standing, entries, day)
    ruled = tiers.rule(program, member_on(standing, day), standing.reviewed or standing.joined or day, day)
    if ruled.reset and program.tiers:
        unit = program.tiers.unit
        pieces = lots.spendable(standing.lots(unit), day)
        standing = book(program, standing, [Entry(mine, expired, unit, pieces)] if pieces > 0 else [], day)
    before, standing = standing.tier, replace(standing, tier=ruled.tier, reviewed=ruled.reviewed)
    if happened.kind == "return" and before not in ("", ruled.tier) and not ruled.rose:
        return _decided(program, standing, Happened("tier_down", tier=before), day)
    if ruled.rose and happened.kind not in ("tier_up", "return"):  # a return gives back a tier that was there before
        return _decided(program, standing, Happened("tier_up", tier=ruled.tier), day)
    return standing
