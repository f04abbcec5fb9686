"""Signed requests: an independent verifier accepts ours, and nothing that was altered on the way is accepted."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from http_message_signatures import HTTPMessageVerifier, HTTPSignatureKeyResolver, algorithms
from hypothesis import given
from hypothesis import strategies as st

from sync import signing
from sync.signing import Message

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
KEY_NAME = signing.key_id("terminal-7", 3)
MESSAGE = Message("POST", "127.0.0.1:8470", "/v1/journal", "", b"a batch")

messages = st.builds(
    Message,
    st.just("POST"),
    st.sampled_from(["127.0.0.1:8470", "office.example"]),
    st.sampled_from(["/v1/journal", "/v1/holds"]),
    st.sampled_from(["", "a=1&b=2"]),
    st.binary(max_size=50),
)


class Keys(HTTPSignatureKeyResolver):
    """The peer's key ring."""

    def resolve_public_key(self, key_id: str) -> Ed25519PublicKey:
        assert key_id == KEY_NAME
        return KEY.public_key()


def verify(key_id: str, message: bytes, signature: bytes) -> bool:
    try:
        KEY.public_key().verify(signature, message)
    except InvalidSignature:
        return False
    return key_id == KEY_NAME


def signed(message: Message = MESSAGE) -> dict[str, str]:
    return signing.headers(message, KEY_NAME, KEY.sign)


@given(messages)
def test_an_independent_verifier_accepts_our_signature(message: Message) -> None:
    """PyPI's http-message-signatures finds signature, digest and covered components in order."""
    url = f"http://{message.authority}{message.path}" + (f"?{message.query}" if message.query else "")
    request = SimpleNamespace(method=message.method, url=url, headers={**signed(message), "host": message.authority})
    peer = HTTPMessageVerifier(signature_algorithm=algorithms.ED25519, key_resolver=Keys())
    peer.require_created = False
    covered = ("@method", "@authority", "@path", "@query", "content-digest")
    found = peer.verify(request, max_age=None, expect_tag="posd", require_components=covered, body=message.body)
    assert len(found) == 1


@given(messages)
def test_we_accept_our_own_signature(message: Message) -> None:
    """What was signed is known by its key's name."""
    assert signing.check(message, signed(message), verify) == KEY_NAME


@pytest.mark.parametrize(
    "altered",
    [
        replace(MESSAGE, method="PUT"),
        replace(MESSAGE, authority="127.0.0.1:8471"),
        replace(MESSAGE, path="/v1/holds"),
        replace(MESSAGE, query="a=1"),
        replace(MESSAGE, body=b"another batch"),
    ],
)
def test_no_altered_part_of_a_request_is_accepted(altered: Message) -> None:
    """Method, authority, path, query and body are all covered, also when the digest is made to fit."""
    assert signing.check(altered, signed(), verify) is None
    fitting = {**signed(), "content-digest": signed(altered)["content-digest"]}
    assert signing.check(altered, fitting, verify) is None


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("signature-input", signed()["signature-input"].replace("terminal-7.3", "terminal-7.4")),
        ("signature-input", signed()["signature-input"].replace(' "content-digest"', "")),
        ("signature-input", signed()["signature-input"] + ";created=1"),
        ("signature-input", signed()["signature-input"].replace("posd=", "other=")),
        ("signature-input", ""),
        ("signature", ""),
        ("signature", "posd=:" + "A" * 88 + ":"),
        ("signature", "posd=:" + "=" * 88 + ":"),
        ("signature", signed()["signature"] + ", other=:AAAA:"),
        ("content-digest", ""),
        ("content-digest", signed()["content-digest"].replace("sha-256", "sha-512")),
    ],
)
def test_no_altered_header_is_accepted(header: str, value: str) -> None:
    """There is one way to write the headers; every other is refused, and none makes the check fail."""
    assert signing.check(MESSAGE, {**signed(), header: value}, verify) is None


def test_requests_without_any_signature_are_not_known() -> None:
    """Nothing signed is nobody."""
    assert signing.check(MESSAGE, {}, verify) is None


@given(st.text(max_size=120), st.text(max_size=120))
def test_any_header_is_answered(given_input: str, given_signature: str) -> None:
    """No text in a header makes the check fail."""
    assert signing.check(MESSAGE, {"signature-input": given_input, "signature": given_signature}, verify) is None
