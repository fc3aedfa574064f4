"""The helpers that reward-kit 0.4.1 had beside its rewards, with its signatures, over the core of the rewards.

Where they compared texts they compare values now, and what cannot be read is a difference and not an absence. New
code is better off with ``parse_tool_calls`` and the rewards.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Any, Literal

from reward_kit.data.strict_json import StrictJsonError, read_whole
from reward_kit.errors import UsageError
from reward_kit.models import EvaluateResult, Message, MetricResult
from reward_kit.rewards.function_calling.case import make_case
from reward_kit.rewards.function_calling.exact import Comparison, is_exact, match_calls
from reward_kit.rewards.function_calling.schemas import declared_types, normalize_tools, normalized
from reward_kit.rewards.function_calling.validity import fits

__all__ = [
    "calculate_jaccard_similarity",
    "compare_tool_calls",
    "eval_tool_call",
    "extract_schema_properties",
    "match_function_call",
    "maybe_deserialize_tool_call_arguments",
    "normalize_schema",
]

Strictness = Literal["exact", "partial", "permissive", "flexible"]
_MAY: dict[str, tuple[bool, bool]] = {
    "exact": (False, False),
    "partial": (True, False),
    "permissive": (False, True),
    "flexible": (False, True),
}
"""For each strictness, whether arguments may be missing and whether others may be given."""


def match_function_call(
    messages: list[Message] | list[dict[str, Any]],  # noqa: ARG001 - the call is given apart, as in 0.4.1
    function_name: str,
    parsed_arguments: dict[str, Any],
    expected_call_schema: dict[str, Any],
    argument_match_strictness: Strictness = "exact",
    **kwargs: Any,  # noqa: ANN401, ARG001 - columns of a data set that this does not use
) -> EvaluateResult:
    """Return half for the right name and half for arguments of the right types.

    Args:
        messages: not used.
        function_name: the name that was called.
        parsed_arguments: the arguments that it was called with.
        expected_call_schema: ``{"name", "arguments": {argument: {"type"}}}``; any keyword of JSON Schema counts.
        argument_match_strictness: ``exact``; ``partial`` lets arguments be missing, though not all of them;
            ``permissive`` and ``flexible`` let others be given.
        **kwargs: ignored.

    Raises:
        UsageError: a strictness that does not exist, or a schema without a name.

    >>> schema = {"name": "weather", "arguments": {"city": {"type": "string"}, "days": {"type": "integer"}}}
    >>> match_function_call([], "weather", {"city": "Paris", "days": "5"}, schema).score
    0.5
    """
    if argument_match_strictness not in _MAY:
        message = f"found argument_match_strictness={argument_match_strictness!r}, expected one of {list(_MAY)}"
        raise UsageError(message)
    tools = normalize_tools(expected_call_schema)
    if len(tools) != 1:
        message = f"found expected_call_schema={expected_call_schema!r:.80}, expected a name and arguments"
        raise UsageError(message)
    ((name, schema),) = tools.items()
    named = function_name == name
    problem = _argument_problem(parsed_arguments, schema.get("properties") or {}, argument_match_strictness)
    said = f"found {function_name!r}, expected {name!r}"
    metrics = {
        "function_name_match": MetricResult(score=float(named), reason=said),
        "arguments_match": MetricResult(score=float(not problem), reason=problem or "every argument fits"),
    }
    reason = problem or ("the name and the arguments fit" if named else said)
    return EvaluateResult(score=(named + (not problem)) / 2, reason=reason, metrics=metrics)


def _argument_problem(found: Mapping[str, Any], expected: Mapping[str, Any], strictness: str) -> str:
    may_be_missing, may_be_more = _MAY[strictness]
    missing = [name for name in expected if name not in found]
    more = [name for name in found if name not in expected]
    unfit = [name for name, schema in expected.items() if name in found and not fits(found[name], schema)]
    if missing and (not may_be_missing or not found):
        return f"missing: {missing[:5]}"
    if more and not may_be_more:
        return f"not expected: {more[:5]}"
    return f"do not fit their schema: {unfit[:5]}" if unfit else ""


def calculate_jaccard_similarity(set1: AbstractSet[Any], set2: AbstractSet[Any]) -> float:
    """Return the size of the intersection by that of the union; 1.0 for two empty sets.

    >>> calculate_jaccard_similarity({1, 2}, {2, 3, 4})
    0.25
    """
    union = set1 | set2
    return len(set1 & set2) / len(union) if union else 1.0


def extract_schema_properties(schema: dict[str, Any]) -> set[tuple[str, str]]:
    """Return the path and the type of everything that a JSON Schema declares; ``any`` where it declares no type.

    >>> schema = {"type": "object", "properties": {"tags": {"type": "array", "items": {"type": "string"}}}}
    >>> sorted(extract_schema_properties(schema))
    [('tags', 'array'), ('tags[]', 'string')]
    """
    return {(path, "|".join(kinds) or "any") for path, kinds in declared_types(normalized(normalize_schema(schema)))}


def normalize_schema(schema: dict[str, Any] | str) -> dict[str, Any]:
    """Return ``schema``, an object or its JSON text, as an object; empty where it is none."""
    if isinstance(schema, str):
        try:
            schema = read_whole(schema)
        except StrictJsonError:
            return {}
    return schema if isinstance(schema, dict) else {}


def maybe_deserialize_tool_call_arguments(tool_calls: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return OpenAI's tool calls with arguments that are JSON text decoded; other text stays as it is.

    What is no tool call with arguments is left out, as in 0.4.1: grade with the rewards, which count it.
    """
    found = []
    for call in tool_calls or []:
        function = call.get("function") if isinstance(call, Mapping) else None
        if isinstance(function, Mapping) and "arguments" in function:
            arguments = _deserialized(function["arguments"])
            found.append({**call, "function": {**function, "arguments": arguments}})
    return found


def _deserialized(arguments: object) -> object:
    if not isinstance(arguments, str):
        return arguments
    try:
        return read_whole(arguments) if arguments.strip() else {}
    except StrictJsonError:
        return arguments


def compare_tool_calls(generated_tool_calls: list[Any], gt_tool_calls: list[Any]) -> bool:
    """Return whether two lists are the same calls in the same order.

    Raises:
        GradingError: ``gt_tool_calls`` cannot be read.

    >>> compare_tool_calls([{"name": "f", "arguments": {"x": 5.0}}], [{"name": "f", "arguments": '{"x": 5}'}])
    True
    """
    return eval_tool_call({"tool_calls": generated_tool_calls}, {"tool_calls": gt_tool_calls})


def eval_tool_call(generation: dict[str, Any], ground_truth: dict[str, Any] | None) -> bool:
    """Return whether a message makes exactly the calls of another, in the same order.

    Raises:
        GradingError: ``ground_truth`` cannot be read.
    """
    case = make_case([{**generation, "role": "assistant"}], ground_truth, None, None)
    return is_exact(case, match_calls(case, Comparison("strict")))
