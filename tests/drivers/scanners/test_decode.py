"""Pixels to texts: what is read, how exactly, and that nothing a stranger holds up breaks it."""

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

from drivers.scanners import decode
from drivers.scanners.decode import Frame, read_frame
from drivers.scanners.picture import open_picture
from drivers.scanners.reading import Dropped, Reading
from tests.drivers.scanners.pictures import CORPORA, ean13, needs_corpora, qr, side_by_side

MEMBER = "PL1:" + "ABCDEFGHIJ234567" * 11


def texts(frame: Frame, *, thorough: bool = False) -> list[str]:
    return [reading.text for reading in read_frame(frame, thorough=thorough).readings]


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
    assert read_frame(frame, thorough=True).readings == ()


@pytest.mark.parametrize("shape", [(0, 0), (0, 5), (1, 1), (1, 5000), (5000, 1), (11, 11), (12, 70_000)])
def test_odd_shapes_read_as_nothing(shape: tuple[int, int]) -> None:
    """Frames of one pixel, of none, or wider than a decoder takes give no reading and break nothing."""
    assert read_frame(np.zeros(shape, np.uint8), thorough=True).readings == ()


def test_dark_mode_is_read() -> None:
    """A light code on a dark screen is read as well."""
    frame = np.asarray(255 - qr(MEMBER), dtype=np.uint8)
    assert texts(frame) == texts(frame, thorough=True) == [MEMBER]


@pytest.mark.parametrize("turn", [cv2.ROTATE_90_CLOCKWISE, cv2.ROTATE_180, cv2.ROTATE_90_COUNTERCLOCKWISE])
def test_a_turned_code_is_read(turn: int) -> None:
    """A phone lies any way round; so may a card with a bar code."""
    for frame, text in ((qr(MEMBER), MEMBER), (ean13("7290000000008"), "7290000000008")):
        assert texts(np.asarray(cv2.rotate(frame, turn), dtype=np.uint8)) == [text]


def test_every_code_in_view_is_reported_once_and_in_order() -> None:
    """Three codes, one of them twice, give three texts in the same order from either side."""
    frames = [qr("B"), qr("A"), qr("C"), qr("A")]
    assert texts(side_by_side(*frames)) == ["A", "B", "C"] == texts(side_by_side(*reversed(frames)))


def test_an_ean13_alone_is_read_and_beside_a_qr_is_not() -> None:
    """A card's bar code is read; that of goods in view does not come between a member and the till."""
    goods = ean13("7290000000008")
    assert read_frame(goods).readings == (Reading("7290000000008", "]E0"),)
    assert texts(side_by_side(goods, qr(MEMBER))) == [MEMBER]


def test_micro_qr_is_read() -> None:
    """A Micro QR code is read."""
    made = segno.make("12345", micro=True)
    assert texts(np.array([[0 if dark else 255 for dark in row] for row in made.matrix_iter(scale=5, border=4)], np.uint8)) == [
        "12345"
    ]


@pytest.mark.parametrize(("scale", "blur", "noise"), [(4, 2.2, 3), (5, 2.8, 3), (6, 2.5, 25), (6, 3.4, 3)])
def test_a_hard_picture_needs_the_later_stages(scale: int, blur: float, noise: float) -> None:
    """Blur and noise that stop the plain stage do not stop the cascade."""
    rng = np.random.default_rng(3)
    blurred = cv2.GaussianBlur(qr(MEMBER, scale).astype(np.float32), (0, 0), blur)
    frame = np.clip(blurred + rng.normal(0, noise, blurred.shape), 0, 255).astype(np.uint8)
    assert not list(decode.plain(frame))
    assert texts(frame) == [MEMBER]


def test_a_broken_decoder_leaves_the_turn_to_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    """A decoder that raises in the middle is dropped by name, without its words, and the next one reads."""

    def broken(frame: Frame) -> Iterator[Reading | Dropped]:
        raise ValueError(f"secret {frame.shape}")
        yield

    monkeypatch.setattr(decode, "STAGES", (broken, decode.plain))
    decoded = read_frame(qr("A"))
    assert decoded.readings == (Reading("A", "]Q1"),)
    assert decoded.dropped == (Dropped("broken failed with ValueError"),)


def test_zbars_guess_is_undone() -> None:
    """zbar takes the UTF-8 of a price in shekels for Shift-JIS; what it gives is turned back."""
    guessed = pyzbar.decode(qr("₪12.50".encode()), symbols=[pyzbar.ZBarSymbol.QRCODE])[0].data
    assert guessed.decode() != "₪12.50"
    assert list(decode.zbar_plain(qr("₪12.50".encode()))) == [Reading("₪12.50", "]Q1")]
    assert list(decode.zbar_plain(qr("שלום".encode()))) == [Reading("שלום", "]Q1")]


def _pictures(pattern: str) -> list[Path]:
    return sorted(path for path in CORPORA.glob(pattern) if path.suffix != ".txt")


@needs_corpora
def test_labelled_photos_are_read_exactly() -> None:
    """Every labelled photo that either decoder alone reads exactly is read exactly."""
    missed, read_alone = [], 0
    for path in _pictures("qrcode-*/*"):
        truth = path.with_suffix(".txt").read_bytes().decode()
        frame = open_picture(path)
        alone = [one.text for one in zxingcpp.read_barcodes(frame, formats=(zxingcpp.BarcodeFormat.QRCode,))]
        alone += [one.data.decode() for one in pyzbar.decode(frame, symbols=[pyzbar.ZBarSymbol.QRCODE])]
        read_alone += truth in alone
        if truth in alone and truth not in texts(frame, thorough=True):
            missed.append(path.name)
    assert missed == []
    assert read_alone > 30


@needs_corpora
def test_false_positives_read_as_nothing() -> None:
    """What only looks like a code gives no text."""
    assert [path.name for path in _pictures("falsepositives-1/*") if texts(open_picture(path), thorough=True)] == []
    assert len(_pictures("falsepositives-1/*")) > 10


@needs_corpora
def test_hard_photos_are_read_at_least_as_by_both_decoders() -> None:
    """Of the hard photos no one is missed that zxing-cpp or pyzbar reads, and in all at least as many are read live."""
    live, still, alone = set(), set(), set()
    for path in _pictures("boofcv/*/*"):
        frame = open_picture(path)
        if zxingcpp.read_barcodes(frame, formats=(zxingcpp.BarcodeFormat.QRCode,)) or pyzbar.decode(
            frame, symbols=[pyzbar.ZBarSymbol.QRCODE]
        ):
            alone.add(path)
        live |= {path} if texts(frame) else set()
        still |= {path} if texts(frame, thorough=True) else set()
    assert len(alone) > 40
    assert alone <= still
    assert len(live) >= len(alone)
