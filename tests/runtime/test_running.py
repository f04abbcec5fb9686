"""Keeping parts running, serving, telling the service manager, and logs without anybody's secrets."""

import asyncio
import io
import json
import logging
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog

from runtime import notify as notifying
from runtime import supervise as supervising
from runtime.errors import Misconfigured, Rejected, Unavailable
from runtime.log import start_logging
from runtime.notify import feed_watchdog, notify
from runtime.serve import listen, serving
from runtime.supervise import supervise

HANG_S = 20


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Waits are noted by their longest and not waited for."""
    noted: list[float] = []
    sleep = asyncio.sleep

    def uniform(low: float, high: float) -> float:
        assert low == high / 2
        noted.append(high)
        return 0

    monkeypatch.setattr(supervising.random, "uniform", uniform)
    monkeypatch.setattr(supervising.asyncio, "sleep", lambda _: sleep(0))
    return noted


async def test_a_part_that_fails_is_started_again_later_and_later(waits: list[float]) -> None:
    """Whatever it raises, with doubling waits up to a bound; when it returns that is the end."""
    errors = iter([Unavailable("a", "b"), Misconfigured("a", "b"), Rejected("a", "b"), ValueError("bug"), OSError("gone")])

    async def part() -> None:
        for error in errors:
            raise error

    await supervise("part", part, wait_s_max=3)
    assert waits == [0.5, 1.0, 2.0, 3.0, 3.0]


async def test_a_part_that_ran_long_starts_over_with_the_shortest_wait(waits: list[float]) -> None:
    """Trouble of last week does not slow today's down."""
    runs = iter([0.0, 0.0, 0.02, None])

    async def part() -> None:
        long = next(runs)
        if long is None:
            return
        until = asyncio.get_running_loop().time() + long
        while asyncio.get_running_loop().time() < until:
            await asyncio.sleep(0)
        raise Unavailable("a", "b")

    await supervise("part", part, wait_s_max=0.01)
    assert waits[2] == supervising.FIRST_WAIT_S


async def test_a_part_that_is_cancelled_ends(waits: list[float]) -> None:
    """Stopping is no failure."""
    task = asyncio.create_task(supervise("part", lambda: asyncio.sleep(0) or asyncio.Event().wait()))  # type: ignore[arg-type, return-value, func-returns-value]
    await asyncio.sleep(0)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert task.cancelled()
    assert waits == []


@pytest.fixture
def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """A service manager's socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.settimeout(HANG_S)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        yield listener


def test_the_manager_hears_us(manager: socket.socket) -> None:
    """What is said arrives as it is, in UTF-8."""
    notify("READY=1\nSTATUS=קופה")
    assert manager.recv(100).decode() == "READY=1\nSTATUS=קופה"


def test_an_abstract_socket_is_known_by_its_at_sign(monkeypatch: pytest.MonkeyPatch) -> None:
    """As sd_notify(3) has it."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        name = f"posd-test-{os.getpid()}"
        listener.bind("\0" + name)
        monkeypatch.setenv("NOTIFY_SOCKET", "@" + name)
        notify("READY=1")
        assert listener.recv(100) == b"READY=1"


def test_a_manager_that_does_not_read_or_is_gone_stops_nobody(manager: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full queue, a dead socket, none at all."""
    for _ in range(2000):
        notify("STATUS=" + "x" * 1000)
    monkeypatch.setenv("NOTIFY_SOCKET", "/nowhere/at/all")
    notify("READY=1")
    monkeypatch.delenv("NOTIFY_SOCKET")
    notify("READY=1")


async def test_the_watchdog_is_fed_while_the_database_answers(manager: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each time after an answer; when that fails nothing more is said, and the failure is told."""
    monkeypatch.setenv("WATCHDOG_USEC", "3000")
    answers = iter([1, 2])

    async def alive() -> int:
        if (answer := next(answers, None)) is None:
            raise OSError("the database hangs")
        return answer

    with pytest.raises(OSError, match="hangs"):
        await feed_watchdog(alive)
    manager.setblocking(False)
    assert [manager.recv(50), manager.recv(50)] == [b"WATCHDOG=1"] * 2
    with pytest.raises(BlockingIOError):
        manager.recv(50)


@pytest.mark.parametrize("environment", [{}, {"WATCHDOG_USEC": "3000", "WATCHDOG_PID": "1"}])
async def test_without_a_watchdog_nothing_is_fed(monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]) -> None:
    """None wanted, or wanted of another process."""
    for name in ("WATCHDOG_USEC", "WATCHDOG_PID"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    async def never() -> None:
        raise AssertionError

    await notifying.feed_watchdog(never)


async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Answers at once at /, and never at /for-ever."""
    if scope["path"] == "/for-ever":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"x", "more_body": True})
        await asyncio.sleep(3600)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"here"})


async def test_it_serves_and_stops_with_a_page_open() -> None:
    """Ready when the block begins; gone when it ends, though one answer never would."""
    with listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        async with asyncio.timeout(HANG_S), httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            async with serving(app, listener.dup()):
                assert (await client.get("/")).text == "here"
                page = asyncio.create_task(client.get("/for-ever", timeout=HANG_S))
                await asyncio.sleep(0.05)
            with suppress(httpx.HTTPError):
                await page
        async with serving(app, listener.dup()), httpx.AsyncClient() as again:
            assert (await again.get(f"http://127.0.0.1:{port}/")).text == "here"


def test_a_port_in_use_is_told_with_what_to_do() -> None:
    """Which one, and where to change it."""
    with listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(Unavailable, match=str(port)) as told:
            listen("127.0.0.1", port)
    assert told.value.code == "port_in_use"
    assert "settings" in told.value.hint


@pytest.fixture(params=["json", "console"])
def said(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What is logged, for the journal or for a person at a terminal."""
    stream = io.StringIO()
    stream.isatty = lambda: request.param == "console"  # type: ignore[method-assign]
    monkeypatch.setattr(sys, "stderr", stream)
    before = logging.getLogger().handlers[:]
    start_logging("info")
    yield stream
    structlog.reset_defaults()
    logging.getLogger().handlers[:] = before


def test_a_traceback_carries_no_local_variables(said: io.StringIO) -> None:
    """Ours and our libraries': where it happened and what, never whose name or code was at hand."""

    def fails(code: str) -> None:
        secret = code + "-of-a-member"
        raise ValueError("it broke" if secret else "")

    for log in (structlog.get_logger().exception, logging.getLogger("library").exception):
        try:
            fails("PL1:ABC")
        except ValueError:
            log("failed")
    text = said.getvalue()
    assert text.count("ValueError: it broke") == 2
    assert text.count("in fails") == 2
    assert "of-a-member" not in text.replace('code + "-of-a-member"', "").replace('code + \\"-of-a-member\\"', "")
    assert "PL1:ABC" not in text.replace('fails("PL1:ABC")', "").replace('fails(\\"PL1:ABC\\")', "")


def test_the_level_is_kept(said: io.StringIO) -> None:
    """What is below it is not said; Hebrew is readable."""
    structlog.get_logger().debug("quiet")
    structlog.get_logger().info("שלום", port=1)
    text = said.getvalue()
    assert "quiet" not in text
    assert "שלום" in text


def test_lines_for_the_journal_are_json(monkeypatch: pytest.MonkeyPatch) -> None:
    """One object for each line, with level and time."""
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    before = logging.getLogger().handlers[:]
    start_logging()
    structlog.get_logger().warning("told", code="x")
    logging.getLogger("library").warning("told %s", "too")
    structlog.reset_defaults()
    logging.getLogger().handlers[:] = before
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [(line["event"], line["level"]) for line in lines] == [("told", "warning"), ("told too", "warning")]
    assert all("timestamp" in line for line in lines)
