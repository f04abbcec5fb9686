"""Enrolling: one code, one key, and an epoch that is never used again."""

import pytest

from central import enrol
from runtime.errors import Rejected
from sync import wire
from sync.signing import key_id
from tests.central.conftest import NOW_MS
from tests.terminals import FieldTerminal

PLACE = ("Allenby 12", "Till 1")


async def a_code(office, now_ms=None):
    """A one-time code for the till."""
    from central.clock import now_ms as clock

    return (await office.store.run(enrol.new_code, PLACE, "Asia/Jerusalem", now_ms or clock())).code


async def test_a_code_makes_a_terminal(office):
    """The answer says who it is from now on."""
    answer = await office.enrol(FieldTerminal(), await a_code(office))
    assert (answer.store, answer.epoch, answer.time_zone) == ("Allenby 12", 1, "Asia/Jerusalem")
    assert len(answer.terminal) == 16


async def test_a_lost_reply_is_answered_again(office):
    """The same code with the same key gets the same answer."""
    terminal, code = FieldTerminal(), await a_code(office)
    first = await office.enrol(terminal, code)
    again = await office.enrol(terminal, code)
    assert (again.terminal, again.epoch) == (first.terminal, first.epoch)


async def test_a_code_may_be_typed_as_people_type(office):
    """Small letters, spaces and no dashes, 0 for O and 1 for I mean the same."""
    code = await a_code(office)
    typed = code.replace("-", " ").lower().replace("o", "0").replace("i", "1")
    assert (await office.enrol(FieldTerminal(), typed)).epoch == 1


async def test_a_used_code_is_of_no_use_to_another(office):
    """Another key, or another journal, does not get in with it."""
    terminal, code = FieldTerminal(), await a_code(office)
    await office.enrol(terminal, code)
    assert (await office.enrol(FieldTerminal(), code)).code == "enrol_code_unknown"
    assert (await office.enrol(FieldTerminal(key=terminal.key), code)).code == "enrol_code_unknown"


async def test_each_enrolment_has_a_higher_epoch(office):
    """The one before is over, and its code with it."""
    first, second = FieldTerminal(), FieldTerminal()
    code = await a_code(office)
    assert (await office.enrol(first, code)).epoch == 1
    assert (await office.enrol(second, await a_code(office))).epoch == 2
    assert (await office.enrol(first, code)).code == "enrol_code_unknown"


async def test_a_code_expires(office):
    """After a quarter of an hour an unused code is unknown; so is one that never was."""
    assert (await office.enrol(FieldTerminal(), await a_code(office, NOW_MS - 10**9))).code == "enrol_code_unknown"
    assert (await office.enrol(FieldTerminal(), "AAAA-BBBB")).code == "enrol_code_unknown"
    assert (await office.enrol(FieldTerminal(), "")).code == "enrol_code_unknown"


async def test_the_request_is_signed_by_the_key_in_it(office):
    """Nobody enrols a key that is not theirs, or under another key's name."""
    terminal, stranger = FieldTerminal(), FieldTerminal()
    body = wire.encode(terminal.enrol_request(await a_code(office)))
    for headers in (
        stranger.signed("/v1/enrol", body, key_id=key_id("enrol", 0)),
        terminal.signed("/v1/enrol", body, key_id=key_id("another", 1)),
        {},
    ):
        assert (await office.post("/v1/enrol", body, headers, wire.EnrolAnswer)).code == "not_signed"


@pytest.mark.parametrize(("field", "value"), [("chain", "x"), ("public_key", "zz"), ("public_key", "0" * 64)])
async def test_what_makes_no_sense_is_refused(office, field, value):
    """A chain or a key that is none gets a clear no."""
    terminal = FieldTerminal()
    request = wire.EnrolRequest(
        **{"code": "A", "public_key": terminal.public_key, "chain": terminal.chain, "posd_version": "0", field: value}
    )
    body = wire.encode(request)
    answer = await office.post(
        "/v1/enrol", body, terminal.signed("/v1/enrol", body, key_id=key_id("enrol", 0)), wire.EnrolAnswer
    )
    assert answer.code in ("malformed", "not_signed")


@pytest.mark.parametrize(
    ("place", "zone"), [(("", "Till"), "Asia/Jerusalem"), (PLACE, "Mars/Olympus"), (PLACE, "../etc/passwd")]
)
async def test_a_person_s_mistake_is_told(office, place, zone):
    """A place without a name, a time zone that is none."""
    with pytest.raises(Rejected):
        await office.store.run(enrol.new_code, place, zone, NOW_MS)
