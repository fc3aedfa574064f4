"""The place that reward-kit 0.4.1 kept ``reward_function`` in; kept for its users."""

from reward_kit.reward_function import reward_function

__all__ = ["reward_function"]
