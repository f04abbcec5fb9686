"""What a customer's display says, as signs: pure, from a member, a sale and the words. A display has 20 letters a line.

Everybody in the queue can read it. So it says no more of a member than the cashier's page shows (a first name, a balance), and
each of the two can be left out by the settings.
"""

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from drivers.ports import Line, Sign
from loyalty.program import Program
from runtime import words
from runtime.speech import Speech

if TYPE_CHECKING:
    from drivers.bidi import Direction

PLAIN = "en"
"""What is said where a display has no letters for the terminal's language."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a sign may say of a member: the first name, empty for none; pieces by unit, None for nothing of a balance."""

    first_name: str = ""
    balances: Mapping[str, int] | None = None


@dataclass(frozen=True)
class Voice:
    """One way of saying it: a language with the program's names."""

    speech: Speech

    def said(self, code: str, **params: str) -> str:
        """The words of `display.CODE`."""
        return words.say(self.speech.language, f"display.{code}", params, self.speech.program.currency)

    def sign(self, upper: Line, lower: Line) -> Sign:
        """Two lines, read in the language's direction."""
        direction: Direction = "rtl" if words.direction(self.speech.language) == "rtl" else "ltr"
        return Sign(direction, upper, lower)

    def club(self) -> str:
        """What the program calls itself, or a welcome."""
        return self.speech.name(self.speech.program.name) or self.said("welcome")

    def unit(self, pieces: Mapping[str, int]) -> str:
        """The one unit that two lines have room for: the program's first that is counted here and not only for tiers."""
        return unit_moved(self.speech.program, pieces) or next(iter(_shown(self.speech.program)), "")

    def figure(self, unit: str, pieces: int, *, signed: bool = False) -> str:
        """A count, or an amount where the unit is money."""
        if unit in self.speech.money:
            return words.money(self.speech.language, pieces, self.speech.program.currency, signed=signed)
        return words.count(self.speech.language, pieces, signed=signed)

    def balance(self, shown: Shown, unit: str, label: str = "") -> Line:
        """What the member has of `unit`, under its name or `label`; the club's name where no balance may be shown."""
        if shown.balances is None or not unit:
            return Line(self.club())
        return Line(label or self.speech.unit(unit), self.figure(unit, shown.balances.get(unit, 0)))


Scene = Callable[[Voice, Shown], Sign]


def idle(voice: Voice, _: Shown) -> Sign:
    """Nobody is there."""
    return voice.sign(Line(voice.club()), Line(voice.said("show_code")))


def hello(voice: Voice, shown: Shown) -> Sign:
    """A member has shown a code."""
    name = shown.first_name
    upper = voice.said("hello_name", name=name) if name else voice.said("hello")
    return voice.sign(Line(upper), voice.balance(shown, voice.unit(shown.balances or {})))


def not_taken(voice: Voice, _: Shown) -> Sign:
    """A code was refused: why is between the member and the cashier."""
    return voice.sign(Line(voice.said("not_taken")), Line(voice.said("see_cashier")))


def unit_moved(program: Program, pieces: Mapping[str, int]) -> str:
    """The first unit that is shown and of which there are `pieces`; empty for none."""
    return next((unit for unit in _shown(program) if pieces.get(unit)), "")


def _shown(program: Program) -> list[str]:
    """The units that a customer is told of: not the one that only says how high one stands."""
    speech = Speech(PLAIN, program)
    return [unit for unit in program.units if not speech.stands(unit)]


def moved(unit: str, pieces: int) -> Scene:
    """What a sale or a return has moved, and the balance after it."""

    def scene(voice: Voice, shown: Shown) -> Sign:
        upper = Line(voice.speech.unit(unit), voice.figure(unit, pieces, signed=True))
        return voice.sign(upper, voice.balance(shown, unit, voice.said("balance")))

    return scene


def thanks(voice: Voice, shown: Shown) -> Sign:
    """A checkout is done."""
    name = shown.first_name
    return voice.sign(Line(voice.said("thanks_name", name=name) if name else voice.said("thanks")), Line(voice.said("see_you")))


def trial(voice: Voice, _: Shown) -> Sign:
    """Whether the letters are right: brackets open and close, a figure stands at the end of reading."""
    return voice.sign(Line(voice.said("trial"), "12.50"), Line(voice.said("letters")))


def every(scene: Scene, shown: Shown, language: str, program: Program) -> tuple[Sign, ...]:
    """The scene for a display to choose from, best first: in `language`, without a name that it may not have the letters for, in
    English, and in bare ASCII, which each has."""
    ways = [(one, replace(shown, first_name=name)) for one in (language, PLAIN) for name in (shown.first_name, "")]
    signs = [scene(Voice(Speech(one, program)), said) for one, said in ways]
    return (*signs, replace(signs[-1], upper=_ascii(signs[-1].upper), lower=_ascii(signs[-1].lower)))


def _ascii(line: Line) -> Line:
    """What is left of a line whose names, of a unit or a club, are in no English: its figure, at least."""
    return Line(
        *(unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().strip() for text in (line.text, line.figure))
    )
