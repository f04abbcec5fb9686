"""Chunks of a snapshot: what fits is taken, whatever does not is asked for again."""

from dataclasses import replace
from typing import Any

import msgspec
import pytest
import zstandard

from runtime.errors import Unavailable
from sync import snapshot, wire
from sync.snapshot import CodeRow, Loading, SnapshotChunk
from sync.wire import CodeKeyRow, FeedRow, MemberRow

LIFE = "0123456789abcdef"


def member(number: int) -> MemberRow:
    return MemberRow(f"{number:020x}", "חברה", "silver", 0, {"point": {"": number}}, ())


def made(before: Loading, *entities: object, **changes: Any) -> SnapshotChunk:
    """The chunk that head office makes of these behind `before`."""
    kinds = {shape: kind for kind, shape in snapshot.ENTITIES.items()}
    data = msgspec.json.encode([FeedRow(kinds[type(one)], msgspec.Raw(wire.encode(one))) for one in entities])
    members = before.members + sum(isinstance(one, MemberRow) for one in entities)
    hash_now = snapshot.chained(before.hash, data)
    chunk = SnapshotChunk("next", f"{LIFE}.5.5", LIFE, members, hash_now, snapshot.packed(data), 7, first=not before.cursor)
    return replace(chunk, **changes)


def travelled(chunk: SnapshotChunk) -> SnapshotChunk:
    return wire.decode(wire.encode(chunk), SnapshotChunk)


def test_chunk_after_chunk() -> None:
    """Each counts and hashes on from the one before; what it holds comes as it was told."""
    one = snapshot.taken(Loading(), travelled(made(Loading(), CodeKeyRow("deadbeef", "1" * 64))))
    assert (one.entities, one.first, one.last) == ([CodeKeyRow("deadbeef", "1" * 64)], True, False)
    two = snapshot.taken(one.loading, travelled(made(one.loading, member(1), member(2))))
    assert (two.entities, two.loading.members, two.first) == ([member(1), member(2)], 2, False)
    three = snapshot.taken(two.loading, travelled(made(two.loading, CodeRow("123", member(1).handle), last=True)))
    assert (three.entities, three.loading.members, three.last) == ([CodeRow("123", member(1).handle)], 2, True)


def test_a_kind_that_this_release_does_not_know_is_skipped() -> None:
    """A newer head office may tell of more."""
    data = msgspec.json.encode([FeedRow("horoscope", msgspec.Raw(b'{"sign":"fish"}'))])
    chunk = made(Loading(), packed=snapshot.packed(data), hash=snapshot.chained(Loading().hash, data))
    assert snapshot.taken(Loading(), chunk).entities == []


def test_whoever_is_told_to_begin_anew_begins_anew() -> None:
    """Head office does not know the cursor any more: what came so far does not count."""
    far = Loading("far", f"{LIFE}.1.1", "f" * 16, 900, "b" * 64)
    taken = snapshot.taken(far, made(Loading(), member(1)))
    assert (taken.first, taken.loading.members, taken.loading.incarnation) == (True, 1, LIFE)


BEFORE = snapshot.taken(Loading(), made(Loading(), member(1))).loading
LARGE = b"[" + b" " * (snapshot.CHUNK_INFLATED_BYTES_MAX + 1) + b"]"


@pytest.mark.parametrize(
    "chunk",
    [
        made(BEFORE, member(2), hash="0" * 64),
        made(replace(BEFORE, hash="c" * 64), member(2)),
        made(BEFORE, member(2), members=1),
        made(BEFORE, member(2), members=3),
        made(BEFORE, member(2), incarnation="f" * 16),
        made(BEFORE, member(2), feed_cursor=f"{LIFE}.6.6"),
        made(BEFORE, member(2), packed=b"not zstd"),
        made(BEFORE, member(2), packed=snapshot.packed(b"[]")),
        made(BEFORE, member(2), packed=snapshot.packed(b"{"), hash=snapshot.chained(BEFORE.hash, b"{")),
        made(BEFORE, packed=snapshot.packed(LARGE), hash=snapshot.chained(BEFORE.hash, LARGE)),
        made(BEFORE, CodeRow("1", "0" * 20), packed=zstandard.compress(b"[]" * 9)[:-3]),
    ],
    ids=["hash", "left out", "too few", "too many", "life", "another", "garbage", "other bytes", "no JSON", "a bomb", "cut"],
)
def test_what_does_not_fit_is_not_taken(chunk: SnapshotChunk) -> None:
    """It was changed, cut, left out, doubled, or is of another snapshot: nothing of it counts, and it is asked for again."""
    with pytest.raises(Unavailable) as told:
        snapshot.taken(BEFORE, chunk)
    assert told.value.code == "snapshot_broken"


def test_a_chunk_that_comes_twice_is_not_counted_twice() -> None:
    """The answer to the first request came late."""
    chunk = made(BEFORE, member(2))
    after = snapshot.taken(BEFORE, chunk).loading
    with pytest.raises(Unavailable, match="hash"):
        snapshot.taken(after, chunk)


def test_a_row_of_a_wrong_shape_is_a_wrong_chunk() -> None:
    """A handle that is none, a balance beyond all bounds: nothing of it reaches the store."""
    data = msgspec.json.encode([FeedRow("member", msgspec.Raw(b'{"handle":"x"}'))])
    chunk = made(BEFORE, packed=snapshot.packed(data), hash=snapshot.chained(BEFORE.hash, data))
    with pytest.raises(Unavailable, match="MemberRow"):
        snapshot.taken(BEFORE, chunk)
