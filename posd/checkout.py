"""The line, told once: identify -> quote -> agree -> commit; and a return. Everything up to the quote may be repeated freely.

What each step reads and writes is one store function (quoting.py, booking.py, store/agreements.py), run whole in one hop.
"""

import asyncio
import dataclasses
import secrets
from dataclasses import dataclass, field

from loyalty.agreement import Agreement, Hold, agree
from loyalty.day import DayClose
from loyalty.ids import ENTROPY_BYTES, random_id, record_id
from loyalty.journal import Stamp
from loyalty.leases import shortfall
from loyalty.moment import Moment
from loyalty.program import Program
from loyalty.quote import Quote
from loyalty.refusal import Refusal
from loyalty.sale import Void
from posd import booking, claiming, closing, joining, merging, quoting
from posd.booking import Booked, Booking, BroughtBack, Paid, Promise
from posd.claiming import Claimed, Claiming
from posd.clock import Clock
from posd.closing import Closed
from posd.joining import Joined, Joining
from posd.merging import Merged, Merging
from posd.quoting import Answer, Ask, Known
from posd.sights import Sight, Sights
from posd.store import agreements, journal, leases
from posd.store.database import Store
from runtime.errors import Misconfigured, Rejected, Unavailable
from sync import wire
from sync.client import HeadOffice
from sync.loop import Link


@dataclass
class Checkout:
    """One till's line. `office` is None until the terminal is enrolled; `prints` is whether posd owns a printer."""

    store: Store
    clock: Clock
    link: Link
    terminal: str
    office: HeadOffice | None
    prints: bool
    one_at_a_time: asyncio.Lock = field(default_factory=asyncio.Lock)
    sights: Sights = field(default_factory=Sights)

    async def program(self) -> Program:
        """The program in force now."""
        return await self.store.look(quoting.program_now, self.now().wall_ms)

    def now(self) -> Moment:
        """This instant by the best clock there is: no offer begins or ends because ours is wrong."""
        return self.clock.at(self._glance().rules_ms)

    @property
    def clock_in_doubt(self) -> bool:
        """Whether our clock is minutes away from head office's, or behind what that was already."""
        return self._glance().in_doubt

    async def identify(self, text: str) -> Known | Refusal:
        """Say whose code this is, or why it is nobody's."""
        return await self.store.look(quoting.who, text, self.now(), self._sight(text))

    async def quote(self, ask: Ask) -> Answer:
        """What this basket earns, what the member may take, what is to be paid, and why. Writes nothing."""
        return await self.store.look(quoting.answer, ask, self.now(), self._sight(ask.code))

    async def agree(self, ask: Ask) -> Agreement | Refusal:
        """Promise it, before payment and on the disk; what is spent is reserved at head office first, or it is not promised."""
        journal.must_be_enrolled(self.terminal)
        async with self.one_at_a_time:  # from the quote on: two promises must not see the same last piece of a budget
            answer = await self.quote(ask)
            if answer.refusals:
                return answer.refusals[0]
            holds = await self._reserve(answer)
            if isinstance(holds, Refusal):
                return holds
            agreement = agree(answer.quote, _random(), answer.strength, holds)
            await self.store.run(booking.promise, agreement, answer.step)
        return agreement

    async def cancel(self, agreement_id: str) -> str:
        """Take a promise back; how it stands now. What was reserved is given back by a record. Repeating it changes nothing."""
        async with self.one_at_a_time:
            kept = await self.store.run(booking.cancel, agreement_id, self._stamp(), _random())
        if kept is None:
            raise _unknown_agreement(agreement_id)
        self.link.wake.set()
        return agreements.CANCELLED if kept.state == agreements.OPEN else kept.state

    async def commit(self, paid: Paid) -> Booked:
        """Book a paid basket: the point of no return. The same key gets the same answer, however often it is sent."""
        journal.must_be_enrolled(self.terminal)
        async with self.one_at_a_time:
            this = self._booking(paid.till.business_date, paid.key)
            if paid.agreement:
                booked = await self.store.run(booking.keep, paid, this)
            else:
                booked = await self.store.look(booking.before, paid, this)
            if booked is None:  # the till could not ask before, or cites what this terminal never agreed on
                promise = await self._on_the_spot(paid)
                booked = await self.store.run(booking.keep_on_the_spot, paid, this, promise)
        self.link.wake.set()
        return booked

    async def give_back(self, back: BroughtBack) -> Booked:
        """Book a return. Raises Rejected when more comes back than was sold, or when the sale is not known by what was given."""
        journal.must_be_enrolled(self.terminal)
        async with self.one_at_a_time:
            booked = await self.store.run(booking.bring_back, back, self._booking(back.till.business_date, back.key))
        self.link.wake.set()
        return booked

    async def join(self, asked: Joining) -> Joined | Refusal:
        """Make a member of who stands at the till; the same key gets the same answer."""
        journal.must_be_enrolled(self.terminal)
        async with self.one_at_a_time:
            own = self._booking(asked.desk.business_date, asked.key)
            joined = await self.store.run(joining.join, asked, own, self.now(), _random())
        self.link.wake.set()
        return joined

    async def claim(self, asked: Claiming) -> Claimed | Refusal:
        """Claim a purchase that was made without a card; the same key gets the same answer."""
        journal.must_be_enrolled(self.terminal)
        async with self.one_at_a_time:
            own = self._booking(asked.desk.business_date, asked.key)
            claimed = await self.store.run(claiming.claim, asked, own, self.now())
        self.link.wake.set()
        return claimed

    async def merge(self, asked: Merging) -> Merged | Refusal:
        """Make two cards one member's; the same key gets the same answer."""
        journal.must_be_enrolled(self.terminal)
        async with self.one_at_a_time:
            own = self._booking(asked.desk.business_date, asked.key)
            merged = await self.store.run(merging.merge, asked, own, self.now())
        self.link.wake.set()
        return merged

    async def close_day(self, told: DayClose) -> Closed:
        """Compare a till's day with what is booked here, and tell head office of it by a record."""
        journal.must_be_enrolled(self.terminal)
        async with self.one_at_a_time:
            closed = await self.store.run(closing.close, told, self._stamp(), _random())
        self.link.wake.set()
        return closed

    async def recover(self) -> int:
        """Void, by records, the holds that were asked for and whose request has ended without a word; how many.

        After a start, before the next holds are asked for, and now and then: a request may have been cancelled or broken off in
        between, and where a disk was full not even that could be noted.
        """
        voided = await self.store.run(agreements.void_unanswered, self._stamp(), _random)
        if voided:
            self.link.wake.set()
        return voided

    async def return_leases(self, elapsed_s: int) -> int:
        """Give back, by records, the leases that head office wants back and those that nobody has used for long; how many. One that
        was restored is told first what is promised here, and what was never answered is voided.

        `elapsed_s` is what has passed since the last call, by the monotonic clock.
        """
        async with self.one_at_a_time:
            await self.recover()
        said = await self.store.run(agreements.say_again, self._stamp(), _random)
        returned = await self.store.run(leases.return_due, elapsed_s, self._stamp(), online=self.link.online)
        if said or returned:
            self.link.wake.set()
        return returned

    async def _reserve(self, answer: Answer) -> tuple[Hold, ...] | Refusal:
        """Set aside what `answer` spends. Head office is asked once, for all of it; where it says nothing, what our own lease
        covers whole is spent from that. Whatever cannot be had whole is undone and told.
        """
        quote = answer.quote
        holds = _holds(quote)
        if not holds:
            return ()
        assert quote.member
        if stopped := self.store.condition.spending():
            return stopped
        if self.office is None:
            return Refusal("head_office_unreachable")
        handle = quote.member.handle
        await self.recover()
        holds = await self.store.run(agreements.ask_holds, handle, holds)
        seqs = await self.store.look(leases.void_seqs, holds)
        life = (await self.store.look(journal.pull_state)).incarnation
        asked = [_request(handle, hold, seqs.get(hold.lease, 0), answer.step, life) for hold in holds]
        answers = await asyncio.gather(*(_ask(self.office, request) for request in asked))
        heard = list(zip(holds, answers, strict=True))
        refused = tuple(hold for hold, said in heard if said and not said.granted and not _leaves_no_trace(said))
        silent = tuple(hold for hold, said in heard if said is None)
        why = next((_why(hold, said) for hold, said in heard if said and not said.granted), None)
        if (why := why or shortfall(await self.program(), silent, answer.strength)) is None:
            return holds
        undo = tuple(hold for hold in holds if hold not in refused)  # granted ones, and those that may be granted yet
        await self.store.run(agreements.give_up, refused, Void("", undo, handle), self._stamp(), _random())
        self.link.wake.set()
        return why

    async def _on_the_spot(self, paid: Paid) -> Promise:
        """What would have been agreed: it may spend only what a hold inside this same call gives, and accrues in any case."""
        if paid.ask is None:
            raise _unknown_agreement(paid.agreement)
        answer = await self.quote(paid.ask)
        refusals, holds = answer.refusals, await self._reserve(answer)
        if isinstance(holds, Refusal):
            refusals = (*refusals, holds)
            answer, holds = await self.quote(dataclasses.replace(paid.ask, choices=())), ()
        agreement = agree(answer.quote, _random() if holds else "", answer.strength, holds)
        return Promise(agreement, "unknown" if paid.agreement else "", refusals, step=answer.step)

    def _booking(self, business_date: str, key: str) -> Booking:
        own = record_id(self.terminal, business_date, key)
        return Booking(own, self._stamp(), self._glance(), self.prints, self.link.online, self.clock.place)

    def _sight(self, code: str) -> Sight:
        """When this code came into sight: a changing part is over before the basket is paid."""
        return self.sights.of(code.strip(), self._glance(), asyncio.get_running_loop().time())

    def _glance(self) -> Sight:
        """A look at the clocks."""
        return Sight(self.clock.ticks(), self._offset_ms(), self.link.heard_ms)

    def _stamp(self) -> Stamp:
        return self.clock.stamp(self._offset_ms())

    def _offset_ms(self) -> int | None:
        return self.link.offset_ms(self.clock.ticks(), asyncio.get_running_loop().time())


def _request(handle: str, hold: Hold, lease_seq: int, step: int, life: str) -> wire.HoldRequest:
    return wire.HoldRequest(hold.id, handle, hold.unit, hold.pieces, hold.lease, hold.leased, lease_seq, step, life)


async def _ask(office: HeadOffice, request: wire.HoldRequest) -> wire.HoldAnswer | None:
    """Head office's word on a hold; None where there is none, and nobody knows. It says none before it has booked `lease_seq`."""
    try:
        answer = await office.hold(request)
    except (Unavailable, Misconfigured):
        return None
    return None if answer.refusal and answer.refusal.code == "lease_ahead" else answer


def _leaves_no_trace(answer: wire.HoldAnswer) -> bool:
    """Of whom head office does not know, it keeps no refusal either: a copy of the request that is late on the line could be
    granted once it does, and nobody would ever give that back.
    """
    return answer.refusal is not None and answer.refusal.code == "unknown_member"


def _why(hold: Hold, answer: wire.HoldAnswer) -> Refusal:
    return answer.refusal or Refusal("hold_refused", {"unit": hold.unit})


def _holds(quote: Quote) -> tuple[Hold, ...]:
    """One reservation for each unit that the quote spends."""
    return tuple(Hold(_random(), unit, pieces) for unit, pieces in quote.reserves.items())


def _random() -> str:
    return random_id(secrets.token_bytes(ENTROPY_BYTES))


def _unknown_agreement(agreement_id: str) -> Rejected:
    hint = "Ask for a new agreement, or send the basket (ask) with the sale"
    return Rejected("agreement_unknown", f"There is no agreement {agreement_id!r} here", hint)
