"""What was promised, frozen before payment: commit keeps to it and never asks the rules again."""

from dataclasses import dataclass, field
from itertools import chain

from loyalty import bounds
from loyalty.basket import Basket
from loyalty.code import Strength
from loyalty.member import Member
from loyalty.moment import Moment
from loyalty.quote import NO_EXTRAS, Choice, Discount, Extras, Movement, Quote


@dataclass(frozen=True, slots=True)
class Hold:
    """`pieces` of `unit` that are set aside; it ends by a Sale that lists it or by a Void.

    `leased` of them come out of this terminal's own `lease`, whether or not head office has ever heard of the hold.
    """

    id: str
    unit: str
    pieces: int
    lease: str = ""
    leased: int = 0

    def __post_init__(self) -> None:
        bounds.text("id", self.id)
        bounds.text("unit", self.unit)
        bounds.whole("pieces", self.pieces, 1, bounds.PIECES_MAX)
        bounds.text("lease", self.lease, 0)
        bounds.whole("leased", self.leased, 0, self.pieces)
        if bool(self.lease) != bool(self.leased):
            raise ValueError("a hold names the lease it takes from, and only then")


@dataclass(frozen=True, slots=True)
class Facts:
    """What the quote believed of the member, stamped on the sale so that head office can evaluate it again from the same."""

    handle: str
    strength: Strength
    tier: str
    balances: dict[str, int]
    spendable: dict[str, int]
    provisional: bool
    visits: int = 0
    spent_minor: int = 0
    joined: str = ""
    last_visit: str = ""
    segments: tuple[str, ...] = ()
    occasions: dict[str, tuple[str, str]] = field(default_factory=dict)
    plans: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        bounds.text("handle", self.handle)
        for unit, pieces in (*self.balances.items(), *self.spendable.items()):
            bounds.text("unit", unit)
            bounds.whole("balance", pieces, -bounds.PIECES_MAX, bounds.PIECES_MAX)
        bounds.whole("visits", self.visits, -bounds.PIECES_MAX, bounds.PIECES_MAX)
        bounds.whole("spent_minor", self.spent_minor, -bounds.PIECES_MAX, bounds.PIECES_MAX)
        for day in (self.joined, self.last_visit, *chain.from_iterable(self.occasions.values()), *self.plans.values()):
            if day:
                bounds.date("date", day)

    def member(self) -> Member:
        """The member as the rules saw one."""
        return Member(
            handle=self.handle,
            tier=self.tier,
            balances=self.balances,
            spendable=self.spendable,
            provisional=self.provisional,
            visits=self.visits,
            spent_minor=self.spent_minor,
            joined=self.joined,
            last_visit=self.last_visit,
            segments=self.segments,
            occasions=self.occasions,
            plans=self.plans,
        )


def facts(member: Member, tier: str, strength: Strength) -> Facts:
    """What is stamped of `member`, who stands in `tier` by the program of the quote."""
    return Facts(
        handle=member.handle,
        strength=strength,
        tier=tier,
        balances=dict(member.balances),
        spendable=dict(member.spendable),
        provisional=member.provisional,
        visits=member.visits,
        spent_minor=member.spent_minor,
        joined=member.joined,
        last_visit=member.last_visit,
        segments=member.segments,
        occasions=dict(member.occasions),
        plans=dict(member.plans),
    )


@dataclass(frozen=True, slots=True)
class Agreement:
    """The basket, what comes off it, what it spends and which program said so."""

    id: str
    basket: Basket
    member: Facts | None
    program_version: int
    program_hash: str
    choices: tuple[Choice, ...]
    discounts: tuple[Discount, ...]
    redemptions: tuple[Movement, ...]
    holds: tuple[Hold, ...]
    to_pay_minor: int
    moment: Moment
    extras: Extras = NO_EXTRAS

    @property
    def made_ms(self) -> int:
        """When it was quoted."""
        return self.moment.wall_ms


def agree(quote: Quote, agreement_id: str, strength: Strength, holds: tuple[Hold, ...]) -> Agreement:
    """Freeze `quote`. What must be reserved of each unit must be covered by `holds`; without a member nobody holds anything."""
    assert quote.member or not holds
    for unit, needed in quote.reserves.items():
        assert needed <= sum(hold.pieces for hold in holds if hold.unit == unit)
    return Agreement(
        id=agreement_id,
        basket=quote.basket,
        member=facts(quote.member, quote.tier, strength) if quote.member else None,
        program_version=quote.program_version,
        program_hash=quote.program_hash,
        choices=quote.choices,
        discounts=quote.discounts,
        redemptions=quote.redemptions,
        holds=holds,
        to_pay_minor=quote.to_pay_minor,
        moment=quote.moment,
        extras=quote.extras,
    )
