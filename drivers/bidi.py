"""Text in the order in which it stands, for devices that only put one letter after another: by libfribidi, through ctypes.

Pillow brings no way to ask for text, only for pictures; the library itself (Debian's libfribidi0, which Pillow needs as well)
has one function that orders, mirrors brackets and joins Arabic letters: fribidi_log2vis (fribidi-deprecated.h, FriBidi 1.0,
Unicode Standard Annex 9). Break lines before you call it: what is in visual order cannot be broken any more (UAX 9, 3.4).
"""

import ctypes
from functools import cache
from typing import Literal

from runtime.errors import Misconfigured
from runtime.words import MARKS

LIBRARY = "libfribidi.so.0"
LETTERS_MAX = 10_000  # far beyond any line of a device; a length is handed to C

Direction = Literal["ltr", "rtl"]

_BASE = {"ltr": 0x110, "rtl": 0x111}
"""FRIBIDI_PAR_LTR and FRIBIDI_PAR_RTL of fribidi-bidi-types.h: strong letters, and the right-to-left bit."""

_FILL = "\ufeff"
"""What FriBidi leaves where two letters became one (lam and alef)."""


def visual(text: str, direction: Direction) -> str:
    """One line of `text` from left to right as it is read in a paragraph of `direction`.

    Brackets are mirrored, Arabic letters are in their joined forms (U+FB50 to U+FEFF), marks of direction are gone. Raises
    Misconfigured where the library is missing: never reversed Hebrew silently.
    """
    assert len(text) <= LETTERS_MAX
    if text.isascii() and direction == "ltr":
        return text
    letters = (ctypes.c_uint32 * len(text))(*map(ord, text))
    shown = (ctypes.c_uint32 * len(text))()
    base = ctypes.c_uint32(_BASE[direction])
    levels = library().fribidi_log2vis(letters, len(text), ctypes.byref(base), shown, None, None, None)
    assert levels or not text  # 0: it could not get memory
    return MARKS.sub("", "".join(map(chr, shown))).replace(_FILL, "")


@cache
def library() -> ctypes.CDLL:
    """The library, loaded once. Raises Misconfigured where it is missing."""
    try:
        found = ctypes.CDLL(LIBRARY)
    except OSError as error:
        raise Misconfigured(
            "text_shaping_missing",
            f"{LIBRARY} is not on this machine, so Hebrew would stand in reverse",
            "Install it: apt-get install libfribidi0, then start posd again",
        ) from error
    found.fribidi_log2vis.argtypes = [
        ctypes.POINTER(ctypes.c_uint32), ctypes.c_int, ctypes.POINTER(ctypes.c_uint32), ctypes.POINTER(ctypes.c_uint32),
        ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p,
    ]  # fmt: skip
    found.fribidi_log2vis.restype = ctypes.c_int8
    return found
