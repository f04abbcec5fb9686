"""What came out of one symbol or one line of bytes: a text, or why there is none. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reading:
    """One text that was read, exactly as it was encoded. `aim` is its AIM symbology identifier ("]Q1"), empty if unknown."""

    text: str
    aim: str = ""


@dataclass(frozen=True, slots=True)
class Dropped:
    """Something was there but gives no text. `reason` never contains what was read: it may be logged."""

    reason: str


def reading_of(payload: bytes, aim: str = "") -> Reading | Dropped:
    """Read `payload` as strict UTF-8: a byte that does not belong drops the whole, so that no two codes meet in one text."""
    try:
        return Reading(payload.decode("utf-8"), aim)
    except UnicodeDecodeError:
        return Dropped(f"{len(payload)} bytes that are not UTF-8")
