"""Rare paths that a run of many seeds must have reached: a simulator that never gets there proves nothing about them."""

from collections import Counter
from collections.abc import Mapping

MARKS: Mapping[str, str] = {
    "a new member bought elsewhere at once": "where nobody has heard of them, nor head office perhaps",
    "agreement cancelled": "a till took a promise back",
    "agreement left open": "nobody came back for it until the end",
    "answered twice": "a till sent the same key again and was given the same answer",
    "batch of several records": "a terminal had been away",
    "batch repeated": "head office had stored it, and its answer was lost",
    "claimed after goods came back": "what is left of the sale is what it earns",
    "claimed at another terminal": "which may not have the sale, nor head office yet",
    "claimed by several": "the first to arrive wins",
    "clerk: claim_by_clerk": "",
    "clerk: erase": "",
    "clerk: merge": "",
    "clock wrong": "a record was stamped by a clock that was a year off or more",
    "copied code refused": "its step had been used at another terminal",
    "expired card refused": "by both clocks, so that a wrong one alone refuses nobody",
    "commit cited an unknown agreement": "and was booked all the same",
    "commit on a cancelled agreement": "booked and flagged",
    "commit on the spot spent": "a hold inside the same call",
    "day closed": "",
    "day closed again": "the till had said the very same before",
    "day closed with receipts to come": "posd named them",
    "dead letter": "the same goods came back twice",
    "disk full": "a commit was not acknowledged, and came back",
    "exposure released": "what a fenced terminal had leased or reserved: a person's word",
    "feed page with more to come": "a round of several pages",
    "feed read from the beginning": "an empty cursor, or one of another life",
    "hold came after its void": "a tombstone refused it",
    "fork": "two histories of one journal; both are kept",
    "fenced terminal replaced": "a person had to look",
    "head office restored from a backup": "a new life",
    "hold granted": "",
    "hold refused": "not enough is left",
    "hold refused while recovering": "nobody knows what was granted since the backup",
    "hold request repeated": "the same answer again",
    "hold unanswered": "nobody knows; a record voids it",
    "joined with a handed card": "nobody's until then",
    "joined while head office was out of reach": "",
    "key reused": "another request under a key that is booked",
    "lease granted": "",
    "lease returned": "head office wanted it, or it was long unused",
    "merged": "two cards are one member's",
    "merge refused": "one of the two waits for another merge: a person's to repeat",
    "office died after commit": "its answer was lost with it",
    "office died before apply": "stored and acknowledged, and no effect yet",
    "office died inside a transaction": "",
    "old card refused": "its generation was raised",
    "program changed between promise and commit": "",
    "program changed between sale and apply": "",
    "promise lost with a disk": "its hold is a person's to release",
    "proxy answered": "something on the way that is not head office",
    "reply cut short": "",
    "reply lost": "head office did it and nobody heard",
    "request cut short": "",
    "records accepted from quarantine": "",
    "records lost at head office pushed again": "",
    "return at another terminal": "",
    "return waited for its sale": "",
    "power cut inside a commit": "torn writes, lost names",
    "sync of the disk failed": "posd ends and looks anew at what is there",
    "sold anew on an older disk": "a till repeats a sale that its terminal has forgotten: head office books it once",
    "snapshot in several chunks": "a terminal that knew nothing, or of another life of head office",
    "spent from a lease": "head office said nothing, or its hold turned the lease into itself",
    "terminal lost its power": "",
    "same goods back twice": "",
    "same code at two tills at once": "",
    "terminal cloned": "",
    "terminal rolled back": "",
    "terminal died after commit": "the till does not know",
    "terminal died inside a transaction": "",
    "terminal offline for hours": "",
    "unanswered hold voided at start": "",
}
"""Every mark by name, and what it means where the name does not say it."""


class Marks(Counter[str]):
    """How often each was reached."""

    def sometimes(self, name: str, *, when: bool = True) -> bool:
        """Count `name`, which is in MARKS, if it has happened; whether it has."""
        assert name in MARKS, name
        if when:
            self[name] += 1
        return when

    def never(self) -> list[str]:
        """Those that were not reached."""
        return [name for name in MARKS if not self[name]]

    def table(self) -> str:
        """All of them for a person."""
        wide = max(map(len, MARKS))
        return "\n".join(f"  {name:{wide}}  {self[name]:>9}" for name in MARKS)
