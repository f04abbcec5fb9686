"""Entries: everything that happens to units is a movement from one account to another, and a balance is their sum."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from loyalty import bounds

ISSUED = "program/issued"
"""Where accrued units come from: its balance is minus everything ever given."""

REDEEMED = "program/redeemed"
"""Where spent units go."""


EXPIRED = "program/expired"
"""Where pieces go whose last day has passed."""


def available(handle: str) -> str:
    """The account of what a member may use."""
    return f"member/{handle}/available"


def held(hold: str) -> str:
    """The account of an online reservation: spent by the Sale that lists it, given back by a Void, freed by no timer."""
    return f"hold/{hold}"


def leased(lease: str) -> str:
    """The account of what one terminal may spend of one member's pieces without asking: it comes back by that terminal's own
    records only.
    """
    return f"lease/{lease}"


def exposed(name: str) -> str:
    """The account of what a fenced terminal may still have spent of the lease or hold `name`: a person releases it, no timer."""
    return f"exposure/{name}"


@dataclass(frozen=True, slots=True)
class Entry:
    """`pieces` of `unit`, all of one lot (loyalty/lots.py), move from `source` to `target`. To undo one, add its mirror image.

    Before it is posted `lot` is what is wished for: loyalty/posting.py finds the lots that are really there.
    """

    source: str
    target: str
    unit: str
    pieces: int
    lot: str = ""

    def __post_init__(self) -> None:
        bounds.whole("pieces", self.pieces, 1, bounds.PIECES_MAX)
        assert self.source != self.target


def balances(entries: Iterable[Entry]) -> dict[tuple[str, str], int]:
    """The sum of `entries` by (account, unit); over all accounts of one unit it is always zero."""
    sums: defaultdict[tuple[str, str], int] = defaultdict(int)
    for entry in entries:
        sums[entry.source, entry.unit] -= entry.pieces
        sums[entry.target, entry.unit] += entry.pieces
    return dict(sums)
