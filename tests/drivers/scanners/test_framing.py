"""Bytes of a line scanner to texts, however the line cuts them."""

import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.scanners.framing import HALF_SCAN_S, SCAN_BYTES_MAX, SUFFIX, SUFFIX_BYTES_MAX, SUFFIXES, Framer
from drivers.scanners.reading import Dropped, Reading

ENDS = {
    "line": b"\r\n",
    "any": b"\t",
    "cr": b"\r",
    "lf": b"\n",
    "crlf": b"\r\n",
    "tab": b"\t",
    "0x03": b"\x03",
    "0x0D0A0a00": b"\r\n\n\0",
}
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
    st.sampled_from([*sorted(SUFFIXES), "0x03", "0x0d0A0a00"]),
    st.lists(scan_bytes, max_size=6).map(b"".join),
    st.lists(st.integers(0, 7000)),
    st.booleans(),
)
def test_any_split_gives_the_same_texts(suffix: str, data: bytes, cuts: list[int], decorated: bool) -> None:
    """One read or many: the same readings and the same reasons, in the same order."""
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    pieces = [data[start:end] for start, end in itertools.pairwise(edges)]
    whole, split = (Framer(suffix, gap_s=0.2, aim=decorated, stx_etx=decorated) for _ in range(2))
    assert fed(whole, data) + whole.quiet(9.0) == fed(split, *pieces) + split.quiet(9.0)


@given(st.lists(scan_bytes, max_size=6).map(b"".join))
def test_byte_by_byte_is_the_same(data: bytes) -> None:
    """A slow line that gives one byte a read loses nothing."""
    assert fed(Framer("line", gap_s=None), data) == fed(Framer("line", gap_s=None), *(bytes([one]) for one in data))


@given(st.lists(st.text(min_size=1, max_size=30).filter(lambda text: not set(text) & set("\r\n\t\x02\x03\0")), max_size=5))
def test_every_suffix_gives_back_what_was_sent(sent: list[str]) -> None:
    """Texts come out in order and exactly, whatever ends them."""
    for suffix, end in ENDS.items():
        assert texts(fed(Framer(suffix, gap_s=None), b"".join(text.encode() + end for text in sent))) == sent


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
    assert len(framer._pending) < SUFFIX_BYTES_MAX
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


def test_a_suffix_in_the_settings_is_a_word_or_bytes() -> None:
    """Each row, and one to four bytes in hex; what is misspelled is no suffix, rather than one that never comes."""
    for right in (*SUFFIXES, "0x03", "0x0D0A0D0A"):
        assert re.search(SUFFIX, right), right
    for wrong in ("", "0x", "0x3", "0x0D0A0D0A00", "cr-lf", "CRLF", "03", "x0x03", "line "):
        assert not re.search(SUFFIX, wrong), wrong


@pytest.mark.parametrize(
    ("sent", "reading"),
    [
        (b"LAB-7290000000008\r", Reading("7290000000008")),
        (b"\x02LAB-]Q1PL1:A\x03\r", Reading("PL1:A", "]Q1")),
        (b"PL1:A\r", Reading("PL1:A")),
        (b"LAB-LAB-A\r", Reading("LAB-A")),
    ],
)
def test_a_prefix_is_taken_off_once(sent: bytes, reading: Reading) -> None:
    """It stands within STX and before the AIM identifier; a code that lacks it is still a code."""
    assert fed(Framer("cr", gap_s=0.2, prefix="LAB-", aim=True, stx_etx=True), sent) == [reading]


def test_a_suffix_within_the_wrapping() -> None:
    """Where the suffix stands before the ETX, that ETX is neither the next scan's nor half a scan."""
    framer = Framer("cr", gap_s=0.2, stx_etx=True)
    assert framer.feed(b"\x02A\r\x03\x02B\r\x03", 1.0) == [Reading("A"), Reading("B")]
    assert framer.quiet(9.0) == []


def test_etx_alone_ends_a_scan() -> None:
    """A scanner that sends STX, the code and ETX needs no other suffix."""
    framer = Framer("0x03", gap_s=0.2, stx_etx=True)
    assert framer.feed(b"\x02A\x03\x02B\x03", 1.0) == [Reading("A"), Reading("B")]


WHY = Dropped("for a reason")


def test_a_spoiled_scan_gives_the_reason_at_its_end() -> None:
    """What is known to be wrong is dropped up to its suffix, with the first reason, and the next scan is whole."""
    framer = Framer("cr", gap_s=0.2)
    framer.feed(b"PL1", 1.0)
    framer.spoil(WHY, 1.0)
    framer.spoil(Dropped("for another"), 1.0)
    assert framer.feed(b":A\rPL1:B\r", 1.1) == [WHY, Reading("PL1:B")]


@pytest.mark.parametrize("suffix", ["cr", "none"])
def test_a_spoiled_scan_ends_with_a_pause_too(suffix: str) -> None:
    """Also where nothing of it was read."""
    framer = Framer(suffix, gap_s=1.0)
    framer.spoil(WHY, 1.0)
    assert framer.quiet(1.9) == []
    assert framer.quiet(2.0) == [WHY]
    assert framer.quiet(9.0) == []


@pytest.mark.parametrize("suffix", ["cr", "none"])
def test_spoiled_noise_is_told_once(suffix: str) -> None:
    """Noise is noise whatever else is wrong with it, and it spoils nothing that comes after it."""
    framer = Framer(suffix, gap_s=0.2)
    framer.spoil(WHY, 1.0)
    assert len(framer.feed(b"\x80" * 4000, 1.0)) == 1
    framer.spoil(WHY, 1.0)
    framer.feed(b"\r" if suffix == "cr" else b"", 1.0)
    framer.quiet(2.0)
    assert framer.feed(b"A\r", 2.0) + framer.quiet(3.0) == [Reading("A" if suffix == "cr" else "A\r")]
