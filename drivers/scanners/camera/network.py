"""A camera on the shop's network, or a program on this machine, that sends MJPEG over HTTP.

OpenCV's FFmpeg reader keeps its deadlines (a server that trickles was left after 3 s), but it waits them out in one call, unpacks
every picture to color, and gives no bytes to tell a frozen camera by: so the answer is read here.
"""

import base64
import os
import socket
import threading
import time
from collections.abc import Generator
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from drivers.scanners.camera.multipart import Answer
from drivers.scanners.camera.packet import Packet
from drivers.scanners.pump import STOP_POLL_S
from runtime.errors import Misconfigured, Unavailable

PORT = 80
CONNECT_S_MAX = 3.0  # a camera in the shop answers within milliseconds
SEND_S_MAX = 1.0  # a request of some hundred bytes fits into the line at once
READ_BYTES_MAX = 65_536
FPS_MAX = 60  # a program that sends as fast as it can would take a core to read; so it waits for us
LOGIN_BYTES_MAX = 512
HINT = "See its power and cable, and the address in the settings; it is asked again"


def checked_url(url: str) -> SplitResult:
    """The parts of an http:// address. Raises ValueError for one that cannot be asked, or that holds a password."""
    parts = urlsplit(url)
    if parts.username is not None or parts.password is not None:
        raise ValueError("path: a password does not belong into the settings; name a file with `login_file`")
    plain = url.isascii() and url.isprintable() and " " not in url
    if parts.scheme != "http" or not parts.hostname or parts.port == 0 or not plain:
        raise ValueError("path: wanted http://HOST[:PORT]/PATH")
    return parts


def http_packets(url: str, login_file: str, stop: threading.Event) -> Generator[Packet | None, None, None]:
    """Yield each picture of the stream at `url`, None at least every STOP_POLL_S and after each read.

    Raises Unavailable when the camera cannot be reached, hangs up, or answers something else; Misconfigured for a `login_file`
    that cannot be read. Whoever iterates sets the deadline for a picture: a stream that trickles yields None.
    """
    parts = checked_url(url)
    request = _request(parts, login_file)
    host, port = parts.hostname or "", parts.port or PORT
    try:
        with socket.create_connection((host, port), CONNECT_S_MAX) as line:
            line.settimeout(SEND_S_MAX)
            line.sendall(request)
            line.settimeout(STOP_POLL_S)
            yield from _pictures(line, stop)
    except OSError as error:
        raise _gone(f"{host}:{port}", error.strerror or str(error)) from error


def _pictures(line: socket.socket, stop: threading.Event) -> Generator[Packet | None, None, None]:
    answer, due_s = Answer(), time.monotonic()
    while not stop.wait(min(max(0.0, due_s - time.monotonic()), STOP_POLL_S)):
        if time.monotonic() >= due_s:
            due_s = time.monotonic()
            for picture in answer.feed(_read(line)):
                due_s += 1 / FPS_MAX
                yield Packet(picture, time.monotonic())
        yield None


def _read(line: socket.socket) -> bytes:
    """What has come, or nothing after STOP_POLL_S. Raises OSError when nothing will."""
    try:
        data = line.recv(READ_BYTES_MAX)
    except TimeoutError:
        return b""
    if not data:
        raise OSError("it hung up")
    return data


def _request(parts: SplitResult, login_file: str) -> bytes:
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    lines = [f"GET {target} HTTP/1.1", f"Host: {parts.netloc}", "Accept: multipart/x-mixed-replace", "Connection: close"]
    if login_file:
        lines.append(f"Authorization: Basic {base64.b64encode(_login(Path(login_file))).decode('ascii')}")
    return "".join(f"{one}\r\n" for one in (*lines, "")).encode("ascii")


def _login(path: Path) -> bytes:
    """user:password, as the file says it. Raises Misconfigured where others may read it, or it is none."""
    hint = "A file of posd's own, mode 0600, with one line: user:password"
    try:
        with path.open("rb") as file:
            mode, login = os.fstat(file.fileno()).st_mode, file.read(LOGIN_BYTES_MAX + 1)
    except OSError as error:
        raise Misconfigured("camera_login", f"{path} cannot be read: {error.strerror}", hint) from error
    if len(login) > LOGIN_BYTES_MAX:
        raise Misconfigured("camera_login", f"{path} has more than {LOGIN_BYTES_MAX} bytes", hint)
    login = login.strip()
    if mode & 0o077 or b":" not in login or b"\n" in login:
        raise Misconfigured("camera_login", f"{path} is open to others, or holds no login", hint)
    return login


def _gone(where: str, why: str) -> Unavailable:
    return Unavailable("camera_gone", f"The camera at {where} is not there: {why}", HINT)
