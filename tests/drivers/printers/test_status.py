"""A printer's answers: told apart by their bits, and never a reason to crash."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.ports import PrinterStatus
from drivers.printers.status import port_troubles, status_of, told_apart

TROUBLES = {"offline", "cover_open", "paper_out", "paper_near_end", "cutter_error", "error"}
ASB = st.tuples(
    st.integers(0, 255).map(lambda byte: byte & 0x6C | 0x10),
    *(st.integers(0, 255).map(lambda byte: byte & 0x6F) for _ in range(3)),
).map(bytes)


@pytest.mark.parametrize("byte", range(256))
def test_no_byte_crashes(byte: int) -> None:
    """Every byte, alone, doubled and as all four answers, gives a status of known troubles."""
    for heard in (bytes([byte]), bytes([byte]) * 2, bytes([byte]) * 4):
        answers = told_apart(heard)
        assert set(status_of(answers.real_time, answers.automatic).troubles) <= TROUBLES
    assert set(status_of((byte,) * 4).troubles) <= TROUBLES
    assert set(status_of((), (bytes([byte]) * 4,)).troubles) <= TROUBLES


@pytest.mark.parametrize("byte", range(256))
def test_each_byte_is_one_kind_at_most(byte: int) -> None:
    """The fixed bits decide: a real-time answer, the head of an automatic status, a fence, or noise."""
    answers = told_apart(bytes([byte]))
    pattern = f"{byte:08b}"
    kind = (
        "real time"
        if pattern[0] == "0" and pattern[3] == "1" and pattern[6:] == "10"
        else "automatic"
        if pattern[0] == "0" and pattern[3] == "1" and pattern[6:] == "00"
        else "fence"
        if pattern[0] == pattern[3] == "0"
        else "noise"
    )

    assert bool(answers.real_time) is (kind == "real time")
    assert bool(answers.rest) is (kind == "automatic")
    assert bool(answers.fence) is (kind == "fence")


@given(st.binary(max_size=40))
def test_nothing_crashes_and_nothing_is_invented(heard: bytes) -> None:
    """Any bytes are sorted without a crash, and no more comes out than went in."""
    answers = told_apart(heard)
    out = len(answers.real_time) + 4 * len(answers.automatic) + len(answers.fence) + len(answers.rest)

    assert out <= len(heard)
    assert len(answers.rest) < 4


@given(ASB, ASB)
def test_an_automatic_status_is_no_fence(first: bytes, second: bytes) -> None:
    """Automatic statuses around the fence's answer do not hide it and are not taken for it."""
    answers = told_apart(first + b"\x00" + second)

    assert answers.automatic == (first, second)
    assert answers.fence == (0,)


@pytest.mark.parametrize("cut", range(1, 4))
def test_half_an_automatic_status_waits(cut: int) -> None:
    """An automatic status that has not come whole is kept, and is no fence."""
    answers = told_apart(b"\x12" + b"\x14\x00\x00\x0f"[:cut])

    assert (answers.rest, answers.fence) == (b"\x14\x00\x00\x0f"[:cut], ())


@pytest.mark.parametrize(
    ("answers", "troubles"),
    [
        ((0x12, 0x12, 0x12, 0x12), ()),
        ((0x1A, 0x32, 0x12, 0x72), ("offline", "paper_out")),
        ((0x1A, 0x16, 0x12, 0x12), ("offline", "cover_open")),
        ((0x12, 0x12, 0x12, 0x1E), ("paper_near_end",)),
        ((0x1A, 0x52, 0x1A, 0x12), ("offline", "error", "cutter_error")),
        ((0x16, 0x12, 0x12, 0x12), ()),
    ],
)
def test_real_time_answers(answers: tuple[int, ...], troubles: tuple[str, ...]) -> None:
    """The four answers together name the troubles; an open drawer is none."""
    assert status_of(answers) == PrinterStatus(known=True, troubles=troubles)


def test_the_first_answers_are_better_than_none() -> None:
    """Models that answer only the first questions are believed as far as they go; no answer at all is not "no paper"."""
    assert status_of((0x1A,)) == PrinterStatus(known=True, troubles=("offline",))
    assert status_of((0x1A, 0x32)) == PrinterStatus(known=True, troubles=("offline", "paper_out"))
    assert status_of(()) == PrinterStatus(known=False)


@pytest.mark.parametrize("port", range(256))
def test_the_port_tells_of_paper_alone(port: int) -> None:
    """LPGETSTATUS: bit 5 is an empty roll; the bits that are set when all is well are not believed when they are not set."""
    assert port_troubles(port) == (("paper_out",) if port & 0b0010_0000 else ())


def test_the_last_automatic_status_counts() -> None:
    """Paper was out and is back."""
    assert status_of((), (b"\x18\x00\x0c\x00",)) == PrinterStatus(known=True, troubles=("offline", "paper_out"))
    assert status_of((), (b"\x18\x00\x0c\x00", b"\x10\x00\x00\x00")) == PrinterStatus(known=True)
