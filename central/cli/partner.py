"""`posd-central partner ...`."""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from central.cli.common import answers, look_in_store, with_settings
from central.settings import Settings

if TYPE_CHECKING:
    from central.partners import Settlement
    from loyalty.program import Names


def _day(_context: click.Context, _option: click.Parameter, date: datetime | None) -> str:
    """A business date as records have it; empty for none."""
    return date.date().isoformat() if date else ""


_DATE = click.DateTime(["%Y-%m-%d"])


@click.group("partner")
def command() -> None:
    """Partners: whose cost units and offers are."""


@command.command("report")
@click.option("--from", "first", type=_DATE, callback=_day, help="The first business date; without it from the beginning.")
@click.option("--to", "last", type=_DATE, callback=_day, help="The last business date, included.")
@click.option("--partner", default="", help="Only this partner, by the code in the program.")
@click.option("--store", default="", help="Only what this store has given.")
@click.option("--language", type=click.Choice(["he", "en"]), default="en", show_default=True, help="Of the names.")
@answers
@with_settings
def report_partners(settings: Settings, /, language: str, **wanted: str) -> tuple[dict[str, Any], str]:
    """What each partner owes: units issued and taken back, discounts given and returned, gifts; and the sum of the discounts.

    \b
    Example:
      posd-central partner report --from 2026-11-01 --to 2026-11-30 --partner dairy
    """
    from central import partners
    from central.store.partners import Asked

    asked = Asked(**wanted)
    if asked.last and asked.first > asked.last:
        raise click.UsageError("--from is after --to")
    found = look_in_store(settings, partners.report, asked)
    owed = _summed(found)
    values = {
        "from": asked.first,
        "to": asked.last,
        "store": asked.store,
        "partners": [_values(one) for one in found],
        "owed_minor": owed,
    }
    lines = [line for one in found for line in _lines(one, language)]
    total = [f"together: {_sums(owed, language)}"] if len(found) > 1 else []
    return values, "\n".join([*lines, *total]) or "Nothing was a partner's cost in that time"


def _summed(found: "list[Settlement]") -> dict[str, int]:
    from collections import Counter

    owed = Counter[str]()
    for one in found:
        owed.update(one.owed_minor)
    return dict(owed)


def _values(one: "Settlement") -> dict[str, Any]:
    return {
        **one._asdict(),
        "units": [unit._asdict() for unit in one.units],
        "discounts": [rule._asdict() for rule in one.discounts],
        "gifts": [gift._asdict() for gift in one.gifts],
    }


def _lines(one: "Settlement", language: str) -> Iterator[str]:
    """A partner as a person reads it: a line for each unit and each rule."""
    from runtime.words import count, money

    yield f"{one.partner}  {_name(one.name, language)}"
    for unit in one.units:
        worth = f", worth {money(language, unit.worth_minor, unit.currency)}" if unit.worth_minor else ""
        pieces = [count(language, pieces) for pieces in (unit.issued, unit.taken_back, unit.left)]
        yield f"  {unit.unit}  {_name(unit.name, language)}: {pieces[0]} issued, {pieces[1]} taken back, {pieces[2]} left{worth}"
    for rule in one.discounts:
        given, returned, owed = (
            money(language, amount, rule.currency) for amount in (rule.given_minor, rule.returned_minor, rule.owed_minor)
        )
        yield f"  {rule.rule}  {_name(rule.name, language)}: {given} given, {returned} returned, {owed} owed"
    for gift in one.gifts:
        yield f"  {gift.rule}  {_name(gift.name, language)}: {count(language, gift.pieces)} of {gift.product} handed over"
    if one.discounts:
        yield f"  owes {_sums(one.owed_minor, language)}"


def _sums(owed: dict[str, int], language: str) -> str:
    """Money by currency."""
    from runtime.words import money

    return ", ".join(money(language, amount, currency) for currency, amount in owed.items()) or "nothing in money"


def _name(names: "Names", language: str) -> str:
    return names.get(language) or next(iter(names.values()), "")
