"""`posd new-key`: the terminal's own side, against a real head office, whatever breaks off in between."""

import contextlib
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest

from posd import enrolment, keys
from posd.settings import Settings
from posd.store import journal
from posd.store.database import Store, open_store
from runtime.errors import Misconfigured, Unavailable
from sync.client import HeadOffice
from sync.signing import key_id
from sync.wire import FeedRequest
from tests.certificates import Authority
from tests.posd.test_tls import head_office
from tests.shop import open_shop, wait_for

ASKED = FeedRequest("", 0.0, 0, 0, "0.1")


class Here:
    """A terminal and the settings by which it finds head office."""

    def __init__(self, store: Store, settings: Settings) -> None:
        """Enrolled already."""
        self.store, self.settings, self.state = store, settings, settings.state_path

    async def takes_one(self) -> str:
        """A new key."""
        return await enrolment.new_key(self.store, self.settings)

    async def talks(self) -> bool:
        """Whether head office answers what this terminal signs with the key in its folder."""
        from sync.client import pinned

        me, key, there = await self.store.look(journal.identity), keys.terminal_key(self.state), self.settings.head_office
        async with aclosing(HeadOffice(there.url, key_id(me.terminal, me.epoch), key.sign, pinned(there.ca_file))) as office:
            try:
                await office.feed(ASKED)
            except Misconfigured:
                return False
        return True


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Here]:
    """An enrolled terminal and a head office behind TLS."""
    authority = Authority(tmp_path / "ca")
    async with contextlib.AsyncExitStack() as stack:
        url, code = await stack.enter_async_context(head_office(tmp_path, authority))
        store = await stack.enter_async_context(open_store(tmp_path / "till"))
        there = {"url": url, "ca_file": authority.file}
        settings = Settings.model_validate({"state_dir": str(tmp_path / "till"), "head_office": there})
        await enrolment.enrol(store, settings, code)
        yield Here(store, settings)


async def test_a_new_key_signs(here: Here) -> None:
    """The files change places, nobody else may read them, and head office answers."""
    before = keys.fingerprint(here.state)
    told = await here.takes_one()
    assert (told, told != before, await here.talks()) == (keys.fingerprint(here.state), True, True)
    files = {one.name: one.stat().st_mode & 0o777 for one in here.state.glob("terminal.key*")}
    assert files == {"terminal.key": 0o600, "terminal.key.old": 0o600}
    old = keys.old_key(here.state)
    assert old
    assert old.public_key().public_bytes_raw().hex().startswith(before)


async def test_a_lost_reply_changes_nothing_and_is_made_up_for(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    """Head office knows both keys; the old one goes on, and the next attempt ends with the very key of the first."""
    real, before = HeadOffice.new_key, keys.fingerprint(here.state)

    async def loses(self: HeadOffice, request: object) -> object:
        await real(self, request)  # type: ignore[arg-type]
        raise Unavailable("head_office_unreachable", "its answer was lost", "again")

    monkeypatch.setattr(HeadOffice, "new_key", loses)
    with pytest.raises(Unavailable):
        await here.takes_one()
    fresh = keys.next_key(here.state).public_key().public_bytes_raw().hex()
    assert (keys.fingerprint(here.state), await here.talks()) == (before, True)
    monkeypatch.undo()
    assert (fresh.startswith(await here.takes_one()), await here.talks()) == (True, True)


async def test_a_crash_before_the_files_change_places_is_made_up_for(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    """The old key is in its place, and good."""

    def dies(state: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(keys, "turn", dies)
    with pytest.raises(KeyboardInterrupt):
        await here.takes_one()
    assert await here.talks()
    monkeypatch.undo()
    await here.takes_one()
    assert await here.talks()


async def test_again_and_again(here: Here) -> None:
    """Each key is another one."""
    assert len({await here.takes_one() for _ in range(3)}) == 3
    assert await here.talks()


async def test_a_head_office_from_before_the_new_key_is_told_of_it_by_the_old(here: Here, tmp_path: Path) -> None:
    """It was restored from a backup. The records wait until somebody says `posd new-key`; then they go on."""
    import sqlite3

    before = keys.terminal_key(here.state).public_key().public_bytes_raw().hex()
    await here.takes_one()
    assert await here.talks()
    with contextlib.closing(sqlite3.connect(tmp_path / "central.db", isolation_level=None)) as db:
        db.execute("UPDATE chain SET public_key = ?, next_key = '', last_key = ''", (before,))
    now = keys.fingerprint(here.state)
    assert not await here.talks()
    assert await here.takes_one() == now
    assert await here.talks()


async def test_a_terminal_that_nobody_knows_gets_no_key(here: Here, tmp_path: Path) -> None:
    """Neither its key nor one before is known: enrol it."""
    (here.state / keys.KEY_FILE).unlink()
    with pytest.raises(Misconfigured) as told:
        await here.takes_one()
    assert told.value.code == "not_signed"


async def test_not_before_it_is_enrolled(tmp_path: Path) -> None:
    """There is nobody to tell."""
    async with open_store(tmp_path) as store:
        with pytest.raises(Misconfigured, match="not enrolled"):
            await enrolment.new_key(store, Settings(state_dir=str(tmp_path)))


def test_a_running_posd_takes_one_and_sells_on(tmp_path: Path) -> None:
    """The command asks the daemon, which starts its parts anew; what is sold before and after is pushed."""
    import json

    from click.testing import CliRunner

    from posd.cli import posd

    with open_shop(tmp_path) as shop:
        code = shop.member("Alef")
        shop.sell(code, 1000)
        before = shop.status()["key"]
        ran = CliRunner().invoke(posd, ["new-key", "--config", str(shop.config), "--json"])
        assert ran.exit_code == 0, ran.output
        wait_for("posd answers", shop.ready)
        assert json.loads(ran.stdout)["key"] == shop.status()["key"] != before
        shop.sell(code, 1000)
        wait_for("all is pushed", lambda: shop.status()["queued_records"] == 0 and shop.status()["online"])
        shop.stop("posd")
        ran = CliRunner().invoke(posd, ["new-key", "--config", str(shop.config)])
        assert ran.exit_code == 0, ran.output
        shop.start("posd")
        shop.sell(code, 1000)
        wait_for("all is pushed", lambda: shop.status()["queued_records"] == 0 and shop.status()["online"])
