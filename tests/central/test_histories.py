"""Whatever terminals do, in whatever order it arrives: the books are right."""

import asyncio
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from central import audit, holds, ingest, members
from central.apply import Applier
from central.clock import now_ms
from central.store import members as rows
from central.store import terminals
from central.store.opening import open_store
from loyalty.agreement import Hold
from loyalty.quote import Choice
from loyalty.sale import ReturnedLine
from sync import wire
from tests.samples import HANDLE, basket, cafe, member, sold
from tests.terminals import FieldTerminal

TERMINALS = 3
OTHER = "ff" * 10

steps = st.lists(
    st.one_of(
        st.tuples(st.just("sell"), st.integers(0, 2), st.integers(100, 30000), st.sampled_from(["", HANDLE, OTHER])),
        st.tuples(st.just("spend"), st.integers(0, 2), st.integers(1000, 9000), st.booleans()),
        st.tuples(st.just("hold"), st.integers(0, 2), st.integers(1, 200), st.booleans()),
        st.tuples(st.just("void"), st.integers(0, 2), st.integers(0, 9), st.booleans()),
        st.tuples(st.just("return"), st.integers(0, 2), st.integers(0, 9), st.integers(1, 1500)),
        st.tuples(st.just("repeat"), st.integers(0, 2), st.integers(0, 9), st.integers(0, 2)),
        st.tuples(st.just("push"), st.integers(0, 2), st.integers(1, 9), st.booleans()),
    ),
    max_size=25,
)


class Story:
    """Three terminals and the holds and sales they know of."""

    def __init__(self, store):
        self.store, self.out, self.sales, self.holds = store, [], [], []
        self.applier = Applier(store, now_ms, lambda: None)

    async def begin(self):
        """Enrol them."""
        for number in range(TERMINALS):
            one = FieldTerminal(chain=f"{number:032x}")

            def enrol(db, one=one, number=number):
                made = terminals.ensure(db, "Allenby 12", f"Till {number}", "Asia/Jerusalem", f"{number:016x}")
                terminals.add_code(db, made.id, f"hash {number}", 1)
                terminals.enrol(db, terminals.code_of(db, f"hash {number}"), one.chain, one.public_key, 0)
                return made.code

            one.code, one.epoch = await self.store.run(enrol), 1
            self.out.append(one)

    async def sell(self, who, amount, handle):
        """A sale with or without a member."""
        sale = sold(cafe(), replace(member(), handle=handle) if handle else None, basket(amount, 500))
        self.sales.append((self.out[who].sells(sale), sale))

    async def spend(self, who, amount, known):
        """A sale that lists a hold, one of its own or one that head office has never heard of."""
        hold = next((one for one in self.holds if known and one[0] == who), (who, self.out[who].any_id()))
        sale = sold(cafe(), member(100), basket(amount), Choice("ten_off"))
        if sale.redemptions:
            sale = replace(sale, holds=(Hold(hold[1], "point", 100),))
        self.sales.append((self.out[who].sells(sale), sale))

    async def hold(self, who, pieces, repeat):
        """Ask for a hold, perhaps twice."""
        key = await self.store.read(terminals.key, self.out[who].code, 1)
        hold_id = self.out[who].any_id()
        for _ in range(2 if repeat else 1):
            await self.store.run(holds.hold, key.terminal, wire.HoldRequest(hold_id, HANDLE, "point", pieces), now_ms())
        self.holds.append((who, hold_id))

    async def void(self, who, which, _):
        """Cancel what may or may not be held, by whoever."""
        hold_id = self.holds[which % len(self.holds)][1] if self.holds else self.out[who].any_id()
        self.out[who].voids(HANDLE, Hold(hold_id, "point", 50))

    async def give_back(self, who, which, quantity):
        """Return some of any sale at any terminal, perhaps too much, perhaps before the sale has come."""
        if self.sales:
            record, sale = self.sales[which % len(self.sales)]
            self.out[who].takes_back(record.id, ReturnedLine("1", quantity), sale=sale)

    async def repeat(self, who, which, _):
        """The same till request in another journal."""
        if self.sales:
            record, _sale = self.sales[which % len(self.sales)]
            self.out[who].record("sale", record.id, wire.read_body(wire.read_envelope(record.bytes)))

    async def push(self, who, last, apply):
        """Deliver the beginning of a journal, perhaps again, and perhaps apply it."""
        terminal = self.out[who]
        if terminal.records[:last]:
            key = await self.store.read(terminals.key, terminal.code, 1)
            batch = ingest.read_batch(terminal.batch(1, last))
            answer = await self.store.run(ingest.ingest, key, batch, now_ms())
            assert answer.outcome == "stored"
        if apply:
            await self.applier.apply_pending()


async def live(drawn, url):
    """Go through the steps, deliver the rest, and look at the books."""
    async with open_store(url) as store:
        story = Story(store)
        await story.begin()
        for name, *values in drawn:
            await getattr(story, {"return": "give_back"}.get(name, name))(*values)
        for who, terminal in enumerate(story.out):
            await story.push(who, len(terminal.records) or 1, apply=True)
        found = await store.read(audit.check)
        assert (found.balances, found.journals) == ([], [])
        return await store.read(
            lambda db: {m.handle: members.balances_of(db, [m])[m.id] for m in rows.find(db, "", 100)}
        ), found.records


@settings(max_examples=15)
@given(drawn=steps)
def test_balances_are_the_sum_of_their_entries(drawn, new_url):
    """After any history every balance equals its entries, and every record is stored once."""
    _, records = asyncio.run(live(drawn, new_url()))
    assert records >= sum(step[0] in {"sell", "spend", "void"} for step in drawn)


@settings(max_examples=8)
@given(
    amounts=st.lists(st.tuples(st.integers(0, 2), st.integers(100, 9000)), max_size=8), order=st.permutations(range(TERMINALS))
)
def test_the_order_of_arrival_does_not_matter(amounts, order, new_url):
    """Whichever terminal comes back first, members end up with the same."""

    async def told(sequence):
        async with open_store(new_url()) as store:
            story = Story(store)
            await story.begin()
            for who, amount in amounts:
                await story.sell(who, amount, HANDLE)
                await story.give_back((who + 1) % TERMINALS, len(story.sales) - 1, 300)
            for who in sequence:
                await story.push(who, len(story.out[who].records) or 1, apply=True)
            return await store.read(lambda db: [members.balances_of(db, [m]) for m in rows.find(db, "", 9)])

    assert asyncio.run(told(order)) == asyncio.run(told(range(TERMINALS)))
