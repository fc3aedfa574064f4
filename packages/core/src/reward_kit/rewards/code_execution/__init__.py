"""Rewards that run a reply's program in a sandbox and compare what comes out with what was expected."""

from reward_kit.rewards.code_execution.blocks import extract_code_blocks
from reward_kit.rewards.code_execution.comparison import outputs_match, values_match
from reward_kit.rewards.code_execution.e2b import e2b_code_execution_reward, execute_code_with_e2b
from reward_kit.rewards.code_execution.programs import (
    compare_outputs,
    execute_javascript_code,
    execute_python_code,
)
from reward_kit.rewards.code_execution.rewards import (
    async_fractional_code_reward,
    batch_fractional_code_reward,
    deepcoder_code_reward,
    evaluate_apps_solution,
    fractional_code_reward,
    local_code_execution_reward,
)
from reward_kit.rewards.code_execution.settings import CodeOptions

__all__ = [
    "CodeOptions",
    "async_fractional_code_reward",
    "batch_fractional_code_reward",
    "compare_outputs",
    "deepcoder_code_reward",
    "e2b_code_execution_reward",
    "evaluate_apps_solution",
    "execute_code_with_e2b",
    "execute_javascript_code",
    "execute_python_code",
    "extract_code_blocks",
    "fractional_code_reward",
    "local_code_execution_reward",
    "outputs_match",
    "values_match",
]
