"""Why not, as a value: a stable code and what a sentence about it needs."""

from collections.abc import Mapping
from dataclasses import dataclass, field

Params = Mapping[str, int | str]
"""What fills a sentence. A name that ends in `_minor` is money; `unit` is a unit's code, which is shown by its name."""


@dataclass(slots=True, unsafe_hash=True)  # frozen, it would take twice as long to make, and a quote makes many
class Refusal:
    """Why something is not to be had. The sentences, in four languages, are in runtime/locales under `refusal.CODE`."""

    code: str
    params: Params = field(default_factory=dict)
