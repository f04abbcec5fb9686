"""Which units are money: a wallet, cashback, a gift card. People read them as an amount and not as a count of agorot."""

from loyalty.program import Program
from loyalty.rewards.pay import Pay


def money_units(program: Program) -> frozenset[str]:
    """The units whose single piece is worth one minor unit and pays just that."""
    return frozenset(
        rule.unit
        for rule in program.rewards.values()
        if rule.cost == 1
        and isinstance(rule.settings, Pay)
        and rule.settings.worth == 1
        and program.units[rule.unit].worth == 1
    )
