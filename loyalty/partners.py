"""What partners owe for a sale, and what of that comes back with its goods.

A promotion or a reward that names a `partner` is that partner's cost: what it takes off the lines, and what units pay by it. What
it hands over beside the basket is counted, because no sale says what a gift costs. Pieces are the ledger's: they are issued from
the partner's account and go back there (loyalty/posting.py), so they are counted as they were posted.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, NamedTuple

from loyalty.ledger import Entry
from loyalty.money import Minor
from loyalty.posting import PARTNER
from loyalty.program import Program
from loyalty.refusal import Refusal
from loyalty.reverse import Back, paid_by_units, returned_shares
from loyalty.sale import Sale

Kind = Literal["discount", "gift", "units"]
"""What is counted: minor units of a currency, pieces of a product, pieces of a unit."""


class Cost(NamedTuple):
    """So much that `partner` owes or gets back: `amount` of `what`, which is a currency, a product or a unit, as `kind` says.

    `rule` is the promotion or the reward; pieces have none, because a ledger does not ask which rule moved them.
    """

    partner: str
    kind: Kind
    rule: str
    what: str
    amount: int


def costs(program: Program, sale: Sale, posted: Iterable[Entry] = ()) -> tuple[Cost, ...]:
    """What each partner owes for `sale` by the `program` stamped on it, and by the entries that it has `posted`.

    Of any other version of the program nobody knows whose cost a rule is: then only pieces are told.
    """
    sums = Counter[tuple[str, Kind, str, str]]()
    for partner, rule, whole, _ in _borne(program, sale):
        sums[partner, "discount", rule, sale.basket.currency] += whole
    for gift in sale.extras.gifts:
        sums[_partner(program, sale, gift.rule), "gift", gift.rule, gift.product] += gift.pieces
    return _told(sums, posted, 1)


def costs_back(program: Program, sale: Sale, back: Back, posted: Iterable[Entry] = ()) -> tuple[Cost, ...]:
    """What each partner gets back of that when `back`, which must not have been refused, comes back of `sale`.

    Of each line its share, rounded down over everything returned so far: so any number of returns of everything give back exactly
    what was owed. A gift stays given, and so does what units have paid of a donation.
    """
    shares = returned_shares(sale, back)
    assert not isinstance(shares, Refusal), shares
    sums = Counter[tuple[str, Kind, str, str]]()
    for partner, rule, _, by_line in _borne(program, sale):
        sums[partner, "discount", rule, sale.basket.currency] += sum(
            share.of(by_line[place]) for place, share in shares.items()
        )
    return _told(sums, posted, -1)


def _borne(program: Program, sale: Sale) -> Iterator[tuple[str, str, Minor, Sequence[Minor]]]:
    """What partners bear, by partner and rule: in all, and of each line."""
    for discount in sale.discounts:
        yield _partner(program, sale, discount.rule), discount.rule, sum(discount.by_line), discount.by_line
    for tender, by_line in zip(sale.extras.tenders, paid_by_units(sale), strict=True):
        yield _partner(program, sale, tender.rule), tender.rule, tender.amount_minor, by_line


def _partner(program: Program, sale: Sale, rule: str) -> str:
    """Whose cost a rule is; empty for the program's own."""
    if sale.program_hash != program.hash:
        return ""
    found = program.promotions.get(rule) or program.rewards.get(rule)
    return found.partner if found else ""


def _told(sums: Counter[tuple[str, Kind, str, str]], posted: Iterable[Entry], sign: int) -> tuple[Cost, ...]:
    """What is somebody's and is something. Pieces that only became younger went back and forth, and count for nothing."""
    for entry in posted:
        if entry.source.startswith(PARTNER):
            sums[entry.source.removeprefix(PARTNER), "units", "", entry.unit] += sign * entry.pieces
        elif entry.target.startswith(PARTNER):
            sums[entry.target.removeprefix(PARTNER), "units", "", entry.unit] -= sign * entry.pieces
    return tuple(Cost(*key, amount) for key, amount in sorted(sums.items()) if key[0] and amount)
