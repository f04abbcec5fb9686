"""Laws of the prize pool: what is drawn is fair, the same everywhere, and nobody's to steer."""

import hashlib
from collections.abc import Iterable

from loyalty.pool import draw
from loyalty.program import Pool
from tests.grammar.programs import pool
from tests.grammar.source import Source

DRAWS = 2000
SIGMAS = 6  # a fair draw is further off once in five hundred million times


def a_draw_cannot_be_steered(data: bytes) -> None:
    """Whatever pattern the ids have, as many win as the chance says, and a prize is won in proportion to its weight."""
    drawn, key = pool(Source(data)), data[:32]
    before = hashlib.sha256(data).hexdigest()
    patterns = (
        [f"{number:032x}" for number in range(DRAWS)],
        [f"{number:x}".ljust(32, "0") for number in range(DRAWS)],
        [hashlib.md5(f"{number}".encode()).hexdigest() for number in range(DRAWS)],
    )
    for ids in patterns:
        won = _won(drawn, key, before, ids)
        _fair(len(won), DRAWS, drawn.chance / 10_000)
        heaviest = max(drawn.prizes, key=lambda prize: prize.weight)
        mine = sum(prize == heaviest for prize in drawn.prizes)
        _fair(
            sum(drawn.prizes[place] == heaviest for place in won.values()), len(won),
            mine * heaviest.weight / sum(prize.weight for prize in drawn.prizes),
        )  # fmt: skip


def a_draw_is_the_same_everywhere(data: bytes) -> None:
    """Till and head office draw the same for one record; another record before it, another pool or another key draw anew."""
    drawn, key = pool(Source(data)), data[:32]
    ids = [f"{number:032x}" for number in range(DRAWS)]
    before = hashlib.sha256(data).hexdigest()
    won = _won(drawn, key, before, ids)
    assert won == _won(drawn, bytes(key), before, ids)
    other = _won(drawn, key, hashlib.sha256(data + b"x").hexdigest(), ids)
    other_key = _won(drawn, hashlib.sha256(key).digest(), before, ids)
    other_pool = _won(drawn, key, before, ids, "other")
    for anew in (other, other_key, other_pool):
        chance = drawn.chance / 10_000
        _fair(len(set(won) & set(anew)), DRAWS, chance * chance)


def _won(drawn: Pool, key: bytes, before: str, ids: Iterable[str], code: str = "summer") -> dict[str, int]:
    """The ids that win, and which of the prizes."""
    found = {one: draw(code, drawn, key, before, one) for one in ids}
    return {one: drawn.prizes.index(prize.prize) for one, prize in found.items() if prize}


def _fair(hits: int, of: int, chance: float) -> None:
    assert abs(hits - of * chance) <= SIGMAS * (of * chance * (1 - chance)) ** 0.5 + 1e-9
