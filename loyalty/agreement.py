"""What was promised, frozen before payment: commit keeps to it and never asks the rules again."""

from dataclasses import dataclass

from loyalty import bounds
from loyalty.basket import Basket
from loyalty.code import Strength
from loyalty.quote import Choice, Discount, Movement, Quote, pieces_by_unit


@dataclass(frozen=True, slots=True)
class Hold:
    """An online reservation at head office of `pieces` of `unit`; it ends by a Sale that lists it or by a Void."""

    id: str
    unit: str
    pieces: int

    def __post_init__(self) -> None:
        bounds.text("id", self.id)
        bounds.text("unit", self.unit)
        bounds.whole("pieces", self.pieces, 1, bounds.PIECES_MAX)


@dataclass(frozen=True, slots=True)
class Facts:
    """What the quote believed of the member, stamped on the sale so that head office can evaluate it again from the same."""

    handle: str
    strength: Strength
    tier: str
    balances: dict[str, int]
    spendable: dict[str, int]
    provisional: bool

    def __post_init__(self) -> None:
        bounds.text("handle", self.handle)
        for unit, pieces in (*self.balances.items(), *self.spendable.items()):
            bounds.text("unit", unit)
            bounds.whole("balance", pieces, -bounds.PIECES_MAX, bounds.PIECES_MAX)


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
    made_ms: int


def agree(quote: Quote, agreement_id: str, strength: Strength, holds: tuple[Hold, ...]) -> Agreement:
    """Freeze `quote`. Each unit it spends must be covered by `holds`; without a member there is nobody to hold anything of."""
    assert quote.member or not holds
    for unit, spent in pieces_by_unit(quote.redemptions).items():
        assert spent <= sum(hold.pieces for hold in holds if hold.unit == unit)
    member = (
        None
        if quote.member is None
        else Facts(
            quote.member.handle,
            strength,
            quote.tier,
            dict(quote.member.balances),
            dict(quote.member.spendable),
            quote.member.provisional,
        )
    )
    return Agreement(
        id=agreement_id,
        basket=quote.basket,
        member=member,
        program_version=quote.program_version,
        program_hash=quote.program_hash,
        choices=quote.choices,
        discounts=quote.discounts,
        redemptions=quote.redemptions,
        holds=holds,
        to_pay_minor=quote.to_pay_minor,
        made_ms=quote.moment.wall_ms,
    )
