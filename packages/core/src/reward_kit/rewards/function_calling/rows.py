"""Rows of function calling data sets as samples: BFCL's, xLAM's, and those in the shape of a sample already.

Tools, ground truth and alternatives are kept as JSON text: a reader that unifies columns would fill every object
with the keys of all others.
"""

import json
from collections.abc import Mapping
from typing import Any

from reward_kit.data.strict_json import read_whole
from reward_kit.models import Message, Sample
from reward_kit.rewards.function_calling.ground_truth import ExpectedCall, expected_calls
from reward_kit.rewards.function_calling.schemas import ANY, Schema, normalize_tools
from reward_kit.rewards.function_calling.validity import fits

__all__ = ["function_calling_row"]


def function_calling_row(raw: Mapping[str, Any]) -> Sample:
    """Make a sample of a row with a question, tools and the calls that are due.

    Raises:
        ValueError: the calls that are due cannot be read, or break the schema of their own tool.
        KeyError: a field is missing.
    """
    if "functions" in raw:
        return _bfcl(raw)
    if "query" in raw:
        calls, tools = _decoded(raw["answers"]), _decoded(raw["tools"])
        return _sample([Message(role="user", content=raw["query"])], tools, calls, None, {"id": f"xlam-{raw['id']}"})
    prompt = [Message.model_validate(message) for message in raw["messages"]]
    return _sample(prompt, _decoded(raw["tools"]), _decoded(raw["ground_truth"]), raw.get("possible_answers"), {})


def _bfcl(raw: Mapping[str, Any]) -> Sample:
    prompt = [Message.model_validate(message) for message in raw["messages"]]
    metadata = {"id": raw["id"], "metadata": {"category": raw["category"], "source": "BFCL"}}
    return _sample(prompt, raw["functions"], None, raw["possible_answers"], metadata)


def _decoded(value: object) -> Any:  # noqa: ANN401 - any JSON value
    return read_whole(value) if isinstance(value, str) else value


def _sample(prompt: list[Message], tools: object, calls: object, possible: object, rest: dict[str, Any]) -> Sample:
    schemas = normalize_tools(tools)
    due = expected_calls(calls, possible, schemas)
    for call in due:
        if call.name not in schemas:
            message = f"{call.name!r} is due but not among the tools {sorted(schemas)[:5]}"
            raise ValueError(message)
        if not fits(call.arguments, schemas[call.name]):
            message = f"the call of {call.name!r} that is due breaks the schema of its own tool"
            raise ValueError(message)
    offered = [_tool(name, schema, tools) for name, schema in schemas.items()]
    text = json.dumps(offered, ensure_ascii=False)
    extra = {"tools": text}
    if possible is not None:
        extra["possible_answers"] = possible if isinstance(possible, str) else json.dumps(possible, ensure_ascii=False)
    return Sample(
        messages=prompt,
        ground_truth=json.dumps({"tool_calls": [_call(call) for call in due]}, ensure_ascii=False),
        reference=_reference(due),
        tools=offered,
        extra=extra,
        **rest,
    )


def _call(call: ExpectedCall) -> dict[str, Any]:
    arguments = json.dumps(call.arguments, ensure_ascii=False)
    return {"type": "function", "function": {"name": call.name, "arguments": arguments}}


def _reference(due: list[ExpectedCall]) -> str:
    if not due:
        return "None of the functions fits this request."
    calls = ({"name": call.name, "arguments": call.arguments} for call in due)
    return "\n".join(f"<tool_call>\n{json.dumps(call, ensure_ascii=False)}\n</tool_call>" for call in calls)


def _tool(name: str, schema: Schema, tools: object) -> dict[str, Any]:
    """Return a tool in OpenAI's shape, with its parameters as JSON Schema."""
    described = ""
    for tool in tools if isinstance(tools, list) else [tools]:
        inner = tool.get("function", tool) if isinstance(tool, dict) else ANY
        if isinstance(inner, dict) and inner.get("name") == name:
            described = str(inner.get("description") or "")
    return {"type": "function", "function": {"name": name, "description": described, "parameters": dict(schema)}}
