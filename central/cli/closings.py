"""`posd-central closings`."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from central.cli.common import answers, in_store, with_settings
from central.settings import Settings

if TYPE_CHECKING:
    from central.days import Day

DAYS = 7


@click.command("closings")
@click.option("--from", "first", type=click.DateTime(["%Y-%m-%d"]), help="The first business date; a week ago.")
@click.option("--to", "last", type=click.DateTime(["%Y-%m-%d"]), help="The last one; today.")
@click.option("--all", "every", is_flag=True, help="Also days that are closed and agree.")
@answers
@with_settings
def command(settings: Settings, *, first: Any, last: Any, every: bool) -> tuple[list[dict[str, Any]], str]:
    """Days that tills have not closed, and closed ones on which till and head office disagree.

    A receipt that never arrived may still wait at its terminal: see posd-central terminal list.

    \b
    Example:
      posd-central closings --from 2026-11-01 --to 2026-11-30
    """
    from central import days

    to = (last or datetime.now().astimezone()).date()
    since = first.date() if first else to - timedelta(days=DAYS)
    found = in_store(settings, days.between, since.isoformat(), to.isoformat())
    shown = [day for day in found if every or not day.settled]
    return [_values(day) for day in shown], "\n".join(map(_line, shown)) or "Every day is closed, and all is here"


def _values(day: "Day") -> dict[str, Any]:
    unheard, unlisted, differing = day.apart
    told = {"unheard": list(unheard), "unlisted": list(unlisted), "differing": [one._asdict() for one in differing]}
    return {**day._asdict(), "settled": day.settled, "apart": told}


def _line(day: "Day") -> str:
    said = [] if day.closed_ms is not None else ["not closed"]
    unheard, unlisted, differing = day.apart
    said += [f"never arrived: {' '.join(unheard)}"] if unheard else []
    said += [f"not on the till: {' '.join(unlisted)}"] if unlisted else []
    said += [f"{one.receipt_number} took {one.till_minor}, booked {one.booked_minor}" for one in differing]
    return (
        f"{day.business_date}  {day.store}  {day.terminal}  {day.till}  {day.receipts} receipts  {'; '.join(said) or 'closed'}"
    )
