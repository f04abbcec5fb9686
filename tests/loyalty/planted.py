"""Mistakes as somebody could make them, each planted in loyalty/ while a test runs, and the law that must notice.

A mistake takes the true function and gives the wrong one. Where a name was imported into another module, it is planted there.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from types import ModuleType
from typing import Any, NamedTuple

from loyalty import accrue, bill, lots, money, pool, posting, quote, reverse, sale, stacking, tiers
from loyalty.conditions import checkout, person
from loyalty.rewards import amount_off, free_pieces, percent_off, pieces


class Mistake(NamedTuple):
    """Where it is planted, what it makes of the true function, and the law that notices it; one that few examples show is met
    soon from a `seed` of its own."""

    owner: ModuleType | type
    name: str
    wrong: Callable[[Any], Any]
    law: str
    seed: int = 0


def _share_lost(true: Any) -> Any:
    """What cannot be shared evenly is dropped."""
    return lambda total, weights, remainder="largest": tuple(
        total * weight // (sum(weights) or 1) for weight in weights
    )  # fmt: skip


def _returned_by_half(true: Any) -> Any:
    """A part of a return is rounded by itself, up."""

    def of(share: Any, amount: int) -> int:
        return -(-amount * (share.after - share.before) // share.whole) if share.whole else 0

    return of


def _no_holds(true: Any) -> Any:
    return lambda sale: tuple(one for one in true(sale) if not one.source.startswith("hold/"))


def _below_nothing(true: Any) -> Any:
    """A member who is short of pieces may have one more."""

    def spendable(member: Any) -> Counter[str]:
        return Counter({unit: pieces + 1 for unit, pieces in true(member).items()})

    return spendable


def _steered(true: Any) -> Any:
    """The id alone decides: whoever tries ids wins."""
    return lambda code, drawn, key, prev_hash, record_id: true(code, drawn, b"", "", record_id)


def _by_last_digit(true: Any) -> Any:
    """An id that ends well wins."""

    def draw(code: str, drawn: Any, key: bytes, prev_hash: str, record_id: str) -> Any:
        return pool.Drawn(code, drawn.prizes[0]) if int(record_id[-2:], 16) * 10_000 < drawn.chance * 256 else None

    return draw


def _others_forgotten(true: Any) -> Any:
    """What others of its group have taken is not asked."""
    return lambda benefit, outcome: true(benefit._replace(group=""), outcome)


def _by_name(true: Any) -> Any:
    """Of two tiers the one whose name comes later is taken for the higher."""

    def rule(program: Any, member: Any, reviewed: str, day: str) -> Any:
        ruled = true(program, member, reviewed, day)
        return ruled._replace(tier=max(ruled.tier, member.tier))

    return rule


def _carry_lost(true: Any) -> Any:
    return lambda *args: true(*args)._replace(rest=0)


def _exclusive_forgotten(true: Any) -> Any:
    return lambda rules, ask: []


MISTAKES: dict[str, Mistake] = {
    "a total is shared and its rest is lost": Mistake(quote, "split", _share_lost, "parts_sum_to_the_whole"),
    "shares are rounded down": Mistake(
        percent_off, "ROUNDINGS", lambda true: dict.fromkeys(true, money.down), "is_the_plain_one"
    ),
    "the floor of a line is forgotten": Mistake(
        bill, "open_part", lambda true: lambda line: true(replace(line, floor_minor=0)), "no_discount_exceeds_its_line"
    ),
    "a levy is discounted": Mistake(
        bill, "open_part", lambda true: lambda line: true(replace(line, levy_minor=0)), "no_discount_exceeds_its_line"
    ),
    "what may not be discounted is": Mistake(
        bill, "open_part", lambda true: lambda line: true(replace(line, discountable=True)), "no_discount_exceeds_its_line"
    ),
    "negative lines do not lower the total": Mistake(
        bill.Bill,
        "open",
        lambda true: lambda self, places: sum(self.room[place] for place in places),
        "nobody_is_paid_for_buying",
    ),
    "a used piece makes another reward": Mistake(
        bill.Bill, "use", lambda true: lambda self, place, count: None, "no_piece_is_used_twice"
    ),
    "the dearest piece is the free one": Mistake(
        free_pieces,
        "ordered",
        lambda true: lambda some, places, piece: true(some, places, {"cheapest": "dearest"}.get(piece, piece)),
        "is_the_plain_one",
    ),
    "equal prices go last first": Mistake(
        pieces,
        "ordered",
        lambda true: lambda some, places, piece: list(reversed(true(some, places, piece))),
        "is_the_plain_one",
    ),
    "an amount is compared before instead of after discounts": Mistake(
        bill.Bill,
        "amount",
        lambda true: lambda self, places, after, with_tax: true(self, places, not after, with_tax),
        "is_the_plain_one",
    ),
    "a least amount is read twice as high": Mistake(
        checkout,
        "_money",
        lambda true: lambda measure: true(replace(measure, amount_min=2 * measure.amount_min)),
        "is_the_plain_one",
    ),
    "an exclusive offer goes with others": Mistake(stacking, "_exclusive", _exclusive_forgotten, "of_a_group_one_is_taken"),
    "a group is taken twice": Mistake(stacking, "_refused", _others_forgotten, "of_a_group_one_is_taken"),
    "the first combination is the best": Mistake(
        stacking, "_subsets", lambda true: lambda codes: (), "is_the_plain_one", seed=14
    ),
    "limits are forgotten": Mistake(stacking, "_uses_left", lambda true: lambda benefit, some: 1000, "limits_and_budgets_hold"),
    "one piece more may be spent": Mistake(bill, "_spendable", _below_nothing, "nothing_is_spent_that_is_not_there"),
    "what a sale earns never pays in it": Mistake(quote, "_own", lambda true: lambda *args: {}, "is_the_plain_one"),
    "an amount off lowers what its goods earn": Mistake(
        quote, "Settled", lambda true: lambda offs, dry: true([0] * len(offs), dry), "is_the_plain_one"
    ),
    "the last rest is forgotten": Mistake(accrue, "Basis", _carry_lost, "is_the_plain_one"),
    "the tax is taken off by the price": Mistake(
        amount_off, "without_tax", lambda true: lambda amount, rate: amount * (10_000 - rate) // 10_000, "is_the_plain_one"
    ),
    "an anniversary is every day": Mistake(
        person, "since_anniversary", lambda true: lambda joined, today: 0, "is_the_plain_one"
    ),
    "caps of a day are forgotten": Mistake(
        accrue, "_capped", lambda true: lambda code, rule, earned, balances: earned, "is_the_plain_one"
    ),
    "a sale is quoted anew": Mistake(
        sale,
        "nets",
        lambda true: lambda basket, offs: tuple(line.amount_minor for line in basket.lines),
        "what_was_agreed_is_sold",
    ),
    "what was held is not redeemed": Mistake(posting, "sale_entries", _no_holds, "entries_sum_to_zero"),
    "the last to expire is spent first": Mistake(
        lots,
        "by_expiry",
        lambda true: lambda lot: (-int(true(lot)[0].replace("-", "")), true(lot)[1]),
        "first_to_expire_is_spent_first",
    ),
    "what is over is spent": Mistake(
        lots, "_in_force", lambda true: lambda lot, day: lots.life(lot).ready <= day, "first_to_expire_is_spent_first"
    ),
    "what is pending is spent": Mistake(
        lots,
        "_in_force",
        lambda true: lambda lot, day: day <= (lots.life(lot).expires or lots.NEVER),
        "first_to_expire_is_spent_first",
    ),
    "an overdraft is never repaid": Mistake(
        posting,
        "_coming_in",
        lambda true: lambda program, have, entry, day: true(program, Counter(dict(have)) - Counter(), entry, day),
        "an_overdraft_is_repaid_first",
    ),
    "a tier is higher by its name": Mistake(tiers, "rule", _by_name, "a_member_stands_as_high_as_was_earned"),
    "a return is rounded up": Mistake(reverse.Share, "of", _returned_by_half, "returns_in_parts_are_one_return"),
    "a return leaves what was used": Mistake(reverse, "_uses", lambda true: lambda *_: {}, "all_returned_is_nothing_sold"),
    "what a wallet pays is nobody's cost": Mistake(
        reverse,
        "paid_by_units",
        lambda true: lambda sale: iter([(0,) * len(sale.basket.lines)] * len(sale.extras.tenders)),
        "partners_get_back_what_they_owed",
    ),
    "the id alone decides who wins": Mistake(pool, "draw", _steered, "a_draw_is_the_same_everywhere"),
    "an id that ends well wins": Mistake(pool, "draw", _by_last_digit, "a_draw_cannot_be_steered"),
}
"""By what is wrong."""
