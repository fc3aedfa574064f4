"""The import path that reward-kit 0.4.1 has for ``multiple_choice_math_reward``."""

from reward_kit.rewards.math.choices import extract_mcq_option, multiple_choice_math_reward

__all__ = ["extract_mcq_option", "multiple_choice_math_reward"]
