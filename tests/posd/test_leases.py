"""Spending from a lease while head office says nothing: through the real API, the real store and the real Checkout."""

import asyncio
import json
from typing import Any

import pytest

from loyalty.agreement import Hold
from loyalty.refusal import Refusal
from posd import leasing
from posd.store import agreements, leases, pages
from runtime.errors import Unavailable
from sync import program_file
from sync.client import HOLD, Patience
from sync.pull import PullState
from sync.wire import BoundRow, HoldAnswer, HoldRequest, LeaseRow, ProgramRow
from tests.till import CAFE, RICH, Till, code_of, lines, row

LEASE, OTHER = "0e" * 16, "0d" * 16
HALF_A_WEEK_S = leases.IDLE_S_MAX // 2 + 1


def unreachable(request: HoldRequest) -> HoldAnswer:
    raise Unavailable("head_office_unreachable", "gone", "wait")


def refuses(request: HoldRequest) -> HoldAnswer:
    return HoldAnswer(granted=False, refusal=Refusal("reserved_elsewhere", {"store": "s2", "pieces": 100, "unit": "points"}))


def lease(pieces: int = 200, name: str = LEASE, **more: Any) -> LeaseRow:
    """RICH's lease."""
    return LeaseRow(name, RICH, {"points": pieces}, **more)


@pytest.fixture
async def leased(shop: Till) -> Till:
    """RICH has 400 points, of which this terminal may spend 200 without asking; head office is out of reach."""
    _, values = program_file.load(CAFE)
    signed = {**values, "version": 2, "policies": {**values["policies"], "lease_min_strength": "signed"}}
    await shop.learns(ProgramRow("cafe", 2, 0, signed), row(RICH, 400), lease())
    shop.office.answer = unreachable
    return shop


def bodies(shop: Till, kind: str) -> list[Any]:
    """What the records of that kind say."""
    return [json.loads(data)["body"] for one, data in shop.records() if one == kind]


def spent(shop: Till) -> list[tuple[int, int]]:
    """What was granted and what is spent of each lease."""
    return [(granted, gone) for _, _, granted, gone, _ in shop.content()["leased"]]


async def agree(shop: Till) -> Any:
    """Ten shekels off for a hundred points."""
    return await shop.agree(lines(3000), code_of(RICH), "ten_off")


async def cancel(shop: Till, agreed: Any) -> None:
    """The till takes it back."""
    await shop.ask(f"/v1/agreements/{agreed['agreement']}/cancel", {})


async def returns(shop: Till, elapsed_s: int = 0) -> int:
    """One look at what is to be given back."""
    return await shop.checkout.return_leases(elapsed_s)


async def test_without_an_answer_the_lease_pays(leased: Till) -> None:
    """Head office is asked once; then the sale names the lease, and the balance is what everybody reckons."""
    agreed = await agree(leased)
    booked = await leased.sell(2000, "k1", agreement=agreed["agreement"])
    (request,) = leased.office.asked
    assert (request.lease, request.leased, request.pieces) == (LEASE, 100, 100)
    (sale,) = bodies(leased, "sale")
    assert sale["holds"] == [{"id": request.id, "unit": "points", "pieces": 100, "lease": LEASE, "leased": 100}]
    assert (booked["spent"], booked["flags"], bodies(leased, "void")) == ({"points": 100}, [], [])
    assert await leased.balance(code_of(RICH)) == 320
    await leased.learns(row(RICH, 320, includes=(booked["id"],)), lease(spent={"points": 100}))
    assert await leased.balance(code_of(RICH)) == 320  # head office counts it by the sale: nothing is taken off twice


async def test_head_office_may_have_granted_what_it_could_not_say(leased: Till) -> None:
    """The hold's own name in the feed counts it as well."""
    agreed = await agree(leased)
    await leased.learns(row(RICH, 300, includes=(leased.office.asked[0].id,)))
    assert await leased.balance(code_of(RICH)) == 300
    await leased.sell(2000, "k1", agreement=agreed["agreement"])
    assert await leased.balance(code_of(RICH)) == 320


async def test_never_more_than_remains(leased: Till) -> None:
    """Two rewards, and not a third, although the balance has four; the page says why, and earning goes on."""
    for key in ("k1", "k2"):
        await leased.sell(2000, key, agreement=(await agree(leased))["agreement"])
    assert spent(leased) == [(200, 200)]
    third = await agree(leased)
    assert (third["agreement"], third["refusal"]["code"]) == (None, "head_office_unreachable")
    booked = await leased.sell(
        3000, "k3", ask={"basket": lines(3000), "code": code_of(RICH), "choices": [{"reward": "ten_off"}]}
    )
    assert (booked["spent"], booked["earned"]["points"]) == ({}, 30)


async def test_a_lease_that_is_too_small_says_so(leased: Till) -> None:
    """What is there, what is wanted; the hold is voided and the lease whole again."""
    answer = await leased.agree(lines(3000), code_of(RICH), "ten_off", "ten_off", "ten_off")
    assert answer["refusal"]["code"] == "lease_short"
    assert answer["refusal"]["sentence"] == "Offline: up to 200 points here, 300 needed. Earning works."
    assert (len(bodies(leased, "void")), spent(leased)) == (1, [(200, 0)])


async def test_open_promises_have_taken_their_part(leased: Till) -> None:
    """An agreement reserves from the lease; a cancelled one gives it back, to be spent again before head office knows."""
    first, second = await agree(leased), await agree(leased)
    assert (await agree(leased))["refusal"]["code"] == "head_office_unreachable"
    await cancel(leased, first)
    await cancel(leased, first)
    assert spent(leased) == [(200, 100)]
    assert await leased.balance(code_of(RICH)) == 300
    assert (await agree(leased))["refusal"] is None
    assert (await agree(leased))["refusal"]["code"] == "head_office_unreachable"
    await leased.sell(2000, "k1", agreement=second["agreement"])
    assert spent(leased) == [(200, 200)]


async def test_commit_at_once_spends_from_the_lease(leased: Till) -> None:
    """A till that cannot ask before payment."""
    ask = {"basket": lines(3000), "code": code_of(RICH), "choices": [{"reward": "ten_off"}]}
    booked = await leased.sell(2000, "k1", ask=ask)
    assert (booked["spent"], booked["refusals"], spent(leased)) == ({"points": 100}, [], [(200, 100)])


async def test_online_the_hold_takes_the_lease_into_itself(leased: Till) -> None:
    """The request says how much of it the terminal's own lease gives; refused, the lease has it back."""
    leased.office.answer = lambda request: HoldAnswer(granted=True)
    await leased.agree(lines(5000), code_of(RICH), "ten_off", "ten_off", "ten_off")
    assert [(one.pieces, one.leased) for one in leased.office.asked] == [(300, 200)]
    leased.office.answer = refuses
    await leased.learns(lease(300, spent={"points": 200}))
    assert (await agree(leased))["refusal"]["code"] == "reserved_elsewhere"
    assert (spent(leased), bodies(leased, "void")) == ([(300, 200)], [])


async def test_a_hold_is_asked_of_the_life_of_head_office_that_is_known(leased: Till) -> None:
    """So that another one, which knows nothing of its answer, grants no copy of it."""
    await agree(leased)
    await leased.store.run(pages.save_page, (), PullState("another cursor", "another life"))
    await agree(leased)
    assert leased.office.asked[0].incarnation != leased.office.asked[1].incarnation == "another life"


async def test_what_a_void_has_given_back_is_asked_for_with_its_place(leased: Till) -> None:
    """Head office takes it once it has booked that record; before, its answer is none, and the lease pays."""
    leased.office.answer = lambda request: HoldAnswer(granted=True)
    await cancel(leased, await agree(leased))
    leased.office.answer = lambda request: HoldAnswer(granted=False, refusal=Refusal("lease_ahead"))
    assert (await agree(leased))["refusal"] is None
    assert [one.lease_seq for one in leased.office.asked] == [0, 2]  # the Enrol record is the first
    assert len(bodies(leased, "void")) == 1


async def test_a_hold_that_nobody_answered_is_voided_before_long(leased: Till) -> None:
    """Also where no checkout with points comes any more: by the look that counts unused leases."""
    await leased.store.run(agreements.ask_holds, RICH, (Hold("0f" * 16, "points", 150),))
    assert await returns(leased) == 0
    (void,) = bodies(leased, "void")
    assert (void["holds"][0]["id"], spent(leased)) == ("0f" * 16, [(200, 0)])
    assert await returns(leased) == 0
    assert len(bodies(leased, "void")) == 1


async def test_a_refusal_that_head_office_does_not_keep_is_voided(leased: Till) -> None:
    """It does not know the member, for it was restored: what it refuses now, a late copy of the request might be granted later."""
    for code, voids in (("pieces_missing", 0), ("unknown_member", 1)):
        leased.office.answer = lambda request, code=code: HoldAnswer(granted=False, refusal=Refusal(code))
        assert (await agree(leased))["refusal"]["code"] == code
        assert len(bodies(leased, "void")) == voids


async def test_a_crash_while_head_office_is_asked_gives_the_lease_back(leased: Till) -> None:
    """Asked, then dead: the start voids the hold, lease and all."""
    (hold,) = await leased.store.run(agreements.ask_holds, RICH, (Hold("0f" * 16, "points", 150),))
    assert (hold.lease, hold.leased, spent(leased)) == (LEASE, 150, [(200, 150)])
    assert await leased.checkout.recover() == 1
    (void,) = bodies(leased, "void")
    assert (void["holds"][0]["leased"], spent(leased)) == (150, [(200, 0)])


async def test_a_weak_code_spends_online_only(leased: Till) -> None:
    """By default only a rotating code may spend a lease: a picture of a card's code does not."""
    _, values = program_file.load(CAFE)
    await leased.learns(ProgramRow("cafe", 3, 0, {**values, "version": 3}))
    assert (await agree(leased))["refusal"]["code"] == "lease_needs_code"
    assert spent(leased) == [(200, 0)]
    leased.office.answer = lambda request: HoldAnswer(granted=True)
    assert (await agree(leased))["refusal"] is None


async def test_what_was_earned_offline_pays_nothing_yet(leased: Till) -> None:
    """Points of a sale that head office has not confirmed are in the balance, and no lease makes them spendable."""
    await leased.learns(row(RICH, 0), lease(200, spent={"points": 200}))
    await leased.sell(30000, "k1", ask={"basket": lines(30000), "code": code_of(RICH)})
    assert await leased.balance(code_of(RICH)) == 300
    assert (await agree(leased))["refusal"]["code"] == "pieces_unconfirmed"
    assert leased.office.asked == []


async def test_a_recalled_lease_goes_back_by_a_record(leased: Till) -> None:
    """It says how much was spent of it; nothing more is, and head office's repeats do not bring it to life again."""
    await leased.sell(2000, "k1", agreement=(await agree(leased))["agreement"])
    await leased.learns(lease(recalled=True))
    assert (await returns(leased), await returns(leased)) == (1, 0)
    assert bodies(leased, "lease_return") == [{"lease": LEASE, "member": RICH, "spent": {"points": 100}}]
    await leased.learns(lease(recalled=True))
    assert (await agree(leased))["refusal"]["code"] == "head_office_unreachable"
    await leased.learns(lease(ended=True))
    assert (leased.content()["lease"], leased.content()["leased"]) == ([], [])
    await leased.learns(lease(100, OTHER))
    assert (await agree(leased))["refusal"] is None


async def test_what_an_open_promise_holds_is_told_again_when_it_is_given_up(leased: Till) -> None:
    """The first word counts it as spent, the second does not."""
    agreed = await agree(leased)
    await leased.learns(lease(recalled=True))
    await returns(leased)
    await cancel(leased, agreed)
    assert [one["spent"]["points"] for one in bodies(leased, "lease_return")] == [100, 0]
    assert [kind for kind, _ in leased.records()][-3:] == ["lease_return", "void", "lease_return"]


async def test_another_lease_of_the_same_member_is_given_back(leased: Till) -> None:
    """Head office knows of one only: it was restored, or has given up the other."""
    await leased.learns(lease(100, OTHER))
    assert await returns(leased) == 1
    assert [one["lease"] for one in bodies(leased, "lease_return")] == [LEASE]


async def test_the_loop_returns_at_once_what_is_wanted_back(leased: Till) -> None:
    """It wakes when a page has come."""
    news = asyncio.Event()
    running = asyncio.create_task(leasing.keep(leased.checkout, news))
    await leased.learns(lease(recalled=True))
    news.set()
    async with asyncio.timeout(10):
        await leased.checkout.link.wake.wait()
    running.cancel()
    assert len(bodies(leased, "lease_return")) == 1


async def test_unused_leases_go_back_after_a_week_of_running_online(leased: Till) -> None:
    """Counted by the monotonic clock; a use begins anew, and while head office is out of reach none is given away."""
    assert await returns(leased, HALF_A_WEEK_S) == 0
    await agree(leased)
    assert await returns(leased, HALF_A_WEEK_S) == 0
    leased.checkout.link.online = False
    assert await returns(leased, HALF_A_WEEK_S) == 0
    leased.checkout.link.online = True
    assert await returns(leased) == 1


@pytest.mark.parametrize("trouble", ["frozen = 'rolled_back'", "trouble = 'rolled_back'"])
async def test_an_older_copy_of_the_disk_spends_and_says_nothing_of_leases(leased: Till, trouble: str) -> None:
    """What was spent since is not known to it; it goes on accruing, and `posd status` says so."""
    await leased.store.run(lambda db: db.execute(f"UPDATE terminal SET {trouble}"))
    assert (await agree(leased))["refusal"]["code"] == "head_office_unreachable"
    await leased.learns(lease(recalled=True))
    assert (await returns(leased), bodies(leased, "lease_return")) == (0, [])
    told = (await leased.client.get("/v1/status")).json()["leases"]
    assert told["frozen"] is True


async def test_what_head_office_has_seen_spent_is_not_spent_again(leased: Till) -> None:
    """Another copy of this terminal has spent 150."""
    await leased.learns(lease(spent={"points": 150}))
    assert (await agree(leased))["refusal"]["code"] == "lease_short"


async def test_the_status_says_what_may_be_spent_offline_and_the_bound(leased: Till) -> None:
    """What is left here, of how many members, and what head office publishes."""
    await agree(leased)
    await leased.learns(BoundRow({"points": 7}))
    told = (await leased.client.get("/v1/status")).json()["leases"]
    assert told == {"members": 1, "left": {"points": 100}, "frozen": False, "bound": {"points": 7}}


def test_the_hold_has_its_times() -> None:
    """300 ms to connect, 800 ms in all: the till has its answer within a second."""
    assert Patience(0.3, 0.8) == HOLD


async def test_head_office_that_was_restored_gets_every_lease_back(leased: Till) -> None:
    """It may not know of them: from the first page of its new life on nothing is taken from them."""
    await leased.store.run(pages.save_page, [], PullState("1.0.0", "another", caught_up=False))
    assert (await agree(leased))["refusal"]["code"] == "head_office_unreachable"
    assert await returns(leased) == 1
    await leased.store.run(pages.save_page, [lease(100, OTHER)], PullState("1.0.1", "another", caught_up=True))
    assert (await agree(leased))["refusal"] is None
