"""An amount off several goods, when a later offer means only some of them: it counts on the others, as far as they bear it."""

from loyalty.bill import Bill
from loyalty.goods import Places
from loyalty.money import spread
from loyalty.rewards.giving import Offs


def moved(bill: Bill, offs: Offs, wanted: Places) -> Offs:
    """`offs` with as much of it as may be moved off the lines `wanted`, to its own other lines of the same tax rate.

    The sum stays, for each rate too, and the bill is told. It is how Odoo reckons (sale_loyalty, _discountable_specific), and never
    leaves the member with less: the later offer finds more to take off.
    """
    parts = dict(offs)
    mine = set(wanted)
    for rate in {bill.lines[place].tax_bp for place in parts if place in mine}:
        here = [place for place in parts if place in mine and bill.lines[place].tax_bp == rate]
        there = [place for place in parts if place not in mine and bill.lines[place].tax_bp == rate]
        rooms, have = [bill.room[place] for place in there], [parts[place] for place in here]
        move = min(sum(rooms), sum(have))
        if not move:
            continue
        for places, shares, sign in ((here, spread(move, have, have), -1), (there, spread(move, rooms, rooms), 1)):
            for place, share in zip(places, shares, strict=True):
                parts[place] += sign * share
                bill.left[place] -= sign * share
                bill.room[place] -= sign * share
    return tuple((place, off) for place, off in parts.items() if off)
