"""What a case expects, against what was answered: every key by itself, in minor units."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from tests.conformance.draft import POINTS, Draft
from tests.conformance.said import NotUnderstood, minor, slug

Answer = Mapping[str, Any]
"""One answer of `posd quote --json`."""


@dataclass(frozen=True, slots=True)
class Found:
    """The answers that a case is about, one for each checkout or day it names; `again` plays it under other policies."""

    draft: Draft
    answers: list[Answer]
    again: Callable[[Mapping[str, Any]], "Found"]
    tolerance: int = 0

    @property
    def last(self) -> Answer:
        """The answer of the last checkout or day."""
        return self.answers[-1]


Look = Callable[[Found, Any], tuple[object, object]]
"""What was found and what is wanted, in the same words."""


def unequal(expected: Mapping[str, Any], found: Found) -> list[str]:
    """A sentence for each key of `expected` that was found otherwise, or that nobody can compare."""
    told = []
    for key, wanted in expected.items():
        look = LOOKS.get(key)
        if look is None:
            told.append(f"{key} is nothing that can be compared")
            continue
        have, want = look(found, wanted)
        if have != want:
            told.append(f"{key} is {have}, and {want} is expected")
    return told


def amount(field: str) -> Look:
    """Money of the last answer."""
    return lambda found, wanted: (found.last[field], minor(wanted))


def amounts(field: str) -> Look:
    """Money of each answer."""
    return lambda found, wanted: ([one[field] for one in found.answers], [minor(text) for text in wanted])


def tax(field: str) -> Look:
    """A sum over all tax rates of the last answer."""
    return lambda found, wanted: (_taxes(found.last, field), minor(wanted))


def unit(field: str) -> Look:
    """What the last answer says of the points."""
    return lambda found, wanted: (found.last["units"][POINTS][field], int(wanted))


def _taxes(answer: Answer, field: str) -> int:
    return sum(rate[field] for rate in answer["tax"])


def _before(found: Found, wanted: Mapping[str, str]) -> tuple[object, object]:
    """What the basket came to before any discount: the same without any offer."""
    bare = found.again({"bare": True})
    sums = {"net": _taxes(bare.last, "net_minor"), "gross": _taxes(bare.last, "gross_minor")}
    return {key: sums[key] for key in wanted}, {key: minor(text) for key, text in wanted.items()}


def _discounts(found: Found, wanted: Any) -> tuple[object, object]:
    if isinstance(wanted, list):
        return amounts("off_minor")(found, wanted)
    off: dict[str, int] = {}
    for line in found.last["lines"]:
        off[line["product"]] = off.get(line["product"], 0) + line["off_minor"]
    return {product: sum_ for product, sum_ in off.items() if sum_}, {product: minor(text) for product, text in wanted.items()}


def _free(answer: Answer) -> dict[str, int]:
    free: dict[str, int] = {}
    for line in answer["lines"]:
        free[line["product"]] = free.get(line["product"], 0) + line["free_pieces"]
    for gift in answer["gifts"]:
        free[gift["product"]] = free.get(gift["product"], 0) + gift["pieces"]
    return {product: pieces for product, pieces in free.items() if pieces}


def _free_sequence(found: Found, wanted: list[int]) -> tuple[object, object]:
    return [sum(_free(answer).values()) for answer in found.answers], wanted


def _line_shares(found: Found, wanted: list[str]) -> tuple[object, object]:
    return [line["off_minor"] for line in found.last["lines"]], [minor(text) for text in wanted]


def _unit_shares(found: Found, wanted: Mapping[str, list[str]]) -> tuple[object, object]:
    shares = {line["product"]: line["off_by_piece"] for line in found.last["lines"] if line["off_minor"]}
    return shares, {product: [minor(text) for text in texts] for product, texts in wanted.items()}


def shares_of(item: int) -> Look:
    """What the item of that place takes off each line."""

    def look(found: Found, wanted: list[str]) -> tuple[object, object]:
        by_line = _discount_of(found, found.draft.items[item])["by_line"]
        return [by_line.get(line["line"], 0) for line in found.last["lines"]], [minor(text) for text in wanted]

    return look


def _discount_of(found: Found, rule: str) -> Mapping[str, Any]:
    return next((one for one in found.last["discounts"] if one["rule"] == rule), {"off_minor": 0, "by_line": {}})


def _after_first(found: Found, wanted: str) -> tuple[object, object]:
    """What was to be paid after the discount that was applied first."""
    return found.last["rung_minor"] - found.last["discounts"][0]["off_minor"], minor(wanted)


def _approximate(found: Found, wanted: str) -> tuple[object, object]:
    within = abs(found.last["total_minor"] - minor(wanted)) <= found.tolerance
    return (minor(wanted) if within else found.last["total_minor"]), minor(wanted)


def _card_after(found: Found, wanted: str) -> tuple[object, object]:
    return sum(found.last["units"][card]["after"] for card in found.draft.cards), minor(wanted)


def _points_sequence(found: Found, wanted: list[str]) -> tuple[object, object]:
    return [answer["units"][POINTS]["after"] for answer in found.answers], [int(text) for text in wanted]


def _ledger(found: Found, wanted: list[str]) -> tuple[object, object]:
    moved = [text for one in found.answers
             for text in (f"-{one['units'][POINTS]['spent']}", f"+{one['units'][POINTS]['earned']}")]  # fmt: skip
    return [text for text in moved if text not in ("-0", "+0")], wanted


def _lots_left(found: Found, wanted: list[str]) -> tuple[object, object]:
    """What each order leaves of the points that it has earned itself: those that live longest."""
    left = [
        max(one["lots"][POINTS], key=lambda lot: lot["expires"])["pieces"] for one in found.answers if one["lots"].get(POINTS)
    ]
    return left, [int(text) for text in wanted]


def _last_day(found: Found, wanted: str) -> tuple[object, object]:
    return found.answers[0]["lots"][POINTS][0]["expires"], wanted


def _expired_on(found: Found, wanted: str) -> tuple[object, object]:
    """The first day on which nothing is left: played, day by day."""
    day = date.fromisoformat(found.answers[0]["at"][:10])
    passed = (date.fromisoformat(wanted) - day).days
    if passed < 1:
        return "later", wanted
    left = [found.again({"days": days}).last["units"][POINTS]["after"] for days in (passed - 1, passed)]
    return wanted if left[0] and not left[1] else f"not {wanted}: {left}", wanted


def _tier(found: Found, wanted: str) -> tuple[object, object]:
    return found.last["member"]["tier"]["after"], slug(wanted)


def _order(found: Found, wanted: list[str]) -> tuple[object, object]:
    return [one["rule"] for one in found.last["discounts"]], [slug(name) for name in wanted]


def _refused(answer: Answer, rule: str) -> str:
    """Why a rule gave nothing, by the trace; empty where it did."""
    step = next(one for one in answer["trace"] if one["rule"] == rule)
    return "" if step["code"] in ("promoted", "taken", "earned", "offered") else str(step["code"])


def _reason(found: Found, wanted: str) -> tuple[object, object]:
    return _refused(found.last, found.draft.items[-1]), wanted


def _second(found: Found, wanted: str) -> tuple[object, object]:
    return "refused" if _refused(found.last, found.draft.items[1]) else "given", wanted


def _result(found: Found, wanted: str) -> tuple[object, object]:
    return "refused" if found.last["refused"] else "given", wanted


def _claimable(found: Found, wanted: list[str]) -> tuple[object, object]:
    open_ = [one["reward"] for one in found.last["offers"] if not one["refusal"] and one["times"] < one["times_max"]]
    return open_, [slug(name) for name in wanted]


def _discount_lines(found: Found, wanted: int) -> tuple[object, object]:
    return sum(1 for rate in found.last["tax"] if rate["off_minor"]), wanted


def _without_restoring(found: Found, wanted: str) -> tuple[object, object]:
    return found.again({"give_back_uses": False}).last["total_minor"], minor(wanted)


def _tolerance(_: Found, wanted: str) -> tuple[object, object]:
    """It belongs to total_approx, which has it already."""
    return wanted, wanted


LOOKS: Mapping[str, Look] = {
    "total": amount("total_minor"),
    "total_due": amount("to_pay_minor"),
    "discount": amount("off_minor"),
    "net": tax("net_minor"),
    "tax": tax("tax_minor"),
    "before": _before,
    "totals_sequence": amounts("total_minor"),
    "total_due_sequence": amounts("to_pay_minor"),
    "discounts_sequence": amounts("off_minor"),
    "discounts": _discounts,
    "discount_lines": _discount_lines,
    "free_units": lambda found, wanted: (_free(found.last), wanted),
    "free_units_sequence": _free_sequence,
    "line_shares": _line_shares,
    "unit_shares": _unit_shares,
    "shares_1": shares_of(0),
    "shares_2": shares_of(1),
    "shares_3": shares_of(2),
    "after_first": _after_first,
    "after_percent": _after_first,
    "total_approx": _approximate,
    "tolerance": _tolerance,
    "points_earned": unit("earned"),
    "points_spent": unit("spent"),
    "points": unit("after"),
    "balance": unit("after"),
    "balance_after_expiry": unit("after"),
    "balance_sequence": _points_sequence,
    "card_after": _card_after,
    "ledger": _ledger,
    "lot_remaining_after_own_order": _lots_left,
    "last_valid_day": _last_day,
    "expired_on": _expired_on,
    "tier": _tier,
    "order": _order,
    "reason": _reason,
    "second": _second,
    "second_with_restore_false": _without_restoring,
    "result": _result,
    "still_claimable": _claimable,
}
"""Every key of an expectation, and how it is looked at."""


def tolerance(expected: Mapping[str, Any]) -> int:
    """How far an approximate total may be off, in minor units."""
    return minor(expected.get("tolerance", "0"))


__all__ = ["Found", "NotUnderstood", "tolerance", "unequal"]
