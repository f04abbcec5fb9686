"""Whole minor units (agorot), the named roundings, and sharing a total so that the parts always sum to it."""

from collections.abc import Sequence
from typing import Annotated

Minor = Annotated[int, "minor"]
"""An amount in minor units of the program's currency. In a program file it is written as a string: "12.50"."""


def floor_share(amount: int, numerator: int, denominator: int) -> int:
    """`amount * numerator / denominator`, rounded towards zero; for amounts that are not negative."""
    assert amount >= 0
    assert numerator >= 0
    assert denominator > 0
    return amount * numerator // denominator


def split(total: int, weights: Sequence[int]) -> tuple[int, ...]:
    """Share `total` by `weights` in whole parts whose sum is exactly `total`.

    Largest-remainder method (Hamilton): each part is its exact share rounded down, and what is left goes one by one to the
    parts with the largest remainders, the earlier first. No part differs from its exact share by one or more.

    Raises ValueError for a negative weight, or when there is something to share and every weight is zero.
    """
    if weights and min(weights) < 0:
        raise ValueError("a weight is negative")
    if total < 0:
        return tuple(-part for part in split(-total, weights))
    whole = sum(weights)
    if whole == 0:
        if total:
            raise ValueError("there is something to share and nobody to give it to")
        return (0,) * len(weights)
    parts = [total * weight // whole for weight in weights]
    left = total - sum(parts)
    if left:
        remainders = [total * weight % whole for weight in weights]
        by_remainder = sorted(range(len(weights)), key=remainders.__getitem__, reverse=True)  # stable: the earlier first
        for place in by_remainder[:left]:
            parts[place] += 1
    return tuple(parts)
