"""``schema_jaccard_reward``: the shape of the arguments, whatever their values."""

import warnings
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from reward_kit.errors import GradingError, UsageError
from reward_kit.models import EvaluateResult, Message, MetricResult
from reward_kit.rewards.function_calling.case import make_case
from reward_kit.rewards.function_calling.exact import exact_tool_match_reward
from reward_kit.rewards.function_calling.schemas import (
    ANY,
    Schema,
    declared_types,
    normalize_tools,
    property_schema,
    types,
)

__all__ = ["schema_jaccard_reward"]

_Shape = Counter[tuple[str, str, str]]
"""How often each (name of the call, path in its arguments, type) is there."""


def schema_jaccard_reward(
    messages: list[Message] | list[dict[str, Any]],
    ground_truth: Any = None,  # noqa: ANN401 - every shape that data sets have
    function_call: dict[str, Any] | None = None,
    expected_schema: dict[str, Any] | str | None = None,
    *,
    tools: Any = None,  # noqa: ANN401 - a list, or its JSON
    mode: Literal["jaccard", "exact"] = "jaccard",
    **kwargs: Any,  # noqa: ANN401
) -> EvaluateResult:
    """Return the Jaccard index of the multisets of (path, type) of the arguments made and of those due.

    Values earn nothing here: use it beside a reward that looks at them. A call with another name shares
    nothing with the one that is due, a further call enlarges the union, and a malformed attempt earns 0.0.

    Args:
        messages: as for ``exact_tool_match_reward``, and so are ``ground_truth`` and ``tools``.
        ground_truth: see there.
        function_call: a call to look at in place of the reply's.
        expected_schema: what is due in place of the ground truth: ``{"name", "arguments": {name: {"type"}}}``, or a
            tool with its parameters as JSON Schema.
        tools: see there.
        mode: ``exact`` does what reward-kit 0.4.1 did under this name: compare calls with ``exact_tool_match_reward``.
        **kwargs: ignored, or passed on with ``mode="exact"``.

    >>> truth = [{"name": "weather", "arguments": {"city": "Paris", "days": 5}}]
    >>> shape = '{"name": "weather", "arguments": {"city": "Rome", "days": "5"}}'
    >>> round(schema_jaccard_reward([{"role": "assistant", "content": shape}], truth).score, 2)
    0.33
    """
    if mode == "exact":
        text = 'schema_jaccard_reward(mode="exact") is exact_tool_match_reward; call that'
        warnings.warn(text, DeprecationWarning, stacklevel=2)
        return exact_tool_match_reward(messages, ground_truth, tools=tools, **kwargs)
    if mode != "jaccard":
        message = f"found mode={mode!r}, expected 'jaccard' or 'exact'"
        raise UsageError(message)
    replied: Any = messages if function_call is None else [{"role": "assistant", "tool_calls": [function_call]}]
    try:
        case = make_case(replied, ground_truth if expected_schema is None else None, None, tools)
        due = _due(expected_schema, case.tools) if expected_schema is not None else Counter[tuple[str, str, str]]()
    except GradingError as error:
        return EvaluateResult.not_graded(str(error))
    for expected in case.expected:
        due.update(_shape(expected.name, expected.arguments, expected.schema))
    if case.reply.malformed:
        return _result(0.0, f"a malformed attempt: {case.reply.malformed[0].reason}"[:300])
    made: _Shape = Counter()
    for call in case.reply.calls:
        made.update(_shape(call.name, call.arguments, case.tools.get(call.name, ANY)))
    union = (made | due).total()
    shared = (made & due).total()
    return _result(shared / union if union else 1.0, f"{shared} of {union} paths and types shared")


def _result(score: float, reason: str) -> EvaluateResult:
    metric = MetricResult(score=score, reason=reason)
    return EvaluateResult(score=score, reason=reason, metrics={"schema_similarity": metric})


def _shape(name: str, arguments: Mapping[str, Any], schema: Schema) -> Iterator[tuple[str, str, str]]:
    if not arguments:
        yield name, "", "object"
    waiting: list[tuple[str, object, Schema]] = [
        (key, value, property_schema(schema, key)) for key, value in arguments.items()
    ]
    while waiting:
        path, value, own = waiting.pop()
        yield name, path, _type_of(value, own)
        if isinstance(value, dict):
            waiting += [(f"{path}.{key}", item, property_schema(own, key)) for key, item in value.items()]
        elif isinstance(value, list):
            items = own.get("items")
            inner = items if isinstance(items, dict) else ANY
            waiting += [(f"{path}[]", item, inner) for item in value]


def _type_of(value: object, schema: Schema) -> str:
    """Return the type of ``value``; an integer where the schema wants a number is a number."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        declared = types(schema)
        whole = isinstance(value, int) or value.is_integer()
        return "number" if "number" in declared or not whole else "integer"
    return "string" if isinstance(value, str) else "array" if isinstance(value, list) else "object"


def _due(expected_schema: dict[str, Any] | str, tools: Mapping[str, Schema]) -> _Shape:
    normalized = normalize_tools(expected_schema)
    if len(normalized) != 1:
        message = f"found expected_schema={expected_schema!r:.80}, expected a name and the arguments' types"
        raise GradingError(message)
    due: _Shape = Counter()
    for name, schema in normalized.items():
        listed = list(declared_types(tools.get(name, schema) if not schema.get("properties") else schema))
        due.update((name, path, (kinds or ("string",))[0]) for path, kinds in listed or [("", ("object",))])
    return due
