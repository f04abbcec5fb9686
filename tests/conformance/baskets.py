"""The baskets and members of a case, as the files of `posd quote --sequence` have them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.conformance.draft import POINTS, Draft
from tests.conformance.holdings import SPENT
from tests.conformance.said import AGOROT, NotUnderstood, Said, minor, money, slug

START = "2026-01-01"

NO_MATTER: Mapping[str, str] = {
    "scan_order": "discounts come before payments, whatever is scanned first",
    "previously_applied": "a quote remembers nothing of the one before",
    "apply_once": "each rule is looked at once",
}
"""What a case says about a checkout that makes no difference here, and why."""


@dataclass
class Play:
    """One member and what happens to it, from `start` on; `seen` are the places of the steps that the case is about."""

    member: dict[str, Any]
    steps: list[dict[str, Any]] = field(default_factory=list)
    seen: list[int] = field(default_factory=list)
    start: str = START

    def add(self, step: dict[str, Any]) -> None:
        """A step that the case is about."""
        self.seen.append(len(self.steps))
        self.steps.append(step)


def plays(said: Said, draft: Draft) -> list[Play]:
    """What is to be played: one story, or several where entries have members of their own or are alternatives."""
    for key in NO_MATTER:
        said.get(key)
    if "tax_rounding" in said:
        draft.policies["tax_rounded_per"] = said.pick("tax_rounding", {"per_order": "rate", "per_line": "line"}, "")
    for place, name in enumerate(reversed(said.get("apply_order", []))):
        rule = {**draft.promotions, **draft.rewards}.get(slug(name))
        if rule is None:
            raise NotUnderstood(f"apply_order names {name!r}")
        rule["priority"] = place
    entries = [Said(entry, f"sequence.{place}.") for place, entry in enumerate(said.get("sequence", []))]
    entries += [Said({"total": total}, f"totals.{place}.") for place, total in enumerate(said.get("totals", []))]
    alone = not entries
    entries = entries or [said]
    silent = not any("codes" in entry or "enter_code" in entry for entry in entries)
    found: list[Play] = []
    for place, entry in enumerate(entries):
        if not found or "member" in entry or "totals" in said:
            member = entry.table("member") if "member" in entry or alone else said.table("member")
            found.append(_play(member, entry, draft))
            found[-1].start = said.get("earned_on", START)
        _happens(found[-1], entry, (draft, silent), first=not place)
    for entry in entries if not alone else []:
        if unread := [*entry.unread()]:
            raise NotUnderstood(f"nobody reads {', '.join(unread)}")
    return _claimed_again(found, draft) if draft.repeats else found


def _claimed_again(found: list[Play], draft: Draft) -> list[Play]:
    """The same basket with a reward claimed once, twice ...: alternatives."""
    step, reward = found[0].steps[0], next(iter(draft.rewards))
    return [Play(found[0].member, [{**step, "choose": {reward: times}}], [0]) for times in range(1, draft.repeats + 1)]


def _play(said: Said, entry: Said, draft: Draft) -> Play:
    """The member before the first step, and what it did before: purchases, some with the codes, some undone again."""
    handle = said.get("id", "member")
    units = dict(draft.start) if draft.owner in ("", handle) else {}
    if "points" in said:
        units[draft.unit(POINTS)] = int(said.get("points"))
    if "total_spent" in said and SPENT in draft.units:
        units[SPENT] = minor(said.get("total_spent")) // AGOROT
    member: dict[str, Any] = {"handle": handle, "units": units}
    member |= {name: said.get(name) for name in ("segments", "joined") if name in said}
    if "total_spent" in said:
        member["spent"] = money(minor(said.get("total_spent")))
    if "tier" in said:
        member |= {"tier": slug(said.get("tier")), "reviewed": START}
    play = Play(member)
    for times, undone, codes in (("orders", "cancelled", []), ("coupon_uses", "cancelled_uses", draft.entered)):
        bought = [len(play.steps) + number for number in range(1, said.get(times, 0) + 1)]
        play.steps += [{"basket": {**_basket(entry, draft), "codes": codes}} for _ in bought]
        play.steps += [{"void": number} for number in bought[: said.get(undone, 0)]]
    return play


def _happens(play: Play, entry: Said, how: tuple[Draft, bool], first: bool) -> None:
    """A step for what an entry says: a checkout, or days that pass."""
    draft, silent = how
    later = 0 if first else 1  # days: each entry of a story happens on a day of its own
    if not any(key in entry for key in ("lines", "total", "amount")) and ("advance_days" in entry or "earned_on" in entry):
        if "earned_on" in entry:
            play.add({"basket": _basket(entry, draft)})
        if "advance_days" in entry:
            play.add({"advance_days": entry.get("advance_days")})
        return
    codes = draft.entered if silent else [*entry.get("codes", [])]
    if "enter_code" in entry:
        codes = [entry.get("enter_code")]
    basket = {**_basket(entry, draft), "codes": codes, "channel": entry.get("channel", "store")}
    play.add({"basket": basket, "choose": _chosen(play, entry, draft), "advance_days": later})


def _chosen(play: Play, entry: Said, draft: Draft) -> dict[str, Any]:
    mine = [code for code, reward in draft.rewards.items() if reward["unit"] == POINTS]
    chosen: dict[str, Any] = {slug(name): 1 for name in entry.get("claimed", [])}
    if entry.get("claim"):
        chosen |= dict.fromkeys(mine, "max" if entry.get("claim") == "max" else 1)
    if "redeem_points" in entry:
        chosen |= {code: entry.get("redeem_points") // draft.rewards[code]["cost"] for code in mine}
    if any(line.get("reward") for line in entry.get("lines", [])):
        chosen |= dict.fromkeys(mine, "max")
    others = draft.owner not in ("", play.member["handle"])
    return chosen | dict.fromkeys(draft.cards, 1 if others else "max")


def _basket(entry: Said, draft: Draft) -> dict[str, Any]:
    values = entry.get("lines")
    if values is None:
        total = entry.get("total", entry.get("amount", "100"))
        values = [{"sku": "goods", "qty": 1, "unit_price": total}]
    return {"lines": [_line(Said(line, "lines.")) for line in values], "budget_left": draft.budget_left}


def _line(said: Said) -> dict[str, Any]:
    pieces = said.get("qty", 1)
    amount = minor(said.get("unit_price")) * pieces
    if said.get("reward"):  # goods that are the reward itself: what they would cost does not matter
        amount = AGOROT * pieces
    if "line_discount_pct" in said:
        amount -= amount * int(said.get("line_discount_pct")) // 100
    levy = minor(said.get("levy_fixed", "0")) * pieces
    line: dict[str, Any] = {"product": said.get("sku"), "quantity": pieces, "amount_minor": amount + levy}
    line |= {"levy": money(levy), "floor": money(minor(said.get("min_price", "0")))}
    line |= {"tags": [*said.get("tags", [])], "category": said.get("category", "")}
    line |= {"discountable": said.get("discountable", True), "reduced": said.get("reduced", False)}
    tax = said.table("tax")
    line["tax"] = str(tax.get("rate_pct", "0"))
    line["prices"] = tax.pick("price_mode", {"incl": "with_tax", "excl": "without_tax"}, "incl")
    if unread := [*said.unread()]:
        raise NotUnderstood(f"nobody reads {', '.join(unread)}")
    return line
