"""Signs as the bytes of a two-line display, in its two usual command sets. Pure.

CD5220 is what most displays of every maker answer to ("CD5220 standard mode command list" in their manuals); ESC/POS is Epson's
for its DM-D displays. Which one a display speaks is set by its switches.

A display that was switched off and on has forgotten its page, so each sign is sent whole: clear, page, two lines. In CD5220's
string mode (ESC Q) nothing else is obeyed before a CLR, so the CLR stands first.
"""

from collections.abc import Callable, Mapping, Sequence

from drivers.displays.letters import ASCII, spelled
from drivers.displays.profile import FIXED, Profile
from drivers.ports import Sign

CLEAR = b"\x0c"
INITIALIZE = b"\x1b@"


def clearing() -> bytes:
    """Both command sets clear alike."""
    return CLEAR


def showing(profile: Profile, signs: Sequence[Sign]) -> tuple[Sign, bytes]:
    """The first of `signs` that one of the profile's pages can spell whole, and the bytes that show it."""
    for sign in signs:
        for page, slot in {**profile.pages, ASCII: FIXED}.items():
            upper = spelled(sign.upper, sign.direction, page, profile.columns)
            lower = spelled(sign.lower, sign.direction, page, profile.columns)
            if upper is not None and lower is not None:
                select = b"" if slot == FIXED else b"\x1bt" + bytes([int(slot)])
                return sign, CLEAR + select + _LINES[profile.commands](upper, lower)
    raise AssertionError("no sign in plain letters was given")


def _cd5220(upper: bytes, lower: bytes) -> bytes:
    return b"\x1bQA" + upper + b"\r" + b"\x1bQB" + lower + b"\r"


def _escpos(upper: bytes, lower: bytes) -> bytes:
    """US MD1 is overwriting: the last letter of the lower line must not scroll. US $ x y moves the cursor, both from 1."""
    return b"\x1f\x01" + b"\x1f$\x01\x01" + upper + b"\x1f$\x01\x02" + lower


_LINES: Mapping[str, Callable[[bytes, bytes], bytes]] = {"cd5220": _cd5220, "escpos": _escpos}
