"""`posd-central exposure ...`."""

from typing import Any

import click

from central.cli.common import answers, in_store, look_in_store, person, time_text, with_settings
from central.clock import now_ms
from central.settings import Settings


@click.group("exposure")
def command() -> None:
    """What fenced terminals may still have spent: see it, release it."""


@command.command("list")
@answers
@with_settings
def list_exposure(settings: Settings) -> tuple[list[dict[str, Any]], str]:
    """Leases and holds of fenced terminals, the oldest first.

    \b
    Example:
      posd-central exposure list --json
    """
    from central.store import leases

    found = look_in_store(settings, leases.exposed)
    lines = [
        f"{one.code} {one.store} / {one.terminal}: {_pieces(one.pieces)} of {one.handle}, "
        f"a {one.kind} since {time_text(one.made_ms)}"
        for one in found
    ]
    return [one._asdict() for one in found], "\n".join(lines) or "Nothing is exposed"


@command.command("release")
@click.argument("terminal")
@click.option("--reason", required=True, help="Why that terminal will spend nothing more; kept in the audit log.")
@answers
@with_settings
def release_exposure(settings: Settings, terminal: str, reason: str) -> tuple[list[dict[str, Any]], str]:
    """Make available again what is exposed of TERMINAL (its code): it was destroyed, or its disk is here.

    If that terminal does spend it, members are overdrawn: so what is released joins the published bound.

    \b
    Example:
      posd-central exposure release 3f9a02c4d1e8b765 --reason "stolen, its disk was encrypted"
    """
    from central import leases

    found = in_store(settings, leases.release, terminal, person(), reason, now_ms())
    lines = [f"{_pieces(one.pieces)} of {one.handle} are available again" for one in found]
    return [one._asdict() for one in found], "\n".join(lines)


def _pieces(pieces: Any) -> str:
    return ", ".join(f"{count} {unit}" for unit, count in sorted(pieces.items()))
