"""The answer of one step of a story, in lines."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from loyalty.program import Program
from loyalty.purse import money_units

SAID = 62  # the column at which amounts end
MOVES = {
    "passed": (1, "with the days"), "earned": (1, "earned"), "spent": (-1, "spent"), "taken_back": (-1, "taken back"),
    "given_back": (1, "given back"), "followed": (1, "by itself"),
}  # fmt: skip


def money(minor: int) -> str:
    """Shekels and agorot."""
    return f"{'-' if minor < 0 else ''}{abs(minor) // 100:,}.{abs(minor) % 100:02}"


def row(label: str, amount: str, indent: int = 3) -> str:
    """A label, and an amount on the other side."""
    return f"{' ' * indent}{label:<{SAID - indent}}{amount:>12}"


def _date(day: str) -> str:
    return "/".join(str(int(part)) for part in reversed(day.split("-")))


def _count(milli: int) -> str:
    return f"{milli / 1000:.3f} kg" if milli % 1000 else str(milli // 1000)


@dataclass(frozen=True)
class Words:
    """One step: the program it was played with, its answer, and the step as its file has it."""

    program: Program
    answer: dict[str, Any]
    raw: dict[str, Any]

    def lines(self) -> Iterator[str]:
        """What happened, and why."""
        if self.answer["returned"]:
            yield from self._returned(self.answer["returned"])
        if self.answer["lines"]:
            yield from self._sold()
        if self.answer["trace"]:
            width = max(len(step["rule"]) for step in self.answer["trace"]) + 2
            yield ""
            yield from (f"   {step['rule']:{width}}{step['sentence']}" for step in self.answer["trace"])

    def after(self) -> Iterator[str]:
        """Where the member stands now."""
        for unit, found in self.answer["units"].items():
            yield from self._unit(unit, found)
        member = self.answer["member"]
        if tier := member["tier"]:
            rose = f"{tier['before']} -> {tier['after']}" if tier["before"] not in ("", tier["after"]) else tier["after"]
            yield f"   tier: {rose}" + (f", {tier['missing']} more to {tier['next']}" if tier["next"] else ", the highest")
        for plan, last in member["plans"].items():
            yield f"   plan {plan}: until {_date(last)}"
        for one in self.answer["won"]:
            prize = f": {one['pieces']} {one['unit']}" if one["unit"] else ""
            yield f"   {'won' if one['times'] > 0 else 'lost'} {one['challenge']}{prize}"
        if member["badges"]:
            yield f"   badges: {', '.join(member['badges'])}"
        for one in self.answer["referrer"]:
            yield f"   whoever brought this member is given {self._pieces(one['unit'], one['pieces'])}"
        moved = [(name, one) for name, one in self.answer["counters"].items() if one["before"] != one["after"]]
        yield from (f"   ({name}: {one['before']} -> {one['after']})" for name, one in moved)

    def _sold(self) -> Iterator[str]:
        answer, basket = self.answer, self.raw.get("basket") or self.raw["exchange"]["basket"]
        names = [line.get("name") or line["product"] for line in basket["lines"]]
        if basket.get("codes"):
            yield f"   the word {', '.join(basket['codes'])}"
        for line, name in zip(answer["lines"], names, strict=True):
            yield row(f"{_count(line['quantity_milli'])} {name}", money(line["rung_minor"]))
            yield from (row(self._name(rule), money(-off), 8) for rule, off in line["off_by"].items())
        yield from (row(f"gift: {one['pieces']} {one['product']}", "") for one in answer["gifts"])
        yield from (
            row(f"{self._name(one['rule'])}: {self.program.causes[one['cause']]['en']}", money(one["amount_minor"]))
            for one in answer["donations"]
        )
        yield row("total" + (f", {money(answer['off_minor'])} less than rung" if answer["off_minor"] else ""),
                  money(answer["total_minor"]))  # fmt: skip
        yield from (
            row(f"of which tax, {one['percent']} % of {money(one['net_minor'])}", money(one["tax_minor"]), 8)
            for one in answer["tax"]
            if one["tax_minor"]
        )
        yield from (row(f"paid: {self._name(one['rule'])}", money(one["amount_minor"])) for one in answer["unit_tenders"])
        yield from (row(f"paid: {one['kind'].replace('_', ' ')}", money(one["amount_minor"])) for one in answer["tenders"])

    def _returned(self, found: dict[str, Any]) -> Iterator[str]:
        back = ", ".join(f"{_count(one['quantity_milli'])} of line {one['line']}" for one in found["lines"])
        if found["refusal"]:
            yield f"   refused: {found['refusal']['sentence']}"
            return
        yield f"   of step {found['of']} {back} " + (
            "came back, and with it all of the sale" if found["whole"] else "came back"
        )
        yield row("refund", money(found["refund_minor"]))
        yield from (f"   not to be found any more: {self._pieces(unit, many)}" for unit, many in found["short"].items())

    def _unit(self, unit: str, found: dict[str, Any]) -> Iterator[str]:
        moves = "".join(f" {'+' if found[name] * sign > 0 else '-'} {abs(found[name]):,} {said}"
                        for name, (sign, said) in MOVES.items() if found[name])  # fmt: skip
        if not moves and not found["after"]:
            return
        worth = f" ({money(found['after'])})" if unit in money_units(self.program) else ""
        ready = "" if found["spendable"] == found["after"] else f"; {found['spendable']:,} may be spent now"
        sum_of = f"{found['before']:,}{moves} = " if moves else ""
        yield f"   {unit}: {sum_of}{found['after']:,}{worth}{ready}"
        for lot in self.answer["lots"].get(unit, []):
            life = [f"from {_date(lot['ready'])}"] if lot["ready"] else []
            life += [f"until {_date(lot['expires'])}"] if lot["expires"] else []
            if life:
                yield f"      {lot['pieces']:,} {' '.join(life)}"

    def _name(self, rule: str) -> str:
        found = self.program.promotions.get(rule) or self.program.rewards.get(rule)
        return found.name["en"] if found else rule

    def _pieces(self, unit: str, many: int) -> str:
        return f"{many:,} {self.program.units[unit].name['en']}" if unit in self.program.units else f"{many} {unit}"
