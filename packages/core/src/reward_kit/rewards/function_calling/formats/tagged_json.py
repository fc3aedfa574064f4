"""Calls written as JSON behind a marker: Hermes, Llama, Mistral, DeepSeek, Kimi K2.

The JSON is read strictly from where it opens, so that closing tags, thinking tags and braces inside its strings
are data.
"""

import re

from reward_kit.data.strict_json import StrictJsonError, read_json, skip_space
from reward_kit.rewards.function_calling.calls import MalformedCall, ToolCall
from reward_kit.rewards.function_calling.reading import MAX_ATTEMPTS, Reader, call_of

__all__ = ["deepseek_call", "kimi_call", "llama_tag", "mistral_calls", "plain_hermes", "read_calls", "tagged"]

_NAME = re.compile(r"[^\s\[\]{}\"'<>(),;]+")
_MISTRAL_JSON = re.compile(r"\{|\[\s*[{\]]")
_MISTRAL_ID = re.compile(r"\[CALL_ID\][\w-]*")
_DEEPSEEK_FENCE = re.compile(r"[^\S\n]*\n\s*```(?:json)?\s*")
_KIMI_ID = re.compile(r"\s*(?:functions\.)?([^\s<|]+?)(?::\d+)?\s*(?=<\|tool_call_argument_begin\|>)")
_HERMES, _HERMES_END = "<tool_call>", "</tool_call>"
_OPENS = ("{", "[")
_BETWEEN = (",", ";")


def read_calls(text: str, start: int) -> tuple[list[ToolCall | MalformedCall], int]:
    """Return the calls of one JSON value after the other from ``start`` on, and where the last one ends.

    Raises:
        StrictJsonError: one of them is not JSON.
    """
    found: list[ToolCall | MalformedCall] = []
    position = end = start
    while text.startswith(_OPENS, position):
        value, end = read_json(text, position)
        if isinstance(value, list):
            found += [call_of(item, decoded=True) for item in value]
        else:
            found.append(call_of(value, decoded=True))
        position = skip_space(text, end)
        if text.startswith(_BETWEEN, position):
            position = skip_space(text, position + 1)
    return found, end


def plain_hermes(text: str) -> tuple[ToolCall, ...] | None:
    """Return the calls of a text that is nothing but Hermes calls that can be read: the common case, kept short."""
    calls: list[ToolCall] = []
    position, length = 0, len(text)
    while position < length:
        if not text.startswith(_HERMES, position):
            return None
        position += len(_HERMES)
        try:
            value, end = read_json(text, position + text.startswith("\n", position))
        except StrictJsonError:
            return None
        end += text.startswith("\n", end)
        call = call_of(value, decoded=True)
        if not text.startswith(_HERMES_END, end) or not isinstance(call, ToolCall) or len(calls) == MAX_ATTEMPTS:
            return None
        calls.append(call)
        position = end + len(_HERMES_END)
        position += text.startswith("\n", position)
    return tuple(calls)


def tagged(reader: Reader, start: int, closer: str, layout: str) -> int:
    """Read JSON calls from ``start`` up to ``closer``; an empty ``closer`` is not waited for."""
    text = reader.text
    try:
        value, end = read_json(text, start)
        after = skip_space(text, end)
        if closer and isinstance(value, dict) and text.startswith(closer, after):  # by far the most common
            _keep(reader, layout, call_of(value, decoded=True))
            return after + len(closer)
        found, end = read_calls(text, start)
    except StrictJsonError as error:
        reader.broken(layout, error.reason, repairable=reader.repairable(start))
        return max(error.position, start)
    after = skip_space(text, end)
    if not text.startswith(closer, after):
        unclosed = after == len(text)
        reason = "the call is not closed" if unclosed else "text follows the JSON of a call"
        reader.broken(layout, reason, repairable=unclosed)
        return after
    if not found and closer:
        reader.broken(layout, "a call is empty")
    note(reader, layout, found)
    return after + len(closer)


def note(reader: Reader, layout: str, found: list[ToolCall | MalformedCall]) -> None:
    """Note what was read."""
    for item in found:
        _keep(reader, layout, item)


def _keep(reader: Reader, layout: str, item: ToolCall | MalformedCall) -> None:
    if isinstance(item, ToolCall):
        reader.calls.append(item)
        reader.formats.append(layout)
    else:
        reader.broken(layout, item.reason, repairable=item.repairable)


def mistral_calls(reader: Reader, _start: int, end: int) -> int:
    """Read what follows ``[TOOL_CALLS]``: a JSON list, or a name and its arguments."""
    text = reader.text
    position = skip_space(text, end)
    if _MISTRAL_JSON.match(text, position):
        return tagged(reader, position, "", "mistral")
    name = _NAME.match(text, position)
    if not name:
        reader.broken("mistral", "neither JSON nor a name follows [TOOL_CALLS]")
        return position
    position = name.end()
    if identifier := _MISTRAL_ID.match(text, position):
        position = identifier.end()
    if text.startswith("[ARGS]", position):
        position += len("[ARGS]")
    return named(reader, "mistral", name.group(), skip_space(text, position), "")


def named(reader: Reader, layout: str, name: str, start: int, closer: str) -> int:
    """Read the JSON object of the arguments of ``name``, and ``closer`` after it."""
    text = reader.text
    try:
        arguments, end = read_json(text, start)
    except StrictJsonError as error:
        reason = f"the arguments of {name[:60]!r} cannot be read: {error.reason}"
        reader.broken(layout, reason, repairable=reader.repairable(start))
        return max(error.position, start)
    after = skip_space(text, end)
    if not isinstance(arguments, dict):
        reader.broken(layout, f"the arguments of {name[:60]!r} are {type(arguments).__name__}, expected an object")
        return end
    if closer and not text.startswith(closer, after):
        reader.broken(layout, f"the call of {name[:60]!r} is not closed", repairable=after == len(text))
        return after
    reader.call(layout, name, arguments)
    return after + len(closer) if closer else end


def llama_tag(reader: Reader, _start: int, end: int) -> int:
    """Read what follows ``<|python_tag|>``: JSON, or a call in Python's syntax."""
    from reward_kit.rewards.function_calling.formats.pythonic import pythonic_until

    position = skip_space(reader.text, end)
    if reader.text.startswith(("{", "["), position):
        return tagged(reader, position, "", "python_tag")
    return pythonic_until(reader, position, ("<|eom_id|>", "<|eot_id|>"), "python_tag")


def deepseek_call(reader: Reader, _start: int, end: int) -> int:
    """Read a call of DeepSeek V3 (a name, then fenced JSON) or V3.1 (a name, then JSON)."""
    text, closer = reader.text, "<｜tool▁call▁end｜>"
    separator = reader.find("<｜tool▁sep｜>", end)
    if separator < 0:
        reader.broken("deepseek", "a call has no <｜tool▁sep｜>")
        return end
    head = text[end:separator].strip()
    position = skip_space(text, separator + len("<｜tool▁sep｜>"))
    if text.startswith("{", position):
        return named(reader, "deepseek", head, position, closer)
    name = _NAME.match(text, position)
    fence = _DEEPSEEK_FENCE.match(text, name.end()) if name else None
    if not name or not fence:
        reader.broken("deepseek", "no arguments follow <｜tool▁sep｜>")
        return position
    before = len(reader.calls)
    position = named(reader, "deepseek", name.group(), fence.end(), "```")
    if len(reader.calls) == before:
        return position
    after = skip_space(text, position)
    if not text.startswith(closer, after):
        reader.unclosed()
        return after
    return after + len(closer)


def kimi_call(reader: Reader, _start: int, end: int) -> int:
    """Read a call of Kimi K2: ``functions.name:0``, a marker, JSON."""
    marker, closer = "<|tool_call_argument_begin|>", "<|tool_call_end|>"
    name = _KIMI_ID.match(reader.text, end)
    if not name:
        reader.broken("kimi", f"a call has no name and {marker}")
        return end
    return named(reader, "kimi", name.group(1), skip_space(reader.text, name.end() + len(marker)), closer)
