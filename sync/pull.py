"""Pulling head office's changes: from (state, page) to the next state. No clock, no network, no store."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from loyalty.journal import Head
from sync.snapshot import Loading
from sync.wire import FEED_WAIT_S_MAX, FeedPage, FeedRequest


@dataclass(frozen=True, slots=True)
class PullState:
    """How far the feed is read, and of which incarnation of head office. `caught_up` is whether the last page was the end, and
    `heard_ms` head office's own time of it, milliseconds UTC.

    `stored` is where the last page says that our journal stands at head office. It is compared and not kept.
    """

    cursor: str = ""
    incarnation: str = ""
    caught_up: bool = False
    heard_ms: int = 0
    stored: Head | None = None


@dataclass(frozen=True, slots=True)
class Health:
    """How this terminal is doing, told with each request so that head office can show it, and divide budgets anew."""

    queued_records: int
    queued_since_ms: int
    posd_version: str = ""
    given: Mapping[str, int] = field(default_factory=dict)
    journal_seq: int = -1
    disk: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a request for the next page says, as the store has it at one moment: what was given was given by what the cursor stands
    for. `loading` is how far a snapshot has come in; None when none does.
    """

    state: PullState
    health: Health
    loading: Loading | None = None


def request(state: PullState, health: Health) -> FeedRequest:
    """What to ask next: without waiting while there is more to read, else waiting for news."""
    return FeedRequest(
        cursor=state.cursor,
        wait_s=FEED_WAIT_S_MAX if state.caught_up else 0.0,
        queued_records=health.queued_records,
        queued_since_ms=health.queued_since_ms,
        posd_version=health.posd_version,
        given=dict(health.given),
        journal_seq=health.journal_seq,
        disk=health.disk,
        snapshots=True,
    )


def next_state(state: PullState, page: FeedPage) -> PullState:
    """The state that is saved together with the page's rows."""
    state = replace(state, cursor=page.cursor, incarnation=page.incarnation, heard_ms=page.server_ms)
    return replace(state, caught_up=not page.more, stored=Head(page.seq, page.hash) if page.hash else None)
