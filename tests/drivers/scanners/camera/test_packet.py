"""What a live camera hands over: JPEGs as cameras make and break them, and raw pictures."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.scanners.camera.packet import EOI, PLANES, SOI, Layout, Packet, cells_of
from drivers.scanners.decode.frame import Frame
from tests.drivers.scanners.camera.views import HEIGHT, WIDTH, distinct, jpeg, scene

PICTURE = jpeg(scene("PL1:A"))


def packet(data: bytes) -> Packet:
    return Packet(data, at_s=0.0)


def frame_of(one: Packet) -> Frame:
    frame = one.frame()
    assert frame is not None
    return frame


def without_tables(data: bytes) -> bytes:
    """The JPEG without its Huffman tables, as many webcams send it: MJPG leaves the standard ones out."""
    kept, at = data[:2], 2
    while data[at + 1] != 0xDA:
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        kept += b"" if data[at + 1] == 0xC4 else data[at:end]
        at = end
    return kept + data[at:]


def test_the_cells_of_a_jpeg_are_those_of_its_picture() -> None:
    """Unpacked to one level a square, a JPEG gives what averaging its whole picture gives, give or take the rounding."""
    cells = packet(PICTURE).cells
    assert cells is not None
    assert cells.shape == (HEIGHT // 8, WIDTH // 8)
    whole = cells_of(frame_of(packet(PICTURE)))
    assert np.abs(cells.astype(int) - whole.astype(int)).max() <= 2


def test_a_whole_jpeg_is_whole_however_it_is_wrapped() -> None:
    """A comment before the picture, fill bytes before a marker, and zeros behind its end are what cameras do."""
    for data in (PICTURE, distinct(PICTURE), PICTURE + bytes(500), SOI + b"\xff\xff" + PICTURE[2:]):
        assert packet(data).cells is not None
        assert np.array_equal(frame_of(packet(data)), frame_of(packet(PICTURE)))


def test_a_jpeg_without_huffman_tables_is_read() -> None:
    """Webcams leave the standard tables out of every picture; the standard ones are taken."""
    plain = cv2.imencode(".jpg", scene("PL1:A"), [cv2.IMWRITE_JPEG_OPTIMIZE, 0])[1].tobytes()
    short = without_tables(plain)
    assert len(short) < len(plain)
    assert packet(short).cells is not None
    assert np.array_equal(frame_of(packet(short)), frame_of(packet(plain)))


def test_bytes_too_many_are_read_over_in_silence(capfd: pytest.CaptureFixture[str]) -> None:
    """Webcams put stray bytes before a marker; a line on stderr for each picture would drown the journal."""
    how = [cv2.IMWRITE_JPEG_RST_INTERVAL, 4]
    marked = cv2.imencode(".jpg", scene("PL1:A"), how)[1].tobytes()
    at = marked.index(b"\xff\xd1")
    stray = marked[:at] + b"\x12\x34" + marked[at:]
    frame = frame_of(packet(stray))
    assert np.abs(frame.astype(int) - frame_of(packet(marked)).astype(int)).mean() < 1
    assert packet(stray).cells is not None
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    "data",
    [
        b"",
        SOI,
        SOI + EOI,
        PICTURE[: len(PICTURE) // 2],
        PICTURE[:-1],
        PICTURE[2:],
        b"\x89PNG" + PICTURE,
        bytes(70_000),
        SOI + b"\xff\xda\x00\x08" + bytes(50) + EOI,
        SOI + b"\xff\xe0\xff\xff" + EOI,
        SOI + b"\xff\xe0\x00\x00" * 9000 + EOI,
    ],
    ids=range(11),
)
def test_what_is_no_whole_jpeg_is_not_unpacked(data: bytes) -> None:
    """Empty, cut at either end, another format, zeros, headers that lead nowhere."""
    assert packet(data).cells is None


def test_a_jpeg_that_says_it_is_huge_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two bytes in the header claim 65,535 x 65,535, which would take 4 GB; a pixel more than the bound is too much as well."""
    at = PICTURE.index(b"\xff\xc0") + 5
    for size in (b"\xff\xff\xff\xff", b"\0\0\0\0"):
        huge = packet(PICTURE[:at] + size + PICTURE[at + 4 :])
        assert (huge.cells, huge.frame()) == (None, None)
    monkeypatch.setattr("drivers.scanners.camera.packet.PIXELS_MAX", WIDTH * HEIGHT - 1)
    assert (packet(PICTURE).cells, packet(PICTURE).frame()) == (None, None)


@given(st.binary(max_size=200), st.booleans())
def test_garbage_is_no_picture_and_no_exception(data: bytes, framed: bool) -> None:
    """Whatever comes over the wire gives a picture or none."""
    one = packet(SOI + data + EOI if framed else data)
    for got in (one.cells, one.frame()):
        assert got is None or got.dtype == np.uint8


@given(st.integers(0, len(PICTURE) - 1), st.binary(min_size=1, max_size=40))
def test_damage_in_the_middle_is_survived(at: int, damage: bytes) -> None:
    """A JPEG with some of its bytes overwritten gives some picture or none."""
    one = packet(PICTURE[:at] + damage + PICTURE[at + len(damage) :])
    if one.cells is not None:
        got = one.frame()
        assert got is None or got.ndim == 2


@pytest.mark.parametrize("kind", PLANES)
def test_raw_pictures_are_their_brightness(kind: str) -> None:
    """Of each raw layout the brightness is taken, row padding and color left out; too few bytes are no picture."""
    step, first = PLANES[kind]
    grey = scene("PL1:A")
    stride = WIDTH * step + 32
    rows = np.full((HEIGHT * 3 // 2, stride), 77, np.uint8)
    rows[:HEIGHT, first : WIDTH * step : step] = grey
    one = Packet(rows.tobytes(), 0.0, Layout(kind, WIDTH, HEIGHT, stride))
    assert one.cells is not None
    assert np.array_equal(frame_of(one), grey)
    cells = one.cells
    assert cells is not None
    assert np.array_equal(cells, cells_of(grey))
    assert Packet(rows[: HEIGHT - 1].tobytes(), 0.0, Layout(kind, WIDTH, HEIGHT, stride)).cells is None
