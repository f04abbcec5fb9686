"""An answer as a person reads it in a terminal: a few lines for each step, and the trace in columns."""

from collections.abc import Iterator
from typing import Any

FIRST_ISOLATE, END_ISOLATE = "\u2068", "\u2069"


def lines(answer: dict[str, Any], *, why: bool) -> Iterator[str]:
    """One step."""
    yield f"{answer['step']}. {answer['kind']}, {answer['at']}" + (f", days passed: {answer['days']}" if answer["days"] else "")
    money = _Money(answer["currency"])
    if answer["returned"]:
        yield from _returned(answer["returned"], money)
    if answer["lines"]:
        yield from _sold(answer, money)
    yield from (f"   {row}" for row in _units(answer))
    if answer["member"] and answer["member"]["tier"]:
        tier = answer["member"]["tier"]
        rose = f"{tier['before']} -> {tier['after']}" if tier["before"] != tier["after"] else tier["after"]
        yield f"   tier {rose or '-'}" + (f", {tier['missing']} to {tier['next']}" if tier["next"] else "")
    yield from (f"   won {one['challenge']}: {one['pieces']} {one['unit']}" for one in answer["won"])
    for unit, coming in answer["expires"].items():
        yield f"   {unit} expire: " + ", ".join(f"{one['pieces']} after {one['expires']}" for one in coming)
    if why:
        width = max((len(step["rule"]) for step in answer["trace"]), default=0)
        yield from (f"   {step['rule']:{width}}  {FIRST_ISOLATE}{step['sentence']}{END_ISOLATE}" for step in answer["trace"])


class _Money:
    """Minor units as a person writes them."""

    def __init__(self, currency: str) -> None:
        self.currency = currency

    def __call__(self, minor: int) -> str:
        return f"{'-' if minor < 0 else ''}{abs(minor) // 100}.{abs(minor) % 100:02}"


def _sold(answer: dict[str, Any], money: _Money) -> Iterator[str]:
    for line in answer["lines"]:
        off = "".join(f"  -{money(minor)} {rule}" for rule, minor in line["off_by"].items())
        yield f"   {line['line']} {line['product']}  {money(line['rung_minor'])}{off}"
    parts = [f"rung {money(answer['rung_minor'])}", f"off {money(answer['off_minor'])}"]
    parts += [f"donated {money(one['amount_minor'])} to {one['cause']}" for one in answer["donations"]]
    parts += [f"{one['pieces']} {one['unit']} pay {money(one['amount_minor'])}" for one in answer["unit_tenders"]]
    yield f"   {', '.join(parts)}, to pay {money(answer['to_pay_minor'])} {money.currency}"
    yield from (f"   gift: {one['pieces']} {one['product']} ({one['rule']})" for one in answer["gifts"])
    for offer in answer["offers"]:
        said = f"taken {offer['times']} of {offer['times_max']}" if offer["times"] else f"up to {offer['times_max']} times"
        said = offer["refusal"]["sentence"] if offer["refusal"] else said
        yield f"   {offer['reward']}, {offer['cost']} {offer['unit']}: {FIRST_ISOLATE}{said}{END_ISOLATE}"


def _returned(returned: dict[str, Any], money: _Money) -> Iterator[str]:
    if returned["refusal"]:
        yield f"   refused: {FIRST_ISOLATE}{returned['refusal']['sentence']}{END_ISOLATE}"
    elif returned["estimate"]:
        yield "   without the sale at hand: head office decides"
    else:
        yield f"   refund {money(returned['refund_minor'])} {money.currency}"


def _units(answer: dict[str, Any]) -> Iterator[str]:
    signs = {"passed": 1, "earned": 1, "spent": -1, "taken_back": -1, "given_back": 1, "followed": 1}
    for unit, row in answer["units"].items():
        moves = "".join(f" {row[name] * sign:+d} {name.replace('_', ' ')}" for name, sign in signs.items() if row[name])
        yield f"{unit} {row['before']}{moves} = {row['after']}" if moves else f"{unit} {row['after']}"
