"""How bad a day is: rates of everything that may go wrong, drawn anew for each seed (a swarm, so that some faults meet alone)."""

import random
from dataclasses import dataclass, field, fields, replace

MINUTE_S, HOUR_S = 60.0, 3600.0


def rate(most: float, share: float = 0.5) -> float:
    """A rate of up to `most`, drawn for a `share` of the seeds; 0 for the others."""
    return field(default=0.0, metadata={"most": most, "share": share})


@dataclass(frozen=True)
class Faults:
    """Chances by request or by store call, from 0 to 1, and by hour for what nemeses do (nemeses.py)."""

    # by request to head office
    lose_request: float = rate(0.2)
    lose_reply: float = rate(0.2)
    duplicate: float = rate(0.2)
    delay: float = rate(0.2)
    cut_request: float = rate(0.05)
    cut_reply: float = rate(0.05)
    proxy: float = rate(0.05)
    # by store call
    terminal_dies: float = rate(0.03)
    office_dies: float = rate(0.01)
    # by hour
    terminal_crash: float = rate(1.0)
    office_crash: float = rate(0.5)
    partition: float = rate(0.7)
    swizzle: float = rate(0.3)
    clock_jump: float = rate(1.0)
    disk_full: float = rate(0.3)
    program_change: float = rate(0.5)
    new_card: float = rate(0.5)
    backup: float = rate(1.0, 0.9)
    restore: float = rate(0.15, 0.4)
    rollback: float = rate(0.15, 0.3)
    clone: float = rate(0.1, 0.3)
    # by checkout
    restless_till: float = rate(0.5)
    crowd: float = rate(0.9, 0.4)
    # drawn last, so that the days before it are what they were
    counter: float = rate(0.25, 0.7)
    clerk: float = rate(1.0, 0.5)


CALM = Faults()


def drawn(chance: random.Random) -> Faults:
    """The faults of one seed."""
    rates = {}
    for one in fields(Faults):
        most, share = one.metadata["most"], one.metadata["share"]
        meets, height = chance.random(), chance.random()
        rates[one.name] = most * height if meets < share else 0.0
    return Faults(**rates)


def pressed(faults: Faults, **rates: float) -> Faults:
    """`faults` with some of them set: what a planted bug needs to show itself soon."""
    return replace(faults, **rates)
