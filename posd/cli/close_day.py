"""posd close-day"""

import csv
import re
from pathlib import Path
from typing import Any

import click

from posd.cli.options import Local, json_option, show, with_settings
from posd.settings import Settings
from runtime.errors import Rejected

AMOUNT = re.compile(r"(-?)([0-9]{1,8})(?:\.([0-9]{1,2}))?")
HINT = "One line for each receipt: its number, a comma, what it took, such as 1001,18.50"


@click.command(epilog="Example: posd close-day --till till-1 --date 2026-11-21 --file receipts.csv")
@click.option("--till", required=True, help="The till's name, as it stands in its sales.")
@click.option("--date", "date", required=True, help="The business date, ISO.")
@click.option("--file", "file", type=click.Path(path_type=Path), required=True, help="A CSV file: receipt number, amount.")
@json_option
@with_settings
def close_day(settings: Settings, *, till: str, date: str, file: Path, as_json: bool) -> None:
    """Close a till's day through the running posd, as the till itself should: for a trial, or by hand."""
    receipts = receipts_in(file)
    told = Local(settings).post(f"/v1/days/{date}/close?language={settings.language}", {"till": till, "receipts": receipts})
    if as_json:
        show(told)
    else:
        for line in lines(told):
            click.echo(line)


def receipts_in(file: Path) -> list[dict[str, Any]]:
    """The receipts in a CSV file. Raises Rejected."""
    try:
        with file.open(newline="", encoding="utf-8-sig") as opened:
            return [_receipt(place, row) for place, row in enumerate(csv.reader(opened), 1) if row]
    except OSError as error:
        raise Rejected("file_unreadable", f"{file}: {error.strerror}", "Check the path") from error
    except ValueError as error:
        raise Rejected("receipts_malformed", f"{file}: {error}", HINT) from error


def _receipt(place: int, row: list[str]) -> dict[str, Any]:
    number, amount = (row[0].strip(), AMOUNT.fullmatch(row[1].strip())) if len(row) > 1 else ("", None)
    if not number or not amount:
        raise ValueError(f"line {place} is {','.join(row)!r:.60}")
    minor = int(amount[2]) * 100 + int(((amount[3] or "") + "00")[:2])
    return {"receipt_number": number, "amount_minor": -minor if amount[1] else minor}


def lines(told: dict[str, Any]) -> list[str]:
    """The answer for a person."""
    found = [f"closed as {told['id']}{', as before' if told['replayed'] else ''}"]
    found += [f"never heard of: {number}" for number in told["unheard"]]
    found += [f"not on the till: {number}" for number in told["unlisted"]]
    found += [
        f"differs: {one['receipt_number']}, till {_money(one['till_minor'])}, here {_money(one['booked_minor'])}"
        for one in told["differing"]
    ]
    found += [f"left open: agreement {one['agreement']}, {_money(one['to_pay_minor'])}" for one in told["open_agreements"]]
    return found if len(found) > 1 else [*found, "till and posd agree"]


def _money(minor: int) -> str:
    return f"{'-' if minor < 0 else ''}{abs(minor) // 100}.{abs(minor) % 100:02}"
