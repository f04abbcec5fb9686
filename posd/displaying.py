"""The customer's display: it follows what the pages are told, and goes back to the greeting by itself."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field

from drivers.ports import Display
from posd import signs
from posd.checkout import Checkout
from posd.events import Event, Events
from posd.scanning import NO_CARD
from posd.signs import Scene, Shown
from posd.store import members
from runtime.errors import PosdError, Unavailable

CHECKOUT_S = 90.0  # how long a greeting stays when no sale follows: somebody else may stand there by then
MOVED_S = 8.0
THANKS_S = 5.0
NOT_TAKEN_S = 5.0
TRIAL_S = 10.0
TRIAL_WAIT_S = 5.0  # a display that is there shows a trial within a second
CHECK_S = 1.0  # an unplugged display is noticed within this
REFRESH_S = 60.0  # one that was switched off and on says nothing; it has its lines again within this


@dataclass(frozen=True, slots=True)
class Act:
    """A scene and for how long it is shown; `seen` is told when the display has taken it, or why not."""

    scene: Scene
    shown: Shown
    for_s: float
    seen: "asyncio.Future[None] | None" = None


IDLE = Act(signs.idle, Shown(), float("inf"))


@dataclass
class Displaying:
    """What the display's loop uses, and what is on: it outlives a display that is unplugged, and is shown again after it."""

    checkout: Checkout
    events: Events
    language: str
    shows_name: bool = True
    shows_balance: bool = True
    _acts: deque[Act] = field(default_factory=deque)
    _since_s: float = 0.0

    async def run(self, display: Display) -> None:
        """Show on `display` until the events end. Raises Unavailable when the display is gone."""
        try:
            while not self.events.closed:  # the stream also ends for one that has fallen behind
                async with aclosing(self.events.stream()) as stream:
                    await self._follow(display, stream)
        finally:
            await display.close()

    async def trial(self) -> None:
        """Show the trial lines. Raises Unavailable when the display does not take them, or something else came onto it first."""
        seen = asyncio.get_running_loop().create_future()
        self._put(Act(signs.trial, Shown(), TRIAL_S, seen))
        try:
            async with asyncio.timeout(TRIAL_WAIT_S):
                await seen
        except TimeoutError as error:
            hint = "posd tries again by itself; posd devices says what is wrong with it"
            raise Unavailable("display_gone", "The display is not there", hint) from error

    async def _follow(self, display: Display, stream: AsyncGenerator[Event, None]) -> None:
        on: Act | None = None
        shown_s = 0.0
        heard = asyncio.ensure_future(anext(stream, None))
        try:
            while True:
                now_s = time.monotonic()
                act = self._act(now_s)
                if act is not on or now_s - shown_s > REFRESH_S:
                    await self._show(display, act)
                    on, shown_s = act, now_s
                else:
                    await display.check()
                await asyncio.wait({heard}, timeout=CHECK_S)
                if heard.done():
                    event = heard.result()
                    if event is None:
                        return
                    heard = asyncio.ensure_future(anext(stream, None))
                    await self._hear(event)
        finally:
            heard.cancel()
            await asyncio.wait({heard})

    async def _show(self, display: Display, act: Act) -> None:
        try:
            await display.show(signs.every(act.scene, act.shown, self.language, await self.checkout.program()))
        except PosdError as error:
            if act.seen and not act.seen.done():
                act.seen.set_exception(error)
            raise
        if act.seen and not act.seen.done():
            act.seen.set_result(None)

    def _act(self, now_s: float) -> Act:
        """What is on now: acts follow each other, and the greeting comes after the last."""
        while self._acts and now_s - self._since_s >= self._acts[0].for_s:
            self._acts.popleft()
            self._since_s = now_s
        return self._acts[0] if self._acts else IDLE

    def _put(self, *acts: Act) -> None:
        """From now on these; what was on is over, and whoever waits for it is told."""
        for act in self._acts:
            if act.seen and not act.seen.done():
                hint = "Ask again when nobody is being served"
                act.seen.set_exception(Unavailable("display_busy", "A scan or a sale came onto the display first", hint))
        self._acts, self._since_s = deque(acts), time.monotonic()

    async def _hear(self, event: Event) -> None:
        body = event.body
        if event.kind == "scan" and body["member"]:
            member = body["member"]
            balances = None if member["provisional"] else {one["unit"]: one["pieces"] for one in member["balances"]}
            self._put(Act(signs.hello, self._shown(member["first_name"], balances), CHECKOUT_S))
        elif event.kind == "scan" and body["refusal"]["code"] not in NO_CARD:  # goods are nothing to tell a customer of
            self._put(Act(signs.not_taken, Shown(), NOT_TAKEN_S))
        elif event.kind == "booked":
            shown = await self._member(body["member"])
            thanks = Act(signs.thanks, shown, THANKS_S)
            unit = signs.unit_moved(await self.checkout.program(), body["moved"])
            moves = [Act(signs.moved(unit, body["moved"][unit]), shown, MOVED_S)] if unit else []
            self._put(*moves, thanks)

    async def _member(self, handle: str) -> Shown:
        """The member as the cache has one after the sale; of a provisional one nobody knows a balance."""
        day = self.checkout.now().local_date
        found = await self.checkout.store.look(members.by_handle, handle, day) if handle else None
        if found is None:
            return Shown()
        member = found.member
        return self._shown(member.first_name, None if member.provisional else dict(member.balances))

    def _shown(self, first_name: str, balances: dict[str, int] | None) -> Shown:
        return Shown(first_name if self.shows_name else "", balances if self.shows_balance else None)
