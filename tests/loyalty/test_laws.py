"""The laws hold for programs, members and baskets drawn from the grammar; `make laws` asks for many more."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from tests.laws.table import by_examples

EXAMPLES = 200


@pytest.mark.parametrize("laws", by_examples(), ids=lambda laws: next(iter(laws)))
def test_laws(laws):
    """Of some hundred examples none breaks any of the laws that are asked of the same ones."""
    some = next(iter(laws.values()))

    def check(example: Any) -> None:
        for name, law in laws.items():
            try:
                law.check(example)
            except Exception as broken:
                broken.add_note(f"it breaks the law: {name.replace('_', ' ')}")
                raise

    slow = [HealthCheck.too_slow, HealthCheck.large_base_example]
    asked = settings(max_examples=max(EXAMPLES // some.costs, 3), deadline=None, database=None, suppress_health_check=slow)
    asked(given(some.of)(check))()
