"""Late claims at head office: the first one wins, whatever comes in whatever order, and the books stay right."""

import asyncio
import itertools
import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner

from central import claims as claiming
from central import merging
from central.cli import group
from central.store.audit import Clerk
from loyalty.joining import Claim, Desk
from loyalty.sale import ReturnedLine
from tests.central.test_apply import books_are_right, states
from tests.samples import HANDLE, basket, cafe, member, sold, till

DAY = "2026-11-18"
OTHER = "ab" * 10


def buys(terminal, *amounts, number="1234", day=DAY, who=None):
    """A purchase, without a card where nobody is said."""
    sale = sold(cafe(), who, basket(*amounts))
    sale = replace(sale, till=replace(till(number), business_date=day))
    return terminal.sells(sale), sale


def claims(terminal, sale="", handle=HANDLE, number="", day=DAY):
    """A claim made on the sample's day, or on `day`."""
    body = Claim(Desk("till-1", "7", day), terminal.any_id() * 2, handle, sale, number, DAY if number else "")
    return terminal.record("claim", terminal.any_id(), body)


async def reasons(office):
    """Why what is dead is dead."""
    return [reason.split(":")[0] for state, reason in await states(office) if state == "dead"]


CLUB = """
code = "cafe"
version = 3
name.he = "מועדון"
name.en = "Club"
units.point = { name.he = "נקודות", name.en = "points" }
units.standing = { name.he = "מעמד", name.en = "standing" }
accruals.points = { type = "per_money", unit = "point", every = "1.00" }
accruals.standing = { type = "per_money", unit = "standing", every = "1.00", by_tier = false }
"""


@pytest.fixture
def published(tmp_path):
    """The program that the sample's sales name, so that head office works claims out by it."""
    file = tmp_path / "club.toml"
    file.write_text(CLUB)
    return file


async def test_a_claim_gives_what_the_sale_earned(office):
    """By the program stamped on it, once; the visit and the money count too, and the list shows whose it is."""
    terminal = await office.terminal()
    record, _ = buys(terminal, 1250, 800)
    claims(terminal, record.id)
    await office.deliver()
    assert await office.balances(HANDLE) == {"point": 20, "standing": 20}
    await office.deliver()
    assert await office.balances(HANDLE) == {"point": 20, "standing": 20}
    assert await reasons(office) == []
    await books_are_right(office)


async def test_the_first_claim_wins(office):
    """A second one, the same member's too, is a dead letter that says so."""
    terminal, other = await office.terminal(), await office.terminal()
    record, _ = buys(terminal, 1000)
    claims(terminal, record.id)
    claims(other, record.id, OTHER)
    claims(other, record.id)
    await office.deliver()
    assert await reasons(office) == ["sale_claimed"] * 2
    assert (await office.balances(HANDLE), await office.balances(OTHER)) == ({"point": 10, "standing": 10}, {})
    await books_are_right(office)


async def test_a_claim_that_overtakes_its_sale_waits(office):
    """Named by its id or by its receipt, from a till of the same store; another store's receipt is another sale."""
    terminal, other = await office.terminal(), await office.terminal()
    record, _ = buys(terminal, 1000, number="1")
    claims(other, record.id)
    claims(other, number="2", handle=OTHER)
    await office.deliver(other)
    assert [one for one in await states(office) if one[0] == "waiting"] == [
        ("waiting", f"for sale {record.id}"),
        ("waiting", f"for sale receipt 2 of {DAY} in Allenby 12"),
    ]
    buys(terminal, 3000, number="2")
    await office.deliver(terminal)
    assert await office.balances(HANDLE) == {"point": 10, "standing": 10}
    assert await office.balances(OTHER) == {"point": 30, "standing": 30}
    assert {state for state, _ in await states(office)} == {"applied"}


async def test_head_office_claims_for_who_stays(office):
    """Where the customer still names the card that was merged into another."""
    terminal = await office.terminal()
    record, _ = buys(terminal, 700)
    for handle in (OTHER, HANDLE):
        buys(terminal, 1000, who=replace(member(), handle=handle))
    await office.deliver()
    await office.store.run(merging.merge, OTHER, HANDLE, Clerk("office", "two cards"), 9)
    await office.store.run(merging.finish, 9)
    await office.store.run(claiming.claim_by_clerk, OTHER, record.id, Clerk("office", "they called"), 9)
    assert await office.balances(OTHER) == {"point": 0, "standing": 0}
    assert await office.balances(HANDLE) == {"point": 27, "standing": 27}
    await books_are_right(office)


async def test_what_cannot_be_claimed_is_a_dead_letter(office):
    """A member's own sale, one too long ago, one of which all came back, a receipt that several sales have, a return."""
    terminal = await office.terminal()
    own, _ = buys(terminal, 1000, who=member())
    old, _ = buys(terminal, 1000, day="2026-10-10", number="1")
    gone, sale = buys(terminal, 1000, number="2")
    back = terminal.takes_back(gone.id, ReturnedLine("1", 1000), sale=replace(sale, till=till("3")))
    buys(terminal, 1000, number="4")
    buys(terminal, 1000, number="4")
    for record in (own, old, gone, back):
        claims(terminal, record.id, OTHER)
    claims(terminal, number="4", handle=OTHER)
    await office.deliver()
    assert await reasons(office) == ["sale_has_member", "claim_late", "sale_returned", "not_a_sale", "sale_ambiguous"]
    assert await office.balances(OTHER) == {}
    await books_are_right(office)


async def test_returns_before_and_after_take_back_their_share(office):
    """In whatever order claim and returns come: what stays is what was kept, and in the end nothing."""
    for n, order in enumerate(itertools.permutations(("claim", "one", "two"))):
        handle, terminal = f"{n:020x}", await office.terminal()
        record, sale = buys(terminal, 3000, 2000, number=f"s{n}")
        for what in order:
            if what == "claim":
                claims(terminal, record.id, handle)
            else:
                line = "1" if what == "one" else "2"
                terminal.takes_back(record.id, ReturnedLine(line, 500), sale=replace(sale, till=till(f"{n}{what}")))
        await office.deliver(terminal)
        assert await office.balances(handle) == {"point": 25, "standing": 25}, order
        for line in ("1", "2"):
            terminal.takes_back(record.id, ReturnedLine(line, 500), sale=replace(sale, till=till(f"{n}last{line}")))
        await office.deliver(terminal)
        assert await office.balances(handle) == {"point": 0, "standing": 0}, order
    assert await reasons(office) == []
    await books_are_right(office)


async def test_head_office_claims_too(office, url, tmp_path):
    """By id or receipt, with who and why in the audit log; the same again is refused, and so is nobody."""
    terminal, today = await office.terminal(), datetime.now(UTC).date().isoformat()
    first, _ = buys(terminal, 1000, number="1", day=today)
    second, _ = buys(terminal, 2000, number="2")
    claims(terminal, second.id, OTHER)
    await office.deliver()
    config = tmp_path / "central.toml"
    config.write_text(f'state_dir = "{tmp_path}"\ndatabase = "{url}"\n')

    async def ask(*words):
        whole = ["member", "claim", *words, "--reason", "forgot", "--config", str(config), "--json"]
        return await asyncio.to_thread(CliRunner().invoke, group, whole)

    where = ("--receipt", "1", "--date", today, "--store", "Allenby 12")
    assert (await ask("cd" * 10, *where)).exception.code == "member_unknown"
    assert json.loads((await ask(OTHER, *where)).stdout) == {"handle": OTHER, "sale": first.id}
    assert await office.balances(OTHER) == {"point": 30, "standing": 30}
    for words, why in (
        ((OTHER, "--sale", first.id), "sale_claimed"),
        ((OTHER, "--sale", "ef" * 16), "sale_unknown"),
        ((OTHER, "--receipt", "9", "--date", today, "--store", "Allenby 12"), "sale_unknown"),
    ):
        assert (await ask(*words)).exception.code == why
    assert (await ask(OTHER, "--receipt", "9")).exit_code == 2
    await books_are_right(office)
