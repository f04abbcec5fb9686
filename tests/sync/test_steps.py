"""The pure steps of push, pull and timing: laws over everything head office could answer."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from loyalty.journal import FIRST_PREV_HASH, chain_hash
from sync import pull, push, timing
from sync.pull import Health, PullState
from sync.push import PushState
from sync.wire import FeedPage, PushAnswer

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
    outcome = draw(st.sampled_from(["stored", "gap", "fork"]))
    return PushAnswer(outcome, seq, draw(st.sampled_from([ours, OTHERS[seq]])), draw(st.sampled_from(["one", "two"])), 0)


@given(states, answers())
def test_acknowledged_is_only_what_head_office_said_and_we_have(state: PushState, answer: PushAnswer) -> None:
    """The state moves to the answer's place if that is on our chain, and else stays where it is, in trouble."""
    after = push.next_state(state, answer, own_hash(answer.seq))
    assert after.incarnation == answer.incarnation
    if after.trouble:
        assert (after.seq, after.hash) == (state.seq, state.hash)
    else:
        assert (after.seq, after.hash) == (answer.seq, answer.hash)
        assert after.hash == own_hash(after.seq)


@given(states, answers())
def test_trouble_is_told_exactly_when_there_is_some(state: PushState, answer: PushAnswer) -> None:
    """A fork is one when head office says so or stands on another hash; more records than ours mean that we are older."""
    trouble = push.next_state(state, answer, own_hash(answer.seq)).trouble
    if answer.outcome == "fork":
        assert trouble == push.FORKED
    elif answer.seq > HEAD:
        assert trouble == push.ROLLED_BACK
    else:
        assert (trouble == push.FORKED) == (answer.hash != HASHES[answer.seq])


@given(states, answers())
def test_records_that_were_deleted_are_not_taken_for_a_fork(state: PushState, answer: PushAnswer) -> None:
    """Head office back before them has lost a backup: that is told as it is, and the push stays where it was."""
    after = push.next_state(state, answer, push.PRUNED_HASH)
    assert after.trouble == (push.FORKED if answer.outcome == "fork" else push.PRUNED)
    assert (after.seq, after.hash) == (state.seq, state.hash)


@given(states, answers(), st.integers(0, HEAD + 1))
def test_what_is_in_a_backup_is_what_head_office_said_last(state: PushState, answer: PushAnswer, durable: int) -> None:
    """Whatever else its answer did."""
    said = replace(answer, durable_seq=min(durable, answer.seq))
    assert push.next_state(state, said, own_hash(answer.seq)).durable_seq == said.durable_seq


@given(states, answers())
def test_the_same_answer_twice_is_the_same_as_once(state: PushState, answer: PushAnswer) -> None:
    """A repeated answer has no effect of its own."""
    once = push.next_state(state, answer, own_hash(answer.seq))
    assert push.next_state(once, answer, own_hash(answer.seq)) == once


def test_a_trouble_is_over_when_head_office_stands_on_our_chain_again() -> None:
    """Once a person has mended it and the push goes on, the word is gone."""
    troubled = PushState(3, HASHES[3], "one", push.FORKED)
    assert push.next_state(troubled, PushAnswer("stored", 5, HASHES[5], "one", 0), HASHES[5]).trouble == ""


@given(st.text(max_size=20), st.booleans(), st.booleans())
def test_pull_waits_for_news_only_at_the_end_of_the_feed(cursor: str, more: bool, caught_up: bool) -> None:
    """The next request asks from the page's cursor, and waits if there was no more."""
    after = pull.next_state(PullState("old", "one", caught_up), FeedPage(cursor, (), more, "two", 0))
    asked = pull.request(after, Health(3, 17, "0.1", disk="disk_full"))
    assert after == PullState(cursor, "two", not more)
    assert (asked.cursor, asked.wait_s > 0) == (cursor, not more)
    assert (asked.queued_records, asked.queued_since_ms, asked.posd_version) == (3, 17, "0.1")
    assert asked.disk == "disk_full"


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
    push.next_state(state, PushAnswer("stored", 4, HASHES[4], "two", 0), HASHES[4])
    assert state == replace(state)
    assert state.seq == 2
