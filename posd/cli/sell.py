"""posd sell"""

from datetime import datetime
from pathlib import Path
from typing import Any

import click

from posd.cli.baskets import basket_of, basket_option, choices_of, choose_option, code_option, line_option
from posd.cli.options import Local, json_option, show, with_settings
from posd.settings import Settings
from runtime.errors import Rejected


@click.command(epilog="Example: posd sell --line coffee=18.00 --code PL1:... --receipt 1001")
@basket_option
@line_option
@code_option
@choose_option
@click.option("--receipt", required=True, help="The till's receipt number; the same number on the same date is the same sale.")
@click.option("--date", "date", default="", help="The till's business date, ISO; today's where it is not given.")
@click.option("--tender", default="cash", show_default=True, help="How it was paid.")
@json_option
@with_settings
def sell(settings: Settings, *, as_json: bool, **given: Any) -> None:
    """Book a paid basket through the running posd: agree, then commit, as a till does."""
    local = Local(settings)
    file: Path | None = given["file"]
    ask = {"basket": basket_of(file, given["lines"]), "code": given["code"], "choices": choices_of(given["choices"])}
    agreed = local.post(f"/v1/agreements?language={settings.language}", ask)
    if agreed["refusal"]:
        raise click.ClickException(agreed["refusal"]["sentence"])
    sale = {
        "till": "cli",
        "receipt_number": given["receipt"],
        "business_date": given["date"] or datetime.now().astimezone().date().isoformat(),
        "tenders": [{"kind": given["tender"], "amount_minor": agreed["to_pay_minor"]}],
        "agreement": agreed["agreement"],
    }
    try:
        booked = local.post(f"/v1/sales?language={settings.language}", sale, key=f"cli:{given['receipt']}")
    except Rejected:
        local.post(f"/v1/agreements/{agreed['agreement']}/cancel", {})
        raise
    if as_json:
        show(booked)
    else:
        paid = booked["paid_minor"]
        click.echo(
            f"Booked as {booked['id']}: paid {paid // 100}.{paid % 100:02}, earned {booked['earned']}, spent {booked['spent']}."
        )
