"""A terminal and head office over real TLS: by a pinned authority, whatever day it is, and by no other."""

import contextlib
import ssl
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest

from central import code_keys
from central import enrol as enrolling
from central.app import build
from central.apply import Applier
from central.clock import now_ms
from central.feed import News
from central.store.opening import open_store as open_office
from posd import keys
from posd.enrolment import enrol
from posd.settings import Settings
from posd.store import journal
from posd.store.database import open_store
from posd.storing import StoredCache, StoredJournal
from runtime.errors import Misconfigured, Unavailable
from sync.client import NO_CHECK_TIME, HeadOffice, pinned
from sync.loop import Link, Sync
from sync.signing import key_id
from sync.wire import FeedRequest
from tests.certificates import EARLIER_YEAR, LATER_YEAR, NOW_YEAR, Authority, behind_tls
from tests.till import KEY

LOCAL = "127.0.0.1"
ASKED = FeedRequest("", 0.0, 0, 0, "0.1")
YEARS = [NOW_YEAR, LATER_YEAR, EARLIER_YEAR]


@contextlib.asynccontextmanager
async def head_office(folder: Path, authority: Authority, host: str = LOCAL) -> AsyncIterator[tuple[str, str]]:
    """A real head office behind a certificate for `host`: its address, and a one-time code."""
    async with open_office(f"sqlite:///{folder / 'central.db'}") as store:
        code = (await store.run(enrolling.new_code, ("Allenby 12", "Till 1"), "Asia/Jerusalem", now_ms())).code
        news = News()
        app = build(store, Applier(store, now_ms, news.tell), news, code_keys.load(folder))
        async with behind_tls(app, authority.signs(host)) as port:
            yield f"https://{LOCAL}:{port}", code


async def asks(url: str, ca_file: str) -> None:
    """One request, as a terminal that nobody knows."""
    async with aclosing(HeadOffice(url, "t7.1", KEY.sign, pinned(ca_file))) as office:
        await office.feed(ASKED)


@pytest.mark.parametrize("year", YEARS, ids=["valid", "not yet valid", "expired"])
async def test_a_terminal_enrols_and_syncs_whatever_day_its_clock_shows(tmp_path: Path, year: int) -> None:
    """To a clock in 1970 each certificate is one that is not valid yet: the pinned chain is checked, the days are not."""
    authority = Authority(tmp_path / "ca", year)
    async with head_office(tmp_path, authority) as (url, code), open_store(tmp_path / "till") as store:
        there = {"url": url, "ca_file": authority.file}
        settings = Settings.model_validate({"state_dir": str(tmp_path / "till"), "head_office": there})
        answer = await enrol(store, settings, code)
        key = keys.terminal_key(settings.state_path)
        async with aclosing(HeadOffice(url, key_id(answer.terminal, answer.epoch), key.sign, pinned(authority.file))) as office:
            link = Link()
            sync = Sync(office, StoredJournal(store), StoredCache(store), link, lambda: 0, "0.1")
            await sync.push_all()
            while not (await store.look(journal.pull_state)).caught_up:
                await sync.pull_page()
        assert (await store.look(journal.push_state)).seq == 1
        assert link.clock_offset_ms is not None
        assert abs(link.clock_offset_ms - now_ms()) < 3_600_000


async def test_without_a_pin_the_days_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What would have happened: the same certificate, trusted as public ones are, is refused for its days alone."""
    authority = Authority(tmp_path / "ca", LATER_YEAR)
    context = ssl.create_default_context(cafile=authority.file)
    monkeypatch.setattr(ssl, "create_default_context", lambda *_, **__: context)
    async with head_office(tmp_path, authority) as (url, _):
        with pytest.raises(Unavailable, match="not yet valid"):
            await asks(url, "")


@pytest.mark.parametrize("year", YEARS)
async def test_another_authority_is_refused(tmp_path: Path, year: int) -> None:
    """It may sign for our host's very name."""
    ours, theirs = Authority(tmp_path / "ours", year), Authority(tmp_path / "theirs", year)
    async with head_office(tmp_path, theirs) as (url, _):
        with pytest.raises(Unavailable, match="CERTIFICATE_VERIFY_FAILED"):
            await asks(url, ours.file)


@pytest.mark.parametrize("year", YEARS)
async def test_another_hosts_certificate_is_refused(tmp_path: Path, year: int) -> None:
    """Our authority has signed it, for somebody else."""
    authority = Authority(tmp_path / "ca", year)
    async with head_office(tmp_path, authority, "elsewhere.example") as (url, _):
        with pytest.raises(Unavailable, match="mismatch"):
            await asks(url, authority.file)


async def test_public_authorities_are_not_asked_where_one_is_pinned(tmp_path: Path) -> None:
    """Only what stands in the file is trusted."""
    transport = pinned(Authority(tmp_path / "ca").file)
    context = transport._pool._ssl_context  # type: ignore[union-attr]
    assert len(context.get_ca_certs()) == 1
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)


async def test_the_servers_own_certificate_may_be_pinned(tmp_path: Path) -> None:
    """A head office without an authority: nothing else is trusted, not even what that one would sign."""
    authority = Authority(tmp_path / "ca")
    certificate = authority.signs(LOCAL)
    async with behind_tls(refuses, certificate) as port:
        with pytest.raises(Unavailable, match="status 418"):
            await asks(f"https://{LOCAL}:{port}", certificate[0])
    other = Authority(tmp_path / "other", key=authority.key).signs(LOCAL)
    async with behind_tls(refuses, other) as port:
        with pytest.raises(Unavailable, match="CERTIFICATE_VERIFY_FAILED"):
            await asks(f"https://{LOCAL}:{port}", certificate[0])


async def refuses(scope: object, receive: object, send: object) -> None:
    """An application that answers 418 to everything."""
    await send({"type": "http.response.start", "status": 418, "headers": []})  # type: ignore[operator]
    await send({"type": "http.response.body", "body": b""})  # type: ignore[operator]


@pytest.mark.parametrize("content", [None, "", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_a_file_without_a_certificate_is_told(tmp_path: Path, content: str | None) -> None:
    """A mistake in the settings, with the setting's name."""
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)
    with pytest.raises(Misconfigured, match=r"ca\.pem") as told:
        pinned(str(path))
    assert (told.value.code, "head_office.ca_file" in told.value.hint) == ("ca_unreadable", True)


def test_pythons_own_flags_are_those_of_openssl() -> None:
    """The number that Python has no name for is taken, and kept, by the library that this machine has."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.verify_flags |= NO_CHECK_TIME
    assert int(context.verify_flags) & 0x200000
