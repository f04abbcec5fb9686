"""Online reservations: head office sets pieces aside for one terminal. No timer ever gives them back; a Sale or a Void does."""

import msgspec

from central import recovery, standings
from central.clock import local_day
from central.standings import Change
from central.store import holds, members, terminals
from central.store.engine import Connection
from central.store.holds import HoldRow
from central.store.ledger import Cause
from loyalty import lots, standing
from loyalty.ledger import Entry, available, held
from loyalty.refusal import Params, Refusal
from loyalty.standing import Standing
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
    now = standings.now_in(db, now_ms)
    day = local_day(terminals.by_id(db, terminal).time_zone, now_ms)
    before = standings.load(db, member)
    refusal = Refusal("member_blocked") if member.blocked else _refusal(before, request, day)
    if not recovery.granting(db, now_ms):
        refusal = Refusal("office_recovering")
    if refusal:
        holds.add(db, asked._replace(state="refused", refusal=msgspec.json.encode(refusal)), now_ms)
        return HoldAnswer(False, refusal)
    holds.add(db, asked, now_ms)
    entry = Entry(available(member.handle), held(request.id), request.unit, request.pieces)
    after = standing.book(now.program, before, [entry], day)
    standings.save(db, now, Cause(request.id, terminal, now_ms), Change(member, before, after))
    return HoldAnswer(True)


def _again(known: HoldRow, asked: HoldRow) -> HoldAnswer:
    """What was answered before. A tombstone, or an id that means something else now, is no reservation."""
    if known.state == "refused" and known.refusal and known._replace(state="open", refusal=None) == asked:
        return HoldAnswer(False, msgspec.json.decode(known.refusal, type=Refusal))
    if known == asked:
        return HoldAnswer(True)
    return HoldAnswer(False, Refusal("hold_refused", {"unit": asked.unit}))


def _refusal(before: Standing, request: HoldRequest, day: str) -> Refusal | None:
    """What is pending or has expired on `day` cannot be reserved."""
    have = lots.spendable(before.lots(request.unit), day)
    if have < request.pieces:
        missing: Params = {"missing": request.pieces - have, "have": have, "cost": request.pieces, "unit": request.unit}
        return Refusal("pieces_missing", missing)
    return None
