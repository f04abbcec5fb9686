"""Where a pushed batch belongs: laws over journals that leave each other at any place, pushed in any pieces."""

from hypothesis import given
from hypothesis import strategies as st

from central.lineage import Batch, locate
from central.store.chains import Line
from loyalty.journal import FIRST_PREV_HASH, Head, Sealed, chain_hash
from sync.push import PushState, next_state
from sync.wire import BATCH_RECORDS_MAX, PushAnswer

LENGTH = 1300  # more than two batches


def history(name: str, shared: list[Sealed], length: int = LENGTH) -> list[Sealed]:
    """A journal that goes on from `shared` in its own way."""
    found, before = list(shared), shared[-1].hash if shared else FIRST_PREV_HASH
    for seq in range(len(shared) + 1, length + 1):
        data = f"{name} {seq}".encode()
        before = chain_hash(before, data)
        found.append(Sealed(seq, f"{seq:032x}", "sale", data, before))
    return found


FIRST = history("first", [])


def hash_of(records: list[Sealed], seq: int) -> str:
    return records[seq - 1].hash if seq else FIRST_PREV_HASH


class Office:
    """Keeps lines in memory as ingest keeps them in the database."""

    def __init__(self) -> None:
        self.lines = [Line(0, 0, Head(), Head(), 0)]
        self.records: list[dict[int, Sealed]] = [{}]
        self.asked = 0

    def hash_at(self, line: Line, seq: int) -> str:
        self.asked += 1
        if seq == line.base.seq:
            return line.base.hash
        return self.records[line.id][seq].hash

    def push(self, batch: list[Sealed], prev_hash: str) -> tuple[str, Head]:
        found = locate(self.lines, Batch(prev_hash, batch), self.hash_at)
        if found.outcome == "gap":
            return "gap", found.at
        line = found.line
        if found.outcome == "fork":
            line = Line(len(self.lines), len(self.lines), found.at, found.at, 0)
            self.lines.append(line)
            self.records.append({})
        new = [one for one in batch if one.seq > found.at.seq]
        assert [one.seq for one in new] == list(range(line.head.seq + 1, line.head.seq + 1 + len(new))), "a hole in a line"
        self.records[line.id] |= {one.seq: one for one in new}
        if new:
            self.lines[line.id] = line._replace(head=Head(new[-1].seq, new[-1].hash))
        return found.outcome, self.lines[line.id].head

    def has(self, one: Sealed) -> bool:
        return any(kept.get(one.seq) == one for kept in self.records)


def push_all(office: Office, journal: list[Sealed], acked: int, size: int) -> int:
    """As a terminal does it: from where head office says that it stands; how many pushes that took."""
    pushes = 0
    while acked < len(journal):
        pushes += 1
        assert pushes < 4 * LENGTH, "it does not come to an end"
        batch = journal[acked : acked + size]
        outcome, head = office.push(batch, hash_of(journal, acked))
        own_hash = hash_of(journal, head.seq) if head.seq <= len(journal) else None
        state = PushState(acked, hash_of(journal, acked))
        answer = PushAnswer(outcome, head.seq, head.hash, "one", 0)
        assert outcome == "gap" or all(office.has(one) for one in batch), "it acknowledged what it has not stored"
        acked = next_state(state, answer, own_hash, Head(acked + len(batch), batch[-1].hash)).seq
    return pushes


places = st.integers(0, LENGTH)


@given(st.tuples(places, places, places), st.integers(1, LENGTH), st.sampled_from([7, 100, BATCH_RECORDS_MAX]), st.booleans())
def test_every_record_of_every_copy_is_stored(at: tuple[int, int, int], known: int, size: int, of_second: bool) -> None:
    """Two copies leave the first journal, the third perhaps the second, and each believes that anything was acknowledged: head
    office ends with every record of both, and each of its lines is whole.
    """
    left, again, acked = at
    second = history("second", FIRST[:left], left + 20)
    third = history("third", (second if of_second else FIRST)[:again], again + 20)
    office = Office()
    push_all(office, FIRST[:known], 0, BATCH_RECORDS_MAX)
    for journal in (second, third):
        push_all(office, journal, max(0, min(acked, len(journal)) - 1), size)
    for journal in (second, third):
        assert all(office.has(one) for one in journal)
    for line, kept in zip(office.lines, office.records, strict=True):
        assert sorted(kept) == list(range(line.base.seq + 1, line.head.seq + 1))
        before = line.base.hash
        for seq in sorted(kept):
            before = chain_hash(before, kept[seq].bytes)
            assert before == kept[seq].hash


def test_where_a_copy_left_is_found_in_few_looks() -> None:
    """The place where a batch of 500 leaves a line costs a logarithm, not 500 look-ups."""
    office = Office()
    push_all(office, FIRST[:900], 0, BATCH_RECORDS_MAX)
    office.asked = 0
    twin = history("twin", FIRST[:733], 900)
    assert office.push(twin[500:], twin[499].hash)[0] == "fork"
    assert office.lines[1].base == Head(733, FIRST[732].hash)
    assert office.asked < 20


def test_a_copy_that_shows_too_little_goes_back_a_batch_at_a_time() -> None:
    """Head office cannot tell where it left, and asks for what came before; never for the same again."""
    office = Office()
    push_all(office, FIRST[:1300], 0, BATCH_RECORDS_MAX)
    twin = history("twin", FIRST[:10], 1200)
    outcome, at = office.push(twin[1100:1150], twin[1099].hash)
    assert (outcome, at.seq) == ("gap", 600)
    outcome, at = office.push(twin[600:1100], twin[599].hash)
    assert (outcome, at.seq) == ("gap", 100)
