"""Pixels to texts: what is read, how exactly, and that nothing a stranger holds up breaks it."""

import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
import segno
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from pyzbar import pyzbar

from drivers.scanners.decode import stages
from drivers.scanners.decode.frame import Frame
from drivers.scanners.decode.look import Look
from drivers.scanners.decode.picture import open_picture
from drivers.scanners.decode.reader import BUDGET_S, IN_TURN, OTHERS, Decoded, Reader, _fenced, read_frame
from drivers.scanners.decode.stages import Stage
from drivers.scanners.decode.symbols import Symbol
from drivers.scanners.reading import Dropped, Reading
from tests.drivers.scanners.pictures import CORPORA, ean13, needs_corpora, qr, side_by_side

MEMBER = "PL1:" + "ABCDEFGHIJ234567" * 11


def texts(frame: Frame) -> list[str]:
    return [reading.text for reading in read_frame(frame).readings]


def texts_live(frame: Frame) -> list[str]:
    """What the first frame gives, by a clock that counts this thread's work: a busy machine reads as much."""
    return [reading.text for reading in Reader(time.thread_time).read(frame).readings]


@pytest.mark.parametrize(
    "text", [MEMBER, "שלום חברה", "₪12.50", "a\r\nb\n", "A\0B", "\x01\x0e\x1d\x7f", "7290000000008", "é€𝄞", "]Q1x"]
)
def test_a_text_is_read_exactly(text: str) -> None:
    """What went into a code comes out, byte for byte, with its AIM identifier."""
    decoded = read_frame(qr(text.encode()))
    assert decoded.readings == (Reading(text, "]Q1"),)
    assert decoded.dropped == ()


def test_declared_and_kanji_characters_are_text() -> None:
    """A code whose bytes are not UTF-8 but whose standard says what they are is read by that standard."""
    for text, made in (
        ("茗荷", segno.make("茗荷", mode="kanji", micro=False)),
        ("שלום", segno.make("שלום", encoding="iso-8859-8", eci=True, micro=False)),
    ):
        modules = np.array([[0 if dark else 255 for dark in row] for row in made.matrix_iter(scale=4, border=4)], np.uint8)
        assert texts(modules) == [text]


def test_binary_is_dropped_with_a_reason() -> None:
    """A code of bytes that are no text gives nothing but a reason, and the reason does not quote it."""
    decoded = read_frame(qr(bytes([0x8D, 0xFF, 0xFE, 0, 1, 2, 200])))
    assert decoded.readings == ()
    assert decoded.dropped == (Dropped("7 bytes that are not UTF-8"),)


@settings(max_examples=60, deadline=None)
@given(st.binary(min_size=1, max_size=120))
def test_any_payload_is_exact_or_dropped(payload: bytes) -> None:
    """Whatever bytes a code holds: UTF-8 comes out exactly, the rest never as other UTF-8 than its own."""
    decoded = read_frame(qr(payload))
    try:
        assert [reading.text for reading in decoded.readings] == [payload.decode("utf-8")]
    except UnicodeDecodeError:
        assert decoded.dropped or decoded.readings
        assert all(not reading.text.isascii() for reading in decoded.readings)


@settings(max_examples=60, deadline=None)
@given(st.binary(min_size=1, max_size=4000), st.integers(1, 80))
def test_noise_reads_as_nothing(noise: bytes, width: int) -> None:
    """Random pixels of any shape give no reading and break nothing."""
    rows = max(1, len(noise) // width)
    frame = np.resize(np.frombuffer(noise, np.uint8), (rows, width)).copy()
    assert read_frame(frame).readings == ()


@pytest.mark.parametrize("shape", [(0, 0), (0, 5), (1, 1), (1, 5000), (5000, 1), (11, 11), (12, 70_000)])
def test_odd_shapes_read_as_nothing(shape: tuple[int, int]) -> None:
    """Frames of one pixel, of none, or wider than a decoder takes give no reading and break nothing."""
    assert read_frame(np.zeros(shape, np.uint8)).readings == ()


def test_dark_mode_is_read() -> None:
    """A light code on a dark screen is read as well."""
    frame = np.asarray(255 - qr(MEMBER), dtype=np.uint8)
    assert texts(frame) == texts_live(frame) == [MEMBER]


@pytest.mark.parametrize("turn", [cv2.ROTATE_90_CLOCKWISE, cv2.ROTATE_180, cv2.ROTATE_90_COUNTERCLOCKWISE])
def test_a_turned_code_is_read(turn: int) -> None:
    """A phone lies any way round; so may a card with a bar code."""
    for frame, text in ((qr(MEMBER), MEMBER), (ean13("7290000000008"), "7290000000008")):
        assert texts(np.asarray(cv2.rotate(frame, turn), dtype=np.uint8)) == [text]


def test_every_code_in_view_is_reported_once_and_in_order() -> None:
    """Three codes, one of them twice, give three texts in the same order from either side."""
    frames = [qr("B"), qr("A"), qr("C"), qr("A")]
    assert texts(side_by_side(*frames)) == ["A", "B", "C"] == texts(side_by_side(*reversed(frames)))


def test_a_qr_code_does_not_hide_what_is_beside_it() -> None:
    """A bar code alone is read; beside a QR code, of which goods carry some too, both are."""
    card = ean13("7290000000008")
    assert read_frame(card).readings == (Reading("7290000000008", "]E0"),)
    assert texts(side_by_side(card, qr(MEMBER))) == ["7290000000008", MEMBER]


def test_a_small_code_beside_a_large_one_is_read() -> None:
    """A code that half the size does not show is read beside one that it does."""
    assert texts(side_by_side(qr("large", 9), qr("small", 2))) == ["large", "small"]


def test_micro_qr_is_read() -> None:
    """A Micro QR code is read."""
    made = segno.make("12345", micro=True)
    assert texts(np.array([[0 if dark else 255 for dark in row] for row in made.matrix_iter(scale=5, border=4)], np.uint8)) == [
        "12345"
    ]


@pytest.mark.parametrize(("scale", "blur", "noise"), [(4, 2.2, 3), (5, 2.8, 3), (6, 3.4, 3)])
def test_a_hard_picture_needs_the_later_stages(scale: int, blur: float, noise: float) -> None:
    """Blur and noise that stop the plain stage do not stop the cascade."""
    rng = np.random.default_rng(3)
    blurred = cv2.GaussianBlur(qr(MEMBER, scale).astype(np.float32), (0, 0), blur)
    frame = np.clip(blurred + rng.normal(0, noise, blurred.shape), 0, 255).astype(np.uint8)
    assert not [one for stage in (stages.halved, stages.light, stages.dark) for one in stage(Look(frame))]
    assert texts(frame) == texts_live(frame) == [MEMBER]


def test_a_broken_decoder_leaves_the_turn_to_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    """A decoder that raises in the middle is dropped by name, without its words, and the next one reads."""

    def broken(look: Look) -> Iterator[Symbol]:
        raise ValueError(f"secret {look.frame.shape}")
        yield

    monkeypatch.setattr("drivers.scanners.decode.reader.FIRST", (broken, stages.light))
    for decoded in (read_frame(qr("A")), Reader().read(qr("A"))):
        assert decoded.readings == (Reading("A", "]Q1"),)
        assert decoded.dropped == (Dropped("broken failed with ValueError"),)


class Clock:
    """A clock that every look at moves on."""

    def __init__(self, step_s: float) -> None:
        self.step_s, self.now_s = step_s, 0.0

    def __call__(self) -> float:
        self.now_s += self.step_s
        return self.now_s


@pytest.fixture
def turns(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The stages that have their turn from now on."""
    had: list[str] = []

    def noted(stage: Stage, look: Look | None) -> tuple[list[Symbol], list[Dropped]]:
        had.append(stage.__name__)
        return _fenced(stage, look)

    monkeypatch.setattr("drivers.scanners.decode.reader._fenced", noted)
    return had


EMPTY = np.full((120, 160), 200, np.uint8)
FIRST = ["halved", "light", "dark"]
ALL = [stage.__name__ for stage in (*IN_TURN, *OTHERS)]


def test_what_one_frame_has_no_time_for_the_next_one_does(turns: list[str]) -> None:
    """Where a frame's time ends the next frame of the same view goes on, until every stage had its turn; then only the first do."""
    reader = Reader(Clock(BUDGET_S / 8.5))
    frames = 0
    while not reader.read(EMPTY, changed=frames == 0).complete:
        frames += 1
    assert [name for name in turns if name not in FIRST] == ALL
    assert turns[: 3 + 9] == [*FIRST, *ALL[:8], "halved"]
    assert frames == 2
    turns.clear()
    assert reader.read(EMPTY, changed=False).complete
    assert turns == FIRST


def test_a_new_view_gets_every_stage_and_none_twice(turns: list[str]) -> None:
    """After a change every stage has its turn again, beginning with the one that has waited longest."""
    reader = Reader(Clock(BUDGET_S / 8.5))
    assert not reader.read(EMPTY).complete
    turns.clear()
    views = [reader.read(EMPTY, changed=number == 0).complete for number in range(3)]
    assert views == [False, False, True]
    assert [name for name in turns if name not in FIRST] == [*ALL[8:], *ALL[:8]]


def test_a_terminal_without_time_still_reads_what_is_easy(turns: list[str]) -> None:
    """However slow a machine is, each frame gets the first stages, and the others one by one are never given up."""
    reader = Reader(Clock(10.0))
    assert [one.text for one in reader.read(qr("A")).readings] == ["A"]
    assert reader.read(EMPTY).readings == ()
    assert set(turns) <= set(FIRST)


def test_news_end_a_frame_and_what_is_known_does_not(turns: list[str]) -> None:
    """A new code is given at once; while it stays, the next frames look for other kinds of codes beside it."""
    goods, both = qr("GOODS", 6), side_by_side(qr("GOODS", 6), ean13("7290000000008"))
    reader = Reader(Clock(0.0))
    first = reader.read(goods)
    assert ([one.text for one in first.readings], first.complete, turns) == (["GOODS"], False, ["halved"])
    second = reader.read(goods, changed=False)
    assert ([one.text for one in second.readings], second.complete) == (["GOODS"], True)
    assert turns[1:] == [*FIRST, *(stage.__name__ for stage in OTHERS)]
    assert [one.text for one in reader.read(both).readings] == ["7290000000008", "GOODS"]


def test_odd_frames_are_complete() -> None:
    """A frame without pixels gives nothing, and nothing is left to try on it."""
    assert Reader().read(np.zeros((5, 9), np.uint8)) == Decoded(())


def _pictures(pattern: str) -> list[Path]:
    return sorted(path for path in CORPORA.glob(pattern) if path.suffix != ".txt")


def _by_peers(frame: Frame) -> set[str]:
    """What zxing-cpp and pyzbar read by themselves."""
    zxing = {one.text for one in zxingcpp.read_barcodes(frame, formats=(zxingcpp.BarcodeFormat.QRCode,))}
    return zxing | {one.data.decode() for one in pyzbar.decode(frame, symbols=[pyzbar.ZBarSymbol.QRCODE])}


@needs_corpora
def test_labelled_photos_are_read_exactly() -> None:
    """Every labelled photo that either decoder alone reads exactly is read exactly, and in none anything is read but its label."""
    wrong, by_peers = [], 0
    for path in _pictures("qrcode-*/*"):
        truth = path.with_suffix(".txt").read_bytes().decode()
        frame = open_picture(path)
        is_by_peers = truth in _by_peers(frame)
        by_peers += is_by_peers
        both = (texts(frame), texts_live(frame))
        wrong += [(path.name, said) for said in both if said != [truth] and (said or is_by_peers)]
    assert wrong == []
    assert by_peers > 30


@needs_corpora
def test_false_positives_read_as_nothing() -> None:
    """What only looks like a code gives no text."""
    assert [path.name for path in _pictures("falsepositives-1/*") if texts(open_picture(path))] == []
    assert len(_pictures("falsepositives-1/*")) > 10


LOOKED_AT = {"https://www.facebook.com/Lethmik/"}
"""Read in one blurred photo, of a card that thanks for choosing Lethmik beside a code with Facebook's f in it, and in no other."""


@needs_corpora
def test_hard_photos_are_read_at_least_as_by_both_decoders() -> None:
    """None is missed that zxing-cpp or pyzbar reads, a tenth more is read, one live frame reads as many, and no text is made up.

    What these photos say nobody wrote down. But they show the same objects again: what posd reads in one that no peer reads there,
    a peer reads in another.
    """
    live: dict[Path, list[str]] = {}
    still: dict[Path, list[str]] = {}
    peers: dict[Path, set[str]] = {}
    for path in _pictures("boofcv/*/*"):
        frame = open_picture(path)
        live[path], still[path], peers[path] = texts_live(frame), texts(frame), _by_peers(frame)
    read_live, read, read_by_peers = ({path for path, said in each.items() if said} for each in (live, still, peers))
    assert len(read_by_peers) > 40
    assert read_by_peers <= read
    assert len(read) >= 1.1 * len(read_by_peers)
    assert len(read_live) >= len(read_by_peers)
    known = set().union(*peers.values(), LOOKED_AT)
    assert {path.name: said for path, said in [*live.items(), *still.items()] if not known.issuperset(said)} == {}
