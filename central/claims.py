"""Late claims: a sale without a member becomes somebody's, at a till or by head office. The first claim of a sale wins."""

from dataclasses import replace
from typing import NamedTuple

from central import standings
from central.effects import Effect, member_of, sale_of
from central.programs import program_of
from central.standings import Change
from central.store import audit, claims, members, partners, records, sales, terminals
from central.store.audit import Clerk, Note
from central.store.claims import Claimed, Receipt
from central.store.engine import Connection
from central.store.ledger import NO_TERMINAL, Cause
from central.store.members import MemberHere
from central.store.partners import Place
from loyalty import standing
from loyalty.claiming import claimed, too_late
from loyalty.joining import Claim
from loyalty.partners import costs
from loyalty.posting import spent_lots
from loyalty.quote import NO_EXTRAS
from loyalty.refusal import Refusal
from loyalty.reverse import Back, reverse
from loyalty.sale import ReturnedLine, Sale, TillReference
from loyalty.standing import member_on
from runtime.errors import Rejected
from sync import wire


class Asked(NamedTuple):
    """Who claims, on which day, and what the entries name as their cause."""

    member: MemberHere
    day: str
    cause: Cause


def claim(db: Connection, effect: Effect, body: Claim) -> str | None:
    """A till's claim; what it waits for, if the sale has not come yet. Raises Rejected for one that is refused."""
    member = member_of(db, body.member, effect.cause.now_ms)
    sale = body.sale
    if not sale:
        receipt = Receipt(terminals.by_id(db, effect.cause.terminal).store, body.of_date, body.receipt_number)
        found = claims.sales_of(db, receipt)
        if not found:
            return name_of(receipt)
        sale = _only(found, receipt)
    return None if _book(db, Asked(member, body.desk.business_date, effect.cause), sale) else sale


def claim_by_clerk(db: Connection, handle: str, wanted: str | Receipt, clerk: Clerk, now_ms: int) -> str:
    """Head office's own claim, of a sale by its id or its receipt; the sale's id. Raises Rejected."""
    records.in_turn(db)
    sale = wanted if isinstance(wanted, str) else _only(claims.sales_of(db, wanted), wanted)
    member = members.current(db, handle, lock=True)
    if member is None:
        raise Rejected("member_unknown", f"there is no member {handle!r}", "Look for one: posd-central member find")
    asked = Asked(member, standings.today(db, now_ms), Cause(f"claim/{sale}", NO_TERMINAL, now_ms))
    audit.add(db, Note(now_ms, clerk.person, "claim", handle, f"{sale}: {clerk.reason}"))
    if not _book(db, asked, sale):
        raise Rejected("sale_unknown", f"there is no sale {sale!r}", "See: posd-central record list")
    return sale


def name_of(receipt: Receipt) -> str:
    """What waits for a sale by its receipt waits for this."""
    return f"receipt {receipt.number} of {receipt.business_date} in {receipt.store}"


def names_of(db: Connection, effect: Effect, till: TillReference) -> tuple[str, str]:
    """What may wait for the sale of `effect`: its id, and its receipt."""
    store = terminals.by_id(db, effect.cause.terminal).store
    return effect.envelope.id, name_of(Receipt(store, till.business_date, till.receipt_number))


def _only(found: list[str], receipt: Receipt) -> str:
    if not found:
        raise Rejected("sale_unknown", f"there is no {name_of(receipt)}", "Check number, date and store")
    if len(found) > 1:
        raise Rejected("sale_ambiguous", f"several sales are {name_of(receipt)}", "Name the sale by its id")
    return found[0]


def _book(db: Connection, asked: Asked, sale_id: str) -> bool:
    """Give the member what the sale earns; False if it has not come."""
    found = sale_of(db, sale_id)
    if found is None:
        return False
    sale = found[1]
    _must_be_free(db, asked, sale_id, sale)
    program, now = program_of(db, sale.program_version), standings.now_in(db, asked.cause.now_ms)
    before, day = standings.load(db, asked.member), sale.till.business_date
    mine = claimed(program, sale, member_on(before, day))
    after = standing.after_sale(now.program, before, mine, day)
    returned = sales.returned_before(db, sale_id)
    if returned:
        reversal = reverse(program, mine, Back({}, tuple(ReturnedLine(line, milli) for line, milli in returned.items()), day))
        assert not isinstance(reversal, Refusal)  # it was returned, so it could be
        if reversal.whole:
            raise Rejected("sale_returned", f"all of sale {sale_id} has come back", "There is nothing to claim")
        after = standing.after_return(now.program, after, reversal, day, spent_lots(after.posted))
    place = Place(claims.terminal_of(db, sale_id), asked.day)
    partners.add_given(db, place, costs(program, replace(mine, discounts=(), extras=NO_EXTRAS), after.posted))
    body = wire.canonical_fast(mine)
    claims.add(db, Claimed(sale_id, asked.cause.id, asked.member.id, body), asked.cause.now_ms)
    standings.save(db, now, asked.cause, Change(asked.member, before, after))
    return True


def _must_be_free(db: Connection, asked: Asked, sale_id: str, sale: Sale) -> None:
    """Raise Rejected for a sale that is somebody's, or is claimed too late or for a blocked card."""
    first = claims.get(db, sale_id)
    if first:
        raise Rejected("sale_claimed", f"sale {sale_id} was claimed before, by {first.cause}", "The first claim counts")
    if sale.member:
        raise Rejected("sale_has_member", f"sale {sale_id} is a member's own", "Only a sale without a card is claimed")
    if asked.member.blocked:
        raise Rejected("member_blocked", f"{asked.member.handle} is blocked", "Ask head office")
    program = program_of(db, sale.program_version)
    if too_late(program, sale.till.business_date, asked.day):
        limit = f"{program.policies.claim_days} days"
        raise Rejected("claim_late", f"sale {sale_id} is of {sale.till.business_date}, and {limit} have passed", "claim_days")
