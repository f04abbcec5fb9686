"""Plays the steps of a trial on one member: each basket is quoted, agreed and committed, each return undone, each day looked at.

It is the line of a checkout without hardware, store or head office, by the same functions of the domain.
"""

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from loyalty import awards, budgets, counters, posting, reverse
from loyalty import sale as sales
from loyalty.agreement import Hold, agree
from loyalty.awards import Happened
from loyalty.basket import Tender
from loyalty.code import Strength
from loyalty.ids import record_id
from loyalty.journal import FIRST_PREV_HASH
from loyalty.ledger import Entry, available, held
from loyalty.member import Member
from loyalty.moment import NOWHERE, Moment
from loyalty.pool import Luck
from loyalty.program import Program
from loyalty.quote import Choice, Quote, quote
from loyalty.refusal import Refusal
from loyalty.sale import Payment, ReturnedLine, Reversal, Sale, TillReference
from loyalty.standing import Standing, after_return, after_sale, book, joined, member_on, on_day
from posd.clock import Clock
from posd.trial.choose import chosen
from posd.trial.plan import Returning, Selling, Step


@dataclass(frozen=True, slots=True)
class Undone:
    """What a return did: of which sale, which lines, and the reversal; or why not. `short` could not be taken back."""

    of: int
    lines: tuple[ReturnedLine, ...]
    reversal: Reversal | Refusal
    short: Mapping[str, int] = field(default_factory=dict)
    estimate: bool = False


@dataclass(frozen=True, slots=True)
class Played:
    """A step as it went: the member before any day had passed, when they had passed, and after it all."""

    number: int
    step: Step
    days: int
    before: Member | None
    then: Member | None
    after: Standing | None = None
    quote: Quote | None = None
    sale: Sale | None = None
    undone: Undone | None = None
    referrer: tuple[tuple[str, int], ...] = ()


@dataclass(slots=True)
class Table:
    """What there is while steps are played: the member, what each step sold and what of it came back, what both have posted, what
    budgets have left.

    `pool_key` draws the prizes of sales, if a step has said it; `chained` stands for the hash of a journal.
    """

    program: Program
    clock: Clock
    standing: Standing | None
    day: str
    sold: dict[int, Sale] = field(default_factory=dict)
    back: dict[int, Counter[str]] = field(default_factory=dict)
    posted: dict[int, tuple[Entry, ...]] = field(default_factory=dict)
    budgets: dict[str, int] = field(default_factory=dict)
    pool_key: bytes = field(default=b"", repr=False)
    chained: str = FIRST_PREV_HASH

    def play(self, number: int, step: Step) -> Played:
        """One step, and the days before it."""
        before = self._member()
        days = 0
        while self.day < step.when.date().isoformat():
            self.day = (date.fromisoformat(self.day) + timedelta(days=1)).isoformat()
            days += 1
            if self.standing:
                self.standing = on_day(self.program, self.standing, self.day)
        then = self._member()
        moment = self._moment(step.when, step.selling)
        undone = self._undo(step.returning) if step.returning else None
        if step.joining:
            who = self.standing or step.joining.member
            assert who
            self.standing = joined(self.program, who, self.day)
        played = Played(number, step, days, before, then, undone=undone)
        if step.selling and not (undone and isinstance(undone.reversal, Refusal)):
            found, sale, referrer = self._sell(number, step.selling, moment)
            played = replace(played, quote=found, sale=sale, referrer=referrer)
        return replace(played, after=self.standing)

    def _member(self) -> Member | None:
        return member_on(self.standing, self.day) if self.standing else None

    def _moment(self, when: datetime, selling: Selling | None) -> Moment:
        place = NOWHERE
        if selling:
            self.budgets.update(selling.budget_left)
            place = replace(selling.place, budget_left=dict(self.budgets))
        return replace(self.clock, place=place).at(round(when.timestamp() * 1000))

    def _sell(self, number: int, selling: Selling, moment: Moment) -> tuple[Quote, Sale, tuple[tuple[str, int], ...]]:
        """Quote, agree, commit, apply."""
        member = self._member()

        def ask(times: Mapping[str, int]) -> Quote:
            choices = tuple(Choice(reward, many) for reward, many in times.items())
            return quote(self.program, member, selling.basket, moment, choices)

        found = chosen(ask, selling.choose)
        holds = tuple(Hold(f"{number}-{unit}", unit, pieces) for unit, pieces in found.reserves.items())
        agreement = agree(found, str(number), Strength.SIGNED, holds)
        till = TillReference("1", "", str(number), moment.local_date)
        payment = Payment(till, _tenders(selling, found.to_pay_minor), selling.basket, "")
        self.pool_key = selling.pool_key or self.pool_key
        sale = sales.commit(self.program, agreement, payment, self._luck(till, number))
        self.sold[number], self.back[number] = sale, Counter()
        self._use_budgets(budgets.spent(self.program, sale.extras.uses))
        if self.standing is None:
            return found, sale, ()
        mine = available(self.standing.handle)
        reserved = [Entry(mine, held(hold.id), hold.unit, hold.pieces) for hold in holds]
        first = Happened("sale", self.standing.visits == 0, sale.total_minor, referred=bool(self.standing.referred_by))
        posted = len(self.standing.posted)
        standing = book(self.program, self.standing, reserved, self.day)
        self.standing = after_sale(self.program, standing, sale, self.day)
        self.posted[number] = self.standing.posted[posted:]
        return found, sale, awards.decide(self.program, member_on(standing, self.day), first, self.day).referrer

    def _luck(self, till: TillReference, number: int) -> Luck | None:
        """What draws the prizes of a sale. Each is chained to the one before, as records are."""
        own, before = record_id("trial", till.business_date, str(number)), self.chained
        self.chained = hashlib.sha256(f"{before}{own}".encode("ascii")).hexdigest()
        return Luck(self.pool_key, before, own) if self.pool_key else None

    def _use_budgets(self, spent: Mapping[str, int], sign: int = 1) -> None:
        whole = budgets.whole(self.program)
        for rule, pieces in spent.items():
            name = counters.budget(rule)
            self.budgets[name] = max(0, self.budgets.get(name, whole[rule]) - sign * pieces)

    def _undo(self, returning: Returning) -> Undone:
        if not returning.of:
            lines = tuple(ReturnedLine(line, milli or 1000) for line, milli in returning.lines)
            return Undone(0, lines, Reversal({}, {}, 0), estimate=True)
        sale, before = self.sold.get(returning.of), self.back.get(returning.of, Counter())
        if sale is None:  # an exchange whose return was refused has sold nothing
            return Undone(returning.of, (), Refusal("sale_unknown", {"step": returning.of}))
        lines = _coming_back(sale, before, returning)
        program = self.program
        reversal = reverse.reverse(program, sale, reverse.Back(dict(before), lines, self.day))
        if isinstance(reversal, Refusal):
            return Undone(returning.of, lines, reversal)
        before.update({line.line: line.quantity_milli for line in lines})
        self._use_budgets(budgets.put_back(program, sale, reversal), -1)
        if sale.member is None or self.standing is None:
            return Undone(returning.of, lines, reversal)
        spent, posted = posting.spent_lots(self.posted[returning.of]), len(self.standing.posted)
        entries = posting.return_entries(self.standing.handle, reversal, spent)
        short = posting.post(program, self.standing.accounts, entries, self.day).missing
        self.standing = after_return(program, self.standing, reversal, self.day, spent)
        self.posted[returning.of] += self.standing.posted[posted:]
        return Undone(returning.of, lines, reversal, short)


def _coming_back(sale: Sale, before: Mapping[str, int], returning: Returning) -> tuple[ReturnedLine, ...]:
    """The lines that come back: those named, or all; of each what is said, or all that is left (of nothing left: one piece)."""
    sold = {line.id: line.quantity_milli for line in sale.basket.lines}
    left = {line: milli - before.get(line, 0) for line, milli in sold.items()}
    if not returning.lines:
        open_lines = [ReturnedLine(line, milli) for line, milli in left.items() if milli > 0]
        return tuple(open_lines or [ReturnedLine(line, milli) for line, milli in sold.items()])
    return tuple(
        ReturnedLine(line, milli or max(left.get(line, 0), 0) or sold.get(line, 1000)) for line, milli in returning.lines
    )


def _tenders(selling: Selling, to_pay: int) -> tuple[Tender, ...]:
    """How it is paid: as the step says, else by the first kind the member means to pay with, else in cash."""
    if selling.tenders:
        rest = max(0, to_pay - sum(amount or 0 for _, amount in selling.tenders))
        return tuple(Tender(kind, rest if amount is None else amount) for kind, amount in selling.tenders)
    kind = selling.basket.paying[0] if selling.basket.paying else "cash"
    return (Tender(kind, to_pay),) if to_pay else ()
