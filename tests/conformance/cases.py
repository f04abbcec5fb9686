"""A case from its file to its verdict: translated, played as `posd quote` plays, compared."""

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from posd.trial import Setting, play
from runtime.errors import Rejected
from sync.program_file import parse
from tests.conformance import discounts, holdings
from tests.conformance.baskets import plays
from tests.conformance.compare import Found, tolerance, unequal
from tests.conformance.draft import HOUSE, Draft
from tests.conformance.said import NotUnderstood, Said

TYPES = {
    "order_fixed": discounts.fixed,
    "product_fixed": discounts.fixed,
    "category_fixed": discounts.fixed,
    "order_percent": discounts.percent,
    "product_percent": discounts.percent,
    "category_percent": discounts.percent,
    "cheapest_percent": discounts.cheapest_percent,
    "multibuy": discounts.multibuy,
    "bundle_price": discounts.bundle_price,
    "tiered_fixed": discounts.tiered,
    "tiered_percent": discounts.tiered,
    "buy_x_get_y": discounts.buy_get,
    "buy_x_get_y_extra_unit": discounts.buy_get,
    "buy_x_get_x": discounts.buy_x_get_x,
    "offers": discounts.offers,
    "points": holdings.points,
    "gift_card": holdings.card,
    "stored_value": holdings.card,
    "code": holdings.card_of_rewards,
    "tiers": holdings.tiers,
}
"""What each type of a case's program is translated by."""

NOT_OURS: Mapping[str, str] = {}
"""Cases that are decided otherwise here, and why."""

NOON = "T12:00"


class Verdict(NamedTuple):
    """What became of a case; nothing in `wrong` is a pass."""

    id: str
    wrong: list[str]


def read(path: Path) -> list[dict[str, Any]]:
    """The cases of a file."""
    cases: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return cases


def judge(case: Mapping[str, Any]) -> Verdict:
    """Whether a case comes out as its system says."""
    name = str(case["id"])
    try:
        found = played(case)
        wrong = unequal(case["expected"], found)
    except (NotUnderstood, Rejected) as finding:
        wrong = [f"not understood: {finding}"]
    if wrong and name in NOT_OURS:
        wrong = [*wrong, NOT_OURS[name]]
    return Verdict(name, wrong)


def played(case: Mapping[str, Any], changes: Mapping[str, Any] | None = None) -> Found:
    """The answers to a case. `changes` are policies to play it under; or `days` that pass at the end; or `bare`: no offers."""
    changes = changes or {}
    draft = Draft(dict(HOUSE.get(case["source"]["repo"], {})))
    said = Said({"items": case["program"], "basket": case["basket"]})
    for values in said.get("items"):
        item = Said(values, "program.")
        item.pick("type", TYPES, "offers")(item, draft)
        _all_read(item)
    basket = said.table("basket")
    stories = plays(basket, draft)
    _all_read(said)
    draft.policies |= {name: value for name, value in changes.items() if name not in ("days", "bare")}
    if "days" in changes:
        stories[-1].add({"advance_days": changes["days"]})
    if "bare" in changes:
        draft.promotions.clear()
    program, mistakes = parse(draft.values())
    if program is None or mistakes:
        raise NotUnderstood(f"the program has mistakes: {mistakes}")
    answers = []
    for story in stories:
        told = play(program, story.steps, story.member, Setting(start=datetime.fromisoformat(story.start + NOON)))
        answers += [told[place] for place in story.seen]
    return Found(draft, answers, lambda more: played(case, {**changes, **more}), tolerance(case["expected"]))


def _all_read(said: Said) -> None:
    if unread := [*said.unread()]:
        raise NotUnderstood(f"nobody reads {', '.join(unread)}")
