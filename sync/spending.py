"""What travels about spending members' units: reservations online, and leases for the time without head office."""

from dataclasses import dataclass, field

from loyalty import bounds
from loyalty.refusal import Refusal

HANDLE_CHARS = 20
ID_CHARS = 32
PIECES_EVER_MAX = 1 << 62  # what both databases hold
STEP_MAX = (1 << 32) // 30  # of a changing code: the last one of 2106
SECRET_CHARS = 40


@dataclass(frozen=True, slots=True)
class HoldRequest:
    """Reserve `pieces` of `unit` of this member for this terminal, `leased` of them out of its own `lease`. The same id gets the
    same answer.

    What a Void has given back to that lease is in it again only once head office has booked it: `lease_seq` is the last such
    record of the terminal's journal, and before that the answer is `lease_ahead`, which is as good as none. `step` is that of the
    member's changing code, if the terminal has found it genuine. `incarnation` is the life of head office that is asked: after a
    restore another one, which knows nothing of what was answered, must not grant what comes late or twice.
    """

    id: str
    member: str
    unit: str
    pieces: int
    lease: str = ""
    leased: int = 0
    lease_seq: int = 0
    step: int = 0
    incarnation: str = ""

    def __post_init__(self) -> None:
        bounds.hexadecimal("id", self.id, ID_CHARS)
        bounds.hexadecimal("member", self.member, HANDLE_CHARS)
        bounds.text("unit", self.unit, 1, 64)
        bounds.whole("pieces", self.pieces, 1, bounds.PIECES_MAX)
        if self.lease:
            bounds.hexadecimal("lease", self.lease, ID_CHARS)
        bounds.whole("leased", self.leased, 0, self.pieces if self.lease else 0)
        bounds.whole("lease_seq", self.lease_seq, 0, PIECES_EVER_MAX)
        bounds.whole("step", self.step, 0, STEP_MAX)
        bounds.text("incarnation", self.incarnation, 0, 64)


@dataclass(frozen=True, slots=True)
class HoldAnswer:
    """Granted, or why not."""

    granted: bool
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True)
class LeaseRow:
    """What the terminal that asks may spend of a member without asking: `pieces` were ever granted of each unit, and head office
    has seen `spent` of them spent. It comes with the member's row, and so does every later change of either.

    A lease that is `recalled` is wanted back: the terminal answers with a LeaseReturn. One that has `ended` is gone at head office
    too, and the terminal may forget it; before that it never takes up again what it has returned. `secret` (hex, 20 bytes) makes
    the member's changing code; empty where there is none, or where the lease is not to be spent from any more.
    """

    id: str
    member: str
    pieces: dict[str, int]
    spent: dict[str, int] = field(default_factory=dict)
    recalled: bool = False
    ended: bool = False
    secret: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        bounds.hexadecimal("id", self.id, ID_CHARS)
        if self.secret and (len(self.secret) != SECRET_CHARS or not set(self.secret) <= bounds.HEX):
            raise ValueError(f"secret is not {SECRET_CHARS} lower-case hex digits")  # and not what it is: this is logged
        bounds.hexadecimal("member", self.member, HANDLE_CHARS)
        bounds.whole("number of units", len(self.pieces) + len(self.spent), 0, 2 * bounds.UNITS_MAX)
        for unit, pieces in (*self.pieces.items(), *self.spent.items()):
            bounds.text("unit", unit)
            bounds.whole("pieces", pieces, 0, PIECES_EVER_MAX)


@dataclass(frozen=True, slots=True)
class BoundRow:
    """What could be spent beyond members' balances, at most, by unit: the published bound as head office has it now."""

    pieces: dict[str, int]

    def __post_init__(self) -> None:
        for unit, pieces in self.pieces.items():
            bounds.text("unit", unit)
            bounds.whole("pieces", pieces, 0, PIECES_EVER_MAX)
