"""What each way of earning earns, and by what the lines share it."""

import pytest

from loyalty.accruals import ACCRUALS
from loyalty.accruals.earning import Basis, Earned
from loyalty.accruals.multiply import Multiply
from loyalty.accruals.per_money import PerMoney
from loyalty.accruals.per_piece import PerPiece
from loyalty.accruals.per_sale import PerSale
from tests.bills import goods

LINES = (goods("a", 1050, 2), goods("b", 990, 3), goods("c", 0), goods("d", -500), goods("e", 700, quantity_milli=1750))
AMOUNTS = (1050, 990, 0, 0, 700)
PIECES = (2, 3, 1, 0, 1)


def earn(settings, places=(0, 1, 2, 3, 4), **changes):
    """What the lines at `places` earn."""
    (way,) = [way for way in ACCRUALS.values() if way.settings is type(settings)]
    basis = Basis(LINES, places, AMOUNTS, PIECES, 100, "down", per_line=False, rest=0, earned={})
    return way.earn(settings, basis._replace(**changes))


@pytest.mark.parametrize(
    ("settings", "changes", "earned"),
    [
        (PerMoney(100), {}, Earned(27, AMOUNTS)),
        (PerMoney(100, give=3), {}, Earned(82, AMOUNTS)),
        (PerMoney(100), {"rounding": "up"}, Earned(28, AMOUNTS)),
        (PerMoney(100), {"percent": 150}, Earned(41, AMOUNTS)),
        (PerMoney(100, by_tier=False), {"percent": 150}, Earned(27, AMOUNTS)),
        (PerMoney(100, give=100, by_tier=False), {"percent": 150}, Earned(2740, AMOUNTS)),
        (PerMoney(100), {"places": (0, 4)}, Earned(17, (1050, 0, 0, 0, 700))),
        (PerMoney(100), {"places": ()}, Earned(0, (0, 0, 0, 0, 0))),
        (PerMoney(100), {"per_line": True}, Earned(26, (10, 9, 0, 0, 7))),
        (PerMoney(100, give=2), {"per_line": True, "percent": 150}, Earned(81, (31, 29, 0, 0, 21))),
        (PerMoney(100), {"per_line": True, "rounding": "up"}, Earned(28, (11, 10, 0, 0, 7))),
        (PerMoney(100), {"per_line": True, "places": (1, 4)}, Earned(16, (0, 9, 0, 0, 7))),
        (PerMoney(1000, give=5, whole_steps=True), {}, Earned(10, AMOUNTS)),
        (PerMoney(1000, give=5, whole_steps=True), {"percent": 150}, Earned(15, AMOUNTS)),
        (PerMoney(1000, give=5, whole_steps=True), {"per_line": True, "rounding": "up"}, Earned(10, AMOUNTS)),
        (PerMoney(1000, give=1, whole_steps=True), {"percent": 150, "places": (0,)}, Earned(1, (1050, 0, 0, 0, 0))),
        (PerMoney(1000, give=5, carry=True), {}, Earned(10, AMOUNTS, 740)),
        (PerMoney(1000, give=5, carry=True), {"rest": 260}, Earned(15, AMOUNTS, 0)),
        (PerMoney(1000, give=5, carry=True), {"rest": 259, "per_line": True}, Earned(10, AMOUNTS, 999)),
        (PerMoney(1000, give=5, carry=True), {"rest": 260, "percent": 150}, Earned(22, AMOUNTS, 0)),
        (PerMoney(1000, give=5, carry=True), {"rest": 1000, "places": (2, 3)}, Earned(5, (0, 0, 1, 1, 0), 0)),
    ],
)
def test_per_money(settings, changes, earned):
    """So many for every so much, rounded once for the basket or line by line, in whole steps, or with the rest carried over."""
    assert earn(settings, **changes) == earned


@pytest.mark.parametrize(
    ("settings", "changes", "earned"),
    [
        (PerPiece(), {}, Earned(7, PIECES)),
        (PerPiece(give=2, every=3), {}, Earned(4, PIECES)),
        (PerPiece(give=2, every=3), {"places": (0, 1)}, Earned(2, (2, 3, 0, 0, 0))),
        (PerPiece(give=3), {"percent": 150}, Earned(21, PIECES)),
        (PerPiece(give=100), {"percent": 150}, Earned(700, PIECES)),
        (PerPiece(give=3, by_tier=True), {"percent": 150}, Earned(31, PIECES)),
        (PerPiece(weighed=True), {}, Earned(7, (2000, 3000, 1000, 0, 1750))),
        (PerPiece(give=5, every=2, weighed=True), {}, Earned(15, (2000, 3000, 1000, 0, 1750))),
        (PerPiece(weighed=True), {"places": (4,)}, Earned(1, (0, 0, 0, 0, 1750))),
        (PerPiece(weighed=True, give=3, by_tier=True), {"places": (4,), "percent": 150}, Earned(4, (0, 0, 0, 0, 1750))),
    ],
)
def test_per_piece(settings, changes, earned):
    """Full steps over all the goods together; what was brought back counts nothing."""
    assert earn(settings, **changes) == earned


@pytest.mark.parametrize(
    ("settings", "changes", "earned"),
    [
        (PerSale(), {}, Earned(1, AMOUNTS)),
        (PerSale(give=100), {"percent": 150}, Earned(100, AMOUNTS)),
        (PerSale(give=3, by_tier=True), {"percent": 150}, Earned(4, AMOUNTS)),
        (PerSale(give=3), {"places": (1,)}, Earned(3, (0, 990, 0, 0, 0))),
        (PerSale(give=3), {"places": (2, 3)}, Earned(3, (0, 0, 1, 0, 0))),
        (PerSale(give=3), {"places": (3,)}, Earned(0, (0, 0, 0, 0, 0))),
        (PerSale(give=3), {"places": ()}, Earned(0, (0, 0, 0, 0, 0))),
    ],
)
def test_per_sale(settings, changes, earned):
    """Once for the checkout, if any of the goods is bought; goods for nothing are."""
    assert earn(settings, **changes) == earned


EARNED = {"x": Earned(30, (2, 1, 0, 0, 0)), "y": Earned(10, (0, 1, 0, 0, 1)), "none": Earned(0, (5, 5, 5, 5, 5))}
EARNED["one"] = Earned(7, (1, 0, 0, 0, 0))


@pytest.mark.parametrize(
    ("settings", "changes", "earned"),
    [
        (Multiply(("x",)), {}, Earned(30, (2, 1, 0, 0, 0))),
        (Multiply(("x",), 5000), {}, Earned(15, (2, 1, 0, 0, 0))),
        (Multiply(("x",)), {"places": (0,)}, Earned(20, (2, 0, 0, 0, 0))),
        (Multiply(("x",)), {"places": (2, 3)}, Earned(0, (0, 0, 0, 0, 0))),
        (Multiply(("x", "y")), {}, Earned(40, (2, 2, 0, 0, 1))),
        (Multiply(("y", "gone", "none", "x")), {"places": (1,)}, Earned(15, (0, 2, 0, 0, 0))),
        (Multiply(("one",)), {}, Earned(7, (1, 0, 0, 0, 0))),
        (Multiply(("none",)), {}, Earned(0, (0, 0, 0, 0, 0))),
        (Multiply(("gone",)), {}, Earned(0, (0, 0, 0, 0, 0))),
        (Multiply(("y",), 5500), {}, Earned(5, (0, 1, 0, 0, 1))),
        (Multiply(("y",), 5500), {"rounding": "half_up"}, Earned(6, (0, 1, 0, 0, 1))),
        (Multiply(("x", "y"), 5500), {"rounding": "half_up"}, Earned(23, (2, 2, 0, 0, 1))),
        (Multiply(("x",)), {"percent": 300}, Earned(30, (2, 1, 0, 0, 0))),
    ],
)
def test_multiply(settings, changes, earned):
    """More of what others have earned, as far as it lies on the rule's goods; the tier does not multiply it once more."""
    assert earn(settings, earned=EARNED, **changes) == earned


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (PerMoney(1), True),
        (PerMoney(1, by_tier=False), False),
        (PerPiece(), False),
        (PerPiece(by_tier=True), True),
        (PerSale(), False),
        (PerSale(by_tier=True), True),
        (Multiply(("x",)), False),
    ],
)
def test_the_trace_knows_what_a_tier_multiplies(settings, told):
    """As the settings say."""
    (way,) = [way for way in ACCRUALS.values() if way.settings is type(settings)]
    assert way.by_tier(settings) is told
