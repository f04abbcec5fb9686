"""The only place where the parts meet: built from the settings, started in order, stopped in reverse."""

import asyncio
import contextlib
import socket
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

import structlog

from drivers import load_display, load_printer, load_scanner
from drivers.printers.job import run_jobs
from drivers.printers.lettering import require_shaping
from loyalty.moment import Place
from posd import keys, leasing
from posd.api.app import make_api
from posd.api.auth import Tokens
from posd.api.parts import Parts
from posd.checkout import Checkout
from posd.clock import clock_in, wall_ms
from posd.displaying import Displaying
from posd.enrolment import enrol, new_key
from posd.events import Event, Events
from posd.printing import StoredQueue, Watched
from posd.scanning import Scanning
from posd.settings import Settings
from posd.store import journal, tokens
from posd.store.database import Store, open_store
from posd.store.writer import trouble
from posd.storing import StoredCache, StoredJournal
from posd.upkeep import Upkeep
from posd.version import VERSION
from runtime.errors import Unavailable
from runtime.log import start_logging
from runtime.notify import WATCHDOG_WAIT_S_MAX, feed_watchdog, notify
from runtime.serve import listen, on_stop_signals, serving
from runtime.supervise import supervise
from sync.client import HeadOffice, pinned
from sync.loop import Link, Sync
from sync.signing import key_id

CLI_TOKEN = "cli"
MIB = 1024 * 1024
CHECK_S_MAX = (
    0.5  # a start waits so long for the check after an unclean stop; it goes on behind, and nothing is spent meanwhile
)

log = structlog.get_logger()


async def run(settings: Settings, ready: Callable[[str], None] = lambda _: None) -> None:
    """Run until SIGTERM or SIGINT. An enrolment starts all parts anew under the new name, on the same socket.

    Raises Unavailable when the disk has failed or the database is damaged: nothing is accepted any more.
    `ready` is told once where it will answer.
    """
    start_logging(settings.log_level)
    if settings.printing != "none":
        require_shaping()
    stop = asyncio.Event()
    on_stop_signals(stop)
    water, ballast_bytes = settings.highwater_path, settings.ballast_mib * MIB
    async with open_store(settings.state_path, water_dir=water, ballast_bytes=ballast_bytes) as store:
        with listen(settings.api.host, settings.api.port) as listener:
            await _let_cli_in(settings, store)
            ready(f"http://127.0.0.1:{listener.getsockname()[1]}")
            while not stop.is_set():
                await _run_once(settings, store, listener, stop)
                if store.failure:  # systemd starts us anew, and that start finds out what the disk has
                    raise store.failure


async def _run_once(settings: Settings, store: Store, listener: socket.socket, stop: asyncio.Event) -> None:
    anew = asyncio.Event()
    async with contextlib.AsyncExitStack() as stack:
        parts, sync = await _build(settings, store, stack)
        upkeep = Upkeep(store, settings.state_path, partial(_tell_link, parts))
        api = make_api(parts, Tokens(await store.look(tokens.by_hash)), _authorities(settings, listener))

        async def enrolled(code: str) -> dict[str, str]:
            answer = await enrol(store, settings, code)
            asyncio.get_running_loop().call_soon(anew.set)
            return {"terminal": answer.terminal, "name": answer.name, "store": answer.store}

        async def rekeyed() -> dict[str, str]:
            told = await new_key(store, settings)
            asyncio.get_running_loop().call_soon(anew.set)
            return {"key": told}

        api.state.enrol, api.state.new_key = enrolled, rekeyed
        async with asyncio.TaskGroup() as group:
            running = [group.create_task(loop, name=name) for name, loop in _loops(settings, parts, sync, upkeep)]
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(upkeep.checked.wait(), CHECK_S_MAX)
            async with serving(api, listener.dup()) as server:
                notify(f"READY=1\nSTATUS={_said(parts)}")
                log.info("ready", version=VERSION, terminal=parts.checkout.terminal, port=listener.getsockname()[1])
                await _first(stop.wait(), anew.wait(), store.failed.wait(), server)
                notify("STOPPING=1" if stop.is_set() else "STATUS=enrolled, starting anew")
                parts.events.close()
            for task in running:
                task.cancel()


async def _build(settings: Settings, store: Store, stack: contextlib.AsyncExitStack) -> tuple[Parts, Sync | None]:
    """Everything but the HTTP server; no task runs yet."""
    me = await store.look(journal.identity)
    link, events, office = Link(heard_ms=(await store.look(journal.pull_state)).heard_ms), Events(), None
    if me.terminal:
        key = keys.terminal_key(settings.state_path)
        public_key = key.public_key().public_bytes_raw().hex()
        there, name = settings.head_office, key_id(me.terminal, me.epoch)
        office = HeadOffice(there.url, name, key.sign, pinned(there.ca_file), public_key)
        stack.push_async_callback(office.aclose)
    clock = clock_in(me.time_zone, settings.place.coordinates, Place(me.store, me.name or me.terminal))
    checkout = Checkout(store, clock, link, me.terminal, office, prints=settings.printing == "posd")
    if me.terminal:
        with contextlib.suppress(Unavailable):  # a full disk: it is tried again before long; a failed one ends us in a moment
            if voided := await checkout.recover():
                log.warning("holds voided that nobody answered before the stop", holds=voided)
    scanners = tuple(load_scanner(one.driver, one.name or one.driver, one.options) for one in settings.scanners)
    parts = Parts(settings, checkout, events, Scanning(checkout, events, settings.language), scanners)
    if shown := settings.display:
        parts.display = load_display(shown.driver, shown.name or shown.driver, shown.options)
        parts.displaying = Displaying(checkout, events, settings.language, shown.shows_name, shown.shows_balance)
    link.changed = lambda: _tell_link(parts)
    disk = store.condition.troubles
    sync = Sync(office, StoredJournal(store), StoredCache(store), link, wall_ms, VERSION, disk) if office else None
    return parts, sync


def _loops(settings: Settings, parts: Parts, sync: Sync | None, upkeep: Upkeep) -> list[tuple[str, Coroutine[Any, Any, None]]]:
    """Every supervised part by name."""
    store = parts.checkout.store
    watchdog = partial(feed_watchdog, lambda: store.run(journal.identity))
    loops = [("watchdog", supervise("watchdog", watchdog, wait_s_max=WATCHDOG_WAIT_S_MAX))]
    loops.append(("upkeep", supervise("upkeep", upkeep.run)))
    if sync:
        loops.append(("leases", supervise("leases", lambda: leasing.keep(parts.checkout, parts.news))))
        loops += [("push", supervise("push", sync.push_for_ever)), ("pull", supervise("pull", sync.pull_for_ever))]
    for scanner in parts.scanners:
        loops.append((scanner.name, supervise(scanner.name, partial(parts.scanning.read, scanner))))
    if parts.displaying and parts.display:
        loops.append(("display", supervise("display", partial(parts.displaying.run, parts.display))))
    if settings.printing == "posd" and settings.printer:
        device = settings.printer
        printer = load_printer(device.driver, device.name or device.driver, device.options)
        queue, watched = StoredQueue(store), Watched(printer)
        parts.printer = watched
        loops.append(("printer", supervise("printer", lambda: run_jobs(queue, printer, parts.paper))))
        loops.append(("printer status", supervise("printer status", lambda: watched.watch(partial(_tell_printer, parts)))))
    return loops


async def _let_cli_in(settings: Settings, store: Store) -> None:
    """A fresh token for this machine's own command line, for as long as this process runs; on a full disk the last one goes on."""
    path, token = settings.state_path / keys.TOKEN_FILE, keys.new_token()
    try:
        fresh = keys.beside(path, token.encode())
        await store.run(tokens.replace, CLI_TOKEN, "admin", token, wall_ms())
    except (OSError, Unavailable) as error:
        told = error if isinstance(error, Unavailable) else trouble(error)
        if told is None or told.code != "disk_full":
            raise told or error from error
    else:
        fresh.replace(path)


def _authorities(settings: Settings, listener: socket.socket) -> frozenset[str]:
    """The Host headers that are ours."""
    port = listener.getsockname()[1]
    return frozenset(f"{host}:{port}" for host in ("127.0.0.1", "localhost", "[::1]"))


def _tell_link(parts: Parts) -> None:
    link = parts.checkout.link
    parts.news.set()
    notify(f"STATUS={_said(parts)}")
    parts.events.send(Event("link", {"online": link.online, "trouble": link.trouble}))


def _tell_printer(parts: Parts) -> None:
    """The page hears of it; and where the trouble is over, what waits is printed at once."""
    assert parts.printer
    told = parts.printer.told()
    if not told["stop"]:
        parts.paper.set()
    parts.events.send(Event("printer", told))


def _said(parts: Parts) -> str:
    """One line for `systemctl status`."""
    checkout = parts.checkout
    if not checkout.terminal:
        return "not enrolled: run posd enrol CODE"
    return f"terminal {checkout.terminal}, head office {'online' if checkout.link.online else 'out of reach'}"


async def _first(*waiting: Coroutine[Any, Any, Any] | asyncio.Task[Any]) -> None:
    """Until one of them is done; an exception of it is raised."""
    tasks = [one if isinstance(one, asyncio.Task) else asyncio.create_task(one) for one in waiting]
    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task, one in zip(tasks, waiting, strict=True):
        if one is not task:
            task.cancel()
    for task in done:
        task.result()
