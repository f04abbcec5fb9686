"""The club's program, version by version."""

from functools import cache
from typing import Any

from loyalty.program import Program
from sync import program_file

NAME = {"he": "מועדון", "en": "Club"}


def program(version: int) -> dict[str, Any]:
    """The club's rules: every other version gives half the points. What a return takes back may leave less than nothing, so that
    the oracle can add up in any order.
    """
    return {
        "code": "club",
        "version": version,
        "name": NAME,
        "plain_prefixes": ["729"],
        "units": {"points": {"name": NAME, "worth": "0.10", "lease_percent": 50, "lease_percent_all": 80}},
        "accruals": {"points": {"type": "per_money", "unit": "points", "every": "1.00" if version % 2 else "2.00"}},
        "rewards": {"ten_off": {"type": "amount_off", "name": NAME, "unit": "points", "cost": 100, "amount": "10.00"}},
        "policies": {"spend_in_same_sale": False, "negative_balance": "allowed", "lease_min_strength": "signed"},
    }


@cache
def parsed(version: int) -> Program:
    """The program of that version, as the domain has it."""
    made, mistakes = program_file.parse(program(version))
    assert made, mistakes
    return made
