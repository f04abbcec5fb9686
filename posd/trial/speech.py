"""Names and sentences of an answer, in its language."""

from dataclasses import dataclass

from loyalty.program import Program
from loyalty.receipt import name_in
from loyalty.refusal import Params, Refusal
from loyalty.trace import Step
from posd.trial.answer import RefusalAnswer, TraceAnswer
from runtime import words


@dataclass(frozen=True, slots=True)
class Speech:
    """The language, one of runtime.words.LANGUAGES, and the program whose names are used."""

    language: str
    program: Program

    def name(self, rule: str) -> str:
        """What a reward or a promotion is called; its code, if it is neither."""
        found = self.program.rewards.get(rule) or self.program.promotions.get(rule)
        return name_in(found.name, self.language) if found else rule

    def refusal(self, refusal: Refusal | None) -> RefusalAnswer | None:
        """A refusal with its sentence."""
        if refusal is None:
            return None
        return RefusalAnswer(refusal.code, dict(refusal.params), self._sentence("refusal", refusal.code, refusal.params))

    def trace(self, step: Step) -> TraceAnswer:
        """A step with its sentence."""
        return TraceAnswer(step.rule, step.code, dict(step.params), self._sentence("trace", step.code, step.params))

    def _sentence(self, family: str, code: str, params: Params) -> str:
        """The sentence of `code`; where it has none in any catalogue, the code and what belongs to it."""
        if not any(words.knows(self.language, f"{one}.{code}") for one in (family, "refusal")):
            return " ".join([code.replace("_", " "), *(f"{name}={value}" for name, value in params.items())])
        named = dict(params)
        unit = self.program.units.get(str(named.get("unit", "")))
        if unit:
            named["unit"] = name_in(unit.name, self.language)
        for param in ("reward", "other"):
            if param in named:
                named[param] = self.name(str(named[param]))
        return words.say(self.language, f"{family}.{code}", named, self.program.currency)
