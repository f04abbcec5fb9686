"""Becoming a terminal of head office, by a one-time code."""

import secrets
import shutil
from contextlib import aclosing

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from loyalty.ids import ENTROPY_BYTES, random_id
from loyalty.journal import Draft
from loyalty.sale import Enrol
from posd import keys
from posd.clock import clock_in
from posd.settings import Settings
from posd.store import aside, journal
from posd.store.database import Store, alone_in, open_store
from posd.store.folder import RealFolder
from posd.store.journal import Identity
from posd.store.opening import FILE
from posd.version import VERSION
from runtime.errors import Misconfigured, Rejected
from sync.client import UNSIGNED_KEY, HeadOffice, pinned
from sync.keys import KeyRequest
from sync.signing import key_id
from sync.wire import EnrolAnswer, EnrolRequest

ANEW = "anew"
"""The folder, in the state folder, where the next database is made."""


async def enrol(store: Store, settings: Settings, code: str) -> EnrolAnswer:
    """Show head office the code and our public key; from its answer on we are that terminal.

    Raises Rejected when we are one already, Misconfigured when head office does not know the code or the store's time zone does
    not fit our coordinates, Unavailable when it does not answer: the same code may then be tried again.
    """
    me = await store.look(journal.identity)
    if me.terminal:
        hint = "See: posd status. To begin a new journal under a new code, stop posd and use: posd enrol --anew CODE"
        raise Rejected("already_enrolled", f"This is terminal {me.terminal} of {me.store} already", hint)
    key = keys.terminal_key(settings.state_path)
    request = EnrolRequest(code.strip(), key.public_key().public_bytes_raw().hex(), me.chain, VERSION)
    there = settings.head_office
    async with aclosing(HeadOffice(there.url, UNSIGNED_KEY, key.sign, pinned(there.ca_file))) as office:
        answer = await office.enrol(request)
    draft = Draft("enrol", random_id(secrets.token_bytes(ENTROPY_BYTES)), Enrol(VERSION, answer.store))
    clock = clock_in(answer.time_zone, settings.place.coordinates)
    await store.run(journal.enrol, answer, clock.stamp(None), draft)
    return answer


async def enrol_anew(settings: Settings, code: str) -> EnrolAnswer:
    """Begin a new journal under a new code, and set the database that there is aside: after a fork, a rollback or a fence.

    Head office is asked first; what it refuses changes nothing. Raises as `enrol` does, and Unavailable while posd runs.
    """
    state = settings.state_path
    made, ready = state / ANEW, state / aside.NEXT
    with alone_in(state):
        shutil.rmtree(made, ignore_errors=True)
        async with open_store(made) as store:
            answer = await enrol(store, settings, code)
        (made / FILE).rename(ready)
        shutil.rmtree(made)
        aside.note(RealFolder(state), "enrolled anew", rebuild=False)
    async with open_store(state, water_dir=settings.highwater_path):
        return answer


async def new_key(store: Store, settings: Settings) -> str:
    """Take a new key, which the old one signs for; the beginning of the public one. What broke off is done again, with the same.

    A head office that was restored from a backup may know only the key before: that one is kept, and then signs for the one in use.
    Raises Misconfigured when head office knows none of them, Unavailable when it does not answer: then both stay good.
    """
    state, me = settings.state_path, await store.look(journal.identity)
    journal.must_be_enrolled(me.terminal)
    now, fresh, before = keys.terminal_key(state), keys.next_key(state), keys.old_key(state)
    try:
        await _offer(settings, me, now, fresh)
    except Misconfigured as error:
        if error.code != "not_signed" or before is None:
            raise
        await _offer(settings, me, before, now)
    else:
        keys.turn(state)
    return keys.fingerprint(state)


async def _offer(settings: Settings, me: Identity, now: Ed25519PrivateKey, fresh: Ed25519PrivateKey) -> None:
    there, name = settings.head_office, key_id(me.terminal, me.epoch)
    async with aclosing(HeadOffice(there.url, name, now.sign, pinned(there.ca_file))) as office:
        await office.new_key(KeyRequest(fresh.public_key().public_bytes_raw().hex()))
