"""Opening head office's database: its tables are brought up to date before anybody uses it."""

import contextlib
import os
from collections.abc import AsyncIterator
from pathlib import Path

from central.store.engine import Store, make_engine
from central.store.migrate import migrate


@contextlib.asynccontextmanager
async def open_store(url: str) -> AsyncIterator[Store]:
    """The store at `url` (`sqlite:///PATH` or `postgresql://...`), its tables made or brought up to date.

    Raises Misconfigured for a URL or a place that cannot be used, Unavailable when the database does not answer.
    """
    engine = make_engine(url)
    try:
        store = Store(engine)
        await store.run(migrate)
        if engine.url.database and engine.dialect.name == "sqlite":
            _sync_folder(Path(engine.url.database).parent)
        yield store
    finally:
        await engine.dispose()


def _sync_folder(folder: Path) -> None:
    """A new file's name must survive a power cut as well as what is in it."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
