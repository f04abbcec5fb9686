"""All laws, and what each is asked of. Run them with `make laws`."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from hypothesis import strategies as st

from tests.grammar.checkouts import checkouts
from tests.grammar.programs import Wanted
from tests.laws import drawing, growing, quoting, selling

ANY = checkouts()
SALES = checkouts(member=True).map(selling.sell)
ONE_PROMOTION = checkouts(Wanted(rewards=(0,), promotions=(1,), plain=True))
ONLY_EARNING = checkouts(Wanted(rewards=(0,), promotions=(0,)), member=True)
GIVING_BACK = checkouts(Wanted(giving_back=True, awards=(0, 1, 2)), member=True).map(selling.sell)
POOLS = st.binary(min_size=64, max_size=64)


class Law(NamedTuple):
    """What must hold, of which examples; `costs` says how many times as long as others it takes, and so is asked less often."""

    check: Callable[[Any], None]
    of: st.SearchStrategy[Any]
    costs: int = 1


def _named(of: st.SearchStrategy[Any], *checks: Callable[[Any], None], costs: int = 1) -> dict[str, Law]:
    return {check.__name__: Law(check, of, costs) for check in checks}


LAWS: Mapping[str, Law] = {
    **_named(
        ANY,
        quoting.is_the_same_twice,
        quoting.is_the_plain_one,
        quoting.parts_sum_to_the_whole,
        quoting.no_discount_exceeds_its_line,
        quoting.nobody_is_paid_for_buying,
        quoting.nothing_is_spent_that_is_not_there,
        quoting.a_choice_is_taken_whole_or_refused,
        quoting.limits_and_budgets_hold,
        quoting.no_piece_is_used_twice,
        quoting.of_a_group_one_is_taken,
        quoting.the_best_saves_no_less_than_the_first,
        quoting.line_ids_say_nothing,
    ),
    **_named(ONE_PROMOTION, quoting.the_order_of_lines_says_little),
    **_named(ONLY_EARNING, growing.more_goods_earn_no_less),
    **_named(
        SALES,
        selling.what_was_agreed_is_sold,
        selling.entries_sum_to_zero,
        selling.the_forecast_comes_true,
        selling.no_lot_is_overdrawn,
        selling.first_to_expire_is_spent_first,
        selling.an_overdraft_is_repaid_first,
        selling.a_member_stands_as_high_as_was_earned,
        selling.returns_in_parts_are_one_return,
        selling.no_more_comes_back_than_was_sold,
        selling.partners_get_back_what_they_owed,
    ),
    **_named(GIVING_BACK, selling.all_returned_is_nothing_sold),
    **_named(POOLS, drawing.a_draw_cannot_be_steered, drawing.a_draw_is_the_same_everywhere, costs=100),
}


def by_examples() -> list[dict[str, Law]]:
    """The laws that are asked of the very same examples, together: most of the time goes into drawing those."""
    groups: dict[int, dict[str, Law]] = {}
    for name, law in LAWS.items():
        groups.setdefault(id(law.of), {})[name] = law
    return list(groups.values())
