"""The files of a trial: program, basket or sequence, and member; JSON or TOML by suffix; the mistakes of all of them at once."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loyalty.program import Mistake, Program
from posd.trial import Setting, Trial, prepared, shape
from runtime import json_file, toml_file
from runtime.errors import Misconfigured
from runtime.toml_file import FILE_BYTES_MAX, InvalidFile, TomlFile
from sync import program_file

STDIN = Path("-")
SHOWN_MAX = 100  # mistakes a person will read


class InvalidFiles(Misconfigured):
    """The mistakes of several files; `lines` has each as `file:line: key: what is wrong; what is wanted`."""

    def __init__(self, lines: list[str]) -> None:
        """Control characters and halves of surrogates in a key are shown as escapes: they are on their way to a screen."""
        self.lines = ["".join(c if c.isprintable() else ascii(c)[1:-1] for c in line) for line in lines]
        count = "1 mistake" if len(lines) == 1 else f"{len(lines)} mistakes"
        shown = self.lines[:SHOWN_MAX] + (["..."] if len(lines) > SHOWN_MAX else [])
        super().__init__(
            "invalid_file", "\n  ".join([f"{count}:", *shown]), "docs/quote.md has the shapes; posd quote --schema too"
        )


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked on the command line: a basket (a sequence of steps, if so said), a member, what is chosen of a lone basket."""

    program: Path
    basket: Path | dict[str, Any]
    member: Path | None = None
    choose: Mapping[str, int | str] | None = None
    sequence: bool = False


def load(asked: Asked, setting: Setting) -> Trial:
    """The trial that the files describe. Raises InvalidFiles with every mistake, Misconfigured for a file that cannot be read."""
    complaints: list[str] = []
    program = _program(asked.program, complaints)
    file = _read(asked.basket, complaints, "steps" if asked.sequence else "")
    person = _read(asked.member, complaints) if asked.member else None
    if program is None or file is None or (asked.member and person is None):
        complaints += _shapes(asked, file, person)
        raise InvalidFiles(complaints)
    steps = file.values if asked.sequence else {"steps": [{"basket": file.values, "choose": dict(asked.choose or {})}]}
    trial, wrong, wrong_member = prepared(program, steps, person.values if person else None, setting)
    if trial is None:
        complaints += _told(file, wrong if asked.sequence else [_alone(one) for one in wrong])
        complaints += _told(person, wrong_member) if person else []
        raise InvalidFiles(complaints)
    return trial


def _program(path: Path, complaints: list[str]) -> Program | None:
    try:
        if path.suffix != ".json":
            return program_file.load(path)[0]
        file = json_file.read(path)
        program, mistakes = program_file.parse(file.values)
        file.complain(mistakes)
    except InvalidFile as error:
        complaints += error.lines
        return None
    else:
        return program


def _read(source: Path | dict[str, Any] | None, complaints: list[str], listed: str = "") -> TomlFile | None:
    if isinstance(source, dict):
        return TomlFile(Path("--line"), source)
    assert source is not None
    try:
        if source == STDIN:
            return json_file.parse(sys.stdin.buffer.read(FILE_BYTES_MAX + 1), Path("<stdin>"), listed)
        return toml_file.read(source) if source.suffix == ".toml" else json_file.read(source, listed)
    except InvalidFile as error:
        complaints += error.lines
        return None


def _shapes(asked: Asked, file: TomlFile | None, person: TomlFile | None) -> list[str]:
    """Mistakes of shape, which need no program."""
    told = []
    for one, model in ((file, shape.Sequence if asked.sequence else shape.Basket), (person, shape.Member)):
        if one is not None:
            told += _told(one, toml_file.check(model, one.values)[1])
    return told


def _alone(mistake: Mistake) -> Mistake:
    """A mistake of a basket that is no step of a sequence."""
    key = mistake.key.removeprefix("steps.0.").removeprefix("basket.")
    return mistake._replace(key="--choose" + key.removeprefix("choose") if key.startswith("choose.") else key)


def _told(file: TomlFile, mistakes: list[Mistake]) -> list[str]:
    found = sorted((file.line_of(one.key), one) for one in mistakes)
    return [f"{file.path}:{line}: {one.key}: {one.wrong}; {one.wanted}" for line, one in found]
