"""The pure steps of push, pull and timing: laws over everything head office could answer."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from loyalty.journal import FIRST_PREV_HASH, Head, chain_hash
from sync import pull, push, timing
from sync.pull import Health, PullState
from sync.push import PushState
from sync.wire import OUTCOMES, FeedPage, PushAnswer

HASHES = [FIRST_PREV_HASH]
for number in range(12):
    HASHES.append(chain_hash(HASHES[-1], str(number).encode()))
OTHERS = [chain_hash("f" * 64, str(number).encode()) for number in range(14)]
HEAD = len(HASHES) - 1


def own_hash(seq: int) -> str | None:
    return HASHES[seq] if seq <= HEAD else None


states = st.integers(0, HEAD).map(lambda seq: PushState(seq, HASHES[seq], "one"))


@st.composite
def answers(draw: st.DrawFn) -> PushAnswer:
    """Any outcome, at any place within or beyond our journal, with our hash there or another."""
    seq = draw(st.integers(0, HEAD + 1))
    ours = own_hash(seq) or OTHERS[seq]
    outcome = draw(st.sampled_from(OUTCOMES))
    return PushAnswer(outcome, seq, draw(st.sampled_from([ours, OTHERS[seq]])), draw(st.sampled_from(["one", "two"])), 0)


def after(state: PushState, answer: PushAnswer, sent: int = HEAD) -> PushState:
    return push.next_state(state, answer, own_hash(answer.seq), Head(sent, HASHES[sent]))


@given(states, answers())
def test_acknowledged_is_only_a_place_on_our_own_chain(state: PushState, answer: PushAnswer) -> None:
    """Wherever the state goes, it is on our own chain: to the answer's place, or to the end of what was sent, or it stays."""
    found = after(state, answer)
    assert found.incarnation == answer.incarnation
    assert found.hash == own_hash(found.seq)
    assert found.seq in {state.seq, answer.seq, HEAD}
    if answer.outcome == "gap":
        assert found.seq in {state.seq, answer.seq}, "a gap acknowledges nothing"


@given(states, answers())
def test_trouble_is_told_exactly_when_there_is_some(state: PushState, answer: PushAnswer) -> None:
    """A fork and a fence are what head office calls so; another hash in our place is a fork too; more records than ours mean that
    we are the older copy.
    """
    trouble = after(state, answer).trouble
    if answer.outcome in {"fork", "quarantined"}:
        assert trouble == {"fork": push.FORKED, "quarantined": push.FENCED}[answer.outcome]
    elif answer.seq > HEAD:
        assert trouble == push.ROLLED_BACK
    else:
        assert (trouble == push.FORKED) == (answer.hash != HASHES[answer.seq])


@given(states, answers())
def test_records_that_were_deleted_are_not_taken_for_a_fork(state: PushState, answer: PushAnswer) -> None:
    """Head office back before them has lost a backup: that is told as it is, and the push stays where it was."""
    found = push.next_state(state, answer, push.PRUNED_HASH, Head(HEAD, HASHES[HEAD]))
    assert found.trouble == push.PRUNED
    assert (found.seq, found.hash) == (state.seq, state.hash)


@given(states, answers(), st.integers(0, HEAD + 1))
def test_what_is_in_a_backup_is_what_head_office_said_last(state: PushState, answer: PushAnswer, durable: int) -> None:
    """Whatever else its answer did."""
    said = replace(answer, durable_seq=min(durable, answer.seq))
    assert after(state, said).durable_seq == said.durable_seq


@given(states, answers())
def test_the_same_answer_twice_is_the_same_as_once(state: PushState, answer: PushAnswer) -> None:
    """A repeated answer has no effect of its own."""
    once = after(state, answer)
    assert after(once, answer) == once


@given(states, answers(), st.integers(1, HEAD))
def test_a_fork_moves_on(state: PushState, answer: PushAnswer, sent: int) -> None:
    """Records that head office has stored beside another history are acknowledged: they are safer there than here."""
    stored = replace(answer, outcome="fork", seq=sent, hash=HASHES[sent])
    assert (after(state, stored).seq, after(state, stored).trouble) == (sent, push.FORKED)


def test_an_older_copy_has_acknowledged_what_it_sent() -> None:
    """Head office has more than we do: all that we sent is among it."""
    found = after(PushState(2, HASHES[2], "one"), PushAnswer("stored", HEAD + 1, OTHERS[0], "one", 0), 5)
    assert (found.seq, found.hash, found.trouble) == (5, HASHES[5], push.ROLLED_BACK)


@given(states, answers())
def test_what_was_deleted_cannot_be_shown(state: PushState, answer: PushAnswer) -> None:
    """Head office asks for what it had in a backup once: nothing moves, and a person is told."""
    found = push.next_state(state, answer, push.PRUNED_HASH, Head(HEAD, HASHES[HEAD]))
    assert (found.seq, found.hash, found.trouble) == (state.seq, state.hash, push.PRUNED)


def test_a_trouble_is_over_when_head_office_stands_on_our_chain_again() -> None:
    """Once a person has mended it and the push goes on, the word is gone."""
    troubled = PushState(3, HASHES[3], "one", push.FORKED)
    assert after(troubled, PushAnswer("stored", 5, HASHES[5], "one", 0)).trouble == ""


@given(st.text(max_size=20), st.booleans(), st.booleans())
def test_pull_waits_for_news_only_at_the_end_of_the_feed(cursor: str, more: bool, caught_up: bool) -> None:
    """The next request asks from the page's cursor, and waits if there was no more."""
    found = pull.next_state(PullState("old", "one", caught_up, Head(3, HASHES[3])), FeedPage(cursor, (), more, "two", 0))
    asked = pull.request(found, Health(3, 17, "0.1", journal_seq=9, disk="disk_full"))
    assert found == PullState(cursor, "two", not more)
    page = FeedPage(cursor, (), more, "two", 0, 3, HASHES[3])
    assert pull.next_state(found, page).stored == Head(3, HASHES[3])
    assert (asked.cursor, asked.wait_s > 0) == (cursor, not more)
    assert (asked.queued_records, asked.queued_since_ms, asked.posd_version) == (3, 17, "0.1")
    assert (asked.journal_seq, asked.disk) == (9, "disk_full")


@given(st.integers(1, 10_000), st.floats(0, 1))
def test_waits_grow_up_to_a_bound_and_are_spread_from_nothing(failures: int, chance: float) -> None:
    """Full jitter: never more than the doubled bound, and anything below it may come."""
    bound = min(timing.WAIT_S_MAX, timing.FIRST_WAIT_S * 2.0 ** min(failures - 1, 30))
    assert 0 <= timing.wait_s(failures, chance) <= bound
    assert timing.wait_s(failures, 0.0) == 0
    assert timing.wait_s(failures, 1.0) == bound


@given(st.integers(1, 50), st.floats(0, 1), st.floats(0, 1e308))
def test_head_offices_word_on_waiting_is_honored_within_reason(failures: int, chance: float, said: float) -> None:
    """At least as long as it said, at most twice that; a slip of days is cut to a quarter of an hour."""
    waited = timing.wait_s(failures, chance, said)
    honored = min(said, timing.RETRY_AFTER_S_MAX)
    assert honored <= waited <= 2 * honored


def test_a_state_is_a_value() -> None:
    """Steps make new states and leave the old ones as they were."""
    state = PushState(2, HASHES[2], "one")
    after(state, PushAnswer("stored", 4, HASHES[4], "two", 0))
    assert state == replace(state)
    assert state.seq == 2
