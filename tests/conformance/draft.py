"""A program on its way from a case to a file: the sections as a TOML file would have them, and what the case says beside them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.conformance.said import Said, minor, money, slug

POINTS = "points"

HOUSE: Mapping[str, Mapping[str, Any]] = {
    "django-oscar/django-oscar": {"remainder": "last"},
    "solidusio/solidus": {"remainder": "first"},
    "medusajs/medusa": {"pick": "dearest"},
    "frappe/erpnext": {"earn_on_unit_tenders": False},
    "Sylius/Sylius": {"threshold": "before_discounts"},
}
"""Policies that a system has everywhere, so that its cases do not name them (research/features.md, section 6)."""


@dataclass
class Draft:
    """Sections of a program file. `items` has the rule that stands for each item of the case's program, in its order.

    `entered` are the codes that its items want: a basket that says nothing of codes has them all. `start` is what the program
    itself says the member has (`owner`, if it names one); `cards` pay as much as they can; `repeats` says how often a reward is
    claimed.
    """

    policies: dict[str, Any]
    units: dict[str, Any] = field(default_factory=dict)
    accruals: dict[str, Any] = field(default_factory=dict)
    promotions: dict[str, Any] = field(default_factory=dict)
    rewards: dict[str, Any] = field(default_factory=dict)
    tiers: dict[str, Any] | None = None
    items: list[str] = field(default_factory=list)
    entered: list[str] = field(default_factory=list)
    start: dict[str, int] = field(default_factory=dict)
    owner: str = ""
    cards: list[str] = field(default_factory=list)
    budget_left: dict[str, str | int] = field(default_factory=dict)
    repeats: int = 0

    def values(self) -> dict[str, Any]:
        """The whole as `sync.program_file.parse` reads it."""
        whole: dict[str, Any] = {"code": "case", "version": 1, "name": {"en": "A case"}, "policies": self.policies}
        whole |= {"units": self.units, "accruals": self.accruals, "promotions": self.promotions, "rewards": self.rewards}
        return {**whole, **({"tiers": self.tiers} if self.tiers else {})}

    def unit(self, code: str, **settings: Any) -> str:
        """The unit of that code, made if it is new; `settings` are added to it."""
        self.units.setdefault(code, {"name": {"en": code}}).update(settings)
        return code

    def code(self, said: Said, word: str) -> str:
        """A code for a rule: the item's id, or `word`, with a number where another has it."""
        code, taken = slug(said.get("id", word)), {*self.promotions, *self.rewards, *self.accruals}
        return code if code not in taken else next(f"{code}_{n}" for n in range(2, 99) if f"{code}_{n}" not in taken)

    def promote(self, said: Said, settings: Mapping[str, Any]) -> str:
        """Add the promotion that `said` means, of `settings`, with all that promotions have in common; its code."""
        code = self.code(said, str(said.get("type", "offer")))
        limits = _limits(said, code, self)
        when = {**conditions(said.table("conditions")), **settings.get("when", {})} | trigger(said, code, self)
        rule: dict[str, Any] = {"name": {"en": code}, "members_only": False, **settings}
        rule |= {"limits": {**limits, **settings.get("limits", {})}, "when": when, "priority": said.get("priority", 0)}
        rule |= {"exclusive": said.get("exclusive", False)}
        if "group" in said:
            rule["group"] = slug(said.get("group"))
        if "restore_on_cancel" in said:
            self.policies["give_back_uses"] = said.get("restore_on_cancel")
        self.promotions[code] = rule
        self.items.append(code)
        return code


def goods(said: Said) -> dict[str, Any]:
    """Which goods an item means."""
    target = said.get("target", [])
    found: dict[str, Any] = {"products": [*(target if isinstance(target, list) else []), *said.get("products", [])]}
    found |= {name: list(said.get(name, [])) for name in ("categories", "tags", "exclude_products", "exclude_categories")}
    found |= {name: money(minor(said.get(name))) for name in ("price_min", "price_max") if name in said}
    if said.get("applies_to_reduced") is False:
        found["reduced"] = "never"
    return {name: value for name, value in found.items() if value}


def conditions(said: Said) -> dict[str, Any]:
    """When a rule holds, as a program file says it."""
    when: dict[str, Any] = {}
    money_of = measure(said)
    wanted = [{"goods": {"products": [product]}} for product in said.get("requires", [])]
    wanted += [{"goods": {"categories": [category]}} for category in said.get("requires_categories", [])]
    if "requires_any_categories" in said:
        wanted.append({"goods": {"categories": said.get("requires_any_categories")}})
    if money_of:
        wanted.append(money_of)
    if wanted:
        when["basket"] = wanted
    if "nth_order" in said:
        when["visits"] = [said.get("nth_order")]
    if said.get("first_order"):
        when["visits"] = [1]
    for name, condition in (
        ("segments", "segments"),
        ("customer_groups", "segments"),
        ("tiers", "tiers"),
        ("stores", "stores"),
    ):
        if name in said:
            when[condition] = [slug(word) if condition == "tiers" else word for word in said.get(name)]
    if "valid_from" in said or "valid_until" in said:
        when["dates"] = [{"first": said.get("valid_from", ""), "last": said.get("valid_until", "")}]
    return when


def measure(said: Said) -> dict[str, Any]:
    """How much must be there, in pieces and money."""
    found: dict[str, Any] = {}
    for name, key in (("quantity_min", "min_qty"), ("quantity_max", "max_qty")):
        if key in said:
            found[name] = said.get(key)
    for name, key in (("amount_min", "min_amount"), ("amount_max", "max_amount")):
        if key in said:
            found[name] = money(minor(said.get(key)))
    if "min_amount_basis" in said:
        found["tax"] = said.pick("min_amount_basis", {"tax_excluded": "excluded", "tax_included": "included"}, "")
    return found


def trigger(said: Said, code: str, draft: Draft) -> dict[str, Any]:
    """What must be entered for it, if anything."""
    if not said.pick("trigger", {"auto": False, "code": True, "coupon": True}, "auto"):
        return {}
    word = str(said.get("code", f"the code of {code}"))
    draft.entered.append(word)
    return {"codes": [word]}


def _limits(said: Said, code: str, draft: Draft) -> dict[str, Any]:
    limits: dict[str, Any] = {}
    if "max_discount" in said:
        limits["amount_max"] = money(minor(said.get("max_discount")))
    if "applications" in said:
        limits["per_basket"] = said.get("applications")
    own, budget = said.table("limits"), said.table("budget")
    for name, key in (
        ("per_member", "per_customer"),
        ("per_basket", "per_order"),
        ("per_day", "per_day"),
        ("budget_uses", "total"),
    ):
        if key in own:
            limits[name] = own.get(key)
    if "limit" in budget:
        spend = budget.pick("type", {"spend": True, "usage": False}, "spend")
        most, used = budget.get("limit"), budget.get("used", "0")
        limits["budget_amount" if spend else "budget_uses"] = money(minor(most)) if spend else int(most)
        draft.budget_left[code] = money(minor(most) - minor(used)) if spend else int(most) - int(used)
    return limits
