"""A disk in memory that fails as real ones do: the terminal's own store functions run on it, through apsw's own SQLite.

What is written reaches the platter when it is synced, a name when its folder is; a power cut keeps of all the rest any part in any
order, torn at sectors. Everything random comes from one seeded `random.Random`, so a seed is a whole story.

The names are harsher than SQLite's own disk layer is: it syncs the folder with a journal's first sync, this one never does. So only
the store's own `Folder.sync` makes a name last (research/reliability.md 1.2).
"""

import errno
import itertools
import random
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import apsw

SECTOR_BYTES = 512
Op = Literal["write", "sync", "truncate", "create", "delete", "rename", "folder"]
CHANGING: frozenset[str] = frozenset(("write", "sync", "truncate", "create", "delete", "rename", "folder"))
NEEDING_ROOM: frozenset[str] = frozenset(("write", "create"))
_numbers = itertools.count()


class PowerCut(Exception):
    """The power is gone. `Disk.power_on` says what is left."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong at the `at`-th operation from now on (1: the next): once, or from then on for ever.

    `cut` ends the power there; `eio` and `enospc` are what the disk answers, to whichever operations can meet it; `fsync` fails
    syncs only and, as Linux does, forgets what was not on the platter yet.
    """

    kind: Literal["cut", "eio", "enospc", "fsync"]
    at: int
    persistent: bool = False

    def meets(self, op: str) -> bool:
        """Whether it can happen to this operation."""
        return op in {"enospc": NEEDING_ROOM, "fsync": frozenset(("sync",))}.get(self.kind, CHANGING)


@dataclass(slots=True, eq=False)
class _Inode:
    """A file's content: on the platter, as programs see it, and what lies between: (offset, bytes) or (size, None)."""

    durable: bytearray = field(default_factory=bytearray)
    seen: bytearray = field(default_factory=bytearray)
    waiting: list[tuple[int, bytes | None]] = field(default_factory=list)

    def change(self, at: int, content: bytes | None) -> None:
        """Write `content` at `at`; or cut to that size."""
        self.waiting.append((at, content))
        _put(self.seen, at, content)

    def sync(self) -> None:
        """What waits reaches the platter."""
        for one in self.waiting:
            _put(self.durable, *one)
        self.waiting.clear()

    def lose(self, rng: random.Random) -> None:
        """Of what waits, a random part reaches the platter in a random order, torn or whole; nothing waits any more."""
        kept = rng.choice((0.0, 0.5, 0.9, 1.0))
        torn = rng.random() < 0.5
        pieces = [piece for one in self.waiting for piece in (_sectors(*one) if torn else [one])]
        if rng.random() < 0.5:
            rng.shuffle(pieces)
        for piece in pieces:
            if rng.random() < kept:
                _put(self.durable, *piece)
        self.waiting.clear()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The whole disk at one moment, to go back to or to clone."""

    names: dict[str, bytes]


class Disk:
    """Files by name, `bytes_max` in all; also a `posd.store.folder.Folder`. Open a database on it with `connect`."""

    def __init__(self, rng: random.Random, bytes_max: int = 1 << 40) -> None:
        """An empty one, with the power on."""
        self.rng = rng
        self.bytes_max = bytes_max
        self.ops = 0
        self.on = True
        self.fault: Fault | None = None
        self.tripped = False
        self._names: dict[str, _Inode] = {}
        self._lasting: dict[str, _Inode] = {}
        self._waiting: list[tuple[str, str, _Inode | None]] = []
        self._vfs = _Vfs(self, f"disk-{next(_numbers)}")
        self._open: list[apsw.Connection] = []

    # what tests do to it

    def connect(self, name: str) -> apsw.Connection:
        """A connection to the database `name`; the only one, since what it shares with others is kept in its own memory."""
        db = apsw.Connection(name, vfs=self._vfs.name)
        self._open.append(db)
        db.execute("PRAGMA locking_mode=EXCLUSIVE").fetchall()
        return db

    def fail(self, fault: Fault | None) -> None:
        """Let `fault` happen, counted from here; None ends one."""
        self.fault, self.ops, self.tripped = fault, 0, False

    def cut(self) -> None:
        """Power off, now."""
        self.on = False

    def crash(self) -> None:
        """Whoever has a file open dies at once; the power stays on, and the disk is in order again.

        A disk that is of no more use ends so too: what has one of its files open keeps it in memory for ever.
        """
        self.on = False
        for db in self._open:
            db.close(True)
        self._open.clear()
        self.fail(None)
        self.on = True

    def close(self) -> None:
        """Whoever has a file open closes it in good order: a database has no WAL then."""
        for db in self._open:
            db.close()
        self._open.clear()

    def power_on(self) -> None:
        """Power on again; what was not synced is there or not, as the seed has it. Open connections are of no use any more."""
        rng, names = self.rng, dict(self._lasting)
        kept = rng.choice((0.0, 0.5, 1.0))
        for name, to, inode in self._waiting:
            if rng.random() < kept:
                _link(names, name, to, inode)
        for inode in names.values():
            inode.lose(rng)
        self._start({name: bytes(inode.durable) for name, inode in names.items()})

    def forget_cache(self) -> None:
        """Programs see what is on the platter, also where a sync has failed."""
        for inode in self._names.values():
            inode.seen = bytearray(inode.durable)
            for one in inode.waiting:
                _put(inode.seen, *one)

    def snapshot(self) -> Snapshot:
        """All of it as programs see it now."""
        return Snapshot({name: bytes(inode.seen) for name, inode in self._names.items()})

    def restore(self, snapshot: Snapshot) -> None:
        """Be what `snapshot` was, wholly on the platter. Open connections are of no use any more."""
        self._start(snapshot.names)

    def flip(self, name: str, bit: int) -> None:
        """Rot: one bit of a file is another one, on the platter too."""
        inode = self._names[name]
        at, mask = bit // 8, 1 << bit % 8
        inode.change(at, bytes([inode.seen[at] ^ mask]))
        inode.sync()

    # posd.store.folder.Folder

    def size(self, name: str) -> int | None:
        """As programs see it."""
        return len(self._names[name].seen) if name in self._names else None

    def read(self, name: str) -> bytes | None:
        """As programs see it."""
        return bytes(self._names[name].seen) if name in self._names else None

    def write(self, name: str, content: bytes) -> None:
        """New file, sync, rename, sync of the folder: each may fail, each may be the last."""
        fresh = f"{name}.new"
        self.remove(fresh)
        inode = self._create(fresh)
        self._grow(inode, 0, content)
        self._sync(inode)
        self.rename(fresh, name, over=True)
        self.sync()

    def reserve(self, name: str, size_bytes: int) -> None:
        """Zeros stand for the blocks."""
        self.remove(name)
        inode = self._create(name)
        self._grow(inode, 0, bytes(size_bytes))
        self._sync(inode)

    def copy(self, name: str, to: str) -> None:
        """As `write` does it."""
        self.write(to, self.read(name) or b"")

    def rename(self, name: str, to: str, *, over: bool = False) -> None:
        """Lasts after `sync`."""
        if to in self._names and not over:
            raise FileExistsError(to)
        self._step("rename")
        self._link(name, to, self._names[name])

    def remove(self, name: str) -> None:
        """Lasts after `sync`."""
        if name in self._names:
            self._step("delete")
            self._link(name, "", None)

    def sync(self) -> None:
        """The names are on the platter."""
        self._step("folder")
        self._lasting = dict(self._names)
        self._waiting.clear()

    # below

    @property
    def used_bytes(self) -> int:
        """What all files together have taken."""
        return sum(len(inode.seen) for inode in self._names.values())

    def _start(self, content: Mapping[str, bytes]) -> None:
        """Be these files, all of them on the platter; whoever still has one open writes into nothing."""
        self.crash()
        self._names = {name: _Inode(bytearray(data), bytearray(data)) for name, data in content.items()}
        self._lasting = dict(self._names)
        self._waiting.clear()

    def _link(self, name: str, to: str, inode: _Inode | None) -> None:
        _link(self._names, name, to, inode)
        self._waiting.append((name, to, inode))

    def _create(self, name: str) -> _Inode:
        self._step("create")
        inode = _Inode()
        self._link(name, name, inode)
        return inode

    def _grow(self, inode: _Inode, at: int, content: bytes) -> None:
        more = at + len(content) - len(inode.seen)
        if more > 0 and self.used_bytes + more > self.bytes_max:
            raise OSError(errno.ENOSPC, "no room left")
        cut = self._step("write")
        inode.change(at, content)
        if cut:
            self.cut()
            raise PowerCut

    def _sync(self, inode: _Inode) -> None:
        try:
            self._step("sync")
        except OSError:
            inode.lose(self.rng)  # the kernel calls these pages clean now: no later sync writes them
            raise
        inode.sync()

    def _step(self, op: Op) -> bool:
        """Count an operation; whether the power is to go in the middle of it, which only a write has."""
        if not self.on:
            raise PowerCut
        fault = self.fault
        if fault is None or not fault.meets(op):
            return False
        self.ops += 1
        if self.ops < fault.at or (self.ops > fault.at and not fault.persistent):
            return False
        self.tripped = True
        if fault.kind == "cut":
            if op == "write":
                return True
            self.cut()
            raise PowerCut
        raise OSError(errno.ENOSPC if fault.kind == "enospc" else errno.EIO, f"{fault.kind} at {op}")


class _Vfs(apsw.VFS):
    """SQLite's way to the disk. It does not keep the disk alive: SQLite keeps every VFS for ever."""

    def __init__(self, disk: Disk, name: str) -> None:
        self._disk, self.name = weakref.ref(disk), name
        super().__init__(name, "")

    @property
    def disk(self) -> Disk:
        """It is there: whoever opens, deletes or looks does so by a connection of its own."""
        disk = self._disk()
        assert disk
        return disk

    def xOpen(self, name: Any, flags: list[int]) -> "_File":  # noqa: N802 (SQLite's names)
        found = name.filename() if isinstance(name, apsw.URIFilename) else str(name)
        flags[1] = flags[0]
        if found not in self.disk._names:
            if not (flags[0] & apsw.SQLITE_OPEN_CREATE and self.disk.on):
                raise apsw.exception_for(apsw.SQLITE_CANTOPEN)
            _told(self.disk, apsw.SQLITE_CANTOPEN, lambda: self.disk._create(found))
        return _File(self.disk, found)

    def xDelete(self, name: str, syncs: bool) -> None:  # noqa: N802
        _told(self.disk, apsw.SQLITE_IOERR_DELETE, lambda: self.disk.remove(name))

    def xAccess(self, name: str, flags: int) -> bool:  # noqa: N802
        size = self.disk.size(name)
        return size is not None and (flags != apsw.SQLITE_ACCESS_EXISTS or size > 0)

    def xFullPathname(self, name: str) -> str:  # noqa: N802
        return name


class _File:
    """An open file: the inode it was opened on, whatever becomes of its name."""

    def __init__(self, disk: Disk, name: str) -> None:
        self.disk, self.inode = disk, disk._names[name]

    def xRead(self, size: int, at: int) -> bytes:  # noqa: N802
        return bytes(self.inode.seen[at : at + size])

    def xWrite(self, content: bytes, at: int) -> None:  # noqa: N802
        _told(self.disk, apsw.SQLITE_IOERR_WRITE, lambda: self.disk._grow(self.inode, at, bytes(content)))

    def xTruncate(self, size: int) -> None:  # noqa: N802
        def cut_to() -> None:
            self.disk._step("truncate")
            self.inode.change(size, None)

        _told(self.disk, apsw.SQLITE_IOERR_TRUNCATE, cut_to)

    def xSync(self, flags: int) -> None:  # noqa: N802
        _told(self.disk, apsw.SQLITE_IOERR_FSYNC, lambda: self.disk._sync(self.inode))

    def xFileSize(self) -> int:  # noqa: N802
        return len(self.inode.seen)

    def xSectorSize(self) -> int:  # noqa: N802
        return 4096

    def xDeviceCharacteristics(self) -> int:  # noqa: N802
        return apsw.SQLITE_IOCAP_POWERSAFE_OVERWRITE  # as SQLite assumes of every disk unless told otherwise

    def xFileControl(self, op: int, pointer: int) -> bool:  # noqa: N802
        return False

    def xCheckReservedLock(self) -> bool:  # noqa: N802
        return False

    def xLock(self, level: int) -> None:  # noqa: N802
        """Nobody else is there."""

    def xUnlock(self, level: int) -> None:  # noqa: N802
        """Nobody else is there."""

    def xClose(self) -> None:  # noqa: N802
        """Nothing to give back."""


def _told(disk: Disk, code: int, act: Callable[[], object]) -> None:
    """Let the disk act; its errors as SQLite knows them. What a program does after the power went, dying, has no effect."""
    if not disk.on:
        return
    try:
        act()
    except OSError as error:
        raise apsw.exception_for(apsw.SQLITE_FULL if error.errno == errno.ENOSPC else code) from error


def _put(content: bytearray, at: int, more: bytes | None) -> None:
    """Write `more` at `at`; or cut to that size."""
    if more is None:
        del content[at:]
        return
    if len(content) < at:
        content.extend(bytes(at - len(content)))
    content[at : at + len(more)] = more


def _sectors(at: int, content: bytes | None) -> list[tuple[int, bytes | None]]:
    """A write in the pieces that a disk writes whole."""
    if content is None:
        return [(at, None)]
    ends = [*range(at - at % SECTOR_BYTES + SECTOR_BYTES, at + len(content), SECTOR_BYTES), at + len(content)]
    starts = [at, *ends[:-1]]
    return [(start, content[start - at : end - at]) for start, end in zip(starts, ends, strict=True)]


def _link(names: dict[str, _Inode], name: str, to: str, inode: _Inode | None) -> None:
    names.pop(name, None)
    if inode is not None:
        names[to] = inode
