"""Endless pictures over HTTP, in all the spellings of cameras, and in none."""

import contextlib
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.scanners.camera.multipart import HEAD_BYTES_MAX, PICTURE_BYTES_MAX, Answer
from runtime.errors import Unavailable
from tests.drivers.scanners.camera.streams import HEAD, part

PICTURES = [b"\xff\xd8" + bytes([number]) * 700 + b"\r\n--not\r\n" + b"\xff\xd9" for number in range(4)]


def all_of(data: bytes, at_once: int = 1 << 16) -> list[bytes]:
    answer = Answer()
    return [one for start in range(0, len(data), at_once) for one in answer.feed(data[start : start + at_once])]


def chunked(data: bytes, size: int) -> bytes:
    pieces = [data[at : at + size] for at in range(0, len(data), size)]
    return b"".join(b"%x;note=1\r\n%s\r\n" % (len(piece), piece) for piece in pieces)


def headed(kind: bytes, more: bytes = b"") -> bytes:
    return b"HTTP/1.0 200 OK\r\ncontent-TYPE: " + kind + b"\r\n" + more + b"\r\n"


SPELLINGS = {
    "with lengths": HEAD + b"".join(part(one) for one in PICTURES),
    "without lengths": HEAD + b"".join(part(one, length=False) for one in PICTURES) + b"--frame\r\n",
    "boundary with its dashes": headed(b"multipart/x-mixed-replace;boundary=--frame") + b"".join(part(one) for one in PICTURES),
    "boundary quoted": headed(b'multipart/x-mixed-replace; boundary="frame"; x=1') + b"".join(part(one) for one in PICTURES),
    "bare line feeds": headed(b"multipart/x-mixed-replace; boundary=frame").replace(b"\r", b"")
    + b"".join(b"--frame\nContent-Length: %d\n\n%s\n" % (len(one), one) for one in PICTURES),
    "text before and between": HEAD + b"hello\r\n" + b"".join(part(one) + b"\r\n\r\n" for one in PICTURES),
    "no fields in a part": HEAD + b"".join(b"--frame\r\n\r\n" + one + b"\r\n" for one in PICTURES) + b"--frame\r\n",
    "a length that is none": HEAD
    + b"".join(part(one, length=False).replace(b"\r\n\r\n", b"\r\nContent-Length: -5\r\n\r\n", 1) for one in PICTURES)
    + b"--frame",
    "in chunks": headed(b"multipart/x-mixed-replace; boundary=frame", b"Transfer-Encoding: Chunked\r\n")
    + chunked(b"".join(part(one) for one in PICTURES), 333),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_every_spelling_gives_the_pictures(spelling: str) -> None:
    """Whatever a camera does with boundaries, lengths, line ends and chunks, and however its bytes arrive."""
    for at_once in (1 << 16, 1000, 7, 1):
        assert all_of(SPELLINGS[spelling], at_once) == PICTURES


def test_an_empty_part_is_an_empty_picture() -> None:
    """A camera that has nothing says so, and the next picture is read."""
    assert all_of(HEAD + part(b"") + part(PICTURES[0])) == [b"", PICTURES[0]]


WRONG = {
    "not HTTP": (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", "not HTTP"),
    "not found": (b"HTTP/1.1 404 Not Found\r\n\r\n", "is 404"),
    "not let in": (b"HTTP/1.1 401 Unauthorized\r\n\r\n", "is 401"),
    "a page": (headed(b"text/html") + b"<html>", "'text/html'"),
    "no boundary": (headed(b"multipart/x-mixed-replace"), "not multipart"),
    "an empty boundary": (headed(b"multipart/x-mixed-replace; boundary=--"), "not multipart"),
    "a head without end": (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 4000, "no end to its head"),
    "a part without end to its head": (HEAD + b"--frame\r\n" + b"X: y\r\n" * 4000, "without an end to its head"),
    "a closing boundary": (HEAD + part(PICTURES[0]) + b"--frame--\r\n", "has ended"),
    "a chunk without a size": (
        headed(b"multipart/x; boundary=f", b"Transfer-Encoding: chunked\r\n") + b"zz\r\n",
        "without a size",
    ),
    "a chunk line without end": (
        headed(b"multipart/x; boundary=f", b"Transfer-Encoding: chunked\r\n") + b"1" * 999,
        "without a size",
    ),
    "the last chunk": (headed(b"multipart/x; boundary=f", b"Transfer-Encoding: chunked\r\n") + b"0\r\n\r\n", "has ended"),
    "a length beyond all bounds": (HEAD + b"--frame\r\nContent-Length: 99999999\r\n\r\n", "more than 4 MiB"),
    "a picture without end": (HEAD + b"--frame\r\n\r\n" + bytes(PICTURE_BYTES_MAX + 1), "more than 4 MiB"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_no_stream_is_told(what: str) -> None:
    """Each kind of wrong answer has its words, however its bytes arrive."""
    data, told = WRONG[what]
    for at_once in (1 << 16, 61):
        with pytest.raises(Unavailable, match=told) as wrong:
            all_of(data, at_once)
        assert wrong.value.hint


def test_a_login_is_hinted_at() -> None:
    """Whoever is not let in learns where the password goes."""
    with pytest.raises(Unavailable) as wrong:
        all_of(WRONG["not let in"][0])
    assert "login_file" in wrong.value.hint


def test_nothing_is_kept_that_grows() -> None:
    """An hour of noise between parts is forgotten as it comes."""
    answer = Answer()
    assert list(answer.feed(HEAD)) == []
    for _ in range(1000):
        assert list(answer.feed(b"-" * HEAD_BYTES_MAX)) == []
    assert answer._parts is not None
    assert len(answer._parts._buffer) <= 2 * HEAD_BYTES_MAX
    assert list(answer.feed(b"\r\n" + part(PICTURES[0]))) == [PICTURES[0]]


def test_taking_answers_apart_needs_no_picture_library() -> None:
    """Bytes in, bytes out: nothing that unpacks pictures is loaded for it."""
    code = "import sys, drivers.scanners.camera.multipart; print({'cv2', 'numpy', 'PIL', 'pyzbar'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "set()"


@given(st.lists(st.sampled_from([*SPELLINGS.values(), b"--frame", b"\r\n\r\n", b"0\r\n"]) | st.binary(max_size=60), max_size=6))
def test_garbage_is_told_or_taken_but_never_a_crash(pieces: list[bytes]) -> None:
    """Any mixture of right and wrong bytes gives pictures or an Unavailable."""
    with contextlib.suppress(Unavailable):
        assert all(isinstance(one, bytes) for one in all_of(HEAD + b"".join(pieces), 509))
