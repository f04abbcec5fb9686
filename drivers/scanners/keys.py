"""Key events of a scanner that types like a keyboard -> characters. Pure.

The scanner says which key it presses, not which letter: a US table of our own gives the letter, so no layout of this machine
matters, Hebrew or other. The scanner itself must be set to a US keyboard, or to "Alt and digits". Numbers are those of Linux
(include/uapi/linux/input-event-codes.h); SYN_DROPPED is read as Documentation/input/event-codes.rst says.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from drivers.scanners.reading import Dropped

EV_SYN, EV_KEY = 0, 1
SYN_REPORT, SYN_DROPPED = 0, 3
UP, DOWN = 0, 1  # 2 is the kernel's own repeat of a key that is held: no scanner holds one

CAPS_LOCK = 58
SHIFTS, CTRLS, ALTS = frozenset({42, 54}), frozenset({29, 97}), frozenset({56, 100})
MODIFIERS = SHIFTS | CTRLS | ALTS
LOCKS = frozenset(
    {69, 70}
)  # Num Lock and Scroll Lock, which scanners tap for old computers: the keypad always gives digits here

ENDS = {28: b"\r", 96: b"\r", 101: b"\n", 15: b"\t"}  # Enter, the keypad's Enter, Line Feed, Tab

_ROWS = (
    (2, "1234567890-=", "!@#$%^&*()_+"),
    (16, "qwertyuiop[]", "QWERTYUIOP{}"),
    (30, "asdfghjkl;'`", 'ASDFGHJKL:"~'),
    (43, "\\zxcvbnm,./", "|ZXCVBNM<>?"),
    (57, " ", " "),
)
_KEYPAD = {55: "*", 98: "/", 117: "=", **{71 + place: key for place, key in enumerate("789-456+1230.")}}

US: dict[int, tuple[str, str]] = {
    **{first + place: pair for first, plain, shifted in _ROWS for place, pair in enumerate(zip(plain, shifted, strict=True))},
    **{code: (key, key) for code, key in _KEYPAD.items()},
}
"""Key code -> what it gives alone and with shift."""

REPORT_EVENTS_MAX = 64  # a scanner's report has six keys, each with its scan code; more without an end is noise
ALT_DIGITS_MAX = 4  # "0065" is as long as it gets

LOST = Dropped("the kernel lost key events of it")
NO_CHARACTER = Dropped("a key in it gives no character")
NOT_ASCII = Dropped("a character beyond ASCII in it, typed with Alt and digits")


class KeyEvent(NamedTuple):
    """One `struct input_event` without its time."""

    type: int
    code: int
    value: int


class Keyboard:
    """What one device has typed so far, and which keys it holds.

    Any events in any order are taken: a key that comes up unpressed is nothing, one that is pressed twice is typed twice.
    """

    def __init__(self, *, caps_lock: bool = False) -> None:
        """`caps_lock`: the scanner believes that Caps Lock is on, and presses Shift the other way round."""
        self._caps_at_rest = self._caps = caps_lock
        self._held: set[int] = set()
        self._digits = ""
        self._report: list[KeyEvent] = []
        self._lost = False

    def feed(self, events: Iterable[KeyEvent]) -> Iterator[bytes | Dropped]:
        """Give each character (ASCII), and a Dropped where the scan it is in cannot be right any more."""
        for event in events:
            if event.type == EV_SYN:
                yield from self._sync(event.code)
            elif event.type == EV_KEY and event.value in (UP, DOWN) and not self._lost:
                self._report.append(event)
                if len(self._report) > REPORT_EVENTS_MAX:
                    self._report.clear()
                    yield NO_CHARACTER

    def rest(self) -> None:
        """Let all keys go: nobody holds one between two scans, whatever was lost."""
        self._held.clear()
        self._report.clear()
        self._digits = ""
        self._caps = self._caps_at_rest

    def _sync(self, code: int) -> Iterator[bytes | Dropped]:
        if code == SYN_DROPPED:
            self.rest()
            self._lost = True
            yield LOST
        elif code == SYN_REPORT and self._lost:
            self._lost = False
        elif code == SYN_REPORT:
            # A report says what is held at one moment, and some scanners list the key before the Shift that is held with it.
            report, self._report = sorted(self._report, key=lambda event: event.code not in MODIFIERS), []
            for event in report:
                typed = self._modifier(event) if event.code in MODIFIERS else self._key(event)
                if typed:
                    yield typed

    def _modifier(self, event: KeyEvent) -> bytes | Dropped | None:
        if event.value == DOWN:
            self._held.add(event.code)
            return None
        self._held.discard(event.code)
        digits, self._digits = self._digits, ""
        if event.code not in ALTS or not digits:
            return None
        number = int(digits)
        return bytes([number]) if len(digits) <= ALT_DIGITS_MAX and 0 < number < 128 else NOT_ASCII

    def _key(self, event: KeyEvent) -> bytes | Dropped | None:
        code = event.code
        if event.value != DOWN or code in LOCKS:
            return None
        if code == CAPS_LOCK:
            self._caps = not self._caps
            return None
        if self._held & ALTS:
            return self._alt(code)
        if code in ENDS:
            return ENDS[code]
        if code not in US:
            return NO_CHARACTER
        plain, shifted = US[code]
        shift = bool(self._held & SHIFTS) != (self._caps and plain.isalpha())
        return self._control(shifted if shift else plain) if self._held & CTRLS else (shifted if shift else plain).encode()

    def _alt(self, code: int) -> Dropped | None:
        digit = _KEYPAD.get(code, "")
        if not digit.isdigit():
            return NO_CHARACTER
        if len(self._digits) <= ALT_DIGITS_MAX:  # one too many is kept, to be refused by
            self._digits += digit
        return None

    def _control(self, key: str) -> bytes | Dropped:
        """Scanners type GS, the separator of GS1 codes, as Ctrl and ]."""
        number = ord(key.upper())
        return bytes([number & 0x1F]) if ord("@") <= number <= ord("_") else NO_CHARACTER
