"""When a rule holds. To add a condition: a function in one of the files here that makes its check, and its row.

There is no language of rules: the conditions of a rule must all hold, and those of its `unless` must not all hold.
"""

from collections.abc import Mapping
from typing import Any, Literal

from loyalty.conditions import checkout, person, time
from loyalty.conditions.checking import Check, Condition, Words, any_words, every
from loyalty.goods import Pick
from loyalty.money import Minor
from loyalty.refusal import Refusal

CONDITIONS: Mapping[str, Condition] = {
    "stores": Condition(Words, checkout.place("store", "other_store"), any_words, of_moment=True),
    "terminals": Condition(Words, checkout.place("terminal", "other_terminal"), any_words, of_moment=True),
    "channels": Condition(Words, checkout.place("channel", "other_channel"), any_words, of_moment=True),
    "dates": Condition(tuple[time.Dates, ...], time.dates, time.mistakes_of_dates, of_moment=True),
    "weekdays": Condition(tuple[time.Weekday, ...], time.weekdays, time.nothing_wrong, of_moment=True),
    "hours": Condition(Words, time.hours, time.mistakes_of_hours, of_moment=True),
    "hebrew_dates": Condition(tuple[time.HebrewDates, ...], time.hebrew_dates, time.mistakes_of_hebrew_dates, of_moment=True),
    "sabbath": Condition(Literal["during", "outside"], time.resting("sabbath"), time.nothing_wrong, of_moment=True),
    "rest": Condition(Literal["during", "outside"], time.resting("rest"), time.nothing_wrong, of_moment=True),
    "holidays": Condition(Words, time.holidays, time.mistakes_of_holidays, of_moment=True),
    "basket": Condition(tuple[checkout.Measure, ...], checkout.basket, checkout.mistakes_of_basket),
    "lines": Condition(checkout.Measure, checkout.lines, checkout.mistakes_of_lines),
    "amount_min": Condition(Minor, checkout.amount_min, checkout.mistakes_of_amount),
    "amount_max": Condition(Minor, checkout.amount_max, checkout.mistakes_of_amount),
    "codes": Condition(Words, checkout.codes, any_words),
    "tenders": Condition(Words, checkout.tenders, any_words),
    "tiers": Condition(Words, person.tiers, person.mistakes_of_tiers),
    "segments": Condition(Words, person.segments, any_words),
    "plans": Condition(Words, person.plans, person.mistakes_of_plans),
    "badges": Condition(Words, person.badges, person.mistakes_of_badges),
    "balance": Condition(person.Balance, person.balance, person.mistakes_of_balance),
    "visits": Condition(tuple[int, ...], person.visits, person.mistakes_of_visits),
    "every_visit": Condition(int, person.every_visit, person.mistakes_of_step),
    "days_away_min": Condition(int, person.days_away, person.mistakes_of_days),
    "joined_within_days": Condition(int, person.joined_within, person.mistakes_of_days),
    "anniversary_within_days": Condition(int, person.anniversary, person.mistakes_of_days),
    "occasions": Condition(Words, person.occasions, any_words),
    "pilot": Condition(person.Pilot, person.pilot, person.mistakes_of_pilot),
    "arm": Condition(person.Arm, person.arm, person.mistakes_of_arm),
}
"""All conditions, in the order in which they are looked at: when and where, which nobody at the till can change; then what a member
can mend there, which is worth saying only of what is to be had at all; then who the member is.
"""


def checks(when: Mapping[str, Any], own: Pick) -> tuple[Check, ...]:
    """The checks of `when`, in the order of the table; `own` finds the rule's own lines."""
    return tuple(row.make(when[name], own) for name, row in CONDITIONS.items() if name in when)


def of_moment(when: Mapping[str, Any], own: Pick) -> Check | None:
    """What of `when` only the moment decides: it is the same for every basket of a minute. None where that is nothing."""
    wanted = checks({name: value for name, value in when.items() if CONDITIONS[name].of_moment}, own)
    return every(wanted) if wanted else None


def of_the_rest(when: Mapping[str, Any], unless: Mapping[str, Any], own: Pick) -> Check | None:
    """The others of `when`, and not all of `unless`."""
    return gate({name: value for name, value in when.items() if not CONDITIONS[name].of_moment}, unless, own)


def gate(when: Mapping[str, Any], unless: Mapping[str, Any], own: Pick) -> Check | None:
    """All of `when`, and not all of `unless`; None for a rule that always holds."""
    wanted = checks(when, own)
    if not unless:
        return every(wanted) if wanted else None
    unwanted = every(checks(unless, own))
    refusal = Refusal("excluded")
    return every((*wanted, lambda bill: None if unwanted(bill) else refusal))
