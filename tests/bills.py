"""A checkout in the middle of its quote: what conditions, ways of earning and rewards look at."""

from dataclasses import replace
from typing import Any

from loyalty.basket import Basket, Line
from loyalty.bill import Bill, bill
from loyalty.conditions import gate
from loyalty.goods import ALL, Goods, pick
from loyalty.member import Member
from loyalty.moment import Moment
from loyalty.program import Policies, Program
from loyalty.refusal import Refusal
from loyalty.rewards.giving import Target

NOW = Moment(wall_ms=1_795_000_000_000, utc_offset_minutes=120, local_date="2026-11-18")  # a Wednesday, 13:06 in the store


def goods(product: str, amount: int, pieces: int = 1, **fields: Any) -> Line:
    """So many pieces of a product, rung for `amount` together; `fields` are the Line's others."""
    return Line(product, product, amount, **{"quantity_milli": pieces * 1000, **fields})


def checkout(*lines: Line | int, member: Member | None = None, moment: Moment = NOW, rules: Any = None, **basket: Any) -> Bill:
    """A bill that no rule has looked at; an int is a line of that amount, with the product p0, p1 ... by its place.

    `rules` are fields of the Program, and of its Policies.
    """
    fields: dict[str, Any] = {"units": {}, "accruals": {}, "rewards": {}, **(rules or {})}
    policies = {name: fields.pop(name) for name in set(fields) & set(Policies.__slots__)}
    program = Program("bare", 1, "ILS", {}, policies=Policies(**policies), **fields)
    made = [line if isinstance(line, Line) else goods(f"p{place}", line) for place, line in enumerate(lines)]
    numbered = tuple(replace(line, id=str(place)) for place, line in enumerate(made))
    return bill(program, member, Basket(numbered, **basket), moment)


def target(of: Bill, *places: int, most: int = 10**10, costs: bool = True, order_wide: bool = False) -> Target:
    """These lines, or all of them, for a reward that the member pays for and that has no bound of its own."""
    return Target(places or of.index.all, order_wide, most, costs)


def why_not(of: Bill, own: Goods = ALL, **when: Any) -> Refusal | None:
    """What stands in the way of a rule about `own` goods with the conditions `when`, if anything."""
    return gate(when, {}, pick(own))(of)
