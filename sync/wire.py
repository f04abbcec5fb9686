"""What travels between a terminal and head office: the messages, the record kinds and the synced entities, all versioned.

Every request is a signed POST below `/v1/` (sync/signing.py). Head office's own answer is 200 with an answer of this module, or a
`Problem`; whatever else comes back (a proxy's page, half a body) moves nothing.

    POST /v1/enrol     EnrolRequest -> EnrolAnswer
    POST /v1/key       KeyRequest -> KeyAnswer           sync/keys.py
    POST /v1/journal   records joined by newlines, zstd -> PushAnswer
    POST /v1/feed      FeedRequest -> FeedPage           waits up to `wait_s` for news
    POST /v1/snapshot  sync/snapshot.py
    POST /v1/holds     HoldRequest -> HoldAnswer
    POST /v1/attachments  AttachmentRequest -> AttachmentAnswer
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, TypeVar

import msgspec

from loyalty import bounds
from loyalty.day import DayClose
from loyalty.joining import Alias, Claim, Join
from loyalty.moment import WALL_MS_MAX
from loyalty.sale import Enrol, LeaseReturn, Promised, Return, Sale, Void
from runtime.errors import Misconfigured
from sync.joining import PoolRow as PoolRow
from sync.members import MemberRow as MemberRow
from sync.spending import HANDLE_CHARS as HANDLE_CHARS
from sync.spending import BoundRow as BoundRow
from sync.spending import HoldAnswer as HoldAnswer
from sync.spending import HoldRequest as HoldRequest
from sync.spending import LeaseRow as LeaseRow
from sync.versions import Older, reading_of

BATCH_RECORDS_MAX = 500
BATCH_BYTES_MAX = 1024 * 1024  # 500 ordinary sales, 40 KB of them on the line; a single larger record travels alone
RECORD_BYTES_MAX = 1024 * 1024  # a basket of 500 lines with the longest names in Hebrew is below it
INFLATED_BYTES_MAX = 2 * 1024 * 1024  # what a batch may unpack to; head office stops reading there
FEED_ROWS_MAX = 500
FEED_BYTES_MAX = 512 * 1024  # of a request: what a terminal has given of every budget of the largest program
FEED_WAIT_S_MAX = 25.0  # shorter than the half minute after which proxies close a silent connection
SEQ_MAX = 1 << 62  # what both databases hold
EPOCH_MAX = 1 << 31

Shape = TypeVar("Shape")

RECORDS: Mapping[tuple[str, int], type | Older] = {
    ("enrol", 1): Enrol,
    ("sale", 1): Sale,
    ("return", 1): Return,
    ("void", 1): Void,
    ("lease_return", 1): LeaseReturn,
    ("day_close", 1): DayClose,
    ("join", 1): Join,
    ("claim", 1): Claim,
    ("alias", 1): Alias,
    ("promised", 1): Promised,
}
"""Every body ever shipped, by kind and version; the newest of a kind is today's. What is not here is stored all the same."""


Id = Annotated[str, msgspec.Meta(min_length=32, max_length=32)]
Hash = Annotated[str, msgspec.Meta(min_length=64, max_length=64)]
Word = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
_HEX = "0123456789abcdef"


class Envelope(msgspec.Struct, frozen=True):
    """A record's outside, its bounds checked by the decoder; `body` stays raw until somebody wants it."""

    version: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
    kind: Word
    id: Id
    terminal: Word
    epoch: Annotated[int, msgspec.Meta(ge=1, le=EPOCH_MAX)]
    chain: Id
    seq: Annotated[int, msgspec.Meta(ge=1, le=SEQ_MAX)]
    prev_hash: Hash
    wall: Annotated[int, msgspec.Meta(ge=-SEQ_MAX, le=SEQ_MAX)]
    utc_offset: Annotated[int, msgspec.Meta(ge=-2000, le=2000)]
    clock_quality: Word
    body: msgspec.Raw

    def __post_init__(self) -> None:
        # by hand: patterns take half the time of reading a whole record
        if (self.id + self.chain + self.prev_hash).strip(_HEX):
            raise ValueError("its id, chain or prev_hash is not lower-case hex")
        if "\0" in self.kind + self.terminal + self.clock_quality:
            raise ValueError("a name in it has a NUL")


@dataclass(frozen=True, slots=True)
class EnrolRequest:
    """A terminal's first word: the one-time code a person typed, and the public key (hex) that will sign everything after.

    Signed by that key under the id `enrol.0`. The same code with the same key gets the same answer again: replies get lost.
    """

    code: str
    public_key: str
    chain: str
    posd_version: str


@dataclass(frozen=True, slots=True)
class EnrolAnswer:
    """Who the terminal is from now on; `name` is what people call it. `time_zone` is the store's."""

    terminal: str
    store: str
    epoch: int
    incarnation: str
    time_zone: str
    server_ms: int
    name: str = ""

    def __post_init__(self) -> None:
        bounds.text("terminal", self.terminal, 1, 64)
        bounds.whole("epoch", self.epoch, 1, EPOCH_MAX)


OUTCOMES = ("stored", "gap", "fork", "quarantined")


@dataclass(frozen=True, slots=True)
class PushAnswer:
    """Head office has this history up to `seq`, whose hash is `hash`, and in a backup up to `durable_seq`. `outcome`: `stored`,
    `gap` (go on from `seq`), `fork` (stored beside another history), `quarantined` (stored apart: the epoch is over).
    """

    outcome: str
    seq: int
    hash: str
    incarnation: str
    server_ms: int
    durable_seq: int = 0

    def __post_init__(self) -> None:
        if self.outcome not in OUTCOMES:
            raise ValueError(f"outcome is {self.outcome!r:.80}; one of {', '.join(OUTCOMES)} is wanted")
        for name, most in (("seq", SEQ_MAX), ("durable_seq", SEQ_MAX), ("server_ms", WALL_MS_MAX)):
            bounds.whole(name, getattr(self, name), 0, most)
        bounds.hexadecimal("hash", self.hash, 64)


@dataclass(frozen=True, slots=True)
class FeedRequest:
    """What has changed since `cursor` (empty: everything)? And how the terminal is doing, for head office's page.

    `given` is what it has given or promised of each budget, ever, by rule, while it went by all that `cursor` stands for;
    `journal_seq` is where its journal ends (-1: it does not say); `disk` is what is wrong with its disk (docs/operate.md);
    `snapshots` is whether it would rather read a snapshot than everything page by page.
    """

    cursor: str
    wait_s: float
    queued_records: int
    queued_since_ms: int
    posd_version: str
    given: dict[str, int] = field(default_factory=dict)
    journal_seq: int = -1
    disk: str = ""
    snapshots: bool = False

    def __post_init__(self) -> None:
        _budgets("given", self.given)


@dataclass(frozen=True, slots=True)
class FeedRow:
    """One entity as it is now; `kind` is a row of ENTITIES."""

    kind: str
    body: msgspec.Raw


@dataclass(frozen=True, slots=True)
class FeedPage:
    """Rows and cursor belong together: they are saved in one transaction. `more` says that another page is ready; `snapshot` that
    head office knows nothing of this cursor, and that there is a snapshot instead of rows.

    Head office has stored the journal of whoever asks up to `seq`, whose hash is `hash`: so a copy of the terminal's disk learns
    that it is one, although it only reads. Without a `hash` it does not say.
    """

    cursor: str
    rows: tuple[FeedRow, ...]
    more: bool
    incarnation: str
    server_ms: int
    seq: int = 0
    hash: str = ""
    snapshot: bool = False

    def __post_init__(self) -> None:
        bounds.whole("server_ms", self.server_ms, 0, WALL_MS_MAX)
        bounds.whole("seq", self.seq, 0, SEQ_MAX)
        if self.hash:
            bounds.hexadecimal("hash", self.hash, 64)


@dataclass(frozen=True, slots=True)
class Problem:
    """Head office's own "no", with a status of 4xx or 5xx and the type application/problem+json."""

    code: str
    message: str
    hint: str = ""


PROBLEMS: Mapping[str, int] = {
    "malformed": 400,
    "not_signed": 401,
    "fenced": 403,
    "enrol_code_unknown": 403,
    "too_large": 413,
    "too_many": 429,
    "overload": 503,
}
"""The codes of Problem and their statuses."""


@dataclass(frozen=True, slots=True)
class ProgramRow:
    """A published program: `program` is what the file said, as JSON; see sync/program_file.py.

    `pool_key` (hex, 32 bytes) draws the prizes of its pools; empty where it has none. Nobody is ever shown it.
    """

    code: str
    version: int
    effective_ms: int
    program: dict[str, Any]
    pool_key: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        bounds.whole("version", self.version, 1, SEQ_MAX)
        bounds.whole("effective_ms", self.effective_ms, 0, WALL_MS_MAX)
        if self.pool_key and (len(self.pool_key) != 64 or not set(self.pool_key) <= bounds.HEX):
            raise ValueError("pool_key is not 64 lower-case hex digits")  # and not what it is: this is logged


@dataclass(frozen=True, slots=True)
class ShareRow:
    """What the terminal that asks may give of each budget, by rule: counted from its first piece ever (docs/programs.md).

    It replaces the row before it: of a budget that is not named nothing may be given.
    """

    shares: dict[str, int]

    def __post_init__(self) -> None:
        _budgets("shares", self.shares)


@dataclass(frozen=True, slots=True)
class CodeKeyRow:
    """A public key (hex, 32 bytes) that signs member codes; a revoked one is refused."""

    key_id: str
    public_key: str
    revoked: bool = False

    def __post_init__(self) -> None:
        bounds.hexadecimal("key_id", self.key_id, 8)
        bounds.hexadecimal("public_key", self.public_key, 64)


@dataclass(frozen=True, slots=True)
class LayoutRow:
    """How receipts are laid out: what the file said, as JSON; see sync/layout_file.py. It replaces the one before."""

    layout: dict[str, Any]


ENTITIES: Mapping[str, type] = {
    "program": ProgramRow,
    "layout": LayoutRow,
    "share": ShareRow,
    "pool": PoolRow,
    "member": MemberRow,
    "lease": LeaseRow,
    "bound": BoundRow,
    "code_key": CodeKeyRow,
}
"""What the feed carries. A terminal skips kinds it does not know."""

READING = reading_of(ENTITIES)
"""The name of all that this release takes from it."""

_ENVELOPE = msgspec.json.Decoder(Envelope)
_SORTED = msgspec.json.Encoder(order="sorted")


def read_envelope(data: bytes) -> Envelope:
    """A record's envelope. Raises ValueError unless `data` is the canonical spelling of a record within its bounds."""
    envelope = read_outside(data)
    if _canonical(data) != data:
        raise ValueError("not the canonical spelling of a record")
    return envelope


def read_outside(data: bytes) -> Envelope:
    """The same, but its body is seen only to be JSON: for head office, which stores a record before it reads it."""
    if len(data) > RECORD_BYTES_MAX:
        raise ValueError(f"a record of {len(data)} bytes; at most {RECORD_BYTES_MAX} are wanted")
    try:
        envelope = _ENVELOPE.decode(data)
    except msgspec.MsgspecError as error:
        raise ValueError(f"not a record: {error}") from error
    if _SORTED.encode(envelope) != data and _canonical(data) != data:  # the latter for fields that a newer posd has added
        raise ValueError("not the canonical spelling of a record")
    return envelope


def _canonical(data: bytes) -> bytes:
    try:
        return canonical_fast(msgspec.json.decode(data))
    except msgspec.MsgspecError as error:
        raise ValueError(f"not a record: {error}") from error


def read_body(envelope: Envelope) -> Any:
    """The body as today's dataclass; None for a kind or version that this release does not know. Raises ValueError."""
    if (known := RECORDS.get((envelope.kind, envelope.version))) is None:
        return None
    try:
        if isinstance(known, Older):
            return known.as_today(msgspec.json.decode(envelope.body, type=known.shape), envelope)
        return msgspec.json.decode(envelope.body, type=known)
    except msgspec.MsgspecError as error:
        raise ValueError(f"{envelope.kind} record: {error}") from error


def canonical_fast(value: object) -> bytes:
    """The bytes of loyalty.journal.canonical by a compiled encoder; for values without floats."""
    return _SORTED.encode(value)


def encode(message: object) -> bytes:
    """A message of this module as JSON."""
    return msgspec.json.encode(message)


def decode(data: bytes, shape: type[Shape]) -> Shape:
    """The message of type `shape` in `data`. Raises ValueError."""
    try:
        return msgspec.json.decode(data, type=shape)
    except msgspec.MsgspecError as error:
        raise ValueError(f"{shape.__name__}: {error}") from error


def feed_row(entity: object) -> FeedRow:
    """An entity as a row of the feed."""
    return FeedRow(next(kind for kind, shape in ENTITIES.items() if type(entity) is shape), msgspec.Raw(encode(entity)))


def entities_of(page: FeedPage) -> list[Any]:
    """The entities of a page, without those of kinds that this release does not know. Raises Misconfigured for a wrong one."""
    try:
        return [decode(bytes(row.body), ENTITIES[row.kind]) for row in page.rows if row.kind in ENTITIES]
    except ValueError as error:
        hint = "This terminal may need a newer posd; until then it goes on with what it knows"
        raise Misconfigured("feed_unreadable", f"The changes from head office: {error}", hint) from error


def _budgets(name: str, values: Mapping[str, int]) -> None:
    """Raise ValueError for what is no number of pieces of budgets by rule."""
    bounds.whole(f"number of {name}", len(values), 0, bounds.RULES_MAX)
    for rule, pieces in values.items():
        bounds.text("rule", rule, 1, 64)
        bounds.whole(f"{name} by {rule}", pieces, 0, SEQ_MAX)
