"""posd salvage"""

import asyncio
from contextlib import aclosing
from pathlib import Path
from typing import Any

import click

from posd.cli.options import json_option, show, with_settings
from posd.settings import Settings

FILE = click.Path(path_type=Path, dir_okay=False)


@click.command(epilog="Example: posd salvage /media/old-disk/var/lib/posd/posd.db")
@click.argument("file", type=FILE)
@click.option("--key", type=FILE, help="That terminal's key; else terminal.key beside FILE, else this terminal's own.")
@click.option("--to", "export", type=FILE, help="Write the records to this file instead, one on a line, and send nothing.")
@json_option
@with_settings
def salvage(file: Path, key: Path | None, export: Path | None, settings: Settings, *, as_json: bool) -> None:
    """Send head office what an old database has: of a dead terminal's disk, or one that was set aside here.

    The database is not changed. What head office has already does no harm. A terminal that was enrolled again since is another
    epoch: head office keeps what comes from the old one in quarantine until a person has looked.
    """
    told = _exported(file, export) if export else asyncio.run(_sent(file, key, settings))
    if as_json:
        show(told)
    else:
        for line in _lines(told):
            click.echo(line)


def _exported(file: Path, export: Path) -> dict[str, Any]:
    from posd.store.salvaging import read

    found = read(file)
    with export.open("xb") as out:
        out.writelines(data + b"\n" for _, data in sorted(found.records.items()))
    kept = len(found.attachments)
    return {"found": len(found.records), "unreadable": found.unreadable, "not_attached": kept, "to": str(export)}


async def _sent(file: Path, key: Path | None, settings: Settings) -> dict[str, Any]:
    from posd import keys
    from posd.salvage import send
    from posd.store.journal import must_be_enrolled
    from posd.store.salvaging import read
    from sync.client import HeadOffice, pinned
    from sync.signing import key_id

    found = read(file)
    me = found.identity
    must_be_enrolled(me.terminal)
    beside = file.parent / keys.KEY_FILE
    signing = keys.read_key(key or (beside if beside.exists() else settings.state_path / keys.KEY_FILE))
    there, name = settings.head_office, key_id(me.terminal, me.epoch)
    async with aclosing(HeadOffice(there.url, name, signing.sign, pinned(there.ca_file))) as office:
        done = await send(found, office)
    return {
        "terminal": me.terminal,
        "epoch": me.epoch,
        "found": done.found,
        "unreadable": done.unreadable,
        "head_office_seq": done.seq,
        "outcome": done.outcome,
        "left": len(done.left),
        "attached": done.attached,
        "not_attached": done.not_attached,
    }


def _lines(told: dict[str, Any]) -> list[str]:
    read = f"{told['found']} records read, {told['unreadable']} could not be"
    if "to" in told:
        lines = [f"{read}; they are in {told['to']}"]
        if told["not_attached"]:
            lines.append(f"what {told['not_attached']} joining members gave is not in it, but goes to head office without --to")
        return lines
    lines = [f"terminal {told['terminal']}, epoch {told['epoch']}: {read}"]
    lines.append(f"head office has this journal up to {told['head_office_seq']} now ({told['outcome']})")
    if told["attached"]:
        lines.append(f"it has what {told['attached']} joining members gave")
    if told["not_attached"]:
        lines.append(f"it does not have what {told['not_attached']} joining members gave: try again once it has their records")
    if told["left"]:
        lines.append(
            f"{told['left']} behind that it does not have: keep them with --to, and tell whoever looks after head office"
        )
    return lines
