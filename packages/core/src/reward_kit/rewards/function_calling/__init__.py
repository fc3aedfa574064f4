"""Rewards for function calling: accurate, dense where wanted, and not to be gamed.

``exact_tool_match_reward`` pays exactly the right calls; ``composite_function_call_reward`` pays near misses less;
``schema_jaccard_reward`` looks at the shape of the arguments alone; ``llm_judge_reward`` asks a language model.
``parse_tool_calls`` reads a reply in every common layout. Model output is never evaluated, and never repaired.
"""

from reward_kit.rewards.function_calling.calls import MalformedCall, ParsedReply, ToolCall
from reward_kit.rewards.function_calling.composite import composite_function_call_reward
from reward_kit.rewards.function_calling.exact import exact_tool_match_reward
from reward_kit.rewards.function_calling.jaccard import schema_jaccard_reward
from reward_kit.rewards.function_calling.judge import llm_judge_reward
from reward_kit.rewards.function_calling.parse import parse_tool_calls
from reward_kit.rewards.function_calling.schemas import normalize_tools

__all__ = [
    "MalformedCall",
    "ParsedReply",
    "ToolCall",
    "composite_function_call_reward",
    "exact_tool_match_reward",
    "llm_judge_reward",
    "normalize_tools",
    "parse_tool_calls",
    "schema_jaccard_reward",
]
