"""Signed requests: RFC 9421 in one fixed profile.

What is signed is always the same list, so the header is rebuilt and compared, not parsed: the method, the authority, the
path, the query and the digest of the body (RFC 9530); the signature is Ed25519. There is no time
and no nonce in it: a terminal's clock may be wrong, and a replay has no effect that the first did not have, because every
effect is idempotent.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

KEY_HEADER = "posd-key"
"""Names the public key (hex) of whoever signs, for a head office that has forgotten it; whoever knows it looks at its own."""

COVERED = '("@method" "@authority" "@path" "@query" "content-digest")'
_INPUT = re.compile(r"posd=" + re.escape(COVERED) + r';alg="ed25519";keyid="([A-Za-z0-9._-]{1,64})";tag="posd"')
_SIGNATURE = re.compile(r"posd=:([A-Za-z0-9+/=]{88}):")

Verify = Callable[[str, bytes, bytes], bool]
"""Key id, message, signature: whether it holds."""


@dataclass(frozen=True, slots=True)
class Message:
    """A request as it travels. `authority` is the Host header in lower case, `query` has no question mark."""

    method: str
    authority: str
    path: str
    query: str
    body: bytes


def key_id(terminal: str, epoch: int) -> str:
    """The name of a terminal's key: a new epoch has a new key."""
    return f"{terminal}.{epoch}"


def headers(message: Message, key: str, sign: Callable[[bytes], bytes]) -> dict[str, str]:
    """The three headers that sign `message` with the key named `key`."""
    signature = base64.b64encode(sign(_base(message, key))).decode()
    return {
        "content-digest": _digest(message.body),
        "signature-input": f"posd={_parameters(key)}",
        "signature": f"posd=:{signature}:",
    }


def check(message: Message, given: Mapping[str, str], verify: Verify) -> str | None:
    """The id of the key that signed `message`, or None. `given` are the request's headers, names in lower case."""
    found = _INPUT.fullmatch(given.get("signature-input", ""))
    value = _SIGNATURE.fullmatch(given.get("signature", ""))
    if not found or not value or given.get("content-digest") != _digest(message.body):
        return None
    try:
        signature = base64.b64decode(value[1], validate=True)
    except binascii.Error:
        return None
    return found[1] if verify(found[1], _base(message, found[1]), signature) else None


def _digest(body: bytes) -> str:
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"


def _parameters(key: str) -> str:
    return f'{COVERED};alg="ed25519";keyid="{key}";tag="posd"'


def _base(message: Message, key: str) -> bytes:
    """The signature base of RFC 9421 section 2.5."""
    return (
        f'"@method": {message.method}\n"@authority": {message.authority}\n"@path": {message.path}\n'
        f'"@query": ?{message.query}\n"content-digest": {_digest(message.body)}\n'
        f'"@signature-params": {_parameters(key)}'
    ).encode()
