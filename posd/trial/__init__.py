"""A program tried out from files or plain values alone: no daemon, no database, no settings. docs/quote.md explains it.

`play(program, steps, member)` is the way in for tests and stories; `posd quote --program` for everybody else.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from loyalty.program import Mistake, Program
from loyalty.standing import Standing
from posd.clock import Clock, clock_in
from posd.trial import person, plan, shape
from posd.trial.play import Table
from posd.trial.tell import tell
from runtime import toml_file
from runtime.errors import Rejected
from runtime.speech import Speech


@dataclass(frozen=True, slots=True)
class Setting:
    """Where and when a trial begins, and the language of its sentences. `start` is local time."""

    clock: Clock = field(default_factory=lambda: clock_in(""))
    start: datetime | None = None
    language: str = "en"

    def local(self, when: datetime) -> datetime:
        """`when` by the store's clocks, which it is already where it has no offset."""
        return when.astimezone(self.clock.zone) if when.tzinfo else when.replace(tzinfo=self.clock.zone)

    def begins(self, first: datetime | None) -> datetime:
        """When it begins: at `start`, else when its first step is, else now."""
        start = self.start or first
        return self.local(start) if start else datetime.now(self.clock.zone).replace(microsecond=0)


@dataclass(frozen=True, slots=True)
class Trial:
    """A program, the member before the first step, and the steps, all of which can be played."""

    program: Program
    setting: Setting
    start: datetime
    member: Standing | None
    steps: tuple[plan.Step, ...]

    def play(self) -> list[dict[str, Any]]:
        """The answer of each step, in the shape of posd/trial/answer.py. Raises Rejected for what outgrows every bound."""
        table = Table(self.program, self.setting.clock, self.member, self.start.date().isoformat())
        speech = Speech(self.setting.language, self.program)
        answers = []
        for number, step in enumerate(self.steps, 1):
            try:
                answers.append(asdict(tell(table.play(number, step), speech)))
            except ValueError as error:  # the bounds of the domain, after a hundred million shekels or so
                raise Rejected("out_of_bounds", f"Step {number}: {error}", "Take smaller amounts") from error
        return answers


def prepared(
    program: Program, steps: object, member: object, setting: Setting
) -> tuple[Trial | None, list[Mistake], list[Mistake]]:
    """The trial of {"steps": [...]} and a member's table (or None); or the mistakes of the steps, and of the member."""
    found, wrong = toml_file.check(shape.Sequence, steps)
    listed = found.steps if found else _whole(steps)
    start = setting.begins(_first(listed))
    who, wrong_member = None, list[Mistake]()
    if member is not None:
        told, wrong_member = toml_file.check(shape.Member, member)
        if told:
            who, wrong_member = person.standing(program, told, start.date().isoformat())
    planned, meant = plan.steps(program, listed, plan.Begin(start, setting.local, member is not None))
    wrong += meant if found or listed else []
    if wrong or wrong_member:
        return None, wrong, wrong_member
    return Trial(program, setting, start, who, tuple(planned)), [], []


def _first(listed: Sequence[shape.Step | plan.Broken]) -> datetime | None:
    """When the first step is; where it has mistakes, no later than any other."""
    if listed and isinstance(listed[0], shape.Step):
        return listed[0].at
    times = [one.at.replace(tzinfo=None) for one in listed if isinstance(one, shape.Step) and one.at]
    return min(times) - timedelta(days=1) if times else None


def _whole(steps: object) -> list[shape.Step | plan.Broken]:
    """The steps of a sequence with mistakes of shape, as far as each is one."""
    raws = steps.get("steps") if isinstance(steps, dict) else None
    found: list[shape.Step | plan.Broken] = []
    for raw in raws if isinstance(raws, list | tuple) else ():
        step, _ = toml_file.check(shape.Step, raw)
        choose = raw.get("choose") if isinstance(raw, dict) else None
        names = choose if isinstance(choose, dict | list) else ()
        found.append(step or plan.Broken(tuple(name for name in names if isinstance(name, str))))
    return found


def play(
    program: Program,
    steps: Sequence[Mapping[str, Any]],
    member: Mapping[str, Any] | None = None,
    setting: Setting | None = None,
) -> list[dict[str, Any]]:
    """Play `steps` one after another on `member`, both as they stand in files; one answer for each.

    Raises Rejected with every mistake in them.
    """
    trial, wrong, wrong_member = prepared(program, {"steps": list(steps)}, member, setting or Setting())
    if trial is None:
        told = [f"{one.key}: {one.wrong}; {one.wanted}" for one in wrong]
        told += [f"member: {one.key}: {one.wrong}; {one.wanted}" for one in wrong_member]
        raise Rejected("trial_malformed", "\n  ".join(told), "docs/quote.md has the shapes")
    return trial.play()
