"""What the steps of a sequence mean in a program: domain values to play, or every mistake at once by its key path."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from loyalty.basket import Basket
from loyalty.moment import Place
from loyalty.program import Mistake, Program
from loyalty.standing import Standing
from posd.trial import goods, person, shape
from posd.trial.names import unknown

SPAN_DAYS_MAX = 7320  # twenty years: each day is looked at

KINDS = {"basket": "basket", "return": "return_", "void": "void", "exchange": "exchange", "join": "join"}
"""What a step may be, and the field that says so."""


class Sold(NamedTuple):
    """A basket as the file writes it, what is chosen, how it is paid."""

    basket: shape.Basket
    choose: Mapping[str, int | str]
    tenders: tuple[shape.Tender, ...]


@dataclass(frozen=True, slots=True)
class Selling:
    """A basket, where it is sold, what the member chooses (0: as often as may be), how it is paid (None: the rest)."""

    basket: Basket
    place: Place
    budget_left: Mapping[str, int] = field(default_factory=dict)
    choose: Mapping[str, int] = field(default_factory=dict)
    tenders: tuple[tuple[str, int | None], ...] = ()
    pool_key: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Returning:
    """Lines of sale `of` come back, so many thousandths each (None: all that is left); without lines all of them.

    Without a sale (`of` is 0) nothing is known of what it earned.
    """

    of: int
    lines: tuple[tuple[str, int | None], ...] = ()


@dataclass(frozen=True, slots=True)
class Joining:
    """The member joins: `member`, where there was none before."""

    member: Standing | None


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happens at `when`, by the store's clocks: nothing but that time has passed, or a return, a sale, or both."""

    kind: str
    when: datetime
    returning: Returning | None = None
    selling: Selling | None = None
    joining: Joining | None = None


@dataclass(frozen=True, slots=True)
class Begin:
    """When a sequence begins, local time; how to make any time local; and whether there is a member before the first step."""

    start: datetime
    local: Callable[[datetime], datetime]
    known: bool


class Broken(NamedTuple):
    """A step with mistakes of shape, and the rewards that it names: the others are looked at all the same."""

    choose: tuple[str, ...]


def steps(program: Program, found: Sequence[shape.Step | Broken], begin: Begin) -> tuple[list[Step], list[Mistake]]:
    """The steps of a sequence, or every mistake in them."""
    drawn = _Drawn(program, begin, begin.start, begin.known)
    planned = []
    for place, step in enumerate(found):
        if isinstance(step, Broken):
            drawn.choose(step.choose, f"steps.{place}")
            drawn.sold.add(place + 1)  # for all we know
        else:
            planned.append(drawn.step(place, step))
    if not found:
        drawn.wrong("steps", "there is no step", "one step or more")
    return planned, drawn.mistakes


@dataclass(slots=True)
class _Drawn:
    """What is known while steps are looked at: the time, whether there is a member, which steps have sold something."""

    program: Program
    begin: Begin
    now: datetime
    known: bool
    sold: set[int] = field(default_factory=set)
    mistakes: list[Mistake] = field(default_factory=list)

    def wrong(self, key: str, wrong: str, wanted: str) -> None:
        self.mistakes.append(Mistake(key, wrong, wanted))

    def step(self, place: int, step: shape.Step) -> Step:
        """One step; with a mistake in it, it is not for playing."""
        at = f"steps.{place}"
        self._pass(at, step)
        kinds = [kind for kind in KINDS if getattr(step, KINDS[kind]) is not None]
        if len(kinds) > 1:
            self.wrong(at, f"it is {' and '.join(kinds)}", "one of them; a step of its own for the other")
        kind = kinds[0] if kinds else "days"
        if kind != "basket" and (step.choose or step.tenders):
            self.wrong(at, "there is nothing to choose or to pay", "a basket beside it (or in the exchange)")
        selling, returning, joining = None, None, None
        if step.pool_key and not (step.basket or step.exchange):
            self.wrong(f"{at}.pool_key", "there is nothing to draw for", "a basket beside it (or an exchange)")
        if step.basket:
            selling = self._selling(Sold(step.basket, step.choose, step.tenders), at)
        if step.exchange:
            one = step.exchange
            selling = self._selling(Sold(one.basket, one.choose, one.tenders), f"{at}.exchange")
            returning = self._returning(Returning(one.of, _back(one.lines)), f"{at}.exchange")
        if step.return_:
            returning = self._returned(step.return_, f"{at}.return")
        if step.void:
            returning = self._returning(Returning(step.void.of), f"{at}.void")
        if step.join is not None:
            joining = self._joining(step.join, f"{at}.join")
        if selling and step.pool_key:
            selling = replace(selling, pool_key=bytes.fromhex(step.pool_key))
        if step.basket or step.exchange:
            self.sold.add(place + 1)
        return Step("sale" if kind == "basket" else kind, self.now, returning, selling, joining)

    def _pass(self, at: str, step: shape.Step) -> None:
        """The time of the step."""
        when = self.begin.local(step.at) if step.at else self.now
        if when < self.now:
            wrong = f"{_said(when)} is before the step before it, {_said(self.now)}"
            self.wrong(f"{at}.at", wrong, "steps in the order in which they happen (--at is when the first begins)")
            return
        if (when - self.begin.start).days + step.advance_days > SPAN_DAYS_MAX:
            self.wrong(at, "it is too long after the first step", f"{SPAN_DAYS_MAX} days or less")
            return
        when += timedelta(days=step.advance_days)
        if when.year >= shape.YEAR_MAX:
            self.wrong(at, f"it would be in {when.year}", f"a year before {shape.YEAR_MAX}")
            return
        self.now = when

    def _returned(self, found: shape.Return, at: str) -> Returning:
        if found.without_sale == (found.of is not None):
            wrong = "it has both of and without_sale" if found.without_sale else "it does not say which sale comes back"
            self.wrong(f"{at}.of", wrong, "the number of the step that sold it, or without_sale = true")
        return self._returning(Returning(found.of or 0, _back(found.lines)), at)

    def _returning(self, returning: Returning, at: str) -> Returning:
        if returning.of and returning.of not in self.sold:
            wanted = (
                f"the number of a sale before it: {', '.join(map(str, sorted(self.sold)))}" if self.sold else "a sale before it"
            )
            self.wrong(f"{at}.of", f"step {returning.of} has sold nothing by then", wanted)
        return returning

    def _joining(self, found: shape.Member, at: str) -> Joining:
        """`true` is whoever the member's file describes, or somebody new; a table is somebody new."""
        if self.known and found.model_fields_set:
            self.wrong(at, "there is a member already", "true, or no member before")
        made, mistakes = person.standing(self.program, found, self.now.date().isoformat())
        self.mistakes += [one._replace(key=f"{at}.{one.key}") for one in mistakes]
        self.known = True
        return Joining(made)

    def choose(self, rewards: Iterable[str], at: str) -> None:
        """Rewards are chosen by their names."""
        for reward in rewards:
            if reward in self.program.promotions:
                wanted = "nothing: it comes by itself where its conditions are met"
                self.wrong(f"{at}.choose.{reward}", "it is a promotion", wanted)
            elif reward not in self.program.rewards:
                self.mistakes.append(unknown(f"{at}.choose.{reward}", "reward", reward, self.program.rewards))

    def _selling(self, sold: Sold, at: str) -> Selling | None:
        """A basket with what is chosen and how it is paid."""
        self.choose(sold.choose, at)
        for place in [place for place, tender in enumerate(sold.tenders) if tender.amount is None][1:]:
            self.wrong(f"{at}.tenders.{place}.amount", "another tender without an amount pays the rest already", "an amount")
        paying = tuple(dict.fromkeys(tender.kind for tender in sold.tenders))
        basket, mistakes = goods.basket_of(self.program, sold.basket, paying)
        budgets, wrong_budgets = goods.budgets_of(self.program, sold.basket)
        self.mistakes += [one._replace(key=f"{at}.basket.{one.key}") for one in (*mistakes, *wrong_budgets)]
        if basket is None:
            return None
        times = {reward: 0 if isinstance(many, str) else many for reward, many in sold.choose.items()}
        paid = tuple((tender.kind, tender.amount) for tender in sold.tenders)
        found = sold.basket
        return Selling(basket, Place(found.store, found.terminal, found.channel), budgets, times, paid)


def _back(lines: Iterable[shape.BackLine]) -> tuple[tuple[str, int | None], ...]:
    return tuple((line.line, line.quantity) for line in lines)


def _said(when: datetime) -> str:
    return when.replace(tzinfo=None).isoformat(timespec="minutes")
