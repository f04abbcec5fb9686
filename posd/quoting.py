"""Who is at the till and what the basket is worth: read from the store, worked out by the rules, nothing written.

Each function is a store function: it takes a connection and runs whole, so a quote sees one state of the store.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache, partial

from loyalty import budgets, counters
from loyalty import quote as rules
from loyalty.basket import Basket
from loyalty.code import Claims, MemberCode, Strength, identify
from loyalty.member import Member
from loyalty.moment import Moment
from loyalty.program import Program
from loyalty.quote import Choice, Quote
from loyalty.refusal import Refusal
from posd.sights import Sight
from posd.store import budgets as shares
from posd.store import code_uses, members, pages
from posd.store.db import Db
from runtime.errors import Misconfigured
from sync import codes, program_file, rotating

NO_PROGRAM = Program("", 0, "ILS", {}, {}, {}, {})
"""What a terminal goes by before its first program has arrived: sales are booked, nothing is earned."""


@dataclass(frozen=True, slots=True)
class Known:
    """Who was scanned, and by which step of a changing code (0: none that counts)."""

    member: Member
    strength: Strength
    step: int = 0


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
    step: int = 0

    @property
    def refusals(self) -> tuple[Refusal, ...]:
        """Everything that was asked for and is not to be had: the code, and each reward that was chosen."""
        chosen = {choice.reward for choice in self.quote.choices}
        refused = (offer.refusal for offer in self.quote.offers if offer.refusal and offer.reward in chosen)
        return (*([self.refusal] if self.refusal else []), *refused)


def who(db: Db, text: str, moment: Moment, sight: Sight) -> Known | Refusal:
    """Whose code `text` is, or why it is nobody's; `sight` is when it came into sight."""
    code = identify(text, partial(claims_of, db), program_now(db, moment.wall_ms).plain_prefixes, sight.passed_s)
    return code if isinstance(code, Refusal) else _known(db, code, moment.local_date, sight.exact_s)


def answer(db: Db, ask: Ask, moment: Moment, sight: Sight) -> Answer:
    """What this basket earns, what the member may take, what is to be paid, and why."""
    found = who(db, ask.code, moment, sight) if ask.code else None
    known = found if isinstance(found, Known) else None
    member, strength = (known.member, known.strength) if known else (None, Strength.TYPED)
    program = program_now(db, moment.wall_ms)
    quote = rules.quote(program, member, ask.basket, stamped(db, moment, budgets.whole(program)), ask.choices)
    return Answer(quote, strength, found if isinstance(found, Refusal) else None, known.step if known else 0)


def stamped(db: Db, moment: Moment, rules: Iterable[str]) -> Moment:
    """`moment` with what this terminal may still give of the budgets of these `rules`: nothing of one that it has no share of."""
    left = shares.left(db) if rules else {}
    found = {counters.budget(rule): left.get(rule, 0) for rule in rules}
    place = moment.place
    return replace(moment, place=replace(place, budget_left={**place.budget_left, **found})) if found else moment


def program_now(db: Db, now_ms: int) -> Program:
    """The newest published program in force. One that this release cannot read is passed by: sales go on under the one before."""
    published = pages.newest_program(db, now_ms)
    while published:
        version, text = published
        if program := _read(text):
            return program
        published = pages.newest_program(db, now_ms, below=version)
    return NO_PROGRAM


def program_unreadable(db: Db, now_ms: int) -> bool:
    """Whether head office has published a program, in force now, that only a newer posd can read."""
    published = pages.newest_program(db, now_ms)
    return published is not None and _read(published[1]) is None


def program_of(db: Db, version: int) -> Program:
    """The program of that version; none where it was never published or cannot be read."""
    text = pages.program_of(db, version)
    return (_read(text) if text else None) or NO_PROGRAM


def _known(db: Db, code: MemberCode, day: str, exact_s: int | None) -> Known | Refusal:
    if code.strength is not Strength.SIGNED:
        found = members.by_code(db, code.text, day)
        if found is None:
            return Refusal("unknown_member")
    else:
        found = members.by_handle(db, code.handle, day)
        if found is None:
            member = Member(code.handle, generation=code.generation, provisional=True)
            return _as_fresh(Known(member, code.strength), _step(db, code, exact_s))
    if found.blocked:
        return Refusal("member_blocked")
    if code.strength is Strength.SIGNED and code.generation < found.member.generation:
        return Refusal("code_replaced")
    return _as_fresh(Known(found.member, code.strength), _step(db, code, exact_s))


def _step(db: Db, code: MemberCode, exact_s: int | None) -> int:
    """The step of a changing code that counts: it is genuine, of now, and was not used here; else 0, and the code is as good as a
    printed one.
    """
    if not code.changing or exact_s is None:
        return 0
    step = rotating.step_of(code, code_uses.secret(db, code.handle), exact_s)
    return step if step and step > code_uses.used(db, code.handle) else 0


def _as_fresh(known: Known, step: int) -> Known:
    return Known(known.member, Strength.ROTATING, step) if step else known


def claims_of(db: Db, text: str) -> Claims | Refusal:
    """What a signed code says by the keys that head office has told, or why it is not believed."""
    return _claims(text, tuple(pages.code_keys(db).items()))


@lru_cache(maxsize=256)
def _claims(text: str, keys: tuple[tuple[str, bytes], ...]) -> Claims | Refusal:
    """What a signed code says. A checkout asks of the same one several times, and a signature takes a while to check."""
    return codes.read(text, codes.verifier(dict(keys)))


@lru_cache(maxsize=8)
def _read(text: str) -> Program | None:
    """A published program; None for one that this release cannot read. The few versions in use stay read."""
    try:
        return program_file.from_json(json.loads(text))
    except Misconfigured:
        return None
