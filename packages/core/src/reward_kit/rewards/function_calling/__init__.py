"""Rewards for function calling: accurate, dense where wanted, and not to be gamed.

``exact_tool_match_reward`` pays exactly the right calls; ``composite_function_call_reward`` pays near misses less;
``schema_jaccard_reward`` looks at the shape of the arguments alone; ``llm_judge_reward`` asks a language model.
``parse_tool_calls`` reads a reply in every common layout. Model output is never evaluated, and never repaired.
``compatibility`` has the helpers of reward-kit 0.4.1.

The judge is loaded when it is first named: it alone needs an HTTP client, which is not sent along with the others.
"""

from typing import TYPE_CHECKING, Any

from reward_kit.rewards.function_calling.calls import MalformedCall, ParsedReply, ToolCall
from reward_kit.rewards.function_calling.compatibility import (
    calculate_jaccard_similarity,
    compare_tool_calls,
    eval_tool_call,
    extract_schema_properties,
    match_function_call,
    maybe_deserialize_tool_call_arguments,
    normalize_schema,
)
from reward_kit.rewards.function_calling.composite import composite_function_call_reward
from reward_kit.rewards.function_calling.exact import exact_tool_match_reward
from reward_kit.rewards.function_calling.jaccard import schema_jaccard_reward
from reward_kit.rewards.function_calling.parse import parse_tool_calls
from reward_kit.rewards.function_calling.schemas import normalize_tools

if TYPE_CHECKING:
    from reward_kit.rewards.function_calling.judge import llm_judge_reward

__all__ = [
    "MalformedCall",
    "ParsedReply",
    "ToolCall",
    "calculate_jaccard_similarity",
    "compare_tool_calls",
    "composite_function_call_reward",
    "eval_tool_call",
    "exact_tool_match_reward",
    "extract_schema_properties",
    "llm_judge_reward",
    "match_function_call",
    "maybe_deserialize_tool_call_arguments",
    "normalize_schema",
    "normalize_tools",
    "parse_tool_calls",
    "schema_jaccard_reward",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - PEP 562: the type is known statically, by the import above
    if name == "llm_judge_reward":
        from importlib import import_module

        return import_module("reward_kit.rewards.function_calling.judge").llm_judge_reward
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)
