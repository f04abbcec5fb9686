"""Numbers, times and names as a page shows them."""

from datetime import UTC, datetime, timedelta

from central.console.words import WORDS, word
from loyalty.program import Names, Program, tier_by_code
from loyalty.receipt import name_in

SYMBOLS = {"ILS": "₪", "USD": "$", "EUR": "€"}
MINUTE_S, HOUR_S, DAY_S = 60, 3600, 86_400


def money(minor: int, currency: str) -> str:
    """An amount, with a real minus sign."""
    whole, part = divmod(abs(minor), 100)
    return f"{'−' if minor < 0 else ''}{SYMBOLS.get(currency, currency + ' ')}{whole:,}.{part:02}"


def count(pieces: int, *, signed: bool = False) -> str:
    """A number of pieces."""
    sign = "−" if pieces < 0 else "+" if signed and pieces else ""
    return f"{sign}{abs(pieces):,}"


def local_time(wall_ms: int, utc_offset_minutes: int) -> str:
    """A moment on the clock of the store where it happened; a terminal's clock may be far off, and then it says so."""
    try:
        return (datetime.fromtimestamp(wall_ms / 1000, UTC) + timedelta(minutes=utc_offset_minutes)).strftime("%Y-%m-%d %H:%M")
    except (OverflowError, ValueError, OSError):
        return "?"


def here(moment_ms: int) -> str:
    """A moment on head office's own clock."""
    return datetime.fromtimestamp(moment_ms / 1000, UTC).astimezone().strftime("%Y-%m-%d %H:%M")


def age(moment_ms: int, now_ms: int, language: str) -> str:
    """How long ago."""
    seconds = max(now_ms - moment_ms, 0) // 1000
    for unit, size in (("d", DAY_S), ("h", HOUR_S), ("min", MINUTE_S)):
        if seconds >= size * (2 if unit == "d" else 1):
            return word(f"age.{unit}", language).format(seconds // size)
    return word("age.s", language).format(seconds) if seconds else word("age.now", language)


def flag(code: str, language: str) -> str:
    """What was odd about a sale; the code itself for one that this release has no words for."""
    return word(f"flag.{code}", language) if f"flag.{code}" in WORDS else code


def unit_name(program: Program | None, unit: str, language: str) -> str:
    """What the program calls a unit; its code where it does not know it."""
    known = program.units.get(unit) if program else None
    return _name(known.name, language, unit) if known else unit


def tier_name(program: Program | None, tier: str, language: str) -> str:
    """What the program calls a tier."""
    known = tier_by_code(program, tier) if program and tier else None
    return _name(known.name, language, tier) if known else tier


def _name(names: Names, language: str, code: str) -> str:
    return name_in(names, language) or code
