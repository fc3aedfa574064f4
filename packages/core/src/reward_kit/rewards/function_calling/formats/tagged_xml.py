"""Calls whose parameters are written as tags: Qwen3-Coder, GLM, DeepSeek's DSML, Kimi K3, ``<invoke>``.

A value ends at the first closing tag that is followed by the next parameter or the end of the call, so that tags
inside a value are data. The tool's schema alone says what type it has, unless the format writes the type.
"""

import re
from dataclasses import dataclass
from html import unescape
from re import Pattern

from reward_kit.data.strict_json import StrictJsonError, read_whole, skip_space
from reward_kit.rewards.function_calling.formats.tagged_json import named, tagged
from reward_kit.rewards.function_calling.reading import Reader
from reward_kit.rewards.function_calling.typed_text import typed_value

__all__ = ["dsml_invoke", "function_tag", "invoke_tag", "kimi_k3_call", "tool_call_tag"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layout:
    name: str
    opening: Pattern[str]
    """A parameter's opening tag: group ``key``, and ``kind`` where the format states a type."""
    value_end: Pattern[str]
    end: Pattern[str]
    """The end of the call."""
    trim: bool = False
    """Whether the line breaks beside the tags are no part of a value."""


_QWEN = _Layout(
    name="qwen3_coder",
    opening=re.compile(r"\s*<parameter=(?P<key>[^<>\n]+)>"),
    value_end=re.compile(r"</parameter>(?=\s*(?:<parameter=|</function>))"),
    end=re.compile(r"\s*</function>"),
    trim=True,
)
_GLM = _Layout(
    name="glm",
    opening=re.compile(r"\s*<arg_key>(?P<key>[^<>]+)</arg_key>\s*<arg_value>"),
    value_end=re.compile(r"</arg_value>(?=\s*(?:<arg_key>|</tool_call>))"),
    end=re.compile(r"\s*</tool_call>"),
)
_INVOKE = _Layout(
    name="invoke",
    opening=re.compile(r"\s*<(?:\w{1,8}:)?parameter name=\"(?P<key>[^\"]+)\">"),
    value_end=re.compile(r"</(?:\w{1,8}:)?parameter>(?=\s*(?:<(?:\w{1,8}:)?parameter name=|</(?:\w{1,8}:)?invoke>))"),
    end=re.compile(r"\s*</(?:\w{1,8}:)?invoke>"),
    trim=True,
)
_DSML = _Layout(
    name="dsml",
    opening=re.compile(r"\s*<｜DSML｜ ?parameter name=\"(?P<key>[^\"]+)\"(?: string=\"(?P<kind>true|false)\")?>"),
    value_end=re.compile(r"</｜DSML｜ ?parameter>(?=\s*(?:<｜DSML｜ ?parameter |</｜DSML｜ ?invoke>))"),
    end=re.compile(r"\s*</｜DSML｜ ?invoke>"),
)
_K3 = _Layout(
    name="kimi",
    opening=re.compile(r"\s*<\|open\|>argument key=\"(?P<key>[^\"]*)\"(?: type=\"(?P<kind>\w+)\")?<\|sep\|>"),
    value_end=re.compile(r"<\|close\|>argument<\|sep\|>(?=\s*(?:<\|open\|>argument |<\|close\|>call<\|sep\|>))"),
    end=re.compile(r"\s*<\|close\|>call<\|sep\|>"),
)
_FUNCTION = re.compile(r"([^<>\s\"]+)>")
_GLM_NAME = re.compile(r"([^\W\d][^\s<>{}\[\]\"']*)\s*(?=<arg_key>|</tool_call>)")
_QUOTED_NAME = re.compile(r"\"([^\"\n]+)\"[^>\n]*>")
_K3_NAME = re.compile(r"\"([^\"\n]+)\"[^<\n]*<\|sep\|>")


def tool_call_tag(reader: Reader, _start: int, end: int) -> int:
    """Read what follows ``<tool_call>``: JSON (Hermes), a function tag (Qwen3-Coder) or a name (GLM)."""
    text = reader.text
    position = skip_space(text, end)
    if text.startswith(("{", "["), position):
        return tagged(reader, position, "</tool_call>", "hermes")
    if text.startswith("<function=", position):
        return _wrapped_functions(reader, position)
    name = _GLM_NAME.match(text, position)
    if name:
        return _parameters(reader, _GLM, name.group(1), name.end())
    reader.broken("hermes", "no call follows <tool_call>")
    return position


def _wrapped_functions(reader: Reader, position: int) -> int:
    """Read the function tags inside one ``<tool_call>``, which has to be closed."""
    text, calls, broken = reader.text, len(reader.calls), len(reader.malformed)
    while text.startswith("<function=", position) and len(reader.malformed) == broken:
        position = skip_space(text, function_tag(reader, position, position + len("<function=")))
    if text.startswith("</tool_call>", position):
        return position + len("</tool_call>")
    if len(reader.calls) > calls and len(reader.malformed) == broken:
        reader.unclosed()
    return position


def function_tag(reader: Reader, _start: int, end: int) -> int:
    """Read what follows ``<function=``: a name, then parameters as tags or as JSON."""
    name = _FUNCTION.match(reader.text, end)
    if not name:
        reader.broken("qwen3_coder", "no name follows <function=")
        return end
    position = skip_space(reader.text, name.end())
    if reader.text.startswith("{", position):
        return named(reader, "llama_function", name.group(1), position, "</function>")
    return _parameters(reader, _QWEN, name.group(1), name.end())


def invoke_tag(reader: Reader, _start: int, end: int) -> int:
    """Read what follows ``<invoke name=``."""
    return _quoted(reader, _INVOKE, _QUOTED_NAME, end)


def dsml_invoke(reader: Reader, _start: int, end: int) -> int:
    """Read what follows ``<｜DSML｜invoke name=``."""
    return _quoted(reader, _DSML, _QUOTED_NAME, end)


def kimi_k3_call(reader: Reader, _start: int, end: int) -> int:
    """Read what follows ``<|open|>call tool=``."""
    return _quoted(reader, _K3, _K3_NAME, end)


def _quoted(reader: Reader, layout: _Layout, pattern: Pattern[str], end: int) -> int:
    name = pattern.match(reader.text, end)
    if not name:
        reader.broken(layout.name, "a call has no name")
        return end
    if name.group().endswith("/>"):
        reader.call(layout.name, unescape(name.group(1)), {})
        return name.end()
    return _parameters(reader, layout, unescape(name.group(1)), name.end())


def _parameters(reader: Reader, layout: _Layout, tool: str, position: int) -> int:
    """Read the parameters of ``tool`` and the end of the call."""
    text = reader.text
    arguments: dict[str, object] = {}
    while opening := layout.opening.match(text, position):
        closing = reader.search(layout.value_end, opening.end())
        if closing is None:
            reader.broken(layout.name, f"the parameter {opening['key'][:60]!r} of {tool[:60]!r} is not closed")
            return opening.end()
        key = unescape(opening["key"]) if layout is _K3 else opening["key"].strip()
        value = text[opening.end() : closing.start()]
        if layout.trim:
            value = value.removeprefix("\n").removesuffix("\n")
        if key in arguments:
            reader.broken(layout.name, f"the parameter {key[:60]!r} of {tool[:60]!r} is given twice")
            return closing.end()
        stated = opening.groupdict().get("kind")
        try:
            arguments[key] = _value(reader, tool, key, value, stated)
        except StrictJsonError as error:
            reader.broken(layout.name, f"the parameter {key[:60]!r} of {tool[:60]!r} cannot be read: {error.reason}")
            return closing.end()
        position = closing.end()
    end = layout.end.match(text, position)
    if end is None:
        reader.broken(layout.name, f"the call of {tool[:60]!r} is not closed")
        return position
    reader.call(layout.name, tool, arguments)
    return end.end()


def _value(reader: Reader, tool: str, key: str, text: str, stated: str | None) -> object:
    if stated in {"true", "string"}:
        return text
    if stated is not None:
        return read_whole(text)
    return typed_value(text, reader.parameter(tool, key))
