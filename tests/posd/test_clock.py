"""The terminal's clock: a Moment carries the store's calendars and place, a record's stamp only the time."""

from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from time_machine import travel

from loyalty.basket import Basket, Line
from loyalty.journal import Draft, Stamp
from loyalty.moment import NOWHERE, Calendar, Place
from loyalty.sale import Enrol
from posd.app import _build
from posd.clock import clock_in
from posd.enrolment import enrol
from posd.quoting import Ask
from posd.settings import Settings, load
from posd.store import journal
from posd.store.database import Store, open_store
from runtime.calendar import JERUSALEM, Coordinates
from runtime.errors import Misconfigured
from sync import wire
from sync.wire import EnrolAnswer
from tests.sync.peer import answers, peer
from tests.till import Till

HERE = Place("Allenby 12", "Till 1")
MANHATTAN = Coordinates(40.713, -74.006, diaspora=True)


def test_now_has_its_day_and_its_place():
    """Friday evening in Jerusalem, after sunset: the calendar's day is over, the Jewish one has begun."""
    with travel("2026-09-11T19:00:00+03:00", tick=False):
        moment = clock_in("Asia/Jerusalem", JERUSALEM, HERE).now()
    assert (moment.wall_ms, moment.utc_offset_minutes, moment.local_date) == (1_789_142_400_000, 180, "2026-09-11")
    assert moment.calendar == Calendar(5787, 7, 1, sabbath=True, holidays=("rosh_hashana",), rest=True)
    assert moment.place == HERE


def test_the_same_instant_is_another_time_elsewhere():
    """Noon in New York: the day before by the Jewish calendar, and the clocks are seven hours behind."""
    moment = clock_in("America/New_York", MANHATTAN).at(1_789_142_400_000)
    assert (moment.utc_offset_minutes, moment.local_date) == (-240, "2026-09-11")
    assert moment.calendar == Calendar(5786, 6, 29)
    assert moment.place == NOWHERE


@pytest.mark.parametrize(("offset_ms", "quality"), [(None, "unknown"), (300_000, "good"), (-300_001, "suspect")])
def test_a_stamp_has_the_time_alone(offset_ms: int | None, quality: str):
    """What a record holds of a moment does not change with calendars."""
    with travel("2026-09-11T19:00:00+03:00", tick=False):
        assert clock_in("").stamp(offset_ms) == Stamp(1_789_142_400_000, 180, quality)


def test_coordinates_of_another_part_of_the_world_are_refused():
    """A shop in New York with the home market's coordinates would keep the Sabbath from Friday morning on."""
    with pytest.raises(Misconfigured, match=r"America/New_York.*35\.235.*7\.3 hours") as caught:
        clock_in("America/New_York", JERUSALEM)
    assert caught.value.code == "coordinates_wrong"
    assert "[place]" in caught.value.hint
    with pytest.raises(Misconfigured, match="hours away"):
        clock_in("Asia/Jerusalem", Coordinates(31.778, -35.235 * 2))


@pytest.mark.parametrize(
    ("zone", "longitude"),
    [("Asia/Shanghai", 73.6), ("Europe/Madrid", -9.2), ("Pacific/Kiritimati", -157.4), ("America/Adak", 172.9), ("UTC", 35.2),
     ("Pacific/Auckland", -176.6), ("Asia/Kolkata", 72.8), ("America/Argentina/Ushuaia", -68.3)],
)  # fmt: skip
def test_clocks_may_be_far_from_the_sun_where_they_are(zone: str, longitude: float):
    """The most lopsided zones there are, and those across the date line."""
    assert clock_in(zone, Coordinates(0.0, longitude)).where.longitude == longitude


def test_before_it_is_enrolled_a_terminal_does_not_know_its_zone():
    """Settings for elsewhere are no mistake yet."""
    assert clock_in("", MANHATTAN).where == MANHATTAN


def test_an_unknown_zone_is_told():
    """With what one looks like."""
    with pytest.raises(Misconfigured, match="Mars/Olympus") as caught:
        clock_in("Mars/Olympus")
    assert caught.value.code == "time_zone_unknown"


def test_the_settings_say_where(tmp_path: Path):
    """What [place] says is what the sun is asked for; whole degrees will do."""
    file = tmp_path / "posd.toml"
    file.write_text("[place]\nlatitude = 41\nlongitude = -74.006\ncandle_minutes = 20\ndiaspora = true\n")
    assert load(file).place.coordinates == Coordinates(41.0, -74.006, 20, diaspora=True)
    assert Settings().place.coordinates == JERUSALEM


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("latitude = 90.5", "latitude"),
        ("latitude = nan", "latitude"),
        ('latitude = "31.7"', "latitude"),
        ("longitude = -200.0", "longitude"),
        ("candle_minutes = 121", "candle_minutes"),
        ("candle_minutes = 18.5", "candle_minutes"),
        ('diaspora = "no"', "diaspora"),
    ],
)
def test_a_place_that_is_none_is_told_with_its_line(tmp_path: Path, line: str, told: str):
    """As every mistake in a settings file."""
    file = tmp_path / "posd.toml"
    file.write_text(f"[place]\n{line}\n")
    with pytest.raises(Misconfigured, match=rf"posd.toml:2: place\.{told}"):
        load(file)


async def test_a_quote_knows_its_day(shop: Till):
    """What the rules are asked about carries the facts of the checkout's clock."""
    shop.checkout.clock = clock_in("", JERUSALEM, HERE)
    with travel("2026-09-11T19:00:00+03:00", tick=False):
        answer = await shop.checkout.quote(Ask(Basket((Line("1", "coffee", amount_minor=1400),))))
    assert answer.quote.moment.calendar == Calendar(5787, 7, 1, sabbath=True, holidays=("rosh_hashana",), rest=True)
    assert answer.quote.moment.place == HERE


async def identified(store: Store, name: str) -> None:
    """Be the terminal t7 of a store in New York."""
    answer = EnrolAnswer("t7", "Broadway 1", 1, "one", "America/New_York", 0, name)
    await store.run(journal.enrol, answer, Stamp(0, 0), Draft("enrol", "0" * 32, Enrol("0.1", "Broadway 1")))


@pytest.mark.parametrize(("name", "called"), [("Till 1", "Till 1"), ("", "t7")])
async def test_the_daemon_puts_settings_and_enrolment_together(tmp_path: Path, name: str, called: str):
    """Where the store is, the settings say; who the terminal is, head office said, by the name that people know."""
    settings = Settings.model_validate(
        {"state_dir": str(tmp_path), "place": {"latitude": 40.713, "longitude": -74.006, "diaspora": True}}
    )
    async with open_store(tmp_path) as store, AsyncExitStack() as stack:
        await identified(store, name)
        parts, _ = await _build(settings, store, stack)
        assert parts.checkout.clock == clock_in("America/New_York", MANHATTAN, Place("Broadway 1", called))


async def test_an_enrolment_that_does_not_fit_the_coordinates_is_refused(tmp_path: Path):
    """The terminal stays without a name, and once the settings are right the same code is good."""
    told = answers("200 OK", wire.encode(EnrolAnswer("t7", "Broadway 1", 1, "one", "America/New_York", 0, "Till 1")))
    async with open_store(tmp_path) as store, peer(told) as url:
        wrong = Settings.model_validate({"state_dir": str(tmp_path), "head_office": {"url": url}})
        with pytest.raises(Misconfigured, match="hours away"):
            await enrol(store, wrong, "CODE")
        assert (await store.look(journal.identity)).terminal == ""
        right = wrong.model_copy(update={"place": wrong.place.model_copy(update={"longitude": -74.006})})
        assert (await enrol(store, right, "CODE")).terminal == "t7"
        assert (await store.look(journal.identity)).time_zone == "America/New_York"


def test_what_tells_the_time_may_be_another_clock() -> None:
    """Moments and stamps go by the clock that was passed in: a simulated terminal has one of its own."""
    clock = clock_in("Asia/Jerusalem", ticks=lambda: 1_795_000_000_000)
    assert clock.now().wall_ms == clock.stamp(0).wall_ms == 1_795_000_000_000
