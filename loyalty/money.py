"""Whole minor units (agorot), the named roundings, and sharing a total so that the parts always sum to it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Literal

Minor = Annotated[int, "minor"]
"""An amount in minor units of the program's currency. In a program file it is written as a string: "12.50"."""


BasisPoints = Annotated[int, "percent"]
"""A share in hundredths of a percent. In a program file it is written as a percentage: 15, or "12.5"."""

WHOLE_BP = 10_000

Rounding = Literal["half_up", "half_even", "down", "up"]


def half_up(numerator: int, denominator: int) -> int:
    """The nearest whole number; a half goes up. For what is not negative."""
    return (2 * numerator + denominator) // (2 * denominator)


def half_even(numerator: int, denominator: int) -> int:
    """The nearest whole number; a half goes to the even one (bankers' rounding)."""
    whole, rest = divmod(numerator, denominator)
    return whole + (2 * rest > denominator or (2 * rest == denominator and whole % 2 == 1))


def down(numerator: int, denominator: int) -> int:
    """The whole number below."""
    return numerator // denominator


def up(numerator: int, denominator: int) -> int:
    """The whole number above."""
    return -(-numerator // denominator)


ROUNDINGS: Mapping[Rounding, Callable[[int, int], int]] = {
    "half_up": half_up,
    "half_even": half_even,
    "down": down,
    "up": up,
}
"""The named roundings of `numerator / denominator`."""

Remainder = Literal["largest", "first", "last"]
"""Who gets what is left over when a total is shared: the largest remainders one each, or all of it the first, or the last."""


def floor_share(amount: int, numerator: int, denominator: int) -> int:
    """`amount * numerator / denominator`, rounded towards zero; for amounts that are not negative."""
    assert amount >= 0
    assert numerator >= 0
    assert denominator > 0
    return amount * numerator // denominator


def split(total: int, weights: Sequence[int], remainder: Remainder = "largest") -> tuple[int, ...]:
    """Share `total` by `weights` in whole parts whose sum is exactly `total`.

    Each part is its exact share rounded down. What is left goes, by `remainder`, one by one to the parts with the largest
    remainders, the earlier first (Hamilton's method: no part differs from its exact share by one or more), or in one piece to
    the first or the last part that has a weight.

    Raises ValueError for a negative weight, or when there is something to share and every weight is zero.
    """
    if weights and min(weights) < 0:
        raise ValueError("a weight is negative")
    if total < 0:
        return tuple(-part for part in split(-total, weights, remainder))
    whole = sum(weights)
    if whole == 0:
        if total:
            raise ValueError("there is something to share and nobody to give it to")
        return (0,) * len(weights)
    if remainder == "largest":
        return largest(total, weights, whole)
    parts = [total * weight // whole for weight in weights]
    weighty = [place for place, weight in enumerate(weights) if weight]
    parts[weighty[0 if remainder == "first" else -1]] += total - sum(parts)
    return tuple(parts)


def largest(total: int, weights: Sequence[int], whole: int) -> tuple[int, ...]:
    """`split` by the largest remainders, where nothing is negative and `whole` is the sum of the weights, and not zero."""
    if len(weights) == 2:  # then the first part is its share rounded, a half up
        first = half_up(total * weights[0], whole)
        return first, total - first
    parts = [total * weight // whole for weight in weights]
    left = total - sum(parts)
    if left:
        remainders = [total * weight % whole for weight in weights]
        if left == 1:
            parts[remainders.index(max(remainders))] += 1
        else:
            by_remainder = sorted(range(len(weights)), key=remainders.__getitem__, reverse=True)  # stable: the earlier first
            for place in by_remainder[:left]:
                parts[place] += 1
    return tuple(parts)


def spread(total: int, weights: Sequence[int], caps: Sequence[int], remainder: Remainder = "largest") -> tuple[int, ...]:
    """Share `total` by `weights` as `split` does, no part above its cap; what a cap turns away is shared by the others.

    The parts sum to `total`, or to what the caps let through where that is less: those of parts without weight count for nothing.
    """
    open_places = [place for place, weight in enumerate(weights) if weight and caps[place]]
    parts = [0] * len(weights)
    left = min(total, sum(caps[place] for place in open_places))
    while left:
        shares = split(left, [weights[place] for place in open_places], remainder)
        full = [place for place, share in zip(open_places, shares, strict=True) if share > caps[place]]
        if not full:
            for place, share in zip(open_places, shares, strict=True):
                parts[place] = share
            break
        for place in full:
            parts[place] = caps[place]
            left -= caps[place]
        open_places = [place for place in open_places if place not in full]
    return tuple(parts)
