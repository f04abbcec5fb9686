"""posd quote"""

from pathlib import Path
from typing import Any

import click

from posd.cli.baskets import basket_of, basket_option, choices_of, choose_option, code_option, line_option
from posd.cli.options import Local, json_option, show, with_settings
from posd.settings import Settings


@click.command(epilog="Example: posd quote --line coffee=18.00 --code PL1:... --choose ten_off --why")
@basket_option
@line_option
@code_option
@choose_option
@click.option("--why", is_flag=True, help="Say what each rule did.")
@json_option
@with_settings
def quote(
    file: Path | None,
    lines: tuple[str, ...],
    code: str,
    choices: tuple[str, ...],
    settings: Settings,
    *,
    why: bool,
    as_json: bool,
) -> None:
    """What a basket costs and earns now, and what the member may take. Books nothing."""
    body = {"basket": basket_of(file, lines), "code": code, "choices": choices_of(choices)}
    told = Local(settings).post(f"/v1/quote?language={settings.language}", body)
    if as_json:
        show(told)
    else:
        for line in _lines(told, why=why):
            click.echo(line)


def _lines(told: dict[str, Any], *, why: bool) -> list[str]:
    found = [f"total {_money(told['total_minor'])}, to pay {_money(told['to_pay_minor'])} {told['currency']}"]
    if told["refusal"]:
        found.append(told["refusal"]["sentence"])
    found += [f"earns {one['pieces']} {one['name']}" for one in told["accruals"]]
    for offer in told["offers"]:
        said = offer["refusal"]["sentence"] if offer["refusal"] else f"up to {offer['times_max']} times, {offer['cost']} each"
        found.append(f"{offer['name']} ({offer['reward']}): {said}")
    return found + ([step["sentence"] for step in told["trace"]] if why else [])


def _money(minor: int) -> str:
    return f"{minor // 100}.{minor % 100:02}"
