"""A copy of a disk finds out by reading alone; and what is promised is said again to a head office that was restored."""

import json
from dataclasses import replace
from typing import Any

import pytest

from loyalty.agreement import Hold
from loyalty.journal import Head
from posd.cli.status import lines as told_to_a_person
from posd.store import agreements, highwater, journal, leases
from posd.storing import StoredCache
from sync.pull import PullState
from sync.push import FORKED, PRUNED_HASH, ROLLED_BACK
from sync.wire import HoldAnswer, LeaseRow
from tests.posd.test_disk_in_doubt import pruned_sale
from tests.till import RICH, Till, code_of, lines, row

LEASE = "0e" * 16
SOME = "ab" * 32


async def reads(shop: Till, stored: Head | None, life: str = "one") -> None:
    """A page of the feed, which says how far head office has our journal."""
    await StoredCache(shop.store).save_page([], PullState("1", life, caught_up=True, stored=stored))


@pytest.mark.parametrize(
    ("seq", "hash_", "why"),
    [
        (1, SOME, FORKED),
        (2, SOME, ROLLED_BACK),
        (1, None, ""),
        (0, "0" * 64, ""),
    ],
)
async def test_a_page_says_whether_this_is_the_disk_that_head_office_knows(
    shop: Till, seq: int, hash_: str | None, why: str
) -> None:
    """Another record where ours is, or more than we have: nothing is spent from then on, and after a start, and sales go on."""
    own = await shop.store.look(journal.head)
    await reads(shop, Head(seq, hash_ or own.hash))
    assert (shop.store.condition.frozen, await shop.store.look(journal.frozen)) == (why, why)
    agreed = await shop.agree(lines(3000), code_of(RICH), "ten_off")
    assert (agreed["refusal"] or {}).get("code") == ("spending_frozen" if why else None)
    assert len(shop.office.asked) == (0 if why else 1)
    await shop.sell(3000, "k1", ask={"basket": lines(3000), "code": code_of(RICH)})
    await reads(shop, None)
    assert shop.store.condition.frozen == why
    status = await shop.parts.status()
    assert status["disk"] == ([why] if why else [])
    assert any(line.startswith("disk:") and why in line for line in told_to_a_person(status, 0)) == bool(why)


async def test_a_deleted_record_says_nothing(shop: Till) -> None:
    """A restored head office may stand where our journal does not begin any more."""
    await pruned_sale(shop)
    bottom = await shop.store.look(journal.anchor)
    assert await shop.store.look(journal.hash_at, bottom.seq - 1) == PRUNED_HASH
    for stored, why in ((Head(bottom.seq - 1, SOME), ""), (bottom, ""), (Head(bottom.seq, SOME), FORKED)):
        assert await shop.store.look(journal.parted, stored) == why


@pytest.mark.parametrize(("why", "end"), [(FORKED, 1), (ROLLED_BACK, highwater.STEP)])
async def test_a_forked_disk_is_not_called_rolled_back_at_the_next_start(shop: Till, why: str, end: int) -> None:
    """The high-water file says where the journal ends, which has one record; only of an older copy, how far it came before."""
    shop.store.condition.frozen = why
    water = shop.store._writer.water
    stopped = await shop.store.run(lambda db: (water.stop(db), water.mark.seq))
    assert stopped == (None, end)


async def promised(shop: Till) -> list[dict[str, Any]]:
    """What is said again."""
    return [json.loads(data)["body"] for kind, data in shop.records() if kind == "promised"]


async def end(shop: Till) -> int:
    """What head office is told of where the journal ends."""
    return (await StoredCache(shop.store).reading()).health.journal_seq


async def test_what_is_promised_is_said_again_to_a_restored_head_office(shop: Till) -> None:
    """Once, with what came out of the lease; until then the terminal does not say where its journal ends."""
    shop.office.answer = lambda request: HoldAnswer(granted=True)
    await shop.learns(row(RICH, 500), LeaseRow(LEASE, RICH, {"points": 100}))
    kept, over = [await shop.agree(lines(3000), code_of(RICH), "ten_off") for _ in range(2)]
    await shop.ask(f"/v1/agreements/{over['agreement']}/cancel", {})
    assert await end(shop) == (await shop.store.look(journal.head)).seq
    assert not await shop.store.look(agreements.unsaid)
    await reads(shop, None, "another")
    assert (await end(shop), await shop.store.look(agreements.unsaid)) == (-1, True)
    await shop.checkout.return_leases(0)
    (request, _) = shop.office.asked
    said = {"id": request.id, "unit": "points", "pieces": 100, "lease": LEASE, "leased": 100}
    assert await promised(shop) == [{"holds": [said], "member": RICH}]
    assert [kind for kind, _ in shop.records()][-2:] == ["promised", "lease_return"]
    assert await end(shop) == (await shop.store.look(journal.head)).seq
    await shop.checkout.return_leases(0)
    assert len(await promised(shop)) == 1
    booked = await shop.sell(2000, "k1", agreement=kept["agreement"])
    assert booked["spent"] == {"points": 100}


async def test_a_hold_that_is_being_asked_for_is_waited_for(shop: Till) -> None:
    """It may become a promise; given up it is nothing to be said."""
    await shop.learns(row(RICH, 500))
    await shop.store.run(agreements.ask_holds, RICH, (Hold("0f" * 16, "points", 50),))
    await reads(shop, None, "another")
    assert (await end(shop), await shop.store.look(agreements.unsaid)) == (-1, False)
    await shop.checkout.recover()
    assert await end(shop) == (await shop.store.look(journal.head)).seq
    await shop.checkout.return_leases(0)
    assert await promised(shop) == []


async def test_a_frozen_terminal_says_nothing_of_its_promises(shop: Till) -> None:
    """Its other copy may have kept them; head office waits for it until a person has looked."""
    shop.office.answer = lambda request: HoldAnswer(granted=True)
    await shop.agree(lines(3000), code_of(RICH), "ten_off")
    await reads(shop, Head(1, SOME), "another")
    await shop.checkout.return_leases(0)
    assert (await promised(shop), await end(shop)) == ([], -1)


async def test_a_frozen_terminal_says_nothing_of_a_returned_lease(shop: Till) -> None:
    """Nor when it gives up what it had promised of it."""
    shop.office.answer = lambda request: HoldAnswer(granted=True)
    await shop.learns(row(RICH, 500), LeaseRow(LEASE, RICH, {"points": 100}))
    agreed = await shop.agree(lines(3000), code_of(RICH), "ten_off")
    await shop.learns(replace(LeaseRow(LEASE, RICH, {"points": 100}), recalled=True))
    await shop.checkout.return_leases(0)
    await reads(shop, Head(1, SOME))
    await shop.ask(f"/v1/agreements/{agreed['agreement']}/cancel", {})
    assert [kind for kind, _ in shop.records()].count("lease_return") == 1
    assert (await shop.store.look(leases.told)).frozen
