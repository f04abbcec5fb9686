"""What a printer does beside printing: it opens the cash drawer that hangs on it, and beeps."""

from typing import Literal

from drivers.ports import Signal
from drivers.printers.profile import Profile
from runtime.errors import Rejected

Drawer = Literal["both", "pin2", "pin5", "none"]
"""Which pins of the printer's drawer socket are pulsed; a shop that does not know says both."""

# ESC p m t1 t2: 50 ms on and 500 ms off, in units of 2 ms (Epson, ESC/POS Application Programming Guide).
_PULSES = {"pin2": b"\x1bp\x00\x19\xfa", "pin5": b"\x1bp\x01\x19\xfa", "both": b"\x1bp\x00\x19\xfa\x1bp\x01\x19\xfa"}
# ESC ( A, function 48: pattern 1, twice, 500 ms each (Epson). ESC B n t: twice, 2 times 50 ms (most clones).
_BEEPS = {"epson": b"\x1b(A\x04\x000\x01\x02\x05", "clone": b"\x1bB\x02\x02"}


def signal_bytes(signal: Signal, profile: Profile, drawer: str) -> bytes:
    """The command. Rejected where this printer has no drawer or no buzzer."""
    command = _PULSES.get(drawer) if signal is Signal.DRAWER else _BEEPS.get(profile.buzzer)
    if command is None:
        raise Rejected(
            f"no_{signal.value}",
            f"This printer has no {signal.value}",
            "`drawer` in [printer], `buzzer` in the printer's profile",
        )
    return command
