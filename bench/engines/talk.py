"""How a peer's process talks: one JSON object a line. First the shop; then how many rules are active, and what to do with them."""

import json
import sys
import time
from collections.abc import Callable
from typing import Any, Protocol

from bench.discounts import Shop, from_values


class Engine(Protocol):
    """A rules engine with the shop's rules in it."""

    def activate(self, count: int) -> None:
        """Let the first `count` rules be the whole program."""

    def evaluate(self) -> object:
        """What is timed: the basket against the active rules."""

    def found(self) -> dict[str, Any]:
        """What one evaluation found, as JSON values: for checking, never timed."""


def serve(make: Callable[[Shop], Engine]) -> None:
    """Answer until stdin ends: `{"active", "times"}` with `{"took_ns"}`, and with what was found where `times` is 0."""
    engine = make(from_values(json.loads(sys.stdin.readline())))
    print("{}", flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        engine.activate(asked["active"])
        answer = {"took_ns": [_timed(engine) for _ in range(asked["times"])]} if asked["times"] else engine.found()
        print(json.dumps(answer), flush=True)


def _timed(engine: Engine) -> int:
    """Processor time, which is the wall's on an idle machine.

    None of the engines waits for anything; but what takes a second is interrupted by whatever else runs, and what takes a
    hundred microseconds hardly ever: by the wall's clock a busy machine would flatter the quick.
    """
    started = time.process_time_ns()
    engine.evaluate()
    return time.process_time_ns() - started
