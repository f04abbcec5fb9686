"""Publishing with care for members: notice, override, and going back."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from central import programs, publishing
from central.publishing import Ask, local_day
from central.store import audit
from central.store import programs as rows
from runtime.errors import Rejected
from sync import program_file
from tests.central.conftest import NOW_MS, PROGRAM_PATH

DAY_MS = 86_400_000


def version(number, **changes):
    """The cafe's program of that version; `cost` is the reward's."""
    _, values = program_file.load(PROGRAM_PATH)
    cost = changes.pop("cost", 100)
    values |= {"version": number, "rewards": {"ten_off": {**values["rewards"]["ten_off"], "cost": cost}}} | changes
    return program_file.from_json(values), values


async def publish(store, number, *, at_ms=NOW_MS, from_ms=0, override="", **changes):
    """Publish a version of the cafe."""
    return await store.run(publishing.publish, *version(number, **changes), Ask("office", at_ms, from_ms, override))


def day_ms(day):
    """Midnight at this machine."""
    return int(datetime.fromisoformat(day).timestamp() * 1000)


async def test_the_first_version_needs_no_notice(store):
    """Nobody had anything to lose."""
    done = await publish(store, 1)
    assert (done.notice, done.overridden) == (None, False)


async def test_a_better_version_is_in_force_at_once(store):
    """And the same again changes nothing."""
    await publish(store, 1)
    done = await publish(store, 2, cost=90)
    assert [change.effect for change in done.notice.changes] == ["better"]
    assert (await store.read(programs.in_force, NOW_MS)).version == 2
    assert (await publish(store, 2, cost=90)).notice is None


async def test_a_worse_version_waits_for_its_notice(store):
    """The message names what is worse and the first day; from that day on it is taken, a day before it is not."""
    await publish(store, 1)
    with pytest.raises(Rejected) as refused:
        await publish(store, 2, cost=120)
    assert refused.value.code == "program_worsens"
    assert "rewards.ten_off.cost" in str(refused.value)
    earliest = (await store.read(publishing.compared, version(2, cost=120)[0], Ask("office", NOW_MS))).earliest
    assert f"--from {earliest}" in refused.value.hint
    with pytest.raises(Rejected):
        await publish(store, 2, cost=120, from_ms=day_ms(earliest) - 1)
    done = await publish(store, 2, cost=120, from_ms=day_ms(earliest))
    assert (done.program.version, done.overridden) == (2, False)
    assert (await store.read(programs.in_force, NOW_MS)).version == 1
    assert await store.read(audit.notes, 10) == []


async def test_a_fixed_term_may_not_be_worsened_within_it(store):
    """Three months of notice are not enough: the day after the last one is the first."""
    term = {"open_ended": False, "ends": "2099-12-31"}
    await publish(store, 1, **term)
    with pytest.raises(Rejected, match="fixed-term") as refused:
        await publish(store, 2, cost=120, from_ms=NOW_MS + 400 * DAY_MS, **term)
    assert "--from 2100-01-01" in refused.value.hint


async def test_an_override_is_answered_for(store):
    """The reason is kept with who, what and when; a reason that says nothing is none, and nothing is published."""
    await publish(store, 1)
    with pytest.raises(Rejected) as refused:
        await publish(store, 2, cost=120, override="because")
    assert refused.value.code == "reason_short"
    assert (await store.read(rows.latest)).version == 1
    done = await publish(store, 2, cost=120, override="agreed with counsel, 3 May")
    assert done.overridden
    (note,) = await store.read(audit.notes, 10)
    assert (note.made_ms, note.person, note.action, note.subject) == (NOW_MS, "office", "publish_without_notice", "cafe 2")
    assert note.reason.startswith("agreed with counsel, 3 May (in force from ")
    assert "rewards.ten_off.cost" in note.reason


async def test_a_refused_version_leaves_no_note(store):
    """An override does not help a version that is not above the last one, and is not kept."""
    await publish(store, 2)
    with pytest.raises(Rejected) as refused:
        await publish(store, 1, cost=120, override="agreed with counsel")
    assert refused.value.code == "program_version"
    assert await store.read(audit.notes, 10) == []


async def test_a_version_that_waits_counts_too(store):
    """What was promised for later may not be worsened at that time without notice, though today it is no worse."""
    await publish(store, 1)
    later = NOW_MS + 30 * DAY_MS
    await publish(store, 2, cost=80, from_ms=later)
    await publish(store, 3, cost=100)
    await publish(store, 4, cost=80, from_ms=later)
    with pytest.raises(Rejected) as refused:
        await publish(store, 5, cost=100, from_ms=later)
    assert refused.value.code == "program_worsens"


async def test_going_back_is_a_new_version(store):
    """The rules of the one before, under the next number; and noted."""
    await publish(store, 1)
    await publish(store, 2, cost=90, name={"he": "אחר"})
    with pytest.raises(Rejected) as refused:
        await store.run(publishing.rollback, Ask("office", NOW_MS))
    assert refused.value.code == "program_worsens"
    done = await store.run(publishing.rollback, Ask("office", NOW_MS, override="the second was a slip"))
    assert (done.program.version, done.program.rewards["ten_off"].cost) == (3, 100)
    assert replace(done.program, version=1, hash="") == replace(version(1)[0], hash="")
    notes = await store.read(audit.notes, 10, "cafe 3")
    assert [note.action for note in notes] == ["rollback", "publish_without_notice"]
    assert notes[0].reason == "the rules of version 1 again"
    again = await store.run(publishing.rollback, Ask("office", NOW_MS))
    assert (again.program.version, again.program.rewards["ten_off"].cost) == (4, 90)


async def test_there_is_nothing_to_go_back_to(store):
    """With no version, or only one."""
    for _ in range(2):
        with pytest.raises(Rejected) as refused:
            await store.run(publishing.rollback, Ask("office", NOW_MS))
        assert refused.value.code == "program_first"
        await publish(store, 1)


def test_a_day_is_that_of_this_machine():
    """From midnight to midnight."""
    midnight = day_ms("2026-11-21")
    assert (local_day(midnight), local_day(midnight - 1)) == ("2026-11-21", "2026-11-20")
    assert local_day(midnight + int(timedelta(hours=23).total_seconds() * 1000)) == "2026-11-21"
