"""Taxes of a checkout: several rates in one basket, every discount split over them exactly, prices with or without tax."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal, NamedTuple

from loyalty.basket import Line
from loyalty.bill import without_tax
from loyalty.money import WHOLE_BP, Minor, half_up, split

RoundedPer = Literal["line", "rate"]


class RateSum(NamedTuple):
    """All that was sold at one tax rate: the gross amount, what was taken off it, and the net and the tax of the rest.

    Deposits and fixed levies bear no tax: gross_minor - off_minor = net_minor + tax_minor + levy_minor.
    """

    tax_bp: int
    gross_minor: Minor
    off_minor: Minor
    net_minor: Minor
    tax_minor: Minor
    levy_minor: Minor = 0


def by_rate(lines: Sequence[Line], nets: Sequence[Minor], per: RoundedPer) -> tuple[RateSum, ...]:
    """The rates of a basket, the lowest first. `nets` is what is to be paid for each line, tax included.

    Net, tax and levies of a rate add up to what is paid at it; the tax is rounded once for the rate, or line by line.
    """
    sums = []
    for rate in sorted({line.tax_bp for line in lines}):
        places = [place for place, line in enumerate(lines) if line.tax_bp == rate]
        gross = sum(lines[place].amount_minor for place in places)
        paid = sum(nets[place] for place in places)
        levy = sum(lines[place].levy_minor for place in places)
        taxed = [nets[place] - lines[place].levy_minor for place in places]
        net = sum(without_tax(amount, rate) for amount in taxed) if per == "line" else without_tax(sum(taxed), rate)
        sums.append(RateSum(rate, gross, gross - paid, net, paid - levy - net, levy))
    return tuple(sums)


def with_tax(lines: Sequence[Line], per: RoundedPer) -> tuple[Line, ...]:
    """`lines` priced without tax as they are to be paid, tax included; a levy stays as it is.

    Rounded line by line; or once for each rate, and the lines share the tax by their amounts, so that it is exact in sum.
    """
    taxes = [0] * len(lines)
    for rate in {line.tax_bp for line in lines}:
        places = [place for place, line in enumerate(lines) if line.tax_bp == rate]
        bases = [lines[place].amount_minor - lines[place].levy_minor for place in places]
        if per == "line" or min(bases) < 0:
            shares = tuple(_tax(base, rate) for base in bases)
        else:
            shares = split(_tax(sum(bases), rate), bases) if any(bases) else (0,) * len(bases)
        for place, share in zip(places, shares, strict=True):
            taxes[place] = share
    return tuple(
        replace(line, amount_minor=line.amount_minor + tax, floor_minor=line.floor_minor + _tax(line.floor_minor, line.tax_bp))
        for line, tax in zip(lines, taxes, strict=True)
    )


def _tax(amount: Minor, rate: int) -> Minor:
    return -_tax(-amount, rate) if amount < 0 else half_up(amount * rate, WHOLE_BP)
