"""Online reservations: head office sets pieces aside for one terminal. No timer ever gives them back; a Sale or a Void does."""

import msgspec

from central.store import holds, ledger, members
from central.store.engine import Connection
from central.store.holds import HoldRow
from central.store.ledger import Cause
from loyalty.ledger import Entry, available, held
from loyalty.refusal import Params, Refusal
from sync.wire import HoldAnswer, HoldRequest


def hold(db: Connection, terminal: int, request: HoldRequest, now_ms: int) -> HoldAnswer:
    """Reserve, or say why not; the same id always gets the same answer."""
    member = members.by_handle(db, request.member, lock=True)
    if member is None:
        return HoldAnswer(False, Refusal("unknown_member"))
    asked = HoldRow(member.id, request.id, terminal, request.unit, request.pieces, "open")
    known = holds.get(db, request.id)
    if known:
        return _again(known, asked)
    refusal = _refusal(db, member, request)
    if refusal:
        holds.add(db, asked._replace(state="refused", refusal=msgspec.json.encode(refusal)), now_ms)
        return HoldAnswer(False, refusal)
    holds.add(db, asked, now_ms)
    entry = Entry(available(member.handle), held(request.id), request.unit, request.pieces)
    ledger.post(db, member.id, Cause(request.id, terminal, now_ms), [entry])
    return HoldAnswer(True)


def _again(known: HoldRow, asked: HoldRow) -> HoldAnswer:
    """What was answered before. A tombstone, or an id that means something else now, is no reservation."""
    if known.state == "refused" and known.refusal and known._replace(state="open", refusal=None) == asked:
        return HoldAnswer(False, msgspec.json.decode(known.refusal, type=Refusal))
    if known == asked:
        return HoldAnswer(True)
    return HoldAnswer(False, Refusal("hold_refused", {"unit": asked.unit}))


def _refusal(db: Connection, member: members.MemberHere, request: HoldRequest) -> Refusal | None:
    if member.blocked:
        return Refusal("member_blocked")
    have = ledger.balance(db, member.id, available(member.handle), request.unit)
    if have < request.pieces:
        missing: Params = {"missing": request.pieces - have, "have": have, "cost": request.pieces, "unit": request.unit}
        return Refusal("pieces_missing", missing)
    return None
