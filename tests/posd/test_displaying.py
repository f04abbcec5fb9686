"""A display at the till: a real pty that is read as its manual says, behind the real API and store."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from drivers import load_display
from posd import displaying
from posd.displaying import Displaying
from posd.events import WAITING_MAX, Event
from runtime.errors import Unavailable
from runtime.supervise import supervise
from tests.drivers.displays.screen import Pole, Screen
from tests.drivers.scanners.reads import until
from tests.till import CARD, POOR, RICH, Till, code_of, lines

GREETING = ["הפקה ןודעומ", "ןודעומ דוק וגיצה"]


class Counter:
    """The till, and the pole display of it."""

    def __init__(self, shop: Till, folder: Path, **options: bool) -> None:
        self.shop = shop
        self.pole = Pole(folder / "pole", Screen(page="cp862"))
        self.display = load_display("serial", "pole", {"path": str(self.pole.path), "profile": "hebrew-cd5220"})
        self.displaying = Displaying(shop.checkout, shop.parts.events, "he", **options)

    def words(self) -> list[str]:
        """The two lines, however they are spaced."""
        return [" ".join(line.split()) for line in self.pole.seen()]

    async def must_show(self, upper: str, lower: str) -> None:
        await until(lambda: self.words() == [upper, lower])

    async def scan(self, code: str) -> None:
        assert (await self.shop.ask("/v1/scans", {"code": code})).is_success


@contextlib.asynccontextmanager
async def counter(shop: Till, folder: Path, **options: bool) -> AsyncIterator[Counter]:
    """A counter whose display runs as the daemon runs it."""
    made = Counter(shop, folder, **options)
    running = asyncio.ensure_future(supervise("display", lambda: made.displaying.run(made.display), wait_s_max=0.5))
    try:
        await made.must_show(*GREETING)
        yield made
    finally:
        shop.parts.events.close()
        if not made.pole.plugged:
            running.cancel()
        await asyncio.wait({running}, timeout=20)
        assert running.done()
        made.pole.unplug()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Acts follow each other faster than a person reads."""
    monkeypatch.setattr(displaying, "CHECK_S", 0.02)
    monkeypatch.setattr(displaying, "MOVED_S", 0.5)
    monkeypatch.setattr(displaying, "THANKS_S", 0.5)
    monkeypatch.setattr(displaying, "NOT_TAKEN_S", 0.5)


async def test_a_checkout_from_the_greeting_to_the_greeting(shop: Till, tmp_path: Path) -> None:
    """A member is greeted with the balance, told what was earned and the new balance, thanked; then it greets the next."""
    async with counter(shop, tmp_path) as till:
        await till.scan(code_of(RICH))
        await till.must_show("הרבח םולש", "250 תודוקנ")
        await shop.sell(1800, "a", ask={"basket": lines(1800), "code": code_of(RICH)})
        await till.must_show("+18 תודוקנ", "268 הרתי")
        await till.must_show("הרבח ,הדות", "תוארתהל")
        await till.must_show(*GREETING)


async def test_points_that_were_spent_are_told(shop: Till, tmp_path: Path) -> None:
    """What was spent and what was earned stand as one movement."""
    async with counter(shop, tmp_path) as till:
        agreed = await shop.agree(lines(5000), CARD, "ten_off")
        await shop.sell(agreed["to_pay_minor"], "b", agreement=agreed["agreement"])
        earned = agreed["to_pay_minor"] // 100
        await till.must_show(f"{earned - 100} תודוקנ", f"{250 - 100 + earned} הרתי")


async def test_a_customer_without_a_card_is_thanked(shop: Till, tmp_path: Path) -> None:
    """Without a name and without points."""
    async with counter(shop, tmp_path) as till:
        await shop.sell(1800, "c", ask={"basket": lines(1800)})
        await till.must_show("הדות", "תוארתהל")


async def test_a_sale_that_moves_only_the_standing_goes_straight_to_the_thanks(
    shop: Till, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nothing was earned that a customer counts, no "points 0" is announced."""
    monkeypatch.setattr(displaying, "MOVED_S", 60)
    async with counter(shop, tmp_path) as till:
        shop.parts.events.send(Event("booked", {"member": RICH, "moved": {"status": 5, "points": 0}}))
        await till.must_show("הרבח ,הדות", "תוארתהל")


async def test_a_return_shows_what_went_and_what_is_left(shop: Till, tmp_path: Path) -> None:
    """The balance is that after the return."""
    async with counter(shop, tmp_path) as till:
        await shop.sell(1800, "d", ask={"basket": lines(1800), "code": CARD})
        body = {"till": "1", "receipt_number": "9", "business_date": "2026-11-21", "of_receipt_number": "1001"}
        answer = await shop.ask(
            "/v1/returns", {**body, "lines": [{"line": "1", "quantity_milli": 1000}]}, **{"Idempotency-Key": "e"}
        )
        assert answer.is_success, answer.text
        await till.must_show("-18 תודוקנ", "250 הרתי")


async def test_a_repeated_request_is_not_told_again(shop: Till, tmp_path: Path) -> None:
    """A till that asks twice under one key does not thank twice."""
    async with counter(shop, tmp_path) as till:
        body = shop.sale(1800, ask={"basket": lines(1800), "code": CARD})
        for _ in range(2):
            assert (await shop.ask("/v1/sales", body, **{"Idempotency-Key": "f"})).is_success
            await till.must_show(*GREETING)
        told: list[str] = []

        async def listen() -> None:
            told.extend([event.kind async for event in shop.parts.events.stream()])

        listening = asyncio.ensure_future(listen())
        await asyncio.sleep(0)
        assert (await shop.ask("/v1/sales", body, **{"Idempotency-Key": "f"})).is_success
        assert (await shop.ask("/v1/scans", {"code": "x"})).is_success
        shop.parts.events.close()
        await listening
        assert told == ["scan"]


async def test_goods_are_passed_over_and_a_refused_code_is_told_without_the_reason(shop: Till, tmp_path: Path) -> None:
    """A product's bar code changes nothing; of a code that is refused the display says only whom to see."""
    async with counter(shop, tmp_path) as till:
        shown = till.pole.screen.cleared
        await till.scan("7290000066318")
        await till.scan("https://example.com/menu")
        await asyncio.sleep(0.3)
        assert till.words() == GREETING
        assert till.pole.screen.cleared == shown
        await till.scan(code_of(RICH, expires_s=1_700_000_001))
        await till.must_show("לבקתה אל דוקה", "הפוקל תונפל אנ")
        await till.must_show(*GREETING)


async def test_a_member_the_cache_does_not_know_has_no_balance_here(shop: Till, tmp_path: Path) -> None:
    """A signed code alone greets, and claims nothing."""
    async with counter(shop, tmp_path) as till:
        await till.scan(code_of("ab" * 10))
        await till.must_show("םולש", "הפקה ןודעומ")


@pytest.mark.parametrize(
    ("options", "upper", "lower"),
    [
        ({"shows_name": False}, "םולש", "40 תודוקנ"),
        ({"shows_balance": False}, "רבח םולש", "הפקה ןודעומ"),
    ],
)
async def test_what_the_settings_keep_back_stays_back(
    shop: Till, tmp_path: Path, options: dict[str, bool], upper: str, lower: str
) -> None:
    """The first name, or the balance, for a display that a whole queue reads; after the sale as well."""
    async with counter(shop, tmp_path, **options) as till:
        await till.scan(code_of(POOR))
        await till.must_show(upper, lower)
        await shop.sell(500, "g", ask={"basket": lines(500), "code": code_of(POOR)})
        await till.must_show("+5 תודוקנ", "45 הרתי" if options.get("shows_balance", True) else "הפקה ןודעומ")
        await till.must_show("הדות" if not options.get("shows_name", True) else "רבח ,הדות", "תוארתהל")


async def test_a_greeting_goes_when_no_sale_follows(shop: Till, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody else may stand there by then."""
    monkeypatch.setattr(displaying, "CHECKOUT_S", 0.3)
    async with counter(shop, tmp_path) as till:
        await till.scan(CARD)
        await till.must_show("הרבח םולש", "250 תודוקנ")
        await till.must_show(*GREETING)


async def test_unplugged_and_plugged_in_it_goes_on(shop: Till, tmp_path: Path) -> None:
    """It is noticed with nothing to show, posd sells on, and the same lines are there again afterwards."""
    async with counter(shop, tmp_path) as till:
        await till.scan(CARD)
        await till.must_show("הרבח םולש", "250 תודוקנ")
        for _ in range(3):
            till.pole.unplug()
            await asyncio.sleep(0.1)
            assert (await shop.ask("/v1/members/look-up", {"code": CARD})).is_success
            till.pole.screen = Screen(page="cp862")
            till.pole.plug()
            await till.must_show("הרבח םולש", "250 תודוקנ")
        await till.scan(code_of(POOR))
        await till.must_show("רבח םולש", "40 תודוקנ")


async def test_a_display_that_was_switched_off_gets_its_lines_again(
    shop: Till, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """RS-232 says nothing of the power: the lines are sent again after a while."""
    monkeypatch.setattr(displaying, "REFRESH_S", 0.2)
    async with counter(shop, tmp_path) as till:
        till.pole.screen = Screen(page="cp862")
        await till.must_show(*GREETING)


async def test_stopping_leaves_no_name_behind(shop: Till, tmp_path: Path) -> None:
    """The display is empty when posd has stopped."""
    async with counter(shop, tmp_path) as till:
        await till.scan(CARD)
        await till.must_show("הרבח םולש", "250 תודוקנ")
        shop.parts.events.close()
        await until(lambda: till.words() == ["", ""])


async def test_a_display_that_fell_behind_listens_again(shop: Till, tmp_path: Path) -> None:
    """More events at once than a page may wait for: it is let go, comes back by itself, and shows what comes next."""
    async with counter(shop, tmp_path) as till:
        for _ in range(WAITING_MAX + 2):
            shop.parts.events.send(Event("link", {"online": True, "trouble": ""}))
        await until(lambda: len(shop.parts.events._pages) == 1)
        await till.scan(CARD)
        await till.must_show("הרבח םולש", "250 תודוקנ")


async def test_a_trial_is_shown_and_a_missing_display_is_told(
    shop: Till, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever asks for it hears that the display has taken it, or that there is none."""
    monkeypatch.setattr(displaying, "TRIAL_S", 0.5)
    monkeypatch.setattr(displaying, "TRIAL_WAIT_S", 0.5)
    async with counter(shop, tmp_path) as till:
        await till.displaying.trial()
        assert till.words() == ["12.50 הגוצת תקידב", "יטח (זוה) דגבא"]
        await till.must_show(*GREETING)
        till.pole.unplug()
        for _ in range(2):
            with pytest.raises(Unavailable) as gone:
                await till.displaying.trial()
            assert gone.value.code == "display_gone"


async def test_a_trial_that_something_else_replaces_is_told_as_that(shop: Till, tmp_path: Path) -> None:
    """A scan or a sale within the same instant: the display is there, and was needed."""
    made = Counter(shop, tmp_path)
    trial = asyncio.ensure_future(made.displaying.trial())
    await asyncio.sleep(0)
    await made.displaying._hear(Event("booked", {"member": "", "moved": {}}))
    with pytest.raises(Unavailable) as busy:
        await trial
    assert busy.value.code == "display_busy"
    made.pole.unplug()
