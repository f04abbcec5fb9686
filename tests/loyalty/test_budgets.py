"""Budgets among terminals that do not hear each other."""

from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from loyalty.budgets import Share, adopted, divided, put_back, raised, spent, whole
from loyalty.program import Limits, Policies, Pool, Prize, PromotionRule
from loyalty.quote import Use
from loyalty.rewards.amount_off import AmountOff
from loyalty.sale import Reversal
from tests.samples import basket, cafe, member, sold

NAMES = {"he": "מבצע"}


def limited(**limits):
    """A promotion with limits."""
    return PromotionRule("amount_off", NAMES, AmountOff(amount=100), limits=Limits(**limits))


def program(**policies):
    """Budgets of each kind, and a rule without one."""
    return cafe(
        promotions={"money": limited(budget_amount=500), "uses": limited(budget_uses=7), "free": limited(per_day=1)},
        pools={"lucky": Pool(NAMES, 10_000, 3, (Prize("point", 1),))},
        policies=Policies(**policies),
    )


def test_what_budgets_there_are():
    """Money, uses and prizes; a rule without one has none."""
    assert whole(program()) == {"money": 500, "uses": 7, "lucky": 3}
    assert whole(cafe()) == {}


def test_what_a_sale_spends():
    """Money of a budget that is money, else times; nothing of what has none, or is not known."""
    uses = [Use("money", 2, 150), Use("uses", 3, 99), Use("lucky", 1), Use("free", 1, 5), Use("gone", 1, 5)]
    assert spent(program(), uses) == {"money": 150, "uses": 3, "lucky": 1}


def test_what_a_return_puts_back():
    """All of it with the last of the sale, if the policies say so, but never a prize."""
    sale = sold(program(), member(), basket(3000))
    assert spent(program(), sale.extras.uses) == {"money": 100, "uses": 1}
    back = Reversal({}, {}, 0, whole=True)
    assert put_back(program(), sale, back) == {"money": 100, "uses": 1}
    assert put_back(program(), sale, Reversal({}, {}, 0)) == {}
    assert put_back(program(give_back_uses=False), sale, back) == {}


def test_equal_shares():
    """In whole pieces; what is over goes to the lowest, one each."""
    found = divided(11, {}, [5, 2, 9])
    assert {one: share.told for one, share in found.items()} == {2: 4, 5: 4, 9: 3}
    assert divided(5, {}, []) == {}


def test_what_is_left_is_divided_anew():
    """Who is new gets as much as the others, once they have let go of it."""
    before = {1: Share(10, 10, 8), 2: Share(10, 10, 0)}
    found = divided(20, before, [1, 2, 3])
    assert [share.target - share.used for share in found.values()] == [4, 4, 4]
    assert [share.told for share in found.values()] == [10, 4, 0]
    heard = raised(20, {**found, 2: adopted(found[2], 1)})
    assert [share.told for share in heard.values()] == [12, 4, 4]


def test_who_is_gone_keeps_what_may_be_given():
    """A terminal that nobody hears of any more may still be giving: its share is nobody else's."""
    found = divided(20, {1: Share(10, 10, 3), 2: Share(10, 10, 0)}, [2])
    assert found[1].told == 3
    assert found[1].ceiling == 10
    assert found[2].told == 10


@dataclass
class Terminal:
    """One that knows what it last heard, gives while it may, and says what it has given."""

    share: int = 0
    given: int = 0
    heard: int = 0
    mail: list = field(default_factory=list)


EVENT = st.tuples(st.sampled_from(["publish", "give", "give", "back", "hear", "ask"]), st.integers(0, 3), st.integers(0, 12))


@given(st.lists(EVENT, max_size=80), st.integers(0, 40))
@settings(max_examples=400)
def test_never_more_than_the_budget_is_given(events, budget):
    """However terminals sell, hear late and answer late, and however often it is published anew, with any of them enrolled."""
    terminals = [Terminal() for _ in range(4)]
    shares, known, version = {}, [0] * 4, 0
    for event, who, number in events:
        one = terminals[who]
        if event == "publish":
            version += 1
            at_office = {place: share._replace(used=known[place]) for place, share in shares.items()}
            shares = divided(budget, at_office, [place for place in range(4) if (number >> place) & 1])
        elif event == "give" and one.given < one.share:
            one.given += min(number, one.share - one.given)
        elif event == "back":
            one.given -= min(number, one.given)
        elif event == "hear" and who in shares:
            one.share, one.heard = shares[who].told, version
        elif event == "ask":
            one.mail.append((one.heard, one.given))
            heard, given_then = one.mail.pop(0) if number % 2 else one.mail[-1]
            known[who] = max(known[who], given_then)
            if heard == version and who in shares and shares[who].told < shares[who].ceiling:
                shares[who] = adopted(shares[who], given_then)
                shares = raised(budget, shares)
        assert sum(share.ceiling for share in shares.values()) <= budget
        assert all(terminals[place].given <= share.ceiling for place, share in shares.items())
        assert sum(one.given for one in terminals) <= budget
