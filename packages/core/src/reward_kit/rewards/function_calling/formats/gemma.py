"""Calls of Gemma: ``<|tool_call>call:name{city:<|"|>Paris<|"|>,days:3}<tool_call|>``.

FunctionGemma writes the same with other marks: ``<start_function_call>call:name{city:<escape>Paris<escape>}``.
"""

import re
from typing import NamedTuple

from reward_kit.data.strict_json import MAX_DEPTH, StrictJsonError, read_json
from reward_kit.rewards.function_calling.reading import Reader

__all__ = ["function_gemma_call", "gemma_call"]


class _Marks(NamedTuple):
    opener: str
    closer: str
    quote: str
    """Stands before and after a string."""


_GEMMA = _Marks("<|tool_call>", "<tool_call|>", '<|"|>')
_FUNCTION_GEMMA = _Marks("<start_function_call>", "<end_function_call>", "<escape>")
_NAME = re.compile(r"\s*call:([^\s{}]+)\s*(?=\{)")
_KEY = re.compile(r"([^:{}\[\],<>]+):")
_SPACE = re.compile(r"\s*")
_LITERAL = re.compile(r"true|false|null|-?(?:0|[1-9]\d{0,4000})(?:\.\d+)?(?:[eE][+-]?\d+)?(?=\s*[,}\]])")
_LITERALS = {"true": True, "false": False, "null": None}


def gemma_call(reader: Reader, _start: int, end: int) -> int:
    """Read what follows ``<|tool_call>``."""
    return _call(reader, end, _GEMMA)


def function_gemma_call(reader: Reader, _start: int, end: int) -> int:
    """Read what follows ``<start_function_call>``."""
    return _call(reader, end, _FUNCTION_GEMMA)


def _call(reader: Reader, end: int, marks: _Marks) -> int:
    name = _NAME.match(reader.text, end)
    if not name:
        reader.broken("gemma", f"no name and {{ follow {marks.opener}")
        return end
    try:
        arguments, position = _object(reader, name.end(), 1, marks.quote)
    except StrictJsonError as error:
        reader.broken("gemma", f"the arguments of {name.group(1)[:60]!r}: {error.reason}")
        return max(error.position, name.end())
    position = _after_space(reader.text, position)
    if not reader.text.startswith(marks.closer, position):
        reader.broken("gemma", f"the call of {name.group(1)[:60]!r} is not closed")
        return position
    reader.call("gemma", name.group(1), arguments)
    return position + len(marks.closer)


def _after_space(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    return match.end() if match else position


def _object(reader: Reader, start: int, depth: int, quote: str) -> tuple[dict[str, object], int]:
    """Read ``{key:value,…}`` from its opening brace on."""
    text, found = reader.text, dict[str, object]()
    position = _after_space(text, start + 1)
    while not text.startswith("}", position):
        if found:
            position = _comma(text, position)
        position = _after_space(text, position)
        if text.startswith(quote, position):
            key, position = _string(reader, position, quote)
            if not text.startswith(":", position):
                raise StrictJsonError("a key has no value", position)
            position += 1
        else:
            match = _KEY.match(text, position)
            if not match:
                raise StrictJsonError("a key was expected", position)
            key, position = match.group(1).rstrip(), match.end()
        if key in found:
            raise StrictJsonError("an object has a key twice", position)
        found[key], position = _value(reader, position, depth + 1, quote)
        position = _after_space(text, position)
    return found, position + 1


def _array(reader: Reader, start: int, depth: int, quote: str) -> tuple[list[object], int]:
    text, found = reader.text, list[object]()
    position = _after_space(text, start + 1)
    while not text.startswith("]", position):
        if found:
            position = _comma(text, position)
        value, position = _value(reader, position, depth + 1, quote)
        found.append(value)
        position = _after_space(text, position)
    return found, position + 1


def _comma(text: str, position: int) -> int:
    if not text.startswith(",", position):
        raise StrictJsonError("a comma was expected", position)
    return position + 1


def _value(reader: Reader, start: int, depth: int, quote: str) -> tuple[object, int]:
    text, position = reader.text, _after_space(reader.text, start)
    if depth > MAX_DEPTH:
        raise StrictJsonError(f"nested deeper than {MAX_DEPTH} levels", position)
    if text.startswith(quote, position):
        return _string(reader, position, quote)
    if text.startswith("{", position):
        return _object(reader, position, depth, quote)
    if text.startswith("[", position):
        return _array(reader, position, depth, quote)
    literal = _LITERAL.match(text, position)
    if literal is None:
        raise StrictJsonError("a value was expected", position)
    word = literal.group()
    return (_LITERALS[word] if word in _LITERALS else read_json(word, 0)[0]), literal.end()


def _string(reader: Reader, start: int, quote: str) -> tuple[str, int]:
    end = reader.find(quote, start + len(quote))
    if end < 0:
        raise StrictJsonError("a string is not closed", start + len(quote))
    return reader.text[start + len(quote) : end], end + len(quote)
