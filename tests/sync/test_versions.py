"""Releases understand each other: what was once written is read for ever, and what is not known yet harms nobody."""

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from loyalty.journal import canonical, chain_hash
from sync import wire
from sync.versions import Older, reading_of
from tests.earlier import FIRST_SALES, GOLDEN, MESSAGES, RECORDS

SHAPES: Mapping[str, type] = {
    "enrol_request": wire.EnrolRequest,
    "enrol_answer": wire.EnrolAnswer,
    "push_answer": wire.PushAnswer,
    "feed_request": wire.FeedRequest,
    "feed_page": wire.FeedPage,
    "hold_request": wire.HoldRequest,
    "hold_answer": wire.HoldAnswer,
    "problem": wire.Problem,
}
KINDS = sorted({kind for kind, _ in wire.RECORDS})


def named(path: Path) -> str:
    """For the list of tests."""
    return f"{path.parent.name}-{path.stem}"


def test_what_was_once_written_never_changes() -> None:
    """Every file of earlier releases is the one whose SHA-256 was noted, and none is left out."""
    noted = dict(reversed(line.split("  ")) for line in (GOLDEN / "earlier.sha256").read_text().splitlines())
    found = {path.relative_to(GOLDEN).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in RECORDS + MESSAGES}
    assert found == noted


@pytest.mark.parametrize("path", RECORDS, ids=named)
def test_a_record_of_an_earlier_release_is_read_as_todays(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Byte for byte what it was, hash and all, and its body is today's dataclass: by its defaults, or by a row for its version."""
    monkeypatch.setattr(wire, "RECORDS", FIRST_SALES if path.parent.name == "first_line" else wire.RECORDS)
    data = path.read_bytes()
    envelope = wire.read_envelope(data)
    body = wire.read_body(envelope)
    assert type(body) is wire.RECORDS[envelope.kind, 2 if (envelope.kind, 2) in wire.RECORDS else 1]
    assert canonical(json.loads(data)) == data
    assert len(chain_hash(envelope.prev_hash, data)) == 64
    told = json.loads(data)["body"]
    assert said(body, told) == told, "nothing that it said is lost"


def said(today: object, told: object) -> object:
    """Of what is known today, as much as was told then."""
    plain = json.loads(canonical(today))

    def cut(now: object, then: object) -> object:
        if isinstance(then, dict) and isinstance(now, dict):
            return {key: cut(now[key], value) for key, value in then.items()}
        if isinstance(then, list) and isinstance(now, list) and len(now) == len(then):
            return [cut(one, other) for one, other in zip(now, then, strict=True)]
        return now

    return cut(plain, told)


def test_without_a_row_for_its_version_an_older_shape_is_no_sale_of_today() -> None:
    """The first line's sales have no moment: that is what such a row is for."""
    envelope = wire.read_envelope((GOLDEN / "records" / "first_line" / "sale.json").read_bytes())
    with pytest.raises(ValueError, match="moment"):
        wire.read_body(envelope)


@pytest.mark.parametrize("kind", KINDS)
def test_the_newest_version_of_a_kind_is_todays(kind: str) -> None:
    """Versions count from 1 without a gap; all but the newest say how they are read."""
    versions = sorted(version for one, version in wire.RECORDS if one == kind)
    assert versions == list(range(1, len(versions) + 1))
    *older, newest = (wire.RECORDS[kind, version] for version in versions)
    assert isinstance(newest, type)
    assert dataclasses.is_dataclass(newest)
    assert all(isinstance(one, Older) for one in older)


@pytest.mark.parametrize("path", MESSAGES, ids=named)
def test_messages_of_an_earlier_release_are_understood(path: Path) -> None:
    """What they do not say yet has a default; nothing that they say is lost."""
    message = wire.decode(path.read_bytes(), SHAPES[path.stem])
    told = json.loads(path.read_bytes())
    assert said_in(json.loads(wire.encode(message)), told)


@pytest.mark.parametrize("path", MESSAGES, ids=named)
def test_messages_of_a_later_release_are_understood(path: Path) -> None:
    """Fields that this release does not know are passed by, on every floor of a message."""
    told = json.loads(path.read_bytes())
    message = wire.decode(path.read_bytes(), SHAPES[path.stem])
    later = json.dumps(with_more(told)).encode()
    if path.stem == "feed_page":  # the entities are read one by one
        assert wire.entities_of(wire.decode(later, wire.FeedPage)) == wire.entities_of(message)
    else:
        assert wire.decode(later, SHAPES[path.stem]) == message


def said_in(now: object, then: object) -> bool:
    """Whether all of `then` is in `now`."""
    if isinstance(then, dict) and isinstance(now, dict):
        return all(key in now and said_in(now[key], value) for key, value in then.items())
    return now == then


OPEN = ("program", "params", "given")
"""What has names of its own: an unknown one says something."""


def with_more(value: object) -> object:
    """The same with a field of tomorrow in every object."""
    if isinstance(value, dict):
        more = {key: one if key in OPEN else with_more(one) for key, one in value.items()}
        return {**more, "of_tomorrow": {"deep": [1, "x", None]}}
    return [with_more(one) for one in value] if isinstance(value, list) else value


@pytest.mark.parametrize(
    "message",
    [
        {"outcome": "postponed", "seq": 1, "hash": "0" * 64, "incarnation": "i", "server_ms": 1},
        {"outcome": "stored", "seq": "1", "hash": "0" * 64, "incarnation": "i", "server_ms": 1},
        {"outcome": "stored", "hash": "0" * 64, "incarnation": "i", "server_ms": 1},
    ],
    ids=["another outcome", "another type", "a field less"],
)
def test_what_may_not_change_without_another_message_is_not_believed(message: dict[str, object]) -> None:
    """A word that is not in a closed list, a type, and a field that was always there."""
    with pytest.raises(ValueError, match="PushAnswer"):
        wire.decode(json.dumps(message).encode(), wire.PushAnswer)


@dataclasses.dataclass
class Row:
    """An entity."""

    code: str
    pieces: int


@dataclasses.dataclass
class Turned:
    """The same in another order."""

    pieces: int
    code: str


@dataclasses.dataclass
class Longer:
    """A field more."""

    code: str
    pieces: int
    day: str = ""


def test_reading_more_has_another_name() -> None:
    """Another kind or another field is another reading of the feed; the order in which they stand is not."""
    name = reading_of({"a": Row, "b": Row})
    assert name == reading_of({"b": Turned, "a": Row})
    assert len({name, reading_of({"a": Row}), reading_of({"a": Row, "c": Row}), reading_of({"a": Row, "b": Longer})}) == 4
    assert len(name) == 16
    assert reading_of(wire.ENTITIES) == wire.READING
