"""The programs that the trials here play."""

from functools import cache
from pathlib import Path
from typing import Any

from loyalty.program import Program
from sync import program_file

PROGRAMS = Path(__file__).resolve().parents[3] / "config" / "programs"


@cache
def cafe() -> Program:
    """The café's club, as it ships."""
    return program_file.load(PROGRAMS / "cafe.toml")[0]


def built(**sections: Any) -> Program:
    """A small program: points for money, ten shekels off for a hundred, and whatever `sections` say besides."""
    values = {
        "code": "club",
        "version": 1,
        "name": {"en": "Club"},
        "units": {"points": {"name": {"en": "points"}}},
        "accruals": {"points": {"type": "per_money", "unit": "points", "every": "1.00", "give": 1}},
        "rewards": {
            "ten_off": {"type": "amount_off", "name": {"en": "ten off"}, "unit": "points", "cost": 100, "amount": "10.00"}
        },
    }
    program, mistakes = program_file.parse(values | sections)
    assert program is not None, mistakes
    assert not mistakes
    return program
