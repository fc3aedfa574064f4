"""The path under which users of reward-kit 0.4.1 import ``evaluate_apps_solution``."""

from reward_kit.rewards.code_execution import evaluate_apps_solution

__all__ = ["evaluate_apps_solution"]
