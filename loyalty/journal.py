"""Records: what head office must hear, in bytes that are made once and never encoded again, chained by hash."""

import dataclasses
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

FIRST_PREV_HASH = "0" * 64
"""The `prev_hash` of a chain's first record."""


@dataclass(frozen=True, slots=True)
class Chain:
    """Which journal: the terminal, the epoch head office gave it at enrolment, and the random name of its database."""

    terminal: str
    epoch: int
    id: str


@dataclass(frozen=True, slots=True)
class Head:
    """Where a journal ends: the last sequence number (0 when empty) and the hash of that record."""

    seq: int = 0
    hash: str = FIRST_PREV_HASH


@dataclass(frozen=True, slots=True)
class Stamp:
    """When a record was made by the terminal's wall clock, and how far that clock is to be trusted."""

    wall_ms: int
    utc_offset_minutes: int
    clock_quality: str = "unknown"


@dataclass(frozen=True, slots=True)
class Draft:
    """What is to be told: the kind, the id that makes a repeat harmless, and the body; `version` counts the body's shapes."""

    kind: str
    id: str
    body: object
    version: int = 1


@dataclass(frozen=True, slots=True)
class Sealed:
    """A record as it is stored, hashed and sent."""

    seq: int
    id: str
    kind: str
    bytes: bytes
    hash: str


def canonical(value: object) -> bytes:
    """UTF-8 JSON with sorted keys, no spaces, and no floats: the one spelling of `value`, which may be what `plain` takes."""
    return json.dumps(plain(value), ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def plain(value: object) -> Any:
    """Dataclasses, tuples and mappings as what JSON knows. Raises TypeError for a float or anything else it has no word for."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, tuple | list):
        return [plain(part) for part in value]
    if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
        return {key: plain(part) for key, part in value.items()}
    raise TypeError(f"a record holds whole numbers and texts, not {type(value).__name__}: {value!r:.60}")


Encode = Callable[[object], bytes]
"""A value to its canonical bytes."""


def seal(chain: Chain, head: Head, stamp: Stamp, draft: Draft, encode: Encode = canonical) -> Sealed:
    """The record that follows `head`: canonical bytes and their place in the chain.

    `encode` may be a faster way to the very bytes that `canonical` gives.
    """
    seq = head.seq + 1
    envelope = {
        "version": draft.version,
        "kind": draft.kind,
        "id": draft.id,
        "terminal": chain.terminal,
        "epoch": chain.epoch,
        "chain": chain.id,
        "seq": seq,
        "prev_hash": head.hash,
        "wall": stamp.wall_ms,
        "utc_offset": stamp.utc_offset_minutes,
        "clock_quality": stamp.clock_quality,
        "body": draft.body,
    }
    data = encode(envelope)
    return Sealed(seq, draft.id, draft.kind, data, chain_hash(head.hash, data))


def chain_hash(prev_hash: str, data: bytes) -> str:
    """SHA-256 over the 64 hex digits of the hash before, then the record's bytes; in lower-case hex."""
    return hashlib.sha256(prev_hash.encode("ascii") + data).hexdigest()
