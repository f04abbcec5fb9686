"""A member's code as a QR code at error correction M (a card's is version 7), with the quiet zone that ISO/IEC 18004 asks for."""

import io
from pathlib import Path
from typing import Any

from runtime.errors import Misconfigured

QUIET_MODULES = 4
PNG_PIXELS_PER_MODULE = 8  # 53 modules make 424 pixels: sharp on a phone and on paper


def write_png(text: str, path: Path) -> None:
    """Write `text` as a black and white PNG. Raises Misconfigured when the file cannot be written."""
    picture = io.BytesIO()
    _made(text).save(picture, kind="png", scale=PNG_PIXELS_PER_MODULE, border=QUIET_MODULES)
    _write(path, picture.getvalue())


def write_svg(text: str, path: Path) -> None:
    """Write `text` as an SVG. Raises Misconfigured when the file cannot be written."""
    _write(path, svg(text).encode())


def svg(text: str) -> str:
    """`text` as an SVG element without styles, so that a strict page may hold it."""
    drawn: str = _made(text).svg_inline(border=QUIET_MODULES, omitsize=True, light="#fff", svgclass="qr", lineclass=None)
    return drawn


def blocks(text: str) -> str:
    """`text` as lines of half blocks, for a window that shows characters."""
    drawn = io.StringIO()
    _made(text).terminal(out=drawn, border=QUIET_MODULES, compact=True)
    return drawn.getvalue()


def _made(text: str) -> Any:
    import segno

    return segno.make(text, error="m", boost_error=False, micro=False)


def _write(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        raise Misconfigured("file_unwritable", f"{path}: {error.strerror}", "Choose another place") from error
