"""posd quote"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from posd.cli.baskets import basket_of, basket_option, choices_of, choose_option, code_option, line_option
from posd.cli.options import config_option, json_option, show
from runtime.errors import Rejected

if TYPE_CHECKING:
    from pydantic import BaseModel

    from posd.trial import Setting

SCHEMAS = ("basket", "member", "sequence", "answer")
ALONE = {
    "member": "--member",
    "at": "--at",
    "sequence": "--sequence",
    "store_place": "--store-place",
    "time_zone": "--time-zone",
}
"""Options that only a trial from files has."""


@click.command(
    epilog="Example: posd quote --program cafe.toml --basket basket.json --member member.json --choose ten_off --why"
)
@basket_option
@line_option
@code_option
@choose_option
@click.option("--program", type=click.Path(path_type=Path), help="Evaluate this program file, without the daemon.")
@click.option(
    "--member", type=click.Path(path_type=Path), help="With --program: the member's file; without it nobody's basket."
)
@click.option("--at", metavar="TIME", help='With --program: local time, such as "2026-11-21T18:30". Default: now.')
@click.option("--sequence", is_flag=True, help="With --program: the basket file is a list of steps, played one after another.")
@click.option("--store-place", metavar="LAT,LON", help="With --program: where the store stands. Default: Jerusalem.")
@click.option("--time-zone", metavar="NAME", help="With --program: the store's clocks. Default: Asia/Jerusalem.")
@click.option(
    "--language", type=click.Choice(["he", "en", "ar", "ru"]), help="Of the sentences. Default: the settings', or en."
)
@click.option("--schema", type=click.Choice(SCHEMAS), help="Print the JSON Schema of a file, or of the answer, and end.")
@click.option("--why", is_flag=True, help="Say what each rule did.")
@json_option
@config_option
def quote(config: Path, schema: str | None, why: bool, as_json: bool, **asked: Any) -> None:
    """What a basket costs and earns now, and what the member may take. Books nothing.

    It asks the running daemon; with --program it evaluates from files alone. docs/quote.md has their shapes.
    """
    if schema:
        _schema(schema)
    elif asked["program"]:
        _from_files(asked, why=why, as_json=as_json)
    else:
        _from_daemon(config, asked, why=why, as_json=as_json)


def _schema(which: str) -> None:
    from posd.trial import answer, shape

    models: dict[str, type[BaseModel]] = {"basket": shape.Basket, "member": shape.Member, "sequence": shape.Sequence}
    show(answer.schema() if which == "answer" else models[which].model_json_schema())


def _from_files(asked: dict[str, Any], *, why: bool, as_json: bool) -> None:
    """Without daemon, database or settings."""
    from posd.trial import files, text

    if asked["code"]:
        raise Rejected("option_unknown", "--code needs the daemon", "Without it the member is a file: --member FILE")
    if asked["sequence"] and (asked["choices"] or asked["lines"]):
        wanted = 'Write "choose" and the lines into the steps'
        raise Rejected("option_unknown", "--choose and --line are for one basket, not for --sequence", wanted)
    basket = asked["file"] or basket_of(None, asked["lines"])
    choose: dict[str, int | str] = {}
    for choice in choices_of(asked["choices"], most=True):
        before, times = choose.get(choice["reward"], 0), choice["times"]
        choose[choice["reward"]] = before + times if isinstance(before, int) and isinstance(times, int) else "max"
    question = files.Asked(asked["program"], basket, asked["member"], choose, asked["sequence"])
    answers = files.load(question, _setting(asked)).play()
    if as_json:
        show(answers if asked["sequence"] else answers[0])
        return
    for answer in answers:
        for line in text.lines(answer, why=why):
            click.echo(line)


def _setting(asked: dict[str, Any]) -> "Setting":
    from posd.clock import clock_in
    from posd.trial import Setting, shape
    from runtime.calendar import JERUSALEM, Coordinates

    where = JERUSALEM
    if asked["store_place"]:
        try:
            latitude, longitude = map(float, asked["store_place"].split(","))
        except ValueError as error:
            told = f"--store-place {asked['store_place']}: it is no place"
            raise Rejected("place_malformed", told, "Write degrees north and east: --store-place 31.778,35.235") from error
        where = Coordinates(latitude, longitude)
    try:
        start = shape.moment(asked["at"]) if asked["at"] else None
    except ValueError as error:
        raise Rejected("time_malformed", f"--at {asked['at']}: {error}", "Write --at 2026-11-21T18:30") from error
    return Setting(clock_in(asked["time_zone"] or "", where), start, asked["language"] or "en")


def _from_daemon(config: Path, asked: dict[str, Any], *, why: bool, as_json: bool) -> None:
    from posd.cli.options import Local
    from posd.settings import load

    if given := [option for name, option in ALONE.items() if asked[name]]:
        raise Rejected("option_unknown", f"{', '.join(given)}: only with --program", "Add --program FILE")
    settings = load(config)
    body = {
        "basket": basket_of(asked["file"], asked["lines"]),
        "code": asked["code"],
        "choices": choices_of(asked["choices"]),
    }
    told = Local(settings).post(f"/v1/quote?language={asked['language'] or settings.language}", body)
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
