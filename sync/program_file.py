"""A program as a file: TOML as a clerk writes it, JSON as it travels; every mistake at once -> loyalty.Program.

The settings of an accrual or a reward are the dataclass of its row in ACCRUALS or REWARDS, so a new way of earning needs no
change here. program_shape.py has how each is written.
"""

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, Field

from loyalty.accruals import ACCRUALS
from loyalty.journal import plain
from loyalty.program import (
    AccrualRule,
    Award,
    Challenge,
    Mistake,
    Plan,
    Policies,
    Pool,
    Program,
    PromotionRule,
    RewardRule,
    Tiers,
    Unit,
)
from loyalty.rewards import REWARDS
from loyalty.validate import validate
from runtime import toml_file
from runtime.errors import Misconfigured
from sync.program_shape import STRICT, Code, Text, Whole, Words, model

PLAIN: Mapping[str, type] = {"units": Unit, "plans": Plan, "awards": Award, "pools": Pool}
"""Sections whose tables are all of one shape."""

TYPED: Mapping[str, tuple[type, Mapping[str, Any]]] = {
    "accruals": (AccrualRule, ACCRUALS),
    "rewards": (RewardRule, REWARDS),
    "promotions": (PromotionRule, REWARDS),
    "challenges": (Challenge, ACCRUALS),
}
"""Sections whose tables say their `type`, a row of that table."""


class Outline(BaseModel):
    """The outline of a program file; the sections' tables are looked at one by one."""

    model_config = STRICT
    code: Code
    version: Whole
    currency: Literal["ILS", "USD", "EUR"] = "ILS"
    name: Words
    effective: Text = ""
    ends: Text = ""
    open_ended: bool = True
    plain_prefixes: tuple[Text, ...] = ()
    units: dict[Code, dict[str, Any]] = Field(default_factory=dict)
    accruals: dict[Code, dict[str, Any]] = Field(default_factory=dict)
    rewards: dict[Code, dict[str, Any]] = Field(default_factory=dict)
    promotions: dict[Code, dict[str, Any]] = Field(default_factory=dict)
    challenges: dict[Code, dict[str, Any]] = Field(default_factory=dict)
    plans: dict[Code, dict[str, Any]] = Field(default_factory=dict)
    awards: dict[Code, dict[str, Any]] = Field(default_factory=dict)
    pools: dict[Code, dict[str, Any]] = Field(default_factory=dict)
    causes: dict[Code, Words] = Field(default_factory=dict)
    partners: dict[Code, Words] = Field(default_factory=dict)
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
    """The SHA-256, in hex, of a program as compact JSON, its keys in the order of the file: what sales are stamped with.

    The order is part of what a program says: it decides between equal priorities.
    """
    return hashlib.sha256(json.dumps(plain(values), ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()


def parse(values: object) -> tuple[Program | None, list[Mistake]]:
    """The program in `values`, or every mistake of shape; if there is none of those, every mistake of meaning. It never raises."""
    outline, mistakes = toml_file.check(Outline, values)
    if not isinstance(values, Mapping):
        return None, mistakes
    sections: dict[str, dict[str, Any]] = {}
    for name, shape in PLAIN.items():
        sections[name] = {code: _built(shape, raw, f"{name}.{code}", mistakes) for code, raw in _tables(values, name)}
    for name, (rule, table) in TYPED.items():
        found = ((code, _rule(table, raw, f"{name}.{code}", rule, mistakes)) for code, raw in _tables(values, name))
        sections[name] = {code: built for code, built in found if built is not None}
    mistakes += [
        Mistake(f"{name}.{code}.unless", "it is empty", "say when the rule does not hold, or remove it")
        for name in (*TYPED, "pools")
        for code, raw in _tables(values, name)
        if raw.get("unless") == {}
    ]
    tiers = _built(Tiers, values["tiers"], "tiers", mistakes) if isinstance(values.get("tiers"), dict) else None
    policies = _built(Policies, values.get("policies", {}), "policies", mistakes)
    if outline is None or mistakes:
        return None, mistakes
    program = Program(
        code=outline.code,
        version=outline.version,
        currency=outline.currency,
        name=_words(outline.name),
        tiers=tiers,
        plain_prefixes=outline.plain_prefixes,
        policies=policies,
        hash=hash_of(values),
        causes={code: _words(names) for code, names in outline.causes.items()},
        partners={code: _words(names) for code, names in outline.partners.items()},
        effective=outline.effective,
        ends=outline.ends,
        open_ended=outline.open_ended,
        **sections,
    )
    return program, validate(program)


def _words(names: Mapping[Any, str]) -> dict[str, str]:
    return {str(language): word for language, word in names.items()}


def _tables(values: Mapping[str, Any], name: str) -> list[tuple[str, dict[str, Any]]]:
    """The tables below `name`; what is none is the outline's mistake already."""
    section = values.get(name)
    return [(code, raw) for code, raw in section.items() if isinstance(raw, dict)] if isinstance(section, dict) else []


def _built(shape: type, raw: object, at: str, mistakes: list[Mistake]) -> Any:
    """`raw` as the dataclass `shape`; None, and its mistakes noted, if it is not one."""
    found, wrong = toml_file.check(model(shape), raw, at)
    mistakes += wrong
    return None if found is None else shape(**dict(found))


def _rule(table: Mapping[str, Any], raw: dict[str, Any], at: str, rule: type, mistakes: list[Mistake]) -> Any:
    """The rule with its type's settings; None, and its mistakes noted, if it is not one."""
    row = table.get(str(raw.get("type")))
    if row is None:
        wrong = f"it says {toml_file.shown(raw['type'])}" if "type" in raw else "it is missing"
        mistakes.append(Mistake(f"{at}.type", wrong, f"one of: {', '.join(table)}"))
        return None
    found, wrongs = toml_file.check(model(row.settings, rule), raw, at)
    mistakes += wrongs
    if found is None:
        return None
    values = dict(found)
    settings = row.settings(**{one.name: values.pop(one.name) for one in dataclasses.fields(row.settings)})
    return rule(settings=settings, **values)
