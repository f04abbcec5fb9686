"""A limit on everything: what a whole number or a text may be before the domain will look at it."""

import re
from datetime import date as calendar_date

AMOUNT_MINOR_MAX = 10**10  # a hundred million shekels: above any basket, far below what SQLite's 64 bits hold
QUANTITY_MILLI_MAX = 10**9  # a million pieces in one line
PIECES_MAX = 10**15  # units one entry may move: above what the largest basket earns by the most generous rule
GIVE_MAX = 1000  # pieces for one step of money: more than ten an agora is a slip of the keyboard
PERCENT_MAX = 1000  # ten times the usual
COST_MAX = 10**9  # pieces one reward may cost
GIVE_PIECE_MAX = 100_000  # pieces for one of the goods: the largest basket still earns less than PIECES_MAX
VERSION_MAX = 2**31 - 1  # what every database's whole numbers hold
RULES_MAX = 2000  # twice what a quote is measured with; each takes its microsecond of every keystroke
UNITS_MAX = 500  # a balance each, on every member
STEPS_MAX = 50  # tiers, slots of a bundle, prizes of a pool: a person reads them
CHAIN_MAX = 3  # multipliers of multipliers: eleven times each, and four could pass PIECES_MAX
DAYS_MAX = 36_525  # a hundred years: whoever means longer means never
PLAN_DAYS_MAX = 3660  # ten years: what is paid for now must be kept then
LINES_MAX = 500  # a trolley; the API's body limit is reached first
TENDERS_MAX = 20
WORDS_MAX = 50  # tags of a line, codes of a basket: a person gave them
TEXT_CHARS_MAX = 200  # names and numbers that a till gives
HEX = frozenset("0123456789abcdef")
DATE = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])")
_UNFIT = re.compile("[\0\ud800-\udfff]")


def whole(name: str, value: int, low: int, high: int) -> None:
    """Raise ValueError unless `value` is a whole number (and no boolean) from `low` to `high`."""
    if type(value) is not int or not low <= value <= high:
        raise ValueError(f"{name} is {value!r}; a whole number from {low} to {high} is wanted")


def text(name: str, value: str, low: int = 1, high: int = TEXT_CHARS_MAX) -> None:
    """Raise ValueError unless `value` is a text of `low` to `high` characters that UTF-8 can carry."""
    if type(value) is not str or not low <= len(value) <= high:
        raise ValueError(f"{name} is {value!r:.60}; a text of {low} to {high} characters is wanted")
    if not _UNFIT.search(value):
        return
    if "\0" in value:
        raise ValueError(f"{name} holds a NUL, which PostgreSQL cannot carry")
    raise ValueError(f"{name} holds half of a surrogate pair, which no file or wire can carry")


def date(name: str, value: str) -> None:
    """Raise ValueError unless `value` is written as a calendar date, ISO 8601: 2026-11-21."""
    if type(value) is not str or not DATE.fullmatch(value):
        raise ValueError(f"{name} is {value!r:.60}; a date such as 2026-11-21 is wanted")


def day(name: str, value: str) -> None:
    """Raise ValueError unless `value` is a calendar date, ISO 8601, that there is."""
    date(name, value)
    try:
        calendar_date.fromisoformat(value)
    except ValueError as error:
        raise ValueError(f"{name} is {value!r}; a day that exists is wanted") from error


def hexadecimal(name: str, value: str, length: int) -> None:
    """Raise ValueError unless `value` is `length` lower-case hex digits."""
    if len(value) != length or not set(value) <= HEX:
        raise ValueError(f"{name} is {value!r:.80}; {length} lower-case hex digits are wanted")
