"""Whatever a stranger holds up: QR symbols made at random and by hand, none of which may break, stop or mislead the line.

The suite reads 1,000 of them; `SYMBOLS=10000 .venv/bin/python -m pytest -n auto tests/drivers/scanners/test_hostile_codes.py` ten
thousand. Of each it is known what may come out: the payload exactly, nothing, or (where the bytes are no UTF-8) a text that is not
ASCII, which no member's code can be.
"""

import os
import random
import time
from collections.abc import Callable

import numpy as np
import pytest
import segno

from drivers.scanners.decode.frame import Frame
from drivers.scanners.decode.reader import Decoded, Reader, read_frame
from drivers.scanners.reading import Dropped

SYMBOLS = int(os.environ.get("SYMBOLS", "1000"))
PARTS = 10
DEADLINE_S = 2.0  # a hang guard: 10 times what the longest symbol takes with every stage
CODECS = {3: "latin-1", 7: "iso8859-5", 10: "iso8859-8", 20: "shift_jis", 25: "utf-16-be", 26: "utf-8", 27: "ascii"}
Made = tuple[segno.QRCode, bytes | None]
"""A symbol, and its payload if it is whole."""


def picture(made: segno.QRCode, rng: random.Random, damage: Callable[[Frame], None] | None = None) -> Frame:
    """The symbol as a small frame; `damage` turns modules over."""
    modules = np.array([list(row) for row in made.matrix], np.uint8)
    if damage:
        damage(modules)
    dark, light = rng.choice([(0, 255), (40, 200), (255, 0)])
    scale = rng.choice([2, 3, 4])
    frame = np.pad(np.where(modules & 1, dark, light).astype(np.uint8), 4, constant_values=light)
    return frame.repeat(scale, 0).repeat(scale, 1)


def some_bytes(rng: random.Random) -> bytes:
    """Bytes of any value, with NUL, controls, half a character, an AIM identifier, or the start of a member's code."""
    start = rng.choice([b"", b"\0", b"PL1:", b"]Q1", b"\x1d01", b"\xef\xbb\xbf", b"\xd7", b"\\000026", b"\r\n"])
    alphabet = rng.choice([bytes(range(256)), bytes(range(32, 127)), b"\0\x01\x7f", "₪שלום€é".encode(), b"\xff\xfe\x80"])
    return start + bytes(rng.choices(alphabet, k=rng.randrange(1, 60)))


def plain(rng: random.Random) -> Made:
    payload = some_bytes(rng)
    return segno.make(payload, mode="byte", micro=False, error=rng.choice("LMQH"), boost_error=False), payload


def long(rng: random.Random) -> Made:
    """The most that a symbol holds: 4,000 letters, or 7,000 digits."""
    length, letters = rng.choice([(4000, "ABC234:"), (7000, "0123456789"), (2900, "abc{}")])
    payload = "".join(rng.choices(letters, k=length))
    return segno.make(payload, micro=False, error="L", boost_error=False), payload.encode()


def part(rng: random.Random) -> Made:
    """One of several symbols (structured append)."""
    text = "PL1:" + "".join(rng.choices("ABCDEFG234567", k=rng.randrange(60, 200)))
    return rng.choice(list(segno.make_sequence(text, symbol_count=rng.randrange(2, 5), error="M"))), None


def declared(rng: random.Random) -> Made:
    """A symbol that says in which character set its bytes are (ECI)."""
    codec = rng.choice(list(CODECS.values()))
    text = "".join(rng.choices({"iso8859-8": "שלום", "iso8859-5": "Привет"}.get(codec, "AB12"), k=rng.randrange(3, 30)))
    return segno.make(text, encoding=codec, eci=True, micro=False, mode="byte"), text.encode()


def damaged(modules: Frame, rng: random.Random) -> None:
    """Turn modules over: anywhere, in the format bits, in the version bits, or in a stripe."""
    side = len(modules)
    kind = rng.randrange(4)
    for _ in range(rng.randrange(1, 40)):
        row, column = rng.randrange(side), rng.randrange(side)
        if kind == 1:
            row, column = rng.choice([(8, rng.randrange(9)), (rng.randrange(9), 8), (8, side - 1 - rng.randrange(8))])
        elif kind == 2:
            row, column = rng.randrange(6), side - 9 - rng.randrange(3)
        elif kind == 3:
            row = side // 2
        modules[row, column] ^= 1


def bounded(read: Callable[[Frame], Decoded], frame: Frame) -> Decoded:
    began_s = time.thread_time()
    decoded = read(frame)
    assert time.thread_time() - began_s < DEADLINE_S
    assert all(isinstance(one, Dropped) and "PL1" not in one.reason for one in decoded.dropped)
    return decoded


def may_be(text: str, payload: bytes | None, *, spoiled: bool) -> bool:
    """Whether `text` may come out of a symbol that holds `payload`, with or without its byte order mark.

    None is a part of several: only where its first modules are turned over, which say so, may it be taken for a whole one.
    """
    if payload is None:
        return spoiled
    try:
        return text in {payload.decode(), payload.decode("utf-8-sig")}
    except UnicodeDecodeError:
        return not text.isascii()


@pytest.mark.parametrize("part_number", range(PARTS))
def test_random_and_crafted_symbols(part_number: int) -> None:
    """No symbol raises, takes longer than its deadline, or gives a text that it does not hold; whole ones are read."""
    rng = random.Random(part_number)
    whole = read = 0
    for _ in range(SYMBOLS // PARTS):
        make = rng.choices([plain, declared, part, long], [60, 20, 18, 0.3])[0]
        made, payload = make(rng)
        spoiled = make is not long and rng.random() < 0.25
        frame = picture(made, rng, (lambda modules: damaged(modules, rng)) if spoiled else None)
        live, still = bounded(Reader().read, frame), bounded(read_frame, frame) if rng.random() < 0.2 else None
        for decoded in (live, still) if still else (live,):
            said = [one.text for one in decoded.readings if not may_be(one.text, payload, spoiled=spoiled)]
            assert not said, (make.__name__, payload, said)
        if not spoiled and payload:
            whole += 1
            read += bool(live.readings or live.dropped)
    assert read >= 0.98 * whole > 0


def test_a_part_is_told_as_one() -> None:
    """Of a code in several symbols every part is refused by name, alone and beside the others."""
    parts = [picture(made, random.Random(1)) for made in segno.make_sequence("PL1:" + "ABC234" * 20, symbol_count=3)]
    for frame in parts:
        assert read_frame(frame) == Decoded((), (Dropped("one part of a code in several symbols"),))
    high = max(frame.shape[0] for frame in parts)
    beside = np.hstack([np.pad(frame, ((0, high - frame.shape[0]), (0, 0)), constant_values=255) for frame in parts])
    assert read_frame(np.ascontiguousarray(beside)).readings == ()


def test_a_code_that_begins_like_a_part_is_read() -> None:
    """Codes of every mode, version and mask are whole ones: none is taken for a part of several."""
    rng = random.Random(2)
    for length in range(1, 120, 3):
        for letters in ("0123456789", "ABC234:", "abc"):
            text = "".join(rng.choices(letters, k=length))
            frame = picture(segno.make(text, micro=False, mask=length % 8), random.Random(length))
            assert [one.text for one in Reader().read(frame).readings] == [text]
