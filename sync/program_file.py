"""A program as a file: TOML as a clerk writes it, JSON as it travels; every mistake at once -> loyalty.Program.

The settings of an accrual or a reward are the dataclass of its row in ACCRUALS or REWARDS, so a new way of earning needs no
change here. Money is a text such as "12.50"; counts are whole numbers.
"""

import dataclasses
import hashlib
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, get_type_hints

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, StrictInt, StrictStr, create_model

from loyalty import bounds
from loyalty.accruals import ACCRUALS
from loyalty.journal import canonical
from loyalty.money import Minor
from loyalty.program import AccrualRule, Mistake, Names, Policies, Program, RewardRule, Tier, Tiers, Unit, validate
from loyalty.rewards import REWARDS
from runtime import toml_file
from runtime.errors import Misconfigured

MONEY = re.compile(r"[0-9]{1,8}(\.[0-9]{1,2})?")
MINOR_PER_MAJOR = 100


def _money(value: object) -> int:
    if not isinstance(value, str) or not MONEY.fullmatch(value):
        raise ValueError('money is a text such as "12.50"')
    major, _, minor = value.partition(".")
    return int(major) * MINOR_PER_MAJOR + int((minor + "00")[:2])


Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$", strict=True)]
Words = dict[Literal["he", "en", "ar", "ru"], Annotated[str, Field(strict=True, min_length=1, max_length=60)]]
Whole = Annotated[StrictInt, Field(ge=-bounds.PIECES_MAX, le=bounds.PIECES_MAX)]
Money = Annotated[int, BeforeValidator(_money)]
STRICT = ConfigDict(extra="forbid", frozen=True)

_AS_WRITTEN: Mapping[object, object] = {
    Minor: Money,
    int: Whole,
    bool: StrictBool,
    str: StrictStr,
    Names: Words,
    tuple[str, ...]: tuple[StrictStr, ...],
}
"""How a field of the domain is written in a file."""


class _Program(BaseModel):
    """The outline; what stands inside accruals and rewards depends on their type."""

    model_config = STRICT
    code: Code
    version: Whole
    currency: Literal["ILS", "USD", "EUR"] = "ILS"
    name: Words
    plain_prefixes: tuple[StrictStr, ...] = ()
    units: dict[Code, dict[str, Any]] = Field(default_factory=dict)
    accruals: dict[Code, dict[str, Any]] = Field(default_factory=dict)
    rewards: dict[Code, dict[str, Any]] = Field(default_factory=dict)
    tiers: dict[str, Any] | None = None
    policies: dict[str, Any] = Field(default_factory=dict)


def load(path: Path) -> tuple[Program, dict[str, Any]]:
    """The program in the TOML file at `path`, and the same as JSON values. Raises InvalidFile with every mistake."""
    file = toml_file.read(path)
    program, mistakes = parse(file.values)
    file.complain(mistakes)
    assert program is not None
    return program, file.values


def from_json(values: Mapping[str, Any]) -> Program:
    """The program that head office published. Raises Misconfigured when this release cannot read it."""
    program, mistakes = parse(values)
    if program is None or mistakes:
        first = mistakes[0]
        raise Misconfigured(
            "program_unreadable",
            f"the program from head office: {first.key}: {first.wrong}; {first.wanted}",
            "It may need a newer posd on this terminal",
        )
    return program


def hash_of(values: Mapping[str, Any]) -> str:
    """The SHA-256, in hex, of a program's canonical JSON: what sales are stamped with."""
    return hashlib.sha256(canonical(values)).hexdigest()


def parse(values: Mapping[str, Any]) -> tuple[Program | None, list[Mistake]]:
    """The program in `values`, or every mistake of shape; if there is none of those, every mistake of meaning."""
    outline, mistakes = toml_file.check(_Program, values)
    units = {code: _built(Unit, raw, f"units.{code}", mistakes) for code, raw in _tables(values, "units")}
    accruals: dict[str, AccrualRule] = {}
    for code, raw in _tables(values, "accruals"):
        settings, rule = _rule(ACCRUALS, raw, f"accruals.{code}", AccrualRule, mistakes)
        if rule:
            accruals[code] = AccrualRule(settings=settings, **rule)
    rewards: dict[str, RewardRule] = {}
    for code, raw in _tables(values, "rewards"):
        settings, rule = _rule(REWARDS, raw, f"rewards.{code}", RewardRule, mistakes)
        if rule:
            rewards[code] = RewardRule(settings=settings, **rule)
    tiers = _tiers(values["tiers"], mistakes) if isinstance(values.get("tiers"), dict) else None
    policies = _built(Policies, values.get("policies", {}), "policies", mistakes)
    if outline is None or mistakes:
        return None, mistakes
    program = Program(
        code=outline.code,
        version=outline.version,
        currency=outline.currency,
        name={str(language): word for language, word in outline.name.items()},
        units=units,
        accruals=accruals,
        rewards=rewards,
        tiers=tiers,
        plain_prefixes=outline.plain_prefixes,
        policies=policies,
        hash=hash_of(values),
    )
    return program, validate(program)


def _tables(values: Mapping[str, Any], name: str) -> list[tuple[str, dict[str, Any]]]:
    """The tables below `name`; what is none is the outline's mistake already."""
    section = values.get(name)
    return [(code, raw) for code, raw in section.items() if isinstance(raw, dict)] if isinstance(section, dict) else []


def _built(shape: type, raw: object, at: str, mistakes: list[Mistake]) -> Any:
    """`raw` as the dataclass `shape`; None, and its mistakes noted, if it is not one."""
    model, found = toml_file.check(_model(shape), raw, at)
    mistakes += found
    return None if model is None else shape(**dict(model))


def _rule(
    table: Mapping[str, Any], raw: dict[str, Any], at: str, rule: type, mistakes: list[Mistake]
) -> tuple[Any, dict[str, Any]]:
    """The settings of a rule as its type's dataclass, and the other fields of `rule` by name; empty, its mistakes noted."""
    row = table.get(str(raw.get("type")))
    if row is None:
        wrong = f"it says {raw['type']!r}" if "type" in raw else "it is missing"
        mistakes.append(Mistake(f"{at}.type", wrong, f"one of: {', '.join(table)}"))
        return None, {}
    model, found = toml_file.check(_model(row.settings, rule), raw, at)
    mistakes += found
    if model is None:
        return None, {}
    values = dict(model)
    settings = row.settings(**{one.name: values.pop(one.name) for one in dataclasses.fields(row.settings)})
    return settings, values


def _tiers(raw: dict[str, Any], mistakes: list[Mistake]) -> Tiers | None:
    steps = raw.get("step", [])
    if not isinstance(steps, list):
        mistakes.append(Mistake("tiers.step", "it is not a list", "one [[tiers.step]] for each tier"))
        return None
    built = tuple(_built(Tier, step, f"tiers.step.{place}", mistakes) for place, step in enumerate(steps))
    outline, found = toml_file.check(_OnlyUnit, {key: value for key, value in raw.items() if key != "step"}, "tiers")
    mistakes += found
    return Tiers(outline.unit, built) if outline else None


class _OnlyUnit(BaseModel):
    model_config = STRICT
    unit: StrictStr


@cache
def _model(settings: type, rule: type | None = None) -> type[BaseModel]:
    """A strict pydantic model of a dataclass, with the fields of `rule` beside its own."""
    fields: dict[str, Any] = {}
    for shape in (rule, settings) if rule else (settings,):
        hints = get_type_hints(shape, include_extras=True)
        for one in dataclasses.fields(shape):
            if one.name == "settings":
                continue
            default = ... if one.default is dataclasses.MISSING else one.default
            fields[one.name] = (_AS_WRITTEN[hints[one.name]], default)
    return create_model(settings.__name__, __config__=STRICT, **fields)
