"""A browser, and a shop that it looks at. Both end with the module: Playwright's own loop must not meet another test's."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.shop import Shop, open_shop

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip
TABLET = {"width": 1024, "height": 768}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium."""
    if not CHROMIUM.exists():
        pytest.skip("there is no /usr/bin/chromium here: apt-get install chromium")
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield found
        found.close()


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """Head office and posd, running."""
    with open_shop(tmp_path_factory.mktemp("shop")) as opened:
        yield opened


class Watched:
    """What a page asked for and complained of."""

    def __init__(self, context: BrowserContext, own: str) -> None:
        self.strangers: list[str] = []
        self.complaints: list[str] = []
        context.on("request", lambda request: None if request.url.startswith(own) else self.strangers.append(request.url))
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        context.on("console", lambda said: self.complaints.append(said.text) if said.type in {"error", "warning"} else None)

    def unexpected(self) -> list[str]:
        """Complaints but the browser's own word about a request that failed, which the page answers for."""
        return [text for text in self.complaints if not text.startswith("Failed to load resource")]


@pytest.fixture
def page(browser: Browser, shop: Shop) -> Iterator[Page]:
    """The cashier's page in English, signed in. Whatever the test does, it stays within its origin and its policy."""
    english = [{"origin": shop.address, "localStorage": [{"name": "posd.language", "value": "en"}]}]
    context = browser.new_context(viewport=TABLET, reduced_motion="reduce", storage_state={"cookies": [], "origins": english})
    watched = Watched(context, shop.address)
    found = context.new_page()
    found.goto(f"{shop.address}/#token={shop.token}")
    found.locator("#link .on").wait_for()
    yield found
    context.close()
    assert watched.strangers == []
    assert watched.unexpected() == []
