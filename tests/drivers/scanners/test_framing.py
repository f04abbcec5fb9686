"""Bytes of a line scanner to texts, however the line cuts them."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.scanners.framing import HALF_SCAN_S, SCAN_BYTES_MAX, SUFFIXES, Framer, Suffix
from drivers.scanners.reading import Dropped, Reading

ENDS = {"line": b"\r\n", "cr": b"\r", "lf": b"\n", "crlf": b"\r\n", "tab": b"\t"}
Answer = list[Reading | Dropped]

scan_bytes = st.one_of(
    st.text(max_size=40).map(str.encode),
    st.binary(max_size=40),
    st.binary(min_size=SCAN_BYTES_MAX - 2, max_size=SCAN_BYTES_MAX + 4),
    st.sampled_from([b"\r", b"\n", b"\r\n", b"\t", b"", b"PL1:ABC", b"]Q1PL1:ABC", b"\x02X\x03"]),
)


def texts(answer: Answer) -> list[str]:
    return [one.text for one in answer if isinstance(one, Reading)]


def fed(framer: Framer, *pieces: bytes) -> Answer:
    return [one for piece in pieces for one in framer.feed(piece, 0.0)]


@given(
    st.sampled_from(sorted(SUFFIXES)),
    st.lists(scan_bytes, max_size=6).map(b"".join),
    st.lists(st.integers(0, 7000)),
    st.booleans(),
)
def test_any_split_gives_the_same_texts(suffix: Suffix, data: bytes, cuts: list[int], decorated: bool) -> None:
    """One read or many: the same readings and the same reasons, in the same order."""
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    pieces = [data[start:end] for start, end in itertools.pairwise(edges)]
    whole, split = (Framer(suffix, gap_s=0.2, aim=decorated, stx_etx=decorated) for _ in range(2))
    assert fed(whole, data) + whole.quiet(9.0) == fed(split, *pieces) + split.quiet(9.0)


@given(st.lists(scan_bytes, max_size=6).map(b"".join))
def test_byte_by_byte_is_the_same(data: bytes) -> None:
    """A slow line that gives one byte a read loses nothing."""
    assert fed(Framer("line", gap_s=None), data) == fed(Framer("line", gap_s=None), *(bytes([one]) for one in data))


@given(st.lists(st.text(min_size=1, max_size=30).filter(lambda text: not set(text) & set("\r\n\t\x02\x03")), max_size=5))
def test_every_suffix_gives_back_what_was_sent(sent: list[str]) -> None:
    """Texts come out in order and exactly, whatever ends them."""
    for suffix, end in ENDS.items():
        assert texts(fed(Framer(suffix, gap_s=None), b"".join(text.encode() + end for text in sent))) == sent  # type: ignore[arg-type]


def test_two_scans_in_one_read() -> None:
    """Two scans that wait in the line are two."""
    assert texts(fed(Framer("line", gap_s=0.2), b"A\r\nB\r\n")) == ["A", "B"]


def test_a_line_end_of_another_kind_is_payload() -> None:
    """With CRLF as the suffix a lone CR belongs to the code; with CR the LF does."""
    assert texts(fed(Framer("crlf", gap_s=0.2), b"A\rB\r\n")) == ["A\rB"]
    assert texts(fed(Framer("cr", gap_s=0.2), b"A\nB\r")) == ["A\nB"]


def test_without_a_suffix_a_pause_ends_a_scan() -> None:
    """Nothing is given before the pause, the whole scan after it, and the next one is apart."""
    framer = Framer("none", gap_s=0.2)
    assert framer.feed(b"7290000", 1.0) == []
    assert framer.quiet(1.1) == []
    assert framer.feed(b"000008", 1.15) == []
    assert framer.quiet(1.3) == []
    assert framer.quiet(1.36) == [Reading("7290000000008")]
    assert framer.quiet(9.0) == []
    assert framer.feed(b"B", 9.0) == []
    assert framer.quiet(9.25) == [Reading("B")]


def test_a_reader_that_was_held_up_does_not_cut_a_scan() -> None:
    """Bytes that were waiting while our thread was not running belong to the scan before."""
    framer = Framer("line", gap_s=0.2)
    assert framer.feed(b"PL1:AB", 1.0) == []
    assert framer.feed(b"CD\r", 9.0) == [Reading("PL1:ABCD")]


def test_half_a_scan_is_not_glued_to_the_next() -> None:
    """Bytes that never got their suffix are dropped with a reason, and the next scan is whole."""
    framer = Framer("line", gap_s=0.2)
    framer.feed(b"half", 1.0)
    assert framer.quiet(1.0 + HALF_SCAN_S - 0.1) == []
    assert framer.quiet(1.0 + HALF_SCAN_S) == [Dropped("half a scan, without the suffix")]
    assert framer.feed(b"whole\r", 3.0) == [Reading("whole")]


def test_without_a_gap_half_a_line_is_waited_for() -> None:
    """A person who types into a file may take as long as it takes."""
    framer = Framer("line", gap_s=None)
    framer.feed(b"half", 1.0)
    assert framer.quiet(1000.0) == []
    assert framer.feed(b"way\n", 1000.0) == [Reading("halfway")]


def test_the_longest_scan_passes_and_one_more_byte_does_not() -> None:
    """The limit is exact, in one read or two, and what follows is read."""
    longest = b"A" * SCAN_BYTES_MAX
    assert texts(fed(Framer("crlf", gap_s=0.2), longest + b"\r", b"\nB\r\n")) == [longest.decode(), "B"]
    too_long = fed(Framer("crlf", gap_s=0.2), longest + b"A\r\nB\r\n")
    assert [type(one) for one in too_long] == [Dropped, Reading]


def test_noise_is_dropped_until_the_next_suffix() -> None:
    """A line at the wrong speed is told of once, held in bounded memory, and ends with the next suffix, not with a pause."""
    framer = Framer("line", gap_s=0.2)
    told = [one for at_s in range(50) for one in framer.feed(b"\x80" * 4000, float(at_s))]
    assert told == [Dropped(f"more than {SCAN_BYTES_MAX} bytes without the suffix")]
    assert len(framer._pending) < 2
    assert framer.quiet(99.0) == []
    assert framer.feed(b"tail\rPL1:A\r", 99.5) == [Reading("PL1:A")]


def test_noise_without_a_suffix_ends_with_a_pause() -> None:
    """Where only a pause ends a scan, it ends noise as well."""
    framer = Framer("none", gap_s=0.2)
    assert len(framer.feed(b"\x80" * 4000, 1.0)) == 1
    assert framer.quiet(1.3) == []
    framer.feed(b"PL1:A", 2.0)
    assert framer.quiet(2.3) == [Reading("PL1:A")]


@pytest.mark.parametrize(
    ("sent", "reading"),
    [
        (b"\x02]Q1PL1:A\x03\r", Reading("PL1:A", "]Q1")),
        (b"]E07290000000008\r", Reading("7290000000008", "]E0")),
        (b"PL1:A\r", Reading("PL1:A")),
        (b"]]x\r", Reading("]]x")),
        (b"]Q\r", Reading("]Q")),
    ],
)
def test_what_the_scanner_added_is_taken_off(sent: bytes, reading: Reading) -> None:
    """STX, ETX and the AIM identifier go when the options say so; what only looks like one stays."""
    assert fed(Framer("cr", gap_s=0.2, aim=True, stx_etx=True), sent) == [reading]


def test_nothing_is_taken_off_unasked() -> None:
    """A code may itself begin with a bracket: without the option it stays whole."""
    assert texts(fed(Framer("cr", gap_s=0.2), b"\x02]Q1A\x03\r")) == ["\x02]Q1A\x03"]


def test_bytes_that_are_not_utf8_are_dropped_whole() -> None:
    """One wrong byte drops its scan, with its length as the reason, and not the next."""
    assert fed(Framer("cr", gap_s=0.2), b"A\xffB\rC\r") == [Dropped("3 bytes that are not UTF-8"), Reading("C")]
