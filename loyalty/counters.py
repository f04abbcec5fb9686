"""What is counted beside the units of a program. Everything limited is a unit, so every limit has a ledger and can be leased.

A counter is a unit whose name has a slash, which no unit of a program file may have. One that counts within a day, a month or a
window is made of pieces that expire at its end.
"""


def used(rule: str, period: str = "") -> str:
    """How often a member has been given what `rule` gives: ever, or within the "day" or "month"."""
    return f"used_{period}/{rule}" if period else f"used/{rule}"


def earned(rule: str, period: str) -> str:
    """How many pieces a member has earned by `rule` within the "day" or "month"."""
    return f"earned_{period}/{rule}"


def rest(rule: str) -> str:
    """The money, in minor units, that was paid and was not enough for another step of `rule`."""
    return f"rest/{rule}"


def counted(challenge: str) -> str:
    """How far a member is in a challenge."""
    return f"count/{challenge}"


def stepped(challenge: str) -> str:
    """Whether the current period of a streak is counted already."""
    return f"step/{challenge}"


def won(challenge: str) -> str:
    """How often a member has won a challenge. Whoever has one piece wears its badge."""
    return f"won/{challenge}"


def given(award: str) -> str:
    """Whether an award has come: a piece that expires before the next, of one that comes once a year."""
    return f"given/{award}"


def plan(code: str) -> str:
    """Whether a member is in a plan: a piece that expires when it ends."""
    return f"plan/{code}"


def budget(rule: str) -> str:
    """What is left of a rule's budget: minor units, uses or prizes."""
    return f"budget/{rule}"


def is_counter(unit: str) -> bool:
    """Whether `unit` is none that a person reads of."""
    return "/" in unit
