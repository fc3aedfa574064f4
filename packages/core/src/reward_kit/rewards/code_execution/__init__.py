"""Rewards that run a reply's program in a sandbox and compare what comes out with what was expected."""

from reward_kit.rewards.code_execution.blocks import extract_code_blocks
from reward_kit.rewards.code_execution.comparison import outputs_match, values_match
from reward_kit.rewards.code_execution.rewards import (
    async_fractional_code_reward,
    batch_fractional_code_reward,
    deepcoder_code_reward,
    evaluate_apps_solution,
    fractional_code_reward,
    local_code_execution_reward,
)

__all__ = [
    "async_fractional_code_reward",
    "batch_fractional_code_reward",
    "deepcoder_code_reward",
    "evaluate_apps_solution",
    "extract_code_blocks",
    "fractional_code_reward",
    "local_code_execution_reward",
    "outputs_match",
    "values_match",
]
