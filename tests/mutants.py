"""Planted mistakes: mutmut changes loyalty/ one spot at a time, and a test that should have minded must fail.

    python -m tests.mutants                      all of loyalty/: some hours
    python -m tests.mutants --fifth              every fifth mutant of each function, from its second one on
    python -m tests.mutants loyalty/money.py     one module

The score is killed / all: a mutant that no test can tell from the original stays in the denominator, and so does one that no test
runs. A mutant that never ends counts as killed. `tests/loyalty/mutants.toml` says of a survivor why it may live; whatever is not
listed there is "not caught yet". Each run starts from nothing, so that no result is older than the tests.
"""

import argparse
import json
import re
import shutil
import subprocess
import sys
import tomllib
from collections import Counter, defaultdict
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from mutmut.mutation.diff_apply import get_diff_for_mutant
from mutmut.stats import status_by_exit_code

ROOT = Path(__file__).resolve().parents[1]
REASONS = ROOT / "tests" / "loyalty" / "mutants.toml"
SCORE_PERCENT_MIN = 85  # what the design promises of all modules together
PROCESSES = 2  # the machines are shared
FIFTH = "__mutmut_*[27]"  # they are numbered within their function
NOT_CAUGHT = "not caught yet"
KINDS = ("equivalent", "unreachable", "message", NOT_CAUGHT)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why some survivors may live: the expression `lines` is found in what they change; `module` and `function` may hold a `*`."""

    module: str
    function: str
    lines: str
    kind: str
    why: str


@dataclass(frozen=True, slots=True)
class Survivor:
    """A mutant that every test let pass, and the lines it changed."""

    module: str
    function: str
    change: str

    def is_of(self, reason: Reason) -> bool:
        """Whether `reason` speaks of this one."""
        placed = fnmatchcase(self.module, reason.module) and fnmatchcase(self.function, reason.function)
        return placed and re.search(reason.lines, self.change, re.MULTILINE) is not None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run found: mutants killed and all, by module, and the survivors."""

    killed: Counter[str]
    all: Counter[str]
    survivors: list[Survivor]


def reasons() -> list[Reason]:
    """The listed ones."""
    listed = [Reason(**row) for row in tomllib.loads(REASONS.read_text())["survivor"]]
    assert all(reason.kind in KINDS[:-1] and reason.why for reason in listed)
    return listed


def run(module: str, *, fifth: bool) -> None:
    """Let mutmut try every mutant of `module`, or of all of them where it is empty; or only every fifth."""
    shutil.rmtree(ROOT / "mutants", ignore_errors=True)
    names = module.removesuffix(".py").removesuffix("/__init__").replace("/", ".") or "loyalty"
    mutmut = [
        str(Path(sys.executable).with_name("mutmut")),
        "run",
        "--max-children",
        str(PROCESSES),
        f"{names}.*{FIFTH if fifth else ''}",
    ]
    done = subprocess.run(mutmut, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stdout[-4000:] + done.stderr[-4000:])


def outcome() -> Outcome:
    """What mutmut left behind."""
    found = Outcome(Counter(), Counter(), [])
    for path in sorted((ROOT / "mutants" / "loyalty").rglob("*.meta")):
        module = str(path.relative_to(ROOT / "mutants").with_suffix(""))
        for mutant, exit_code in json.loads(path.read_text())["exit_code_by_key"].items():
            if exit_code is None:  # of a module that was not asked for
                continue
            found.all[module] += 1
            if status_by_exit_code[exit_code] in {"killed", "timeout"}:
                found.killed[module] += 1
            else:
                found.survivors.append(Survivor(module, function_of(mutant), change_of(mutant, module)))
    return found


def function_of(mutant: str) -> str:
    """`loyalty.basket.xǁLineǁ__post_init____mutmut_3` -> `Line.__post_init__`; `loyalty.money.x_split__mutmut_1` -> `split`."""
    mangled = mutant.rpartition("__mutmut_")[0].rpartition(".")[2]
    return mangled.removeprefix("x_").removeprefix("xǁ").replace("ǁ", ".")


def change_of(mutant: str, module: str) -> str:
    """The lines that the mutant removes and adds, without their indentation."""
    lines = get_diff_for_mutant(mutant, path=module).splitlines()[3:]
    return "\n".join(f"{line[0]} {line[1:].strip()}" for line in lines if line[0] in "-+")


def report(found: Outcome, listed: list[Reason]) -> float:
    """Print the survivors by reason, then the table of modules; the score in percent."""
    grouped: defaultdict[tuple[str, str, str, str], list[str]] = defaultdict(list)
    for survivor in found.survivors:
        reason = next((reason for reason in listed if survivor.is_of(reason)), None)
        kind, why = (reason.kind, reason.why) if reason else (NOT_CAUGHT, "")
        grouped[kind, survivor.module, survivor.function, why].append(survivor.change)
    counts: Counter[tuple[str, str]] = Counter()
    for (kind, module, function, why), changes in sorted(grouped.items()):
        counts[module, kind] += len(changes)
        print(f"\n{kind}: {len(changes)} in {module}, {function}" + (f": {why}" if why else ""))
        if kind == NOT_CAUGHT:
            print("\n".join(dict.fromkeys(line for change in sorted(changes) for line in change.splitlines())))
    for reason in listed:
        if reason.module in found.all and not any(survivor.is_of(reason) for survivor in found.survivors):
            print(f"\nlisted, but caught: {reason.module}, {reason.function}: {reason.lines}")
    print(f"\n{'module':32}{'killed':>8}{'of':>6}{'%':>7}" + "".join(f"{kind:>16}" for kind in KINDS))
    for module, whole in sorted(found.all.items()):
        killed = found.killed[module]
        columns = "".join(f"{counts[module, kind]:>16}" for kind in KINDS)
        print(f"{module:32}{killed:>8}{whole:>6}{100 * killed / whole:>7.1f}{columns}")
    killed, whole = found.killed.total(), found.all.total()
    print(f"\nmutation score: {100 * killed / whole:.1f} % (killed {killed} of {whole})")
    return 100 * killed / whole


def main() -> None:
    """Run, report, and fail below the promise."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.mutants", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("module", nargs="?", default="")
    parser.add_argument("--fifth", action="store_true")
    given = parser.parse_args()
    run(given.module, fifth=given.fifth)
    if report(outcome(), reasons()) < SCORE_PERCENT_MIN:
        sys.exit(f"the design promises {SCORE_PERCENT_MIN} %")


if __name__ == "__main__":
    main()
