"""The reward types. To add one: a file here, and its row."""

from collections.abc import Mapping

from loyalty.rewards import amount_off, bundle, donate, free_pieces, gift, pay, percent_off, piece_price
from loyalty.rewards.giving import RewardType

REWARDS: Mapping[str, RewardType] = {
    "amount_off": RewardType(amount_off.AmountOff, amount_off.room, amount_off.give, order_wide=amount_off.order_wide),
    "percent_off": RewardType(percent_off.PercentOff, percent_off.room, percent_off.give, order_wide=percent_off.order_wide),
    "piece_price": RewardType(piece_price.PiecePrice, piece_price.room, piece_price.give),
    "free_pieces": RewardType(free_pieces.FreePieces, free_pieces.room, free_pieces.give, repeats=True),
    "bundle": RewardType(bundle.Bundle, bundle.room, bundle.give, repeats=True),
    "gift": RewardType(gift.Gift, gift.room, gift.give),
    "pay": RewardType(pay.Pay, pay.room, pay.give, tender=True),
    "donate": RewardType(donate.Donate, donate.room_to_donate, donate.donate, for_others=True),
    "round_up": RewardType(donate.RoundUp, donate.room_to_round_up, donate.round_up, last=True, free_of_units=True),
}
