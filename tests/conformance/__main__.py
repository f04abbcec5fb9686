"""`python -m tests.conformance cases.json`: how many cases of other systems come out here as there, and why others do not."""

import sys
from pathlib import Path

from tests.conformance.cases import judge, read

LEAST = 60


def main(arguments: list[str]) -> int:
    """Print a line for each case that fails, then `passed N of M`. 1 when fewer pass than must (of fewer cases: all must)."""
    if len(arguments) != 1:
        print("usage: python -m tests.conformance CASES.json", file=sys.stderr)
        return 2
    verdicts = [judge(case) for case in read(Path(arguments[0]))]
    for name, wrong in verdicts:
        if wrong:
            print(f"{name}: {'; '.join(wrong)}")
    passed = sum(not wrong for _, wrong in verdicts)
    print(f"passed {passed} of {len(verdicts)}")
    return 0 if passed >= min(LEAST, len(verdicts)) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
