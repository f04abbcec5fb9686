"""Records of a newer release: kept, not refused, and booked after the upgrade; dead letters tried again."""

import concurrent.futures
import json

import pytest
from click.testing import CliRunner

from central import apply, cli
from central.store import pages, records
from loyalty.sale import Enrol
from sync import wire
from tests.samples import HANDLE, basket, cafe, member, sold


async def states(office):
    """Of each record, what became of it, by kind."""
    return {row.kind: row.state for row in await office.store.read(records.newest, 100)}


@pytest.fixture
async def newer(office):
    """A terminal of a newer release: a kind and a version that are not known here, between two sales."""
    terminal = await office.terminal()
    terminal.sells(sold(cafe(), member(), basket(1000)))
    terminal.record("stocktake", terminal.any_id(), {"shelves": 3})
    terminal.record("enrol", terminal.any_id(), {"posd_version": "9", "store": "s", "mood": "good"})
    terminal.sells(sold(cafe(), member(), basket(2000)))
    await office.deliver(terminal)
    return terminal


async def test_what_is_not_known_is_kept_and_stands_in_nobody_s_way(office, newer):
    """It is acknowledged, the sales before and behind it count, and its bytes are as they came."""
    assert (await office.balances(HANDLE))["point"] == 30
    assert await states(office) == {"enrol": "applied", "sale": "applied", "stocktake": "kept"}
    [kept] = [row.key for row in await office.store.read(records.newest, 100) if row.state == "kept"]
    stored = await office.store.read(records.of_chain, 1, 0, 100)
    assert newer.records[2].bytes in {link.bytes for link in stored}
    assert kept


async def test_after_an_upgrade_it_has_its_effect_once(office, newer, monkeypatch):
    """The new release knows the kind: replayed, it is applied; replayed again, nothing is left to do."""
    assert await office.store.run(records.replay_all, "kept") == 1
    await office.apply()
    assert (await states(office))["stocktake"] == "kept", "nothing knows it yet"
    done = []
    monkeypatch.setattr(wire, "RECORDS", {**wire.RECORDS, ("stocktake", 1): dict})
    monkeypatch.setattr(apply, "APPLY", {**apply.APPLY, "stocktake": lambda *given: done.append(given[2])})
    assert await office.store.run(records.replay_all, "kept") == 1
    await office.apply()
    assert ((await states(office))["stocktake"], done) == ("applied", [{"shelves": 3}])
    assert await office.store.run(records.replay_all, "kept") == 0


async def test_a_person_types_it(office, newer, tmp_path):
    """By key, all that were kept, all dead letters; without a word it says what it wants."""
    newer.record("sale", newer.any_id(), Enrol("not", "a sale"))
    await office.deliver(newer)
    [letter] = await office.store.read(pages.letters, 5)
    config = tmp_path / "central.toml"
    config.write_text(f'state_dir = "{tmp_path}"\ndatabase = "{office.url}"\n')

    def typed(*words):
        command = ["record", "replay", *words, "--json", "--config", str(config)]
        with concurrent.futures.ThreadPoolExecutor(1) as thread:  # a command has an event loop of its own
            return thread.submit(CliRunner().invoke, cli.group, command).result()

    assert json.loads(typed(str(letter.key)).stdout) == {"records": 1}
    await office.apply()
    assert [one.key for one in await office.store.read(pages.letters, 5)] == [letter.key]
    assert json.loads(typed("--dead", "--kept").stdout) == {"records": 2}
    assert typed().exit_code == 2
