"""The promises of what happens at a counter beside sales: who joined, claimed, merged, and how the days were closed."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from central import days
from loyalty.joining import Alias, Claim, Join
from loyalty.sale import Sale
from posd.joining import Joining
from sync import wire
from tests.sim.oracle import Deed, Sold
from tests.sim.town import DAY, NAME, PHONE

KINDS = ("join", "claim", "alias")


class Said(NamedTuple):
    """A record of the counter as head office has it, and what it was that a till was asked for."""

    deed: Deed
    id: str
    state: str
    reason: str
    body: Join | Claim | Alias


def said(world: Any) -> list[Said]:
    """All that have had an effect, or never will."""
    by_print = {deed.report.fingerprint: deed for deed in world.oracle.deeds}
    found = []
    for state, reason, data in world.office.look(
        "SELECT state, reason, bytes FROM record WHERE kind IN ('join', 'claim', 'alias') AND state <> 'repeated' ORDER BY key"
    ):
        envelope = wire.read_envelope(data)
        body: Any = wire.read_body(envelope)
        found.append(Said(by_print[body.fingerprint], envelope.id, state, reason, body))
    return found


def roots(world: Any) -> dict[str, str]:
    """Whose each card is that was merged into another's, by handle."""
    rows = world.office.look(
        "SELECT a.handle, b.handle FROM merged JOIN member a ON a.id = member_id JOIN member b ON b.id = into_id WHERE done"
    )
    return dict(rows)  # type: ignore[arg-type]


def claimed(world: Any) -> dict[str, Sale]:
    """Sales without a card as they are whose they became, by id."""
    return {own: wire.decode(body, Sale) for own, body in world.office.look("SELECT sale, body FROM claim")}


def each_is_heard_once(world: Any) -> Iterator[str]:
    """What a till was told is at head office, once."""
    heard: dict[str, int] = {}
    for one in said(world):
        heard[one.id] = heard.get(one.id, 0) + 1
    for deed in world.oracle.deeds:
        if deed.booked and not deed.lost and heard.get(deed.booked.id) != 1 and deed.place not in _twisted(world):
            yield f"{deed.report.key}: heard {heard.get(deed.booked.id, 0)} times"


def each_join_is_a_member(world: Any) -> Iterator[str]:
    """A code becomes one person's; only a card that two were handed, or a code of a copied disk, makes the second a dead letter."""
    first: dict[str, Said] = {}
    joins = [one for one in said(world) if isinstance(one.body, Join)]
    for one in joins:
        if one.state == "applied" and first.setdefault(one.body.member, one) is not one:
            yield f"{one.deed.report.key}: {one.body.member} has joined twice"
    for one in joins:
        winner = first.get(one.body.member)
        handed = isinstance(one.deed.report, Joining) and one.deed.report.code.startswith("PL1:")
        copied = winner and {one.deed.place, winner.deed.place} & _twisted(world)
        if one.state != "applied" and not (winner and one.reason.startswith("member_already") and (handed or copied)):
            yield f"{one.deed.report.key} is {one.state}: {one.reason}"
    provisional = {handle for (handle,) in world.office.look("SELECT handle FROM member WHERE provisional")}
    for handle in provisional & set(first):
        yield f"{handle} has joined and is provisional"


def attachments_arrive(world: Any) -> Iterator[str]:
    """What joining members gave is at head office until somebody erases it, and on no terminal. A head office that was restored
    may have lost it, a disk that was rolled back or copied too.
    """
    for terminal in world.terminals:
        if left := terminal.db.execute("SELECT count(*) FROM attachment").fetchone()[0]:
            yield f"{terminal.name}: {left} attachments are kept"
    rows = world.office.look("SELECT record, content, stored_ms FROM attachment")
    there = {record: (content, stored_ms) for record, content, stored_ms in rows}
    erased = {handle for (handle,) in world.office.look("SELECT handle FROM attachment WHERE erased_ms IS NOT NULL")}
    for one in said(world):
        given = one.deed.report
        if not isinstance(given, Joining) or one.deed.place in _twisted(world) or world.office.known:
            continue
        content, stored_ms = there.get(one.id, ("", None))
        if not stored_ms:
            yield f"{given.key}: what was given has not come"
        elif one.body.member in erased:  # of a handle once, and for ever
            if content:
                yield f"{given.key}: {content} was erased"
        else:
            person = json.loads(content or "{}")
            if (person.get("first_name"), person.get("phone")) != (given.first_name, given.phone):
                yield f"{given.key}: {content} is not what was given"


def nothing_personal_in_a_journal(world: Any) -> Iterator[str]:
    """No name, no number."""
    for secret in (NAME, PHONE):
        for (own,) in world.office.look("SELECT id FROM record WHERE instr(bytes, ?)", secret.encode()):
            yield f"{secret} is in record {own}"


def the_first_claim_wins(world: Any) -> Iterator[str]:
    """A sale is one member's by one claim; every other is a dead letter that says why."""
    claims = dict(world.office.look("SELECT sale, cause FROM claim"))
    sold = {one.booked.id: one for one in world.oracle.sold if one.booked}
    for own, sale in claimed(world).items():
        yield from _earns_the_same(sold[own], sale)
    for one in said(world):
        if not isinstance(one.body, Claim):
            continue
        of = one.deed.of
        assert of
        assert of.booked
        cause = claims.get(of.booked.id)
        back = world.oracle.came_back(of) == {line.id for line in of.sale.basket.lines}
        if one.state == "applied":
            if cause != one.id:
                yield f"{one.deed.report.key} counts, and so does {cause}"
        elif not (
            (one.reason.startswith("sale_claimed") and cause not in (None, one.id))
            or (one.reason.startswith("sale_returned") and back)
            or (one.state == "waiting" and of.lost)
        ):
            yield f"{one.deed.report.key} is {one.state}: {one.reason}"


def _earns_the_same(sold: Sold, sale: Sale) -> Iterator[str]:
    earned, expected = sum(movement.pieces for movement in sale.accruals), 0
    if sale.program_version:
        paid = min(sold.sale.paid_minor, sum(tender.amount_minor for tender in sold.sale.tenders))
        expected = paid // (100 if sale.program_version % 2 else 200)
    if earned != expected or sale.redemptions or sold.sale.member:
        yield f"{sold.paid.key}: claimed for {earned} points, not {expected}"


def merged_is_one(world: Any) -> Iterator[str]:
    """Two cards that a till was told are one's are one's; the one that goes has nothing, and nothing waits for ever."""
    into = roots(world)
    for one in said(world):
        if not isinstance(one.body, Alias):
            continue
        if one.state == "applied":
            first, second = (into.get(handle, handle) for handle in (one.body.member, one.body.into))
            world.marks.sometimes("merged")
            if first != second:
                yield f"{one.deed.report.key}: {one.body.member} is {first}, and {one.body.into} is {second}"
        elif not world.marks.sometimes("merge refused", when=one.reason.startswith("merge_under_way")):
            yield f"{one.deed.report.key} is {one.state}: {one.reason}"
    if any(target in into for target in into.values()):
        yield "who was merged away has others' cards"
    for handle, account, pieces in world.office.look(
        "SELECT handle, account, pieces FROM balance b JOIN merged g ON g.member_id = b.member_id AND done"
        " JOIN member m ON m.id = b.member_id WHERE pieces <> 0 AND account NOT LIKE 'program/%' AND account NOT LIKE 'merged/%'"
    ):
        yield f"{handle} was merged away, and {account} has {pieces}"


def days_agree(world: Any) -> Iterator[str]:
    """Each till's last word on its day is what head office has; goods that came back twice are what it has not."""
    if not world.storm.counter:
        return
    told = {(one.store, one.terminal, one.till): one for one in world.office.write(lambda db: days.between(db, DAY, DAY))}
    oracle = world.oracle
    dead = {own for (own,) in world.office.look("SELECT id FROM record WHERE kind = 'return' AND state = 'dead'")}
    for terminal in world.terminals:
        if terminal.twisted:
            continue
        day = told.get((f"Store {terminal.place // 2}", f"Till {terminal.place}", "1"))
        if day is None or day.closed_ms is None:
            yield f"{terminal.name}: its day is not closed"
            continue
        back = {one.back.till.receipt_number: one.booked.id for one in oracle.back if one.place == terminal.place}
        unheard = {number for number, own in back.items() if own in dead or _of_lost(oracle, number)}
        differing = {one.receipt_number for one in day.apart.differing} - set(back)
        if set(day.apart.unheard) - unheard or day.apart.unlisted or differing:
            yield f"{terminal.name}: the day is apart: {day.apart}"


def _of_lost(oracle: Any, number: str) -> bool:
    return any(one.of.lost for one in oracle.back if one.back.till.receipt_number == number)


def _twisted(world: Any) -> set[int]:
    """Places whose disk was rolled back or copied."""
    return {terminal.place for terminal in world.terminals if terminal.twisted}


AT_THE_COUNTER: Mapping[str, Callable[[Any], Iterator[str]]] = {
    "each is heard once": each_is_heard_once,
    "each join is a member": each_join_is_a_member,
    "attachments arrive": attachments_arrive,
    "nothing personal in a journal": nothing_personal_in_a_journal,
    "the first claim wins": the_first_claim_wins,
    "merged is one": merged_is_one,
    "days agree": days_agree,
}
