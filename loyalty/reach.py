"""How many pieces of a unit a member can have at the most: what gives them, how much the caps let through, how long they live."""

from collections.abc import Iterator

from loyalty.program import AccrualRule, Program, Unit

MONTH_DAYS, MONTH_DAYS_MIN, YEAR_DAYS = 31, 28, 366


def sources(program: Program, unit: str) -> list[str]:
    """The keys of everything that gives pieces of `unit`."""
    return [key for key, given, _ in _givers(program) if given == unit]


def attainable(program: Program, unit: str) -> int | None:
    """The most that caps and expiry let a member have at one time; 0 where nothing gives any, None where nothing bounds it.

    A cap bounds only pieces that expire, and only where every giver has one; it is never too low.
    """
    givers = [rule for _, given, rule in _givers(program) if given == unit]
    if not givers:
        return 0
    part = program.units.get(unit)
    days = lifetime_days(part) if part else None
    if days is None or (part and part.extended):
        return None
    total = 0
    for rule in givers:
        most = _capped(rule, days) if rule else None
        if most is None:
            return None
        total += most
    return total


def lifetime_days(unit: Unit) -> int | None:
    """How many days a piece lives at the most; None for ever."""
    if not (unit.expire_days or unit.expire_months):
        return None
    rounded = {"day": 0, "month_end": MONTH_DAYS, "year_end": YEAR_DAYS}[unit.expire_at]
    return unit.expire_days + unit.expire_months * MONTH_DAYS + rounded


def _capped(rule: AccrualRule, days: int) -> int | None:
    """What `rule` gives in so many days; the first and the last are counted whole."""
    bounds = []
    if rule.pieces_max_day:
        bounds.append(rule.pieces_max_day * (days + 1))
    if rule.pieces_max_month:
        bounds.append(rule.pieces_max_month * (days // MONTH_DAYS_MIN + 2))
    return min(bounds, default=None)


def _givers(program: Program) -> Iterator[tuple[str, str, AccrualRule | None]]:
    """Key and unit of each; with its rule where that has caps."""
    for code, accrual in program.accruals.items():
        yield f"accruals.{code}", accrual.unit, accrual
    for code, award in program.awards.items():
        yield f"awards.{code}", award.unit, None
    for code, challenge in program.challenges.items():
        if challenge.prize_unit:
            yield f"challenges.{code}", challenge.prize_unit, None
    for code, pool in program.pools.items():
        for prize in pool.prizes:
            yield f"pools.{code}", prize.unit, None
