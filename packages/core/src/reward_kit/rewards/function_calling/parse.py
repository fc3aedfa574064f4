"""``parse_tool_calls``: every attempt to call in one message, whatever layout it was written in."""

from collections.abc import Mapping
from typing import Any

from reward_kit.data.strict_json import problem_of
from reward_kit.models import Message
from reward_kit.rewards.function_calling.calls import MalformedCall, ParsedReply, ToolCall
from reward_kit.rewards.function_calling.equality import values_equal
from reward_kit.rewards.function_calling.formats.tagged_json import plain_hermes
from reward_kit.rewards.function_calling.reading import Reader, call_of
from reward_kit.rewards.function_calling.schemas import Schema, normalize_tools
from reward_kit.rewards.function_calling.text import has_marker, read_text

__all__ = ["parse_tool_calls", "parse_with"]

_CALL_BLOCKS = ("tool_use", "tool_call", "function_call")
"""How the type of a content block ends that is a call: ``server_tool_use`` is one, too."""


def parse_tool_calls(message: object, tools: object = None) -> ParsedReply:
    """Return every attempt to call in ``message``: a Message, a dict in its shape, or text. Never raises.

    ``tool_calls`` are read first, then ``function_call``, content blocks and text; what those merely repeat counts
    once. ``tools`` give the types of formats that write values as bare text.

    >>> reply = parse_tool_calls('<tool_call>{"name": "now", "arguments": {}}</tool_call>')
    >>> reply.format, reply.calls[0].name, reply.malformed
    ('hermes', 'now', ())
    """
    return parse_with(message, normalize_tools(tools))


def parse_with(message: object, tools: Mapping[str, Schema]) -> ParsedReply:
    """Do what ``parse_tool_calls`` does, with tools that are normalised already."""
    tool_calls: Any = None
    function_call: Any = None
    content: Any = message
    if isinstance(message, dict):
        get = message.get
        tool_calls, function_call, content = get("tool_calls"), get("function_call"), get("content")
    elif isinstance(message, Message):
        tool_calls, function_call, content = message.tool_calls, message.function_call, message.content
    elif isinstance(message, Mapping):
        return parse_with(dict(message), tools)
    elif not isinstance(message, str):
        return ParsedReply((), (MalformedCall(f"a message is {type(message).__name__}, expected an object"),))
    if isinstance(tool_calls, list) and tool_calls and not content and not function_call:
        return _structured(tool_calls)
    if isinstance(content, str) and not tool_calls and not function_call:
        if content.startswith("<tool_call>") and (plain := plain_hermes(content)):
            return ParsedReply(plain, (), "hermes")
        reader, thinking = read_text(content, tools)
        return ParsedReply(tuple(reader.calls), tuple(reader.malformed), _layout(reader), thinking)
    return _everything(tool_calls, function_call, content, tools)


def _layout(reader: Reader) -> str:
    if len(reader.formats) == 1:
        return reader.formats[0]
    formats = set(reader.formats)
    return formats.pop() if len(formats) == 1 else "mixed" if formats else "none"


def _structured(tool_calls: list[Any]) -> ParsedReply:
    """Read OpenAI's objects alone: the common case, kept short."""
    found = [call_of(item) for item in tool_calls]
    calls = tuple(item for item in found if isinstance(item, ToolCall))
    if len(calls) == len(found):
        return ParsedReply(calls, (), "openai")
    return ParsedReply(calls, tuple(item for item in found if isinstance(item, MalformedCall)), "openai")


def _everything(tool_calls: object, function_call: object, content: object, tools: Mapping[str, Schema]) -> ParsedReply:
    reader = Reader("", tools)
    if isinstance(tool_calls, list | tuple):
        for item in tool_calls:
            _note(reader, "openai", call_of(item))
    elif tool_calls:
        reader.broken("openai", f"tool_calls is {type(tool_calls).__name__}, expected a list")
    if function_call:
        _merge(reader, [("function_call", call_of(function_call))])
    text = content if isinstance(content, str) else ""
    if isinstance(content, list | tuple):
        blocks, text = _blocks(content)
        _merge(reader, blocks)
    elif content is not None and not isinstance(content, str):
        reader.broken("text", f"content is {type(content).__name__}, expected text or a list of blocks")
    thinking = ""
    if text and (not reader.attempts or has_marker(text)):
        inner, thinking = read_text(text, tools, bare=not reader.attempts)
        found: list[tuple[str, ToolCall | MalformedCall]] = list(zip(inner.formats, _ordered(inner), strict=False))
        _merge(reader, found)
    return ParsedReply(tuple(reader.calls), tuple(reader.malformed), _layout(reader), thinking)


def _ordered(reader: Reader) -> list[ToolCall | MalformedCall]:
    return [*reader.calls, *reader.malformed]


def _note(reader: Reader, layout: str, item: ToolCall | MalformedCall) -> None:
    if isinstance(item, ToolCall):
        reader.call(layout, item.name, item.arguments)
    else:
        reader.broken(layout, item.reason, repairable=item.repairable)


def _merge(reader: Reader, found: list[tuple[str, ToolCall | MalformedCall]]) -> None:
    """Add what was ``found`` elsewhere in the message, without what only repeats calls that are there already."""
    repeated = list(reader.calls)
    for layout, item in found:
        place = _place(item, repeated)
        if place is not None:
            del repeated[place]
        else:
            _note(reader, layout, item)


def _place(item: ToolCall | MalformedCall, calls: list[ToolCall]) -> int | None:
    if isinstance(item, MalformedCall):
        return None
    for place, call in enumerate(calls):
        if call.name == item.name and values_equal(item.arguments, call.arguments):
            return place
    return None


def _blocks(content: list[Any] | tuple[Any, ...]) -> tuple[list[tuple[str, ToolCall | MalformedCall]], str]:
    """Return the calls of content blocks, and the text of the others."""
    found: list[tuple[str, ToolCall | MalformedCall]] = []
    texts: list[str] = []
    for block in content:
        stated = block.get("type") if isinstance(block, Mapping) else None
        kind = stated if isinstance(stated, str) else ""
        if isinstance(block, str):
            texts.append(block)
        elif kind.endswith(_CALL_BLOCKS):
            found.append(("anthropic" if kind == "tool_use" else "blocks", _block_call(block)))
        elif kind in {"text", "output_text"} and isinstance(block.get("text"), str):
            texts.append(block["text"])
    return found, "".join(texts)


def _block_call(block: Mapping[str, Any]) -> ToolCall | MalformedCall:
    if "input" not in block:
        return call_of(block)
    name, arguments = block.get("name"), block["input"]
    if not isinstance(name, str) or not name:
        return MalformedCall(f"a call's name is {type(name).__name__}, expected text")
    if not isinstance(arguments, dict):
        return MalformedCall(f"the input of {name!r} is {type(arguments).__name__}, expected an object")
    problem = problem_of(arguments)
    return MalformedCall(f"the input of {name!r}: {problem}") if problem else ToolCall(name, arguments)
