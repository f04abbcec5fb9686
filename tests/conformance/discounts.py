"""The kinds of discount that cases have, as promotions of a program file."""

from typing import Any

from tests.conformance.draft import Draft, goods, measure
from tests.conformance.said import NotUnderstood, Said, minor, money, slug

TAX = {"tax_included": "included", "tax_excluded": "excluded"}
ROUNDED_PER = {"per_line": "line", "per_order": "order", "per_unit": "piece"}


def fixed(said: Said, draft: Draft) -> None:
    """An amount off the order or off some goods; for each piece, where the item says so."""
    settings: dict[str, Any] = {"type": "amount_off", "amount": money(minor(said.get("amount"))), "lines": goods(said)}
    if "basis" in said:
        draft.policies["amount_off_tax"] = said.pick("basis", TAX, "")
    if said.pick("allocation", {"across": False, "each": True}, "across"):
        settings |= {"each_piece": True, "pieces": said.get("max_quantity", 0), "each_line": "max_quantity" in said}
    draft.promote(said, settings)


def percent(said: Said, draft: Draft) -> None:
    """A share off the order or off some goods. Where it may be claimed several times, it is a reward that is."""
    settings: dict[str, Any] = {"type": "percent_off", "percent": str(said.get("percent")), "lines": goods(said)}
    said.pick("basis", {"tax_included": 0}, "tax_included")
    if "rounding" in said:
        draft.policies["percent_rounded_per"] = said.pick("rounding", ROUNDED_PER, "")
    if "max_quantity" in said:
        settings |= {"pieces": said.get("max_quantity"), "each_line": True}
    if "repeat" not in said:
        draft.promote(said, settings)
        return
    said.pick("mode", {"compound": 0}, "compound")
    draft.repeats = said.get("repeat")
    draft.unit("claims")
    draft.start["claims"] = draft.repeats
    code = draft.code(said, str(said.get("type")))
    draft.rewards[code] = {**settings, "name": {"en": code}, "unit": "claims", "cost": 1, "times_max": draft.repeats}
    draft.items.append(code)


def cheapest_percent(said: Said, draft: Draft) -> None:
    """A share off the cheapest piece, or the dearest."""
    only = said.pick("pick", {"cheapest": "cheapest", "dearest": "dearest"}, "cheapest")
    settings = {"type": "percent_off", "percent": str(said.get("percent")), "only": only, "pieces": said.get("qty", 1)}
    draft.promote(said, {**settings, "lines": goods(said)})


def multibuy(said: Said, draft: Draft) -> None:
    """One piece free for so much money, or for so many pieces, of which it is one."""
    only = said.pick("free", {"cheapest": "cheapest", "dearest": "dearest"}, "cheapest")
    if "min_value" in said:
        least = {"basket": [{"amount_min": money(minor(said.get("min_value")))}]}
        draft.promote(said, {"type": "percent_off", "percent": 100, "only": only, "when": least, "lines": goods(said)})
    else:
        buy = said.get("min_qty") - 1
        draft.promote(said, {"type": "free_pieces", "buy": buy, "get": 1, "only": only, "lines": goods(said)})


def bundle_price(said: Said, draft: Draft) -> None:
    """So many pieces at a price."""
    settings = {"type": "bundle", "quantity": said.get("qty"), "price": money(minor(said.get("price")))}
    draft.promote(said, {**settings, "lines": goods(said)})


def tiered(said: Said, draft: Draft) -> None:
    """The more is bought, the more comes off: of a group, the highest step that is reached."""
    kind = said.pick("type", {"tiered_fixed": ("amount_off", "amount"), "tiered_percent": ("percent_off", "percent")}, "")
    steps = [(minor(least), worth) for least, worth in said.get("tiers").items()]
    steps += [(0, said.get("base"))] if "base" in said else []
    for least, worth in sorted(steps, reverse=True):
        code, value = f"from_{least}", money(minor(worth)) if kind[1] == "amount" else str(worth)
        reached = {"basket": [{"amount_min": money(least)}]} if least else {}
        rule = {"type": kind[0], kind[1]: value, "lines": goods(said), "when": reached, "group": "steps"}
        draft.promotions[code] = {**rule, "name": {"en": code}, "members_only": False}
        draft.items.append(code)


def buy_get(said: Said, draft: Draft) -> None:
    """Buy some goods, get others; once, or as often as it goes."""
    if "earn" in said:
        _for_points(said, draft)
        return
    buy, get = said.table("buy"), said.table("get")
    settings: dict[str, Any] = {"type": "free_pieces", "buy": buy.get("qty", 1), "lines": goods(buy)}
    settings |= {"get": get.get("qty", 1), "goods": goods(get), "percent": str(get.get("percent", 100))}
    settings |= {"partial": get.get("partial", False)}
    if "amount" in get:
        settings["amount"] = money(minor(get.get("amount")))
    if "pick" in get:
        settings["only"] = get.pick("pick", {one: one for one in ("cheapest", "dearest", "first")}, "")
    draft.promote(said, {**settings, "limits": _once_unless_repeated(said)})


def buy_x_get_x(said: Said, draft: Draft) -> None:
    """Buy so many, get so many of the same."""
    settings = {"type": "free_pieces", "buy": said.get("buy_qty"), "get": said.get("get_qty"), "lines": goods(said)}
    draft.promote(said, {**settings, "limits": _once_unless_repeated(said)})


def _for_points(said: Said, draft: Draft) -> None:
    """Points of the order that buy free pieces in it: so many pieces bought for each free one, or one for the order."""
    earn, reward = said.table("earn"), said.table("reward")
    cost, points = reward.get("cost_points", 1), earn.get("points", 1)
    if cost % points:
        raise NotUnderstood(f"{points} points for each and {cost} for one: no whole number of pieces buys one")
    once = earn.pick("per", {"unit": False, "order": True}, "unit")
    product = reward.get("free_product")
    settings: dict[str, Any] = {"type": "free_pieces", "get": reward.get("qty", 1), "lines": goods(earn)}
    settings |= {"goods": {"products": [product]}, "when": {"lines": measure(earn)} if measure(earn) else {}}
    settings["free_piece"] = "extra" if said.get("type") == "buy_x_get_y_extra_unit" else "in_basket"
    settings["buy"] = earn.get("min_qty", 1) if once else cost // points
    draft.promote(said, {**settings, "limits": {"per_basket": points // cost} if once else _once_unless_repeated(said)})


def _once_unless_repeated(said: Said) -> dict[str, int]:
    again = said.pick("repeat", {"as often as points allow": True, "True": True, "False": False}, "False")
    return {} if again or "applications" in said else {"per_basket": 1}


def offers(said: Said, draft: Draft) -> None:
    """Offers of which only the order matters."""
    for name, priority in said.get("offers"):
        code = slug(name)
        rule = {"type": "amount_off", "amount": "1.00", "priority": priority, "members_only": False}
        draft.promotions[code] = {**rule, "name": {"en": name}}
        draft.items.append(code)
