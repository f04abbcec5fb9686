"""The line, told once: identify -> quote -> agree -> commit; and a return. Everything up to the quote may be repeated freely."""

import asyncio
import dataclasses
import json
import secrets
from dataclasses import dataclass, field
from functools import lru_cache, partial

from drivers.printers.job import receipt_bytes, receipt_from
from loyalty import quote as quoting
from loyalty.agreement import Agreement, Hold, agree
from loyalty.basket import Basket, Tender
from loyalty.code import Claims, MemberCode, Strength, identify
from loyalty.ids import ENTROPY_BYTES, RecordId, random_id, record_id
from loyalty.journal import Stamp
from loyalty.member import Member
from loyalty.program import Program
from loyalty.quote import Choice, Quote
from loyalty.receipt import Bearer, Ending, Receipt, return_receipt, sale_receipt
from loyalty.refusal import Refusal
from loyalty.sale import Payment, Return, ReturnedLine, Reversal, Sale, TillReference, Void, commit, reverse
from posd.clock import Clock
from posd.store import agreements, journal, members, pages, print_jobs, sales
from posd.store.database import Store
from runtime.errors import Misconfigured, Rejected, Unavailable
from sync import codes, program_file, wire
from sync.client import HeadOffice
from sync.loop import Link

NO_PROGRAM = Program("", 0, "ILS", {}, {}, {}, {})
"""What a terminal goes by before its first program has arrived: sales are booked, nothing is earned."""


@dataclass(frozen=True, slots=True)
class Known:
    """Who was scanned."""

    member: Member
    strength: Strength


@dataclass(frozen=True, slots=True)
class Ask:
    """What a till asks about: the basket so far, the member's code as it was scanned (or nothing), what the member wants."""

    basket: Basket
    code: str = ""
    choices: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """A quote, and why the code was not taken if it was not."""

    quote: Quote
    strength: Strength
    refusal: Refusal | None


@dataclass(frozen=True, slots=True)
class Paid:
    """What a till reports after payment: under which key, its receipt, the tenders; the agreement, or all that one would have.

    `fingerprint` is the SHA-256 of the request, so that a key that comes back with another body is noticed.
    """

    key: str
    fingerprint: str
    till: TillReference
    tenders: tuple[Tender, ...]
    agreement: str = ""
    ask: Ask | None = None
    language: str = "he"


@dataclass(frozen=True, slots=True)
class BroughtBack:
    """What a till reports of a return: which sale (its id, or receipt number and date), which lines."""

    key: str
    fingerprint: str
    till: TillReference
    lines: tuple[ReturnedLine, ...]
    sale: str = ""
    receipt_number: str = ""
    business_date: str = ""
    language: str = "he"


@dataclass(frozen=True, slots=True)
class Booked:
    """A committed record: nothing takes it back. `refusals` say what was asked for and could not be had."""

    id: RecordId
    seq: int
    body: Sale | Return
    receipt: Receipt | None
    replayed: bool = False
    refusals: tuple[Refusal, ...] = ()


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

    async def identify(self, text: str) -> Known | Refusal:
        """Say whose code this is, or why it is nobody's."""
        program = await self.program()
        keys = await self.store.look(pages.code_keys)
        read_signed = partial(_claims, keys=tuple(keys.items()))
        code = identify(text, read_signed, program.plain_prefixes, self.clock.now().wall_ms // 1000)
        return code if isinstance(code, Refusal) else await self._known(code)

    async def quote(self, ask: Ask) -> Answer:
        """What this basket earns, what the member may take, what is to be paid, and why. Writes nothing."""
        who = await self.identify(ask.code) if ask.code else None
        member = who.member if isinstance(who, Known) else None
        strength = who.strength if isinstance(who, Known) else Strength.TYPED
        program = await self.program()
        quote = quoting.quote(program, member, ask.basket, self.clock.now(), ask.choices)
        return Answer(quote, strength, who if isinstance(who, Refusal) else None)

    async def agree(self, ask: Ask) -> Agreement | Refusal:
        """Promise it, before payment and on the disk; what is spent is reserved at head office first, or it is not promised."""
        journal.must_be_enrolled(self.terminal)
        answer = await self.quote(ask)
        refusal = answer.refusal or next((o.refusal for o in answer.quote.offers if o.refusal and _chosen(o.reward, ask)), None)
        if refusal:
            return refusal
        async with self.one_at_a_time:
            holds = _holds(answer.quote)
            if holds and (refused := await self._reserve(answer.quote, holds)):
                return refused
            agreement = agree(answer.quote, _random(), answer.strength, holds)
            await self.store.run(agreements.save, agreement)
        return agreement

    async def cancel(self, agreement_id: str) -> str:
        """Take a promise back; how it stands now. What was reserved is given back by a record. Repeating it changes nothing."""
        async with self.one_at_a_time:
            kept = await self.store.run(agreements.cancel, agreement_id, self._stamp(), _random())
        if kept is None:
            raise _unknown_agreement(agreement_id)
        self.link.wake.set()
        return agreements.CANCELLED if kept.state == agreements.OPEN else kept.state

    async def commit(self, paid: Paid) -> Booked:
        """Book a paid basket: the point of no return. The same key gets the same answer, however often it is sent."""
        own = record_id(self.terminal, paid.till.business_date, paid.key)
        async with self.one_at_a_time:
            before = await self._before(own, paid.fingerprint)
            if before:
                return before
            agreement, payment, refusals = await self._promised(paid)
            program = await self._program_of(agreement.program_version)
            sale = commit(program, agreement, payment)
            receipt = await self._sale_receipt(sale, program, paid.language)
            seq = await self.store.run(sales.commit_sale, sale, self._commit(own, receipt))
        self.link.wake.set()
        return Booked(own, seq, sale, receipt, refusals=refusals)

    async def give_back(self, back: BroughtBack) -> Booked:
        """Book a return. Raises Rejected when more comes back than was sold, or when the sale is not known by what was given."""
        own = record_id(self.terminal, back.till.business_date, back.key)
        async with self.one_at_a_time:
            before = await self._before(own, back.fingerprint)
            if before:
                return before
            returned = await self._returned(back)
            receipt = await self._return_receipt(returned, back.language)
            seq = await self.store.run(sales.commit_return, returned, self._commit(own, receipt))
        self.link.wake.set()
        return Booked(own, seq, returned, receipt)

    async def recover(self) -> int:
        """After a start: holds that were asked for and never answered are voided by a record; how many. Nothing else changes."""
        lost = await self.store.look(agreements.unanswered_holds)
        for handle, hold in lost:
            await self.store.run(agreements.void_holds, Void("", (hold,), handle), self._stamp(), _random())
        return len(lost)

    async def program(self) -> Program:
        """The program in force now."""
        text = await self.store.look(pages.program_json, self.clock.now().wall_ms)
        return _parsed(text) if text else NO_PROGRAM

    async def _program_of(self, version: int) -> Program:
        text = await self.store.look(pages.program_of, version)
        return _parsed(text) if text else NO_PROGRAM

    async def _known(self, code: MemberCode) -> Known | Refusal:
        if code.strength is Strength.SIGNED:
            found = await self.store.look(members.by_handle, code.handle)
        else:
            found = await self.store.look(members.by_code, code.text)
        if found is None and code.strength is Strength.SIGNED:
            return Known(Member(code.handle, generation=code.generation, provisional=True), code.strength)
        if found is None:
            return Refusal("unknown_member")
        if found.blocked:
            return Refusal("member_blocked")
        if code.strength is Strength.SIGNED and code.generation < found.member.generation:
            return Refusal("code_replaced")
        return Known(found.member, code.strength)

    async def _reserve(self, quote: Quote, holds: tuple[Hold, ...]) -> Refusal | None:
        """Ask head office once for all `holds`; whatever is not granted whole is undone and told."""
        assert quote.member
        handle = quote.member.handle
        if self.office is None:
            return Refusal("head_office_unreachable")
        await self.store.run(agreements.ask_holds, handle, holds)
        requests = [self.office.hold(wire.HoldRequest(hold.id, handle, hold.unit, hold.pieces)) for hold in holds]
        heard = await asyncio.gather(*requests, return_exceptions=True)
        refusals: list[Refusal] = []
        undo: list[Hold] = []
        for hold, answer in zip(holds, heard, strict=True):
            if isinstance(answer, Unavailable | Misconfigured):
                refusals.append(Refusal("head_office_unreachable"))
                undo.append(hold)
            elif isinstance(answer, BaseException):
                raise answer
            elif not answer.granted:
                refusals.append(answer.refusal or Refusal("hold_refused", {"unit": hold.unit}))
                await self.store.run(agreements.settle_refused, (hold,))
            else:
                undo.append(hold)
        if not refusals:
            return None
        if undo:  # granted ones, and those of which nobody knows
            await self.store.run(agreements.void_holds, Void("", tuple(undo), handle), self._stamp(), _random())
            self.link.wake.set()
        return refusals[0]

    async def _promised(self, paid: Paid) -> tuple[Agreement, Payment, tuple[Refusal, ...]]:
        """The agreement that `paid` keeps; for a till that cannot ask before payment, one made on the spot."""
        kept = await self.store.look(agreements.find, paid.agreement) if paid.agreement else None
        if kept is None and paid.ask is None:
            raise _unknown_agreement(paid.agreement) if paid.agreement else _nothing_to_book()
        if kept is None:
            assert paid.ask
            agreement, refusals = await self._on_the_spot(paid.ask)
            ended = "unknown" if paid.agreement else ""
            return agreement, Payment(paid.till, paid.tenders, paid.ask.basket, paid.fingerprint, ended), refusals
        ended = "" if kept.state == agreements.OPEN else kept.state
        agreement = dataclasses.replace(kept.agreement, holds=()) if ended else kept.agreement
        basket = paid.ask.basket if paid.ask else agreement.basket
        return agreement, Payment(paid.till, paid.tenders, basket, paid.fingerprint, ended), ()

    async def _on_the_spot(self, ask: Ask) -> tuple[Agreement, tuple[Refusal, ...]]:
        """What would have been agreed: it may spend only what a hold inside this same call gives, and accrues in any case."""
        answer = await self.quote(ask)
        refusals = [answer.refusal] if answer.refusal else []
        refusals += [offer.refusal for offer in answer.quote.offers if offer.refusal and _chosen(offer.reward, ask)]
        holds = _holds(answer.quote)
        if holds and (refused := await self._reserve(answer.quote, holds)):
            refusals.append(refused)
            answer, holds = await self.quote(dataclasses.replace(ask, choices=())), ()
        agreement = agree(answer.quote, _random() if holds else "", answer.strength, holds)
        if holds:
            await self.store.run(agreements.save, agreement)
        return agreement, tuple(refusals)

    async def _returned(self, back: BroughtBack) -> Return:
        original, sale = await self._original(back)
        if sale is None:  # sold elsewhere: head office makes the entries
            nothing = Reversal({}, {}, 0)
            return Return(back.till, back.fingerprint, original, "", back.lines, nothing, estimate=True)
        before = await self.store.look(sales.returned_before, original)
        reversal = reverse(sale, before, back.lines)
        if isinstance(reversal, Refusal):
            raise Rejected(reversal.code, f"{reversal.code}: {dict(reversal.params)}", "Check the lines against the receipt")
        handle = sale.member.handle if sale.member else ""
        return Return(back.till, back.fingerprint, original, handle, back.lines, reversal, estimate=False)

    async def _original(self, back: BroughtBack) -> tuple[str, Sale | None]:
        """The id of the sale that comes back, and the sale if it is one of ours."""
        if back.sale:
            found = await self.store.look(journal.find, back.sale)
            return back.sale, _sale(found[2]) if found else None
        records = await self.store.look(journal.find_receipt, back.receipt_number, back.business_date)
        booked = [(wire.read_envelope(data).id, _sale(data)) for _, kind, data in records if kind == "sale"]
        if len(booked) == 1:
            return booked[0]
        if booked:
            raise Rejected("sale_ambiguous", f"Several sales have receipt number {back.receipt_number}", "Give its date too")
        hint = "Check the number and the date; for a sale of another terminal give the sale's id"
        raise Rejected("sale_unknown", f"No sale of this terminal has receipt number {back.receipt_number}", hint)

    async def _before(self, own: RecordId, fingerprint: str) -> Booked | None:
        """What is booked under this id already. Raises Rejected when that was another request."""
        found = await self.store.look(journal.find, own)
        if not found:
            return None
        seq, _, data = found
        body = wire.read_body(wire.read_envelope(data))
        assert isinstance(body, Sale | Return)
        sales.refuse_reuse(body.fingerprint, fingerprint, body.till.receipt_number)
        receipt = await self.store.look(print_jobs.receipt_of, seq)
        return Booked(own, seq, body, receipt_from(receipt) if receipt else None, replayed=True)

    async def _sale_receipt(self, sale: Sale, program: Program, language: str) -> Receipt | None:
        if sale.member is None:
            return None
        found = await self.store.look(members.by_handle, sale.member.handle)
        bearer = Bearer(found.member.first_name if found else "", sale.member.balances)
        return sale_receipt(sale, bearer, program, language, online=self.link.online)

    async def _return_receipt(self, returned: Return, language: str) -> Receipt | None:
        if not returned.member:
            return None
        found = await self.store.look(members.by_handle, returned.member)
        bearer = Bearer(found.member.first_name, dict(found.member.balances)) if found else Bearer("", {})
        ending = Ending(returned.till.receipt_number, returned.till.business_date, self.link.online)
        return return_receipt(returned.reversal, bearer, await self.program(), language, ending)

    def _commit(self, own: RecordId, receipt: Receipt | None) -> sales.Commit:
        return sales.Commit(own, self._stamp(), receipt_bytes(receipt) if receipt else b"", self.prints)

    def _stamp(self) -> Stamp:
        return self.clock.stamp(self.link.clock_offset_ms)


@lru_cache(maxsize=8)
def _parsed(text: str) -> Program:
    """A program from the store; the few versions in use stay read."""
    return program_file.from_json(json.loads(text))


@lru_cache(maxsize=256)
def _claims(text: str, keys: tuple[tuple[str, bytes], ...]) -> Claims | Refusal:
    """What a signed code says; a checkout asks about the same one several times, and a signature takes a while to check."""
    return codes.read(text, codes.verifier(dict(keys)))


def _sale(data: bytes) -> Sale:
    body = wire.read_body(wire.read_envelope(data))
    assert isinstance(body, Sale)
    return body


def _holds(quote: Quote) -> tuple[Hold, ...]:
    """One reservation for each unit that the quote spends."""
    spent: dict[str, int] = {}
    for movement in quote.redemptions:
        spent[movement.unit] = spent.get(movement.unit, 0) + movement.pieces
    return tuple(Hold(_random(), unit, pieces) for unit, pieces in spent.items())


def _chosen(reward: str, ask: Ask) -> bool:
    return any(choice.reward == reward for choice in ask.choices)


def _random() -> str:
    return random_id(secrets.token_bytes(ENTROPY_BYTES))


def _unknown_agreement(agreement_id: str) -> Rejected:
    hint = "Ask for a new agreement, or send the basket with the sale"
    return Rejected("agreement_unknown", f"There is no agreement {agreement_id!r} here", hint)


def _nothing_to_book() -> Rejected:
    return Rejected("nothing_to_book", "The sale has neither an agreement nor a basket", "Send one of them")
