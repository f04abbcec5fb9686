"""A story: a program's whole life on one member, as text that a person reads and works out again by hand.

A story's file has `tells` (what the story is), `[member]` (where somebody is known before it begins) and `[[steps]]`, each with a
sentence of its own in `tells` and otherwise as docs/quote.md has them.
"""

import tomllib
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from drivers.printers.plain import text as receipt_text
from loyalty import lots
from loyalty.document import Receipt
from loyalty.ledger import Entry, available, held
from loyalty.program import Program
from loyalty.receipt import Bearer, Ending, return_receipt, sale_receipt
from loyalty.refusal import Refusal
from loyalty.standing import Standing, book
from posd.trial import Setting, prepared
from posd.trial.play import Played, Table
from posd.trial.tell import tell
from runtime.speech import Speech
from sync import program_file
from tests.stories.words import Words

FOLDER = Path(__file__).resolve().parent
PROGRAMS = FOLDER.parents[1] / "config" / "programs"
WIDTH = 100


class Told(NamedTuple):
    """A story as text, and the answers it was made of."""

    text: str
    answers: tuple[dict[str, Any], ...]


@cache
def told(name: str) -> Told:
    """The story of config/programs/NAME.toml, played."""
    file = tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
    program, _ = program_file.load(PROGRAMS / f"{name}.toml")
    steps = [{key: value for key, value in step.items() if key != "tells"} for step in file["steps"]]
    trial, *mistakes = prepared(program, {"steps": steps}, file.get("member"), Setting())
    assert trial, mistakes
    table = Table(program, trial.setting.clock, trial.member, trial.start.date().isoformat())
    speech = Speech("en", program)
    answers, lines = [], [f"{name}: {file['tells']}"]
    for number, (step, raw) in enumerate(zip(trial.steps, file["steps"], strict=True), 1):
        before = table.standing
        played = table.play(number, step)
        answer = asdict(tell(played, speech))
        answers.append(answer)
        lines += ["", "", f"{number}. {raw['tells']}", f"   {_when(answer)}"]
        happened = list(Words(program, answer, raw).lines())
        lines += ["", *happened] if happened else []
        for receipt in _receipts(program, played, table, before):
            lines += ["", *(f"      | {line}" for line in receipt_text(receipt).splitlines())]
        after = list(Words(program, answer, raw).after()) if answer["member"] else []
        lines += ["", *after] if after else []
    return Told("\n".join(line.rstrip() for line in lines) + "\n", tuple(answers))


def _when(answer: dict[str, Any]) -> str:
    at = datetime.fromisoformat(answer["at"])
    passed = {0: "", 1: ", a day later"}.get(answer["days"], f", {answer['days']} days later")
    return f"{at:%A} {at.day} {at:%B %Y, %H:%M}{passed}"


def _receipts(program: Program, played: Played, table: Table, before: Standing | None) -> Iterator[Receipt]:
    """What the till prints in Hebrew: of a return, of a sale, or of both."""
    day, member = played.step.when.date().isoformat(), played.then
    if member is None or before is None:
        return
    ending = Ending(str(played.number), day, online=True)
    undone = played.undone
    if undone and table.sold[undone.of].member and not isinstance(undone.reversal, Refusal):
        yield return_receipt(undone.reversal, Bearer("", dict(member.balances)), program, "he", ending)
    if played.sale and played.quote and played.quote.member:
        reserved = [Entry(available(before.handle), held(one.id), one.unit, one.pieces) for one in played.sale.holds]
        expiring = _expiring(book(program, before, reserved, day), day)
        bearer = Bearer("", dict(played.quote.member.balances), expiring)
        receipt = sale_receipt(played.sale, bearer, program, "he", online=True)
        if receipt:
            yield receipt


def _expiring(standing: Standing, day: str) -> dict[str, tuple[int, str]]:
    """What of each unit expires next, as the terminal knows it when the basket is paid for."""
    coming = {unit: lots.forecast(standing.lots(unit), day) for (_, unit) in standing.accounts}
    return {unit: (found[0][1], found[0][0]) for unit, found in coming.items() if found}
