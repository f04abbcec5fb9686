"""What the steps of a sequence mean in a program: domain values to play, or every mistake at once by its key path."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from loyalty.basket import Basket
from loyalty.program import Mistake, Program
from loyalty.standing import Standing
from posd.trial import goods, person, shape
from posd.trial.names import unknown

SPAN_DAYS_MAX = 7320  # twenty years: each day is looked at


@dataclass(frozen=True, slots=True)
class Selling:
    """A basket, where it is sold, what the member chooses (0: as often as may be), how it is paid (None: the rest)."""

    basket: Basket
    store: str = ""
    terminal: str = ""
    channel: str = "store"
    budget_left: Mapping[str, int] = field(default_factory=dict)
    choose: Mapping[str, int] = field(default_factory=dict)
    tenders: tuple[tuple[str, int | None], ...] = ()


@dataclass(frozen=True, slots=True)
class Returning:
    """Lines of sale `of` come back, so many thousandths each (None: all that is left); without lines all of them.

    Without a sale (`of` is 0) nothing is known of what it earned.
    """

    of: int
    lines: tuple[tuple[str, int | None], ...] = ()


@dataclass(frozen=True, slots=True)
class Joining:
    """The member joins; `member` is who."""

    member: Standing


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happens at `when`, by the store's clocks: nothing but that time has passed, or a return, a sale, or both."""

    kind: str
    when: datetime
    returning: Returning | None = None
    selling: Selling | None = None
    joining: Joining | None = None


def steps(
    program: Program, found: Iterable[shape.Step], start: datetime, localize: Callable[[datetime], datetime], known: bool
) -> tuple[list[Step], list[Mistake]]:
    """The steps of a sequence that begins at `start`, local time; `localize` makes any time local; `known`: there is a member."""
    mistakes: list[Mistake] = []
    planned: list[Step] = []
    now, sold = start, set[int]()
    for place, step in enumerate(found):
        at = f"steps.{place}"
        now = _when(step, now, start, localize, (at, mistakes))
        kinds = [name for name, value in _kinds(step) if value is not None]
        if len(kinds) > 1:
            mistakes.append(Mistake(at, f"it is {' and '.join(kinds)}", "one of them; a step of its own for the other"))
            continue
        kind = kinds[0] if kinds else "days"
        if kind != "basket" and (step.choose or step.tenders):
            mistakes.append(Mistake(at, "there is nothing to choose or to pay", "a basket beside it (or in the exchange)"))
        selling, returning, joining = None, None, None
        if step.basket:
            selling = _selling(program, (step.basket, step.choose, step.tenders), at, f"{at}.basket", mistakes)
        if step.exchange:
            one = step.exchange
            inside = f"{at}.exchange"
            selling = _selling(program, (one.basket, one.choose, one.tenders), inside, f"{inside}.basket", mistakes)
            returning = Returning(one.of, _back(one.lines))
        if step.return_:
            returning = _returning(step.return_, f"{at}.return", mistakes)
        if step.void:
            returning = Returning(step.void.of)
        if returning and returning.of and returning.of not in sold:
            wanted = f"the number of a sale before it: {', '.join(map(str, sorted(sold)))}" if sold else "a sale before it"
            mistakes.append(Mistake(f"{at}.{kind}.of", f"step {returning.of} has sold nothing by then", wanted))
        if step.join is not None:
            if known:
                mistakes.append(Mistake(f"{at}.join", "there is a member already", "no member's file, or no join"))
            who, wrong = person.standing(program, step.join, now.date().isoformat())
            mistakes += [Mistake(f"{at}.join.{one.key}", one.wrong, one.wanted) for one in wrong]
            known, joining = True, Joining(who) if who else None
        if kind in ("basket", "exchange"):
            sold.add(place + 1)
        planned.append(Step("sale" if kind == "basket" else kind, now, returning, selling, joining))
    return planned, mistakes


def _kinds(step: shape.Step) -> tuple[tuple[str, object], ...]:
    return (
        ("basket", step.basket), ("return", step.return_), ("void", step.void), ("exchange", step.exchange), ("join", step.join)
    )  # fmt: skip


def _when(
    step: shape.Step, now: datetime, start: datetime, localize: Callable[[datetime], datetime], to: tuple[str, list[Mistake]]
) -> datetime:
    at, mistakes = to
    when = localize(step.at) if step.at else now
    if when < now:
        told = f"{when.isoformat(timespec='minutes')} is before the step before it, {now.isoformat(timespec='minutes')}"
        mistakes.append(Mistake(f"{at}.at", told, "steps in the order in which they happen (the first one's time may be --at)"))
        when = now
    if (when - start).days + step.advance_days > SPAN_DAYS_MAX:
        mistakes.append(Mistake(at, "it is too long after the first step", f"{SPAN_DAYS_MAX} days or less"))
        return now
    when += timedelta(days=step.advance_days)
    if when.year >= shape.YEAR_MAX:
        mistakes.append(Mistake(at, f"it would be in {when.year}", f"a year before {shape.YEAR_MAX}"))
        return now
    return when


def _returning(found: shape.Return, at: str, mistakes: list[Mistake]) -> Returning:
    if found.without_sale == (found.of is not None):
        wrong = "it has both of and without_sale" if found.without_sale else "it does not say which sale comes back"
        mistakes.append(Mistake(f"{at}.of", wrong, "the number of the step that sold it, or without_sale = true"))
    return Returning(found.of or 0, _back(found.lines))


def _back(lines: Iterable[shape.BackLine]) -> tuple[tuple[str, int | None], ...]:
    return tuple((line.line, line.quantity) for line in lines)


def _selling(
    program: Program,
    sold: tuple[shape.Basket, Mapping[str, int | str], tuple[shape.Tender, ...]],
    at: str,
    basket_at: str,
    mistakes: list[Mistake],
) -> Selling | None:
    found, choose, tenders = sold
    for reward in choose:
        if reward in program.promotions:
            wanted = "nothing: it comes by itself where its conditions are met"
            mistakes.append(Mistake(f"{at}.choose.{reward}", "it is a promotion", wanted))
        elif reward not in program.rewards:
            mistakes.append(unknown(f"{at}.choose.{reward}", "reward", reward, program.rewards))
    open_ended = [place for place, tender in enumerate(tenders) if tender.amount is None]
    for place in open_ended[1:]:
        wrong = "another tender without an amount pays the rest already"
        mistakes.append(Mistake(f"{at}.tenders.{place}.amount", wrong, "an amount"))
    basket, wrongs = goods.basket_of(program, found, tuple(dict.fromkeys(tender.kind for tender in tenders)))
    budgets, wrong_budgets = goods.budgets_of(program, found)
    mistakes += [Mistake(f"{basket_at}.{one.key}", one.wrong, one.wanted) for one in (*wrongs, *wrong_budgets)]
    if basket is None:
        return None
    times = {reward: 0 if isinstance(many, str) else many for reward, many in choose.items()}
    paid = tuple((tender.kind, tender.amount) for tender in tenders)
    return Selling(basket, found.store, found.terminal, found.channel, budgets, times, paid)
