"""What the rules say, with the names of the program instead of its codes: sentences that a cashier or a member may read."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from loyalty import counters
from loyalty.program import Names, Program
from loyalty.purse import money_units
from loyalty.receipt import name_in
from loyalty.refusal import Params, Refusal
from loyalty.trace import Step
from runtime import words

COUNTS = ("pieces", "have", "cost", "missing", "confirmed")
"""Parameters that count pieces of the `unit` beside them."""


@dataclass(frozen=True)
class Speech:
    """The language of an answer, and the program whose names it uses."""

    language: str
    program: Program

    @cached_property
    def money(self) -> frozenset[str]:
        """The units that are read as money."""
        return money_units(self.program)

    def say(self, code: str, params: Params) -> str:
        """The sentence of `code`."""
        return words.say(self.language, code, self.params(params), self.program.currency)

    def params(self, params: Params) -> dict[str, int | str]:
        """`params` with names for the codes of units, rules, tiers, plans and causes, and amounts for pieces that are money."""
        named = dict(params)
        unit = str(params.get("unit", ""))
        if unit in self.program.units:
            named["unit"] = self.name(self.program.units[unit].name)
        if unit in self.money:
            counted = {name: params[name] for name in COUNTS if name in params}
            named |= {name: words.money(self.language, int(pieces), self.program.currency) for name, pieces in counted.items()}
        for name in {"reward", "other"} & named.keys():
            named[name] = self.rule(str(params[name]))
        for name, known in (("tiers", self._tiers), ("plans", self._plans), ("cause", self.program.causes)):
            if name in named:
                codes = str(params[name]).split(", ")
                named[name] = ", ".join(self.name(known[code]) if code in known else code for code in codes)
        return named

    def refusal(self, refusal: Refusal | None) -> dict[str, Any] | None:
        """A refusal with its sentence."""
        if refusal is None:
            return None
        code = f"refusal.{refusal.code}"
        # head office may be newer than we are, and refuse for a reason of its own, or say less of it
        known = words.knows(self.language, code, refusal.params)
        sentence = self.say(code, refusal.params) if known else self.say("error.other", {})
        return {"code": refusal.code, "params": dict(refusal.params), "sentence": sentence}

    def trace(self, steps: Iterable[Step]) -> list[dict[str, Any]]:
        """Why, rule by rule. A sentence that speaks of an accrual's unit is not headed by it as well: its name is empty."""
        return [
            {
                "rule": step.rule,
                "name": "" if step.rule in self.program.accruals and "unit" in step.params else self.rule(step.rule),
                "code": step.code,
                "params": dict(step.params),
                "sentence": self.say(f"trace.{step.code}", step.params),
            }
            for step in steps
        ]

    def name(self, names: Names) -> str:
        """The word in this language."""
        return name_in(names, self.language)

    def rule(self, code: str) -> str:
        """The name of a rule; an accrual has none of its own and goes by its unit's. A code that nobody knows stays as it is."""
        program = self.program
        for rules in (program.rewards, program.promotions, program.challenges, program.plans, program.pools):
            if code in rules:
                return self.name(rules[code].name)
        rule = program.accruals.get(code)
        return self.name(program.units[rule.unit].name) if rule else code

    def unit(self, code: str) -> str:
        """The name of a unit."""
        return self.name(self.program.units[code].name) if code in self.program.units else code

    def seen(self, pieces: Mapping[str, int]) -> dict[str, int]:
        """`pieces` by unit without the counters, which nobody reads."""
        return {unit: count for unit, count in pieces.items() if not counters.is_counter(unit)}

    def stands(self, unit: str) -> bool:
        """Whether `unit` is the tiers' own and buys nothing: a cashier need not see it counted."""
        tiers = self.program.tiers
        return bool(tiers and tiers.unit == unit and all(rule.unit != unit for rule in self.program.rewards.values()))

    @cached_property
    def _tiers(self) -> dict[str, Names]:
        return {tier.code: tier.name for tier in self.program.tiers.steps} if self.program.tiers else {}

    @cached_property
    def _plans(self) -> dict[str, Names]:
        return {code: plan.name for code, plan in self.program.plans.items()}
