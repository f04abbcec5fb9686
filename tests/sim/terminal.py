"""A terminal: its disk, and posd on it for one life after another, with the real checkout, sync and store."""

import asyncio
import contextlib
import hashlib
import random
from collections.abc import Callable
from typing import Any

from loyalty.journal import Draft
from loyalty.sale import Enrol
from posd.checkout import Checkout
from posd.clock import Clock, clock_in
from posd.leasing import keep
from posd.store import checking, joining, journal
from posd.store.condition import Condition
from posd.storing import StoredCache, StoredJournal
from posd.version import VERSION
from runtime.errors import Unavailable
from runtime.supervise import supervise
from sync.client import UNSIGNED_KEY
from sync.loop import Link, Sync
from sync.signing import key_id
from sync.wire import EnrolRequest
from tests.sim.disk import Disk, Fault, PowerCut
from tests.sim.network import Line
from tests.sim.process import Process
from tests.sim.store import DiskStore, open_on

PATIENCE_S = 10.0  # what the till waits for an answer of posd
RESTART_S_MAX = 15 * 60.0
CHECK_S_MAX = 60.0  # of a whole journal, beside the sales
OPS_MAX = 25  # of a commit, on the disk: where in it the power goes


class NoAnswer(Exception):
    """The till does not know what became of its request."""


class Dying(BaseException):
    """The process ends inside a transaction: not an Exception, since nobody may catch it."""


class TerminalStore:
    """As posd.store.database.Store, for one life of the process."""

    def __init__(self, process: Process, store: DiskStore, terminal: "Terminal") -> None:
        """Each call is one whole function in one transaction; the process, or the power, may go before, inside or after it."""
        self._process = process
        self._store = store
        self._terminal = terminal

    @property
    def condition(self) -> Condition:
        """As Store.condition."""
        return self._store.condition

    async def run(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Write. Whoever dies here hears nothing any more."""
        await asyncio.sleep(0)  # the hop to the store's own thread: others go on meanwhile
        terminal, faults = self._terminal, self._terminal.world.faults
        if not self._process.alive:
            await self._process.dies()
        chance = terminal.chance
        meets = chance.random() < faults.terminal_dies
        when = chance.choice(("before", "inside", "cut", "after", "after", "fsync")) if meets else ""
        if when == "before":
            await self._process.dies("kill")
        if when == "inside":
            self._begun(fn, *args, **kwargs)
            terminal.world.marks.sometimes("terminal died inside a transaction")
            await self._process.dies("kill")
        if when in ("cut", "fsync"):
            terminal.disk.fail(Fault("cut", chance.randint(1, OPS_MAX)) if when == "cut" else Fault("fsync", 1))
        try:
            result = await self._store.run(fn, *args, **kwargs)
        except PowerCut:
            terminal.world.marks.sometimes("power cut inside a commit")
            await self._process.dies("cut")
        except Unavailable as error:
            if error.code == "disk_full":
                terminal.world.marks.sometimes("disk full")
                raise
            terminal.world.marks.sometimes("sync of the disk failed")
            await self._process.dies("cut")
        finally:
            if terminal.disk.on:
                terminal.disk.fail(None)
        if when == "after":
            terminal.world.marks.sometimes("terminal died after commit")
            await self._process.dies(chance.choice(("kill", "cut")))
        return result

    async def look(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Read."""
        if not self._process.alive:
            await self._process.dies()
        return await self._store.look(fn, *args, **kwargs)

    def _begun(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        """All of it happens but the commit."""

        def cut(db: Any) -> None:
            fn(db, *args, **kwargs)
            raise Dying

        try:
            self._store.write(cut)
        except Dying:
            return
        except Exception:  # what it refuses it would have refused
            return


class Terminal:
    """One terminal; `place` is its number. Everything but `disk` and `skew_ms` is gone when its process dies."""

    def __init__(self, world: Any, place: int, image: Any) -> None:
        """Switched off, with the prepared disk `image`."""
        self.world = world
        self.place = place
        self.name = f"till-{place}"
        self.chance: random.Random = world.stream(self.name)
        self.disk = Disk(world.stream(f"disk {place}"))
        self.disk.restore(image)
        self.skew_ms = 0
        self.terminal = ""
        self.store = ""
        self.disks = 0
        self.twisted = False
        self._stays_off = False
        self.process = Process(lambda how: None)
        self.process.alive = False

    def wall_ms(self) -> int:
        """Its own clock, right or wrong."""
        return max(0, self.world.now_ms() + self.skew_ms)

    async def enrol(self, code: str) -> None:
        """Become a terminal of head office, as posd.enrolment does it; the disk gets a chain of its own."""
        chain = hashlib.sha256(f"{self.world.seed} {self.name} {self.world.now_ms()}".encode()).hexdigest()[:32]
        store = open_on(self.disk, chain)
        store.write(lambda db: db.execute("UPDATE terminal SET chain = ?", (chain,)).fetchall())
        line = Line(self.world.network, self.name, UNSIGNED_KEY)
        answer = await line.enrol(EnrolRequest(code, chain * 2, chain, VERSION))
        stamp = clock_in(answer.time_zone, ticks=self.wall_ms).stamp(None)
        store.write(journal.enrol, answer, stamp, Draft("enrol", chain[::-1], Enrol(VERSION, answer.store)))
        store.writer.stop()
        self.disk.close()
        self.terminal = answer.terminal

    @property
    def up(self) -> bool:
        """Whether it runs and is ready."""
        return self.process.alive and self.ready is self.process

    def image(self) -> tuple[int, Any] | None:
        """Which of its disks it has, and all that is on it; None while it is off."""
        return (self.disks, self.disk.snapshot()) if self.up else None

    def roll_back(self, then: tuple[int, Any]) -> None:
        """The disk is what it was. Nobody can know what was sold since and never sent; unless it is another disk by now."""
        if then[0] == self.disks:
            self.process.kill("rollback")
            self.disk.restore(then[1])
            self.twisted = True

    def copied(self, place: int, then: tuple[int, Any]) -> "Terminal":
        """Another machine with this disk."""
        other = Terminal(self.world, place, then[1])
        other.terminal, other.twisted, self.twisted = self.terminal, True, True
        return other

    async def gets_new_disk(self, image: Any, code: str) -> None:
        """A person has seen to it that head office has all of it, and enrols it anew."""
        self._stays_off = True
        self.process.kill("replaced")
        self._stays_off = False
        self.disks += 1
        self.disk.restore(image)
        await self.enrol(code)
        self.start()

    def start(self) -> None:
        """A new life on what the disk has."""
        if self.process.alive:
            return
        self.process = Process(self._ended)
        self.process.spawn(self._life())

    async def _life(self) -> None:
        """As posd.app builds it, without its devices and its HTTP."""
        own = open_on(self.disk, "")
        store: Any = TerminalStore(self.process, own, self)
        me = await store.look(journal.identity)
        self.store = me.store  # a copy's is that of the disk
        line: Any = Line(self.world.network, self.name, key_id(me.terminal, me.epoch))
        clock: Clock = clock_in(me.time_zone, ticks=self.wall_ms)
        news = asyncio.Event()
        self.link = Link(changed=news.set, heard_ms=(await store.look(journal.pull_state)).heard_ms)
        self.checkout = Checkout(store, clock, self.link, me.terminal, line, prints=False)
        if own.condition.unchecked:  # as posd.upkeep.Upkeep.check, behind the first sales
            self.process.spawn(self._checks(store))
        with contextlib.suppress(Unavailable):  # a full disk, as in posd.app
            voided = await self.checkout.recover()
            self.world.marks.sometimes("unanswered hold voided at start", when=voided > 0)
        self.db = own.writer.db
        self.sync = Sync(line, StoredJournal(store), StoredCache(store), self.link, self.wall_ms, VERSION)
        self.process.spawn(supervise("push", self.sync.push_for_ever))
        self.process.spawn(supervise("pull", self.sync.pull_for_ever))
        self.process.spawn(supervise("leases", lambda: keep(self.checkout, news)))
        self.ready = self.process
        if self.twisted:
            self._missing()
        for why in self.world.invariants.acknowledged_are_kept(self.world, self):
            self.world.oracle.broken(why)
        self.world.note(self.name, "starts")

    async def _checks(self, store: TerminalStore) -> None:
        """Everything is looked at, and what is wrong is a broken promise: this disk tears and loses, it does not rot."""
        await asyncio.sleep(self.chance.random() * CHECK_S_MAX)
        if flaw := await store.look(checking.whole):
            self.world.oracle.broken(f"{self.name}: record {flaw.seq}: {flaw.why}")
        store.condition.unchecked = False

    def _missing(self) -> None:
        """What the older disk does not know may be lost, if it was never sent."""
        for one in self.world.oracle.acknowledged(self.place):
            one.lost = not journal.find(self.db, one.booked.id)

    ready: Process | None = None

    def _ended(self, how: str) -> None:
        """Off; and on again after a while."""
        self.world.note(self.name, f"dies: {how}")
        self.world.marks.sometimes("terminal lost its power", when=how == "cut")
        if how == "cut":
            self.disk.cut()
            self.disk.power_on()
        else:  # the kernel keeps what it was given, and may still lose it with the power
            self.disk.crash()
        if self._stays_off:
            return
        down_s = self.chance.random() ** 3 * RESTART_S_MAX if not self.world.healed else 0.1
        self._due = asyncio.get_running_loop().call_later(down_s, self.start)

    def start_now(self) -> None:
        """Whoever waits to start it waits no longer."""
        if not self.process.alive:
            self._due.cancel()
            self.start()

    def behind(self) -> str:
        """What head office has not heard, or what stands in the way."""
        state, (queued, _) = journal.push_state(self.db), journal.queued(self.db)
        trouble = "" if self.twisted else state.trouble
        attached = joining.next_attachment(self.db) and "an attachment waits"
        return trouble or (f"{queued} records are queued" if queued > 0 else attached or "")

    def cursor(self) -> str:
        """How far it has read the feed."""
        return journal.pull_state(self.db).cursor

    def crash(self, how: str) -> None:
        """`kill` ends the process, `cut` the power."""
        self.process.kill(how)

    async def ask(self, what: str, *given: Any) -> Any:
        """What the till asks of the checkout. Raises NoAnswer when it hears nothing or "later", Rejected and Misconfigured."""
        if not self.up:
            raise NoAnswer
        task = self.process.spawn(getattr(self.checkout, what)(*given))
        done, _ = await asyncio.wait({task}, timeout=PATIENCE_S)
        if not done:
            task.add_done_callback(lambda late: late.cancelled() or late.exception())
            raise NoAnswer
        if task.cancelled():
            raise NoAnswer
        try:
            return task.result()
        except Unavailable as error:
            raise NoAnswer from error
