"""The words: every code of a receipt, a refusal, a trace, a page and an error as a sentence in four languages.

The sentences are gettext catalogues, runtime/locales/LANGUAGE.po, read by Babel when a language is first used and compiled in
memory: there is no build step. `msgid` is the code; `msgid_plural`, where there is one, names the parameter whose count
chooses the form (https://www.gnu.org/software/gettext/manual/html_node/PO-Files.html).
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from gettext import GNUTranslations
from io import BytesIO
from pathlib import Path
from string import Formatter
from typing import Literal

from babel import Locale
from babel.dates import format_date
from babel.lists import format_list
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_currency, format_decimal, get_currency_precision

from loyalty.conditions.time import WEEKDAYS
from loyalty.money import Minor
from loyalty.refusal import Params

Direction = Literal["ltr", "rtl"]
FOLDER = Path(__file__).parent / "locales"
ISOLATE, END_ISOLATE = "\u2068", "\u2069"
LEFT_TO_RIGHT = "\u2066"
_AMOUNT = r"[₪$€]?\d(?:[\d.,]*\d)?"
_LEFT_TO_RIGHT = re.compile(rf"(?<![^\s(\[])((?:[-+−±]{_AMOUNT}|[₪$€]\d(?:[\d.,]*\d)?|\d+(?=-\d))(?:-\d+)*[%₪$€]?)(?!\w)")
"""What is read from left to right in any language: a signed number, an amount behind its currency, a telephone number."""
MARKS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Every character that only steers the reading direction (Unicode Annex 9, section 2)."""


@dataclass(frozen=True, slots=True)
class _Manner:
    """How a language writes: its CLDR locale, where the currency sign stands, and which of CLDR's dates is plain to read."""

    locale: Locale
    money: str
    date: str


_MANNERS = {
    "he": _Manner(Locale("he", "IL"), "¤#,##0.00", "short"),
    "en": _Manner(Locale("en"), "¤#,##0.00", "medium"),
    "ar": _Manner(Locale("ar", "IL"), "¤#,##0.00", "short"),
    "ru": _Manner(Locale("ru"), "#,##0.00 ¤", "short"),
}
LANGUAGES = tuple(_MANNERS)
"""The languages posd speaks, the first one first."""


def say(language: str, code: str, params: Params | None = None, currency: str = "ILS") -> str:
    """The sentence of `code` ("receipt.earned", "refusal.code_expired", ...) in `language`, one of LANGUAGES.

    In `params`, a whole number whose name ends in `_minor` is money of `currency`, in `_milli` a quantity in thousandths, any
    other a count; `date` is an ISO date; `weekdays`, `hours`, `dates` and the like are codes with commas, shown by their names
    (SAID); the rest is text, and `unit` a unit's name. Text that runs against the sentence is isolated by U+2068 and U+2069. A
    trace step may carry a refusal's code. An unknown code or a missing parameter is a bug: KeyError.
    """
    sentences, counts = _catalogue(language)
    if code.startswith("trace.") and code not in counts:
        code = "refusal." + code.removeprefix("trace.")
    counted, params = counts[code], params or {}
    template = sentences.ngettext(code, counted, int(params[counted])) if counted else sentences.gettext(code)
    values = {name: isolated(language, _value(language, name, value, currency)) for name, value in params.items()}
    if template.startswith("{unit}"):
        values["unit"] = values["unit"][:1].upper() + values["unit"][1:]
    return numbers_kept(language, template.format_map(values))


def knows(language: str, code: str, params: Params | None = None) -> bool:
    """Whether `code` has a sentence of its own in `language`; and whether `params`, if they are given, fill it."""
    sentences, counts = _catalogue(language)
    if params is None or code not in counts:
        return code in counts
    return {name for _, name, _, _ in Formatter().parse(sentences.gettext(code)) if name} <= params.keys()


def templates(language: str, family: str) -> dict[str, str]:
    """The sentences whose code begins with `family` as they stand in the catalogue, their {parameters} not filled in.

    For a page that puts an element of its own around each value; such sentences have one form for every count.
    """
    sentences, counts = _catalogue(language)
    return {code: sentences.gettext(code) for code in counts if code.startswith(family)}


def language_name(language: str) -> str:
    """What `language` calls itself, to choose it by."""
    return str(_MANNERS[language].locale.language_name)


def direction(language: str) -> Direction:
    """The side that `language` is read from: "rtl" or "ltr"."""
    return "rtl" if _MANNERS[language].locale.text_direction == "rtl" else "ltr"


def money(language: str, amount_minor: Minor, currency: str = "ILS", *, signed: bool = False) -> str:
    """`amount_minor` as the language writes it, without direction marks or hard spaces: "₪12.50"; to be drawn left to right.
    `signed` shows the plus.

    CLDR's own Hebrew form holds U+200F and U+00A0, which come out as "?" on till displays; so the sign's place is ours.
    """
    manner = _MANNERS[language]
    amount = Decimal(amount_minor).scaleb(-get_currency_precision(currency))
    text = _plain(format_currency(amount, currency, manner.money, manner.locale))
    return f"+{text}" if signed and amount_minor > 0 else text


def count(language: str, pieces: int, *, signed: bool = False) -> str:
    """A count with the language's thousands; `signed` shows the plus. To be drawn left to right."""
    text = _plain(format_decimal(pieces, locale=_MANNERS[language].locale))
    return f"+{text}" if signed and pieces > 0 else text


def clean(text: str) -> str:
    """`text` on one line, without control characters, halves of surrogates and direction marks: safe beside other text."""
    spaced = " ".join(MARKS.sub("", text).split())
    return "".join(letter for letter in spaced if unicodedata.category(letter) not in {"Cc", "Cs"})


def isolated(language: str, text: str) -> str:
    """`text` in isolates where its letters could reorder the sentence or be reordered by it."""
    classes = {unicodedata.bidirectional(letter) for letter in text}
    along = {"R", "AL", "NSM", "WS"} if direction(language) == "rtl" else {"L", "EN", "ES", "ET", "CS", "NSM", "WS", "ON", "BN"}
    bare_number = classes <= {"EN", "CS"}
    return text if bare_number or classes <= along else f"{ISOLATE}{text}{END_ISOLATE}"


def numbers_kept(language: str, text: str) -> str:
    """`text` with every "-5%", "₪12.50" and "054-123-4567" in an isolate, where its language would turn their parts around.

    Only at the beginning, after a space or a bracket: what follows a letter or a digit belongs to that.
    """
    return _LEFT_TO_RIGHT.sub(f"{LEFT_TO_RIGHT}\\1{END_ISOLATE}", text) if direction(language) == "rtl" else text


def closed(text: str) -> str:
    """`text`, whose end was cut off, with every isolate closed."""
    return text + END_ISOLATE * (text.count(ISOLATE) + text.count(LEFT_TO_RIGHT) - text.count(END_ISOLATE))


@cache
def _catalogue(language: str) -> tuple[GNUTranslations, dict[str, str]]:
    """The compiled sentences, and for each code the parameter that is counted ("" where nothing is)."""
    with (FOLDER / f"{language}.po").open("rb") as file:
        catalogue = read_po(file, locale=_MANNERS[language].locale, abort_invalid=True)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    ids = [message.id for message in catalogue if message.id]
    return GNUTranslations(compiled), dict((name, "") if isinstance(name, str) else (name[0], name[1]) for name in ids)


def _value(language: str, name: str, value: int | str, currency: str) -> str:
    if name in SAID:
        return SAID[name](language, str(value))
    if isinstance(value, str):
        return clean(value)
    if name.endswith("_minor"):
        return money(language, value, currency)
    if name.endswith("_milli"):
        return _plain(format_decimal(Decimal(value).scaleb(-3), locale=_MANNERS[language].locale))
    return count(language, value)


def _date(language: str, iso: str) -> str:
    """The date as the language writes it. A till may call its business date anything: what is no ISO date is shown as it is."""
    manner = _MANNERS[language]
    try:
        day = date.fromisoformat(iso)
    except ValueError:
        return clean(iso)
    return _plain(format_date(day, manner.date, manner.locale))


def _any_of(language: str, names: Iterable[str]) -> str:
    """Several names as one of them: "Monday, Tuesday or Friday"."""
    return _plain(format_list(list(names), "or", _MANNERS[language].locale))


def _known(family: str) -> Callable[[str, str], str]:
    """Codes that have a word in the catalogue by it; a code that is the till's or the program's own as it is."""

    def said(language: str, codes: str) -> str:
        known = ((f"{family}.{code}", code) for code in codes.split(", "))
        return _any_of(language, (say(language, word) if knows(language, word) else clean(code) for word, code in known))

    return said


def _listed(language: str, names: str) -> str:
    return _any_of(language, map(clean, names.split(", ")))


def _weekdays(language: str, codes: str) -> str:
    names = _MANNERS[language].locale.days["format"]["wide"]  # CLDR counts from Monday
    return _any_of(language, (names[(WEEKDAYS.index(code) - 1) % 7] for code in codes.split(", ")))


def _hours(language: str, windows: str) -> str:
    return _any_of(language, (_span(language, "word.hours", *window.split("-")) for window in windows.split(", ")))


def _hebrew_dates(language: str, windows: str) -> str:
    days = [[_hebrew_day(language, day) for day in window.split(" - ")] for window in windows.split(", ")]
    return _any_of(
        language,
        (
            _template(language, "word.day").format(day=first) if first == last else _span(language, "word.days", first, last)
            for first, last in days
        ),
    )


def _hebrew_day(language: str, text: str) -> str:
    """ "25 kislev" as the language says it; Hebrew itself counts its days in letters."""
    day, _, month = text.partition(" ")
    shown = hebrew_numeral(int(day)) if language == "he" else day
    return _template(language, "word.hebrew_day").format(day=shown, month=say(language, f"month.{month}"))


def hebrew_numeral(number: int) -> str:
    """1 to 30 in Hebrew letters, as the days of a month are written: 15 is tet-vav, never a part of the Name."""
    ones = "אבגדהוזחט"
    if number in (15, 16):
        return f"ט״{ones[number - 10]}"
    letters = ("", *"יכל")[number // 10] + ("", *ones)[number % 10]
    return f"{letters}׳" if len(letters) == 1 else f"{letters[0]}״{letters[1]}"


def _span(language: str, code: str, first: str, last: str) -> str:
    return _template(language, code).format(first=first, last=last)


def _template(language: str, code: str) -> str:
    return _catalogue(language)[0].gettext(code)


SAID: Mapping[str, Callable[[str, str], str]] = {
    "date": _date,
    "weekdays": _weekdays,
    "hours": _hours,
    "dates": _hebrew_dates,
    "holidays": _known("holiday"),
    "occasions": _known("occasion"),
    "tenders": _known("tender"),
    "places": _known("place"),
    "tiers": _listed,
    "plans": _listed,
    "visits": _listed,
}
"""Parameters whose text is several codes, and how each is said. Tiers and plans are the program's own: see speech.py."""


def _plain(text: str) -> str:
    """CLDR's text without its direction marks and with plain spaces."""
    return MARKS.sub("", text).replace("\u00a0", " ").replace("\u202f", " ")
