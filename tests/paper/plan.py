"""What happens in one run, drawn from its seed: sales, faults, repairs, crashes, cables, a person who prints a copy."""

import random
from dataclasses import dataclass

from drivers.virtual_printer import Fault

STEPS_MIN, STEPS_MAX = 8, 18
WEIGHTS = {"sell": 40, "fault": 30, "mend": 20, "wait": 30, "crash": 15, "replug": 7, "power": 7, "copy": 8}
WAITS_S = (0.0, 0.005, 0.02, 0.05, 0.1, 0.3, 0.6)
DRIVERS = ("network", "usb", "serial")
PROFILES = ("generic-80mm", "generic-58mm", "epson-tm-t88vi")


@dataclass(frozen=True)
class Step:
    """One thing that happens. `fault` is for "fault" alone; `wait_s` passes afterwards, and between unplugging and plugging in."""

    kind: str
    wait_s: float
    fault: Fault = Fault.NONE

    def __str__(self) -> str:
        """As a failure shows it."""
        return f"{self.kind}{f' {self.fault}' if self.kind == 'fault' else ''}, {self.wait_s} s"


@dataclass(frozen=True)
class Plan:
    """A whole run."""

    seed: int
    driver: str
    profile: str
    steps: tuple[Step, ...]


def drawn(seed: int) -> Plan:
    """The plan of that seed; the first thing is always a sale."""
    rng = random.Random(seed)
    kinds = ["sell", *rng.choices(list(WEIGHTS), list(WEIGHTS.values()), k=rng.randint(STEPS_MIN, STEPS_MAX))]
    faults = [fault for fault in Fault if fault is not Fault.NONE]
    steps = tuple(Step(kind, rng.choice(WAITS_S), rng.choice(faults)) for kind in kinds)
    return Plan(seed, rng.choice(DRIVERS), rng.choice(PROFILES), steps)
