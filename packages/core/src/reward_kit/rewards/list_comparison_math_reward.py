"""The import path that reward-kit 0.4.1 has for ``list_comparison_math_reward``."""

from reward_kit.rewards.math.lists import list_comparison_math_reward

__all__ = ["list_comparison_math_reward"]
