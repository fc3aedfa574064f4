"""One grading: the model's own turns, parsed, beside the calls that are due."""

import marshal
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from reward_kit.errors import GradingError
from reward_kit.models import Message
from reward_kit.rewards.function_calling.calls import ParsedReply
from reward_kit.rewards.function_calling.ground_truth import ExpectedCall, expected_calls
from reward_kit.rewards.function_calling.parse import parse_with
from reward_kit.rewards.function_calling.schemas import Schema, normalize_tools

__all__ = ["Case", "make_case", "own_turns"]

# Tuples: a role may be anything, hashable or not. Llama and GLM call a tool's answer by the last two.
_BETWEEN_TURNS = ("tool", "function", "ipython", "observation")


class Case(NamedTuple):
    """What is compared."""

    reply: ParsedReply
    expected: list[ExpectedCall]
    tools: Mapping[str, Schema]


def make_case(messages: object, ground_truth: object, possible_answers: object, tools: object) -> Case:
    """Parse a reply and its ground truth.

    Raises:
        GradingError: there is no reply, or no ground truth that can be understood.
    """
    expected, schemas = _task(ground_truth, possible_answers, tools)
    turns = own_turns(messages)
    if len(turns) == 1:
        return Case(parse_with(turns[0], schemas), expected, schemas)
    parsed = [parse_with(turn, schemas) for turn in turns]
    formats = {one.format for one in parsed} - {"none"}
    merged = ParsedReply(
        tuple(call for one in parsed for call in one.calls),
        tuple(broken for one in parsed for broken in one.malformed),
        formats.pop() if len(formats) == 1 else "mixed" if formats else "none",
        "".join(one.reasoning for one in parsed),
    )
    return Case(merged, expected, schemas)


_Task = tuple[list[ExpectedCall], Mapping[str, Schema]]


def _task(ground_truth: Any, possible_answers: Any, tools: Any) -> _Task:  # noqa: ANN401 - whatever a caller has
    """Return what is due. A trainer asks for many replies to one prompt: equal questions are read once."""
    try:
        key = marshal.dumps((ground_truth, possible_answers, tools), 2)
    except ValueError:  # something that only Python has, or that is nested too deep
        schemas = normalize_tools(tools)
        return expected_calls(ground_truth, possible_answers, schemas), schemas
    return _cached_task(key)


@lru_cache(maxsize=1024)
def _cached_task(key: bytes) -> _Task:
    ground_truth, possible_answers, tools = marshal.loads(key)  # noqa: S302 - written a moment ago by this process
    schemas = normalize_tools(tools)
    return expected_calls(ground_truth, possible_answers, schemas), schemas


def own_turns(messages: object) -> list[object]:
    """Return the turns that the model wrote: those of the assistant after the last message of anybody else.

    What a tool answered between two of them is not the model's, and is not read.

    Raises:
        GradingError: there is none.
    """
    turns: list[object] = []
    if not isinstance(messages, list | tuple):
        messages = [messages] if isinstance(messages, str | Mapping | Message) else []
    for message in reversed(messages):
        role = _role(message)
        if role == "assistant":
            turns.append(message)
        elif role not in _BETWEEN_TURNS and not _answers_calls(message):
            break
    if not turns:
        problem = "found no reply of the assistant at the end of the messages, expected one to grade"
        raise GradingError(problem)
    return turns[::-1]


def _answers_calls(message: object) -> bool:
    """Return whether a user's message holds nothing but what tools answered, as Anthropic sends it."""
    content = (
        message.content
        if isinstance(message, Message)
        else message.get("content")
        if isinstance(message, Mapping)
        else None
    )
    return (
        isinstance(content, list | tuple)
        and bool(content)
        and all(isinstance(block, Mapping) and block.get("type") == "tool_result" for block in content)
    )


def _role(message: object) -> object:
    if isinstance(message, dict):
        return message.get("role", "assistant")
    if isinstance(message, Message):
        return message.role
    # A reply may come as bare text, or as a dict that says nothing of its role.
    return message.get("role", "assistant") if isinstance(message, Mapping) else "assistant"
