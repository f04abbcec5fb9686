"""What members own in cases, as units, accruals, rewards and tiers of a program file: points, cards, wallets, standings."""

from typing import Any

from tests.conformance.draft import POINTS, Draft, goods, measure, trigger
from tests.conformance.said import NotUnderstood, Said, minor, money, slug

SPENT = "spent"


def points(said: Said, draft: Draft) -> None:
    """Points that are earned, that buy something and that expire."""
    unit = draft.unit(POINTS)
    code = draft.code(said, POINTS)
    draft.items.append(code)
    if "earn" in said:
        when = trigger(said, code, draft)
        draft.accruals[code] = _earning(said.table("earn"), draft, when)
    if "reward" in said:
        _reward(said.table("reward"), draft)
    if "expire_after_days" in said:
        draft.unit(unit, expire_days=said.get("expire_after_days"))
    if "expiry" in said:
        expiry = said.table("expiry")
        ends = expiry.pick("round", {"none": "day", "end_of_month": "month_end", "end_of_year": "year_end"}, "none")
        draft.unit(unit, expire_days=expiry.get("days", 0), expire_months=expiry.get("months", 0), expire_at=ends)
        if "earn" not in said:
            draft.accruals[code] = {"type": "per_sale", "unit": unit}
    if "pending_days" in said:
        draft.unit(unit, pending_days=said.get("pending_days"))


def _earning(earn: Said, draft: Draft, when: dict[str, Any]) -> dict[str, Any]:
    if "rounding" in earn:
        draft.policies["accrual_rounding"] = earn.pick(
            "rounding", {"down": "down", "up": "up", "half_up": "half_up", "half_even": "half_even"}, ""
        )
    if "basis" in earn:
        bases = {"tax_included_before_reward": "rung", "paid": "paid", "before_discounts": "rung"}
        draft.policies["earn_on"] = earn.pick("basis", bases, "")
    rule: dict[str, Any] = {"unit": POINTS, "lines": goods(earn), "give": int(earn.get("points", 1))}
    rule["type"] = earn.pick("per", {"money": "per_money", "unit": "per_piece", "order": "per_sale"}, "money")
    if rule["type"] == "per_money":
        rule |= {"every": money(minor(earn.get("every", "1")))}
    enough = measure(earn)
    return {**rule, "when": {**when, **({"lines": enough} if enough else {})}}


def _reward(said: Said, draft: Draft) -> None:
    """What points buy: money off, a share off, or goods."""
    code = draft.code(said, "reward")
    rule: dict[str, Any] = {"name": {"en": code}, "unit": POINTS, "cost": said.get("cost_points", 1)}
    if "value_per_point" in said:
        rule |= {"type": "amount_off", "amount": money(minor(said.get("value_per_point")))}
    elif "order_percent" in said:
        rule |= {"type": "percent_off", "percent": str(said.get("order_percent"))}
    elif "order_fixed" in said:
        rule |= {"type": "amount_off", "amount": money(minor(said.get("order_fixed")))}
    elif "free_product" in said:
        free = {"products": [said.get("free_product")]}
        rule |= {"type": "free_pieces", "buy": 0, "get": said.get("qty", 1), "lines": free, "partial": True}
    if "max_discount" in said:
        rule["limits"] = {"amount_max": money(minor(said.get("max_discount")))}
    draft.rewards[code] = rule


def card(said: Said, draft: Draft) -> None:
    """Money on a gift card or in a wallet: a unit of minor units that pays, whatever the order in which it is scanned."""
    said.pick("treat_as", {"payment": 0}, "payment")
    unit = draft.unit(draft.code(said, str(said.get("type"))), worth="0.01")
    draft.owner = said.get("owner", "")
    draft.start[unit] = minor(said.get("balance", "100"))
    draft.rewards[unit] = {"type": "pay", "name": {"en": unit}, "unit": unit, "cost": 1}
    draft.cards.append(unit)
    draft.items.append(unit)


def card_of_rewards(said: Said, draft: Draft) -> None:
    """A coupon card that offers several rewards, each of which may be taken once."""
    unit = draft.unit("card")
    rewards = said.get("rewards")
    draft.start[unit] = len(rewards)
    for values in rewards:
        one = Said(values, "rewards.")
        rule: dict[str, Any] = {"unit": unit, "cost": 1, "limits": {"per_basket": 1}}
        if "free_product" in one:
            code, gives = "free_product", {"type": "gift", "product": one.get("free_product")}
        elif "percent" in one:
            code, gives = "percent", {"type": "percent_off", "percent": str(one.get("percent")), "lines": goods(one)}
        else:
            raise NotUnderstood(f"a reward of {sorted(values)}")
        draft.rewards[code] = {**rule, **gives, "name": {"en": code}}
        if unread := [*one.unread()]:
            raise NotUnderstood(f"nobody reads {', '.join(unread)}")
    draft.items.append(unit)


def tiers(said: Said, draft: Draft) -> None:
    """Standings: by what was spent in all, this purchase included, or by points; and when they are looked at again."""
    steps, by_money = [], False
    for values in said.get("tiers"):
        one = Said(values, "tiers.")
        by_money = by_money or "min_spent" in one
        least = minor(one.get("min_spent")) // 100 if "min_spent" in one else one.get("min")
        steps.append({"code": slug(one.get("name")), "name": {"en": one.get("name")}, "from_pieces": least})
        if unread := [*one.unread()]:
            raise NotUnderstood(f"nobody reads {', '.join(unread)}")
    unit = draft.unit(SPENT if by_money else POINTS)
    if by_money:
        draft.accruals[SPENT] = {"type": "per_money", "unit": unit, "every": "1.00", "by_tier": False}
    draft.tiers = {"unit": unit, "step": steps, "review": "never"}
    draft.items.append("tiers")
    review = said.table("review")
    if "every_days" in review:
        review.pick("basis", {"active_points": 0}, "active_points")
        draft.tiers |= {"review": "days", "review_days": review.get("every_days"), "reset": review.get("reset_after", False)}
        draft.tiers["downgrade"] = review.pick("downgrade", {"to_balance": "to_balance", "one_step": "one_step"}, "to_balance")
