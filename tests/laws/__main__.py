"""`make laws`: all laws, each asked of EXAMPLES examples, and a line per law. Exits with 1 where one is broken."""

import os
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.laws.table import LAWS, Law, by_examples

EXAMPLES = int(os.environ.get("EXAMPLES", "20000"))
TOLD_CHARS_MAX = 4000  # of an example that breaks a law
SHARES = 4  # the examples of laws that ask the same are drawn in so many parts, side by side


def main() -> int:
    """Ask, and tell. Laws of the same kind of examples are asked of the very same ones."""
    began, broken = time.monotonic(), 0
    with ProcessPoolExecutor() as workers:
        asked = [(group, [workers.submit(ask, tuple(group), share) for share in range(SHARES)]) for group in by_examples()]
        for group, shares in asked:
            told = [share.result() for share in shares]
            for name in group:
                examples = sum(counts[name] for counts, _ in told)
                failures = [failure for _, failures in told if (failure := failures.get(name))]
                broken += bool(failures)
                print(f"{'BROKEN' if failures else 'holds'}  {name.replace('_', ' ')}: {examples} examples", flush=True)
                for failure in failures:
                    print(failure)
    print(f"{len(LAWS) - broken} of {len(LAWS)} laws hold, after {time.monotonic() - began:.0f} s")
    return 1 if broken else 0


def ask(names: tuple[str, ...], share: int) -> tuple[dict[str, int], dict[str, str]]:
    """How many examples each of these laws was asked of, and the smallest found that broke it."""
    laws = {name: LAWS[name] for name in names}
    some = next(iter(laws.values()))
    shown: list[Any] = []
    counts, failures = dict.fromkeys(names, 0), dict[str, str]()
    while len(failures) < len(names):
        left = {name: law for name, law in laws.items() if name not in failures}
        at: list[str] = []
        try:
            _asked_of_all(left, some.of, max(EXAMPLES // SHARES // some.costs, 1), (counts, at, shown), share)
        except Exception as broken:
            failures[at[-1]] = f"    {type(broken).__name__}: {broken} by {shown[-1]!r}"[:TOLD_CHARS_MAX]
        else:
            break
    return counts, failures


def _asked_of_all(
    laws: Mapping[str, Law],
    of: st.SearchStrategy[Any],
    examples: int,
    told: tuple[dict[str, int], list[str], list[Any]],
    share: int,
) -> None:
    counts, at, shown = told

    def check(example: Any) -> None:
        shown[:] = [example]
        for name, law in laws.items():
            at.append(name)
            law.check(example)
            counts[name] += 1
        at.clear()

    drawn: Callable[[], None] = given(of)(check)
    seed(share)(
        settings(
            max_examples=examples,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate, Phase.shrink],
        )(drawn)
    )()


if __name__ == "__main__":
    sys.exit(main())
