"""Talking to head office over HTTP: signed, bounded in time, and believing nobody else's answers."""

import asyncio
import ipaddress
import ssl
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import NamedTuple, TypeVar
from urllib.parse import urlsplit

import httpx

from runtime.errors import Misconfigured, Unavailable
from sync import batch, signing, wire
from sync.joining import AttachmentAnswer, AttachmentRequest
from sync.keys import KeyAnswer, KeyRequest
from sync.snapshot import SnapshotChunk, SnapshotRequest
from sync.wire import EnrolAnswer, EnrolRequest, FeedPage, FeedRequest, HoldAnswer, HoldRequest, Problem, PushAnswer

CONNECT_S = 3.0
SILENCE_S = 30.0  # beyond the feed's long poll
ANSWER_S = 60.0  # a whole answer; one that drips in byte by byte would keep us for ever
ANSWER_BYTES_MAX = 8 * 1024 * 1024
CONNECTIONS_MAX = 8

NO_CHECK_TIME = ssl.VerifyFlags(0x200000)
"""X509_V_FLAG_NO_CHECK_TIME of OpenSSL's x509_vfy.h, which Python has no name for."""

UNSIGNED_KEY = "enrol.0"
"""Under this key id a terminal signs its enrolment, with the key that it sends."""

Sign = Callable[[bytes], bytes]
Shape = TypeVar("Shape")


class Patience(NamedTuple):
    """How long head office may take, in seconds: to take the call, and for the whole answer."""

    connect_s: float
    answer_s: float


PATIENCE = Patience(CONNECT_S, ANSWER_S)
HOLD = Patience(0.3, 0.8)
"""Design section 7, P0: the till has its answer within a second, whatever is broken."""


class Overloaded(Unavailable):
    """Head office asks us to come back later."""

    def __init__(self, retry_after_s: float | None) -> None:
        """`retry_after_s` is what it said, if it said it."""
        super().__init__("head_office_overloaded", "Head office is busy", "It will be tried again by itself")
        self.retry_after_s = retry_after_s


@dataclass(frozen=True, slots=True)
class Signature(httpx.Auth):
    """Signs each request with a terminal's key (RFC 9421)."""

    key: str
    sign: Sign

    requires_request_body = True

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Add the three headers."""
        url = request.url
        message = signing.Message(request.method, url.netloc.decode().lower(), url.path, url.query.decode(), request.content)
        request.headers.update(signing.headers(message, self.key, self.sign))
        yield request


def pinned(ca_file: str) -> httpx.AsyncBaseTransport | None:
    """TLS that trusts the certificates in `ca_file` (PEM) and no others; None, which is the public ones, without a file.

    What is pinned is trusted whatever the day: a terminal whose clock says 1970 gets through to whoever can tell it the time. The
    chain and the host's name are checked as ever. Raises Misconfigured.
    """
    if not ca_file:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.verify_flags |= NO_CHECK_TIME | ssl.VERIFY_X509_PARTIAL_CHAIN  # a pinned one need not be a root
    try:
        context.load_verify_locations(cafile=ca_file)
    except (OSError, ssl.SSLError) as error:
        hint = "head_office.ca_file names a file with the certificate of whoever signed head office's, in PEM"
        raise Misconfigured("ca_unreadable", f"{ca_file}: {error.strerror or error}", hint) from error
    return httpx.AsyncHTTPTransport(verify=context, limits=httpx.Limits(max_connections=CONNECTIONS_MAX), trust_env=False)


class HeadOffice:
    """Head office at `url`, as the terminal whose `key` id and `sign` function these are."""

    def __init__(
        self, url: str, key: str, sign: Sign, transport: httpx.AsyncBaseTransport | None = None, public_key: str = ""
    ) -> None:
        """`transport` is that of `pinned`, or one within a test's process; `public_key` (hex) is `key`'s, for a head office that
        has lost it.

        Raises Misconfigured for an address that is not ours to talk to.
        """
        _must_be_private(url)
        self._http = httpx.AsyncClient(
            base_url=url,
            auth=Signature(key, sign),
            headers={
                "accept-encoding": "identity",  # so that no few bytes unpack to gigabytes
                **({signing.KEY_HEADER: public_key} if public_key else {}),
            },
            limits=httpx.Limits(max_connections=CONNECTIONS_MAX),
            trust_env=False,
            transport=transport,
        )

    async def aclose(self) -> None:
        """Give the connections back."""
        await self._http.aclose()

    async def enrol(self, request: EnrolRequest) -> EnrolAnswer:
        """Become a terminal. Raises Misconfigured when the code is not (or no longer) known."""
        return await self._ask("/v1/enrol", wire.encode(request), EnrolAnswer)

    async def new_key(self, request: KeyRequest) -> KeyAnswer:
        """Have another key sign soon."""
        return await self._ask("/v1/key", wire.encode(request), KeyAnswer)

    async def push(self, records: list[bytes]) -> PushAnswer:
        """Send a batch."""
        return await self._ask("/v1/journal", batch.pack(records), PushAnswer)

    async def feed(self, request: FeedRequest) -> FeedPage:
        """Ask for changes."""
        return await self._ask("/v1/feed", wire.encode(request), FeedPage)

    async def attach(self, request: AttachmentRequest) -> AttachmentAnswer:
        """Send what belongs to a record that head office has."""
        return await self._ask("/v1/attachments", wire.encode(request), AttachmentAnswer)

    async def snapshot(self, request: SnapshotRequest) -> SnapshotChunk:
        """Ask for the next chunk of a snapshot."""
        return await self._ask("/v1/snapshot", wire.encode(request), SnapshotChunk)

    async def hold(self, request: HoldRequest) -> HoldAnswer:
        """Ask once for a reservation. Raises Unavailable after 0.8 s: then nobody knows, and a Void must be sent."""
        return await self._ask("/v1/holds", wire.encode(request), HoldAnswer, HOLD)

    async def _ask(self, path: str, body: bytes, shape: type[Shape], patience: Patience = PATIENCE) -> Shape:
        timeout = httpx.Timeout(SILENCE_S, connect=patience.connect_s)
        answer = bytearray()
        try:
            async with (
                asyncio.timeout(patience.answer_s),
                self._http.stream("POST", path, content=body, timeout=timeout) as response,
            ):
                async for chunk in response.aiter_raw():
                    answer += chunk
                    if len(answer) > ANSWER_BYTES_MAX:
                        raise _unreachable("its answer is too large")
        except TimeoutError as error:
            raise _unreachable("it did not answer in time") from error
        except httpx.HTTPError as error:
            raise _unreachable(str(error) or type(error).__name__) from error
        if response.status_code != httpx.codes.OK:
            raise _problem(response, bytes(answer))
        try:
            return wire.decode(bytes(answer), shape)
        except ValueError as error:
            raise _unreachable("what answered is not head office") from error


def _problem(response: httpx.Response, answer: bytes) -> Exception:
    """The exception for an answer that is not 200. Only head office's own Problem is taken at its word."""
    if response.status_code in {httpx.codes.TOO_MANY_REQUESTS, httpx.codes.SERVICE_UNAVAILABLE}:
        after = response.headers.get("retry-after", "")
        return Overloaded(float(after) if after.isascii() and after.isdigit() else None)
    try:
        problem = wire.decode(answer, Problem)
    except ValueError:
        problem = Problem("", "")
    if wire.PROBLEMS.get(problem.code) != response.status_code:
        return _unreachable(f"something on the way answered with status {response.status_code}")
    return Misconfigured(problem.code, problem.message, problem.hint)


def _unreachable(why: str) -> Unavailable:
    hint = "Sales go on and are kept; they are sent by themselves once head office answers"
    return Unavailable("head_office_unreachable", f"Head office is out of reach: {why}", hint)


def _must_be_private(url: str) -> None:
    """Plain HTTP only to this machine."""
    parts = urlsplit(url)
    if parts.scheme == "https":
        return
    try:
        loopback = parts.hostname == "localhost" or ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        loopback = False
    if parts.scheme != "http" or not loopback:
        hint = "Use http://127.0.0.1:PORT; a tunnel to another machine may end there"
        raise Misconfigured("head_office_url", f"{url!r}: plain HTTP is for this machine only", hint)
