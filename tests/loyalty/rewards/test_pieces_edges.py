"""Rewards that count pieces, and those that take nothing off: gifts, paying with units, giving to a cause."""

import pytest

from loyalty.goods import ALL, Goods
from loyalty.refusal import Refusal
from loyalty.rewards import REWARDS, bundle, donate, free_pieces, gift, pay
from loyalty.rewards.amount_off import AmountOff
from loyalty.rewards.bundle import Bundle, Slot
from loyalty.rewards.donate import Donate, RoundUp
from loyalty.rewards.free_pieces import FreePieces
from loyalty.rewards.gift import Gift
from loyalty.rewards.giving import TIMES_MAX, Given
from loyalty.rewards.pay import Pay
from loyalty.rewards.percent_off import PercentOff
from loyalty.rewards.pieces import Shelf, ordered
from tests.bills import checkout, goods, target

SHELF = (goods("a", 900, 3), goods("b", 200), goods("c", 600, 2))  # pieces of 3.00, 2.00 and 3.00
A, B, C, D = (Goods(products=(product,)) for product in "abcd")


def missing(pieces):
    """So many pieces of the goods are missing."""
    return Refusal("goods_missing", {"missing": pieces})


@pytest.mark.parametrize(
    ("piece", "policies", "order"),
    [
        ("cheapest", {}, [1, 0, 2]),
        ("dearest", {}, [0, 2, 1]),
        ("first", {}, [0, 1, 2]),
        ("", {}, [1, 0, 2]),
        ("", {"pick": "dearest"}, [0, 2, 1]),
        ("", {"pick": "first"}, [0, 1, 2]),
        ("cheapest", {"pick": "first"}, [1, 0, 2]),
    ],
)
def test_which_piece_first(piece, policies, order):
    """By the price of one piece; between equals the till's order; as the policies say where the rule does not."""
    assert ordered(checkout(*SHELF, rules=policies), (0, 1, 2), piece) == order


def test_a_shelf_gives_what_is_free():
    """Those in front first; and nothing at all where there are not enough."""
    bill = checkout(*SHELF)
    bill.use(0, 1)
    shelf = Shelf(bill)
    assert shelf.pieces((0, 1, 2)) == 5
    assert shelf.take([0, 1, 2], 6) is None
    assert shelf.take([0, 1], 4) is None
    assert shelf.take([2, 0, 1], 3) == [(2, 2), (0, 1)]
    assert (shelf.pieces((0, 1, 2)), shelf.pieces((2,))) == (2, 0)
    assert shelf.take([2, 0, 1], 2) == [(0, 1), (1, 1)]
    assert shelf.take([0, 1, 2], 0) == []
    assert shelf.take([0, 1, 2], 1) is None
    assert bill.free == [2, 1, 2]


@pytest.mark.parametrize(
    ("settings", "bought", "room"),
    [
        (FreePieces(2), (goods("a", 900, 3),), 1),
        (FreePieces(2), (goods("a", 900, 2),), missing(1)),
        (FreePieces(2), (goods("a", 900, 1),), missing(2)),
        (FreePieces(2), (goods("a", 900, 6),), 2),
        (FreePieces(2), (goods("a", 900, 8),), 2),
        (FreePieces(2, get=2), (goods("a", 900, 3),), missing(1)),
        (FreePieces(2, get=2, partial=True), (goods("a", 900, 3),), 1),
        (FreePieces(2, get=2, partial=True), (goods("a", 900, 2),), missing(2)),
        (FreePieces(2, get=2, partial=True), (goods("a", 900, 7),), 2),
        (FreePieces(2, free_piece="extra"), (goods("a", 900, 2),), 1),
        (FreePieces(2, free_piece="extra"), (goods("a", 900, 5),), 2),
        (FreePieces(2, free_piece="extra"), (goods("a", 900, 1),), missing(1)),
        (FreePieces(0, free_piece="extra"), (goods("a", 900, 3),), TIMES_MAX),
        (FreePieces(0, goods=ALL), (goods("a", 900, 3),), 3),
        (FreePieces(1), (goods("a", 10_000, 5000),), TIMES_MAX),
        (FreePieces(1, free_piece="extra"), (goods("a", 10_000, 5000),), TIMES_MAX),
        (FreePieces(1), (goods("a", 0, 2),), missing(2)),
    ],
)
def test_room_for_pieces(settings, bought, room):
    """How often the pieces make it, or how many are missing."""
    bill = checkout(*bought)
    assert free_pieces.room(settings, bill, target(bill)) == room


@pytest.mark.parametrize(
    ("settings", "times", "places", "given"),
    [
        (FreePieces(2), 1, (0,), Given(((0, 300),), ((0, 3),), ((0, 1),))),
        (FreePieces(2), 1, (0, 1, 2), Given(((1, 200),), ((0, 2), (1, 1)), ((1, 1),))),
        (FreePieces(2), 2, (0, 1, 2), Given(((0, 300), (1, 200)), ((0, 3), (1, 1), (2, 2)), ((0, 1), (1, 1)))),
        (FreePieces(2, only="dearest"), 1, (0, 1, 2), Given(((0, 300),), ((0, 2), (1, 1)), ((0, 1),))),
        (FreePieces(2, only="first"), 1, (0, 1, 2), Given(((0, 300),), ((0, 3),), ((0, 1),))),
        (FreePieces(2, percent=5000), 1, (0, 1, 2), Given(((1, 100),), ((0, 2), (1, 1)))),
        (FreePieces(1, goods=B), 1, (0,), Given(((1, 200),), ((0, 1), (1, 1)), ((1, 1),))),
        (FreePieces(1, goods=B), 2, (0,), Given(((1, 200),), ((0, 1), (1, 1)), ((1, 1),))),
        (FreePieces(0, goods=B), 1, (0,), Given(((1, 200),), ((1, 1),), ((1, 1),))),
        (FreePieces(3, get=2), 1, (0, 2), Given(((0, 600),), ((0, 3), (2, 2)), ((0, 2),))),
        (FreePieces(4, get=2, partial=True), 1, (0, 2), Given(((0, 300),), ((0, 3), (2, 2)), ((0, 1),))),
        (FreePieces(2, goods=C), 1, (0, 2), Given(((2, 300),), ((0, 2), (2, 1)), ((2, 1),))),
        (FreePieces(2, free_piece="extra"), 1, (0,), Given(used=((0, 2),), gifts=(("a", 1),))),
        (FreePieces(1, get=2, free_piece="extra"), 3, (0,), Given(used=((0, 3),), gifts=(("a", 6),))),
        (FreePieces(1, goods=D, free_piece="extra"), 2, (0,), Given(used=((0, 2),), gifts=(("d", 2),))),
        (FreePieces(0, goods=D, free_piece="extra"), 1, (0,), Given(gifts=(("d", 1),))),
        (FreePieces(0, goods=Goods(products=("d", "e")), free_piece="extra"), 1, (0,), Given(gifts=(("d", 1),))),
        (FreePieces(0, goods=C), 2, (0,), Given(((2, 600),), ((2, 2),), ((2, 2),))),
    ],
)
def test_pieces_given(settings, times, places, given):
    """Which are used up, which cost nothing any more, what comes off, and what is handed over."""
    bill = checkout(*SHELF)
    assert free_pieces.give(settings, times, bill, target(bill, *places)) == given


def test_extra_pieces_by_the_policy():
    """Unless the rule says that they are in the basket."""
    bill = checkout(goods("a", 900, 3), rules={"free_piece": "extra"})
    assert free_pieces.room(FreePieces(3), bill, target(bill)) == 1
    assert free_pieces.give(FreePieces(3), 1, bill, target(bill)).gifts == (("a", 1),)
    assert free_pieces.room(FreePieces(3, free_piece="in_basket"), bill, target(bill)) == missing(1)


def test_missing_pieces_of_other_goods():
    """What is to be given is not among what is to be bought."""
    bill = checkout(goods("a", 900, 3), goods("b", 100))
    assert free_pieces.room(FreePieces(4, goods=B), bill, target(bill, 0)) == missing(1)
    assert free_pieces.room(FreePieces(2, goods=D), bill, target(bill, 0)) == missing(1)


def test_pieces_are_rounded_and_bounded():
    """As the policies say, within what may come off the line and the rule's own bound."""
    half_up, down = (checkout(goods("a", 303, 3), rules={"percent_rounding": way}) for way in ("half_up", "down"))
    halves = FreePieces(2, percent=5000)
    assert free_pieces.give(halves, 1, half_up, target(half_up)).offs == ((0, 51),)
    assert free_pieces.give(halves, 1, down, target(down)).offs == ((0, 50),)
    assert free_pieces.give(FreePieces(2), 1, down, target(down, most=60)).offs == ((0, 60),)
    low = checkout(goods("a", 900, 3, floor_minor=800))
    assert free_pieces.give(FreePieces(2), 1, low, target(low)).offs == ((0, 100),)
    for remainder, off in (("last", ((0, 50), (1, 51))), ("largest", ((0, 51), (1, 50)))):
        two = checkout(goods("a", 100), goods("b", 100), goods("c", 900, 4), rules={"remainder": remainder})
        assert free_pieces.give(FreePieces(2), 2, two, target(two, most=101)).offs == off


def test_only_what_can_get_cheaper_is_given():
    """Be it an agora; what may not be discounted can still be bought."""
    bill = checkout(goods("a", 1), goods("b", 900, 2))
    assert free_pieces.give(FreePieces(2), 1, bill, target(bill)).free == ((0, 1),)
    bill = checkout(goods("a", 100, discountable=False), goods("b", 800, 2))
    assert free_pieces.give(FreePieces(2), 1, bill, target(bill)) == Given(((1, 400),), ((0, 1), (1, 2)), ((1, 1),))


def test_what_is_used_makes_no_other():
    """Pieces of an earlier quantity reward are not on the shelf."""
    bill = checkout(goods("a", 900, 5))
    bill.use(0, 3)
    assert free_pieces.room(FreePieces(2), bill, target(bill)) == missing(1)
    assert bundle.room(Bundle(quantity=3, price=100), bill, target(bill)) == missing(1)


@pytest.mark.parametrize(
    ("settings", "room"),
    [
        (Bundle(quantity=3, price=799), 2),
        (Bundle(quantity=3, price=800), 1),
        (Bundle(quantity=6, price=800), 1),
        (Bundle(quantity=7, price=800), missing(1)),
        (Bundle(quantity=3, price=900), missing(1)),
        (Bundle(quantity=2, percent=1000), 3),
        (Bundle(quantity=2, amount=10), 3),
        (Bundle(slots=(Slot(A), Slot(B)), price=400), 1),
        (Bundle(slots=(Slot(A, 2), Slot(C)), price=400), 1),
        (Bundle(slots=(Slot(A), Slot(C)), price=400), 2),
        (Bundle(slots=(Slot(A), Slot(D)), price=400), missing(1)),
        (Bundle(slots=(Slot(A, 5), Slot(B, 3)), price=400), missing(4)),
        (Bundle(slots=(Slot(A, 3), Slot(B, 2)), price=400), missing(1)),
    ],
)
def test_room_for_bundles(settings, room):
    """How often the pieces make it and it is worth something."""
    bill = checkout(*SHELF)
    assert bundle.room(settings, bill, target(bill)) == room


def test_bundles_are_bounded():
    """A wholesaler's trolley."""
    bill = checkout(goods("a", 100_000, 5000))
    assert bundle.room(Bundle(quantity=2, price=1), bill, target(bill)) == TIMES_MAX


@pytest.mark.parametrize(
    ("settings", "times", "given"),
    [
        (Bundle(quantity=3, price=600), 1, Given(((0, 300),), ((0, 3),))),
        (Bundle(quantity=4, price=600), 1, Given(((0, 450), (2, 150)), ((0, 3), (2, 1)))),
        (Bundle(quantity=3, price=600), 2, Given(((0, 300), (1, 50), (2, 150)), ((0, 3), (1, 1), (2, 2)))),
        (Bundle(quantity=3, price=600, only="cheapest"), 1, Given(((0, 150), (1, 50)), ((0, 2), (1, 1)))),
        (Bundle(quantity=3, percent=1000), 1, Given(((0, 90),), ((0, 3),))),
        (Bundle(quantity=3, amount=100), 1, Given(((0, 100),), ((0, 3),))),
        (Bundle(quantity=3, amount=5000), 1, Given(((0, 900),), ((0, 3),))),
        (Bundle(slots=(Slot(B), Slot(C, 2)), price=400), 1, Given(((1, 100), (2, 300)), ((1, 1), (2, 2)))),
        (
            Bundle(slots=(Slot(Goods(products=("b", "a"))), Slot(C)), price=400),
            1,
            Given(((0, 100), (2, 100)), ((0, 1), (2, 1))),
        ),
        (Bundle(slots=(Slot(A), Slot(A)), price=400), 1, Given(((0, 200),), ((0, 2),))),
    ],
)
def test_bundles_given(settings, times, given):
    """What the pieces together are cheaper by, shared by what they cost; the dearest go first unless the rule says otherwise."""
    bill = checkout(*SHELF)
    assert bundle.give(settings, times, bill, target(bill)) == given


def test_bundles_are_rounded_shared_and_bounded():
    """As the policies say."""
    for way, off in (("half_up", 2), ("half_even", 2), ("down", 1)):
        bill = checkout(goods("a", 15), rules={"percent_rounding": way})
        assert bundle.give(Bundle(quantity=1, percent=1000), 1, bill, target(bill)).offs == ((0, off),)
    for remainder, off in (("last", ((0, 33), (1, 33), (2, 34))), ("largest", ((0, 34), (1, 33), (2, 33)))):
        bill = checkout(100, 100, 100, rules={"remainder": remainder})
        assert bundle.give(Bundle(quantity=3, price=200), 1, bill, target(bill)).offs == off
        assert bundle.give(Bundle(quantity=3, price=0), 1, bill, target(bill, most=100)).offs == off
    low = checkout(goods("a", 1000, floor_minor=900), goods("b", 1000))
    assert bundle.give(Bundle(quantity=2, price=1500), 1, low, target(low)).offs == ((0, 45), (1, 455))


def test_a_second_bundle_has_what_the_first_left():
    """Of a line that may not get cheaper than its lowest price."""
    bill = checkout(goods("a", 1200, 4, floor_minor=700), goods("b", 1200, 4))
    twos = Bundle(slots=(Slot(A, 2), Slot(B, 2)), price=800)
    assert bundle.give(twos, 2, bill, target(bill)).offs == ((0, 321), (1, 479))


@pytest.mark.parametrize(
    ("settings", "room"), [(Gift("mug"), 1), (Gift("mug", times_max=5), 5), (Gift("mug", times_max=5000), TIMES_MAX)]
)
def test_room_for_a_gift(settings, room):
    """Any basket has it."""
    bill = checkout(1)
    assert gift.room(settings, bill, target(bill)) == room


def test_a_gift():
    """Handed over beside the basket."""
    bill = checkout(1)
    assert gift.give(Gift("mug", pieces=2), 3, bill, target(bill)) == Given(gifts=(("mug", 6),))


@pytest.mark.parametrize(
    ("settings", "paid", "donated", "aim", "room"),
    [
        (Pay(), 0, 0, {}, 1000),
        (Pay(), 300, 0, {}, 700),
        (Pay(), 1000, 0, {}, Refusal("nothing_left")),
        (Pay(), 0, 50, {}, 1050),
        (Pay(10), 0, 5, {}, 100),
        (Pay(1000), 0, 0, {}, 1),
        (Pay(1001), 0, 0, {}, Refusal("nothing_left")),
        (Pay(percent_max=5000), 0, 0, {}, 500),
        (Pay(percent_max=5000), 200, 0, {}, 300),
        (Pay(percent_max=5000), 500, 0, {}, Refusal("nothing_left")),
        (Pay(percent_max=20_000), 400, 0, {}, 600),
        (Pay(10), 0, 0, {"most": 99}, 9),
        (Pay(10), 0, 0, {"most": 9}, Refusal("nothing_left")),
    ],
)
def test_room_to_pay(settings, paid, donated, aim, room):
    """Up to what is left to pay, and to the rule's share of the whole."""
    bill = checkout(1000)
    bill.paid, bill.donated = paid, donated
    assert pay.room(settings, bill, target(bill, **aim)) == room


def test_a_share_to_pay_is_whole():
    """Rounded down to the minor unit."""
    bill = checkout(999)
    room = pay.room(Pay(percent_max=3333), bill, target(bill))
    assert (room, type(room)) == (332, int)


def test_paying():
    """Each time its worth; nothing comes off the lines."""
    bill = checkout(1000)
    assert pay.give(Pay(10), 7, bill, target(bill)) == Given(paid_minor=70)


def test_giving_units_to_a_cause():
    """As many as the member has; the till sees nothing of it."""
    bill = checkout(1000)
    assert donate.room_to_donate(Donate("trees"), bill, target(bill)) == TIMES_MAX
    assert donate.donate(Donate("trees"), 5, bill, target(bill)) == Given(cause="trees")


@pytest.mark.parametrize(("total", "to", "donated"), [(1234, 100, 66), (1234, 500, 266), (1, 100, 99), (1299, 100, 1)])
def test_rounding_up(total, to, donated):
    """To the next multiple; the difference is paid beside the goods."""
    bill = checkout(total)
    assert donate.room_to_round_up(RoundUp(to, "trees"), bill, target(bill)) == 1
    assert donate.round_up(RoundUp(to, "trees"), 1, bill, target(bill)) == Given(donated_minor=donated, cause="trees")


def test_nothing_to_round_up():
    """A whole amount stays."""
    bill = checkout(1200)
    assert donate.room_to_round_up(RoundUp(100, "trees"), bill, target(bill)) == Refusal("nothing_to_round")


def test_every_type_has_its_row():
    """The settings that a clerk writes lead to it."""
    assert {row.settings for row in REWARDS.values()} >= {FreePieces, Bundle, Gift, Pay, Donate, RoundUp}
    assert [name for name, row in REWARDS.items() if row.repeats] == ["free_pieces", "bundle"]
    assert [name for name, row in REWARDS.items() if row.tender] == ["pay"]
    assert [name for name, row in REWARDS.items() if row.free_of_units] == ["round_up"]


def test_what_is_a_discount_on_the_whole_basket():
    """An amount or a share, but neither by the piece, and no other type."""
    wide = {
        AmountOff(1): True,
        AmountOff(1, each_piece=True): False,
        PercentOff(1): True,
        PercentOff(1, only="cheapest"): False,
        FreePieces(1): False,
        Bundle(1): False,
        Gift("mug"): False,
        Pay(): False,
        Donate("trees"): False,
        RoundUp(1, "trees"): False,
    }
    found = {
        settings: row.order_wide(settings) for settings in wide for row in REWARDS.values() if row.settings is type(settings)
    }
    assert found == wide
