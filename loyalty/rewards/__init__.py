"""The reward types. To add one: a file here, and its row."""

from collections.abc import Mapping

from loyalty.rewards import amount_off, bundle, donate, free_pieces, gift, pay, percent_off, piece_price
from loyalty.rewards.giving import RewardType

REWARDS: Mapping[str, RewardType] = {
    "amount_off": RewardType(
        amount_off.AmountOff,
        amount_off.room,
        amount_off.give,
        amount_off.mistakes,
        order_wide=amount_off.order_wide,
        movable=amount_off.movable,
    ),
    "percent_off": RewardType(
        percent_off.PercentOff,
        percent_off.room,
        percent_off.give,
        percent_off.mistakes,
        order_wide=percent_off.order_wide,
        quick=percent_off.quick,
    ),
    "piece_price": RewardType(piece_price.PiecePrice, piece_price.room, piece_price.give, piece_price.mistakes),
    "free_pieces": RewardType(free_pieces.FreePieces, free_pieces.room, free_pieces.give, free_pieces.mistakes, repeats=True),
    "bundle": RewardType(bundle.Bundle, bundle.room, bundle.give, bundle.mistakes, repeats=True),
    "gift": RewardType(gift.Gift, gift.room, gift.give, gift.mistakes),
    "pay": RewardType(pay.Pay, pay.room, pay.give, pay.mistakes, tender=True, by_choice=True),
    "donate": RewardType(donate.Donate, donate.room_to_donate, donate.donate, donate.mistakes, for_others=True, by_choice=True),
    "round_up": RewardType(
        donate.RoundUp,
        donate.room_to_round_up,
        donate.round_up,
        donate.mistakes_of_rounding,
        last=True,
        free_of_units=True,
        by_choice=True,
    ),
}
