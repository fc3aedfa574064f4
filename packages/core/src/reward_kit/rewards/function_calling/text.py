"""Calls in a reply's text: markers from left to right, thinking cut, and then the reply as a whole."""

import re
from collections.abc import Mapping

from reward_kit.data.strict_json import skip_space
from reward_kit.rewards.function_calling.formats.gemma import function_gemma_call, gemma_call
from reward_kit.rewards.function_calling.formats.harmony import read_harmony
from reward_kit.rewards.function_calling.formats.pythonic import pythonic_block
from reward_kit.rewards.function_calling.formats.tagged_json import (
    deepseek_call,
    kimi_call,
    llama_tag,
    mistral_calls,
    tagged,
)
from reward_kit.rewards.function_calling.formats.tagged_xml import (
    dsml_invoke,
    function_tag,
    invoke_tag,
    kimi_k3_call,
    tool_call_tag,
)
from reward_kit.rewards.function_calling.formats.whole_reply import read_whole_reply, whole_reply_is_calls
from reward_kit.rewards.function_calling.reading import MAX_ATTEMPTS, Handler, Reader
from reward_kit.rewards.function_calling.schemas import Schema

__all__ = ["has_marker", "read_text"]


def _between(closer: str, layout: str) -> Handler:
    return lambda reader, _start, end: tagged(reader, skip_space(reader.text, end), closer, layout)


_CALLS: dict[str, Handler] = {
    "<tool_call>": tool_call_tag,
    "<tool_calls>": _between("</tool_calls>", "tool_calls_tag"),
    "<TOOLCALL>": _between("</TOOLCALL>", "tool_calls_tag"),
    "<|tool_call|>": _between("", "tool_calls_tag"),
    "<function=": function_tag,
    "<|python_tag|>": llama_tag,
    "<|python_start|>": pythonic_block,
    "<|tool_call_start|>": pythonic_block,
    "[TOOL_CALLS]": mistral_calls,
    "<｜tool▁call▁begin｜>": deepseek_call,
    "<｜DSML｜invoke name=": dsml_invoke,
    "<｜DSML｜ invoke name=": dsml_invoke,
    "<invoke name=": invoke_tag,
    "<|tool_call_begin|>": kimi_call,
    "<|open|>call tool=": kimi_k3_call,
    "<|tool_call>": gemma_call,
    "<start_function_call>": function_gemma_call,
}
_THINKING = {
    "<think>": "</think>",
    "<thinking>": "</thinking>",
    "[THINK]": "[/THINK]",
    "<|channel>thought": "<channel|>",
    "<|open|>think<|sep|>": "<|close|>think<|sep|>",
}
_THOUGHT = frozenset(_THINKING.values())
_CUTS = _THOUGHT | set(_THINKING)
_HARMONY = ("<|channel|>", "<|message|>", "<|start|>assistant")
_PREFIXED = r"<\w{1,8}:invoke name="
_PLAIN_MARKER = re.compile("|".join([_PREFIXED, *map(re.escape, [*_CALLS, *_THINKING, *sorted(_THOUGHT)])]))
_MARKER = re.compile("|".join([_PLAIN_MARKER.pattern, *map(re.escape, _HARMONY)]))


def has_marker(text: str) -> bool:
    """Return whether a call's or a thinking's marker stands in ``text``."""
    return _MARKER.search(text) is not None


def read_text(text: str, tools: Mapping[str, Schema], *, bare: bool = True, harmony: bool = True) -> tuple[Reader, str]:
    """Return what was found in ``text``, and its thinking.

    With ``bare`` a reply that is JSON or Python as a whole is read as calls, too. Without ``harmony`` the markers of
    that format are text.
    """
    reader = Reader(text, tools)
    thinking: list[str] = []
    search = (_MARKER if harmony else _PLAIN_MARKER).search
    position = visible = steps = 0
    if bare and text[:1] != "<" and whole_reply_is_calls(reader, 0):
        return reader, ""
    end = len(text)
    while position < end and (marker := search(text, position)):
        word = marker.group()
        if handler := _CALLS.get(word):
            position = max(handler(reader, marker.start(), marker.end()), marker.end())
        elif word in _CUTS:
            first = not thinking
            position = _cut(reader, marker, thinking)
            visible = position if first else visible
            if first and bare and whole_reply_is_calls(reader, visible):
                break
        elif word in _HARMONY:
            shown, thought = read_harmony(reader, visible)
            thinking.append(thought)
            if shown:
                _take(reader, read_text(shown, tools, bare=False, harmony=False)[0])
            return reader, "".join(thinking)
        else:
            position = invoke_tag(reader, marker.start(), marker.end())
        steps += 1
        if steps > MAX_ATTEMPTS or len(reader.calls) > MAX_ATTEMPTS:
            reader.broken("text", f"more than {MAX_ATTEMPTS} attempts")
            break
    if bare and not reader.calls and not reader.malformed:
        read_whole_reply(reader, visible)
    return reader, thinking[0] if len(thinking) == 1 else "".join(thinking)


def _cut(reader: Reader, marker: re.Match[str], thinking: list[str]) -> int:
    """Cut the thinking that ``marker`` opens or closes; return where the reply goes on."""
    text, closer = reader.text, _THINKING.get(marker.group())
    if closer is None:
        if not thinking:
            # The prompt opened the thinking: all that came before was a draft.
            thinking.append(text[: marker.start()])
            reader.forget()
        return marker.end()
    end = reader.find(closer, marker.end())
    if end < 0:
        thinking.append(text[marker.end() :])
        reader.broken("text", "the thinking never ends")
        return len(text)
    thinking.append(text[marker.end() : end])
    return end + len(closer)


def _take(reader: Reader, inner: Reader) -> None:
    """Add what was found in the part of a reply that is shown to the user."""
    reader.calls += inner.calls
    reader.malformed += inner.malformed
    reader.formats += inner.formats
