"""The terminal's own Ed25519 key and its command-line token: files of mode 0600 in the state directory."""

import os
import secrets
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from runtime.errors import Misconfigured

KEY_FILE = "terminal.key"
NEXT_FILE = "terminal.key.next"
OLD_FILE = "terminal.key.old"
TOKEN_FILE = "cli.token"
TOKEN_BYTES = 32
FINGERPRINT_CHARS = 8


def terminal_key(state_dir: Path) -> Ed25519PrivateKey:
    """The key that signs everything this terminal says to head office; made at the first start. Raises Misconfigured."""
    return _made(state_dir / KEY_FILE)


def next_key(state_dir: Path) -> Ed25519PrivateKey:
    """The key that will sign once head office knows it; one that was made before and never used is as good as new."""
    return _made(state_dir / NEXT_FILE)


def old_key(state_dir: Path) -> Ed25519PrivateKey | None:
    """The key that signed before this one; None where there was none."""
    path = state_dir / OLD_FILE
    return read_key(path) if path.exists() else None


def turn(state_dir: Path) -> None:
    """The next key signs from now on. A crash leaves one of the two, and head office knows both."""
    key = state_dir / KEY_FILE
    write_secret(state_dir / OLD_FILE, key.read_bytes())
    (state_dir / NEXT_FILE).replace(key)
    folder = os.open(state_dir, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _made(path: Path) -> Ed25519PrivateKey:
    if not path.exists():
        made = Ed25519PrivateKey.generate()
        no_password = serialization.NoEncryption()
        write_secret(path, made.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, no_password))
    return read_key(path)


def read_key(path: Path) -> Ed25519PrivateKey:
    """The key in `path`. Raises Misconfigured."""
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), None)
    except (OSError, ValueError) as error:
        raise Misconfigured("key_unreadable", f"{path}: {error}", "Put the key back, or enrol this terminal anew") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise Misconfigured("key_unreadable", f"{path} is no Ed25519 key", "Put the key back, or enrol this terminal anew")
    return key


def fingerprint(state_dir: Path) -> str:
    """The beginning of the terminal's public key, in hex, as head office shows it to a person who compares the two."""
    return terminal_key(state_dir).public_key().public_bytes_raw().hex()[:FINGERPRINT_CHARS]


def new_token() -> str:
    """A token of 256 random bits for the local API."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def write_secret(path: Path, secret: bytes) -> None:
    """Write `secret` so that nobody else can read it, and so that a crash leaves the old file or the new one."""
    beside(path, secret).replace(path)


def beside(path: Path, secret: bytes) -> Path:
    """Write `secret` so into a file beside `path`, which only has to take its name: for that the fullest disk has room."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(secret)
        file.flush()
        os.fsync(file.fileno())
    return fresh
