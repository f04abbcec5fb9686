"""PyPI's business-rules: conditions only, it allocates nothing. Run by the peers' own Python.

Written as its readme does: variables are methods that look at the object in hand, here the basket's lines; each rule asks for the
day, the hour, the store, the weekday, the tier, its goods, their number and their amount, cheapest question first, and stops at the
first no. The action notes the rule's code.
"""

from typing import Any

from business_rules import run_all
from business_rules.actions import BaseActions, rule_action
from business_rules.fields import FIELD_TEXT
from business_rules.variables import BaseVariables, numeric_rule_variable, select_multiple_rule_variable

from bench.discounts import Rule, Shop
from bench.engines.talk import serve


class Asked(BaseVariables):
    """What a rule may ask about the basket; the amount of each category and of each choice of products is added below."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop

    @select_multiple_rule_variable()
    def weekday(self) -> list[str]:
        """Today."""
        return [self.shop.when.weekday]

    @select_multiple_rule_variable()
    def tier(self) -> list[str]:
        """The member's."""
        return [self.shop.when.tier]

    @select_multiple_rule_variable()
    def store(self) -> list[str]:
        """Where."""
        return [self.shop.when.store]

    @numeric_rule_variable()
    def day(self) -> int:
        """Today, as a number that rises."""
        return _number(self.shop.when.day)

    @numeric_rule_variable()
    def hour(self) -> int:
        """Now."""
        return self.shop.when.hour

    @select_multiple_rule_variable()
    def categories(self) -> list[str]:
        """All that is bought."""
        return [line.category for line in self.shop.basket]

    @select_multiple_rule_variable()
    def products(self) -> list[str]:
        """All that is bought."""
        return [line.product for line in self.shop.basket]


class Noted(BaseActions):
    """The codes of the rules that hold."""

    def __init__(self) -> None:
        self.codes: list[str] = []

    @rule_action(params={"code": FIELD_TEXT})
    def note(self, code: str) -> None:
        """One more."""
        self.codes.append(code)


class Business:
    """The rules as the library's own dictionaries."""

    def __init__(self, shop: Shop) -> None:
        amounts = {f"amount_{rule.code}": _amount(rule) for rule in shop.rules if rule.amount_min_minor}
        amounts |= {f"quantity_{rule.code}": _quantity(rule) for rule in shop.rules if rule.quantity_min > 1}
        self._shop = shop
        self._variables = type("Variables", (Asked,), amounts)
        self._rules = [_rule(one) for one in shop.rules]
        self._active = self._rules

    def activate(self, count: int) -> None:
        """The first `count`."""
        self._active = self._rules[:count]

    def evaluate(self) -> list[str]:
        """The codes of the rules that hold."""
        noted = Noted()
        run_all(rule_list=self._active, defined_variables=self._variables(self._shop), defined_actions=noted)
        return noted.codes

    def found(self) -> dict[str, Any]:
        """Those codes."""
        return {"holding": self.evaluate()}


def _amount(rule: Rule) -> Any:
    """A variable: what the goods of `rule` cost together."""

    def amount(self: Asked) -> int:
        return sum(line.amount_minor for line in self.shop.basket if rule.matches(line))

    return numeric_rule_variable(label=f"amount for {rule.code}")(amount)


def _quantity(rule: Rule) -> Any:
    """A variable: how many pieces of the goods of `rule` there are."""

    def quantity(self: Asked) -> int:
        return sum(line.quantity for line in self.shop.basket if rule.matches(line))

    return numeric_rule_variable(label=f"quantity for {rule.code}")(quantity)


def _number(day: str) -> int:
    """2026-11-10 as 20261110: the library knows numbers and no dates."""
    return int(day.replace("-", ""))


def _rule(rule: Rule) -> dict[str, Any]:
    among = "shares_at_least_one_element_with"
    least, most = "greater_than_or_equal_to", "less_than"
    conditions: list[dict[str, Any]] = [
        {"name": "day", "operator": least, "value": _number(rule.first_day)},
        {"name": "day", "operator": "less_than_or_equal_to", "value": _number(rule.last_day)},
    ]
    if rule.hours:
        conditions.append({"name": "hour", "operator": least, "value": rule.hours[0]})
        conditions.append({"name": "hour", "operator": most, "value": rule.hours[1]})
    if rule.stores:
        conditions.append({"name": "store", "operator": among, "value": list(rule.stores)})
    if rule.weekdays:
        conditions.append({"name": "weekday", "operator": among, "value": list(rule.weekdays)})
    if rule.tiers:
        conditions.append({"name": "tier", "operator": among, "value": list(rule.tiers)})
    goods = ("products", list(rule.products)) if rule.products else ("categories", [rule.category])
    conditions.append({"name": goods[0], "operator": among, "value": goods[1]})
    if rule.quantity_min > 1:
        conditions.append({"name": f"quantity_{rule.code}", "operator": least, "value": rule.quantity_min})
    if rule.amount_min_minor:
        conditions.append({"name": f"amount_{rule.code}", "operator": least, "value": rule.amount_min_minor})
    return {"conditions": {"all": conditions}, "actions": [{"name": "note", "params": {"code": rule.code}}]}


if __name__ == "__main__":
    serve(Business)
