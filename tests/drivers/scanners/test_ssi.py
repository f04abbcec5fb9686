"""Zebra's packets: the bytes of the guide, and whatever else may come."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.scanners.framing import HALF_SCAN_S, SCAN_BYTES_MAX
from drivers.scanners.reading import Dropped, Reading
from drivers.scanners.ssi import BEEP_LOW, ENABLE, PULL, RELEASE, SsiFramer, packet

ACK = bytes.fromhex("04d00400ff28")
NAK_RESEND = bytes.fromhex("05d1040001ff25")
QR = b"\x1c"


def code(text: str | bytes, *, status: int = 0) -> bytes:
    """What a scanner sends for a QR code."""
    data = text.encode() if isinstance(text, str) else text
    return packet(0xF3, QR + data, source=0, status=status)


def texts(answer: list[Reading | Dropped]) -> list[str]:
    return [one.text for one in answer if isinstance(one, Reading)]


def test_the_bytes_of_known_packets() -> None:
    """As written down elsewhere: commands with their checksums, and a Code 39 that says NR."""
    assert (PULL.hex(), RELEASE.hex(), ENABLE.hex()) == ("04e40400ff14", "04e50400ff13", "04e90400ff0f")
    assert BEEP_LOW.hex() == "05e6040007ff0a"
    framer = SsiFramer()
    assert framer.feed(bytes.fromhex("07f30000014e52fe65"), 1.0) == [Reading("NR")]
    assert framer.answer() == ACK
    assert framer.answer() == b""


def test_an_event_is_acknowledged_and_an_acknowledgement_is_not() -> None:
    """Or two would go on acknowledging each other for ever."""
    framer = SsiFramer()
    assert framer.feed(packet(0xF6, b"\x01", source=0), 1.0) == []
    assert framer.answer() == ACK
    assert framer.feed(packet(0xD0, source=0) + packet(0xD1, b"\x06", source=0), 1.0) == []
    assert framer.answer() == b""


def test_a_code_in_several_packets_is_one() -> None:
    """Each part is acknowledged, and says that more follows but the last."""
    framer = SsiFramer()
    assert framer.feed(code("PL1:" + "A" * 200, status=2), 1.0) == []
    assert framer.feed(code("B" * 50), 1.1) == [Reading("PL1:" + "A" * 200 + "B" * 50)]
    assert framer.answer() == ACK * 2


def test_what_is_sent_again_is_the_same_scan() -> None:
    """A scanner that did not hear our acknowledgement repeats the packet with another status; a second scan does not."""
    framer = SsiFramer()
    assert texts(framer.feed(code("A") + code("A", status=1) + code("A") + code("B", status=1), 1.0)) == ["A", "A", "B"]
    assert framer.answer() == ACK * 4


def test_a_wrong_checksum_is_asked_for_again() -> None:
    """Its code is never given; the repeated packet's is."""
    framer = SsiFramer()
    broken = bytearray(code("PL1:A"))
    broken[6] ^= 1
    assert framer.feed(bytes(broken), 1.0) == []
    assert framer.answer() == NAK_RESEND
    assert texts(framer.feed(code("PL1:A", status=1), 1.1)) == ["PL1:A"]


def test_raw_data_is_told_with_what_to_do_and_the_next_packet_is_read() -> None:
    """A scanner that was not set to packets: one line in the log, not one for each byte."""
    framer = SsiFramer()
    raw = framer.feed(b"PL1:ABCDEFG\r\n", 1.0) + framer.quiet(1.0 + HALF_SCAN_S)
    assert [type(one) for one in raw] == [Dropped, Dropped]
    assert "packeted" in str(raw[0])
    assert texts(framer.feed(code("B"), 9.0)) == ["B"]


def test_half_a_packet_is_given_up_after_a_pause() -> None:
    """And so are the first parts of a code whose last never came."""
    for half in (code("PL1:A")[:7], code("PL1:A", status=2)):
        framer = SsiFramer()
        assert framer.feed(half, 1.0) == []
        assert framer.quiet(1.0 + HALF_SCAN_S - 0.1) == []
        assert framer.quiet(1.0 + HALF_SCAN_S) == [Dropped("half a packet")]
        assert texts(framer.feed(code("B"), 9.0)) == ["B"]


def test_a_code_without_end_is_bounded() -> None:
    """More parts than our longest code has are dropped, and the next code is read."""
    framer = SsiFramer()
    told = [one for _ in range(5) for one in framer.feed(code("A" * 250, status=2), 1.0)]
    assert told == [Dropped(f"more than {SCAN_BYTES_MAX} bytes")]
    assert texts(framer.feed(code("B"), 9.0)) == ["B"]


def test_bytes_that_are_not_utf8_are_dropped() -> None:
    """As on every other line."""
    assert SsiFramer().feed(code(b"A\xff"), 1.0) == [Dropped("2 bytes that are not UTF-8")]


pieces = st.lists(
    st.one_of(st.binary(max_size=30), st.text(max_size=20).map(code), st.just(code("AA", status=3)), st.just(ACK)), max_size=8
)


@given(pieces.map(b"".join), st.lists(st.integers(0, 400)))
def test_any_split_and_any_noise(data: bytes, cuts: list[int]) -> None:
    """One read or many: the same, without a crash; after a pause a packet is read."""
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    whole, split = SsiFramer(), SsiFramer()
    parts = [one for start, end in itertools.pairwise(edges) for one in split.feed(data[start:end], 1.0)]
    assert whole.feed(data, 1.0) == parts
    assert whole.answer() == split.answer()
    assert whole.quiet(9.0) == split.quiet(9.0)
    assert texts(whole.feed(code("PL1:A"), 9.0)) == ["PL1:A"]


@pytest.mark.parametrize("size", [0, 1, 251])
def test_a_packet_holds_what_it_says(size: int) -> None:
    """The sum of all its bytes and its checksum is nothing, for any length."""
    made = packet(0xF3, bytes([0xFF]) * size, source=0)
    assert made[0] == len(made) - 2
    assert (sum(made[:-2]) + int.from_bytes(made[-2:], "big")) % 65536 == 0
