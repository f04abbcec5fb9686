"""Picture files -> grey frames, with their size known before a pixel is unpacked.

Pillow opens the files: it tells the size from the header alone and raises on a file that is cut, where OpenCV gives a
picture that is half grey. OpenCV does the rest.
"""

import struct
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image

from drivers.scanners.decode.frame import Frame
from runtime.errors import Rejected

BYTES_MAX = 32 * 1024 * 1024  # a photo of a phone has 3 to 12 MB
PIXELS_MAX = 25_000_000  # phones save 12 or 24 megapixels; at worst one takes 2 s and 180 MB, which a terminal has for a moment
KINDS = {
    "PNG": (".png",),
    "JPEG": (".jpg", ".jpeg"),
    "WEBP": (".webp",),
    "BMP": (".bmp",),
    "GIF": (".gif",),
    "PPM": (".ppm", ".pgm"),
}
SUFFIXES = frozenset(suffix for suffixes in KINDS.values() for suffix in suffixes)

BOMBS = (Image.DecompressionBombError, Image.DecompressionBombWarning)
BROKEN = (OSError, SyntaxError, ValueError, EOFError, MemoryError, OverflowError, IndexError, TypeError, KeyError, struct.error)
"""What Pillow's parsers raise on hostile files; it has no exception of its own for them."""


def open_picture(path: Path) -> Frame:
    """Read the picture file at `path` as a grey frame, whatever its colors; see-through parts become white.

    Raises Rejected: `picture_missing`, `picture_too_large` (BYTES_MAX, PIXELS_MAX) or `picture_unreadable`, which is also
    what a file that is still being written is.
    """
    try:
        if not path.is_file():
            raise Rejected("picture_missing", "There is no such file", "Name a picture, not a folder or a device")
        if path.stat().st_size > BYTES_MAX:
            raise Rejected("picture_too_large", f"The file has more than {BYTES_MAX >> 20} MiB", "Save it smaller")
        with path.open("rb") as file:
            return _grey(file)
    except PermissionError:
        raise Rejected("picture_unreadable", "This user may not read the file", "Change its permissions") from None
    except BOMBS:
        raise _too_many_pixels() from None
    except BROKEN as error:
        what = f"The file is not a whole picture ({type(error).__name__})"
        raise Rejected("picture_unreadable", what, f"Wanted: {', '.join(sorted(KINDS))}") from None


def _too_many_pixels() -> Rejected:
    return Rejected("picture_too_large", f"The picture has more than {PIXELS_MAX // 1_000_000} megapixels", "Save it smaller")


def _grey(file: BinaryIO) -> Frame:
    with Image.open(file, formats=tuple(KINDS)) as picture:
        if picture.width * picture.height > PIXELS_MAX:
            raise _too_many_pixels()
        picture.draft("L", picture.size)  # a JPEG is unpacked as grey at once
        if picture.mode.startswith("I"):  # 16 bits a pixel
            return (np.asarray(picture).astype(np.int64) >> 8).clip(0, 255).astype(np.uint8)
        if picture.has_transparency_data:
            whole = picture.convert("RGBA")
            paper = Image.new("RGBA", whole.size, "white")
            return np.asarray(Image.alpha_composite(paper, whole).convert("L"), dtype=np.uint8)
        return np.asarray(picture.convert("L"), dtype=np.uint8)
