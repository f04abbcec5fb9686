"""`posd-central program ...`."""

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click

from central.cli.common import answers, in_store, person, time_text, with_settings
from central.clock import now_ms
from central.settings import Settings
from central.store.engine import Connection

ROWS_MAX = 1000
_START = click.option("--from", "start", type=click.DateTime(), help="In force from then on, local time; without it at once.")
_OVERRIDE = click.option("--override", default="", help="Publish what is worse for members without notice; the reason is kept.")
_LANGUAGE = click.option(
    "--language", type=click.Choice(["he", "en"]), default="en", show_default=True, help="Of the sentences."
)
_FILE = click.Path(path_type=Path)


@click.group("program")
def command() -> None:
    """The program: what members earn and what they may take."""


@command.command("check")
@click.argument("file", type=_FILE)
@click.option("--json", "as_json", is_flag=True, help="Answer with one line of JSON.")
def check_program(file: Path, as_json: bool) -> None:
    """Tell every mistake of a program's file as file:line, and end with status 1; what is legal and looks wrong is a warning.

    \b
    Example:
      posd-central program check cafe.toml
    """
    from central.publishing import local_day
    from loyalty.doubts import doubts
    from runtime import toml_file
    from sync import program_file

    try:
        read = toml_file.read(file)
    except toml_file.InvalidFile as error:
        _told(file, error.lines, [], as_json)
        raise SystemExit(1) from error
    program, mistakes = program_file.parse(read.values)
    if program is None or mistakes:
        _told(file, read.told(mistakes), [], as_json)
        raise SystemExit(1)
    _told(file, [], read.told(doubts(program, local_day(now_ms()))), as_json)


@command.command("diff")
@click.argument("files", nargs=-1, required=True, type=_FILE)
@_LANGUAGE
@answers
@with_settings
def diff_programs(settings: Settings, files: tuple[Path, ...], language: str) -> tuple[dict[str, Any], str]:
    """Say what members gain and lose by NEW against OLD, two files; or by one FILE against the version in force.

    \b
    Example:
      posd-central program diff cafe.toml --language he
    """
    from central import change_text, programs
    from central.publishing import local_day
    from loyalty.notice import notice
    from runtime.errors import Rejected
    from sync import program_file

    if len(files) > 2:
        raise click.UsageError("one file, or two: OLD NEW")
    new, _ = program_file.load(files[-1])
    old = program_file.load(files[0])[0] if len(files) == 2 else in_store(settings, programs.in_force, now_ms())
    if old is None:
        raise Rejected("program_first", "no program is in force yet to compare with", "Name two files: OLD NEW")
    found = notice(old, new, local_day(now_ms()))
    return change_text.values(found, new.currency), "\n".join(change_text.lines(found, language, new.currency))


@command.command("publish")
@click.argument("file", type=_FILE)
@_START
@_OVERRIDE
@_LANGUAGE
@answers
@with_settings
def publish_program(
    settings: Settings, file: Path, start: datetime | None, override: str, language: str
) -> tuple[dict[str, Any], str]:
    """Check a program's file and send it to every terminal. What is worse for members must begin late enough (section 16A).

    \b
    Example:
      posd-central program publish config/programs/cafe.toml
    """
    from central import publishing
    from sync import program_file

    program, values = program_file.load(file)
    if start is None and program.effective:
        start = datetime.combine(date.fromisoformat(program.effective), datetime.min.time())
    ask = publishing.Ask(person(), now_ms(), _ms(start), override)
    return _published(in_store(settings, publishing.publish, program, values, ask), language)


@command.command("rollback")
@_START
@_OVERRIDE
@_LANGUAGE
@answers
@with_settings
def roll_back(settings: Settings, start: datetime | None, override: str, language: str) -> tuple[dict[str, Any], str]:
    """Publish the version before the last one again, as a new version; with the same care for members.

    \b
    Example:
      posd-central program rollback
    """
    from central import publishing

    ask = publishing.Ask(person(), now_ms(), _ms(start), override)
    return _published(in_store(settings, publishing.rollback, ask), language)


@command.command("list")
@answers
@with_settings
def list_programs(settings: Settings) -> tuple[list[dict[str, Any]], str]:
    """The published versions, the last one first, since when each is in force, and what was noted when it was published.

    \b
    Example:
      posd-central program list
    """
    from central.store import audit, programs

    def look(db: Connection) -> list[tuple[Any, list[Any]]]:
        found = programs.newest(db, ROWS_MAX)
        return [(one, audit.notes(db, ROWS_MAX, f"{one.code} {one.version}")) for one in found]

    rows, lines = [], []
    for one, notes in in_store(settings, look):
        rows.append(
            {
                "code": one.code,
                "version": one.version,
                "hash": one.hash,
                "effective_ms": one.effective_ms,
                "notes": [note._asdict() for note in notes],
            }
        )
        lines.append(f"{one.code}  version {one.version}  from {time_text(one.effective_ms)}")
        lines += [f"  {time_text(note.made_ms)}  {note.person}  {note.action}: {note.reason}" for note in notes]
    return rows, "\n".join(lines) or "No program yet: posd-central program publish"


@command.command("schema")
def print_schema() -> None:
    """Print the JSON Schema of program files, for editors that complete and check TOML.

    \b
    Example:
      posd-central program schema > program.schema.json
    """
    from sync import program_schema

    click.echo(program_schema.text(), nl=False)


def _told(file: Path, mistakes: list[str], warnings: list[str], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"mistakes": mistakes, "warnings": warnings}, ensure_ascii=False))
        return
    for line in mistakes:
        click.echo(line, err=True)
    for line in warnings:
        click.echo(f"warning: {line}")
    if not mistakes:
        click.echo(
            f"{file} is a program" + ({0: "", 1: ", with 1 warning"}.get(len(warnings), f", with {len(warnings)} warnings"))
        )


def _published(done: Any, language: str) -> tuple[dict[str, Any], str]:
    from central import change_text

    program = done.program
    values: dict[str, Any] = {"code": program.code, "version": program.version, "hash": program.hash}
    told = [f"published: {program.code}, version {program.version}"]
    if done.overridden:
        values["overridden"] = True
        told.append("It is worse for members and comes without notice; the reason is in the audit log: program list")
    if done.notice and done.notice.changes:
        values |= change_text.values(done.notice, program.currency)
        told += change_text.lines(done.notice, language, program.currency)
    return values, "\n".join(told)


def _ms(start: datetime | None) -> int:
    return int(start.timestamp() * 1000) if start else 0
