"""What the decoders say of a symbol: which texts are believed, and with which AIM identifier."""

import numpy as np
import pytest
import segno
import zxingcpp
from pyzbar import pyzbar

from drivers.scanners.decode import symbols
from drivers.scanners.decode.frame import Frame
from drivers.scanners.decode.reader import Reader, read_frame
from drivers.scanners.reading import Dropped, Reading
from tests.drivers.scanners.pictures import qr

F = zxingcpp.BarcodeFormat


def drawn(kind: zxingcpp.BarcodeFormat, text: str, **options: bool) -> Frame:
    """A symbol of `kind` on white."""
    made = zxingcpp.create_barcode(text, kind, **options).to_image(scale=4)
    return np.pad(np.asarray(made, dtype=np.uint8), 40, constant_values=255)


def declared(text: str, codec: str) -> Frame:
    made = segno.make(text, encoding=codec, eci=True, micro=False, mode="byte")
    return np.array([[0 if dark else 255 for dark in row] for row in made.matrix_iter(scale=4, border=4)], np.uint8)


@pytest.mark.parametrize(
    ("kind", "shown", "text", "aim"),
    [
        (F.QRCode, "PL1:ABC", "PL1:ABC", "]Q1"),
        (F.MicroQRCode, "12345", "12345", "]Q1"),
        (F.EAN13, "7290000000008", "7290000000008", "]E0"),
        (F.EAN8, "96385074", "96385074", "]E4"),
        (F.UPCA, "036000291452", "0036000291452", "]E0"),
        (F.UPCE, "01234565", "0012345000065", "]E0"),
        (F.Code128, "ABC-123", "ABC-123", "]C0"),
        (F.Code39, "ABC-123", "ABC-123", "]A0"),
        (F.DataMatrix, "hello", "hello", "]d1"),
        (F.Aztec, "hello", "hello", "]z0"),
        (F.PDF417, "hello world", "hello world", "]L2"),
    ],
)
def test_every_kind_is_read(kind: zxingcpp.BarcodeFormat, shown: str, text: str, aim: str) -> None:
    """Each kind of code is read, in a picture and by a camera, upright and on its side; UPC codes come as the EAN-13 they are."""
    for frame in (drawn(kind, shown), np.ascontiguousarray(np.rot90(drawn(kind, shown)))):
        assert read_frame(frame).readings == (Reading(text, aim),)
        reader = Reader()
        found = {one for number in range(5) for one in reader.read(frame, changed=number == 0).readings}
        assert found == {Reading(text, aim)}


@pytest.mark.parametrize(("kind", "aim"), [(F.QRCode, "]Q3"), (F.Code128, "]C1"), (F.DataMatrix, "]d2"), (F.Aztec, "]z1")])
def test_gs1_codes_say_so(kind: zxingcpp.BarcodeFormat, aim: str) -> None:
    """A GS1 code has its own identifier, and its text no brackets."""
    assert read_frame(drawn(kind, "(01)04012345123456(10)A1", gs1=True)).readings == (Reading("010401234512345610A1", aim),)


@pytest.mark.parametrize(
    ("text", "codec"), [("שלום", "iso8859-8"), ("AB", "utf-16-be"), ("A€", "utf-16-be"), ("שלום", "utf-8"), ("é", "latin-1")]
)
def test_a_declared_character_set_counts(text: str, codec: str) -> None:
    """A code that declares its character set (ECI) is read by it, even where its bytes would be another text in UTF-8."""
    assert read_frame(declared(text, codec)).readings == (Reading(text, "]Q1"),)


def test_zbar_is_believed_in_ascii_only() -> None:
    """zbar makes Japanese of the UTF-8 of a price in shekels, and bytes of UTF-16: such a reading is dropped."""
    assert list(symbols.zbar(qr("PL1:ABC"))) == [Reading("PL1:ABC")]
    assert pyzbar.decode(qr("₪12.50".encode()), symbols=[pyzbar.ZBarSymbol.QRCODE])[0].data.decode() != "₪12.50"
    for frame in (qr("₪12.50".encode()), declared("AB", "utf-16-be"), qr(b"A\0B")):
        found = list(symbols.zbar(frame))
        assert found
        assert all(isinstance(one, Dropped) for one in found)


def test_a_part_of_several_is_a_part_to_zbar_too() -> None:
    """pyzbar raises for a picture with a first part in it: that is no failure, and it is told as what it is."""
    part = segno.make_sequence("PL1:" + "ABC234" * 20, symbol_count=3)[0]
    frame = np.array([[0 if dark else 255 for dark in row] for row in part.matrix_iter(scale=4, border=4)], np.uint8)
    with pytest.raises(ValueError, match="ZBarOrientation"):
        pyzbar.decode(frame, symbols=[pyzbar.ZBarSymbol.QRCODE])
    assert list(symbols.zbar(frame)) == [Dropped(symbols.IN_PARTS)]


def test_masks_are_those_of_the_standard() -> None:
    """Each mask turns over a fair share of the modules, and no two are alike."""
    patterns = {tuple(mask(i, j) for i in range(12) for j in range(12)) for mask in symbols.MASKS}
    assert len(patterns) == 8
    assert all(0.2 < sum(pattern) / 144 < 0.7 for pattern in patterns)
