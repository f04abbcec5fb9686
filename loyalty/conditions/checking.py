"""What a condition is: a check that looks at a bill and says nothing, or why not."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from loyalty.bill import Bill
from loyalty.goods import Pick
from loyalty.member import Member
from loyalty.mistakes import Known, words
from loyalty.program import Mistake
from loyalty.refusal import Refusal

Check = Callable[[Bill], Refusal | None]
"""Nothing where the condition holds, else why not."""

Words = tuple[str, ...]
"""Any one of these."""


class Condition(NamedTuple):
    """A condition: the shape of its value in a program file, what makes its check from that and the rule's own lines, and what of
    the value cannot be meant, by the key below it. One `of_moment` looks at nothing but when and where it is.
    """

    shape: Any
    make: Callable[[Any, Pick], Check]
    mistakes: Callable[[Any, Known], Iterator[Mistake]]
    of_moment: bool = False


def any_words(found: Words, _: Known) -> Iterator[Mistake]:
    """Words that only the shop knows: there is no list to look them up in."""
    return words("", found)


def every(all_of: tuple[Check, ...]) -> Check:
    """All of these; the first that does not hold says why."""
    if len(all_of) == 1:
        return all_of[0]
    if len(all_of) == 2:  # as most rules have
        first, second = all_of
        return lambda bill: first(bill) or second(bill)

    def check(bill: Bill) -> Refusal | None:
        for one in all_of:
            if refusal := one(bill):
                return refusal
        return None

    return check


def of_member(told: Callable[[Member, Bill], bool], refusal: Refusal) -> Check:
    """What is true of a member; a checkout without one is told so."""
    nobody = Refusal("member_needed")

    def check(bill: Bill) -> Refusal | None:
        member = bill.member
        if member is None:
            return nobody
        return None if told(member, bill) else refusal

    return check
