"""Taxes of a checkout."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.tax import RateSum, by_rate, with_tax
from tests.bills import goods

amounts = st.integers(0, 10**6)
some_lines = st.lists(
    st.builds(lambda amount, rate: goods("a", amount, tax_bp=rate), amounts, st.sampled_from([0, 700, 1800])), min_size=1
)


def test_each_rate_has_its_sum():
    """The lowest first: gross, what came off, net, and the tax that is in what is paid."""
    lines = (goods("a", 1180, tax_bp=1800), goods("b", 500), goods("c", 590, tax_bp=1800))
    assert by_rate(lines, (1062, 450, 590), "rate") == (RateSum(0, 500, 50, 450, 0), RateSum(1800, 1770, 118, 1400, 252))


@pytest.mark.parametrize(("per", "net"), [("rate", 2), ("line", 3)])
def test_tax_is_rounded_once_or_line_by_line(per, net):
    """Three lines of one agora at 50 %."""
    lines = tuple(goods(name, 1, tax_bp=5000) for name in "abc")
    assert by_rate(lines, (1, 1, 1), per) == (RateSum(5000, 3, 0, net, 3 - net),)


@pytest.mark.parametrize("per", ["rate", "line"])
def test_a_levy_bears_no_tax(per):
    """100.00 with 15 % and a levy of 10.00, at half the price: 57.50 with tax, and the levy as it was."""
    lines = (goods("a", 12_500, tax_bp=1500, levy_minor=1000),)
    assert by_rate(lines, (6750,), per) == (RateSum(1500, 12_500, 5750, 5000, 750, 1000),)


@given(some_lines, st.data(), st.sampled_from(["line", "rate"]))
def test_net_and_tax_are_what_is_paid(lines, data, per):
    """For each rate and in all, whatever came off."""
    nets = [data.draw(st.integers(0, line.amount_minor)) for line in lines]
    sums = by_rate(lines, nets, per)
    assert [one.tax_bp for one in sums] == sorted({line.tax_bp for line in lines})
    assert sum(one.net_minor + one.tax_minor for one in sums) == sum(nets)
    assert all(one.gross_minor - one.off_minor == one.net_minor + one.tax_minor for one in sums)
    assert all(one.tax_minor >= 0 for one in sums)


@pytest.mark.parametrize(
    ("lines", "per", "amounts"),
    [
        ((goods("a", 100, tax_bp=1800), goods("b", 50)), "rate", (118, 50)),
        ((goods("a", 1, tax_bp=3000), goods("b", 1, tax_bp=3000)), "rate", (2, 1)),
        ((goods("a", 1, tax_bp=3000), goods("b", 1, tax_bp=3000)), "line", (1, 1)),
        ((goods("a", 0, tax_bp=3000), goods("b", 1, tax_bp=3000), goods("c", 1, tax_bp=3000)), "rate", (0, 2, 1)),
        ((goods("a", 100, tax_bp=1800, levy_minor=50),), "rate", (109,)),
        ((goods("a", 100, tax_bp=1800, levy_minor=100),), "rate", (100,)),
        ((goods("a", 0, tax_bp=1800), goods("b", 0, tax_bp=1800)), "rate", (0, 0)),
        ((goods("a", -100, tax_bp=1800), goods("b", 103, tax_bp=1800)), "rate", (-118, 122)),
        ((goods("a", 100, tax_bp=1800), goods("b", 100, tax_bp=900)), "rate", (118, 109)),
        ((goods("a", 5, tax_bp=1000), goods("b", -5, tax_bp=1000)), "line", (6, -6)),
    ],
)
def test_prices_without_tax(lines, per, amounts):
    """Line by line, or once for the rate; a correction has its tax too."""
    assert tuple(line.amount_minor for line in with_tax(lines, per)) == amounts


def test_a_lowest_price_gets_its_tax_too():
    """And nothing else of a line changes."""
    (line,) = with_tax((goods("a", 100, 3, tax_bp=1800, floor_minor=50, levy_minor=10),), "line")
    assert line == goods("a", 116, 3, tax_bp=1800, floor_minor=59, levy_minor=10)


@given(some_lines)
def test_the_tax_of_a_rate_is_exact_in_sum(lines):
    """Rounded once, then shared."""
    taxed = with_tax(lines, "rate")
    for rate in {line.tax_bp for line in lines}:
        base = sum(line.amount_minor for line in lines if line.tax_bp == rate)
        after = sum(line.amount_minor for line in taxed if line.tax_bp == rate)
        assert after - base == (2 * base * rate + 10_000) // 20_000
