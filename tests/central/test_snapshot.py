"""A snapshot at head office: all that a terminal may know, in chunks that fit together, whatever happens between two of them."""

from collections import Counter
from typing import Any

import pytest

from central import code_keys, feed, members
from central.clock import now_ms
from central.snapshot import read_chunk
from central.store import feed as rows
from central.store import terminals
from sync import snapshot, wire
from sync.snapshot import CodeRow, Loading, SnapshotChunk, SnapshotRequest
from sync.wire import MemberRow
from tests.central.test_leases import earns
from tests.samples import HANDLE, basket, cafe, member, sold
from tests.terminals import FieldTerminal, entity


def code(number: int) -> str:
    """A plain card's number (EAN-13) of the cafe's own."""
    digits = f"29{number:010d}"
    return digits + str(-sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits)) % 10)


async def shop(office: Any, count: int, path: Any) -> FieldTerminal:
    """A terminal, so many members with plain codes, a code key; and one who has bought at two terminals and has a lease here."""
    terminal, other = await office.terminal(), await office.terminal()
    await office.store.run(code_keys.publish, code_keys.load(path))
    for number in range(count):
        await office.store.run(members.add, f"m{number}", code(number), now_ms())
    for one in (terminal, other):
        await earns(office, one, 400)
    return terminal


async def keys_of(office: Any, terminal: FieldTerminal) -> int:
    found = await office.store.read(terminals.key, terminal.code, terminal.epoch)
    return int(found.terminal)


async def chunk(office: Any, terminal: FieldTerminal, cursor: str, rows_max: int = snapshot.CHUNK_ROWS_MAX) -> SnapshotChunk:
    """One chunk, past HTTP."""
    key = await keys_of(office, terminal)
    found: SnapshotChunk = await office.store.read(read_chunk, key, cursor, now_ms(), rows_max)
    return found


async def whole(office: Any, terminal: FieldTerminal, rows_max: int) -> tuple[list[Any], Loading, int]:
    """Everything, as a terminal takes it; where its feed goes on, and how many chunks there were."""
    loading, entities, last, count = Loading(), [], False, 0
    while not last:
        taken = snapshot.taken(loading, await chunk(office, terminal, loading.cursor, rows_max))
        assert taken.first == (count == 0)
        loading, last, count = taken.loading, taken.last, count + 1
        entities += taken.entities
    return entities, loading, count


async def fed(office: Any, terminal: FieldTerminal, cursor: str = "") -> list[Any]:
    """What the feed tells from `cursor` on."""
    page = await office.feed(terminal, cursor)
    assert not page.more
    return [entity(row) for row in page.rows]


@pytest.mark.parametrize("rows_max", [1, 2, 3, 500])
async def test_the_chunks_are_what_the_feed_tells_from_the_beginning(office: Any, tmp_path: Any, rows_max: int) -> None:
    """Programs, keys, members with their lease and what they include, whatever the size of the chunks; and their codes."""
    terminal = await shop(office, 4, tmp_path)
    found, loading, count = await whole(office, terminal, rows_max)
    told = await fed(office, terminal)
    plain = [one for one in found if isinstance(one, CodeRow)]
    rest = [one for one in found if not isinstance(one, CodeRow)]
    assert Counter(map(repr, rest)) == Counter(map(repr, told))
    assert any(isinstance(one, wire.LeaseRow) for one in rest)
    assert sum(bool(one.includes) for one in rest if isinstance(one, MemberRow)) == 1
    handles = [one.handle for one in rest if isinstance(one, MemberRow)]
    assert handles == sorted(handles), "a terminal writes them in this order"
    assert {(one.text, one.handle) for one in plain} == {
        (text, one.handle) for one in rest if isinstance(one, MemberRow) for text in one.codes
    }
    assert loading.members == len(handles) == 5
    assert (count == 1) == (rows_max == 500)


async def test_the_feed_goes_on_where_the_snapshot_began(office: Any, tmp_path: Any) -> None:
    """What changes between two chunks, before or behind the place where they are, comes with the feed; nothing is missing."""
    terminal = await shop(office, 6, tmp_path)
    loading = snapshot.taken(Loading(), await chunk(office, terminal, "", 4)).loading
    mine = terminal.sells(sold(cafe(), member(), basket(1000)))
    await office.deliver()
    made = await office.store.run(members.add, "new", "", now_ms())
    seen: dict[str, MemberRow] = {}
    last = False
    while not last:
        taken = snapshot.taken(loading, await chunk(office, terminal, loading.cursor, 2))
        loading, last = taken.loading, taken.last
        seen |= {one.handle: one for one in taken.entities if isinstance(one, MemberRow)}
    after = [one for one in await fed(office, terminal, loading.feed_cursor) if isinstance(one, MemberRow)]
    assert {one.handle for one in after} == {HANDLE, made.handle}
    now = {one.handle: one for one in [*seen.values(), *after]}
    [mine_now] = [one for one in await fed(office, terminal) if isinstance(one, MemberRow) and one.handle == HANDLE]
    assert now[HANDLE].balances == mine_now.balances
    assert mine.id in now[HANDLE].includes


@pytest.mark.parametrize("cursor", ["x", "", "9" * 300, "\0", "ffffffffffffffff.3.3." + "0" * 64 + ".member.00"])
async def test_a_cursor_that_is_not_known_begins_anew(office: Any, tmp_path: Any, cursor: str) -> None:
    """Of another life of the database, or nonsense: the first chunk says that it is the first."""
    terminal = await shop(office, 1, tmp_path)
    assert (await chunk(office, terminal, cursor)).first


async def test_a_large_chunk_is_cut_short(office: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """By its bytes, but to one entity at least; what is told in all is the same."""
    terminal = await shop(office, 3, tmp_path)
    one, _, few = await whole(office, terminal, 100)
    monkeypatch.setattr(snapshot, "CHUNK_BYTES_MAX", 1)
    other, _, many = await whole(office, terminal, 100)
    assert (one, few) == (other, 1)
    assert many == len([each for each in other if not isinstance(each, wire.LeaseRow)])


async def test_who_takes_snapshots_is_sent_to_one(office: Any, tmp_path: Any) -> None:
    """Instead of the feed from its beginning; not who has a cursor, and not a posd that does not know of snapshots."""
    terminal = await shop(office, 1, tmp_path)

    async def ask(cursor: str, **said: Any) -> wire.FeedPage:
        return await office.ask(terminal, "/v1/feed", wire.FeedRequest(cursor, 0.0, 0, 0, "0.1.0", **said), wire.FeedPage)

    for cursor in ("", "x", f"{'f' * 16}.1.1"):
        page = await ask(cursor, snapshots=True)
        assert (page.snapshot, page.rows, page.more) == (True, (), True)
        assert len((await ask(cursor)).rows) > 1
    first = await office.ask(terminal, "/v1/snapshot", SnapshotRequest(), SnapshotChunk)
    page = await ask(first.feed_cursor, snapshots=True)
    assert (page.snapshot, page.rows) == (False, ())


async def test_an_empty_head_office_has_a_snapshot_too(store: Any) -> None:
    """One chunk of nothing; and the cursor that it gives is known."""
    found = await store.read(read_chunk, 1, "", 5)
    taken = snapshot.taken(Loading(), found)
    assert (taken.entities, taken.first, taken.last) == ([], True, True)
    request = wire.FeedRequest(found.feed_cursor, 0.0, 0, 0, "", snapshots=True)
    assert not (await store.read(feed.answer, 1, request, 5)).page.snapshot


async def test_a_snapshot_is_for_enrolled_terminals(office: Any) -> None:
    """Signed, as everything else."""
    terminal, stranger = await office.terminal(), FieldTerminal("t99", 1)
    body = wire.encode(SnapshotRequest())
    problem = await office.post("/v1/snapshot", body, stranger.signed("/v1/snapshot", body), SnapshotChunk)
    assert problem.code == "not_signed"
    problem = await office.post("/v1/snapshot", b"{", terminal.signed("/v1/snapshot", b"{"), SnapshotChunk)
    assert problem.code == "malformed"


async def test_another_terminals_share_is_not_told(office: Any, tmp_path: Any) -> None:
    """Each is told its own."""
    terminal, other = await shop(office, 1, tmp_path), await office.terminal()
    mine, its = await keys_of(office, terminal), await keys_of(office, other)
    await office.store.run(rows.publish, [("share", mine), ("share", its)])
    found, _, _ = await whole(office, terminal, 2)
    assert sum(isinstance(one, wire.ShareRow) for one in found) == 1
