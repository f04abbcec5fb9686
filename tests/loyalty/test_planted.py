"""Each planted mistake is noticed: laws that nothing breaks would prove nothing."""

import sys
from types import ModuleType

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.laws.table import LAWS
from tests.loyalty.planted import MISTAKES

EXAMPLES = 6000


def everywhere(owner: ModuleType | type, name: str) -> list[ModuleType | type]:
    """The owner, and each module of ours that has taken the name from it."""
    true = getattr(owner, name)
    ours = [found for key, found in sys.modules.items() if key.startswith(("loyalty", "tests.laws")) and found is not owner]
    return [owner, *(found for found in ours if vars(found).get(name) is true)]


@pytest.mark.parametrize("wrong", MISTAKES)
def test_a_planted_mistake_is_noticed(wrong, monkeypatch):
    """By its law, within a bounded number of examples."""
    mistake = MISTAKES[wrong]
    law = LAWS[mistake.law]
    planted = mistake.wrong(getattr(mistake.owner, mistake.name))
    for place in everywhere(mistake.owner, mistake.name):
        monkeypatch.setattr(place, mistake.name, planted)
    asked = settings(
        max_examples=max(EXAMPLES // law.costs, 3),
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    with pytest.raises((AssertionError, ValueError)):
        seed(mistake.seed)(asked(given(law.of)(law.check)))()
