"""docs/other-systems.md: what it says of each system is what its cases are played under, and every name in it is one of ours."""

import re
from pathlib import Path

from loyalty import program
from loyalty.goods import Goods
from loyalty.rewards import REWARDS
from posd.trial import shape
from sync.program_shape import conditions, model
from tests.conformance.draft import HOUSE

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "other-systems.md").read_text(encoding="utf-8")
SYSTEMS = {
    "Sylius/Sylius": "Sylius",
    "solidusio/solidus": "Solidus",
    "django-oscar/django-oscar": "django-oscar",
    "medusajs/medusa": "Medusa",
    "frappe/erpnext": "ERPNext",
}


def test_each_system_is_played_as_the_page_says():
    """Every policy that its cases do not name stands in its row, with that value."""
    rows = {cells[1].strip(): cells[2] for line in PAGE.splitlines() if len(cells := line.split("|")) == 4}
    for repo, policies in HOUSE.items():
        for name, value in policies.items():
            written = f'"{value}"' if isinstance(value, str) else str(value).lower()
            assert f"`{name} = {written}" in rows[SYSTEMS[repo]]


def test_every_setting_on_the_page_is_one():
    """Of the policies, a rule, its goods, its limits, its conditions, a unit, the tiers, a line or a basket."""
    shapes = [program.Policies, Goods, program.Unit, program.Tiers, program.Limits, program.PromotionRule, program.RewardRule]
    known = {name for one in shapes for name in model(one).model_fields}
    known |= {name for row in REWARDS.values() for name in model(row.settings).model_fields} | {"by_tier", "every", "of"}
    known |= {*conditions().model_fields, *shape.Line.model_fields, *shape.Basket.model_fields}
    assert {name for name in re.findall(r"`(\w+) = ", PAGE) if name not in {*known, "when", "limits"}} == set()
