"""The ways of earning. To add one: a file here, and its row."""

from collections.abc import Mapping

from loyalty.accruals import multiply, per_money, per_piece, per_sale
from loyalty.accruals.earning import Way

ACCRUALS: Mapping[str, Way] = {
    "per_money": Way(per_money.PerMoney, per_money.earn, per_money.by_tier, per_money.mistakes),
    "per_piece": Way(per_piece.PerPiece, per_piece.earn, per_piece.by_tier, per_piece.mistakes),
    "per_sale": Way(per_sale.PerSale, per_sale.earn, per_sale.by_tier, per_sale.mistakes),
    "multiply": Way(multiply.Multiply, multiply.earn, multiply.by_tier, multiply.mistakes),
}
