"""The shape of an answer: one for each step of a trial. `posd quote --schema answer` is made from it; docs/quote.md explains it.

Money is always a whole number of minor units, in a field whose name ends in `_minor`. Fields that a kind of step has nothing to say
for are there, and empty.
"""

from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["sale", "return", "void", "exchange", "join", "days"]
DiscountKind = Literal["promotion", "reward"]


@dataclass(frozen=True, slots=True)
class LineAnswer:
    """A line of the basket: rung_minor - off_minor = net_minor, and the parts of off_by, like off_by_piece, sum to off_minor.

    `off_by_piece` shares what comes off evenly over the pieces; it is empty above 100 pieces. `free_pieces` cost nothing any more.
    """

    line: str
    product: str
    quantity_milli: int
    rung_minor: int
    off_minor: int
    net_minor: int
    off_by: dict[str, int]
    off_by_piece: list[int]
    free_pieces: int
    tax_percent: str


@dataclass(frozen=True, slots=True)
class DiscountAnswer:
    """What a promotion or a reward takes off, together and by line."""

    rule: str
    name: str
    kind: DiscountKind
    off_minor: int
    by_line: dict[str, int]


@dataclass(frozen=True, slots=True)
class TaxAnswer:
    """All that is sold at one tax rate: gross_minor - off_minor = net_minor + tax_minor + levy_minor, which bears no tax."""

    percent: str
    gross_minor: int
    off_minor: int
    net_minor: int
    tax_minor: int
    levy_minor: int


@dataclass(frozen=True, slots=True)
class UnitAnswer:
    """A unit: after = before + passed + earned - spent - taken_back + given_back + followed.

    `passed` is what came and went with the days before the step (expiry, awards of the day); `followed` is what followed from it
    by itself (awards, prizes of challenges, a tier review). Of what there is after, `spendable` may be spent at once.
    """

    before: int
    passed: int
    earned: int
    spent: int
    taken_back: int
    given_back: int
    followed: int
    after: int
    spendable: int


@dataclass(frozen=True, slots=True)
class MovementAnswer:
    """Pieces of a unit that a rule has given or taken, together and by line."""

    rule: str
    unit: str
    pieces: int
    by_line: dict[str, int]


@dataclass(frozen=True, slots=True)
class RefusalAnswer:
    """Why not: the code, what fills its sentence, and the sentence."""

    code: str
    params: dict[str, Any]
    sentence: str


@dataclass(frozen=True, slots=True)
class OfferAnswer:
    """A reward: how often it may be taken, how often it was, and why not if it may not."""

    reward: str
    name: str
    unit: str
    cost: int
    times_max: int
    times: int
    off_minor: int
    refusal: RefusalAnswer | None


@dataclass(frozen=True, slots=True)
class UnitTenderAnswer:
    """Money that units pay; no discount."""

    rule: str
    unit: str
    pieces: int
    amount_minor: int


@dataclass(frozen=True, slots=True)
class TenderAnswer:
    """Money that was paid."""

    kind: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class GiftAnswer:
    """Pieces of a product handed over beside the basket."""

    rule: str
    product: str
    pieces: int


@dataclass(frozen=True, slots=True)
class DonationAnswer:
    """Money for a cause, paid beside the goods."""

    rule: str
    cause: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class WonAnswer:
    """A challenge that was won: so many times, so many pieces; times below nothing: a return has undone it."""

    challenge: str
    times: int
    unit: str
    pieces: int


@dataclass(frozen=True, slots=True)
class PiecesAnswer:
    """So many pieces of a unit."""

    unit: str
    pieces: int


@dataclass(frozen=True, slots=True)
class LotAnswer:
    """Pieces that live equally long: the first day on which they may be spent and the last; empty where there is none."""

    pieces: int
    ready: str
    expires: str


@dataclass(frozen=True, slots=True)
class TierAnswer:
    """Where the member stood and stands, the next tier, and how many qualifying pieces it still takes."""

    before: str
    after: str
    next: str
    missing: int


@dataclass(frozen=True, slots=True)
class CounterAnswer:
    """A hidden unit: uses of limits, steps of challenges, remainders of money."""

    before: int
    after: int


@dataclass(frozen=True, slots=True)
class MemberAnswer:
    """The member after the step."""

    handle: str
    visits: int
    spent_minor: int
    tier: TierAnswer | None
    plans: dict[str, str]
    badges: list[str]


@dataclass(frozen=True, slots=True)
class ReturnedLine:
    """So much of a line came back, in thousandths."""

    line: str
    quantity_milli: int


@dataclass(frozen=True, slots=True)
class ReturnAnswer:
    """What a return, a void or an exchange undoes of sale `of`; what could not be taken back is `short`, by unit.

    Without the sale (`of` is 0) the till refunds what its own receipt says, and head office decides about units: `estimate`.
    """

    of: int
    lines: list[ReturnedLine]
    refund_minor: int
    short: dict[str, int]
    whole: bool
    estimate: bool
    refusal: RefusalAnswer | None


@dataclass(frozen=True, slots=True)
class TraceAnswer:
    """One step of the explanation: which rule, what about it, and the sentence in the language asked for."""

    rule: str
    code: str
    params: dict[str, Any]
    sentence: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What happened in one step. `at` is local time; `days` have passed since the step before.

    Of a basket: rung_minor - off_minor + donated_minor = total_minor; total_minor - units_paid_minor = to_pay_minor. `refused` are
    the rewards that were chosen and are not to be had; `flags` name what was odd and was booked all the same; `referrer` is what
    the member who brought this one is given. `units` are the program's, by code, `counters` the hidden ones; `expires` says what
    expires when, `lots` what there is.
    """

    step: int
    kind: Kind
    at: str
    days: int
    currency: str
    rung_minor: int = 0
    off_minor: int = 0
    donated_minor: int = 0
    total_minor: int = 0
    units_paid_minor: int = 0
    to_pay_minor: int = 0
    lines: list[LineAnswer] = field(default_factory=list)
    discounts: list[DiscountAnswer] = field(default_factory=list)
    tax: list[TaxAnswer] = field(default_factory=list)
    offers: list[OfferAnswer] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    earned: list[MovementAnswer] = field(default_factory=list)
    spent: list[MovementAnswer] = field(default_factory=list)
    unit_tenders: list[UnitTenderAnswer] = field(default_factory=list)
    tenders: list[TenderAnswer] = field(default_factory=list)
    gifts: list[GiftAnswer] = field(default_factory=list)
    donations: list[DonationAnswer] = field(default_factory=list)
    returned: ReturnAnswer | None = None
    member: MemberAnswer | None = None
    units: dict[str, UnitAnswer] = field(default_factory=dict)
    won: list[WonAnswer] = field(default_factory=list)
    referrer: list[PiecesAnswer] = field(default_factory=list)
    expires: dict[str, list[LotAnswer]] = field(default_factory=dict)
    lots: dict[str, list[LotAnswer]] = field(default_factory=dict)
    counters: dict[str, CounterAnswer] = field(default_factory=dict)
    flags: list[str] = field(default_factory=list)
    trace: list[TraceAnswer] = field(default_factory=list)


def schema() -> dict[str, Any]:
    """The JSON Schema of an answer."""
    from pydantic import TypeAdapter

    return TypeAdapter(Answer).json_schema(mode="serialization")
