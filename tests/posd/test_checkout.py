"""The line through the real API and the real store: quote, agree, cancel, commit in every order, and returns."""

import asyncio
import base64
import json
from pathlib import Path
from typing import Any

import pytest

from loyalty.journal import Draft, Stamp
from loyalty.refusal import Refusal
from loyalty.sale import Enrol
from posd.store import agreements, journal
from runtime.errors import Unavailable
from sync.wire import CodeKeyRow, EnrolAnswer, HoldAnswer, HoldRequest, ProgramRow
from tests.till import CARD, DATE, KEY_ID, POOR, RICH, Ed25519PrivateKey, Till, code_of, lines, row, till

KEY = "Idempotency-Key"


def unreachable(request: HoldRequest) -> HoldAnswer:
    raise Unavailable("head_office_unreachable", "gone", "wait")


def refuses(request: HoldRequest) -> HoldAnswer:
    return HoldAnswer(granted=False, refusal=Refusal("reserved_elsewhere", {"store": "s2", "pieces": 100, "unit": "points"}))


def kinds(shop: Till) -> list[str]:
    return [kind for kind, _ in shop.records()]


def body(shop: Till, place: int = -1) -> Any:
    return json.loads(shop.records()[place][1])["body"]


async def test_a_quote_writes_nothing(shop: Till) -> None:
    """However often a till asks, with or without a member or a choice, not a row changes."""
    before = shop.content()
    for code in ("", code_of(RICH), code_of("ab" * 10), CARD, "nonsense"):
        for choices in ([], [{"reward": "ten_off"}], [{"reward": "no_such"}]):
            answer = await shop.ask("/v1/quote", {"basket": lines(3000, 500), "code": code, "choices": choices})
            assert answer.status_code == 200
            assert answer.json()["total_minor"] == 3500
    assert shop.content() == before


async def test_agreed_and_paid_is_booked_with_its_spend(shop: Till) -> None:
    """The whole line: ten shekels off for a hundred points, held before payment, spent by the sale, told on every balance."""
    agreed = await shop.agree(lines(3000), code_of(RICH), "ten_off")
    assert (agreed["to_pay_minor"], agreed["spent"]) == (2000, {"points": 100})
    assert await shop.balance(code_of(RICH)) == 150
    booked = await shop.sell(2000, "k1", agreement=agreed["agreement"])
    assert (booked["earned"]["points"], booked["spent"], booked["flags"]) == (20, {"points": 100}, [])
    assert await shop.balance(code_of(RICH)) == 170
    assert kinds(shop) == ["enrol", "sale"]
    assert [hold["id"] for hold in body(shop)["holds"]] == [request.id for request in shop.office.asked]


async def test_a_receipt_shows_the_balances_that_the_page_shows(shop: Till) -> None:
    """Before, earned, spent and the new balance add up to what the next look-up says, also when another sale came between."""
    first = await shop.agree(lines(3000), code_of(RICH), "ten_off")
    second = await shop.agree(lines(5000), code_of(RICH))
    await shop.sell(5000, "k2", agreement=second["agreement"])
    booked = await shop.sell(2000, "k1", agreement=first["agreement"])
    receipt = (await shop.client.get(f"/v1/records/{booked['id']}/receipt.txt")).text
    assert await shop.balance(code_of(RICH)) == 250 + 50 + 20 - 100
    assert "300" in receipt  # before: 250 and the 50 of the sale in between; the hold is counted as there
    assert "220" in receipt


async def test_the_same_key_gets_the_same_answer(shop: Till) -> None:
    """A repeat changes nothing and says that it is one."""
    agreed = await shop.agree(lines(3000), code_of(RICH))
    sale = shop.sale(3000, agreement=agreed["agreement"])
    first = await shop.ask("/v1/sales", sale, **{KEY: "k1"})
    content = shop.content()
    again = await shop.ask("/v1/sales", sale, **{KEY: "k1"})
    assert shop.content() == content
    assert again.headers["Idempotent-Replay"] == "true"
    assert "Idempotent-Replay" not in first.headers
    assert again.json() == {**first.json(), "replayed": True}


async def test_a_key_with_another_body_is_refused_and_the_first_stays(shop: Till) -> None:
    """Another amount, or a return, under a key that is booked: 422, and nothing moves."""
    booked = await shop.sell(1000, "k1", ask={"basket": lines(1000)})
    content = shop.content()
    other = await shop.ask("/v1/sales", shop.sale(2000, ask={"basket": lines(2000)}), **{KEY: "k1"})
    till_says = {"till": "1", "receipt_number": "9", "business_date": DATE}
    back = await shop.ask(
        "/v1/returns", {**till_says, "sale": booked["id"], "lines": [{"line": "1", "quantity_milli": 1000}]}, **{KEY: "k1"}
    )
    assert (other.status_code, other.json()["code"]) == (422, "key_reused")
    assert (back.status_code, back.json()["code"]) == (422, "key_reused")
    assert shop.content() == content


async def test_a_key_is_a_days_own(shop: Till) -> None:
    """Receipt 1 of two business dates is two sales."""
    for date in ("2026-11-20", "2026-11-21"):
        await shop.sell(1000, "receipt-1", ask={"basket": lines(1000)}, business_date=date)
    assert kinds(shop) == ["enrol", "sale", "sale"]


async def test_cancelled_is_given_back(shop: Till) -> None:
    """A cancelled promise leaves a Void for head office and the pieces where they were; a second cancel changes nothing."""
    agreed = await shop.agree(lines(3000), code_of(RICH), "ten_off")
    path = f"/v1/agreements/{agreed['agreement']}/cancel"
    assert (await shop.ask(path, {})).json()["state"] == "cancelled"
    content = shop.content()
    assert (await shop.ask(path, {})).json()["state"] == "cancelled"
    assert shop.content() == content
    assert kinds(shop) == ["enrol", "void"]
    assert await shop.balance(code_of(RICH)) == 250
    assert (await shop.client.get("/v1/agreements")).json() == []


async def test_paid_after_all_is_booked_and_flagged(shop: Till) -> None:
    """A commit on a cancelled agreement is booked: the discount was given, so its points are spent, and head office is told."""
    agreed = await shop.agree(lines(3000), code_of(RICH), "ten_off")
    await shop.ask(f"/v1/agreements/{agreed['agreement']}/cancel", {})
    booked = await shop.sell(2000, "k1", agreement=agreed["agreement"])
    assert booked["flags"] == ["agreement_cancelled"]
    assert body(shop)["holds"] == []
    assert await shop.balance(code_of(RICH)) == 250 + 20 - 100


async def test_a_cancel_after_the_sale_says_that_it_is_sold(shop: Till) -> None:
    """Committed is final."""
    agreed = await shop.agree(lines(3000), code_of(RICH))
    await shop.sell(3000, "k1", agreement=agreed["agreement"])
    content = shop.content()
    assert (await shop.ask(f"/v1/agreements/{agreed['agreement']}/cancel", {})).json()["state"] == "committed"
    assert shop.content() == content


async def test_one_agreement_sold_twice_is_booked_twice_and_flagged(shop: Till) -> None:
    """Two keys are two sales; the second says that another had kept the promise."""
    agreed = await shop.agree(lines(3000), code_of(RICH))
    assert (await shop.sell(3000, "k1", agreement=agreed["agreement"]))["flags"] == []
    assert (await shop.sell(3000, "k2", agreement=agreed["agreement"]))["flags"] == ["agreement_committed"]


async def test_an_agreement_nobody_knows_is_booked_from_the_basket(shop: Till) -> None:
    """With its basket the sale is booked and flagged; without, there is nothing to book."""
    unknown = "ab" * 16
    booked = await shop.sell(3000, "k1", agreement=unknown, ask={"basket": lines(3000), "code": code_of(RICH)})
    assert (booked["flags"], booked["earned"]["points"]) == (["agreement_unknown"], 30)
    bare = await shop.ask("/v1/sales", shop.sale(3000, agreement=unknown), **{KEY: "k2"})
    assert (bare.status_code, bare.json()["code"]) == (422, "agreement_unknown")
    cancelled = await shop.ask(f"/v1/agreements/{unknown}/cancel", {})
    assert (cancelled.status_code, cancelled.json()["code"]) == (422, "agreement_unknown")


async def test_a_basket_that_changed_is_booked_and_flagged(shop: Till) -> None:
    """It earns on what was paid, and other tenders than expected are told too."""
    agreed = await shop.agree(lines(3000), code_of(RICH))
    booked = await shop.sell(5000, "k1", agreement=agreed["agreement"], ask={"basket": lines(3000, 1500)})
    assert booked["flags"] == ["basket_changed", "tenders_differ"]
    assert booked["earned"]["points"] == 45


async def test_a_sale_without_a_member_is_booked(shop: Till) -> None:
    """Head office needs those too; there is no block of ours to print."""
    booked = await shop.sell(1000, "k1", ask={"basket": lines(1000)})
    assert (booked["member"], booked["earned"], booked["receipt"]) == (None, {}, None)
    missing = await shop.client.get(f"/v1/records/{booked['id']}/receipt.txt")
    assert missing.json()["code"] == "no_receipt"


async def test_committing_at_once_spends_what_the_hold_gives(shop: Till) -> None:
    """Hold, agreement and sale in one call; the agreement is kept as committed."""
    ask = {"basket": lines(3000), "code": code_of(RICH), "choices": [{"reward": "ten_off"}]}
    booked = await shop.sell(2000, "k1", ask=ask)
    assert (booked["spent"], booked["refusals"], booked["flags"]) == ({"points": 100}, [], [])
    assert await shop.balance(code_of(RICH)) == 170
    content = shop.content()
    assert [(state, held) for _, _, _, _, state, _, held, *_ in content["hold"]] == [("ended", 0)]
    assert [state for _, state, _, _ in content["agreement"]] == ["committed"]


@pytest.mark.parametrize(("answer", "reason"), [(unreachable, "head_office_unreachable"), (refuses, "reserved_elsewhere")])
async def test_committing_at_once_without_a_hold_accrues_only(shop: Till, answer: Any, reason: str) -> None:
    """The sale is booked, nothing is spent, and the same key is told the same reason again."""
    shop.office.answer = answer
    ask = {"basket": lines(3000), "code": code_of(RICH), "choices": [{"reward": "ten_off"}]}
    sale = shop.sale(3000, ask=ask)
    first = (await shop.ask("/v1/sales", sale, **{KEY: "k1"})).json()
    assert (first["spent"], first["earned"]["points"]) == ({}, 30)
    assert [refusal["code"] for refusal in first["refusals"]] == [reason]
    again = (await shop.ask("/v1/sales", sale, **{KEY: "k1"})).json()
    assert again == {**first, "replayed": True}
    assert await shop.balance(code_of(RICH)) == 280


@pytest.mark.parametrize(
    ("answer", "reason", "told"),
    [
        (unreachable, "head_office_unreachable", ["enrol", "void"]),
        (refuses, "reserved_elsewhere", ["enrol"]),
        (lambda request: HoldAnswer(granted=False), "hold_refused", ["enrol"]),
        (lambda request: HoldAnswer(granted=False, refusal=Refusal("of_tomorrow", {"x": 1})), "of_tomorrow", ["enrol"]),
    ],
)
async def test_without_a_hold_nothing_is_promised(shop: Till, answer: Any, reason: str, told: list[str]) -> None:
    """The refusal comes before payment, in words; what nobody knows of is voided, what was refused is not."""
    shop.office.answer = answer
    agreed = await shop.agree(lines(3000), code_of(RICH), "ten_off")
    assert (agreed["agreement"], agreed["refusal"]["code"]) == (None, reason)
    assert agreed["refusal"]["sentence"]
    assert kinds(shop) == told
    assert await shop.balance(code_of(RICH)) == 250
    assert shop.content()["agreement"] == []


async def test_a_request_that_was_broken_off_is_voided_before_the_next_hold(shop: Till) -> None:
    """A till hangs up while head office is asked: the hold nobody settled is given back when the next one is asked for."""
    asked = asyncio.Event()

    async def never(request: HoldRequest) -> HoldAnswer:
        asked.set()
        await asyncio.sleep(3600)
        raise AssertionError

    real, shop.office.hold = shop.office.hold, never  # type: ignore[method-assign]
    request = asyncio.create_task(shop.agree(lines(3000), code_of(RICH), "ten_off"))
    await asked.wait()
    request.cancel()
    await asyncio.gather(request, return_exceptions=True)
    shop.office.hold = real  # type: ignore[method-assign]
    assert (await shop.agree(lines(3000), code_of(RICH), "ten_off"))["refusal"] is None
    assert kinds(shop) == ["enrol", "void"]
    assert [state for _, _, _, _, state, *_ in shop.content()["hold"]].count("granted") == 1


async def test_holds_without_an_answer_are_voided_at_the_start(shop: Till) -> None:
    """Asked, then dead: the start writes a Void, once."""
    await shop.store.run(agreements.ask_holds, RICH, (agreements.Hold("0f" * 16, "points", 100),))
    assert await shop.checkout.recover() == 1
    assert await shop.checkout.recover() == 0
    assert kinds(shop) == ["enrol", "void"]
    assert await shop.balance(code_of(RICH)) == 250


async def test_a_feed_that_is_faster_than_the_holds_answer_counts_once(shop: Till) -> None:
    """Head office's balance without the held pieces arrives before its answer: they are not taken off a second time."""

    async def hold(request: HoldRequest) -> HoldAnswer:
        await shop.learns(row(RICH, 150, includes=(request.id,), codes=(CARD,)))
        return HoldAnswer(granted=True)

    shop.office.hold = hold  # type: ignore[method-assign]
    agreed = await shop.agree(lines(3000), code_of(RICH), "ten_off")
    assert await shop.balance(code_of(RICH)) == 150
    await shop.sell(2000, "k1", agreement=agreed["agreement"])
    assert await shop.balance(code_of(RICH)) == 170


async def test_a_commit_whose_till_hung_up_is_found_by_the_retry(shop: Till) -> None:
    """Wherever the request is cut off, the retry gets one booked sale and never a second."""
    sale = shop.sale(3000, ask={"basket": lines(3000), "code": code_of(RICH)})
    for cut in range(12):
        request = asyncio.create_task(shop.ask("/v1/sales", sale, **{KEY: f"k{cut}"}))
        for _ in range(cut * 3):
            await asyncio.sleep(0)
        request.cancel()
        await asyncio.gather(request, return_exceptions=True)
        retried = await shop.ask("/v1/sales", sale, **{KEY: f"k{cut}"})
        assert retried.status_code == 200, retried.text
    assert kinds(shop) == ["enrol"] + ["sale"] * 12
    assert await shop.balance(code_of(RICH)) == 250 + 12 * 30


async def test_tills_at_once_are_booked_one_after_the_other(shop: Till) -> None:
    """Twenty concurrent commits, each sent twice: twenty sales."""
    sales = {f"k{n}": shop.sale(1000, ask={"basket": lines(1000), "code": code_of(RICH)}) for n in range(20)}
    answers = await asyncio.gather(*(shop.ask("/v1/sales", sale, **{KEY: key}) for key, sale in [*sales.items()] * 2))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["id"] for answer in answers}) == 20
    assert kinds(shop).count("sale") == 20
    assert await shop.balance(code_of(RICH)) == 250 + 20 * 10


async def test_points_of_this_terminal_pay_only_once_head_office_has_them(shop: Till) -> None:
    """What was accrued offline is shown and not spent; with the feed's word it is."""
    await shop.sell(9000, "k1", ask={"basket": lines(9000), "code": code_of(POOR)})
    assert await shop.balance(code_of(POOR)) == 130
    assert (await shop.agree(lines(3000), code_of(POOR), "ten_off"))["refusal"]["code"] == "pieces_unconfirmed"
    sale_id = json.loads(shop.records()[-1][1])["id"]
    page = row(POOR, 130, includes=(sale_id,))
    await shop.learns(page)
    await shop.learns(page)
    assert await shop.balance(code_of(POOR)) == 130
    assert (await shop.agree(lines(3000), code_of(POOR), "ten_off"))["refusal"] is None


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("2900000000025", "unknown_member"),
        ("2900000000019", "code_misread"),
        ("7290000000015", "product_code"),
        ("hello", "not_a_member_code"),
        ("", None),
        (code_of(RICH)[:-9], "code_unreadable"),
        (code_of(RICH, expires_s=1_700_000_001), "code_expired"),
        (code_of(RICH, key=Ed25519PrivateKey.from_private_bytes(bytes(32))), "code_forged"),
        ("a" * 1000, "not_a_member_code"),
    ],
)
async def test_a_code_that_is_not_taken_says_why_and_the_basket_is_quoted(shop: Till, code: str, reason: str | None) -> None:
    """The till always has its answer; the reason is a sentence for the cashier, and no agreement is made on it."""
    quoted = (await shop.ask("/v1/quote", {"basket": lines(3000), "code": code})).json()
    assert quoted["to_pay_minor"] == 3000
    assert (quoted["refusal"] or {}).get("code") == reason
    agreed = await shop.agree(lines(3000), code)
    assert (agreed["agreement"] is None) == (reason is not None)


async def test_a_replaced_card_a_blocked_member_and_a_revoked_key_are_refused(shop: Till) -> None:
    """From the next page of the feed on."""
    await shop.learns(row(RICH, 250, generation=1), row(POOR, 40, blocked=True))
    reasons = [(await shop.agree(lines(100), code))["refusal"] for code in (code_of(RICH, 0), code_of(POOR))]
    assert [reason["code"] for reason in reasons] == ["code_replaced", "member_blocked"]
    assert (await shop.agree(lines(100), code_of(RICH, 1)))["refusal"] is None
    await shop.learns(CodeKeyRow(KEY_ID, "0" * 64, revoked=True))
    assert (await shop.agree(lines(100), code_of(RICH, 1)))["refusal"]["code"] == "code_key_unknown"


async def test_a_member_the_cache_does_not_know_accrues(shop: Till) -> None:
    """A validly signed code of a new member: provisional, earning, claiming no balance; the name comes with the feed."""
    handle = "ab" * 10
    booked = await shop.sell(3000, "k1", ask={"basket": lines(3000), "code": code_of(handle)})
    assert booked["earned"]["points"] == 30
    found = (await shop.ask("/v1/members/look-up", {"code": code_of(handle)})).json()["member"]
    assert (found["provisional"], found["first_name"]) == (True, "")
    await shop.learns(row(handle, 30, first_name="מיה", includes=(booked["id"],)))
    found = (await shop.ask("/v1/members/look-up", {"code": code_of(handle)})).json()["member"]
    assert (found["provisional"], found["first_name"]) == (False, "מיה")
    assert await shop.balance(code_of(handle)) == 30


async def test_a_plastic_card_finds_its_member(shop: Till) -> None:
    """By the number that the feed brought, until the feed takes it away."""
    assert await shop.balance(CARD) == 250
    await shop.learns(row(RICH, 250))
    assert (await shop.agree(lines(100), CARD))["refusal"]["code"] == "unknown_member"


async def test_a_program_that_only_a_newer_posd_reads_is_passed_by(shop: Till) -> None:
    """Sales go on under the program before it, and the status says so."""
    await shop.learns(ProgramRow("cafe", 2, 0, {"code": "cafe", "version": 2, "from_the_future": True}))
    booked = await shop.sell(3000, "k1", ask={"basket": lines(3000), "code": code_of(RICH)})
    assert (booked["earned"]["points"], body(shop)["program_version"]) == (30, 1)
    status = (await shop.client.get("/v1/status")).json()
    assert (status["program"]["version"], status["trouble"]) == (1, "program_unreadable")


async def test_before_the_first_program_sales_are_booked_all_the_same(tmp_path: Path) -> None:
    """A terminal that was enrolled a second ago earns nothing and loses nothing."""
    async with till(tmp_path, enrolled=False) as shop:
        refused = await shop.ask("/v1/agreements", {"basket": lines(100)})
        assert (refused.status_code, refused.json()["code"]) == (409, "not_enrolled")
        sale = await shop.ask("/v1/sales", shop.sale(100, ask={"basket": lines(100)}), **{KEY: "k"})
        assert (sale.status_code, sale.json()["code"]) == (409, "not_enrolled")
        assert (await shop.ask("/v1/quote", {"basket": lines(100)})).status_code == 200
        assert shop.records() == []
        who = EnrolAnswer("t9", "s", 1, "one", "", 0)
        await shop.store.run(journal.enrol, who, Stamp(0, 0), Draft("enrol", "0" * 32, Enrol("0.1", "s")))
        shop.checkout.terminal = "t9"
        booked = await shop.sell(100, "k", ask={"basket": lines(100), "code": "2900000000018"})
        assert (booked["earned"], [refusal["code"] for refusal in booked["refusals"]]) == ({}, ["product_code"])


async def test_a_till_that_owns_the_printer_gets_our_block(tmp_path: Path) -> None:
    """As text, as a picture, and as ESC/POS bytes, the same again on a retry."""
    async with till(tmp_path, printing="till") as shop:
        sale = shop.sale(3000, ask={"basket": lines(3000), "code": code_of(RICH)})
        first, again = [(await shop.ask("/v1/sales", sale, **{KEY: "k1"})).json()["receipt"] for _ in range(2)]
        assert first == again
        assert "חברה" in first["text"]
        assert base64.b64decode(first["png"]).startswith(b"\x89PNG")
        assert base64.b64decode(first["escpos"])
        assert shop.content()["print_job"][0][2] == "handed"


async def test_a_terminal_with_a_printer_queues_the_block(tmp_path: Path) -> None:
    """The job is written with the sale; a reprint is another job that says it is a copy."""
    async with till(tmp_path, printing="posd") as shop:
        booked = await shop.sell(3000, "k1", ask={"basket": lines(3000), "code": code_of(RICH)})
        assert [job[2] for job in shop.content()["print_job"]] == ["queued"]
        assert (await shop.ask(f"/v1/records/{booked['id']}/print", {})).json()["copy"]
        jobs = shop.content()["print_job"]
        assert [job[2] for job in jobs] == ["queued", "queued"]
        assert b"copy" in jobs[1][4]
        assert b"copy" not in jobs[0][4]
