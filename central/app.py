"""Head office as a running whole: the only place where its parts meet."""

import asyncio
import contextlib
import fcntl
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import structlog
from fastapi import FastAPI

from central import audit, blanks, code_keys, daily, leases, merging
from central.api import Api
from central.apply import Applier
from central.clock import now_ms
from central.code_keys import CodeSigner
from central.console.pages import Console
from central.feed import News
from central.settings import Settings, check_host, make_state_dir
from central.store import feed
from central.store.engine import Store
from central.store.opening import open_store
from runtime.errors import Unavailable
from runtime.notify import WATCHDOG_WAIT_S_MAX, feed_watchdog, notify
from runtime.serve import listen, on_stop_signals, serving
from runtime.supervise import supervise

LOOK_FOR_NEWS_S = 1.0  # what a command or another head office process has changed is told this soon
LOCK_NAME = "central.lock"

log = structlog.get_logger()


async def run(settings: Settings, ready: Callable[[str], None]) -> None:
    """Run until SIGTERM or SIGINT; `ready` is told the address. Raises Misconfigured, or Unavailable for its database."""
    check_host(settings.host)
    make_state_dir(settings)
    stop = asyncio.Event()
    on_stop_signals(stop)
    async with contextlib.AsyncExitStack() as parts:
        parts.enter_context(alone(settings))
        listener = parts.enter_context(listen(settings.host, settings.port))
        store = await parts.enter_async_context(open_store(settings.database_url, patient=False))
        signer = code_keys.load(settings.state_dir)
        await store.run(code_keys.publish, signer)
        news = News()
        applier = Applier(store, now_ms, news.tell)
        app = build(store, applier, news, signer)
        background = (
            supervise("apply", applier.run),
            supervise("news", lambda: watch_feed(store, news)),
            supervise("day", lambda: daily.bring_days(store, now_ms, news.tell)),
            supervise("fenced", lambda: leases.expose_all(store, now_ms, news.tell)),
            supervise("merges", lambda: merging.finish_all(store, now_ms, news.tell)),
            supervise("pools", lambda: blanks.fill_all(store, signer, settings.blank_codes, now_ms, news.tell)),
            supervise("check", lambda: audit.check_nightly(store, now_ms)),
            supervise("watchdog", lambda: feed_watchdog(lambda: store.read(feed.office)), wait_s_max=WATCHDOG_WAIT_S_MAX),
        )
        tasks = [asyncio.create_task(task) for task in background]
        parts.push_async_callback(_cancel, tasks)
        async with serving(app, listener) as http:
            host, port = listener.getsockname()[:2]
            address = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
            notify("READY=1")
            ready(address)
            stopping = asyncio.create_task(stop.wait())
            await asyncio.wait({stopping, http, *tasks[:-1]}, return_when=asyncio.FIRST_COMPLETED)
            stopping.cancel()
            notify("STOPPING=1")
            news.close()


def build(store: Store, applier: Applier, news: News, signer: CodeSigner) -> FastAPI:
    """The web application: what terminals ask, and the pages for people."""

    def changed() -> None:
        applier.wake()
        news.tell()

    app = FastAPI(title="posd head office", docs_url=None, redoc_url=None, openapi_url=None, telemetry={"logs": False})
    app.include_router(Api(store, applier, news).router)
    Console(store, signer, changed).add_to(app)
    return app


async def watch_feed(store: Store, news: News) -> None:
    """Tell waiting terminals what other processes have changed."""
    seen = -1
    while True:
        position = (await store.read(feed.office)).position
        if position != seen:
            seen = position
            news.tell()
        await asyncio.sleep(LOOK_FOR_NEWS_S)


@contextlib.contextmanager
def alone(settings: Settings) -> Iterator[None]:
    """Hold the state directory's lock. Raises Unavailable while another head office runs on it."""
    path = Path(settings.state_dir, LOCK_NAME)
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            hint = "Stop that one first, or give this one another state_dir"
            raise Unavailable("already_running", f"another posd-central runs on {settings.state_dir}", hint) from error
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield


async def _cancel(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
