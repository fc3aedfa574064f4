"""Calls of Gemma: ``<|tool_call>call:name{city:<|"|>Paris<|"|>,days:3}<tool_call|>``."""

import re

from reward_kit.rewards.function_calling.reading import Reader
from reward_kit.rewards.function_calling.strict_json import MAX_DEPTH, StrictJsonError, read_json

__all__ = ["gemma_call"]

_QUOTE = '<|"|>'
_CLOSER = "<tool_call|>"
_NAME = re.compile(r"\s*call:([^\s{}]+)\s*(?=\{)")
_KEY = re.compile(r"\s*([^:{}\[\],<>]+?)\s*:")
_SPACE = re.compile(r"\s*")
_LITERAL = re.compile(r"true|false|null|-?(?:0|[1-9]\d{0,4000})(?:\.\d+)?(?:[eE][+-]?\d+)?(?=\s*[,}\]])")
_LITERALS = {"true": True, "false": False, "null": None}


def gemma_call(reader: Reader, _start: int, end: int) -> int:
    """Read what follows ``<|tool_call>``."""
    name = _NAME.match(reader.text, end)
    if not name:
        reader.broken("gemma", "no name and { follow <|tool_call>")
        return end
    try:
        arguments, position = _object(reader, name.end(), 1)
    except StrictJsonError as error:
        reader.broken("gemma", f"the arguments of {name.group(1)[:60]!r}: {error.reason}")
        return max(error.position, name.end())
    position = _after_space(reader.text, position)
    if not reader.text.startswith(_CLOSER, position):
        reader.broken("gemma", f"the call of {name.group(1)[:60]!r} is not closed")
        return position
    reader.call("gemma", name.group(1), arguments)
    return position + len(_CLOSER)


def _after_space(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    return match.end() if match else position


def _object(reader: Reader, start: int, depth: int) -> tuple[dict[str, object], int]:
    """Read ``{key:value,…}`` from its opening brace on."""
    text, found = reader.text, dict[str, object]()
    position = _after_space(text, start + 1)
    while not text.startswith("}", position):
        if found:
            position = _comma(text, position)
        if text.startswith(_QUOTE, _after_space(text, position)):
            key, position = _string(reader, _after_space(text, position))
            if not text.startswith(":", position):
                raise StrictJsonError("a key has no value", position)
            position += 1
        else:
            match = _KEY.match(text, position)
            if not match:
                raise StrictJsonError("a key was expected", position)
            key, position = match.group(1), match.end()
        if key in found:
            raise StrictJsonError("an object has a key twice", position)
        found[key], position = _value(reader, position, depth + 1)
        position = _after_space(text, position)
    return found, position + 1


def _array(reader: Reader, start: int, depth: int) -> tuple[list[object], int]:
    text, found = reader.text, list[object]()
    position = _after_space(text, start + 1)
    while not text.startswith("]", position):
        if found:
            position = _comma(text, position)
        value, position = _value(reader, position, depth + 1)
        found.append(value)
        position = _after_space(text, position)
    return found, position + 1


def _comma(text: str, position: int) -> int:
    if not text.startswith(",", position):
        raise StrictJsonError("a comma was expected", position)
    return position + 1


def _value(reader: Reader, start: int, depth: int) -> tuple[object, int]:
    text, position = reader.text, _after_space(reader.text, start)
    if depth > MAX_DEPTH:
        raise StrictJsonError(f"nested deeper than {MAX_DEPTH} levels", position)
    if text.startswith(_QUOTE, position):
        return _string(reader, position)
    if text.startswith("{", position):
        return _object(reader, position, depth)
    if text.startswith("[", position):
        return _array(reader, position, depth)
    literal = _LITERAL.match(text, position)
    if literal is None:
        raise StrictJsonError("a value was expected", position)
    word = literal.group()
    return (_LITERALS[word] if word in _LITERALS else read_json(word, 0)[0]), literal.end()


def _string(reader: Reader, start: int) -> tuple[str, int]:
    end = reader.find(_QUOTE, start + len(_QUOTE))
    if end < 0:
        raise StrictJsonError("a string is not closed", start + len(_QUOTE))
    return reader.text[start + len(_QUOTE) : end], end + len(_QUOTE)
