"""A terminal made for tests of head office: its own key, its own chain of real records, requests signed as on the wire."""

import hashlib
import itertools
from dataclasses import dataclass, field, replace
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from loyalty.ids import record_id
from loyalty.journal import Chain, Draft, Head, Sealed, Stamp, seal
from loyalty.sale import Enrol, Return, ReturnedLine, Reversal, Sale, Void
from sync import batch, signing, wire

AUTHORITY = "office.test"
WALL_MS = 1_795_000_000_000

_NUMBERS = itertools.count(1)


def entity(row: wire.FeedRow) -> Any:
    """What a row of the feed says."""
    return wire.decode(bytes(row.body), wire.ENTITIES[row.kind])


@dataclass
class FieldTerminal:
    """One terminal out there. `code` and `epoch` are what head office made of it; `records` is its journal, in order."""

    code: str = ""
    epoch: int = 0
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    chain: str = field(default_factory=lambda: f"{next(_NUMBERS):032x}")
    records: list[Sealed] = field(default_factory=list)

    @property
    def public_key(self) -> str:
        """In hex."""
        return self.key.public_key().public_bytes_raw().hex()

    @property
    def head(self) -> Head:
        """Where its journal ends."""
        return Head(self.records[-1].seq, self.records[-1].hash) if self.records else Head()

    def enrol_request(self, one_time_code: str) -> wire.EnrolRequest:
        """Its first word."""
        return wire.EnrolRequest(one_time_code, self.public_key, self.chain, "0.1.0")

    def is_now(self, answer: wire.EnrolAnswer) -> None:
        """Head office has answered: it begins a journal with an Enrol record."""
        self.code, self.epoch = answer.terminal, answer.epoch
        self.record("enrol", self.any_id(), Enrol("0.1.0", answer.store))

    def any_id(self) -> str:
        """An id that no other record of these tests has."""
        return hashlib.sha256(f"{self.code}{self.epoch}{self.chain}{next(_NUMBERS)}".encode()).hexdigest()[:32]

    def record(self, kind: str, record: str, body: object, version: int = 1) -> Sealed:
        """Append a record to its journal."""
        chain = Chain(self.code, self.epoch, self.chain)
        stamp = Stamp(WALL_MS + len(self.records), 120, "synchronized")
        self.records.append(seal(chain, self.head, stamp, Draft(kind, record, body, version)))
        return self.records[-1]

    def sells(self, sale: Sale, key: str = "") -> Sealed:
        """A sale; `key` is the till's idempotency key."""
        key = key or f"receipt-{next(_NUMBERS)}"
        fingerprint = hashlib.sha256(key.encode()).hexdigest()
        return self.record("sale", record_id(self.code, sale.till.business_date, key), replace(sale, fingerprint=fingerprint))

    def takes_back(self, original: str, *lines: ReturnedLine, sale: Sale) -> Sealed:
        """A return of `lines` of the sale whose record is `original`; the till's estimate is left to head office."""
        handle = sale.member.handle if sale.member else ""
        body = Return(sale.till, self.any_id() * 2, original, handle, lines, Reversal({}, {}, 0), estimate=True)
        return self.record("return", self.any_id(), body)

    def voids(self, member: str, *holds: Any) -> Sealed:
        """A cancelled agreement."""
        return self.record("void", self.any_id(), Void(self.any_id(), holds, member))

    def batch(self, first: int = 1, last: int | None = None) -> bytes:
        """Records `first` to `last` (both included) as they travel."""
        return batch.pack(record.bytes for record in self.records if first <= record.seq <= (last or 1 << 62))

    def signed(self, path: str, body: bytes, authority: str = AUTHORITY, key_id: str = "") -> dict[str, str]:
        """The headers of a signed request."""
        message = signing.Message("POST", authority, path, "", body)
        headers = signing.headers(message, key_id or signing.key_id(self.code, self.epoch), self.key.sign)
        return {**headers, "host": authority, signing.KEY_HEADER: self.public_key}
