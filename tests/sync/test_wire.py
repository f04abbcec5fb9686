"""The wire: round trips, one spelling, and bounds on everything a stranger could send."""

import json
from pathlib import Path
from typing import Any

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from loyalty import bounds
from loyalty.journal import Chain, Draft, Head, Stamp, canonical, seal
from loyalty.refusal import Refusal
from loyalty.sale import Enrol
from runtime.errors import Misconfigured
from sync import batch, wire
from sync.joining import AttachmentAnswer, AttachmentRequest

GOLDEN = Path(__file__).parents[1] / "golden" / "records"
HEX32, HEX64 = "0f" * 16, "0f" * 32
RECORD = seal(
    Chain("t7", 2, HEX32), Head(), Stamp(1_795_000_000_000, 120, "good"), Draft("enrol", HEX32, Enrol("0.1", "s"))
).bytes

MESSAGES = [
    wire.EnrolRequest("ABCD-EFGH", HEX64, HEX32, "0.1"),
    wire.EnrolAnswer("t7", "רחוב אלנבי 12", 2, "inc", "Asia/Jerusalem", 5),
    wire.PushAnswer("gap", 17, HEX64, "inc", 5),
    wire.FeedRequest("cursor", 25.0, 3, 1, "0.1"),
    wire.HoldRequest(HEX32, "00112233445566778899", "point", 100),
    wire.HoldRequest(HEX32, "00112233445566778899", "point", 100, "0e" * 16, 60),
    wire.LeaseRow(HEX32, "00112233445566778899", {"point": 100}, recalled=True),
    wire.BoundRow({"point": 100}),
    wire.HoldAnswer(granted=True),
    wire.HoldAnswer(granted=False, refusal=Refusal("pieces_missing", {"missing": 3, "unit": "point"})),
    wire.Problem("fenced", "no", "hint"),
    wire.ProgramRow("cafe", 2, 0, {"code": "cafe", "version": 2, "nested": {"list": [1, "a"]}}),
    wire.MemberRow(
        "00112233445566778899",
        "חבר",
        "gold",
        1,
        {"point": {"": -5, "2026-12-01/2027-12-31": 7}},
        ("2900000000018",),
        includes=(HEX32,),
    ),
    wire.CodeKeyRow("0a0b0c0d", HEX64, revoked=True),
    wire.LayoutRow({"name": "cafe", "version": 2, "lines": [{"show": "copy"}]}),
    wire.ShareRow({"lucky": 7}),
    wire.PoolRow(("PL1:AAAA", "PL1:BBBB")),
    AttachmentRequest(HEX32, 7, "{}"),
    AttachmentAnswer("stored"),
    wire.FeedRequest("cursor", 0.0, 0, 0, "0.1", {"lucky": 3}),
    wire.ProgramRow("cafe", 3, 0, {}, HEX64),
]


def changed(**fields: Any) -> bytes:
    """The record with other envelope fields, canonically spelled."""
    return canonical({**json.loads(RECORD), **fields})


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_every_message_survives_the_round_trip(message: object) -> None:
    """What is encoded is what is decoded."""
    assert wire.decode(wire.encode(message), type(message)) == message


def test_a_page_carries_every_entity_and_skips_kinds_of_tomorrow() -> None:
    """Rows come back as what they were; an unknown kind is no trouble."""
    entities = [one for one in MESSAGES if type(one) in wire.ENTITIES.values()]
    rows = (*map(wire.feed_row, entities), wire.FeedRow("coupon", wire.msgspec.Raw(b'{"a":1}')))
    page = wire.decode(wire.encode(wire.FeedPage("c", rows, more=False, incarnation="i", server_ms=1)), wire.FeedPage)
    assert wire.entities_of(page) == entities
    assert {type(one) for one in entities} == set(wire.ENTITIES.values())


@pytest.mark.parametrize(
    "row",
    [
        b'{"handle":"zz","first_name":"","tier":"","generation":0,"balances":{},"codes":[]}',
        b'{"handle":"00112233445566778899","first_name":"","tier":"","generation":0,"balances":{"p":{"":1.5}},"codes":[]}',
        b'{"handle":"00112233445566778899","first_name":"","tier":"","generation":0,"balances":{},"codes":[],"includes":["x"]}',
        b"[]",
    ],
)
def test_a_row_that_cannot_be_read_is_told(row: bytes) -> None:
    """A member whose handle, balance or included record is none stops the pull with a reason."""
    page = wire.FeedPage("c", (wire.FeedRow("member", wire.msgspec.Raw(row)),), more=False, incarnation="i", server_ms=1)
    with pytest.raises(Misconfigured, match="changes from head office"):
        wire.entities_of(page)


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("[!h]*.json")), ids=lambda path: path.stem)
def test_records_of_every_release_are_read(path: Path) -> None:
    """The records kept from before are read, body and all, and spelled as they were."""
    data = path.read_bytes().strip()
    envelope = wire.read_envelope(data)
    body = wire.read_body(envelope)
    assert type(body) is wire.RECORDS[envelope.kind, envelope.version]
    assert canonical(body) == bytes(envelope.body)


@pytest.mark.parametrize(
    "data",
    [
        RECORD.replace(b'"epoch":2', b'"epoch":2,"epoch":2'),
        RECORD.replace(b'"epoch":2', b'"epoch": 2'),
        RECORD.replace(b'"epoch":2', b'"epoch":2.0'),
        RECORD.replace(b'"epoch":2', b'"epoch":02'),
        RECORD.replace(b'"epoch":2', b'"epoch":2e0'),
        RECORD.replace(b'"store":"s"', b'"store":"\\u0073"'),
        RECORD.replace(b'"store":"s"', b'"store":"s","a":1'),
        RECORD.replace(b'"store":"s"', b'"store":"\xff"'),
        RECORD + b"\n",
        b" " + RECORD,
        RECORD[:-1],
        b"",
        b"null",
        b"[" * 100_000,
    ],
    ids=range(14),
)
def test_only_the_canonical_spelling_is_a_record(data: bytes) -> None:
    """Doubled keys, other spellings of a number or a letter, other orders, white space and halves are no records."""
    with pytest.raises(ValueError, match=r"record|recursion|utf-8"):
        wire.read_envelope(data)


@pytest.mark.parametrize(
    "fields",
    [
        {"seq": 0},
        {"seq": 10**30},
        {"epoch": 0},
        {"epoch": True},
        {"version": 0},
        {"wall": 10**30},
        {"utc_offset": 5000},
        {"id": "0F" * 16},
        {"id": "0f" * 15},
        {"prev_hash": "g" * 64},
        {"chain": ""},
        {"kind": ""},
        {"kind": "k" * 65},
        {"terminal": "a\0b"},
        {"clock_quality": 5},
    ],
    ids=str,
)
def test_an_envelope_stays_within_its_bounds(fields: dict[str, Any]) -> None:
    """Every field of the outside has a limit, and a NUL is never one of a name's letters."""
    with pytest.raises(ValueError, match="record"):
        wire.read_envelope(changed(**fields))


def test_a_record_of_a_kind_of_tomorrow_is_kept_unread() -> None:
    """Its envelope is read; its body is for a newer release."""
    envelope = wire.read_envelope(changed(kind="horoscope", body={"anything": [1, 2]}))
    assert wire.read_body(envelope) is None


def test_a_body_of_the_wrong_shape_is_refused() -> None:
    """A known kind has a known body."""
    with pytest.raises(ValueError, match="enrol record"):
        wire.read_body(wire.read_envelope(changed(body={"posd_version": 5, "store": "s"})))


def test_a_record_has_a_largest_size() -> None:
    """A megabyte is more than any basket."""
    with pytest.raises(ValueError, match="at most"):
        wire.read_envelope(b"x" * (wire.RECORD_BYTES_MAX + 1))


@given(st.lists(st.binary(min_size=1, max_size=40).filter(lambda data: b"\n" not in data), min_size=1, max_size=20))
def test_a_batch_survives_the_round_trip(records: list[bytes]) -> None:
    """Records are unpacked verbatim, in order."""
    assert batch.unpack(batch.pack(records)) == records


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        (b"", "zstd|batch"),
        (b"not zstd at all", "zstd"),
        (zstandard.compress(b"a" * 100)[:-5], "zstd|batch"),
        (batch.pack([b""]), "1 to 500"),
        (batch.pack([b"{}"] * 501), "1 to 500"),
        (zstandard.compress(bytes(wire.INFLATED_BYTES_MAX + 1)), "inflates"),
        (zstandard.compress(bytes(500 * 1024 * 1024)), "inflates"),
    ],
    ids=["empty", "not zstd", "cut", "no record", "too many", "too large", "bomb"],
)
def test_what_is_no_batch_is_refused_before_it_fills_the_memory(body: bytes, wrong: str) -> None:
    """Half a frame, too many records, and half a gigabyte in 50 KB."""
    assert len(body) < 100_000
    with pytest.raises(ValueError, match=wrong):
        batch.unpack(body)


@pytest.mark.parametrize(
    "message",
    [
        b'{"outcome":"maybe","seq":1,"hash":"' + b"0" * 64 + b'","incarnation":"i","server_ms":1}',
        b'{"outcome":"stored","seq":-1,"hash":"' + b"0" * 64 + b'","incarnation":"i","server_ms":1}',
        b'{"outcome":"stored","seq":' + b"9" * 30 + b',"hash":"' + b"0" * 64 + b'","incarnation":"i","server_ms":1}',
        b'{"outcome":"stored","seq":1,"hash":"0","incarnation":"i","server_ms":1}',
        b'{"outcome":"stored","seq":true,"hash":"' + b"0" * 64 + b'","incarnation":"i","server_ms":1}',
        b"{}",
        b"<html>",
    ],
)
def test_an_answer_to_a_push_is_believed_only_within_its_bounds(message: bytes) -> None:
    """Another outcome, a place that no journal has, a hash that is none."""
    with pytest.raises(ValueError, match="PushAnswer"):
        wire.decode(message, wire.PushAnswer)


@pytest.mark.parametrize("pieces", [0, -1, bounds.PIECES_MAX + 1, True, 1.5])
def test_a_hold_asks_for_whole_pieces_within_bounds(pieces: Any) -> None:
    """Nothing, less than nothing and more than all there is cannot be reserved."""
    asked = {"id": HEX32, "member": "00112233445566778899", "unit": "point", "pieces": pieces}
    with pytest.raises(ValueError, match="HoldRequest"):
        wire.decode(json.dumps(asked).encode(), wire.HoldRequest)
