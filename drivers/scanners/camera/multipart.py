"""An HTTP answer of endless pictures (multipart/x-mixed-replace) -> pictures. Pure: bytes in, pictures out, all of it bounded.

Sources: RFC 9112 (answer, chunks), RFC 2046 section 5.1 (parts). Cameras bend them: boundaries that have their dashes already or
are quoted, parts with and without Content-Length, bare line feeds; all of that is taken.
"""

import re
from collections.abc import Iterator

from runtime.errors import Unavailable

PICTURE_BYTES_MAX = 4 * 1024 * 1024  # 720p as JPEG has 0.05 to 0.3 MB, as YUYV 1.8
HEAD_BYTES_MAX = 16 * 1024  # of an answer or of a part; real ones have 100 to 600
CHUNK_LINE_BYTES_MAX = 256
OK = 200

HEAD_END = re.compile(rb"\r?\n\r?\n")
STATUS = re.compile(rb"HTTP/1\.[01] ([0-9]{3})\b")
BOUNDARY = re.compile(r'boundary="?([^";]{1,100})', re.IGNORECASE)
LENGTH = re.compile(rb"[0-9]{1,9}")
CHUNK_SIZE = re.compile(rb"[0-9A-Fa-f]{1,8}")


def wrong(what: str, hint: str = "See that the address is the camera's stream, not its page") -> Unavailable:
    """What the camera answered is not what was asked for."""
    return Unavailable("camera_answer", f"The camera's answer {what}", hint)


class Answer:
    """Takes an answer apart as it arrives. Holds at most one picture and one read of bytes."""

    def __init__(self) -> None:
        """Wait for the status line."""
        self._buffer = bytearray()
        self._parts: Parts | None = None
        self._chunks: Chunks | None = None

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Give the pictures that are complete with `data`. Raises Unavailable for an answer that is no stream of pictures."""
        if self._parts is None:
            self._buffer += data
            end = HEAD_END.search(self._buffer)
            if end is None:
                if len(self._buffer) > HEAD_BYTES_MAX:
                    raise wrong("has no end to its head")
                return
            self._begin(bytes(self._buffer[: end.start()]))
            data = bytes(self._buffer[end.end() :])
            self._buffer.clear()
        assert self._parts is not None
        for piece in self._chunks.feed(data) if self._chunks else (data,):
            yield from self._parts.feed(piece)

    def _begin(self, head: bytes) -> None:
        status = STATUS.match(head)
        if not status:
            raise wrong("is not HTTP")
        if int(status[1]) != OK:
            hint = "401 and 403: `login_file` names the file with user:password" if status[1] in {b"401", b"403"} else ""
            raise wrong(f"is {status[1].decode()}", hint or "See that the address is the camera's stream")
        fields = _fields(head)
        kind = fields.get(b"content-type", b"").decode("latin-1")
        boundary = BOUNDARY.search(kind)
        if not kind.lower().startswith("multipart/") or not boundary or not boundary[1].strip(" -"):
            raise wrong(f"is {kind[:60]!r}, not multipart/x-mixed-replace")
        self._parts = Parts(boundary[1].strip())
        self._chunks = Chunks() if b"chunked" in fields.get(b"transfer-encoding", b"").lower() else None


class Chunks:
    """Takes the chunks of RFC 9112, section 7.1, apart; the last one and what follows it ends the answer."""

    def __init__(self) -> None:
        """Wait for a chunk's size."""
        self._line = bytearray()
        self._left = 0

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Give what the chunks hold."""
        at = 0
        while at < len(data):
            if self._left:
                piece = data[at : at + self._left]
                self._left -= len(piece)
                at += len(piece)
                yield piece
                continue
            end = data.find(b"\n", at)
            self._line += data[at:] if end < 0 else data[at:end]
            if len(self._line) > CHUNK_LINE_BYTES_MAX:
                raise wrong("has a chunk without a size")
            if end < 0:
                return
            at = end + 1
            self._take_line()

    def _take_line(self) -> None:
        line = bytes(self._line).strip()
        self._line.clear()
        if not line:  # the line end behind a chunk
            return
        size = CHUNK_SIZE.match(line)
        if not size:
            raise wrong("has a chunk without a size")
        self._left = int(size[0], 16)
        if self._left == 0:
            raise wrong("has ended", "It is asked again")


class Parts:
    """Takes the parts between boundaries apart."""

    def __init__(self, boundary: str) -> None:
        """`boundary` is as the answer's head says it; dashes that it begins with belong to the delimiter."""
        self._delimiter = b"--" + boundary.lstrip("-").encode("latin-1")
        self._buffer = bytearray()
        self._in_part = False
        self._length: int | None = None
        self._searched = 0

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Give the bodies that are complete; raises Unavailable for what outgrows its bound."""
        self._buffer += data
        while True:
            body = self._body() if self._in_part else None
            if body is not None:
                yield body
            elif self._in_part or not self._head():
                return

    def _head(self) -> bool:
        """Step into the next part; whether its head is all there."""
        start = self._buffer.find(self._delimiter)
        if start < 0:
            del self._buffer[: -len(self._delimiter)]  # what is between parts is nobody's
            return False
        del self._buffer[:start]
        end = HEAD_END.search(self._buffer, len(self._delimiter), HEAD_BYTES_MAX)
        if end is None:
            if self._buffer.startswith(self._delimiter + b"--"):
                raise wrong("has ended", "It is asked again")
            if len(self._buffer) >= HEAD_BYTES_MAX:
                raise wrong("has a part without an end to its head")
            return False
        said = _fields(bytes(self._buffer[: end.start()])).get(b"content-length", b"")
        self._length = int(said) if LENGTH.fullmatch(said) else None
        if self._length is not None and self._length > PICTURE_BYTES_MAX:
            raise _too_large()
        del self._buffer[: end.end()]
        self._in_part, self._searched = True, 0
        return True

    def _body(self) -> bytes | None:
        """The body of this part once it is there."""
        if self._length is not None:
            return self._cut(self._length) if len(self._buffer) >= self._length else None
        end = self._buffer.find(self._delimiter, self._searched)
        if end < 0:
            self._searched = max(0, len(self._buffer) - len(self._delimiter))
            if len(self._buffer) > PICTURE_BYTES_MAX:
                raise _too_large()
            return None
        return self._cut(end).rstrip(b"\r\n")

    def _cut(self, length: int) -> bytes:
        body = bytes(self._buffer[:length])
        del self._buffer[:length]
        self._in_part = False
        return body


def _fields(head: bytes) -> dict[bytes, bytes]:
    """The fields of a head by their lower-case names; the first line has none."""
    pairs = (line.partition(b":") for line in head.splitlines()[1:])
    return {name.strip().lower(): value.strip() for name, colon, value in pairs if colon}


def _too_large() -> Unavailable:
    hint = "Set the camera to 1280x720 or less"
    return Unavailable("camera_too_large", f"A picture has more than {PICTURE_BYTES_MAX >> 20} MiB", hint)
