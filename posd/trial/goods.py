"""A basket as a file writes it -> as the rules see one, tax included; every mistake at once."""

from collections.abc import Callable
from typing import Any, TypeVar

from loyalty import basket as domain
from loyalty import counters, tax
from loyalty.money import half_up, up
from loyalty.program import Mistake, Program
from posd.trial import shape
from posd.trial.names import unknown
from sync.program_shape import MONEY

PER_PIECE = 1000  # quantities are in thousandths

Made = TypeVar("Made")


def basket_of(
    program: Program, found: shape.Basket, paying: tuple[str, ...] = ()
) -> tuple[domain.Basket | None, list[Mistake]]:
    """The basket as the rules see one, tax included; `paying` is how it is paid, where the basket does not say."""
    mistakes: list[Mistake] = []
    lines = [_line(line, place, mistakes) for place, line in enumerate(found.lines)]
    if not lines:
        mistakes.append(Mistake("lines", "there is no line", "one line or more"))
    built = [line for line in lines if line is not None]
    ids = [line.id for line in built]
    for place, line in enumerate(lines):
        if line and line.id in ids[:place]:
            mistakes.append(Mistake(f"lines.{place}.id", f"another line has the id {line.id!r}", "an id of its own"))
    if mistakes:
        return None, mistakes
    bare = [(line.prices or found.prices) == "without_tax" for line in found.lines]

    def make() -> domain.Basket:
        taxed = iter(tax.with_tax([line for line, is_bare in zip(built, bare, strict=True) if is_bare],
                                  program.policies.tax_rounded_per))  # fmt: skip
        priced = tuple(next(taxed) if is_bare else line for line, is_bare in zip(built, bare, strict=True))
        return domain.Basket(priced, found.currency or program.currency, found.codes, found.paying or paying)

    return _made(make, "lines", mistakes), mistakes


def _line(found: shape.Line, place: int, mistakes: list[Mistake]) -> domain.Line | None:
    at = f"lines.{place}"
    amount = found.amount if found.amount is not None else found.amount_minor
    if found.unit_price is not None:
        size = half_up(abs(found.unit_price) * found.quantity, PER_PIECE)
        amount = -size if found.unit_price < 0 else size
    if found.levy > max(amount or 0, 0):
        mistakes.append(Mistake(f"{at}.levy", "it is more than the line costs", "a part of the line's amount"))
        return None
    name = found.id or str(place + 1)
    return _made(
        lambda: domain.Line(
            id=name,
            product=found.product or name,
            amount_minor=amount or 0,
            quantity_milli=found.quantity,
            name=found.name,
            category=found.category,
            tax_bp=found.tax,
            tags=found.tags,
            levy_minor=found.levy,
            floor_minor=up(found.floor * found.quantity, PER_PIECE),
            reduced=found.reduced,
            discountable=found.discountable,
        ),
        at,
        mistakes,
    )


def _made(make: Callable[[], Made], at: str, mistakes: list[Mistake]) -> Made | None:
    """What `make` makes; what the domain says against it is a mistake."""
    try:
        return make()
    except ValueError as error:
        wrong, _, wanted = str(error).partition("; ")
        mistakes.append(Mistake(at, wrong, wanted or "correct it"))
        return None


def budgets_of(program: Program, found: shape.Basket) -> tuple[dict[str, int], list[Mistake]]:
    """What is left of each budget, by its counter: money for a rule whose budget is an amount, else uses."""
    budgets: dict[str, int] = {}
    mistakes: list[Mistake] = []
    rules: dict[str, Any] = {**program.rewards, **program.promotions}
    for code, left in found.budget_left.items():
        at = f"budget_left.{code}"
        limits = rules[code].limits if code in rules else None
        if limits and limits.budget_amount:
            if not isinstance(left, str) or not MONEY.fullmatch(left):
                mistakes.append(Mistake(at, f"it says {left!r:.60}", 'an amount such as "1000.00"'))
                continue
            major, _, minor = left.partition(".")
            budgets[counters.budget(code)] = int(major) * 100 + int((minor + "00")[:2])
        elif code in program.pools or (limits and limits.budget_uses):
            if type(left) is not int or not 0 <= left <= shape.PIECES_MAX:
                mistakes.append(Mistake(at, f"it says {left!r:.60}", "a whole number of uses"))
                continue
            budgets[counters.budget(code)] = left
        else:
            with_budget = [one for one, rule in rules.items() if rule.limits.budget_amount or rule.limits.budget_uses]
            mistakes.append(unknown(at, "budget", code, (*with_budget, *program.pools)))
    return budgets, mistakes
