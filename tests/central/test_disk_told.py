"""What a terminal says of its own disk reaches head office's page."""

from central.clock import now_ms
from central.store import pages
from loyalty.bounds import TEXT_CHARS_MAX
from sync import wire


async def row(office):
    """The one terminal, as the page lists it."""
    [found] = await office.store.read(pages.terminals, now_ms())
    return found


async def told(office, terminal, codes):
    """The terminal asks for changes, and says this of its disk."""
    request = wire.FeedRequest("", 0.0, 0, 0, "0.1.0", disk=codes)
    return await office.ask(terminal, "/v1/feed", request, wire.FeedPage)


async def test_a_terminal_s_disk_is_a_trouble_until_it_says_otherwise(office):
    """The codes stand on the page, worse than silence and queues."""
    terminal = await office.terminal()
    await told(office, terminal, "rolled_back disk_full")
    found = await row(office)
    assert (found.trouble, found.disk) == ("disk", "rolled_back disk_full")
    await told(office, terminal, "")
    found = await row(office)
    assert (found.trouble, found.disk) == ("", "")


async def test_an_older_terminal_says_nothing_of_it(office):
    """It has no such field, and is in order."""
    terminal = await office.terminal()
    await office.feed(terminal)
    assert (await row(office)).disk == ""


async def test_what_a_terminal_may_say_is_bounded(office):
    """A page and two databases must bear it."""
    terminal = await office.terminal()
    await told(office, terminal, "x\0" * 5000)
    assert (await row(office)).disk == "x" * (TEXT_CHARS_MAX // 2)
