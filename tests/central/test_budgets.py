"""Budgets and prizes through the real stores of head office and of terminals."""

import contextlib
from dataclasses import dataclass, replace
from typing import Any

import pytest
import sqlalchemy as sa

from central import audit, enrol, members, programs
from central.clock import now_ms
from central.store import budgets as shares
from central.store import programs as rows
from central.store.tables import TRANSACTIONS
from loyalty.basket import Basket, Line, Tender
from loyalty.journal import Draft, Stamp
from loyalty.sale import Enrol, ReturnedLine, TillReference
from posd.booking import BroughtBack, Paid
from posd.checkout import Checkout
from posd.clock import clock_in
from posd.quoting import Ask
from posd.store import agreements, budgets, journal, pages
from posd.store import members as cache
from posd.store.database import open_store
from sync import batch, program_file, pull, wire
from sync.loop import Link
from tests.terminals import FieldTerminal, entity

NAME = {"he": "מבצע", "en": "Deal"}
DATE = "2026-11-21"
CARD = "2900000000018"
VALUES: dict[str, Any] = {
    "code": "cafe",
    "version": 2,
    "name": NAME,
    "plain_prefixes": ["29"],
    "units": {"points": {"name": NAME}},
    "promotions": {
        "few": {"type": "amount_off", "name": NAME, "amount": "1.00", "limits": {"budget_uses": 7}},
    },
    "pools": {"lucky": {"name": NAME, "chance": 100, "prizes_max": 5, "prize": [{"unit": "points", "give": 20}]}},
}


def changed(version, **few):
    """The program again, with another budget."""
    few = {**VALUES["promotions"]["few"], "limits": {"budget_uses": few.get("uses", 7)}}
    return {**VALUES, "version": version, "promotions": {"few": few}}


async def publish(office, values):
    """Published at once."""
    program, mistakes = program_file.parse(values)
    assert program, mistakes
    await office.store.run(programs.publish, program, values, now_ms(), 0)


@dataclass
class Real:
    """A terminal with its real store and its real line, and its wire to head office."""

    office: Any
    store: Any
    terminal: FieldTerminal
    checkout: Checkout
    sold: int = 0

    async def pulls(self):
        """All pages of the feed, asked for and saved as the sync loop does; from its beginning, not by a snapshot."""
        while True:
            state = await self.store.look(journal.pull_state)
            given = await self.store.look(budgets.given)
            asked = pull.request(replace(state, caught_up=False), pull.Health(0, 0, "0.1", given))
            page = await self.office.ask(self.terminal, "/v1/feed", replace(asked, snapshots=False), wire.FeedPage)
            await self.store.run(pages.save_page, wire.entities_of(page), pull.next_state(state, page))
            if not page.more:
                return

    async def pushes(self):
        """Its whole journal, and head office applies it."""
        found = await self.store.look(journal.records_after, 0, 500, 1 << 20)
        answer = await self.office.push_bytes(self.terminal, batch.pack(found))
        assert answer.outcome == "stored"
        await self.office.apply()

    def till(self):
        """The till's next receipt."""
        self.sold += 1
        return TillReference("1", "", str(self.sold), DATE)

    def ask(self):
        """What the till asks about."""
        return Ask(Basket((Line("1", "bread", 1000),)), CARD)

    async def sells(self, **fields):
        """A member buys bread: what was booked."""
        till = self.till()
        fields = fields or {"ask": self.ask()}
        return await self.checkout.commit(Paid(till.receipt_number, "f" * 64, till, (Tender("cash", 1000),), **fields))

    async def left(self):
        """What it may still give."""
        return await self.store.look(budgets.left)


@contextlib.asynccontextmanager
async def real(office, folder):
    """A new one, enrolled through the wire."""
    folder.mkdir()
    async with open_store(folder) as store:
        me = await store.look(journal.identity)
        terminal = FieldTerminal(chain=me.chain)
        code = (await office.store.run(enrol.new_code, ("Allenby 12", folder.name), "Asia/Jerusalem", now_ms())).code
        answer = await office.enrol(terminal, code)
        terminal.code, terminal.epoch = answer.terminal, answer.epoch
        first = Draft("enrol", terminal.any_id(), Enrol("0.1", answer.store))
        await store.run(journal.enrol, answer, Stamp(0, 0), first)
        yield Real(
            office, store, terminal, Checkout(store, clock_in(""), Link(online=True), answer.terminal, None, prints=False)
        )


@pytest.fixture
async def town(office, tmp_path):
    """Two terminals, a member, and the program published when both were there."""
    async with real(office, tmp_path / "a") as first, real(office, tmp_path / "b") as second:
        await office.store.run(members.add, "חבר", CARD, now_ms())
        await publish(office, VALUES)
        for one in (first, second):
            await one.pulls()
        yield first, second


def uses(booked):
    """Which rules with a budget gave something."""
    return sorted(use.rule for use in booked.body.extras.uses)


async def test_shares_bound_what_terminals_give_without_a_word(town, office):
    """Head office told each its part; neither ever gives more, and together they give just the budgets."""
    first, second = town
    assert await first.left() == {"few": 4, "lucky": 3}
    assert await second.left() == {"few": 3, "lucky": 2}
    given = [uses(await one.sells()) for one in (first, second) for _ in range(6)]
    assert sum("few" in one for one in given) == 7
    assert sum("lucky" in one for one in given) == 5
    await first.pushes()
    await second.pushes()
    found = await office.store.read(audit.check)
    assert (found.budgets, found.balances) == ([], [])
    assert await office.store.read(lambda db: set(db.execute(sa.select(TRANSACTIONS.c.differs)).scalars())) == {""}
    handle = await office.store.read(lambda db: db.execute(sa.text("SELECT handle FROM member")).scalar())
    assert (await office.balances(handle))["points"] == 100


async def test_a_promise_takes_its_part_before_it_is_paid(town):
    """Two promises never share the last piece; cancelled, it is there again; kept, it is taken once."""
    first, _ = town
    promised = [await first.checkout.agree(first.ask()) for _ in range(5)]
    assert [bool(one.extras.uses) for one in promised] == [True] * 4 + [False]
    assert (await first.left())["few"] == 0
    await first.checkout.cancel(promised[0].id)
    await first.checkout.cancel(promised[0].id)
    assert (await first.left())["few"] == 1
    await first.sells(agreement=promised[1].id)
    assert (await first.left())["few"] == 1
    await first.sells(agreement=promised[0].id)  # the till has given it all the same: it is booked, and flagged
    assert (await first.left())["few"] == 0
    kept = await first.store.look(agreements.find, promised[0].id)
    assert kept.state == agreements.CANCELLED


async def test_a_return_puts_uses_back_but_no_prize(town):
    """With the whole of a sale of its own."""
    first, _ = town
    sale = await first.sells()
    assert await first.left() == {"few": 3, "lucky": 2}
    back = BroughtBack("r1", "e" * 64, first.till(), (ReturnedLine("1", 1000),), sale=sale.id)
    await first.checkout.give_back(back)
    assert await first.left() == {"few": 4, "lucky": 2}
    await first.pushes()
    assert await first.office.store.read(shares.used) == {"few": 0, "lucky": 1}


async def test_the_same_key_is_never_drawn_twice(town):
    """A repeated request gets the sale that is booked: one draw for one sale."""
    first, _ = town
    till = first.till()
    paid = Paid("k", "f" * 64, till, (Tender("cash", 1000),), ask=first.ask())
    booked, again = await first.checkout.commit(paid), await first.checkout.commit(paid)
    assert again.replayed
    assert again.body == booked.body
    assert (await first.left())["lucky"] == 2


async def test_a_terminal_that_came_later_gets_its_part_at_the_next_publication(town, office, tmp_path):
    """Nothing until then; then an equal part of what is left, as the others let go of it, and never before."""
    first, second = town
    await first.sells()
    await first.pushes()
    async with real(office, tmp_path / "c") as third:
        await third.pulls()
        assert await third.left() == {}
        assert uses(await third.sells()) == []
        await publish(office, changed(3))
        await third.pulls()
        assert sum((await third.left()).values()) == 0
        await second.sells()
        for one in (first, second, third):
            await one.pulls()
        assert [(await one.left())["few"] for one in (first, second)] == [2, 1]
        for one in (first, second):
            await one.pulls()  # it says that it goes by that now
        await third.pulls()
        assert (await third.left())["few"] == 2
        given = [uses(await one.sells()) for one in (first, second, third) for _ in range(6)]
        assert 2 + sum("few" in one for one in given) == 7
        assert 2 + sum("lucky" in one for one in given) <= 5
        for one in (first, second, third):
            await one.pushes()
    assert (await office.store.read(audit.check)).budgets == []


async def test_a_budget_that_is_raised_or_ends(town, office):
    """More of it is for all; a rule that is gone gives nothing more."""
    first, second = town
    await publish(office, changed(3, uses=17))
    for one in (first, second):
        await one.pulls()
    assert [(await one.left())["few"] for one in (first, second)] == [9, 8]
    await publish(office, {**VALUES, "version": 4, "promotions": {}})
    await first.pulls()
    assert (await first.left())["few"] == 0


async def test_a_new_journal_of_a_terminal_counts_from_nothing(town, office):
    """Enrolled again it is told nothing, whatever its old journal was told: that may still be giving."""
    assert len(town) == 2
    code = (await office.store.run(enrol.new_code, ("Allenby 12", "a"), "Asia/Jerusalem", now_ms())).code
    fresh = FieldTerminal()
    answer = await office.enrol(fresh, code)
    fresh.code, fresh.epoch = answer.terminal, answer.epoch
    page = await office.feed(fresh)
    assert [entity(row).shares for row in page.rows if row.kind == "share"] == [{}]


async def test_every_terminal_reads_its_own_share_alone(town, office):
    """And all of them the same key with the program."""
    first, second = town
    found = [await office.feed(one.terminal) for one in (first, second)]
    shares = [[entity(row).shares for row in page.rows if row.kind == "share"] for page in found]
    assert shares == [[{"few": 4, "lucky": 3}], [{"few": 3, "lucky": 2}]]
    keys = {entity(row).pool_key for page in found for row in page.rows if row.kind == "program" and entity(row).version == 2}
    assert keys == set((await office.store.read(rows.pool_keys, [2])).values())
    assert [len(key) for key in keys] == [64]
    assert (await office.store.read(rows.pool_keys, [1])) == {1: ""}


async def test_a_forged_prize_is_seen(town, office):
    """Another prize than the draw says, or none, is booked and named."""
    first, _ = town
    booked = await first.sells()
    sale = booked.body
    won = [one for one in sale.accruals if one.rule == "lucky"]
    more = replace(won[0], pieces=2000, by_line=(2000,))
    kept = tuple(use for use in sale.extras.uses if use.rule != "lucky")
    for body in (replace(sale, accruals=(more,)), replace(sale, accruals=(), extras=replace(sale.extras, uses=kept))):
        other = await office.terminal()
        other.sells(replace(body, agreement=""))
        await office.deliver(other)
    differs = await office.store.read(lambda db: db.execute(sa.select(TRANSACTIONS.c.differs)).scalars().all())
    assert list(differs) == ["prize", "prize"]


async def test_check_names_a_budget_that_was_overdrawn(town, office):
    """What a rogue terminal has given beyond every published budget is found."""
    first, _ = town
    sale = (await first.sells()).body
    other = await office.terminal()
    for number in range(8):
        other.sells(sale, f"again-{number}")
    await office.deliver(other)
    found = await office.store.read(audit.check)
    assert found.budgets == [
        "budget of few: 8 given, and no version allows more than 7",
        "budget of lucky: 8 given, and no version allows more than 5",
    ]


async def test_the_member_sees_the_prize_at_once(town):
    """In the balance of the terminal that gave it."""
    first, _ = town
    await first.sells()
    found = await first.store.look(cache.by_code, CARD, DATE)
    assert found.member.balances["points"] == 20
    assert found.member.spendable["points"] == 0
