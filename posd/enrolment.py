"""Becoming a terminal of head office, by a one-time code."""

import secrets
from contextlib import aclosing

from loyalty.ids import ENTROPY_BYTES, random_id
from loyalty.journal import Draft
from loyalty.sale import Enrol
from posd import keys
from posd.clock import clock_in
from posd.settings import Settings
from posd.store import journal
from posd.store.database import Store
from posd.version import VERSION
from runtime.errors import Rejected
from sync.client import UNSIGNED_KEY, HeadOffice
from sync.wire import EnrolAnswer, EnrolRequest


async def enrol(store: Store, settings: Settings, code: str) -> EnrolAnswer:
    """Show head office the code and our public key; from its answer on we are that terminal.

    Raises Rejected when we are one already, Misconfigured when head office does not know the code or the store's time zone does
    not fit our coordinates, Unavailable when it does not answer: the same code may then be tried again.
    """
    me = await store.look(journal.identity)
    if me.terminal:
        raise Rejected("already_enrolled", f"This is terminal {me.terminal} of {me.store} already", "See: posd status")
    key = keys.terminal_key(settings.state_path)
    request = EnrolRequest(code.strip(), key.public_key().public_bytes_raw().hex(), me.chain, VERSION)
    async with aclosing(HeadOffice(settings.head_office.url, UNSIGNED_KEY, key.sign)) as office:
        answer = await office.enrol(request)
    draft = Draft("enrol", random_id(secrets.token_bytes(ENTROPY_BYTES)), Enrol(VERSION, answer.store))
    clock = clock_in(answer.time_zone, settings.place.coordinates)
    await store.run(journal.enrol, answer, clock.stamp(None), draft)
    return answer
