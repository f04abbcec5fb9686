"""Opening head office's database: its tables are brought up to date before anybody uses it."""

import contextlib
import os
from collections.abc import AsyncIterator
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncEngine

from central.store.engine import Store, make_engine
from central.store.migrate import migrate
from runtime.errors import Unavailable


@contextlib.asynccontextmanager
async def open_store(url: str, *, patient: bool = True) -> AsyncIterator[Store]:
    """The store at `url` (`sqlite:///PATH` or `postgresql://...`), its tables made or brought up to date. One that is not `patient`
    gives up what takes longer than a terminal waits: for whoever answers them.

    Raises Misconfigured for a URL or a place that cannot be used, or for the database of a newer release; Unavailable when the
    database does not answer.
    """
    async with _engine(url, patient=True) as engine:  # changing large tables takes as long as it takes
        file = Path(engine.url.database) if engine.dialect.name == "sqlite" and engine.url.database else None
        if file:
            _touch(file)
        await Store(engine).rebuild(migrate)
        if file:
            _sync_folder(file.parent)
    async with _engine(url, patient=patient) as engine:
        yield Store(engine)


@contextlib.asynccontextmanager
async def _engine(url: str, *, patient: bool) -> AsyncIterator[AsyncEngine]:
    engine = make_engine(url, patient=patient)
    try:
        yield engine
    finally:
        await engine.dispose()


def _touch(file: Path) -> None:
    """Make sure that the file can be opened, by its owner only. aiosqlite's thread dies noisily when it cannot."""
    try:
        os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        message = f"the database {file} does not answer: {error.strerror}"
        raise Unavailable(
            "database_unavailable", message, "Check that it may be written and that `database` is right"
        ) from error


def _sync_folder(folder: Path) -> None:
    """A new file's name must survive a power cut as well as what is in it."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
