"""What else happens at a counter: somebody joins, claims a purchase, has two cards that should be one; and the day is closed."""

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from loyalty.day import DayClose
from loyalty.joining import Desk
from posd.booking import Named
from posd.claiming import Claiming
from posd.closing import Closed
from posd.joining import Joined, Joining
from posd.merging import Merging
from tests.sim.oracle import CameBack, Deed, Sold
from tests.sim.terminal import NoAnswer
from tests.sim.town import DAY, NAME, PHONE, ean13

if TYPE_CHECKING:
    from tests.sim.tills import Till, Visit

DESK = Desk("1", "", DAY)
RECENT = 12  # sales that somebody may still have the receipt of in the hand


# what may happen


async def joins(till: "Till", visit: "Visit") -> None:
    """Somebody becomes a member, with a code of the pool, a card that is handed out, or a plain one of their own. They buy
    something at once, here or elsewhere, and from now on anywhere.
    """
    chance, town = till.at_counter, till.world.town
    key = _key(till, "join")
    handed = chance.choice(
        ["", "", town.blanks[-1] if town.blanks else "", ean13(f"7298{till.terminal.place:04}{till.deeds:04}")]
    )
    if handed in town.blanks and chance.random() < 0.8:  # now and then somebody is given a card that another one has too
        town.blanks.remove(handed)
    phone = f"{PHONE}{chance.randrange(10**7):07}"
    deed = Deed(till.terminal.place, Joining(key, _print(key), DESK, f"{NAME}{till.deeds}", phone, "en", "terms 1", handed))
    await _does(till, "join", deed)
    if isinstance(deed.booked, Joined):
        town.joined.append(deed.booked.member)
        code = handed or deed.booked.code
        town.codes += [code] if code not in town.codes else []
        till.marks.sometimes("joined with a handed card", when=not deed.booked.code)
        till.marks.sometimes("joined while head office was out of reach", when=not till.terminal.checkout.link.online)
        where = chance.choice((till, chance.choice(till.world.tills)))
        till.marks.sometimes("a new member bought elsewhere at once", when=where is not till)
        await where.agreed(visit._replace(code=code, choices=()))


async def claims(till: "Till", visit: "Visit") -> None:
    """Somebody has the receipt of a purchase without a card, made here or elsewhere; now and then another has come before."""
    sold = [one for one in till.oracle.sold if one.booked and not one.sale.member][-RECENT:]
    if not sold:
        await till.at_once(visit._replace(code="", choices=()))
        return
    earlier = [one.of for one in till.oracle.deeds if one.of]
    of = till.at_counter.choice(earlier if earlier and till.at_counter.random() < 0.3 else sold)
    till.marks.sometimes("claimed by several", when=of in earlier)
    till.marks.sometimes("claimed at another terminal", when=of.place != till.terminal.place)
    till.marks.sometimes("claimed after goods came back", when=bool(till.oracle.came_back(of)))
    here = till.terminal.store == till.world.terminals[of.place].store  # there the number of the receipt is enough
    receipt = Named("", of.paid.till.receipt_number, DAY)
    named = receipt if here and till.at_counter.random() < 0.5 else Named(of.booked.id, "", "")
    key = _key(till, "claim")
    await _does(till, "claim", Deed(till.terminal.place, Claiming(key, _print(key), DESK, _card(till), named), of))


async def merges(till: "Till", visit: "Visit") -> None:
    """Somebody has two cards, and wants one."""
    key = _key(till, "merge")
    await _does(till, "merge", Deed(till.terminal.place, Merging(key, _print(key), DESK, _card(till), _card(till))))


async def rung_alone(till: "Till", visit: "Visit") -> None:
    """The till sells and says nothing of it until the evening."""
    paid = till.paid(visit.basket, visit.basket.total_minor)
    sold = Sold(till.terminal.place, replace(paid, ask=visit._replace(code="", choices=()).ask), -1)
    till.oracle.sold.append(sold)
    till.late.append(sold)


Kind = tuple[Callable[["Till", "Visit"], Awaitable[None]], float]
COUNTER: Mapping[str, Kind] = {
    "joins": (joins, 30),
    "claims": (claims, 45),
    "merges": (merges, 10),
    "rung alone": (rung_alone, 15),
}
"""What people do, and how often."""


# the day


async def closes(till: "Till") -> bool:
    """The till says what it has; posd's answer must fit what is known. Whether there was one."""
    sold = {one.paid.till.receipt_number: _took(one) for one in till.oracle.sold if one.place == till.terminal.place}
    back = {one.back.till.receipt_number: _gave(one) for one in till.oracle.back if one.place == till.terminal.place}
    late = {one.paid.till.receipt_number for one in till.late}
    sure = {one.paid.till.receipt_number for one in till.oracle.sold if one.place == till.terminal.place and one.booked}
    try:
        closed: Closed = await till.terminal.ask("close_day", DayClose("1", DAY, {**sold, **back}))
    except NoAnswer:
        return False
    till.marks.sometimes("day closed")
    till.marks.sometimes("day closed again", when=closed.replayed)
    if till.terminal.twisted or till.terminal.disks:  # a disk that knows less than the till, or more
        return True
    unheard, name = set(closed.apart.unheard), till.terminal.name
    till.oracle.must(late <= unheard, f"{name}: nobody told of {late - unheard}, which posd has not heard of")
    till.oracle.must(not unheard & sure, f"{name}: {unheard & sure} are booked, and the day says they are not")
    till.oracle.must(not closed.apart.unlisted, f"{name}: the till is said not to have {closed.apart.unlisted}")
    differing = {one.receipt_number for one in closed.apart.differing} & sure
    till.oracle.must(not differing, f"{name}: {differing} are said to have taken another amount")
    till.marks.sometimes("day closed with receipts to come", when=bool(unheard))
    return True


async def settles(till: "Till") -> str:
    """What was rung alone is told, and the day is closed once more; what still stands in the way."""
    while till.late:
        sold = till.late.pop()
        await till.until_heard("commit", sold.paid, sold)
    if till.unsettled:
        return f"{till.unsettled} reports are not answered"
    if not till.closed and till.world.storm.counter:
        till.closed = await closes(till)
        return "" if till.closed else "its day is not closed"
    return ""


def _took(one: Sold) -> int:
    """What the till rang."""
    return one.sale.paid_minor if one.booked else sum(tender.amount_minor for tender in one.paid.tenders)


def _gave(one: CameBack) -> int:
    """What the till paid out; of what it cannot know it says nothing was."""
    return -one.booked.body.reversal.refund_minor if one.booked else 0  # type: ignore[union-attr]


# what all of them do


async def _does(till: "Till", what: str, deed: Deed) -> None:
    till.oracle.deeds.append(deed)
    await till.until_heard(what, deed.report, deed)
    if deed.booked and till.at_counter.random() < 0.2:
        await till.until_heard(what, deed.report, deed)


def _card(till: "Till") -> str:
    """Somebody's, as it is shown."""
    town = till.world.town
    card = till.at_counter.choice([code for code in town.codes if code != town.over])
    return str(town.shown(card, till.world.now_ms()))


def _key(till: "Till", what: str) -> str:
    till.deeds += 1
    return f"{what}-{till.terminal.place}-{till.deeds}"


def _print(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
