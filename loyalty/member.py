"""A person in the program, as the rules see one: no phone, no e-mail, no birth date."""

from collections.abc import Mapping
from dataclasses import dataclass, field

Window = tuple[str, str]
"""The first and the last date of something, both included, ISO 8601."""


@dataclass(frozen=True, slots=True)
class Member:
    """What a terminal knows of a member.

    `balances` counts what is available, this terminal's own unconfirmed records included; `spendable` only what head office has
    confirmed (design, P3: what was accrued offline pays nothing until then) and is no longer pending. A provisional member holds
    a validly signed code that the cache does not know yet: such a one may accrue.

    Counters stand among the balances (loyalty/counters.py). `visits` and `spent_minor` count the member's purchases and what was
    paid for them, less what came back. `joined` and `last_visit` are dates. `occasions` are windows that head office works out
    from what it alone may know, such as {"birthday": ("2026-11-20", "2026-11-27")}. `plans` has the last day of each
    plan the member is in.
    """

    handle: str
    first_name: str = ""
    tier: str = ""
    generation: int = 0
    balances: Mapping[str, int] = field(default_factory=dict)
    spendable: Mapping[str, int] = field(default_factory=dict)
    provisional: bool = False
    visits: int = 0
    spent_minor: int = 0
    joined: str = ""
    last_visit: str = ""
    segments: tuple[str, ...] = ()
    occasions: Mapping[str, Window] = field(default_factory=dict)
    plans: Mapping[str, str] = field(default_factory=dict)
