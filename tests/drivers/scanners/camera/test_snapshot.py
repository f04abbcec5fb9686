"""Pictures for support, in which nobody can read a code: not our decoder, nor another, nor after some retouching."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import segno
import zxingcpp
from pyzbar import pyzbar

from drivers.scanners.camera.snapshot import snapshot
from drivers.scanners.decode.frame import Frame
from drivers.scanners.decode.picture import open_picture
from drivers.scanners.decode.reader import read_frame
from tests.drivers.scanners.camera.views import scene
from tests.drivers.scanners.pictures import CORPORA, ean13, needs_corpora, qr, side_by_side

SOME = 12  # every so many-th photo of the corpora: all of them take a minute and more


def taken(frame: Frame) -> Frame:
    """The snapshot of a frame, as whoever gets it opens it."""
    picture = cv2.imdecode(np.frombuffer(snapshot(frame), np.uint8), cv2.IMREAD_UNCHANGED)
    assert picture is not None
    assert picture.shape == frame.shape
    return np.asarray(picture, dtype=np.uint8)


def texts(frame: Frame) -> list[str]:
    """What anybody reads: posd on the still, zbar, zxing-cpp with all its formats; also sharpened and stretched."""
    found = [reading.text for reading in read_frame(frame).readings]
    sharp = cv2.addWeighted(frame, 2.5, cv2.GaussianBlur(frame, (0, 0), 2), -1.5, 0)
    for one in (frame, sharp, cv2.equalizeHist(frame)):
        found += [symbol.text for symbol in zxingcpp.read_barcodes(one)]
    try:
        return found + [str(symbol.data) for symbol in pyzbar.decode(frame, symbols=[pyzbar.ZBarSymbol.QRCODE])]
    except ValueError:  # a part of several (pyzbar#139)
        return [*found, "a part"]


def on_paper(code: Frame, height: int = 480, width: int = 640, level: int = 200) -> Frame:
    frame = np.full((height, width), level, np.uint8)
    frame[40 : 40 + code.shape[0], 60 : 60 + code.shape[1]] = code
    return frame


def drawn(kind: zxingcpp.BarcodeFormat, text: str) -> Frame:
    return np.asarray(zxingcpp.create_barcode(text, kind).to_image(scale=3, add_quiet_zones=True), dtype=np.uint8)


def part_of(text: str) -> Frame:
    """The first of three symbols that say `text` together."""
    made = segno.make_sequence(text + "ABC234" * 20, symbol_count=3)[0]
    return np.array([[0 if dark else 255 for dark in row] for row in made.matrix_iter(scale=4, border=4)], np.uint8)


CODES = {
    "a QR code": on_paper(qr("PL1:SECRET")),
    "a small one": on_paper(qr("PL1:SECRET", 2)),
    "a large one": on_paper(qr("PL1:SECRET", 12)),
    "one that fills the picture": cv2.resize(qr("PL1:SECRET"), (720, 720), interpolation=cv2.INTER_NEAREST),
    "two": on_paper(np.ascontiguousarray(np.hstack([qr("PL1:A"), qr("PL1:B")]))),
    "one part of several": on_paper(part_of("PL1:SECRET")),
    "one part beside a whole one": on_paper(side_by_side(part_of("PL1:OTHER"), qr("PL1:SECRET"))),
    "light on dark": np.asarray(cv2.bitwise_not(on_paper(qr("PL1:SECRET"))), dtype=np.uint8),
    "in poor light": on_paper(qr("PL1:SECRET") // 8 + np.uint8(20), level=45),
    "under a lamp": on_paper(qr("PL1:SECRET") // 6 + np.uint8(205), level=250),
    "out of focus": np.asarray(cv2.GaussianBlur(on_paper(qr("PL1:SECRET", 5)), (0, 0), 3), dtype=np.uint8),
    "on a counter": scene("PL1:SECRET"),
    "an EAN-13": on_paper(ean13("7290000000015")),
    "a Data Matrix": on_paper(drawn(zxingcpp.BarcodeFormat.DataMatrix, "PL1:SECRET")),
    "an Aztec code": on_paper(drawn(zxingcpp.BarcodeFormat.Aztec, "PL1:SECRET")),
    "a PDF417": on_paper(drawn(zxingcpp.BarcodeFormat.PDF417, "PL1:SECRET")[:400, :560]),
    "a Code 128": on_paper(drawn(zxingcpp.BarcodeFormat.Code128, "SECRET")[:400, :560]),
}


@pytest.mark.parametrize("what", CODES)
def test_no_code_can_be_read(what: str) -> None:
    """Whatever code, however it is shown: readable before, by nobody after."""
    assert texts(CODES[what])
    assert texts(taken(CODES[what])) == []


@pytest.mark.parametrize("sigma", [3.5, 4, 5])
def test_a_code_that_is_too_blurred_to_be_read_is_hidden_too(sigma: float) -> None:
    """A better decoder may come: where no decoder sees a code, its crowd of edges still gives it away."""
    before = np.asarray(cv2.GaussianBlur(scene("PL1:SECRET"), (0, 0), sigma), dtype=np.uint8)
    assert texts(before) == []
    after = taken(before)
    code = np.s_[60:200, 100:240]
    assert after[code].astype(float).std() < 0.6 * before[code].astype(float).std()


def test_what_is_no_code_is_still_seen() -> None:
    """A picture that helps nobody would be no snapshot: a counter without a code stays as it is."""
    assert np.array_equal(taken(scene()), scene())
    right = np.s_[:, 320:]
    assert np.abs(taken(scene("PL1:A"))[right].astype(int) - scene()[right].astype(int)).mean() < 1


def test_what_can_be_read_after_all_blurs_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """If everything else failed, nothing is left but light and dark."""
    monkeypatch.setattr("drivers.scanners.camera.snapshot._blacked_out", lambda frame: frame)
    monkeypatch.setattr("drivers.scanners.camera.snapshot._blurred_where_dense", lambda frame: frame)
    for what in ("a QR code", "one that fills the picture", "on a counter"):
        after = taken(CODES[what])
        assert texts(after) == []
        assert np.abs(np.diff(after.astype(int))).max() < 30


def test_any_size_gives_a_picture() -> None:
    """The smallest frames and odd ones."""
    for shape in ((1, 1), (9, 700), (700, 9), (33, 31)):
        assert taken(np.full(shape, 100, np.uint8)).shape == shape


def photos() -> list[Path]:
    return sorted(path for path in CORPORA.rglob("*") if path.is_file() and path.suffix != ".txt")[::SOME]


@needs_corpora
@pytest.mark.parametrize("photo", photos(), ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_photos_of_codes_show_none(photo: Path) -> None:
    """Hard photos of real codes: creased, glaring, far, many at once."""
    assert texts(taken(open_picture(photo))) == []
