"""posd virtual-printer"""

import asyncio
import sys
from contextlib import suppress
from pathlib import Path

import click

from drivers.virtual_printer import Fault, Place, TcpPort, Terminal, VirtualPrinter

FAULTS = [fault.value for fault in Fault]


@click.command(epilog='Example: posd virtual-printer --port 9100 --folder paper   with driver = "network", host = "127.0.0.1"')
@click.option("--port", type=click.IntRange(0, 65535), help="Be a network printer on this port of the loopback; 0: any.")
@click.option("--pty", "path", type=click.Path(path_type=Path), help="Be a USB or serial printer under this name.")
@click.option("--folder", type=click.Path(path_type=Path, file_okay=False), help="Keep each receipt there, as a picture.")
@click.option("--fault", type=click.Choice(FAULTS), default="none", show_default=True, help="How it misbehaves.")
def virtual_printer(port: int | None, path: Path | None, folder: Path | None, fault: str) -> None:
    """Be a receipt printer, to try things out without one.

    Type the name of another fault to change it, "none" to mend it; an empty line or Ctrl-D ends it.
    """
    if (port is None) is (path is None):
        raise click.UsageError("give --port or --pty")
    place: Place = Terminal(path) if path else TcpPort(port or 0)
    with suppress(KeyboardInterrupt):
        asyncio.run(_stay(VirtualPrinter(place, folder, fault=Fault(fault))))


async def _stay(paper: VirtualPrinter[Place]) -> None:
    """Print until the person has had enough, and tell of each receipt."""
    async with paper:
        click.echo(f"printing at {paper.place.where}; faults: {', '.join(FAULTS)}")
        telling = asyncio.create_task(_tell(paper))
        while line := (await asyncio.to_thread(sys.stdin.readline)).strip():
            if line in FAULTS:
                paper.fault = Fault(line)
                click.echo(f"now {line}")
            else:
                click.echo(f"no such fault: one of {', '.join(FAULTS)}", err=True)
        telling.cancel()


async def _tell(paper: VirtualPrinter[Place]) -> None:
    told = 0
    while True:
        for number, job in enumerate(paper.printed[told:], told + 1):
            size = f"{job.picture.width} x {job.picture.height} dots" if job.picture else "text"
            click.echo(f"receipt {number}: {size}")
        told = len(paper.printed)
        await asyncio.sleep(0.1)
