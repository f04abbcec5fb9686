"""A camera on the network, over real sockets, with everything that goes wrong on the way."""

import itertools
import socket
import threading
import time
from collections.abc import Generator, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from drivers.scanners.camera.network import FPS_MAX, READ_BYTES_MAX, checked_url, http_packets
from drivers.scanners.camera.packet import Packet
from drivers.scanners.pump import STOP_POLL_S
from runtime.errors import Misconfigured, Unavailable
from tests.drivers.scanners.camera.streams import HEAD, Send, Stream, part

LOOKS_MAX = 2000  # a hang guard: each takes 0.1 s at most


@pytest.fixture
def stream() -> Iterator[Stream]:
    one = Stream()
    yield one
    one.unplug()


def opened(stream: Stream, login_file: str = "") -> Generator[Packet | None, None, None]:
    return http_packets(stream.url, login_file, threading.Event())


def picture_of(packets: Generator[Packet | None, None, None]) -> Packet:
    return next(one for one, _ in zip(packets, range(LOOKS_MAX), strict=False) if one)


def told(stream: Stream) -> Unavailable:
    with closing(opened(stream)) as packets, pytest.raises(Unavailable) as error:
        list(itertools.islice(packets, LOOKS_MAX))
    assert error.value.hint
    return error.value


def test_pictures_come_as_they_were_sent(stream: Stream) -> None:
    """Each is a whole JPEG; the camera was asked for the path with its query, once."""
    with closing(opened(stream)) as packets:
        first, second = picture_of(packets), picture_of(packets)
    assert first.cells is not None
    assert second.cells is not None
    assert first.data != second.data
    (request,) = stream.requests
    assert request.startswith(b"GET /stream?fps=15 HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n" % stream.port)
    assert request.endswith(b"\r\n\r\n")
    assert b"Authorization" not in request


def test_a_camera_that_is_not_there_is_told_and_comes_back(stream: Stream) -> None:
    """Nobody listens, then it does, then it hangs up, and comes back once more."""
    stream.unplug()
    assert "is not there" in told(stream).message
    stream.plug()
    with closing(opened(stream)) as packets:
        assert picture_of(packets).cells is not None
        stream.unplug()
        with pytest.raises(Unavailable, match=r"hung up|reset"):
            list(itertools.islice(packets, LOOKS_MAX))
    stream.plug()
    with closing(opened(stream)) as packets:
        assert picture_of(packets).cells is not None


def drops_in_the_middle(stream: Stream, send: Send) -> None:
    send(HEAD + part(stream.sight.picture()) + part(stream.sight.picture())[:500])


def garbage(stream: Stream, send: Send) -> None:
    send(bytes(range(256)) * 4000)


def page(stream: Stream, send: Send) -> None:
    send(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>")


def endless_head(stream: Stream, send: Send) -> None:
    send(b"HTTP/1.1 200 OK\r\n" + b"X-Padding: 1\r\n" * 10_000)


def endless_picture(stream: Stream, send: Send) -> None:
    send(HEAD + b"--frame\r\n\r\n")
    while True:
        send(bytes(1 << 16))


def hangs_up(stream: Stream, send: Send) -> None:
    """At once."""


FAULTS = {
    drops_in_the_middle: "hung up",
    garbage: "no end to its head|is not HTTP",
    page: "'text/html'",
    endless_head: "no end to its head",
    endless_picture: "more than 4 MiB",
    hangs_up: "hung up|reset",
}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_every_fault_is_told(stream: Stream, fault: object) -> None:
    """Whatever the camera does is an Unavailable with its own words, and the next camera is read."""
    stream.serve = fault  # type: ignore[assignment]
    with pytest.raises(Unavailable, match=FAULTS[fault]):  # type: ignore[index]
        raise told(stream)
    stream.serve = None
    with closing(opened(stream)) as packets:
        assert picture_of(packets).cells is not None


def test_a_truncated_picture_is_not_whole(stream: Stream) -> None:
    """A picture that says a length and ends early swallows the next one; neither is whole, the one after is."""

    def truncates(stream: Stream, send: Send) -> None:
        whole = stream.sight.picture()
        said = part(whole)
        send(HEAD + said[: len(said) // 2])
        for picture in stream.pictures():
            send(part(picture))

    stream.serve = truncates
    with closing(opened(stream)) as packets:
        got = [picture_of(packets).cells is not None for _ in range(6)]
    assert got[0] is False
    assert any(got)


def test_a_flood_of_pictures_waits_for_us(stream: Stream) -> None:
    """A program that sends as fast as it can is held to a rate that a terminal bears."""

    def floods(stream: Stream, send: Send) -> None:
        send(HEAD)
        while not stream.stop.is_set():
            send(part(stream.sight.picture()[:300]))

    stream.serve = floods
    with closing(opened(stream)) as packets:
        picture_of(packets)
        began_s = time.monotonic()
        count = sum(one is not None for one in itertools.takewhile(lambda _: time.monotonic() - began_s < 1, packets))
    one_read = READ_BYTES_MAX // 300
    assert FPS_MAX / 10 < count <= FPS_MAX + one_read


@pytest.mark.parametrize("before", [b"", b"HTTP/1.1 200 OK\r\n", HEAD, HEAD + b"--frame\r\nContent-Length: 5000\r\n\r\n"])
def test_a_trickle_never_holds_the_thread(stream: Stream, before: bytes) -> None:
    """A camera that sends a byte now and then, in whatever place, gives None several times a second, and the event ends it."""

    def trickles(stream: Stream, send: Send) -> None:
        send(before)
        while not stream.stop.wait(0.05):
            send(b"X")

    stream.serve = trickles
    stop = threading.Event()
    packets = http_packets(stream.url, "", stop)
    assert [next(packets) for _ in range(20)] == [None] * 20
    stop.set()
    assert list(packets) == []


def test_a_camera_that_accepts_and_says_nothing_never_holds_the_thread() -> None:
    """A port whose program hangs accepts by itself."""
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        stop = threading.Event()
        packets = http_packets(f"http://127.0.0.1:{deaf.getsockname()[1]}/", "", stop)
        assert [next(packets) for _ in range(5)] == [None] * 5
        stop.set()
        assert list(packets) == []


def test_a_read_full_of_tiny_parts_never_holds_the_thread(stream: Stream) -> None:
    """A thousand pictures in one read are made up for at the usual rate, but in steps."""

    def tiny(stream: Stream, send: Send) -> None:
        send(HEAD + part(b"") * (READ_BYTES_MAX // len(part(b""))))
        stream.stop.wait()

    stream.serve = tiny
    with closing(opened(stream)) as packets:
        assert len(list(itertools.takewhile(lambda one: one, packets))) > 100
        began_s = time.monotonic()
        assert [next(packets) for _ in range(3)] == [None] * 3
        assert time.monotonic() - began_s < 3 * 10 * STOP_POLL_S


def test_a_login_is_sent_from_its_file(stream: Stream, tmp_path: Path) -> None:
    """As HTTP's basic authentication; the line end of the file does not belong to it."""
    file = tmp_path / "login"
    file.write_text("posd:s3cret\n")
    file.chmod(0o600)
    with closing(opened(stream, str(file))) as packets:
        picture_of(packets)
    assert b"\r\nAuthorization: Basic cG9zZDpzM2NyZXQ=\r\n" in stream.requests[0]


@pytest.mark.parametrize(
    ("text", "mode"),
    [("posd:s3cret", 0o644), ("posd", 0o600), ("a:b\nc:d", 0o600), ("posd:" + "s3cret" * 90, 0o600), (None, 0)],
)
def test_a_login_file_that_is_none_is_told(stream: Stream, tmp_path: Path, text: str | None, mode: int) -> None:
    """Open to others, without a password, with two logins, too long, missing: nothing of it is told, and nobody is asked."""
    file = tmp_path / "login"
    if text is not None:
        file.write_text(text)
        file.chmod(mode)
    with pytest.raises(Misconfigured) as error:
        next(opened(stream, str(file)))
    assert error.value.code == "camera_login"
    assert "s3cret" not in str(error.value)
    assert stream.requests == []


@pytest.mark.parametrize(
    "url",
    [
        "https://camera/",
        "rtsp://camera/",
        "http://",
        "http:///stream",
        "http://user:password@camera/",
        "http://user@camera/",
        "http://camera:0/",
        "http://camera:99999/",
        "http://camera/a b",
        "http://camera/a\r\nX: y",
        "http://מצלמה/",
        "http://[::1/",
    ],
)
def test_an_address_that_cannot_be_asked_is_a_mistake(url: str) -> None:
    """Another scheme, no host, a password in it, an impossible port, a request smuggled in."""
    with pytest.raises(ValueError, match=r"path|[Pp]ort|IPv6|URL"):
        checked_url(url)
