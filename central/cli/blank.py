"""`posd-central blank ...`."""

from pathlib import Path
from typing import Any

import click

from central.cli.common import answers, in_store, person, with_settings
from central.clock import now_ms
from central.settings import Settings

CARDS_MAX = 10_000
ALL = 1 << 31


@click.group("blank")
def command() -> None:
    """Codes that are nobody's yet: terminals' pools, and cards to hand out."""


@command.command("cards")
@click.argument("count", type=click.IntRange(1, CARDS_MAX))
@click.option("--png-dir", type=click.Path(path_type=Path, file_okay=False), help="Write each QR code here, as HANDLE.png.")
@answers
@with_settings
def print_cards(settings: Settings, count: int, png_dir: Path | None) -> tuple[list[dict[str, Any]], str]:
    """Make cards to be printed and handed out: whoever joins with one at a till is its member from then on.

    \b
    Example:
      posd-central blank cards 100 --png-dir cards
    """
    from central import blanks, code_keys, qr
    from central.settings import make_state_dir

    make_state_dir(settings)
    signer = code_keys.load(settings.state_dir)
    in_store(settings, code_keys.publish, signer)
    cards = in_store(settings, blanks.print_cards, signer, count, person(), now_ms())
    if png_dir:
        png_dir.mkdir(parents=True, exist_ok=True)
        for handle, code in cards:
            qr.write_png(code, png_dir / f"{handle}.png")
    return [{"handle": handle, "code": code} for handle, code in cards], "\n".join(code for _, code in cards)


@command.command("list")
@answers
@with_settings
def list_pools(settings: Settings) -> tuple[list[dict[str, Any]], str]:
    """How many codes each terminal's pool has left, as far as head office has heard. Pools are filled by themselves.

    \b
    Example:
      posd-central blank list
    """
    from central.store import blanks

    found = in_store(settings, blanks.pools, ALL, ALL)
    values = [{"store": one.store, "terminal": one.name, "left": one.left} for one in found]
    return values, "\n".join(f"{one.store}  {one.name}  {one.left} codes left" for one in found) or "No terminal yet"
