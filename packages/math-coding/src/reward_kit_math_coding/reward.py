"""The reward: by the kind of row the number is compared, the program is tested, or each counts for half."""

from reward_kit.rewards.code_execution import fractional_code_reward
from reward_kit.rewards.composite import by_kind, part, weighted
from reward_kit.rewards.math import math_reward

__all__ = ["reward"]

reward = by_kind(
    {
        "math": math_reward,
        "code": fractional_code_reward,
        "both": weighted({part("math", math_reward): 0.5, part("code", fractional_code_reward): 0.5}),
    }
)
