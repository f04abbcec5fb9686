"""The tokenizer: whole commands from bytes that come in any pieces."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops

from drivers.printers.commands import Command, Tokenizer, picture
from drivers.printers.escpos import job_bytes
from drivers.printers.profile import Profile
from drivers.printers.render import raster
from tests.drivers.receipts import sold

JOB = job_bytes(raster(sold("he"), 384), Profile(384))


@given(st.lists(st.integers(1, 5000), min_size=1, max_size=30))
def test_pieces_do_not_matter(sizes: list[int]) -> None:
    """However the line cuts a job, the same commands come out and the picture is the one that was drawn."""
    tokenizer, commands, at = Tokenizer(), [], 0
    for size in [*sizes, len(JOB)]:
        commands += tokenizer.feed(JOB[at : at + size])
        at += size

    assert commands == Tokenizer().feed(JOB)
    assert (tokenizer.pending, tokenizer.unknown) == (b"", 0)
    page = picture(commands)
    assert page is not None
    assert ImageChops.difference(page.convert("L"), raster(sold("he"), 384).convert("L")).getbbox() is None


def test_a_picture_full_of_commands_is_a_picture() -> None:
    """Bytes in raster that look like a cut or a question are not obeyed."""
    image = Image.frombytes("1", (256, 30), bytes(255 - byte for byte in b"\x1dV\0\x10\x04\x01\x1b@" * 4) * 30)
    commands = Tokenizer().feed(job_bytes(image, Profile(256)))

    assert [command.name for command in commands].count("DLE EOT") == 0
    assert [command.name for command in commands].count("GS V") == 1


@pytest.mark.parametrize(
    ("sent", "commands"),
    [
        (b"abc\x1b@d", [("text", b"abc"), ("ESC @", b""), ("text", b"d")]),
        (b"\x1dV\x42\x00\x1dV\x00", [("GS V", b"\x42\x00"), ("GS V", b"\x00")]),
        (b"\x1d(k\x03\x00abcX", [("GS (", b"k\x03\x00abc"), ("text", b"X")]),
        (b"\x1b*\x21\x02\x00abcdefX", [("ESC *", b"\x21\x02\x00abcdef"), ("text", b"X")]),
        (b"\x1b*\x00\x02\x00abX", [("ESC *", b"\x00\x02\x00ab"), ("text", b"X")]),
        (b"\x10\x04\x02", [("DLE EOT", b"\x02")]),
        (b"\x1b\x01X", [("unknown", b"\x1b"), ("text", b"\x01X")]),
    ],
)
def test_lengths(sent: bytes, commands: list[tuple[str, bytes]]) -> None:
    """Each command takes exactly its own bytes."""
    assert Tokenizer().feed(sent) == [Command(*command) for command in commands]


@pytest.mark.parametrize(
    "half", [b"\x1d", b"\x1dv", b"\x1dv0\0\x48", b"\x1dv0\0\x01\0\x02\0a", b"\x1d(k", b"\x1dV", b"\x10\x04"]
)
def test_half_a_command_waits(half: bytes) -> None:
    """What is not whole yet is kept."""
    tokenizer = Tokenizer()

    assert tokenizer.feed(half) == []
    assert tokenizer.pending == half


@given(st.binary(max_size=300))
def test_no_bytes_crash(sent: bytes) -> None:
    """Garbage is taken apart without a crash, and what comes out and what waits is no more than came in."""
    tokenizer = Tokenizer()
    commands = tokenizer.feed(sent)

    assert sum(len(args) for _, args in commands) + len(tokenizer.pending) <= len(sent)
    picture(commands)


def test_a_job_without_raster_has_no_picture() -> None:
    """Text alone is no picture."""
    assert picture(Tokenizer().feed(b"hello\n")) is None
