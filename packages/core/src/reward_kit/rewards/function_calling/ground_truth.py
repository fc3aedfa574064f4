"""What a reply should have called: ground truth in every shape that data sets have, as one list."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from reward_kit.data.strict_json import StrictJsonError, problem_of, read_whole
from reward_kit.errors import GradingError
from reward_kit.rewards.function_calling.alternatives import accepts, canonical
from reward_kit.rewards.function_calling.calls import MalformedCall, ToolCall
from reward_kit.rewards.function_calling.equality import Strings, arguments_equal
from reward_kit.rewards.function_calling.reading import call_of
from reward_kit.rewards.function_calling.schemas import ANY, Schema
from reward_kit.rewards.function_calling.text import read_text

__all__ = ["ExpectedCall", "GroundTruthError", "expected_calls"]


class GroundTruthError(GradingError):
    """The ground truth cannot be understood: no reply can be graded with it."""


class ExpectedCall(NamedTuple):
    """A call that is due."""

    name: str
    arguments: Mapping[str, Any]
    """The arguments, or the first of the possible ones."""
    schema: Schema = ANY
    possible: Mapping[str, Any] | None = None
    """BFCL's alternatives for each parameter."""

    def accepts(self, call: ToolCall, strings: Strings) -> bool:
        """Return whether ``call`` is this call."""
        if call.name != self.name:
            return False
        if self.possible is not None:
            return accepts(call.arguments, self.possible, self.schema, strings)
        return arguments_equal(call.arguments, self.arguments, self.schema, strings)


def expected_calls(ground_truth: object, possible_answers: object, tools: Mapping[str, Schema]) -> list[ExpectedCall]:
    """Return the calls that are due; none where no call is.

    Raises:
        GroundTruthError: what is given describes no calls.
    """
    possible = _decoded(possible_answers, "possible_answers")
    if possible:
        return _alternatives(possible, tools)
    found: list[ExpectedCall] = []
    for call in _calls(_decoded(ground_truth, "ground_truth")):
        if isinstance(call, MalformedCall):
            message = f"the ground truth is no list of calls: {call.reason}"
            raise GroundTruthError(message)
        found.append(ExpectedCall(call.name, call.arguments, tools.get(call.name, ANY)))
    return found


def _decoded(value: object, name: str) -> object:
    if not isinstance(value, str):
        return value
    if not value.strip():
        return None
    try:
        decoded = read_whole(value)
        # A column of JSON may have been written as JSON twice.
        return read_whole(decoded) if isinstance(decoded, str) and decoded.strip() else decoded
    except StrictJsonError as error:
        if name == "ground_truth" and (found := read_text(value, {})[0]).calls and not found.malformed:
            return [{"name": call.name, "arguments": call.arguments} for call in found.calls]
        message = f"found {name}={value[:80]!r}, expected calls, their JSON, or None for no call: {error.reason}"
        raise GroundTruthError(message) from None


def _calls(value: object) -> list[ToolCall | MalformedCall]:
    if not value and (value is None or isinstance(value, dict | list | tuple)):
        return []
    if isinstance(value, list | tuple):
        return [call_of(item) for item in value]
    if not isinstance(value, dict):
        return [MalformedCall(f"found {type(value).__name__}, expected an object or a list")]
    if inner := value.get("tool_calls"):
        decoded = _decoded(inner, "tool_calls") if isinstance(inner, str) else inner
        return _calls(decoded) if isinstance(decoded, list | tuple) else [MalformedCall("tool_calls is no list")]
    return _object(value)


def _object(value: dict[str, Any]) -> list[ToolCall | MalformedCall]:
    """Return the calls of one call, or of a message."""
    if value.get("function_call"):
        return [call_of(value["function_call"])]
    if ("name" in value and "role" not in value) or "function" in value:
        return [call_of(value)]
    if "role" in value:
        return _message(value)
    if "tool_calls" in value or "function_call" in value:
        return []
    return [MalformedCall(f"found an object with {sorted(map(str, value))[:5]}, expected tool_calls")]


def _message(value: Mapping[str, Any]) -> list[ToolCall | MalformedCall]:
    content = value.get("content")
    if isinstance(content, str) and content:
        reader = read_text(content, {})[0]
        return [*reader.calls, *reader.malformed]
    if isinstance(content, list):
        blocks = [block for block in content if isinstance(block, Mapping) and block.get("type") == "tool_use"]
        return [call_of({"name": block.get("name"), "arguments": block.get("input")}) for block in blocks]
    return []


def _alternatives(possible: object, tools: Mapping[str, Schema]) -> list[ExpectedCall]:
    found = []
    for item in possible if isinstance(possible, list | tuple) else [possible]:
        problem = problem_of(item)
        if problem or not isinstance(item, Mapping) or not all(isinstance(value, Mapping) for value in item.values()):
            message = f"found {item!r:.80} in possible_answers, expected {{name: {{parameter: [values]}}}} {problem}"
            raise GroundTruthError(message.strip())
        for name, parameters in item.items():
            schema = tools.get(name, ANY)
            found.append(ExpectedCall(name, canonical(parameters, schema), schema, parameters))
    return found
