"""What a printer's answers mean. Pure: bytes in, status out; nothing a printer sends can make it raise.

Three kinds of answers share the line and are told apart by their fixed bits, never by length or turn (Epson, ESC/POS
Application Programming Guide: DLE EOT, GS a, GS r):

- `0xx1xx10`, one byte: the real-time answer to DLE EOT n;
- `0xx1xx00` and then three of `0xx0xxxx`: the automatic status (ASB), sent whenever something changes;
- `0xx0xxxx`, one byte on its own: the answer to GS r 1, our end-of-job fence.

XON (0x11), XOFF (0x13) and everything else is noise.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from drivers.ports import PrinterStatus

ASB_BYTES = 4
QUESTIONS = (1, 2, 3, 4)
"""DLE EOT n: the printer, why it is off line, its errors, the paper roll."""

_REAL_TIME: dict[int, tuple[tuple[int, str], ...]] = {
    1: ((0x08, "offline"),),
    2: ((0x04, "cover_open"), (0x20, "paper_out"), (0x40, "error")),
    3: ((0x08, "cutter_error"), (0x20, "error"), (0x40, "error")),
    4: ((0x0C, "paper_near_end"), (0x60, "paper_out")),
}
_AUTOMATIC: tuple[tuple[tuple[int, str], ...], ...] = (
    ((0x08, "offline"), (0x20, "cover_open")),
    ((0x04, "error"), (0x08, "cutter_error"), (0x20, "error"), (0x40, "error")),
    ((0x03, "paper_near_end"), (0x0C, "paper_out")),
    (),
)
SENSOR_PAPER_OUT = 0x0C
"""The bits of the fence's answer that say the roll has ended."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What was heard, each kind in order; `rest` is the beginning of an automatic status whose end has not come yet."""

    real_time: tuple[int, ...] = ()
    automatic: tuple[bytes, ...] = ()
    fence: tuple[int, ...] = ()
    rest: bytes = b""


def told_apart(heard: bytes) -> Answers:
    """Sort `heard` into the three kinds."""
    real_time: list[int] = []
    automatic: list[bytes] = []
    fence: list[int] = []
    at = 0
    while at < len(heard):
        byte = heard[at]
        if byte & 0x93 == 0x10:
            status = heard[at : at + ASB_BYTES]
            whole = all(part & 0x90 == 0 for part in status[1:])
            if whole and len(status) < ASB_BYTES:
                return Answers(tuple(real_time), tuple(automatic), tuple(fence), status)
            if whole:
                automatic.append(status)
                at += ASB_BYTES
                continue
        elif byte & 0x93 == 0x12:
            real_time.append(byte)
        elif byte & 0x90 == 0:
            fence.append(byte)
        at += 1
    return Answers(tuple(real_time), tuple(automatic), tuple(fence))


def status_of(real_time: Sequence[int], automatic: Sequence[bytes] = ()) -> PrinterStatus:
    """The status from the answers to the first of QUESTIONS, in their order, or from automatic ones, of which the last counts.

    A real-time answer does not say which question it is for: whoever asks must ask one at a time and stop at the first that is
    not answered. Some models answer the first alone.
    """
    rows = [(byte, _REAL_TIME[question]) for question, byte in zip(QUESTIONS, real_time, strict=False)]
    if not rows and automatic:
        rows = list(zip(automatic[-1], _AUTOMATIC, strict=True))
    troubles = {name: None for byte, bits in rows for mask, name in bits if byte & mask}
    return PrinterStatus(known=bool(rows), troubles=tuple(troubles))


def port_troubles(port: int) -> tuple[str, ...]:
    """What LPGETSTATUS of /dev/usb/lpN says (the status byte of the USB printer class; Linux, drivers/usb/class/usblp.c).

    Only "no paper" (0x20) is believed: "selected" (0x10) and "no error" (0x08) are set when all is well, and clones leave them 0.
    """
    return ("paper_out",) if port & 0x20 else ()
