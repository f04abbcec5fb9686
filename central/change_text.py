"""What a new version changes for members, as sentences and as values for a program."""

from collections.abc import Mapping
from dataclasses import MISSING, asdict, fields, is_dataclass
from typing import Any

from central.change_words import FIELDS, PARTS, PHRASES, SECTIONS
from loyalty.changes import Change
from loyalty.judges import Effect
from loyalty.notice import Notice
from loyalty.program import Names
from runtime.words import count, money

LANGUAGES = ("he", "en")
GROUPS: tuple[Effect, ...] = ("worse", "better", "neutral")
"""What a person must look at comes first."""

MONEY = frozenset({
    "worth", "amount", "price", "to", "amount_min", "amount_max", "price_min", "price_max", "spend_min", "budget_amount",
})  # fmt: skip
"""Fields in minor units."""

SHARES = frozenset({"percent", "percent_max", "chance"})
"""Fields in hundredths of a percent."""

OWN_FORMS = frozenset({"expiry", "per_money", "per_piece"})
"""Changes of several fields at once: how long pieces live, and how many there are for how much."""

UNBOUNDED = frozenset({
    "pieces_max", "pieces_max_day", "pieces_max_month", "times_max", "amount_max", "per_basket", "per_day", "per_month",
    "per_member", "budget_amount", "budget_uses", "within_days",
})  # fmt: skip
"""Fields in which 0 is without limit."""


def lines(found: Notice, language: str, currency: str = "ILS") -> list[str]:
    """The whole comparison as a person reads it, in "he" or "en"."""
    if not found.changes:
        return [_say("same", language)]
    told: list[str] = []
    for group in GROUPS:
        mine = [sentence(change, language, currency) for change in found.changes if change.effect == group]
        if mine:
            told += [_say(group, language), *(f"  {line}" for line in mine)]
    if found.worse:
        phrase = _say("fixed_term" if found.fixed_term else "notice", language)
        told += ["", phrase.format(date=found.earliest), _say("counsel", language)]
    return told


def values(found: Notice, currency: str = "ILS") -> dict[str, Any]:
    """The same as values: each change with its sentence in each language, whether it worsens, and from when it may be in force."""
    return {
        "changes": [
            {
                "key": change.key,
                "kind": change.kind,
                "effect": change.effect,
                "old": _plain(change.old),
                "new": _plain(change.new),
                **{language: sentence(change, language, currency) for language in LANGUAGES},
            }
            for change in found.changes
        ],
        "worsens": bool(found.worse),
        "fixed_term": found.fixed_term,
        "earliest": found.earliest,
    }


def sentence(change: Change, language: str, currency: str = "ILS") -> str:
    """One change in words."""
    section, _, rest = change.key.partition(".")
    if not rest and section not in SECTIONS:  # a field of the program itself
        section, rest = "", section
    parts = rest.split(".")
    side = next((side for side in ("when", "unless") if side in parts[1:-1]), "")
    whole = change.kind != "changed" and not side
    alone = section in ("", "policies") or not rest or (len(parts) == 1 and change.kind == "changed")
    what = _at(SECTIONS[section], language) + ("" if alone else f" {_named(change.name, parts[0], language)}")
    field = parts[-1]
    label = "" if whole else _at(FIELDS[field], language)
    old, new = ("" if whole else _shown(field, value, language, currency) for value in (change.old, change.new))
    phrase = f"{side}.{change.kind}" if side else change.kind
    return _say(phrase, language).format(what=what, field=label, old=old, new=new)


def _named(names: Names, code: str, language: str) -> str:
    name = names.get(language) or next(iter(names.values()), "")
    return f'"{name}"' if name else code


def _shown(field: str, value: Any, language: str, currency: str) -> str:
    """A value as a person reads it."""
    if field in OWN_FORMS:
        return _expiry(value, language) if field == "expiry" else _rate(field, value, language, currency)
    if isinstance(value, int):
        return _number(field, value, language, currency)
    if isinstance(value, Mapping):
        return _named(value, "-", language) if value else _say("none", language)
    if isinstance(value, tuple):
        return ", ".join(_shown(field, one, language, currency) for one in value) or _say("none", language)
    if is_dataclass(value):
        return _table(value, language, currency)
    return str(value) if value else _say("none", language)


def _rate(field: str, value: tuple[int, int], language: str, currency: str) -> str:
    give, every = value
    per = money(language, every, currency) if field == "per_money" else count(language, every)
    return _say("rate", language).format(give=count(language, give), every=per)


def _number(field: str, value: int, language: str, currency: str) -> str:
    if isinstance(value, bool):
        return _say("yes" if value else "no", language)
    if value == 0 and field in UNBOUNDED:
        return _say("none", language)
    if field in MONEY:
        return money(language, value, currency)
    if field in SHARES:
        return f"{value / 100:g}%"
    return count(language, value)


def _table(value: Any, language: str, currency: str) -> str:
    """The fields of a dataclass that say something."""
    said = []
    for field in fields(value):
        found = getattr(value, field.name)
        if field.default is MISSING or found != field.default:
            said.append(f"{_at(PARTS[field.name], language)} {_shown(field.name, found, language, currency)}")
    return " ".join(said) or _say("all", language)


def _expiry(value: tuple[int, int, str], language: str) -> str:
    days, months, at = value
    if not (days or months):
        return _say("never", language)
    length = _say("days_of", language).format(n=days) if days else _say("months_of", language).format(n=months)
    return length if at == "day" else f"{length}, {_say(at, language)}"


def _plain(value: Any) -> Any:
    """A value as JSON has it."""
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    return [_plain(one) for one in value] if isinstance(value, tuple) else dict(value) if isinstance(value, Mapping) else value


def _say(phrase: str, language: str) -> str:
    return _at(PHRASES[phrase], language)


def _at(pair: tuple[str, str], language: str) -> str:
    return pair[LANGUAGES.index(language)]
