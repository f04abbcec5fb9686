"""Records: bytes that are made once, and the chain that shows when one was touched."""

import json
from dataclasses import dataclass, fields
from pathlib import Path
from types import MappingProxyType

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.agreement import Hold
from loyalty.code import Strength
from loyalty.day import DayClose
from loyalty.joining import Alias, Claim, Desk, Join
from loyalty.journal import FIRST_PREV_HASH, Chain, Draft, Head, Stamp, canonical, chain_hash, plain, seal
from loyalty.quote import Choice
from loyalty.reverse import Back, reverse
from loyalty.sale import Enrol, LeaseReturn, Promised, Return, ReturnedLine, Sale, Void
from sync.wire import canonical_fast
from tests.samples import HANDLE, basket, cafe, member, sold, till
from tests.strategies import checkouts

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "records"
CHAIN = Chain("t-07", epoch=2, id="ab" * 16)
STAMP = Stamp(1_795_000_000_000, 120, "synced")

plain_texts = st.text(st.characters(exclude_categories=["Cs"]))
values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**63), 2**63 - 1), plain_texts),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(plain_texts, inner, max_size=4)),
)


DESK = Desk("till-1", "קופאי 3", "2026-11-18")


def bodies():
    """One body of every kind, as it is frozen in tests/golden/records."""
    sale = sold(cafe(), member(250, tier="silver", standing=1200), basket(1290, 2300), Choice("ten_off", 2))
    lines = (ReturnedLine("2", 1000),)
    return {
        "sale": sale,
        "sale_without_member": sold(cafe(), None, basket(990)),
        "return": Return(
            till("1240"),
            "9" * 64,
            "b" * 32,
            HANDLE,
            lines,
            reverse(cafe(), sale, Back({}, lines, "2026-11-18")),
            estimate=False,
        ),
        "void": Void("a" * 32, (Hold("c" * 32, "point", 200),), HANDLE),
        "enrol": Enrol("0.1.0", "store-3"),
        "lease_return": LeaseReturn("f" * 32, HANDLE, {"point": 60}),
        "promised": Promised((Hold("c" * 32, "point", 200, "f" * 32, 150),), HANDLE),
        "day_close": DayClose("till-1", "2026-11-18", {"1234": 3590, "1240": -2300}),
        "join": Join(DESK, "9" * 64, HANDLE, "2900000000018", "terms 3", "a" * 64),
        "claim": Claim(DESK, "9" * 64, HANDLE, "b" * 32),
        "claim_by_receipt": Claim(DESK, "9" * 64, HANDLE, "", "1234", "2026-11-17"),
        "alias": Alias(DESK, "9" * 64, HANDLE, "99887766554433221100"),
        "void_of_a_lease": Void("a" * 32, (Hold("c" * 32, "point", 200, "f" * 32, 150),), HANDLE),
    }


def chained(drafts):
    """The records of `drafts`, one after the other."""
    head, records = Head(), []
    for draft in drafts:
        records.append(seal(CHAIN, head, STAMP, draft))
        head = Head(records[-1].seq, records[-1].hash)
    return records


def holds_together(stored):
    """Whether (bytes, hash) pairs are one chain: what every reader of a journal checks."""
    prev, seq = FIRST_PREV_HASH, 0
    for data, digest in stored:
        if chain_hash(prev, data) != digest:
            return False
        envelope = json.loads(data)
        if (envelope["prev_hash"], envelope["seq"]) != (prev, seq + 1):
            return False
        prev, seq = digest, seq + 1
    return True


@given(values)
def test_there_is_one_spelling(value):
    """It reads back as it was, and msgspec, which head office uses, spells it byte for byte the same."""
    data = canonical(value)
    assert json.loads(data) == value
    assert msgspec.json.encode(msgspec.json.decode(data), order="sorted") == data


@given(st.dictionaries(plain_texts, st.integers(0, 9), min_size=2))
def test_the_order_of_keys_is_not_the_makers(counts):
    """Sorted by code point, whatever came first."""
    assert canonical(counts) == canonical(dict(reversed(counts.items())))


def test_a_known_spelling():
    """No spaces, Hebrew as itself, only what JSON must escape."""
    value = {"ב": ("a\n\x7f", True, None), "a": {"z": -1, "B": Strength.SIGNED}}
    assert canonical(value) == '{"a":{"B":"signed","z":-1},"ב":["a\\n\x7f",true,null]}'.encode()


@pytest.mark.parametrize(
    "wrong", [1.0, float("nan"), b"a", {1, 2}, {"a": [0.5]}, {1: "a"}, {None: 1}, object(), Choice, (1, {"x": (1.5,)})]
)
def test_a_record_holds_whole_numbers_and_texts(wrong):
    """No float, no bytes, no key that is not a text, however deep."""
    with pytest.raises(TypeError, match="whole numbers and texts"):
        canonical(wrong)
    with pytest.raises(TypeError, match="whole numbers and texts"):
        seal(CHAIN, Head(), STAMP, Draft("x", "1", wrong))


def test_half_a_surrogate_has_no_spelling():
    """UTF-8 cannot carry it."""
    with pytest.raises(UnicodeEncodeError):
        canonical("\ud800")


def test_plain_takes_dataclasses_and_mappings_apart():
    """Tuples become lists; a mapping of any kind becomes an object."""

    @dataclass(frozen=True, slots=True)
    class Inner:
        counts: MappingProxyType
        names: tuple

    assert plain(Inner(MappingProxyType({"a": 1}), ("x", None))) == {"counts": {"a": 1}, "names": ["x", None]}


def test_a_record_has_all_its_fields():
    """Version, kind, id, where it was made, its place in the chain, when, and the body."""
    record = seal(CHAIN, Head(6, "e" * 64), STAMP, Draft("void", "d" * 32, {"x": 1}, version=4))
    assert json.loads(record.bytes) == {
        "version": 4,
        "kind": "void",
        "id": "d" * 32,
        "terminal": "t-07",
        "epoch": 2,
        "chain": "ab" * 16,
        "seq": 7,
        "prev_hash": "e" * 64,
        "wall": 1_795_000_000_000,
        "utc_offset": 120,
        "clock_quality": "synced",
        "body": {"x": 1},
    }
    assert (record.seq, record.id, record.kind) == (7, "d" * 32, "void")
    assert record.hash == chain_hash("e" * 64, record.bytes)


def test_a_chain_holds_together():
    """Each record names the one before it; one left out, doubled or swapped is seen."""
    stored = [(r.bytes, r.hash) for r in chained(Draft("enrol", str(n), Enrol("0.1.0", "s")) for n in range(4))]
    assert holds_together(stored)
    assert not holds_together(stored[1:])
    assert not holds_together([stored[0], *stored[2:]])
    assert not holds_together([stored[0], stored[0], *stored[1:]])
    assert not holds_together([stored[1], stored[0], *stored[2:]])


@given(st.integers(0, 2), st.data())
def test_any_altered_byte_is_seen(place, data):
    """One bit of one record is enough."""
    drafts = [Draft("sale", "1", bodies()["sale"]), Draft("void", "2", bodies()["void"]), Draft("enrol", "3", Enrol("1", "s"))]
    stored = [(r.bytes, r.hash) for r in chained(drafts)]
    old, digest = stored[place]
    spot, bit = data.draw(st.integers(0, len(old) - 1)), data.draw(st.integers(0, 7))
    stored[place] = (old[:spot] + bytes([old[spot] ^ 1 << bit]) + old[spot + 1 :], digest)
    assert not holds_together(stored)


@given(checkouts)
def test_a_drawn_sale_comes_back_from_its_bytes(asked):
    """What head office reads is equal to what the till committed."""
    sale = sold(asked.program, asked.member, asked.basket, *asked.choices)
    record = seal(CHAIN, Head(), STAMP, Draft("sale", "1", sale))
    assert msgspec.convert(json.loads(record.bytes)["body"], Sale) == sale


@pytest.mark.parametrize("name", list(bodies()))
def test_every_body_comes_back_from_its_bytes(name):
    """And says nothing on the wire that its class does not know."""
    body = bodies()[name]
    spelled = json.loads(seal(CHAIN, Head(), STAMP, Draft(name, "1", body)).bytes)["body"]
    assert msgspec.convert(spelled, type(body)) == body
    assert set(spelled) == {field.name for field in fields(body)}


@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        (("basket", "lines", 0, "amount_minor"), 10**30),
        (("basket", "lines", 0, "amount_minor"), True),
        (("basket", "lines", 0, "amount_minor"), "1290"),
        (("basket", "lines"), []),
        (("accruals", 0, "pieces"), -5),
        (("accruals", 0, "by_line"), [1]),
        (("redemptions", 0, "by_line"), [300, -100]),
        (("holds", 0, "pieces"), 0),
        (("member", "strength"), "certain"),
        (("member", "balances", "point"), 10**30),
        (("choices", 0, "times"), -1),
        (("till", "business_date"), "yesterday!"),
    ],
)
def test_a_hostile_body_is_no_sale(path, wrong):
    """Bounds hold on the wire as they do at the till."""
    spelled = plain(bodies()["sale"])
    at = spelled
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = wrong
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(spelled, Sale)


@pytest.mark.parametrize("name", list(bodies()))
def test_the_golden_records(name):
    """The bytes and hashes of version 1 never change: terminals in the field have them in their journals."""
    kind = name if name in {"lease_return", "day_close"} else name.split("_", maxsplit=1)[0]
    record = seal(CHAIN, Head(41, "e" * 64), STAMP, Draft(kind, "d" * 32, bodies()[name]))
    assert record.bytes == (GOLDEN / f"{name}.json").read_bytes()
    hashes = json.loads((GOLDEN / "hashes.json").read_text())
    assert record.hash == hashes[name]


def test_what_is_not_said_of_a_record():
    """A body's first shape is version 1, and a clock of which nothing is known says so."""
    assert Draft("enrol", "1", {}).version == 1
    assert Stamp(0, 0).clock_quality == "unknown"
    assert (Head().seq, Head().hash) == (0, "0" * 64)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(),
        lambda x: st.lists(x) | st.dictionaries(st.text(), x),
    )
)
def test_the_fast_way_gives_the_same_bytes(value):
    """What head office compares with, and what the terminal writes, is the canonical spelling of anything that can be spelled."""
    try:
        spelled = canonical(value)
    except UnicodeEncodeError:
        return  # half a surrogate pair: neither can write it
    assert canonical_fast(value) == spelled
