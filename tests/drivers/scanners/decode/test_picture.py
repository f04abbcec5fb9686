"""Picture files: what opens, what is refused, and that no file breaks or fills the terminal."""

import os
import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from drivers.scanners.decode import picture
from drivers.scanners.decode.picture import SUFFIXES, open_picture
from drivers.scanners.decode.reader import read_frame
from runtime.errors import Rejected
from tests.drivers.scanners.pictures import png, qr, qr_png


def code_of(path: Path) -> str:
    with pytest.raises(Rejected) as refused:
        open_picture(path)
    return refused.value.code


def opened_or_refused(path: Path) -> bool:
    try:
        frame = open_picture(path)
    except Rejected as refused:
        return refused.code in {"picture_unreadable", "picture_too_large"}
    read_frame(frame)
    return True


def header_png(width: int, height: int) -> bytes:
    """A PNG that says how large it is, and holds next to nothing."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")


@pytest.mark.parametrize("suffix", sorted(SUFFIXES))
def test_every_kind_opens(suffix: str, tmp_path: Path) -> None:
    """A code saved in any kind that is offered is read."""
    path = tmp_path / f"code{suffix}"
    Image.fromarray(qr("A", 8)).save(path)
    frame = open_picture(path)
    assert frame.dtype == np.uint8
    assert [reading.text for reading in read_frame(frame).readings] == ["A"]


@pytest.mark.parametrize("mode", ["1", "P", "RGB", "RGBA", "LA", "CMYK", "I;16"])
def test_every_color_becomes_grey(mode: str, tmp_path: Path) -> None:
    """However the colors are stored, the code is read."""
    path = tmp_path / ("code.jpg" if mode == "CMYK" else "code.png")
    grey = Image.fromarray(qr("A", 8))
    image = Image.fromarray(qr("A", 8).astype(np.uint16) << 8) if mode == "I;16" else grey.convert(mode)
    image.save(path)
    assert [reading.text for reading in read_frame(open_picture(path)).readings] == ["A"]


def test_what_is_see_through_is_white(tmp_path: Path) -> None:
    """A black code on nothing is read as on paper."""
    frame = qr("A")
    see_through = np.dstack([np.zeros((*frame.shape, 3), np.uint8), 255 - frame])
    cv2.imwrite(str(tmp_path / "code.png"), see_through)
    assert (open_picture(tmp_path / "code.png") == frame).all()


def test_what_is_not_a_file_is_refused(tmp_path: Path) -> None:
    """A missing name, a folder, a device and a pipe are refused at once, none is waited for."""
    os.mkfifo(tmp_path / "pipe.png")
    for path in (tmp_path / "none.png", tmp_path, Path("/dev/zero"), tmp_path / "pipe.png"):
        assert code_of(path) == "picture_missing"


@pytest.mark.parametrize(("width", "height"), [(10_000, 10_000), (60_000, 60_000), (2**31 - 1, 2**31 - 1), (25_000_001, 1)])
def test_a_huge_header_is_refused(width: int, height: int, tmp_path: Path) -> None:
    """A small file that unpacks to a hundred megapixels is refused by its header."""
    (tmp_path / "bomb.png").write_bytes(header_png(width, height))
    assert code_of(tmp_path / "bomb.png") == "picture_too_large"


def test_a_huge_file_is_refused(tmp_path: Path) -> None:
    """A file beyond the limit is refused unread."""
    with (tmp_path / "huge.png").open("wb") as file:
        file.truncate(picture.BYTES_MAX + 1)
    assert code_of(tmp_path / "huge.png") == "picture_too_large"


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".bmp"])
def test_a_cut_file_is_refused(suffix: str, tmp_path: Path) -> None:
    """A file that is still being written is refused, wherever it ends, and not read as half a picture."""
    whole = cv2.imencode(suffix, qr("A", 8))[1].tobytes()
    for share in (0, 0.01, 0.3, 0.6, 0.9):
        (tmp_path / f"cut{suffix}").write_bytes(whole[: int(len(whole) * share)])
        assert code_of(tmp_path / f"cut{suffix}") == "picture_unreadable"


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_spoiled_file_is_opened_or_refused(tmp_path: Path, data: st.DataObject) -> None:
    """Bytes changed anywhere in any kind of file lead to a frame or a refusal, nothing else."""
    suffix = data.draw(st.sampled_from([".png", ".jpg", ".webp", ".bmp", ".pgm"]))
    spoiled = bytearray(cv2.imencode(suffix, qr("A"))[1].tobytes())
    for _ in range(data.draw(st.integers(1, 8))):
        spoiled[data.draw(st.integers(0, min(len(spoiled) - 1, 200)))] = data.draw(st.integers(0, 255))
    path = tmp_path / "spoiled"
    path.write_bytes(spoiled)
    assert opened_or_refused(path)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.binary(max_size=300),
    st.sampled_from([b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF89a", b"P5 ", b"BM", b"RIFF\xff\0\0\0WEBP"]),
)
def test_random_bytes_are_refused(tmp_path: Path, noise: bytes, start: bytes) -> None:
    """Random bytes behind any kind's first bytes are refused or, by chance, a picture; nothing else."""
    (tmp_path / "noise").write_bytes(start + noise)
    assert opened_or_refused(tmp_path / "noise")


def test_a_refusal_says_what_to_do(tmp_path: Path) -> None:
    """A refusal has a message and names the kinds that are wanted."""
    (tmp_path / "note.txt").write_text("hello")
    with pytest.raises(Rejected, match=r"not a whole picture .*Wanted: BMP, GIF, JPEG, PNG, PPM, WEBP"):
        open_picture(tmp_path / "note.txt")
    (tmp_path / "note.txt").write_bytes(qr_png("A"))
    assert (open_picture(tmp_path / "note.txt") == qr("A")).all()
    assert png(qr("A"))[:4] == b"\x89PNG"
