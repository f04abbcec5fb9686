"""One seed, one day: the town is opened, everything goes wrong, everything heals, and then the promises are asked for."""

import asyncio
import hashlib
import random
import traceback
from collections import deque
from collections.abc import Callable, Coroutine, Iterator, MutableMapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from inspect import CO_COROUTINE
from typing import Any
from unittest.mock import patch

import structlog
from tenacity._utils import is_coroutine_callable

from central import enrol, feed, leases, quarantine, snapshot
from central.store import leases as rows
from central.store import records
from posd.store import agreements, journal
from sync.wire import FEED_ROWS_MAX
from tests.sim import invariants
from tests.sim.counter import settles
from tests.sim.faults import CALM, HOUR_S, MINUTE_S, Faults, drawn
from tests.sim.marks import Marks
from tests.sim.nemeses import NEMESES, haunt
from tests.sim.network import Network
from tests.sim.office import Office, database, unsigned
from tests.sim.oracle import Oracle
from tests.sim.terminal import NoAnswer, Terminal
from tests.sim.tills import Till
from tests.sim.timeless import play
from tests.sim.town import MORNING_MS, NAME, PHONE, fixed_entropy, town

TERMINALS = (4, 4, 4, 4, 4, 5, 5, 6, 6, 8, 10, 16)
SALES_MIN = 200
VISITS_MORE = 1.35  # not every visit ends in a sale
OPENING_S = 12 * HOUR_S
DRAIN_S_MAX = 15 * MINUTE_S
LOOK_S = HOUR_S
CLONE_VISITS = 8
TOLD_MAX = 60
QUIET_S = 3600.0  # a quiet line is asked once an hour, not every 25 seconds: a day has many of those
LAGS_S = (180.0, 600.0, 1800.0, 3600.0)


@dataclass
class Ended:
    """What came of a seed."""

    seed: int
    sales: int
    violations: list[str]
    marks: Marks
    trace: str
    told: list[str] = field(default_factory=list)


class World:
    """Everything that there is, for one seed."""

    def __init__(self, seed: int, faults: Faults | None = None, sales: int = SALES_MIN) -> None:
        """`faults` instead of those that the seed draws; a day of about so many `sales`, or some more, never less."""
        self.seed = seed
        self.sales = sales
        self.storm = faults or drawn(self.stream("faults"))
        self.faults = CALM
        self.healed = False
        self.marks = Marks()
        self.oracle = Oracle()
        self.invariants = invariants
        self.town = town()
        self.served: list[str] = []
        self.office = Office(self, database(self.town.office))
        self.terminals: list[Terminal] = []
        self.lag_s = 1.0
        self.told: deque[str] = deque(maxlen=TOLD_MAX)
        self._hash = hashlib.sha256()
        self._tasks: dict[asyncio.Task[Any], None] = {}

    def stream(self, name: str) -> random.Random:
        """A source of chance for one thing, so that another thing's draws do not change its own."""
        return random.Random(f"{self.seed} {name}")

    def now_ms(self) -> int:
        """The right time."""
        return MORNING_MS + int(asyncio.get_running_loop().time() * 1000)

    def note(self, who: str, what: str) -> None:
        """A line of the story."""
        line = f"{asyncio.get_running_loop().time():.3f} {who}: {what}"
        self._hash.update(line.encode())
        self.told.append(line)

    def spawn(self, work: Coroutine[Any, Any, Any]) -> None:
        """Run `work` beside everything else; a bug in it is a violation."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks[task] = None
        task.add_done_callback(self._over)

    def _over(self, task: asyncio.Task[Any]) -> None:
        self._tasks.pop(task, None)
        if not task.cancelled() and (error := task.exception()):
            self.oracle.broken("".join(traceback.format_exception(error)))

    async def day(self) -> None:
        """The whole of it."""
        await self._opens()
        storms = [asyncio.get_running_loop().create_task(haunt(self, name)) for name in NEMESES]
        for storm in storms:
            storm.add_done_callback(self._over)
        self.faults = self.storm
        self.lag_s = self.stream("lag").choice(LAGS_S)
        opening_s = OPENING_S * min(1.0, self.sales / SALES_MIN)
        visits = int(self.sales * VISITS_MORE / len(self.tills)) + 1
        self.closes_s = asyncio.get_running_loop().time() + opening_s
        serving = [asyncio.get_running_loop().create_task(till.day(visits, opening_s)) for till in self.tills]
        looking = asyncio.get_running_loop().create_task(self._looks())
        await asyncio.gather(*serving)
        looking.cancel()
        for storm in storms:
            storm.cancel()
        await asyncio.sleep(0)
        await self._heals()
        self._asks()

    async def _opens(self) -> None:
        """Head office starts, terminals are enrolled and have read the feed."""
        chance = self.stream("town")
        self.network = Network(self.office.serve, self.stream("network"), lambda: self.faults, self.marks)
        self.office.start()
        self.terminals = [Terminal(self, place, self.town.terminal) for place in range(chance.choice(TERMINALS))]
        for terminal in self.terminals:
            place = (f"Store {terminal.place // 2}", f"Till {terminal.place}")
            code = self.office.write(enrol.new_code, place, "Asia/Jerusalem", self.now_ms())
            await terminal.enrol(code.code)
            terminal.start()
        self.tills = [Till(self, terminal) for terminal in self.terminals]
        await asyncio.sleep(MINUTE_S)

    def opens(self, terminal: Terminal) -> None:
        """One more terminal, with a till of its own, for the rest of the day."""
        self.terminals.append(terminal)
        self.tills.append(Till(self, terminal))
        terminal.start()
        left_s = self.closes_s - asyncio.get_running_loop().time()
        if left_s > 0:
            self.spawn(self.tills[-1].day(CLONE_VISITS, left_s))

    async def _heals(self) -> None:
        """No more faults; people settle what they left open; and then all of it must drain within a quarter of an hour."""
        self.faults, self.healed, self.lag_s = CALM, True, 1.0
        self.network.cut_off.clear()
        self.note("world", "heals")
        for terminal in self.terminals:
            terminal.disk.bytes_max = 1 << 40
            terminal.start_now()
        self.office.start_now()
        self.office.news.now()
        until_s = asyncio.get_running_loop().time() + DRAIN_S_MAX
        while why := await self._unsettled():
            if asyncio.get_running_loop().time() > until_s:
                self.oracle.broken(f"not drained in {DRAIN_S_MAX:.0f} s: {why}")
                return
            await asyncio.sleep(5.0)

    async def _unsettled(self) -> str:
        """What is still on its way; empty when nothing is."""
        for till in self.tills:
            terminal = till.terminal
            if why := await settles(till):
                return f"{terminal.name}: {why}"
            if terminal.ready is not terminal.process or not terminal.process.alive:
                return f"{terminal.name} is down"
            for one in agreements.still_open(terminal.db):
                try:
                    await terminal.ask("cancel", one.id)
                except NoAnswer:
                    return f"{terminal.name}: an agreement is not cancelled"
        if not self.office.process.alive:
            return "head office is down"
        for terminal in self.terminals:
            if why := terminal.behind():
                return f"{terminal.name}: {why}"
        if fenced := [one for one in self.terminals if self._fenced(one)]:
            await self._person_looks(fenced)
            return "terminals are replaced"
        pending = self.office.look("SELECT count(*) FROM record WHERE state = 'pending'")[0][0]
        if pending:
            return f"{pending} records have had no effect yet"
        if exposed := {one.code for one in self.office.write(rows.exposed)}:
            for code in sorted(exposed):
                self.office.write(leases.release, code, "person", "it is not coming back", self.now_ms())
            self.office.news.now()
            self.marks.sometimes("exposure released")
            return "exposure is released"
        if self.office.look("SELECT 1 FROM merged WHERE NOT done"):
            await self._person_looks([one for one in self.terminals if self._forgot(one)])
            return "a merge waits"
        position = self.office.look("SELECT max(position) FROM feed WHERE kind <> 'pool'")[0][0]  # that is one terminal's
        ((life, recovering),) = self.office.look("SELECT incarnation, recovering FROM office")
        behind = [one.name for one in self.terminals if not _has_read(one.cursor(), life, position)]
        if behind:
            return f"{behind} have not read the feed of {life} to {position}"
        return "head office recovers" if recovering else ""

    def _fenced(self, terminal: Terminal) -> bool:
        """Whether head office has ended its epoch."""
        me = journal.identity(terminal.db)
        ended = "SELECT 1 FROM chain c JOIN terminal t ON t.id = c.terminal_id WHERE code = ? AND c.epoch = ? AND branch = 0"
        return bool(self.office.look(f"{ended} AND (fenced_ms IS NOT NULL OR t.epoch > c.epoch)", me.terminal, me.epoch))

    def _forgot(self, terminal: Terminal) -> bool:
        """Whether a merge waits for a promise that went with its disk's newer state."""
        kept = (
            "SELECT 1 FROM hold h JOIN merged m USING (member_id) JOIN chain c ON c.id = h.chain_id"
            " JOIN terminal t ON t.id = c.terminal_id AND t.epoch = c.epoch WHERE NOT m.done AND h.state = 'open' AND t.code = ?"
        )
        forgot = terminal.twisted and bool(self.office.look(kept, terminal.terminal))
        self.marks.sometimes("promise lost with a disk", when=forgot)
        return forgot

    async def _person_looks(self, fenced: list[Terminal]) -> None:
        """All that they had is at head office: it is accepted, and each gets a new disk and is enrolled anew."""
        for held in self.office.write(quarantine.held):
            verdict = quarantine.Verdict("person", "both are ours")
            self.office.write(quarantine.accept, held.name, verdict, self.now_ms())
            self.marks.sometimes("records accepted from quarantine")
        self.office.applier.wake()
        for terminal in fenced:
            place = (f"Store {terminal.place // 2}", f"Till {terminal.place}")
            code = self.office.write(enrol.new_code, place, "Asia/Jerusalem", self.now_ms())
            await terminal.gets_new_disk(self.town.terminal, code.code)
            self.marks.sometimes("fenced terminal replaced")

    async def _looks(self) -> None:
        """Ask for the promises that hold at every moment."""
        while True:
            await asyncio.sleep(LOOK_S)
            for name, ask in invariants.NOW_AND_THEN.items():
                for why in ask(self):
                    self.oracle.broken(f"{name}: {why}")

    def _asks(self) -> None:
        """Ask for all of them."""
        invariants.settle_what_is_lost(self)
        for name, ask in invariants.AT_THE_END.items():
            for why in ask(self):
                self.oracle.broken(f"{name}: {why}")
        for terminal in self.terminals:
            for name, look in invariants.EACH_TERMINAL.items():
                for why in look(self, terminal):
                    self.oracle.broken(f"{name}: {why}")
        self._marked()

    def _marked(self) -> None:
        """Rare paths that leave their traces in head office's database."""
        states = dict(self.office.look("SELECT state, count(*) FROM hold GROUP BY state"))  # type: ignore[arg-type]
        self.marks["hold granted"] += len(self.oracle.granted)
        self.marks["hold refused"] += states.get("refused", 0)
        held = self.office.look("SELECT state, count(*) FROM lease GROUP BY state")
        self.marks["lease granted"] += sum(count for _, count in held)
        self.marks["lease returned"] += sum(count for state, count in held if state in ("returned", "ended"))
        spent = (hold.leased for one in self.oracle.sold if one.booked for hold in one.sale.holds)
        self.marks["spent from a lease"] += sum(1 for pieces in spent if pieces)

    def ended(self) -> Ended:
        """The result."""
        for line in self.oracle.violations:
            self._hash.update(line.encode())
        sales = sum(1 for one in self.oracle.sold if one.booked)
        return Ended(self.seed, sales, self.oracle.violations, self.marks, self._hash.hexdigest(), list(self.told))


def _has_read(cursor: str, life: str, position: int) -> bool:
    """Whether it is one of that life of head office, and so far: one that was restored begins below what it was."""
    told, _, place = cursor.rpartition(".")
    return told.startswith(f"{life}.") and int(place) >= position


def run(seed: int, faults: Faults | None = None, sales: int = SALES_MIN) -> Ended:
    """Play `seed`."""
    world = World(seed, faults, sales)
    with _stage(world):
        try:
            play(world.day())
        except Exception as error:  # whatever it is, it is a bug, and the seed brings it back
            world.oracle.broken("".join(traceback.format_exception(error)))
        finally:
            for terminal in world.terminals:
                terminal.disk.crash()
            world.office.db.close()
    return world.ended()


@contextmanager
def _stage(world: World) -> Iterator[None]:
    """What is one for all: chance, logs, and how patient a quiet line is."""
    rows_max = world.stream("rows").choice((3, 7, FEED_ROWS_MAX))
    with ExitStack() as stack:
        stack.enter_context(fixed_entropy(world.stream("entropy")))
        random.seed(world.seed)
        for name, value in (
            ("sync.wire.FEED_WAIT_S_MAX", QUIET_S),
            ("sync.pull.FEED_WAIT_S_MAX", QUIET_S),
            ("central.apply.LOOK_AGAIN_S", QUIET_S),
            ("central.daily.LOOK_AGAIN_S", HOUR_S),
            ("central.leases.LOOK_AGAIN_S", 5 * MINUTE_S),
            ("central.merging.LOOK_AGAIN_S", 3 * MINUTE_S),
            ("central.blanks.LOOK_AGAIN_S", 10 * MINUTE_S),
            ("sync.timing.WAIT_S_MAX", 3 * MINUTE_S),
            ("central.api.now_ms", world.now_ms),
            ("sync.signing.check", unsigned),
            ("tenacity._utils.is_coroutine_callable", partial(_is_coroutine, is_coroutine_callable)),
            ("central.auth._holds", lambda *_: True),
            ("central.feed.answer", partial(feed.answer, rows_max=rows_max)),
            ("central.snapshot.read_chunk", partial(snapshot.read_chunk, rows_max=rows_max)),
        ):
            stack.enter_context(patch(name, value))
        stack.enter_context(patch("central.store.records.settle", partial(_settled, world, records.settle)))
        before = structlog.get_config()
        structlog.configure(processors=[partial(_logged, world)], cache_logger_on_first_use=False)
        stack.callback(structlog.configure, **before)
        yield


def _settled(world: World, settle: Callable[..., None], db: Any, key: int, state: str, *why: Any) -> None:
    """What becomes of a record is seen, and nothing else."""
    world.marks.sometimes("return waited for its sale", when=state == "waiting")
    settle(db, key, state, *why)
    for overspent in invariants.nobody_is_owed(world):
        world.oracle.broken(overspent)


def _is_coroutine(asked: Callable[[object], bool], call: object) -> bool:
    """As tenacity asks of five functions at each attempt, which is a tenth of a day's time."""
    code = getattr(call, "__code__", None)
    return asked(call) if code is None else bool(code.co_flags & CO_COROUTINE)


def _logged(world: World, _: Any, level: str, event: MutableMapping[str, Any]) -> Any:
    """No line of any log names a member; and an exception that nobody expected is a bug."""
    if event.get("exc_info"):
        world.oracle.broken(f"{event}: {traceback.format_exc()}")
    text = str(sorted(event.items()))
    for secret in (*world.town.handles, *world.town.joined, *world.town.codes, NAME, PHONE):
        if secret in text:
            world.oracle.broken(f"member data in the log: {text}")
    raise structlog.DropEvent
