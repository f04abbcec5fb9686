"""Tills and the people at them: each visit is one function of a table. A till never gives up on a basket that was paid."""

import asyncio
import hashlib
import random
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from loyalty.basket import Basket, Line, Tender
from loyalty.quote import Choice
from loyalty.refusal import Refusal
from loyalty.sale import TillReference
from posd.booking import BroughtBack, Paid
from posd.claiming import Claiming
from posd.joining import Joining
from posd.merging import Merging
from posd.quoting import Ask
from runtime.errors import Rejected
from tests.sim.counter import COUNTER, Kind, closes
from tests.sim.oracle import CameBack, Deed, Sold, whole
from tests.sim.terminal import NoAnswer, Terminal
from tests.sim.town import DAY

PAY_S_MAX = 300.0
LATE_S_MAX = 600.0  # between two of those who come when the day is over and too little was sold
RETRY_S_MAX = 90.0


Report = Paid | BroughtBack | Joining | Claiming | Merging


class Visit(NamedTuple):
    """Somebody at a till: how they are known, what they buy, what they would take."""

    code: str
    basket: Basket
    choices: tuple[Choice, ...]

    @property
    def ask(self) -> Ask:
        """As the till asks it."""
        return Ask(self.basket, self.code, self.choices)


class Till:
    """One cash register, which has a memory of its own. It serves one person at a time, and repeats itself behind their back."""

    def __init__(self, world: Any, terminal: Terminal) -> None:
        """It is closed."""
        self.world = world
        self.terminal = terminal
        self.oracle = world.oracle
        self.marks = world.marks
        self.chance: random.Random = world.stream(f"people {terminal.place}")
        self.receipts = 0
        self.at_counter: random.Random = world.stream(f"counter {terminal.place}")
        self.deeds = 0
        self.late: list[Sold] = []
        self.closed = False
        self.left_open: list[str] = []
        self.unsettled = 0

    async def day(self, visits: int, length_s: float) -> None:
        """Serve so many people, at random times; and as many more as it takes until all tills have sold enough."""
        loop = asyncio.get_running_loop()
        begin_s = loop.time()
        for when_s in sorted(self.chance.uniform(0, length_s) for _ in range(visits)):
            await asyncio.sleep(max(0.0, begin_s + when_s - loop.time()))
            await self._serves()
        while len(self.oracle.sold) < self.world.sales:
            await asyncio.sleep(self.chance.uniform(0, LATE_S_MAX))
            await self._serves()
        if self.world.storm.counter:
            await closes(self)

    async def _serves(self) -> None:
        """Whoever comes next."""
        visit = self._visit()
        self.marks.sometimes("same code at two tills at once", when=visit.code in self.world.served)
        if visit.code:
            self.world.served.append(visit.code)
        kinds = VISITS if not self.world.faults.restless_till else RESTLESS
        chance = self.chance
        if self.at_counter.random() < self.world.faults.counter:
            kinds, chance = COUNTER, self.at_counter
        await chance.choices([how for how, _ in kinds.values()], [weight for _, weight in kinds.values()])[0](self, visit)
        if visit.code:
            self.world.served.remove(visit.code)

    def _visit(self) -> Visit:
        chance = self.chance
        codes = self.world.town.codes
        lines = tuple(
            Line(str(n), f"p{chance.randrange(40)}", chance.randrange(1, 60) * 100)
            for n in range(1, chance.choice((2, 2, 3, 4)))
        )
        if chance.random() < 0.4:
            return Visit("", Basket(lines), ())
        served = self.world.served
        again = bool(served) and chance.random() < 0.3  # a photo of what somebody else shows
        crowd = chance.random() < self.world.faults.crowd  # a family shares one card, and all of them shop today
        card = codes[0] if crowd else chance.choice(codes)
        code = chance.choice(served) if again else self.world.town.shown(card, self.world.now_ms())
        times = chance.choice((1, 1, 2)) if crowd or again else chance.choice((0, 0, 1, 1, 2))
        rich = replace(lines[0], amount_minor=lines[0].amount_minor + 1000 * times)
        return Visit(code, Basket((rich, *lines[1:])), (Choice("ten_off", times),) if times else ())

    # what may happen at a till

    async def at_once(self, visit: Visit) -> None:
        """A till that cannot ask before payment: the price is what it rang, and what comes off is told in the answer."""
        paid = self.paid(visit.basket, visit.basket.total_minor)
        sold = await self.sells(Sold(self.terminal.place, replace(paid, ask=visit.ask), -1))
        if sold.booked and sold.sale.redemptions:
            self.marks.sometimes("commit on the spot spent")

    async def agreed(self, visit: Visit) -> None:
        """Ask, agree, pay, book."""
        agreement = await self.agrees(visit)
        if agreement is None:
            await self.at_once(visit._replace(choices=()))
            return
        version = agreement.program_version
        await asyncio.sleep(self.chance.uniform(1, PAY_S_MAX))
        self.marks.sometimes(
            "program changed between promise and commit", when=bool(version) and version != self.world.town.version
        )
        paid = replace(self.paid(visit.basket, agreement.to_pay_minor), agreement=agreement.id, ask=visit.ask)
        await self.sells(Sold(self.terminal.place, paid, agreement.to_pay_minor))

    async def changed_mind(self, visit: Visit) -> None:
        """Agreed, and not bought."""
        agreement = await self.agrees(visit)
        if agreement:
            await asyncio.sleep(self.chance.uniform(1, PAY_S_MAX))
            await self.cancels(agreement.id)

    async def walked_away(self, visit: Visit) -> None:
        """Agreed, and nobody ever pays or says no."""
        agreement = await self.agrees(visit)
        if agreement:
            self.left_open.append(agreement.id)
            self.marks.sometimes("agreement left open")

    async def paid_after_all(self, visit: Visit) -> None:
        """Cancelled at the till, and then paid all the same."""
        agreement = await self.agrees(visit)
        if agreement and await self.cancels(agreement.id):
            paid = replace(self.paid(visit.basket, agreement.to_pay_minor), agreement=agreement.id, ask=visit.ask)
            sold = await self.sells(Sold(self.terminal.place, paid, agreement.to_pay_minor))
            self.marks.sometimes(
                "commit on a cancelled agreement", when=sold.booked is not None and "agreement_cancelled" in sold.sale.flags
            )

    async def never_agreed(self, visit: Visit) -> None:
        """The till cites a promise that this terminal never made."""
        paid = self.paid(visit.basket, visit.basket.total_minor)
        unknown = hashlib.sha256(paid.key.encode()).hexdigest()[:32]
        sold = await self.sells(Sold(self.terminal.place, replace(paid, agreement=unknown, ask=visit.ask), -1))
        self.marks.sometimes("commit cited an unknown agreement", when=sold.booked is not None)

    async def bought_more(self, visit: Visit) -> None:
        """One more thing came into the basket after it was agreed on."""
        agreement = await self.agrees(visit._replace(choices=()))
        if agreement is None:
            await self.at_once(visit._replace(choices=()))
            return
        more = Basket((*visit.basket.lines, Line("more", "p0", 500)))
        paid = replace(self.paid(more, agreement.to_pay_minor + 500), agreement=agreement.id, ask=Ask(more, visit.code))
        await self.sells(Sold(self.terminal.place, paid, -1))

    async def again(self, visit: Visit) -> None:
        """The till sends a booked sale once more; or, by a mistake of its own, another one under the same key."""
        done = [one for one in self.oracle.sold if one.place == self.terminal.place and one.booked]
        if not done:
            await self.at_once(visit)
            return
        forgotten = [one for one in done if one.lost]
        one = self.chance.choice(forgotten or done)
        if forgotten or self.chance.random() < 0.5:
            if await self._heard("commit", one.paid, one):
                self.marks.sometimes("sold anew on an older disk" if forgotten else "answered twice")
            return
        other = replace(one.paid, fingerprint=hashlib.sha256(b"other" + one.paid.key.encode()).hexdigest())
        try:
            await self.terminal.ask("commit", other)
        except Rejected as error:
            self.oracle.must(error.code == "key_reused", f"{one.paid.key}: refused as {error.code}")
            self.marks.sometimes("key reused")
        except NoAnswer:
            return
        else:
            self.oracle.broken(f"{one.paid.key}: another sale was taken for it")

    async def goods_back(self, visit: Visit) -> None:
        """Something comes back, here or at another till; now and then the same goods twice."""
        found, before = self.oracle.returnable()[-10:], self.oracle.back[-10:]
        if before and self.chance.random() < 0.2:
            first = self.chance.choice(before)
            sold, lines = first.of, first.back.lines
            self.marks.sometimes("same goods back twice")
        elif found:
            sold = self.chance.choice(found)
            gone = self.oracle.came_back(sold)
            free = [line.id for line in sold.sale.basket.lines if line.id not in gone]
            lines = whole(sold.sale, tuple(free[: self.chance.randint(1, len(free))]))
        else:
            await self.at_once(visit)
            return
        reference = self._reference()
        key = f"back-{reference.receipt_number}"
        back = BroughtBack(key, _fingerprint(key), reference, lines, sale=sold.booked.id)
        came = CameBack(self.terminal.place, back, sold)
        self.marks.sometimes("return at another terminal", when=sold.place != self.terminal.place)
        self.oracle.back.append(came)
        await self.until_heard("give_back", back, came)

    # what all of them do

    async def agrees(self, visit: Visit) -> Any:
        """The agreement; None where the till does not get one: then it sells without."""
        for choices in (visit.choices, ()) if visit.choices else ((),):
            try:
                found = await self.terminal.ask("agree", visit._replace(choices=choices).ask)
            except NoAnswer:
                return None
            if not isinstance(found, Refusal):
                return found
            self._refused(found, visit.code)
            if found.code in ("code_expired", "code_replaced", "unknown_member", "member_blocked", "code_key_unknown"):
                return None
        return None

    def _refused(self, refusal: Refusal, *codes: str) -> None:
        self.marks.sometimes("hold refused", when=refusal.code == "pieces_missing")
        self.marks.sometimes("old card refused", when=refusal.code == "code_replaced")
        self.marks.sometimes("copied code refused", when=refusal.code == "code_used")
        if self.marks.sometimes("expired card refused", when=refusal.code == "code_expired"):
            self.oracle.must(self.world.town.over in codes, f"{self.terminal.name} takes one of {codes} for an expired one")
        self.world.note(self.terminal.name, f"refused: {refusal.code}")

    async def cancels(self, agreement: str) -> bool:
        """Take it back; whether posd said so."""
        try:
            state = await self.terminal.ask("cancel", agreement)
        except NoAnswer:
            self.left_open.append(agreement)
            return False
        except Rejected as error:  # its disk is an older one by now
            self.oracle.must(
                self.terminal.twisted and error.code == "agreement_unknown", f"{agreement} is not cancelled: {error}"
            )
            return False
        self.marks.sometimes("agreement cancelled", when=state == "cancelled")
        return bool(state == "cancelled")

    async def sells(self, sold: Sold) -> Sold:
        """The goods are paid and gone; posd must take it, sooner or later."""
        self.oracle.sold.append(sold)
        await self.until_heard("commit", sold.paid, sold)
        return sold

    async def until_heard(self, what: str, report: Report, one: Sold | CameBack | Deed) -> None:
        """Once while the person waits, and then behind their back until posd has it."""
        self.unsettled += 1
        if await self._heard(what, report, one):
            self.unsettled -= 1
        else:
            self.world.spawn(self._repeats(what, report, one))

    async def _repeats(self, what: str, report: Report, one: Sold | CameBack | Deed) -> None:
        heard = False
        while not heard:
            await asyncio.sleep(self.chance.uniform(1, RETRY_S_MAX))
            heard = await self._heard(what, report, one)
        self.unsettled -= 1

    async def _heard(self, what: str, report: Report, one: Sold | CameBack | Deed) -> bool:
        """Whether posd has answered; its answer must fit what is known."""
        try:
            booked = await self.terminal.ask(what, report)
        except NoAnswer:
            return False
        except Rejected as error:
            allowed = error.code == "returned_more_than_sold" and self._twice(one)
            self.oracle.must(allowed, f"{report.key}: refused after payment: {error}")
            if isinstance(one, CameBack):
                self.oracle.back.remove(one)
            return True
        if isinstance(booked, Refusal):
            self._refused(booked, *_codes(report))
            return True
        self.oracle.heard(one, booked, report.key)
        self.world.note(self.terminal.name, f"booked {report.key} {booked.seq}")
        for refusal in getattr(booked, "refusals", ()):
            self._refused(refusal, *_codes(report))
        return True

    def _twice(self, one: Sold | CameBack | Deed) -> bool:
        """Whether the same goods have come back to somebody else too."""
        others = [other for other in self.oracle.back if other is not one]
        return isinstance(one, CameBack) and any(other.of is one.of and other.back.lines == one.back.lines for other in others)

    def paid(self, basket: Basket, amount_minor: int) -> Paid:
        """A report of the till, without what was promised."""
        reference = self._reference()
        tenders = (Tender("cash", amount_minor),)
        key = f"receipt-{reference.receipt_number}"
        return Paid(key, _fingerprint(f"{key} {basket} {amount_minor}"), reference, tenders, language="en")

    def _reference(self) -> TillReference:
        self.receipts += 1
        return TillReference("1", "", f"{self.terminal.place}-{self.receipts}", DAY)


def _fingerprint(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


VISITS: Mapping[str, Kind] = {
    "at once": (Till.at_once, 30),
    "agreed": (Till.agreed, 45),
    "changed mind": (Till.changed_mind, 4),
    "goods back": (Till.goods_back, 8),
    "again": (Till.again, 4),
}
"""What people do, and how often."""

RESTLESS: Mapping[str, Kind] = {
    **VISITS,
    "walked away": (Till.walked_away, 4),
    "paid after all": (Till.paid_after_all, 5),
    "never agreed": (Till.never_agreed, 3),
    "bought more": (Till.bought_more, 5),
    "again": (Till.again, 10),
}
"""Where tills and cashiers make everything of it that can be made."""


def _codes(report: Report) -> tuple[str, ...]:
    """The cards that it is about."""
    if isinstance(report, Paid):
        return (report.ask.code,) if report.ask else ()
    if isinstance(report, Merging):
        return (report.code, report.into)
    return (report.code,) if isinstance(report, Joining | Claiming) else ()
