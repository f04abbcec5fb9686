"""A person in the program, as the rules see one: no phone, no e-mail, no birth date."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Member:
    """What a terminal knows of a member.

    `balances` counts what is available, this terminal's own unconfirmed records included; `spendable` only what head office has
    confirmed (design, P3: what was accrued offline pays nothing until then). A provisional member holds a validly signed code
    that the cache does not know yet: such a one may accrue.
    """

    handle: str
    first_name: str = ""
    tier: str = ""
    generation: int = 0
    balances: Mapping[str, int] = field(default_factory=dict)
    spendable: Mapping[str, int] = field(default_factory=dict)
    provisional: bool = False
