"""Sending head office what an old database still has, records and what joining members gave. Everything may be sent again: a record
has one effect, by its id.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from posd.store.salvaging import Found
from runtime.errors import Misconfigured
from sync import wire
from sync.joining import AttachmentAnswer, AttachmentRequest
from sync.wire import PushAnswer


class Office(Protocol):
    """Head office, as the terminal that the database was."""

    async def push(self, records: list[bytes]) -> PushAnswer:
        """Send a batch."""
        ...

    async def attach(self, request: AttachmentRequest) -> AttachmentAnswer:
        """Send what belongs to a record that head office has."""
        ...


@dataclass(frozen=True, slots=True)
class Salvaged:
    """How many records there were, up to which seq head office has this journal now, its last word, and what it does not have; of
    what joining members gave how much it has now, and how much not.
    """

    found: int
    unreadable: int
    seq: int
    outcome: str
    left: dict[int, bytes]
    attached: int
    not_attached: int


async def send(found: Found, office: Office) -> Salvaged:
    """Push the journal from where head office stands to its end, or to the first record that cannot be read: the chain ends there.

    Raises Unavailable or Misconfigured as every push does.
    """
    seq, outcome = found.acked_seq, "stored"
    rewound = False
    while batch := _batch(found.records, seq):
        answer = await office.push(batch)
        outcome = answer.outcome
        if answer.seq <= seq and rewound:
            break
        rewound = rewound or answer.seq < seq  # once: it was restored, or knows less than the old database thought
        if answer.seq == seq:
            break
        seq = answer.seq
    left = {place: data for place, data in found.records.items() if place > seq}
    attached = await _attached(found, seq, office)
    return Salvaged(len(found.records), found.unreadable, seq, outcome, left, attached, len(found.attachments) - attached)


async def _attached(found: Found, seq: int, office: Office) -> int:
    """Send what belongs to records up to `seq`; how much of it head office has now."""
    attached = 0
    for place, content in sorted(found.attachments.items()):
        if place <= seq and (data := found.records.get(place)):
            try:
                answer = await office.attach(AttachmentRequest(wire.read_envelope(data).id, place, content))
            except Misconfigured as error:
                if error.code != "not_signed":
                    raise
                break  # a restored head office that does not know this terminal yet: somebody must accept it first
            attached += answer.outcome == "stored"
    return attached


def _batch(records: Mapping[int, bytes], seq: int) -> list[bytes]:
    """The records that follow `seq` without a gap, within the bounds of a batch."""
    batch: list[bytes] = []
    size = 0
    while (data := records.get(seq + len(batch) + 1)) is not None and len(batch) < wire.BATCH_RECORDS_MAX:
        size += len(data)
        if batch and size > wire.BATCH_BYTES_MAX:
            break
        batch.append(data)
    return batch
