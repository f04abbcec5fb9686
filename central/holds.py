"""Online reservations: head office sets pieces aside for one terminal. No timer ever gives them back; a Sale or a Void does."""

import msgspec

from central import changing, leases, recovery, standings
from central.clock import local_day
from central.standings import Change
from central.store import feed, holds, members, records, terminals
from central.store import leases as rows
from central.store.changing import Use
from central.store.engine import Connection
from central.store.holds import HoldRow
from central.store.ledger import Cause
from central.store.members import MemberHere
from loyalty import standing
from loyalty.agreement import Hold
from loyalty.leases import reserved, spare
from loyalty.posting import hold_entries
from loyalty.refusal import Params, Refusal
from loyalty.standing import Standing
from sync.wire import HoldAnswer, HoldRequest


def hold(db: Connection, terminal: int, request: HoldRequest, now_ms: int) -> HoldAnswer:
    """Reserve, or say why not; the same id always gets the same answer."""
    member = members.current(db, request.member, lock=True)
    if member is None:
        return HoldAnswer(False, Refusal("unknown_member"))
    chain = rows.chain_of(db, terminal)
    asked = HoldRow(member.id, request.id, terminal, request.unit, request.pieces, "open", chain_id=chain)
    known = holds.get(db, request.id)
    if known:
        return _again(known, asked)
    if request.incarnation not in ("", feed.office(db).incarnation):
        return HoldAnswer(False, Refusal("office_recovering"))
    if request.leased and request.lease_seq and not (chain and records.is_booked(db, chain, request.lease_seq)):
        return HoldAnswer(False, Refusal("lease_ahead"))
    now = standings.now_in(db, now_ms)
    day = local_day(terminals.by_id(db, terminal).time_zone, now_ms)
    before = standings.load(db, member)
    own = leases.own(db, member, chain, request.lease) is not None
    wanted = reserved(before, Hold(request.id, request.unit, request.pieces, request.lease, request.leased), own=own)
    use = Use(request.step, terminal)
    refusal = Refusal("member_blocked") if member.blocked else changing.refusal(db, member.id, use, now_ms)
    refusal = refusal or _refusal(db, member, before, wanted, day)
    if not recovery.granting(db, now_ms):
        refusal = Refusal("office_recovering")
    asked = asked._replace(lease=wanted.lease, leased=wanted.leased)
    if refusal:
        holds.add(db, asked._replace(state="refused", refusal=msgspec.json.encode(refusal)), now_ms)
        if refusal.code == "reserved_elsewhere":
            feed.publish(db, [("member", member.id)])  # the terminals that have it are asked to give it back
        return HoldAnswer(False, refusal)
    holds.add(db, asked, now_ms)
    changing.use(db, member.id, use, now_ms)
    after = standing.book(now.program, before, hold_entries(wanted, member.handle), day)
    standings.save(db, now, Cause(request.id, terminal, now_ms), Change(member, before, after))
    return HoldAnswer(True)


def _again(known: HoldRow, asked: HoldRow) -> HoldAnswer:
    """What was answered before. A tombstone, or an id that means something else now, is no reservation."""
    if known._replace(state="open", refusal=None, lease="", leased=0) == asked:
        if known.state == "refused" and known.refusal:
            return HoldAnswer(False, msgspec.json.decode(known.refusal, type=Refusal))
        if known.state == "open":
            return HoldAnswer(True)
    return HoldAnswer(False, Refusal("hold_refused", {"unit": asked.unit}))


def _refusal(db: Connection, member: MemberHere, before: Standing, wanted: Hold, day: str) -> Refusal | None:
    """What is pending or has expired on `day` cannot be reserved; what other terminals have leased is asked back first."""
    unit, more = wanted.unit, spare(before, wanted, day)
    if more >= 0:
        return None
    found = leases.elsewhere(db, member, before, wanted)
    pieces = sum(part for part, _ in found)
    if more + pieces >= 0:
        leases.recall(db, [row for _, row in found])
        store = rows.place_of(db, found[0][1].chain_id).store
        return Refusal("reserved_elsewhere", {"store": store, "pieces": pieces, "unit": unit})
    cost = wanted.pieces
    missing: Params = {"missing": -more, "have": cost + more, "cost": cost, "unit": unit}
    return Refusal("pieces_missing", missing)
