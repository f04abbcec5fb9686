"""What a terminal says of its own disk reaches head office's page."""

import pytest

from central.clock import now_ms
from central.store import pages
from sync import wire


async def row(office):
    """The one terminal, as the page lists it."""
    [found] = await office.store.read(pages.terminals, now_ms())
    return found


async def told(office, terminal, *codes):
    """The terminal asks for changes, and says this of its disk."""
    request = wire.FeedRequest("", 0.0, 0, 0, "0.1.0", disk=codes)
    return await office.ask(terminal, "/v1/feed", request, wire.FeedPage)


async def test_a_terminal_s_disk_is_a_trouble_until_it_says_otherwise(office):
    """The codes stand on the page, worse than silence and queues."""
    terminal = await office.terminal()
    await told(office, terminal, "rolled_back", "disk_full")
    found = await row(office)
    assert (found.trouble, found.disk) == ("disk", "rolled_back disk_full")
    await told(office, terminal)
    found = await row(office)
    assert (found.trouble, found.disk) == ("", "")


async def test_an_older_terminal_says_nothing_of_it(office):
    """It has no such field, and is in order."""
    terminal = await office.terminal()
    await office.feed(terminal)
    assert (await row(office)).disk == ""


@pytest.mark.parametrize("codes", [("x",) * (wire.DISK_CODES_MAX + 1)])
async def test_what_a_terminal_may_say_is_bounded(office, codes):
    """More than there are codes is no message of ours."""
    terminal = await office.terminal()
    body = b'{"cursor":"","wait_s":0,"queued_records":0,"queued_since_ms":0,"posd_version":"1","disk":%b}'
    sent = body % str(list(codes)).replace("'", '"').encode()
    problem = await office.post("/v1/feed", sent, terminal.signed("/v1/feed", sent), wire.FeedPage)
    assert problem.code == "malformed"
