"""Codes that change, through the real API and store: who may spend from a lease, and how often one part counts."""

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from loyalty.code import Claims
from posd.cli.status import lines as lines_of
from posd.clock import clock_in
from posd.sights import SIGHT_S_MAX
from posd.store import code_uses, journal, leases, pages
from runtime.errors import Unavailable
from sync import codes, program_file, pull, rotating
from sync.pull import PullState
from sync.wire import FeedPage, HoldAnswer, HoldRequest, LeaseRow, ProgramRow
from tests.shop import open_shop, wait_for
from tests.till import CAFE, DATE, KEY, KEY_ID, RICH, Till, code_of, lines, row

LEASE = "0e" * 16
SECRET = bytes(range(20))
PHONE = ec.derive_private_key(7, ec.SECP256R1())
NOW_S = 1_795_000_010
STEP = NOW_S // 30
APP = codes.make(Claims(RICH, 0, 1_700_000_000, 4_000_000_000, rotating.phone_key(PHONE)), KEY_ID, KEY.sign)


def unreachable(request: HoldRequest) -> HoldAnswer:
    raise Unavailable("head_office_unreachable", "gone", "wait")


def wallet(step: int = STEP) -> str:
    """What RICH's wallet shows."""
    return rotating.with_totp(code_of(RICH), SECRET, step)


def phone(step: int = STEP) -> str:
    """What RICH's app shows."""
    return rotating.with_phone(APP, rotating.phone_signer(PHONE), step)


def lease(**more: Any) -> LeaseRow:
    """RICH's lease."""
    return LeaseRow(LEASE, RICH, {"points": 200}, secret=SECRET.hex(), **more)


@pytest.fixture
async def offline(shop: Till) -> Till:
    """RICH has 400 points, 200 of them leased to this terminal, for changing codes only; head office is out of reach."""
    await shop.learns(row(RICH, 400), lease())
    shop.office.answer = unreachable
    shop.checkout.link.clock_offset_ms = 0
    at(shop)
    return shop


def at(shop: Till, seconds: int = 0) -> None:
    """The terminal's clock shows so much later."""
    shop.checkout.clock = clock_in("", ticks=lambda: (NOW_S + seconds) * 1000)


async def strength(shop: Till, code: str) -> str:
    """What the page says of a code."""
    found = (await shop.ask("/v1/members/look-up", {"code": code})).json()
    return str(found["member"]["strength"])


async def spends(shop: Till, code: str) -> tuple[str, str]:
    """The agreement on ten shekels off for a hundred points, or why not."""
    agreed = await shop.agree(lines(3000), code, "ten_off")
    return agreed["agreement"], agreed["refusal"]["code"] if agreed["refusal"] else ""


async def pays(shop: Till, key: str, agreement: str) -> Any:
    """The customer pays."""
    return await shop.sell(2000, key, agreement=agreement)


@pytest.mark.parametrize("code", [wallet(), phone()])
async def test_a_changing_code_spends_from_the_lease(offline: Till, code: str) -> None:
    """The wallet's by the secret that came with the lease, the phone's by head office's public key; the sale says so."""
    assert await strength(offline, code) == "rotating"
    agreement, _ = await spends(offline, code)
    booked = await pays(offline, "k1", agreement)
    assert booked["spent"] == {"points": 100}
    assert b'"strength":"rotating"' in offline.records()[-1][1]


async def test_a_printed_code_does_not(offline: Till) -> None:
    """It earns."""
    assert await spends(offline, code_of(RICH)) == (None, "lease_needs_code")
    assert (await spends(offline, APP))[1] == "lease_needs_code"


async def test_a_part_that_changed_long_ago_is_a_printed_code(offline: Till) -> None:
    """Yesterday's photo is the member's all the same: it earns, and is never refused for that."""
    for old in (wallet(STEP - 2), phone(STEP - 2), wallet(STEP + 2), f"{code_of(RICH)}:00000000"):
        assert await strength(offline, old) == "signed"
    booked = await offline.sell(3000, "k1", ask={"basket": lines(3000), "code": wallet(STEP - 2)})
    assert (booked["member"], booked["earned"]["points"], booked["refusals"]) == (RICH, 30, [])


async def test_scanned_twice_in_one_sale_it_is_the_same_code(offline: Till) -> None:
    """Until something is agreed it may be shown as often as one likes."""
    for _ in range(3):
        assert await strength(offline, phone()) == "rotating"
    agreement, _ = await spends(offline, phone())
    assert (await pays(offline, "k1", agreement))["spent"] == {"points": 100}


@pytest.mark.parametrize("shown", [wallet, phone])
async def test_a_photo_of_a_used_part_is_a_printed_code(offline: Till, shown: Any) -> None:
    """Within its half minute, too; the next part counts again."""
    await pays(offline, "k1", (await spends(offline, shown()))[0])
    assert await strength(offline, shown()) == "signed"
    assert await strength(offline, shown(STEP - 1)) == "signed"
    assert await spends(offline, shown()) == (None, "lease_needs_code")
    at(offline, 30)
    agreement, _ = await spends(offline, shown(STEP + 1))
    assert (await pays(offline, "k2", agreement))["spent"] == {"points": 100}


async def test_what_only_earned_has_used_its_part(offline: Till) -> None:
    """Agreed or booked at once: once a terminal."""
    await offline.sell(3000, "k1", ask={"basket": lines(3000), "code": phone()})
    assert await strength(offline, phone()) == "signed"
    at(offline, 30)
    await offline.agree(lines(3000), phone(STEP + 1))
    assert await strength(offline, phone(STEP + 1)) == "signed"


async def test_a_cancelled_agreement_has_used_nothing(offline: Till) -> None:
    """The customer takes one thing more: the same scan spends in the agreement that follows, and in no other."""
    first, _ = await spends(offline, phone())
    assert (await spends(offline, phone()))[1] == "lease_needs_code"
    await offline.ask(f"/v1/agreements/{first}/cancel", {})
    second, _ = await spends(offline, phone())
    await offline.ask(f"/v1/agreements/{first}/cancel", {})
    assert (await spends(offline, phone()))[1] == "lease_needs_code"
    assert (await pays(offline, "k1", second))["spent"] == {"points": 100}


async def test_a_refused_agreement_has_used_nothing(offline: Till) -> None:
    """Three hundred points are too many here; one hundred are then to be had with the same scan."""
    answer = await offline.agree(lines(4000), phone(), "ten_off", "ten_off", "ten_off")
    assert answer["refusal"]["code"] == "lease_short"
    assert (await spends(offline, phone()))[1] == ""


async def test_a_full_trolley_takes_longer_than_a_part(offline: Till) -> None:
    """The till sends the code that it scanned first; it counts as it did then, for a quarter of an hour."""
    scanned = phone()
    assert await strength(offline, scanned) == "rotating"
    at(offline, SIGHT_S_MAX - 60)
    assert (await spends(offline, scanned))[1] == ""


async def test_after_a_start_a_used_part_stays_used(offline: Till) -> None:
    """It is on the disk with the agreement; what was seen is not, and need not be."""
    await spends(offline, phone())
    offline.checkout.sights._first.clear()
    assert await strength(offline, phone()) == "signed"


@pytest.mark.parametrize("offset_ms", [3_600_000, -3_600_000])
async def test_a_clock_in_doubt_makes_every_code_a_printed_one(offline: Till, offset_ms: int) -> None:
    """Head office says another time: no changing part counts, and nothing else changes."""
    offline.checkout.link.clock_offset_ms = offset_ms
    assert await strength(offline, phone()) == "signed"
    booked = await offline.sell(3000, "k1", ask={"basket": lines(3000), "code": phone()})
    assert booked["earned"]["points"] == 30


async def test_a_clock_that_is_a_minute_off_is_corrected(offline: Till) -> None:
    """The phone shows what head office's clock would."""
    at(offline, -60)
    offline.checkout.link.clock_offset_ms = 60_000
    assert await strength(offline, wallet()) == "rotating"


async def test_a_start_in_1970_proves_nothing_and_refuses_nothing(offline: Till) -> None:
    """Head office has not answered since the start; it had, before, at another time."""
    offline.checkout.link.heard_ms, offline.checkout.link.clock_offset_ms = NOW_S * 1000 - 60_000, None
    assert await strength(offline, phone()) == "rotating"
    at(offline, -NOW_S)
    offline.checkout.sights._first.clear()
    assert await strength(offline, phone(0)) == "signed"
    booked = await offline.sell(3000, "k1", ask={"basket": lines(3000), "code": phone()})
    assert (booked["member"], booked["earned"]["points"]) == (RICH, 30)


async def test_a_clock_in_1970_goes_by_the_programs_of_today(offline: Till) -> None:
    """Head office's time says which program is in force, as long as it is known; the record keeps what our clock said."""
    names = dict.fromkeys(("he", "en", "ar", "ru"), "Club of today")
    program = {**program_file.load(CAFE)[1], "version": 2, "name": names}
    await offline.learns(ProgramRow("cafe", 2, NOW_S * 1000 - 1000, program))
    at(offline, -NOW_S)
    offline.checkout.link.heard(NOW_S * 1000, 0)
    booked = await offline.sell(3000, "k1", ask={"basket": lines(3000), "code": code_of(RICH)})
    record = json.loads(offline.records()[-1][1])
    assert (booked["earned"]["points"], record["body"]["program_version"]) == (30, 2)
    assert (record["wall"], record["clock_quality"], record["body"]["moment"]["wall_ms"]) == (0, "suspect", NOW_S * 1000)
    back = {
        "till": "1",
        "receipt_number": "77",
        "business_date": DATE,
        "sale": booked["id"],
        "lines": [{"line": "1", "quantity_milli": 1000}],
    }
    answer = await offline.ask("/v1/returns", back, **{"Idempotency-Key": "back"})
    printed = await offline.client.get(f"/v1/records/{answer.json()['id']}/receipt.txt")
    assert (answer.status_code, "Club of today" in printed.text) == (200, True), printed.text


@pytest.mark.parametrize(("offset_ms", "told"), [(0, False), (3_600_000, True), (-3_600_000, True)])
async def test_a_clock_in_doubt_is_told(offline: Till, offset_ms: int, told: bool) -> None:
    """By `posd status`, with what to do."""
    offline.checkout.link.clock_offset_ms = offset_ms
    found = (await offline.client.get("/v1/status")).json()
    assert (found["clock_in_doubt"], any(line.startswith("clock:") for line in lines_of(found, 0))) == (told, told)


async def test_head_offices_time_outlives_a_start(offline: Till) -> None:
    """It is saved with each page."""
    page = FeedPage("c", (), False, "one", NOW_S * 1000)
    state = pull.next_state(PullState("1", "one"), page)
    await offline.store.run(pages.save_page, [], state)
    assert (await offline.store.look(journal.pull_state)).heard_ms == NOW_S * 1000


async def test_the_secret_goes_with_the_lease(offline: Till) -> None:
    """Recalled, returned, ended or doubted: from then on the wallet's code is a printed one here, and the phone's is not."""
    store = offline.store

    async def known() -> bool:
        return await store.look(code_uses.secret, RICH) == SECRET

    assert await known()
    await offline.learns(lease(recalled=True))
    assert not await known()
    assert await offline.checkout.return_leases(0) == 1
    await offline.learns(lease())  # an older word of head office
    assert not await known()
    await offline.learns(LeaseRow("0d" * 16, RICH, {"points": 100}, secret=SECRET.hex()))
    assert await known()
    await store.run(leases.doubt)
    assert not await known()
    assert (await strength(offline, wallet()), await strength(offline, phone())) == ("signed", "rotating")


async def test_an_ended_lease_leaves_no_secret(offline: Till) -> None:
    """Nor a row."""
    await offline.learns(lease(ended=True))
    assert offline.content()["lease"] == []


async def test_a_new_secret_takes_the_place_of_the_old(offline: Till) -> None:
    """The member has a new card: head office tells the lease again."""
    await offline.learns(LeaseRow(LEASE, RICH, {"points": 200}, secret="ab" * 20))
    assert await strength(offline, wallet()) == "signed"
    await offline.learns(LeaseRow(LEASE, RICH, {"points": 200}))
    assert await strength(offline, wallet()) == "signed"


async def test_head_office_is_told_the_step(offline: Till) -> None:
    """Of a part that counts, and of no other."""
    offline.office.answer = lambda request: HoldAnswer(granted=True)
    await spends(offline, phone())
    await spends(offline, code_of(RICH))
    assert [request.step for request in offline.office.asked] == [STEP, 0]


async def test_a_phone_that_nobody_knows_here_is_a_new_member(shop: Till) -> None:
    """Joined elsewhere a moment ago: validly signed, so provisional, and as strong as it is."""
    at(shop)
    stranger = "aa" * 10
    text = codes.make(Claims(stranger, 0, 1_700_000_000, 4_000_000_000, rotating.phone_key(PHONE)), KEY_ID, KEY.sign)
    shown = rotating.with_phone(text, rotating.phone_signer(PHONE), STEP)
    found = (await shop.ask("/v1/members/look-up", {"code": shown})).json()["member"]
    assert (found["strength"], found["provisional"]) == ("rotating", True)
    await shop.sell(3000, "k1", ask={"basket": lines(3000), "code": shown})
    assert await strength(shop, shown) == "signed"


async def test_no_log_and_no_record_has_the_secret(offline: Till, capfd: pytest.CaptureFixture[str]) -> None:
    """Nor does what a person may print of a lease."""
    await pays(offline, "k1", (await spends(offline, wallet()))[0])
    said = "".join(capfd.readouterr()) + repr(lease()) + repr(offline.records())
    assert SECRET.hex() not in said


def test_a_wallet_spends_while_head_office_is_gone(tmp_path: Path) -> None:
    """Real processes, from the command that shows the code: the sale leases, the lease brings the secret, the digits spend."""
    with open_shop(tmp_path) as shop:
        card = shop.member("Alef", points=1000)
        found = shop.office("member", "find", "Alef")[0]["handle"]
        shop.office("member", "code", found, "--rotating")  # makes the secret
        shop.sell(card, 1000)

        def wallets() -> str:
            code = shop.office("member", "code", found, "--rotating")["code"]
            member = shop.http.post("/v1/members/look-up", json={"code": code}).json()["member"]
            return code if member["strength"] == "rotating" else ""

        shown = wait_for("the lease and its secret", wallets)
        shop.stop("central")
        ask = {"basket": lines(3000), "choices": [{"reward": "ten_off"}]}
        printed = shop.http.post("/v1/agreements", json={**ask, "code": card}).json()
        assert printed["refusal"]["code"] == "lease_needs_code"
        agreed = shop.http.post("/v1/agreements", json={**ask, "code": shown}).json()
        assert (agreed["refusal"], agreed["spent"]) == (None, {"points": 100})
