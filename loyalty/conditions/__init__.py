"""When a rule holds. To add a condition: a function in one of the files here that makes its check, and its row.

There is no language of rules: the conditions of a rule must all hold, and those of its `unless` must not all hold.
"""

from collections.abc import Mapping
from typing import Any, Literal

from loyalty.conditions import checkout, person, time
from loyalty.conditions.checking import Check, Condition, Words, every
from loyalty.goods import Pick
from loyalty.money import Minor
from loyalty.refusal import Refusal

CONDITIONS: Mapping[str, Condition] = {
    "basket": Condition(tuple[checkout.Measure, ...], checkout.basket),
    "lines": Condition(checkout.Measure, checkout.lines),
    "amount_min": Condition(Minor, checkout.amount_min),
    "amount_max": Condition(Minor, checkout.amount_max),
    "codes": Condition(Words, checkout.codes),
    "tenders": Condition(Words, checkout.tenders),
    "stores": Condition(Words, checkout.place("store", "other_store")),
    "terminals": Condition(Words, checkout.place("terminal", "other_terminal")),
    "channels": Condition(Words, checkout.place("channel", "other_channel")),
    "tiers": Condition(Words, person.tiers),
    "segments": Condition(Words, person.segments),
    "plans": Condition(Words, person.plans),
    "badges": Condition(Words, person.badges),
    "balance": Condition(person.Balance, person.balance),
    "visits": Condition(tuple[int, ...], person.visits),
    "every_visit": Condition(int, person.every_visit),
    "days_away_min": Condition(int, person.days_away),
    "joined_within_days": Condition(int, person.joined_within),
    "anniversary_within_days": Condition(int, person.anniversary),
    "occasions": Condition(Words, person.occasions),
    "pilot": Condition(person.Pilot, person.pilot),
    "arm": Condition(person.Arm, person.arm),
    "dates": Condition(tuple[time.Dates, ...], time.dates),
    "weekdays": Condition(tuple[time.Weekday, ...], time.weekdays),
    "hours": Condition(Words, time.hours),
    "hebrew_dates": Condition(tuple[time.HebrewDates, ...], time.hebrew_dates),
    "sabbath": Condition(Literal["during", "outside"], time.rest("sabbath")),
    "rest": Condition(Literal["during", "outside"], time.rest("rest")),
    "holidays": Condition(Words, time.holidays),
}
"""All conditions, in the order in which they are looked at: what a member can mend at the till comes first."""


def checks(when: Mapping[str, Any], own: Pick) -> tuple[Check, ...]:
    """The checks of `when`, in the order of the table; `own` finds the rule's own lines."""
    return tuple(row.make(when[name], own) for name, row in CONDITIONS.items() if name in when)


def gate(when: Mapping[str, Any], unless: Mapping[str, Any], own: Pick) -> Check | None:
    """All of `when`, and not all of `unless`; None for a rule that always holds."""
    wanted = checks(when, own)
    if not unless:
        return every(wanted) if wanted else None
    unwanted = every(checks(unless, own))
    refusal = Refusal("excluded")
    return every((*wanted, lambda bill: None if unwanted(bill) else refusal))
