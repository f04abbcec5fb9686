"""Photo-like pictures of codes."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from demo.photo import HEIGHT_PX, WIDTH_PX, Picture, photograph, save
from drivers.scanners.decode.picture import open_picture
from drivers.scanners.decode.reader import read_frame
from tests.drivers.scanners.pictures import qr, qr_png

MEMBER = "PL1:" + "ABCDEFGHIJ234567" * 11


def read(picture: Picture) -> list[str]:
    grey = np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), dtype=np.uint8)
    return [reading.text for reading in read_frame(grey).readings]


@pytest.mark.parametrize("seed", range(12))
def test_the_code_stays_readable(seed: int) -> None:
    """On a phone or on a card, our cascade reads what was photographed, the longest code that we print too."""
    assert read(photograph(qr_png(MEMBER, 10), seed)) == [MEMBER]


def test_the_same_seed_is_the_same_picture() -> None:
    """A demo can be repeated: pixels are equal for a seed, and differ for another."""
    code = qr_png("PL1:A")
    first = photograph(code, 7)
    assert first.shape == (HEIGHT_PX, WIDTH_PX, 3)
    assert first.dtype == np.uint8
    assert (photograph(code, 7) == first).all()
    assert (photograph(code, 9) != first).any()


def test_it_is_a_photo_and_not_a_drawing() -> None:
    """The picture is slanted, unevenly lit, noisy and colored: its white is no white, and its edges are soft."""
    picture = photograph(qr_png("PL1:A"), 4)
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY).astype(float)
    assert len(np.unique(grey)) > 150
    corners = [grey[:40, :40].mean(), grey[:40, -40:].mean(), grey[-40:, :40].mean(), grey[-40:, -40:].mean()]
    assert max(corners) - min(corners) > 5
    assert np.ptp(picture.reshape(-1, 3).mean(axis=0)) > 10
    drawn = qr("PL1:A")
    assert np.abs(np.diff(drawn.astype(float))).max() > 2 * np.abs(np.diff(grey)).max()


def test_a_saved_photo_is_read_again(tmp_path: Path) -> None:
    """What is saved opens as a picture and holds the code."""
    for name in ("photo.jpg", "photo.png"):
        save(photograph(qr_png(MEMBER, 10), 1), tmp_path / name)
        assert [reading.text for reading in read_frame(open_picture(tmp_path / name)).readings] == [MEMBER]


@pytest.mark.parametrize("code", [b"", b"no picture"])
def test_what_is_no_picture_is_refused(code: bytes) -> None:
    """Bytes that are no picture raise ValueError."""
    with pytest.raises(ValueError, match="not a picture"):
        photograph(code, 1)
