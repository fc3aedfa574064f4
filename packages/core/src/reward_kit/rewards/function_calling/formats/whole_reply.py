"""Calls that stand without a marker: the whole reply is JSON, or a call in Python's syntax, fenced or not."""

import re

from reward_kit.data.strict_json import StrictJsonError, read_json, skip_space
from reward_kit.rewards.function_calling.calls import MalformedCall, ToolCall
from reward_kit.rewards.function_calling.formats.pythonic import read_pythonic
from reward_kit.rewards.function_calling.formats.tagged_json import note, read_calls
from reward_kit.rewards.function_calling.reading import Reader, call_of
from reward_kit.rewards.function_calling.repair import is_repairable

__all__ = ["read_whole_reply", "whole_reply_is_calls"]

_END_TOKENS = re.compile(r"(?:\s*(?:<\|(?:eot_id|eom_id|im_end|end|endoftext|return)\|>|</s>))+\s*\Z")
_FENCE = re.compile(r"```[\w-]*[^\S\n]*\n")
_FENCE_END = "```"
_NAME_KEY = re.compile(r'"(?:name|function)"\s*:')
_ARGUMENTS_KEY = re.compile(r'"(?:arguments|parameters)"\s*:')
_LIST_OF_CALLS = re.compile(r"\[\s*([^\s()\[\]{}\"',]+)\(")
_LONGEST_TAIL = 400
_OPENERS = ("{", "[", "`")
_MARKERS = ("[TOOL_CALLS]", "[THINK]")

_Found = list[ToolCall | MalformedCall]


def whole_reply_is_calls(reader: Reader, start: int) -> bool:
    """Note the calls that everything from ``start`` on is, if it is nothing but calls that can be read.

    Tried before markers are looked for: those in the strings of such calls are data.
    """
    text = reader.text
    if text[start : start + 1] not in _OPENERS:
        start = skip_space(text, start)
        if text[start : start + 1] not in _OPENERS:
            return False
    if text.startswith(_MARKERS, start):
        return False
    layout, found = _read(reader, start)
    if not found or not all(isinstance(item, ToolCall) for item in found):
        return False
    note(reader, layout, found)
    return True


def read_whole_reply(reader: Reader, start: int) -> None:
    """Note the calls that everything from ``start`` on is, if it is calls, broken ones among them."""
    layout, found = _read(reader, start)
    note(reader, layout, found)


def _read(reader: Reader, start: int) -> tuple[str, _Found]:
    text = reader.text[start:].strip()
    if text.endswith(("|>", "</s>")) and (tail := _END_TOKENS.search(text, max(0, len(text) - _LONGEST_TAIL))):
        text = text[: tail.start()].rstrip()
    fenced = text.startswith("```")
    if fenced:
        fence = _FENCE.match(text)
        if fence is None or not text.endswith(_FENCE_END, fence.end()):
            return "json_fence", []
        text = text[fence.end() : -len(_FENCE_END)].strip()
    if text.startswith(("{", "[")) and (found := _json_calls(reader, text)):
        return "json_fence" if fenced else "json", found
    if text.startswith("[") or text.endswith(")"):
        return "pythonic", _pythonic(reader, text)
    return "none", []


def _json_calls(reader: Reader, text: str) -> _Found:
    try:
        value, end = read_json(text, 0)
        return _calls(reader, text, value, skip_space(text, end))
    except StrictJsonError as error:
        broken = _NAME_KEY.search(text) and _ARGUMENTS_KEY.search(text)
        return [MalformedCall(error.reason, is_repairable(text))] if broken else []


def _calls(reader: Reader, text: str, value: object, end: int) -> _Found:
    if isinstance(value, dict) and isinstance(value.get("tool_calls"), list) and value["tool_calls"]:
        followed = [MalformedCall("text follows the JSON of the calls")] if end != len(text) else []
        return [*(call_of(item) for item in value["tool_calls"]), *followed]
    first = value[0] if isinstance(value, list) and value else value
    if not _describes_a_call(reader, first):
        return []
    found, end = read_calls(text, 0)
    if skip_space(text, end) != len(text):
        found.append(MalformedCall("text follows the JSON of a call"))
    return found


def _describes_a_call(reader: Reader, value: object) -> bool:
    if not isinstance(value, dict):
        return False
    inner = value["function"] if isinstance(value.get("function"), dict) else value
    name = inner.get("name", inner.get("function"))
    if not isinstance(name, str):
        return False
    # A name alone is a call only of a tool that is offered: {"name": "Ada"} is an answer.
    return "arguments" in inner or "parameters" in inner or (len(inner) == 1 and name in reader.tools)


def _pythonic(reader: Reader, text: str) -> _Found:
    found = read_pythonic(text)
    if found is None:
        opened = _LIST_OF_CALLS.match(text)
        broken = MalformedCall("a call in Python's syntax that cannot be read")
        return [broken] if opened and opened.group(1) in reader.tools else []
    names = [item.name for item in found if isinstance(item, ToolCall)]
    # Without brackets it may as well be a line of code: it is a call where it names an offered tool.
    if text.startswith("[") or not reader.tools or any(name in reader.tools for name in names):
        return found
    return []
