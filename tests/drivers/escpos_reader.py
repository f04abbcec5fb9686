"""A reader of ESC/POS that shares nothing with the product: it knows the lengths of commands and how dots are packed.

Written from Epson's ESC/POS Application Programming Guide. What is not in its table stops it: so a wrong length anywhere in a job,
which makes the reader take a picture's bytes for commands, is found.
"""

from dataclasses import dataclass, field

LENGTHS = {
    "ESC @": 0, "ESC t": 1, "ESC d": 1, "ESC E": 1, "GS !": 1, "GS V": 1, "GS r": 1, "FS .": 0, "GS v 0": None,
}  # fmt: skip
"""How many bytes follow a command's name; None for the one that says so itself."""

BITS = [bytes(byte >> (7 - bit) & 1 for bit in range(8)) for byte in range(256)]
"""The eight dots of each byte, the leftmost highest; 1 is black."""

OPENERS = {0x1B: "ESC", 0x1D: "GS", 0x1C: "FS"}


@dataclass
class Paper:
    """What a printer would have done: commands as a person reads them, rows of dots (1 is black), and text with its style."""

    commands: list[str] = field(default_factory=list)
    rows: list[bytes] = field(default_factory=list)
    bands: list[int] = field(default_factory=list)
    text: list[tuple[int, bytes]] = field(default_factory=list)
    """Each line of text with the number of the code page it was printed on."""


def read(job: bytes) -> Paper:
    """Take a whole job apart. AssertionError for a command that is not in the table, and for one that is cut off."""
    paper, at, page, line = Paper(), 0, 0, b""
    while at < len(job):
        if job[at] not in OPENERS:
            end = next((place for place in range(at, len(job)) if job[place] in OPENERS), len(job))
            *whole, line = (line + job[at:end]).split(b"\n")
            for said in whole:
                paper.text.append((page, said))
                paper.commands.append(f"text {said!r}")
            at = end
            continue
        name = f"{OPENERS[job[at]]} {chr(job[at + 1])}"
        at += 2
        if name == "GS v":
            name, at = f"{name} {chr(job[at])}", at + 1
        assert name in LENGTHS, f"an unknown command at {at}: {name!r}"
        assert not line, f"text without an end before {name}"
        if name == "GS v 0":
            at = _raster(job, at, paper)
            continue
        length = LENGTHS[name] or 0
        args = job[at : at + length]
        assert len(args) == length, f"{name} is cut off"
        if name == "ESC t":
            page = args[0]
        paper.commands.append(" ".join([name, *map(str, args)]))
        at += length
    assert not line, "text without an end"
    return paper


def _raster(job: bytes, at: int, paper: Paper) -> int:
    """GS v 0 m xL xH yL yH d1...dk: k is (xL + 256 xH) times (yL + 256 yH), a byte has eight dots, the leftmost highest."""
    mode, across, height = job[at], job[at + 1] + 256 * job[at + 2], job[at + 3] + 256 * job[at + 4]
    assert mode == 0
    assert across
    assert height
    dots = job[at + 5 : at + 5 + across * height]
    assert len(dots) == across * height, "a picture is cut off"
    for top in range(0, len(dots), across):
        paper.rows.append(b"".join(BITS[byte] for byte in dots[top : top + across]))
    paper.bands.append(height)
    paper.commands.append(f"GS v 0 {mode} {across * 8} x {height}")
    return at + 5 + across * height
