"""Close-ups: where a code is suspected, how large it is shown, and what is no suspect."""

import cv2
import numpy as np
import pytest
import zxingcpp

from drivers.scanners.decode import look, reader
from drivers.scanners.decode.frame import Frame
from drivers.scanners.decode.look import Look, scaled
from drivers.scanners.decode.reader import read_frame
from drivers.scanners.decode.stages import (
    Stage,
    close_even,
    close_sharp,
    close_wide,
    doubled,
    halved,
    heightened,
    light,
    widened,
)
from drivers.scanners.reading import Reading
from tests.drivers.scanners.pictures import qr


def unreadable(side: int = 500, place: int = 100, scale: int = 5) -> Frame:
    """A frame with a code whose corners are whole and whose modules are smeared."""
    code = qr("PL1:" + "ABCDEFG234567" * 6, scale)
    code[100:180, 100:180] = 128
    frame = np.full((side, side), 220, np.uint8)
    frame[place : place + code.shape[0], place : place + code.shape[1]] = code
    return frame


def test_a_code_that_cannot_be_read_is_looked_at_closer() -> None:
    """A close-up shows what was suspected, with a margin, at the size that was asked for; an empty frame gives none."""
    close = Look(unreadable())
    assert list(light(close)) == []
    for side_px in (300, 450):
        close_up = close.close_ups(side_px)[0]
        assert max(close_up.shape) == side_px
        assert close_up.dtype == np.uint8
    empty = Look(np.full((500, 500), 220, np.uint8))
    assert list(light(empty)) == []
    assert empty.close_ups(300) == []


def test_suspects_are_few_and_the_largest() -> None:
    """However many suspects there are, SUSPECTS_MAX are looked at."""
    close = Look(np.vstack([np.hstack([unreadable(), unreadable()]), np.hstack([unreadable(), unreadable()])]))
    assert list(light(close)) == []
    assert len(close.close_ups(300)) == look.SUSPECTS_MAX


def test_a_light_suspect_is_shown_dark() -> None:
    """What was found light on dark is shown dark on light."""
    frame = unreadable()
    close = Look(np.asarray(255 - frame, dtype=np.uint8))
    assert list(close.symbols(frame, inverted=True)) == []
    shown = close.close_ups(300)[0]
    straight = Look(frame)
    assert list(light(straight)) == []
    assert (shown == straight.close_ups(300)[0]).mean() > 0.99


@pytest.mark.parametrize("stage", [halved, widened, heightened, doubled])
def test_a_suspect_is_where_it_is_in_the_frame(stage: Stage) -> None:
    """Whatever size or shape of the frame it was found in, the close-up shows the place that the frame itself gives."""
    straight, other = Look(unreadable(800, 240)), Look(unreadable(800, 240))
    assert list(light(straight)) == list(stage(other)) == []
    shown, expected = (one.close_ups(300)[0].astype(int) for one in (other, straight))
    assert np.abs(cv2.blur(shown.astype(np.float32), (9, 9)) - cv2.blur(expected.astype(np.float32), (9, 9))).mean() < 12


def test_only_the_frame_itself_is_searched_for_micro_qr(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Micro QR code may have no error correction: what was prepared is not good enough for it."""
    asked: list[str] = []
    real = zxingcpp.read_barcodes
    had: list[Stage] = []

    def noted(frame: Frame, formats: zxingcpp.BarcodeFormats, **how: object) -> list[zxingcpp.Barcode]:
        asked.extend([had[-1].__name__] if zxingcpp.BarcodeFormat.MicroQRCode in formats else [])
        return list(real(frame, formats, **how))

    monkeypatch.setattr(zxingcpp, "read_barcodes", noted)
    close = Look(unreadable())
    for stage in (*reader.FIRST, *reader.IN_TURN, *reader.OTHERS):
        had.append(stage)
        list(stage(close))
    assert asked == ["light"]


def test_a_suspect_at_the_edge_is_cut_there() -> None:
    """A code in the corner of the frame gives a close-up without pixels from beyond."""
    close = Look(unreadable(420, 0))
    list(light(close))
    assert all(min(one.shape) > 100 for one in close.close_ups(300))


@pytest.mark.parametrize("factor", [0.1, 0.24, 0.5, 0.6, 1, 1.5, 2])
@pytest.mark.parametrize("shape", [(1, 1), (3, 700), (101, 57)])
def test_scaling_keeps_a_pixel_at_least(factor: float, shape: tuple[int, int]) -> None:
    """Any frame in any size is a frame of about that size, as bright as it was."""
    small = scaled(np.full(shape, 77, np.uint8), factor)
    assert all(abs(new - old * factor) <= 1 + old * factor / 10 for new, old in zip(small.shape, shape, strict=True))
    assert small.min() == small.max() == 77


def test_a_blurred_code_is_read_in_the_close_up() -> None:
    """What no look at the whole frame tells, an undone blur of the close-up does."""
    code = cv2.GaussianBlur(qr("PL1:" + "ABCDEFG234567" * 6, 5), (0, 0), 2.6)
    frame = np.full((700, 700), 220, np.uint8)
    frame[150 : 150 + code.shape[0], 150 : 150 + code.shape[1]] = code
    close = Look(frame)
    assert list(light(close)) == []
    assert any(isinstance(one, Reading) for stage in (close_even, close_sharp, close_wide) for one in stage(close))
    assert len(read_frame(frame).readings) == 1
