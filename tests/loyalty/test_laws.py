"""The laws hold for programs, members and baskets drawn from the grammar; `make laws` asks for many more."""

import pytest
from hypothesis import HealthCheck, given, settings

from tests.laws.table import LAWS

EXAMPLES = 200


@pytest.mark.parametrize("name", LAWS)
def test_law(name):
    """Of some hundred examples none breaks it."""
    law = LAWS[name]
    slow = [HealthCheck.too_slow, HealthCheck.large_base_example]
    asked = settings(max_examples=max(EXAMPLES // law.costs, 3), deadline=None, database=None, suppress_health_check=slow)
    asked(given(law.of)(law.check))()
