"""Joining as head office hears of it: records in any order, what was given beside them, and its erasure."""

import asyncio
import json
from dataclasses import replace

from click.testing import CliRunner

from central import merging, people
from central.cli import group
from central.store import members as rows
from central.store import people as stored
from central.store.audit import Clerk
from loyalty.joining import Alias, Desk, Join, Person, content_hash
from sync import wire
from sync.joining import AttachmentAnswer, AttachmentRequest
from tests.central.test_apply import books_are_right, states
from tests.samples import HANDLE, basket, cafe, member, sold
from tests.terminals import entity

DESK = Desk("till-1", "7", "2026-11-18")
NOBODY = Clerk("office", "asked")


def person(first_name="Member", phone="+972501234567", salt="5a" * 16):
    """What somebody gave."""
    return Person(salt, first_name, phone, "he", "terms 3").content


def joins(terminal, content, handle=HANDLE, code=""):
    """A record of it, with its attachment as it will be sent."""
    body = Join(DESK, terminal.any_id() * 2, handle, code, "terms 3", content_hash(content))
    record = terminal.record("join", terminal.any_id(), body)
    return AttachmentRequest(record.id, record.seq, content)


async def attaches(office, terminal, request):
    """Send it; head office's word."""
    answer = await office.ask(terminal, "/v1/attachments", request, AttachmentAnswer)
    return answer.outcome if isinstance(answer, AttachmentAnswer) else answer.code


async def seen(office, handle=HANDLE):
    """The member."""
    return await office.store.read(rows.by_handle, handle)


async def found(office, text):
    """Handles that a search brings."""
    return [one.handle for one in await office.store.read(people.find, text, 10)]


async def test_a_join_makes_a_member(office):
    """Since the till's day, no more provisional, greeted by name once what they gave has come."""
    terminal = await office.terminal()
    request = joins(terminal, person())
    await office.deliver()
    made = await seen(office)
    assert (made.provisional, made.joined, made.first_name) == (False, "2026-11-18", "")
    assert await attaches(office, terminal, request) == "stored"
    assert (await seen(office)).first_name == "Member"
    page = await office.feed(terminal)
    assert [one.first_name for one in map(entity, page.rows) if isinstance(one, wire.MemberRow)] == ["Member"]


async def test_what_they_gave_may_come_before_the_record_has_its_effect(office):
    """The name is there with the member."""
    terminal = await office.terminal()
    request = joins(terminal, person())
    await office.push(terminal)
    assert await attaches(office, terminal, request) == "stored"
    assert await seen(office) is None
    await office.apply()
    assert (await seen(office)).first_name == "Member"


async def test_a_sale_before_its_join_is_no_dead_letter(office):
    """Another store's sale with the new card comes first: the member is provisional until the Join, and keeps what was earned."""
    terminal, other = await office.terminal(), await office.terminal()
    other.sells(sold(cafe(), member(), basket(1000)))
    await office.deliver(other)
    assert (await seen(office)).provisional
    joins(terminal, person())
    await office.deliver(terminal)
    made = await seen(office)
    assert (made.provisional, made.visits, made.joined) == (False, 1, "2026-11-18")
    assert await office.balances(HANDLE) == {"point": 10, "standing": 10}
    assert {state for state, _ in await states(office)} == {"applied"}
    await books_are_right(office)


async def test_the_first_join_of_a_handle_counts(office):
    """A second one (a copied disk) is a dead letter; its attachment changes nothing and is erased with the others."""
    terminal, copy = await office.terminal(), await office.terminal()
    joins(terminal, person())
    second = joins(copy, person("Other", "+972509999999"))
    await office.deliver()
    assert [state for state, reason in await states(office) if reason.startswith("member_already")] == ["dead"]
    assert await attaches(office, copy, second) == "stored"
    assert (await seen(office)).first_name == ""
    assert await office.store.run(people.erase, HANDLE, NOBODY, 9) == 2
    assert await found(office, "+972509999999") == []


async def test_a_join_after_its_card_was_merged_is_no_dead_letter(office):
    """Its terminal was away while another one sold and merged with the card: the name and the plain card are who stays's, who
    joined on the earlier day, and the books stay right.
    """
    terminal, other = await office.terminal(), await office.terminal()
    stays = "bb" * 10
    other.sells(sold(cafe(), member(), basket(1000)))
    other.record("join", other.any_id(), Join(replace(DESK, business_date="2026-11-20"), "e" * 64, stays, "", "t", "0" * 64))
    other.record("alias", other.any_id(), Alias(DESK, "f" * 64, HANDLE, stays))
    await office.deliver(other)
    await office.store.run(merging.finish, 9)
    request = joins(terminal, person(), code="2900000000018")
    await office.deliver(terminal)
    assert await attaches(office, terminal, request) == "stored"
    assert {state for state, _ in await states(office)} == {"applied"}
    card, who = await seen(office), await seen(office, stays)
    assert (card.provisional, who.joined, who.first_name) == (False, "2026-11-18", "Member")
    assert await found(office, "+972501234567") == [stays]
    assert await office.balances(stays) == {"point": 10, "standing": 10}
    joins(terminal, person())
    await office.deliver(terminal)
    assert [reason.split(":")[0] for state, reason in await states(office) if state == "dead"] == ["member_already"]
    await books_are_right(office)


async def test_a_plain_card_is_theirs_unless_somebody_has_it(office):
    """The join counts either way."""
    terminal = await office.terminal()
    joins(terminal, person(), code="2900000000018")
    joins(terminal, person(), handle="bb" * 10, code="2900000000018")
    await office.deliver()
    assert (await seen(office, "bb" * 10)).provisional is False
    assert await found(office, "2900000000018") == [HANDLE]


async def test_lost_and_repeated_answers_do_no_harm(office):
    """The same again is stored; what is not its record's is nobody's; what has no record waits for it."""
    terminal, other = await office.terminal(), await office.terminal()
    request = joins(terminal, person())
    assert await attaches(office, terminal, request) == "unknown"
    await office.deliver()
    assert [await attaches(office, terminal, request) for _ in range(2)] == ["stored"] * 2
    assert await attaches(office, other, request) == "unknown"
    for content in (person("Guest"), "{}", "x"):
        assert await attaches(office, terminal, AttachmentRequest(request.record, request.seq, content)) == "wrong"
    enrolled = terminal.records[0]
    assert await attaches(office, terminal, AttachmentRequest(enrolled.id, 1, person())) == "wrong"
    odd = "not what a Person is"
    twisted = joins(terminal, odd, handle="bb" * 10)
    await office.deliver(terminal)
    assert await attaches(office, terminal, twisted) == "wrong"
    assert (await seen(office)).first_name == "Member"


async def test_only_its_own_terminal_sends_it(office):
    """Signed by the journal's key; a fenced one's is taken still, as its records are."""
    terminal = await office.terminal()
    request = joins(terminal, person())
    await office.deliver()
    body = wire.encode(request)
    unsigned = await office.post("/v1/attachments", body, {"host": "office.test"}, AttachmentAnswer)
    assert unsigned.code == "not_signed"
    from central import fence

    await office.store.run(fence.fence_by_code, terminal.code, 5, "lost", "office")
    assert await attaches(office, terminal, request) == "stored"


async def test_a_member_is_found_by_the_number(office):
    """However it is typed; the table has no number but in the content, and its hash is of this head office alone."""
    terminal = await office.terminal()
    request = joins(terminal, person())
    await office.deliver()
    await attaches(office, terminal, request)
    assert [await found(office, text) for text in ("050-123-4567", "+972501234567", "050-123-4568", "Mem")] == [
        [HANDLE], [HANDLE], [], [HANDLE],
    ]  # fmt: skip
    keys = await office.store.read(stored.people_key)
    assert len(keys) == 32


async def test_erasing_leaves_the_books(office):
    """Name, number and consent are gone, from terminals too; a repeat or a late attachment brings nothing back."""
    terminal = await office.terminal()
    request, late = joins(terminal, person()), joins(terminal, person("Guest"), handle="bb" * 10)
    terminal.sells(sold(cafe(), member(), basket(1000)))
    await office.deliver()
    await attaches(office, terminal, request)
    assert await office.store.run(people.erase, HANDLE, NOBODY, 9) == 1
    assert await office.store.run(people.erase, "bb" * 10, NOBODY, 9) == 1
    for one in (request, late):
        assert await attaches(office, terminal, one) == "stored"
    assert [(await seen(office, handle)).first_name for handle in (HANDLE, "bb" * 10)] == ["", ""]
    assert [await office.store.read(stored.of_member, handle) for handle in (HANDLE, "bb" * 10)] == [[], []]
    assert await found(office, "0501234567") == []
    assert await office.balances(HANDLE) == {"point": 10, "standing": 10}
    await books_are_right(office)


async def test_the_command_erases(office, url, tmp_path):
    """With who and why in the audit log; of nobody it is refused."""
    terminal = await office.terminal()
    request = joins(terminal, person())
    await office.deliver()
    await attaches(office, terminal, request)
    config = tmp_path / "central.toml"
    config.write_text(f'state_dir = "{tmp_path}"\ndatabase = "{url}"\n')

    async def ask(*words):
        return await asyncio.to_thread(CliRunner().invoke, group, ["member", *words, "--config", str(config), "--json"])

    assert [one["handle"] for one in json.loads((await ask("find", "050 1234567")).stdout)] == [HANDLE]
    assert json.loads((await ask("erase", HANDLE, "--reason", "asked")).stdout) == {"handle": HANDLE, "attachments": 1}
    assert (await ask("erase", "ff" * 10, "--reason", "asked")).exception.code == "member_unknown"
    assert (await seen(office)).first_name == ""
