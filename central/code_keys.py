"""The key that signs member codes: an Ed25519 key in a file that only head office reads, made at its first start."""

import contextlib
import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from central.store import feed, programs
from central.store.engine import Connection
from runtime.errors import Misconfigured
from sync.codes import KEY_ID_BYTES

FILE_NAME = "code-signing.key"
SEED_BYTES = 32


class CodeSigner(NamedTuple):
    """Signs member codes; `key_id` and `public_key` are hex, and terminals know them from the feed."""

    key_id: str
    public_key: str
    sign: Callable[[bytes], bytes]


def load(state_dir: Path) -> CodeSigner:
    """The key in `state_dir`, which is made if there is none. Raises Misconfigured."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    path = state_dir / FILE_NAME
    try:
        seed = _read(path) if path.exists() else _make(path)
    except OSError as error:
        raise Misconfigured(
            "code_key", f"{path}: {error.strerror}", "Head office must be able to write its state_dir"
        ) from error
    key = Ed25519PrivateKey.from_private_bytes(seed)
    public = key.public_key().public_bytes_raw()
    return CodeSigner(hashlib.sha256(public).hexdigest()[: KEY_ID_BYTES * 2], public.hex(), key.sign)


def publish(db: Connection, signer: CodeSigner) -> None:
    """Let terminals know the public key, unless they do already."""
    key = programs.add_code_key(db, signer.key_id, signer.public_key)
    if key is not None:
        feed.publish(db, [("code_key", key)])


def _read(path: Path) -> bytes:
    if path.stat().st_mode & 0o077:
        raise Misconfigured("code_key", f"{path} may be read by others", f"chmod 600 {path}")
    seed = path.read_bytes()
    if len(seed) != SEED_BYTES:
        raise Misconfigured("code_key", f"{path} does not hold a key", "Restore it from a backup: member codes depend on it")
    return seed


def _make(path: Path) -> bytes:
    """A new key, complete under its name or not there at all; of two makers the first wins."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    part = path.with_name(f"{path.name}.{os.getpid()}")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(Ed25519PrivateKey.generate().private_bytes_raw())
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(part, path)
    finally:
        part.unlink()
    return _read(path)
