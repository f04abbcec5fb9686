"""What a keyboard wedge sends, as Linux records it: written from the HID report up, not from the tables of keys.py."""

import struct
from collections.abc import Iterable

EV_SYN, EV_KEY, EV_MSC, EV_LED = 0, 1, 4, 17
SYN, SHIFT, CTRL, ALT, CAPS, NUM, ENTER, TAB, KP_ENTER = (0, 0, 0), 42, 29, 56, 58, 69, 28, 15, 96

Event = tuple[int, int, int]

# Linux's key code of each character of a US keyboard, as `evtest` shows them one by one.
PLAIN = {
    "1": 2, "2": 3, "3": 4, "4": 5, "5": 6, "6": 7, "7": 8, "8": 9, "9": 10, "0": 11, "-": 12, "=": 13,
    "q": 16, "w": 17, "e": 18, "r": 19, "t": 20, "y": 21, "u": 22, "i": 23, "o": 24, "p": 25, "[": 26, "]": 27,
    "a": 30, "s": 31, "d": 32, "f": 33, "g": 34, "h": 35, "j": 36, "k": 37, "l": 38, ";": 39, "'": 40, "`": 41,
    "\\": 43, "z": 44, "x": 45, "c": 46, "v": 47, "b": 48, "n": 49, "m": 50, ",": 51, ".": 52, "/": 53, " ": 57,
}  # fmt: skip
SHIFTED = {
    "!": "1", "@": "2", "#": "3", "$": "4", "%": "5", "^": "6", "&": "7", "*": "8", "(": "9", ")": "0", "_": "-", "+": "=",
    "{": "[", "}": "]", ":": ";", '"': "'", "~": "`", "|": "\\", "<": ",", ">": ".", "?": "/",
    **{letter.upper(): letter for letter in "abcdefghijklmnopqrstuvwxyz"},
}  # fmt: skip
KEYPAD = {"0": 82, "1": 79, "2": 80, "3": 81, "4": 75, "5": 76, "6": 77, "7": 71, "8": 72, "9": 73, "-": 74, "+": 78, ".": 83}
ALL = [*PLAIN, *SHIFTED]


def down(code: int) -> list[Event]:
    """A key goes down, with the scan code that the kernel puts before it, in a report of its own."""
    return [(EV_MSC, 4, 0x70000 + code), (EV_KEY, code, 1), SYN]


def up(code: int) -> list[Event]:
    """A key comes up."""
    return [(EV_MSC, 4, 0x70000 + code), (EV_KEY, code, 0), SYN]


def tap(*codes: int) -> list[Event]:
    """Keys go down one after the other and come up the other way round."""
    return [event for code in codes for event in down(code)] + [event for code in reversed(codes) for event in up(code)]


def typed(text: str, end: int | None = ENTER) -> list[Event]:
    """A text as most scanners type it: Shift around each character that needs it, then the suffix."""
    keys = [(SHIFT, PLAIN[SHIFTED[one]]) if one in SHIFTED else (PLAIN[one],) for one in text]
    return [event for key in keys for event in tap(*key)] + (tap(end) if end else [])


def in_reports(text: str, *, key_first: bool = False) -> list[Event]:
    """A text from a scanner that changes Shift and the key in one HID report, in the order of its descriptor."""
    events: list[Event] = []
    for one in text:
        shift = [(EV_KEY, SHIFT, 1)] if one in SHIFTED else []
        key = [(EV_KEY, PLAIN[SHIFTED.get(one, one)], 1)]
        released = [(kind, code, 0) for kind, code, _ in shift + key]
        events += [*(key + shift if key_first else shift + key), SYN, *released, SYN]
    return events + tap(ENTER)


def alt_typed(text: str, digits: int = 3) -> list[Event]:
    """A text as scanners type it in their "Alt and keypad" mode, with Enter as its number too."""
    events: list[Event] = []
    for one in text + "\r":
        events += down(ALT)
        for digit in f"{ord(one):0{digits}}":
            events += tap(KEYPAD[digit])
        events += up(ALT)
    return events


def recorded(events: Iterable[Event], at_s: float = 1_700_000_000.0) -> bytes:
    """The bytes of `struct input_event` as a 64-bit kernel gives them: two longs of time, two shorts, an int."""
    assert struct.calcsize("l") == 8
    seconds, micros = int(at_s), int(at_s % 1 * 1e6)
    return b"".join(struct.pack("<qqHHi", seconds, micros, *event) for event in events)
