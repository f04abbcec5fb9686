"""No receipt is lost or printed twice, whatever the printer does and whenever posd is killed: some seeds of `make print-sim`."""

import asyncio
import shutil
from collections import Counter
from pathlib import Path

import pytest

from drivers.virtual_printer import Terminal, VirtualPrinter
from tests.paper import __main__ as every
from tests.paper.plan import DRIVERS, Plan, Step, drawn
from tests.paper.run import Broken, Run, played

SEEDS, SHARES = 60, 12
"""`make print-sim SEEDS=1000` plays the rest. Those of a share run side by side: they mostly wait."""


@pytest.mark.parametrize("share", range(SHARES))
async def test_random_faults_and_crashes(share: int, tmp_path: Path) -> None:
    """Each receipt that a till was promised is on the paper once, in its turn, or told as unknown."""
    seeds = range(share, SEEDS, SHARES)
    ended: Counter[str] = Counter()
    for one in await asyncio.gather(*(played(drawn(seed), tmp_path / str(seed)) for seed in seeds)):
        ended.update(one)
    shutil.rmtree(tmp_path)

    assert min(ended["confirmed"], ended["crashes"])


def test_a_seed_is_one_story() -> None:
    """The same seed draws the same plan, every kind of step and every driver comes up, and each plan begins with a sale."""
    plans = [drawn(seed) for seed in range(200)]

    assert plans == [drawn(seed) for seed in range(200)]
    assert {plan.driver for plan in plans} == set(DRIVERS)
    assert {plan.steps[0].kind for plan in plans} == {"sell"}
    assert {step.kind for plan in plans for step in plan.steps} >= {"crash", "replug", "power", "copy", "mend"}


@pytest.mark.parametrize(
    ("states", "paper", "told"),
    [
        (["confirmed"], [], "job 1 is confirmed and not on the paper"),
        (["confirmed"], [0, 0], r"job 1 \(confirmed\) came out 2 times"),
        (["unknown"], [0, 0], r"job 1 \(unknown\) came out 2 times"),
        (["queued"], [], "job 1 is queued at the end"),
        (["sending"], [0], "job 1 is sending at the end"),
        (["confirmed", "confirmed"], [1, 0], "job 2 came out before an older one"),
        ([], [], "were promised and are gone"),
    ],
)
def test_a_broken_promise_is_seen(
    states: list[str], paper: list[int], told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The check that every run ends with sees each promise that can be broken."""
    from drivers.printers.job import receipt_bytes
    from drivers.printers.render import raster
    from tests.drivers.receipts import sold

    receipts = [sold("en", first_name=f"Member {number}") for number in range(2)]
    run = Run(
        Plan(1, "usb", "generic-80mm", (Step("sell", 0),)),
        tmp_path,
        VirtualPrinter(Terminal(tmp_path / "printer")),
        promised=[1],
    )
    for number in paper:
        run.paper.mechanism.paper += raster(receipts[number], 576).tobytes("raw", "1;I")
    jobs = [(number + 1, state, receipt_bytes(receipts[number])) for number, state in enumerate(states)]
    monkeypatch.setattr(run, "jobs", lambda: jobs)

    with pytest.raises(Broken, match=told):
        run.check()


async def test_a_failure_says_how_to_see_it_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Seed, steps, states and the command stand in the message."""
    monkeypatch.setattr(Run, "check", lambda _: (_ for _ in ()).throw(Broken("the paper is wrong")))
    async with asyncio.timeout(120):
        with pytest.raises(Broken) as caught:
            await played(Plan(7, "usb", "generic-80mm", (Step("sell", 0),)), tmp_path / "7")

    assert "seed 7, " in str(caught.value)
    assert "make print-sim SEEDS=1 FIRST=7" in str(caught.value)
    assert "the paper is wrong" in str(caught.value)


async def test_a_run_that_fails_ends_no_other(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Something that the machine lacked for one run is told with its seed, the others are played, and there is a summary."""

    async def play(plan: Plan, _: Path) -> Counter[str]:
        if plan.seed == 1:
            raise OSError("Address already in use")
        return Counter(confirmed=2)

    monkeypatch.setattr(every, "played", play)
    monkeypatch.setattr(every, "FIRST", 0)
    monkeypatch.setattr(every, "SEEDS", 4)

    assert await every.main() == 1
    first, last = capsys.readouterr().out.splitlines()
    assert first.startswith("FAILED  seed 1: ")
    assert last.startswith("4 runs with 0 crashes")
    assert "6 receipts confirmed" in last
    assert "1 runs broke a promise or failed" in last
