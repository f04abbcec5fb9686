"""Laws of what follows a quote: agreed, committed, booked, brought back."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

from loyalty import counters, lots
from loyalty.agreement import Agreement, Hold, agree
from loyalty.basket import Tender
from loyalty.code import Strength
from loyalty.ledger import REDEEMED, Entry, available, balances, held
from loyalty.lots import Lots
from loyalty.money import split
from loyalty.partners import Cost, costs, costs_back
from loyalty.posting import post, return_entries, sale_entries, spent_lots
from loyalty.program import Program, tier_of
from loyalty.quote import Quote
from loyalty.reverse import Back, reverse
from loyalty.sale import Payment, ReturnedLine, Reversal, Sale, TillReference, commit
from loyalty.standing import Standing, after_return, after_sale, book, member_on, on_day
from tests.grammar.checkouts import Checkout

MONEY = "notes"
"""A way to pay that no rule speaks of."""


@dataclass(frozen=True)
class Sold:
    """A checkout that was paid: the member before and after its pieces were reserved, and after the sale was booked."""

    asked: Checkout
    quoted: Quote
    agreement: Agreement
    sale: Sale
    before: Standing
    reserved: Standing
    after: Standing

    @property
    def program(self) -> Program:
        """The program."""
        return self.asked.program

    @property
    def day(self) -> str:
        """The day of all this."""
        return self.asked.moment.local_date


def sell(asked: Checkout) -> Sold:
    """Quoted, reserved, agreed, paid as was meant, committed and booked, all on one day on which nothing else is due."""
    program, day = asked.program, asked.moment.local_date
    assert asked.standing is not None
    before = on_day(program, on_day(program, asked.standing, day), day)
    quoted = replace(asked, standing=before).quote
    holds = tuple(Hold(f"{place:032x}", unit, pieces) for place, (unit, pieces) in enumerate(quoted.reserves.items()))
    mine = available(before.handle)
    reserved = book(program, before, [Entry(mine, held(hold.id), hold.unit, hold.pieces) for hold in holds], day)
    agreement = agree(quoted, "a" * 32, Strength.SIGNED, holds)
    payment = Payment(TillReference("till", "cashier", "1", day), _tenders(program, quoted), agreement.basket, "f" * 64)
    sale = commit(program, agreement, payment)
    return Sold(asked, quoted, agreement, sale, before, reserved, after_sale(program, reserved, sale, day))


def _tenders(program: Program, quoted: Quote) -> tuple[Tender, ...]:
    """What was meant to be paid with, and money for all of it: none with a tender that earns nothing."""
    meant = tuple(Tender(kind, 0) for kind in quoted.basket.paying)
    assert MONEY not in program.policies.tenders_without_accrual
    return (*meant, Tender(MONEY, quoted.to_pay_minor))


def what_was_agreed_is_sold(sold: Sold) -> None:
    """Committed with the same basket, a sale has the quote's discounts, earns what it said, spends what it said, flags nothing."""
    sale, quoted = sold.sale, sold.quoted
    assert sale.discounts == quoted.discounts
    assert sale.flags == ()
    earned = [(one.rule, one.unit, one.pieces, one.by_line) for one in sale.accruals]
    assert earned == [(one.rule, one.unit, one.pieces, split(one.pieces, one.weights)) for one in quoted.accruals]
    spent = [(one.rule, one.unit, one.pieces, one.by_line) for one in sale.redemptions]
    assert spent == [(one.rule, one.unit, one.pieces, one.by_line) for one in quoted.redemptions]
    assert sale.paid_minor == quoted.to_pay_minor


def entries_sum_to_zero(sold: Sold) -> None:
    """What one account gets another gives, also after the lots are found; and the books move by just what the entries say."""
    wished = sale_entries(sold.sale)
    posted = post(sold.program, sold.reserved.accounts, wished, sold.day).entries
    sums = balances(posted)
    assert {key: pieces for key, pieces in sums.items() if pieces} == {
        key: pieces for key, pieces in balances(wished).items() if pieces
    }
    for unit in {unit for _, unit in sums}:
        assert sum(pieces for (_, of), pieces in sums.items() if of == unit) == 0
    booked = book(sold.program, sold.reserved, wished, sold.day)
    mine = available(sold.before.handle)
    for (account, unit), pieces in sums.items():
        if account == mine:
            assert sum(booked.lots(unit).values()) - sum(sold.reserved.lots(unit).values()) == pieces
    assert not [key for key in booked.accounts if key[0].startswith("hold/")]


def the_forecast_comes_true(sold: Sold) -> None:
    """What the quote said the balances would be is what they are once the sale is booked, before anybody is given a prize."""
    booked = book(sold.program, sold.reserved, sale_entries(sold.sale), sold.day)
    have = member_on(booked, sold.day).balances
    for unit, pieces in sold.quoted.forecast.items():
        assert have.get(unit, 0) == pieces


def no_lot_is_overdrawn(sold: Sold) -> None:
    """No lot but the open one ever holds less than nothing, and a sale that was quoted overdraws nothing."""
    mine = available(sold.before.handle)
    for standing in (sold.reserved, sold.after):
        for held_lots in standing.accounts.values():
            assert all(pieces >= 0 for lot, pieces in held_lots.items() if lot != lots.OPEN)
    for unit in sold.program.units:
        before = min(0, sold.before.accounts.get((mine, unit), {}).get(lots.OPEN, 0))
        assert sold.reserved.accounts.get((mine, unit), {}).get(lots.OPEN, 0) >= before


def first_to_expire_is_spent_first(sold: Sold) -> None:
    """No piece of a later lot is spent while one of an earlier is left; none that waits, and none that is over."""
    standing, day = sold.asked.standing, sold.day
    assert standing is not None
    mine = available(standing.handle)
    for unit in sold.program.units:
        before = dict(standing.lots(unit))
        pieces = (lots.spendable(before, day) + 1) // 2
        if pieces <= 0:
            continue
        after = book(sold.program, standing, [Entry(mine, REDEEMED, unit, pieces)], day).lots(unit)
        spent = {lot: have - after.get(lot, 0) for lot, have in before.items() if have != after.get(lot, 0)}
        assert sum(spent.values()) == pieces
        assert all(_in_force(lot, day) for lot in spent)
        last = max(_last_day(lot) for lot in spent)
        assert all(
            after.get(lot, 0) == 0 for lot, have in before.items() if have > 0 and _in_force(lot, day) and _last_day(lot) < last
        )


def _last_day(lot: str) -> str:
    return lot.partition("/")[2] or "9999-12-31"


def _in_force(lot: str, day: str) -> bool:
    return lot.partition("/")[0] <= day <= _last_day(lot)


def an_overdraft_is_repaid_first(sold: Sold) -> None:
    """As long as a member owes pieces of a unit, no new ones are laid in any lot."""
    for unit, rule in sold.program.units.items():
        owed = sold.before.lots(unit).get(lots.OPEN, 0)
        coming = [one for one in sale_entries(sold.sale) if one.target == available(sold.before.handle)]
        after = book(sold.program, sold.before, coming, sold.day).lots(unit)
        if owed < 0 and after.get(lots.OPEN, 0) < 0 and not rule.extended:
            assert _rest(after) == _rest(sold.before.lots(unit))


def _rest(held_lots: Lots) -> dict[str, int]:
    return {lot: pieces for lot, pieces in held_lots.items() if lot != lots.OPEN and pieces}


def a_member_stands_as_high_as_was_earned(sold: Sold) -> None:
    """After a sale no lower than the balance reaches, and no lower than before but for a review that says so."""
    ladder = sold.program.tiers
    if ladder is None:
        assert sold.after.tier == ""
        return
    steps = [step.code for step in ladder.steps]
    reached = tier_of(sold.program, member_on(sold.after, sold.day).balances)
    assert reached is not None
    wanted = max(step.from_pieces for step in ladder.steps if step.from_pieces <= max(0, _standing(sold)))
    assert reached.from_pieces == wanted
    now, before = steps.index(sold.after.tier), steps.index(sold.before.tier)
    assert now >= steps.index(reached.code)
    if ladder.review == "never":
        assert now >= before
    if ladder.review == "always" and ladder.downgrade == "to_balance":
        assert now == steps.index(reached.code)


def _standing(sold: Sold) -> int:
    assert sold.program.tiers
    return member_on(sold.after, sold.day).balances.get(sold.program.tiers.unit, 0)


def everything_back(sale: Sale) -> tuple[ReturnedLine, ...]:
    """All lines of a sale, whole."""
    return tuple(ReturnedLine(line.id, line.quantity_milli) for line in sale.basket.lines)


def returned(sold: Sold, before: dict[str, int], lines: tuple[ReturnedLine, ...]) -> Reversal:
    """What a return of `lines` undoes, after `before` has come back."""
    found = reverse(sold.program, sold.sale, Back(before, lines, sold.day))
    assert isinstance(found, Reversal)
    return found


def all_returned_is_nothing_sold(sold: Sold) -> None:
    """Under the policies that give back, every balance is as it was: units, counters, visits, and the tier where it is always
    under review.

    What repaid an overdraft is spent: it comes back only where a balance may fall below nothing. A tier that stays until its review
    keeps what rising to it gave. A membership has terms of its own for the money.
    """
    owing = any(pieces < 0 for held_lots in sold.before.accounts.values() for pieces in held_lots.values())
    if owing and sold.program.policies.negative_balance != "allowed":
        return
    spent = spent_lots(sold.after.posted)
    after = after_return(sold.program, sold.after, returned(sold, {}, everything_back(sold.sale)), sold.day, spent)
    if after.tier != sold.before.tier and any(award.on == "tier_up" for award in sold.program.awards.values()):
        assert sold.program.tiers
        assert (sold.program.tiers.review, sold.program.tiers.downgrade) != ("always", "to_balance")
        return
    assert _sums(after, sold.day) == _sums(sold.before, sold.day)
    assert after.visits == sold.before.visits
    products = {plan.product for plan in sold.program.plans.values()}
    if not any(line.product in products for line in sold.sale.basket.lines):
        assert after.spent_minor == sold.before.spent_minor
    ladder = sold.program.tiers
    if ladder and ladder.review == "always" and ladder.downgrade == "to_balance":
        assert after.tier == sold.before.tier


def _sums(standing: Standing, day: str) -> dict[str, int]:
    """What a member has and what is counted; but for what says that whoever brought them was given something, who keeps it."""
    have = member_on(standing, day).balances
    return {unit: pieces for unit, pieces in have.items() if pieces and not unit.startswith("given/")}


def returns_in_parts_are_one_return(sold: Sold) -> None:
    """Piece by piece or gram by gram, in any number of visits: the same pieces, money and uses as all at once."""
    parts: list[Reversal] = []
    before: dict[str, int] = {}
    for place, line in enumerate(sold.sale.basket.lines):
        half = line.quantity_milli // (2 + place % 2)
        for quantity in (half, line.quantity_milli - half):
            if quantity:
                parts.append(returned(sold, before, (ReturnedLine(line.id, quantity),)))
                before[line.id] = before.get(line.id, 0) + quantity
    whole = returned(sold, {}, everything_back(sold.sale))
    sums = [Counter[str](), Counter[str](), Counter[str]()]
    for one in parts:
        for total, some in zip(sums, (one.taken_back, one.given_back, one.uses), strict=True):
            total.update(some)
    assert [dict(one) for one in sums] == [whole.taken_back, whole.given_back, whole.uses]
    assert sum(one.refund_minor for one in parts) == whole.refund_minor
    assert [one.whole for one in parts] == [False] * (len(parts) - 1) + [True]


def partners_get_back_what_they_owed(sold: Sold) -> None:
    """A partner owes just what its rules took off and paid; all of it comes back with the goods, in parts or not; a gift stays."""
    program, sale = sold.program, sold.sale
    whose = {code: rule.partner for some in (program.promotions, program.rewards) for code, rule in some.items()}
    owed = Counter[tuple[str, str]]()
    for discount in sale.discounts:
        owed[whose[discount.rule], discount.rule] += sum(discount.by_line)
    for tender in sale.extras.tenders:
        owed[whose[tender.rule], tender.rule] += tender.amount_minor
    theirs = {key: amount for key, amount in owed.items() if key[0] and amount}
    assert _money(costs(program, sale)) == theirs
    handed = [(one.rule, one.product, one.pieces) for one in sale.extras.gifts if whose[one.rule]]
    gifts = [(one.rule, one.what, one.amount) for one in costs(program, sale) if one.kind == "gift"]
    assert sorted(gifts) == sorted(handed)
    before: dict[str, int] = {}
    parts: list[Cost] = []
    for line in sale.basket.lines:
        for quantity in (line.quantity_milli // 3, line.quantity_milli - line.quantity_milli // 3):
            if quantity:
                parts += costs_back(program, sale, Back(before, (ReturnedLine(line.id, quantity),), sold.day))
                before = {**before, line.id: before.get(line.id, 0) + quantity}
    whole = costs_back(program, sale, Back({}, everything_back(sale), sold.day))
    assert _money(parts) == _money(whole)
    donated = sale.extras.donated_minor if sale.extras.tenders else 0  # what units have paid of it stays given
    assert 0 <= sum(theirs.values()) - sum(_money(whole).values()) <= donated
    assert all(amount <= theirs[key] for key, amount in _money(whole).items())
    assert {one.kind for one in parts} <= {"discount"}


def _money(found: Iterable[Cost]) -> dict[tuple[str, str], int]:
    """What partners owe in money, by partner and rule."""
    sums = Counter[tuple[str, str]]()
    for one in found:
        assert one.amount > 0
        if one.kind == "discount":
            sums[one.partner, one.rule] += one.amount
    return dict(sums)


def no_more_comes_back_than_was_sold(sold: Sold) -> None:
    """A return takes back no more than was earned, gives back no more than was spent, refunds no more than was paid."""
    whole = returned(sold, {}, everything_back(sold.sale))
    policies = sold.program.policies
    earned, spent = Counter[str](), Counter[str]()
    for one in sold.sale.accruals:
        earned[one.unit] += one.pieces
    for one in sold.sale.redemptions:
        if policies.give_back_spent or counters.is_counter(one.unit):
            spent[one.unit] += one.pieces
    assert whole.taken_back == dict(earned)
    assert whole.given_back == dict(spent)
    assert whole.refund_minor <= max(0, sold.sale.total_minor - sold.sale.extras.paid_minor)
    first = sold.sale.basket.lines[0]
    some = returned(sold, {}, (ReturnedLine(first.id, 1),))
    entries = return_entries(sold.before.handle, some)
    assert all(entry.pieces <= whole.taken_back.get(entry.unit, 0) + whole.given_back.get(entry.unit, 0) for entry in entries)
