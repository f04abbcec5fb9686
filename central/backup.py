"""Head office's backups: a folder with a copy of the database and the key that signs member codes, read again before it counts.

What a terminal has sent may be deleted there only once it is in a backup: so each backup tells how far it has every journal.
"""

import asyncio
import hashlib
import json
import os
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from central import code_keys, recovery
from central.settings import Settings
from central.store import copies
from central.store.copies import StoredHead, Upkeep
from central.store.opening import open_store
from runtime.errors import Misconfigured, Rejected, Unavailable

MANIFEST = "manifest.json"
DATABASE = "database"
PREFIX = "posd-central-"
FORM = 1
BLOCK_BYTES = 1 << 20


class Made(NamedTuple):
    """A backup: its folder, its size, and how much it has."""

    folder: Path
    bytes: int
    journals: int
    records: int


async def make(settings: Settings, into: Path, now_ms: int) -> Made:
    """A new backup in a folder of its own in `into`. It counts (terminals may delete what is in it) once it was read again.

    Raises Unavailable, Misconfigured or Rejected, and then it counts for nothing.
    """
    url = settings.database_url
    folder = into / f"{PREFIX}{datetime.fromtimestamp(now_ms / 1000, UTC):%Y%m%dT%H%M%SZ}"
    part = folder.with_name(f"{folder.name}.part")
    try:
        part.mkdir(mode=0o700, parents=True)
    except OSError as error:
        raise Misconfigured("backup_folder", f"{part}: {error.strerror}", "Name a folder that may be written") from error
    async with open_store(url) as store:
        try:
            heads = await asyncio.to_thread(_write, settings, part, now_ms)
        except (Rejected, Unavailable) as error:
            await store.run(copies.note, "backup", Upkeep(now_ms, False, str(error)))
            raise
        part.rename(folder)
        copies.sync(into)
        await store.run(copies.mark_durable, heads)
        made = Made(folder, (folder / DATABASE).stat().st_size, len(heads), sum(head.seq for head in heads))
        await store.run(copies.note, "backup", Upkeep(now_ms, True, f"{folder.name}: {made.records} records"))
    return made


def _write(settings: Settings, part: Path, now_ms: int) -> list[StoredHead]:
    file = part / DATABASE
    os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    copies.copy(settings.database_url, file)
    copies.sync(file)
    heads = copies.verified(settings.database_url, file)
    manifest = {"form": FORM, "made_ms": now_ms, "kind": _kind(settings), "sha256": _sha256(file)}
    key = settings.state_dir / code_keys.FILE_NAME
    if key.exists():
        shutil.copy2(key, part / key.name)
        copies.sync(part / key.name)
    (part / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
    copies.sync(part / MANIFEST)
    copies.sync(part)
    return heads


def keep(into: Path, count: int) -> list[Path]:
    """Delete the oldest backups in `into` until `count` are left, and what is left of those that failed; which were deleted."""
    found = sorted(path for path in into.glob(f"{PREFIX}*") if path.is_dir())
    whole = [path for path in found if (path / MANIFEST).exists() and path.suffix != ".part"]
    old = [*whole[: max(0, len(whole) - count)], *(path for path in found if path.suffix == ".part")]
    for path in old:
        shutil.rmtree(path)
    return old


async def restore(settings: Settings, folder: Path | None, now_ms: int, person: str) -> str:
    """Put a backup back, or (without a `folder`) say that somebody has done so by other means; the name of the new life.

    Head office must not be running. Raises Rejected for what is no whole backup of this kind of database.
    """
    if folder:
        await asyncio.to_thread(_put_back, settings, folder, now_ms)
    async with open_store(settings.database_url) as store:
        return await store.run(recovery.begin, now_ms, person)


def _put_back(settings: Settings, folder: Path, now_ms: int) -> None:
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        found = _sha256(folder / DATABASE)
    except (OSError, ValueError) as error:
        raise Rejected("backup_damaged", f"{folder} is no whole backup: {error}", "Take another") from error
    if manifest.get("form") != FORM or manifest.get("kind") != _kind(settings):
        hint = "Set `database` in central.toml to a database of the kind that it was made of"
        raise Rejected("backup_other", f"{folder} is a backup of {manifest.get('kind')!r}", hint)
    if found != manifest.get("sha256"):
        raise Rejected("backup_damaged", f"{folder / DATABASE} is not as it was written", "Take another")
    copies.verified(settings.database_url, folder / DATABASE)
    copies.restore(settings.database_url, folder / DATABASE, f"before-{now_ms}")
    key, kept = settings.state_dir / code_keys.FILE_NAME, folder / code_keys.FILE_NAME
    if kept.exists() and not key.exists():
        shutil.copy2(kept, key)
        copies.sync(key)


def _kind(settings: Settings) -> str:
    return "sqlite" if copies.file_of(settings.database_url) else "postgresql"


def _sha256(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as opened:
        while block := opened.read(BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()
