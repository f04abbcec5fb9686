"""How long before it begins members must have been told of a change that is worse for them.

Israeli Consumer Protection Law, section 16A (amendment 53): an open-ended benefits club gives notice three to four months ahead;
one with a fixed term may not be worsened within it. To be checked with counsel: clubs that collect points may have another term.
"""

from datetime import date, timedelta
from typing import NamedTuple

from loyalty.changes import Change, changes, worsening
from loyalty.lots import NEVER, months_later
from loyalty.program import Program

NOTICE_MONTHS_MIN, NOTICE_MONTHS_MAX = 3, 4


class Notice(NamedTuple):
    """What changes, from which day on it may be in force (ISO 8601), and whether that is because of a fixed term."""

    changes: tuple[Change, ...]
    earliest: str
    fixed_term: bool = False

    @property
    def worse(self) -> tuple[Change, ...]:
        """What is worse for members."""
        return worsening(self.changes)


def notice(old: Program, new: Program, today: str) -> Notice:
    """What `new` changes for the members of `old`, told on the day `today`."""
    found = changes(old, new, today)
    if not worsening(found):
        return Notice(found, today)
    if not old.open_ended and old.ends:
        return Notice(found, max(_day_after(old.ends), today), fixed_term=True)
    return Notice(found, months_later(today, NOTICE_MONTHS_MIN))


def _day_after(day: str) -> str:
    return day if day >= NEVER else (date.fromisoformat(day) + timedelta(days=1)).isoformat()
