"""The ways of earning. To add one: a file here, and its row."""

from collections.abc import Mapping

from loyalty.accruals import per_money
from loyalty.accruals.earning import Way

ACCRUALS: Mapping[str, Way] = {
    "per_money": Way(per_money.PerMoney, per_money.earn),
}
