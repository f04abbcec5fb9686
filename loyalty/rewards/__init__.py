"""The reward types. To add one: a file here, and its row."""

from collections.abc import Mapping

from loyalty.rewards import amount_off
from loyalty.rewards.giving import RewardType

REWARDS: Mapping[str, RewardType] = {
    "amount_off": RewardType(amount_off.AmountOff, amount_off.room, amount_off.discount),
}
