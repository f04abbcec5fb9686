"""A camera on the network: a real HTTP server on loopback, with the habits and the faults of real ones."""

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from tests.drivers.scanners.camera.views import Sight

PERIOD_S = 0.02

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=frame\r\n\r\n"
Send = Callable[[bytes], None]


def part(picture: bytes, *, length: bool = True) -> bytes:
    said = b"Content-Length: %d\r\n" % len(picture) if length else b""
    return b"--frame\r\nContent-Type: image/jpeg\r\n" + said + b"\r\n" + picture + b"\r\n"


@dataclass
class Stream:
    """The server. `serve` is what it does with a connection, once the request is there; a plain stream if it is None."""

    sight: Sight = field(default_factory=Sight)
    serve: Callable[["Stream", Send], None] | None = None
    requests: list[bytes] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)
    port: int = 0

    def __post_init__(self) -> None:
        self.plug()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/stream?fps=15"

    def plug(self) -> None:
        """Listen, on the port of the time before."""
        self.stop.clear()
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self.port = self._listener.getsockname()[1]
        self._open: set[socket.socket] = set()
        self._thread = threading.Thread(target=self._accept, args=(self._listener,), name="stream")
        self._thread.start()

    def unplug(self) -> None:
        """Hang up and listen no more."""
        self.stop.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for line in list(self._open):
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
        self._thread.join()

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                line, _ = listener.accept()
                self._open.add(line)
                with suppress(OSError), line:
                    self.requests.append(line.recv(4096))
                    (self.serve or plain)(self, line.sendall)
                self._open.discard(line)

    def pictures(self) -> "PictureSource":
        return PictureSource(self)


@dataclass
class PictureSource:
    """What it sees, at its own pace, until it is unplugged."""

    stream: Stream

    def __iter__(self) -> "PictureSource":
        return self

    def __next__(self) -> bytes:
        if self.stream.stop.wait(PERIOD_S):
            raise StopIteration
        return self.stream.sight.picture()


def plain(stream: Stream, send: Send) -> None:
    send(HEAD)
    for picture in stream.pictures():
        send(part(picture))
