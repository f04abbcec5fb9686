"""Zebra's (Symbol's) Simple Serial Interface with packeted data. Pure, as framing.py is.

72E-40451, "Simple Serial Interface Programmer's Guide": a packet is its length (without the checksum), an opcode, who sends it
(0 the scanner, 4 the host), a status, data, and the two's complement of the sum of all these in two bytes. A code comes as
DECODE_DATA: one byte for the kind of code, then its bytes. What the host does not acknowledge is sent again, with bit 0 of the
status; bit 1 says that more follows.
"""

from collections.abc import Iterator

from drivers.scanners.framing import HALF_SCAN_S, SCAN_BYTES_MAX
from drivers.scanners.reading import Dropped, Reading, reading_of

ACK, NAK, DECODE_DATA = 0xD0, 0xD1, 0xF3
RESENT, CONTINUED = 0x01, 0x02
FROM_SCANNER, FROM_HOST = 0x00, 0x04
HEADER_BYTES, CHECKSUM_BYTES = 4, 2
SEND_AGAIN = b"\x01"  # why a NAK: the checksum is wrong


def packet(opcode: int, data: bytes = b"", *, source: int = FROM_HOST, status: int = 0) -> bytes:
    """A packet, checksum and all; `data` at most 251 bytes."""
    body = bytes([HEADER_BYTES + len(data), opcode, source, status]) + data
    return body + (-sum(body) & 0xFFFF).to_bytes(CHECKSUM_BYTES, "big")


PULL, RELEASE = packet(0xE4), packet(0xE5)
ENABLE = packet(0xE9)
BEEP_LOW = packet(0xE6, b"\x07")  # three short low beeps


class SsiFramer:
    """Takes one scanner's packets apart. The same calls as framing.Framer, and answer()."""

    def __init__(self) -> None:
        """Begin between two packets."""
        self._answer = b""
        self._pending = b""
        self._code = b""
        self._last = b""
        self._noise = False
        self._last_s = 0.0

    def feed(self, data: bytes, now_s: float) -> list[Reading | Dropped]:
        """Take what was read at `now_s` and give the codes that are complete by it."""
        self._last_s = now_s
        self._pending += data
        return [*self._packets()]

    def quiet(self, now_s: float) -> list[Reading | Dropped]:
        """Say that a read at `now_s` found nothing: what waits for its rest is given up after HALF_SCAN_S."""
        if not (self._pending or self._code) or now_s - self._last_s < HALF_SCAN_S:
            return []
        self._pending = self._code = b""
        return [Dropped("half a packet")]

    def answer(self) -> bytes:
        """What is to be sent to the scanner now; once."""
        answer, self._answer = self._answer, b""
        return answer

    def _packets(self) -> Iterator[Reading | Dropped]:
        while len(self._pending) >= HEADER_BYTES:
            length, source = self._pending[0], self._pending[2]
            if length < HEADER_BYTES or source != FROM_SCANNER:
                self._pending = self._pending[1:]
                if not self._noise:
                    yield Dropped('bytes that are no packet: the scanner must be set to SSI with "packeted" data')
                self._noise = True
                continue
            if len(self._pending) < length + CHECKSUM_BYTES:
                return
            whole, self._pending = self._pending[: length + CHECKSUM_BYTES], self._pending[length + CHECKSUM_BYTES :]
            if (sum(whole[:length]) + int.from_bytes(whole[length:], "big")) & 0xFFFF:
                self._answer += packet(NAK, SEND_AGAIN)
                continue
            self._noise = False
            yield from self._take(whole[:length])

    def _take(self, whole: bytes) -> Iterator[Reading | Dropped]:
        opcode, status = whole[1], whole[3]
        if opcode in (ACK, NAK):  # to a beep of ours
            return
        self._answer += packet(ACK)
        again, self._last = status & RESENT and whole[4:] == self._last, whole[4:]
        if opcode != DECODE_DATA or again:
            return
        self._code += whole[HEADER_BYTES + 1 :]
        if status & CONTINUED and len(self._code) <= SCAN_BYTES_MAX:
            return
        code, self._code = self._code, b""
        yield reading_of(code) if len(code) <= SCAN_BYTES_MAX else Dropped(f"more than {SCAN_BYTES_MAX} bytes")
