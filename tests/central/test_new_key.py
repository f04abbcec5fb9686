"""A terminal's new key: whatever is lost on the way, the terminal can sign; and what the key before may still do."""

import json

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from central import enrol
from central.cli import group
from central.clock import now_ms
from central.store import audit, pages
from runtime.errors import Rejected
from sync import wire
from sync.keys import KeyAnswer, KeyRequest
from tests.central.test_leases import earns, terminal_in
from tests.samples import HANDLE, basket, cafe, member, sold
from tests.terminals import FieldTerminal

SALE = sold(cafe(), member(), basket(1000))


@pytest.fixture
async def terminal(office):
    """One that has sold something."""
    terminal = await office.terminal()
    terminal.sells(SALE)
    await office.deliver(terminal)
    return terminal


async def offers(office, terminal, key):
    """The terminal asks for `key` to sign soon."""
    request = KeyRequest(key.public_key().public_bytes_raw().hex())
    return await office.ask(terminal, "/v1/key", request, KeyAnswer)


async def turned(office, terminal):
    """The same terminal with a new key, which has signed; the key before."""
    before, key = terminal.key, Ed25519PrivateKey.generate()
    assert isinstance(await offers(office, terminal, key), KeyAnswer)
    terminal.key = key
    assert isinstance(await office.feed(terminal), wire.FeedPage)
    return before


def with_key(terminal, key):
    """Another copy of it: same journal so far, another key."""
    return FieldTerminal(terminal.code, terminal.epoch, key, terminal.chain, list(terminal.records))


async def test_until_the_new_key_has_signed_both_are_good(office, terminal):
    """The reply was lost, or the terminal was switched off before it had put the new key in its place."""
    key = Ed25519PrivateKey.generate()
    for _ in range(3):
        assert isinstance(await offers(office, terminal, key), KeyAnswer)
        assert isinstance(await office.feed(terminal), wire.FeedPage)
    terminal.key = key
    assert isinstance(await office.feed(terminal), wire.FeedPage)
    notes = [one for one in await office.store.read(audit.notes, 50) if one.action == "new key"]
    assert len(notes) == 1


async def test_another_new_key_takes_the_place_of_one_never_used(office, terminal):
    """The file with the first one was lost on the way."""
    lost, key = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    await offers(office, terminal, lost)
    await offers(office, terminal, key)
    assert (await office.feed(with_key(terminal, lost))).code == "not_signed"
    assert isinstance(await office.feed(with_key(terminal, key)), wire.FeedPage)


async def test_once_the_new_key_has_signed_the_one_before_gets_nothing(office, terminal):
    """No feed, no hold, no other key."""
    before = await turned(office, terminal)
    old = with_key(terminal, before)
    assert (await office.feed(old)).code == "fenced"
    assert (await office.hold(old, wire.HoldRequest("0f" * 16, HANDLE, "point", 1))).code == "fenced"
    assert (await offers(office, old, Ed25519PrivateKey.generate())).code == "fenced"
    assert isinstance(await office.feed(terminal), wire.FeedPage)


async def test_a_push_with_the_new_key_is_its_first_use_too(office, terminal):
    """Whatever the terminal says first."""
    before, terminal.key = terminal.key, Ed25519PrivateKey.generate()
    await offers(office, with_key(terminal, before), terminal.key)
    terminal.sells(SALE)
    assert (await office.push(terminal)).outcome == "stored"
    assert (await office.feed(with_key(terminal, before))).code == "fenced"


async def test_two_keys_later_the_first_is_nobodys(office, terminal):
    """Only the one before may still push."""
    first = await turned(office, terminal)
    second = await turned(office, terminal)
    assert (await office.push(with_key(terminal, first))).code == "not_signed"
    assert (await office.push(with_key(terminal, second))).outcome == "stored"


async def test_a_copied_disk_with_the_key_before_loses_no_sale(office, terminal):
    """Its records leave the history that is there: a fork, as of every copied disk; both are stored."""
    before = await turned(office, terminal)
    copy = with_key(terminal, before)
    terminal.sells(SALE)
    assert (await office.push(terminal)).outcome == "stored"
    copy.sells(SALE)
    assert (await office.push(copy)).outcome == "fork"
    assert (await office.feed(terminal)).code == "fenced"


async def test_the_older_journals_of_a_terminal_go_with_its_key(office):
    """Enrolled anew, a terminal keeps its key: what an old database still has can be sent under the new one."""
    place = ("Allenby 12", "Till 1")
    older = await terminal_in(office, *place)
    older.sells(SALE)
    code = (await office.store.run(enrol.new_code, place, "Asia/Jerusalem", now_ms())).code
    newer = FieldTerminal(key=older.key)
    newer.is_now(await office.enrol(newer, code))
    await turned(office, newer)
    older.key = newer.key
    assert (await office.push(older)).outcome == "quarantined"


async def test_a_stranger_cannot_have_a_key_taken_down(office, terminal):
    """It signs with one that nobody knows."""
    stranger = with_key(terminal, Ed25519PrivateKey.generate())
    assert (await offers(office, stranger, stranger.key)).code == "not_signed"


@pytest.mark.parametrize("public_key", ["", "AB" * 32, "00" * 31, "zz" * 32])
async def test_what_is_no_key_is_malformed(office, terminal, public_key):
    """64 hex digits in small letters."""
    body = wire.encode({"public_key": public_key})
    answer = await office.post("/v1/key", body, terminal.signed("/v1/key", body), KeyAnswer)
    assert answer.code == "malformed"


async def test_a_dead_terminal_is_replaced_in_one_step(office):
    """It is fenced at once, with what it leased; the one-time code makes the new machine the same terminal, with a new epoch."""
    dead = await terminal_in(office)
    await earns(office, dead, 1000)
    dead.sells(SALE)
    made = await office.store.run(enrol.replace, dead.code, "its disk is dead", "somebody", now_ms())
    assert (await office.feed(dead)).code == "fenced"
    new = FieldTerminal()
    answer = await office.enrol(new, made.code)
    assert (answer.terminal, answer.store, answer.name, answer.epoch) == (dead.code, "Allenby 12", "Till 1", dead.epoch + 1)
    assert (await office.push(dead)).outcome == "quarantined"
    notes = await office.store.read(audit.notes, 50)
    assert [(one.person, one.reason) for one in notes if one.action == "fence"] == [("somebody", "its disk is dead")]
    (row,) = await office.store.read(pages.terminals, now_ms())
    assert row.name == "Till 1"


async def test_only_a_terminal_can_be_replaced(office):
    """A name that is nobody's is told."""
    with pytest.raises(Rejected, match="no terminal 'nobody'"):
        await office.store.run(enrol.replace, "nobody", "gone", "somebody", now_ms())


def test_the_command_says_what_comes_next(tmp_path):
    """Fenced, a one-time code, and where to look for what it may have spent or never sent."""
    config = tmp_path / "central.toml"
    config.write_text(f'state_dir = "{tmp_path / "state"}"\n')

    def run(*words):
        ran = CliRunner().invoke(group, [*words, "--config", str(config)])
        assert ran.exit_code == 0, ran.output
        return ran.stdout

    code = json.loads(run("terminal", "enrol", "--store", "Allenby 12", "--terminal", "Till 1", "--json"))["terminal"]
    told = run("terminal", "replace", code, "--reason", "stolen")
    assert [word in told for word in ("Allenby 12 / Till 1 is fenced", "posd enrol", "posd salvage", "exposure list")] == [
        True
    ] * 4
    assert len(json.loads(run("terminal", "replace", code, "--reason", "again", "--json"))["code"].split("-")) == 7
