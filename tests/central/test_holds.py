"""Reserving units online."""

import asyncio

import pytest
import sqlalchemy as sa

from central import audit, members
from central.clock import now_ms
from central.store.tables import MEMBER
from sync import wire
from tests.samples import HANDLE, basket, cafe, member, sold


@pytest.fixture
async def terminal(office):
    """A terminal whose member has 120 points."""
    terminal = await office.terminal()
    terminal.sells(sold(cafe(), member(), basket(12000)))
    await office.deliver()
    return terminal


def asks(number=1, pieces=100, member=HANDLE, unit="point"):
    """A request."""
    return wire.HoldRequest(f"{number:032x}", member, unit, pieces)


async def test_a_hold_takes_from_what_is_available(office, terminal):
    """The pieces are set aside at once."""
    assert await office.hold(terminal, asks()) == wire.HoldAnswer(True)
    assert (await office.balances(HANDLE))["point"] == 20


async def test_the_same_id_gets_the_same_answer(office, terminal):
    """A repeat moves nothing, granted or not, also when the balance has changed since."""
    for _ in range(3):
        assert (await office.hold(terminal, asks())).granted
        assert not (await office.hold(terminal, asks(2))).granted
    assert (await office.balances(HANDLE))["point"] == 20
    terminal.sells(sold(cafe(), member(), basket(12000)))
    await office.deliver()
    assert (await office.hold(terminal, asks(2))).refusal.params["have"] == 20
    assert (await office.hold(terminal, asks(3))).granted


async def test_a_short_balance_says_what_is_missing(office, terminal):
    """The answer fills the cashier's sentence."""
    refusal = (await office.hold(terminal, asks(pieces=200))).refusal
    assert (refusal.code, dict(refusal.params)) == (
        "pieces_missing",
        {"missing": 80, "have": 120, "cost": 200, "unit": "point"},
    )


async def test_an_id_that_means_something_else_is_refused(office, terminal):
    """Other pieces, another unit, another member or another terminal under a used id is no hold."""
    other = await office.terminal()
    someone = (await office.store.run(members.add, "Alef", "", now_ms())).handle
    await office.hold(terminal, asks())
    for who, request in (
        (terminal, asks(pieces=1)),
        (terminal, asks(unit="status")),
        (terminal, asks(member=someone)),
        (other, asks()),
    ):
        assert (await office.hold(who, request)).refusal.code == "hold_refused"


async def test_unknown_and_blocked_members_hold_nothing(office, terminal):
    """The reason is told."""
    assert (await office.hold(terminal, asks(member="ff" * 10))).refusal.code == "unknown_member"
    await office.store.run(lambda db: db.execute(sa.update(MEMBER).values(blocked=True)))
    assert (await office.hold(terminal, asks())).refusal.code == "member_blocked"


@pytest.mark.parametrize(
    "message", [b"", b"[]", b'{"id":"x","member":"m","unit":"u","pieces":1}', b'{"id":"%s","member":"m","unit":"u","pieces":0}']
)
async def test_a_request_that_makes_no_sense_is_malformed(office, terminal, message):
    """Bounds are checked before anything is looked up."""
    body = message.replace(b"%s", b"0" * 32)
    answer = await office.post("/v1/holds", body, terminal.signed("/v1/holds", body), wire.HoldAnswer)
    assert answer.code == "malformed"


async def test_holds_at_once_never_reserve_more_than_there_is(office, terminal):
    """Of many that want the last points together, only as many are granted as there are points for."""
    answers = await asyncio.gather(*(office.hold(terminal, asks(number, 40)) for number in range(1, 9)))
    assert sum(answer.granted for answer in answers) == 3
    assert (await office.balances(HANDLE))["point"] == 0
    assert (await office.store.read(audit.check)).balances == []
