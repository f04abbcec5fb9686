"""What travels about a member, as far as a terminal may know one."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import chain

from loyalty import bounds
from sync.spending import HANDLE_CHARS, PIECES_EVER_MAX

LOTS_MAX = 10_000  # of one member: a purchase on each day for years, of several units
NAMES_MAX = 2 * bounds.WORDS_MAX

_LOT = re.compile(f"((?:{bounds.DATE.pattern})?/(?:{bounds.DATE.pattern})?)?")


@dataclass(frozen=True, slots=True)
class MemberRow:
    """A member as a terminal may know one. `balances` have what is available or leased at head office, by unit and lot
    (loyalty/lots.py), the counters among them; the other facts are as in loyalty.member.Member.

    `includes` names this terminal's own records and holds that have entered these balances since the cursor it asked with; `codes`
    are the member's plain codes. With `merged_into`, another member's handle, its codes are that one's from now on.
    """

    handle: str
    first_name: str
    tier: str
    generation: int
    balances: dict[str, dict[str, int]]
    codes: tuple[str, ...]
    blocked: bool = False
    includes: tuple[str, ...] = field(default_factory=tuple)
    visits: int = 0
    spent_minor: int = 0
    joined: str = ""
    last_visit: str = ""
    segments: tuple[str, ...] = ()
    occasions: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    merged_into: str = ""

    def __post_init__(self) -> None:
        for handle in (self.handle, *filter(None, [self.merged_into])):
            bounds.hexadecimal("handle", handle, HANDLE_CHARS)
        bounds.whole("generation", self.generation, 0, 255)
        bounds.whole("number of lots", sum(map(len, self.balances.values())), 0, LOTS_MAX)
        for unit, lots in self.balances.items():
            bounds.text("unit", unit)
            for lot, pieces in lots.items():
                if not _LOT.fullmatch(lot):
                    raise ValueError(f"lot is {lot!r:.60}; READY/EXPIRES is wanted, dates or nothing")
                bounds.whole("balance", pieces, -PIECES_EVER_MAX, PIECES_EVER_MAX)
        bounds.whole("visits", self.visits, -PIECES_EVER_MAX, PIECES_EVER_MAX)
        bounds.whole("spent_minor", self.spent_minor, 0, PIECES_EVER_MAX)
        bounds.whole("number of names", len(self.segments) + len(self.occasions), 0, NAMES_MAX)
        for name in (*self.segments, *self.occasions):
            bounds.text("name", name)
        for day in filter(None, (self.joined, self.last_visit)):
            bounds.day("date", day)  # the cache keeps their numbers
        for day in chain.from_iterable(self.occasions.values()):
            bounds.date("date", day)
        for ref in self.includes:
            bounds.hexadecimal("included record", ref, 32)
