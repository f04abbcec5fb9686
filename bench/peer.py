"""The peers of POST-a-sale: bare FastAPI handlers that await each statement on aiosqlite, without any rules.

`/statements` runs every statement that posd runs for a posted sale; `/rows` writes the same rows and reads nothing.
"""

import contextlib
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import aiosqlite
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel

from bench.rows import PRAGMAS, Rows, await_each, written
from runtime.notify import notify


class Body(BaseModel):
    """Some JSON object with a number."""

    number: int
    lines: list[dict[str, int | str]]


def make(path: Path, rows: Rows) -> FastAPI:
    """The application."""
    state: dict[str, aiosqlite.Connection] = {}

    @contextlib.asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        async with aiosqlite.connect(path, isolation_level=None) as db:
            for pragma in PRAGMAS:
                await db.execute(f"PRAGMA {pragma}")
            state["db"] = db
            notify("READY=1")
            yield

    app = FastAPI(lifespan=life)

    only_writes = written(rows)

    @app.post("/statements")
    async def all_statements(body: Body) -> dict[str, int]:
        await await_each(state["db"], rows, body.number)
        return {"number": body.number}

    @app.post("/rows")
    async def same_rows(body: Body) -> dict[str, int]:
        await await_each(state["db"], only_writes, body.number)
        return {"number": body.number}

    return app


if __name__ == "__main__":
    given = json.loads(sys.argv[1])
    uvicorn.run(
        make(Path(given["path"]), Rows.load(Path(given["rows"]))), port=given["port"], log_config=None, access_log=False
    )
