"""What travels about joining: codes that are nobody's yet, and what a joining member gave."""

from dataclasses import dataclass

from loyalty import bounds

POOL_CODES_MAX = 500
CONTENT_CHARS_MAX = 4096  # a name, a number and some words
OUTCOMES = ("stored", "wrong", "unknown")


@dataclass(frozen=True, slots=True)
class PoolRow:
    """The signed codes that the terminal which asks may give to joining members. It replaces the row before it."""

    codes: tuple[str, ...]

    def __post_init__(self) -> None:
        bounds.whole("number of codes", len(self.codes), 0, POOL_CODES_MAX)


@dataclass(frozen=True, slots=True)
class AttachmentRequest:
    """What belongs to the record `record`, which is the terminal's `seq`. The same again gets the same answer."""

    record: str
    seq: int
    content: str

    def __post_init__(self) -> None:
        bounds.hexadecimal("record", self.record, 32)
        bounds.whole("seq", self.seq, 1, 1 << 62)
        bounds.text("content", self.content, 1, CONTENT_CHARS_MAX)


@dataclass(frozen=True, slots=True)
class AttachmentAnswer:
    """`stored`, and the terminal deletes it; `wrong`: it is not what the record's hash says, so nobody can use it; `unknown`:
    head office has no such record, and it is asked again once it has.
    """

    outcome: str

    def __post_init__(self) -> None:
        if self.outcome not in OUTCOMES:
            raise ValueError(f"outcome is {self.outcome!r:.80}; one of {', '.join(OUTCOMES)} is wanted")
