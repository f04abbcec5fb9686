"""Closed days at head office: the last word of each till, against what has arrived by now."""

import asyncio
import json
from dataclasses import replace

from click.testing import CliRunner

from central import days
from central.cli import group
from loyalty.day import DayClose, Differing
from loyalty.sale import ReturnedLine
from tests.central.test_apply import states
from tests.samples import basket, cafe, member, sold, till

DAY = "2026-11-18"


def sells(terminal, number, amount, **changes):
    """A sale of the sample's till and day."""
    sale = sold(cafe(), member(), basket(amount))
    return terminal.sells(replace(sale, till=replace(till(number), **changes))), sale


def closes(terminal, receipts, day=DAY, name="till-1"):
    """Its till closes the day."""
    return terminal.record("day_close", terminal.any_id(), DayClose(name, day, receipts))


async def seen(office, first=DAY, last=DAY):
    """What head office shows."""
    return await office.store.read(days.between, first, last)


async def test_a_day_is_compared_with_what_has_arrived(office):
    """What never came, what the till does not have, other amounts; and a gap goes when the late record comes."""
    terminal, late = await office.terminal("A"), await office.terminal("B")
    sells(terminal, "1", 1000)
    sells(terminal, "2", 700)
    sells(terminal, "5", 100, till="till-2")
    closes(terminal, {"1": 1000, "2": 750, "3": 500})
    sells(late, "9", 100)
    await office.deliver()
    first, other, third = await seen(office)
    assert (first.terminal, first.till, first.receipts, first.settled) == ("A", "till-1", 2, False)
    assert first.apart == (("3",), (), (Differing("2", 750, 700),))
    assert [(one.terminal, one.till, one.closed_ms, one.settled) for one in (other, third)] == [
        ("A", "till-2", None, False),
        ("B", "till-1", None, False),
    ]
    sells(terminal, "3", 500)
    closes(terminal, {"1": 1000, "2": 700, "3": 500})
    await office.deliver()
    now = (await seen(office))[0]
    assert (now.apart, now.settled) == (((), (), ()), True)
    assert [state for state, _ in await states(office)] == ["applied"] * 9


async def test_a_return_is_compared_too(office):
    """With what it refunded, as head office worked it out."""
    terminal = await office.terminal()
    record, sale = sells(terminal, "1", 1000)
    terminal.takes_back(record.id, ReturnedLine("1", 500), sale=replace(sale, till=till("2")))
    closes(terminal, {"1": 1000, "2": -500})
    await office.deliver()
    assert [one.settled for one in await seen(office)] == [True]


async def test_the_last_word_of_the_journal_counts_whatever_the_order(office):
    """A record that is tried again later does not take the place of a newer one."""
    terminal = await office.terminal()
    sells(terminal, "1", 1000)
    old = closes(terminal, {"1": 1})
    closes(terminal, {"1": 1000})
    assert (await office.push(terminal, 1, 2)).outcome == "stored"
    await office.deliver()

    def again(db):
        from central.effects import Effect
        from central.store.ledger import Cause
        from sync import wire

        envelope = wire.read_envelope(old.bytes)
        days.close(db, Effect(1, envelope, Cause(envelope.id, 1, 0)), wire.read_body(envelope))

    await office.store.run(again)
    assert [one.settled for one in await seen(office)] == [True]


async def test_the_command_shows_what_needs_somebody(office, url, tmp_path):
    """Days that are not closed or disagree; all of them if asked; nothing where nothing was sold."""
    terminal = await office.terminal("A")
    sells(terminal, "1", 1000)
    closes(terminal, {"1": 1000, "2": 5})
    closes(terminal, {}, day="2026-11-19")
    sells(terminal, "3", 1000, business_date="2026-11-20")
    await office.deliver()
    config = tmp_path / "central.toml"
    config.write_text(f'state_dir = "{tmp_path}"\ndatabase = "{url}"\n')

    async def ask(*more):
        span = ("--from", "2026-11-17", "--to", "2026-11-21")
        words = ["closings", *span, *more, "--config", str(config)]
        ran = await asyncio.to_thread(CliRunner().invoke, group, words)
        assert ran.exit_code == 0, ran.output
        return ran.output

    values = json.loads(await ask("--json"))
    assert [(one["business_date"], one["settled"], one["apart"]["unheard"]) for one in values] == [
        ("2026-11-20", False, []),
        (DAY, False, ["2"]),
    ]
    assert (await ask()).splitlines() == [
        "2026-11-20  Allenby 12  A  till-1  1 receipts  not closed",
        f"{DAY}  Allenby 12  A  till-1  1 receipts  never arrived: 2",
    ]
    assert (await ask("--all")).splitlines()[1] == "2026-11-19  Allenby 12  A  till-1  0 receipts  closed"
    assert (await seen(office, "2026-12-01", "2026-12-31")) == []
