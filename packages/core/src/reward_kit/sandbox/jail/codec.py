"""Answers as plain data: a canonical text for Python values, made inside the sandbox and read outside.

Nothing here executes what it reads, and reading is bounded: in size, in depth, in the length of numbers. Sets and
dicts travel as lists, so that the grader never builds one from what a submission chose (a megabyte of integers that
collide costs seconds of hashing).

    None, bool, str, small int    themselves, in JSON
    ["i", "0x…"]                  an int beyond 64 bits
    ["f", "0.1"]                  a float, by its shortest text; nan, inf, -inf
    ["c", real, imaginary]        a complex number, by two floats' texts
    ["b", "00ff"]                 bytes
    ["l", …] ["t", …] ["s", …]    list, tuple, set or frozenset (sorted by text)
    ["d", [key, value], …]        dict, in its own order, which arguments need; whoever compares sorts
    ["y", "int"]                  one of Python's own types, as an argument
    ["g", …]                      what is iterated rather than compared: generators, ranges, views of dicts
    ["o", name, true, handle]     anything else: the name of its type, whether it is true, and a number or null
    ["r", handle]                 the object that an earlier "o" named, on its way back

Subclasses of these travel as what they derive from (a Counter is a dict), numpy's arrays and numbers as lists and
numbers.
"""

import json
import re
from collections.abc import Callable, Generator, Iterable
from typing import Any, NoReturn, cast

__all__ = ["MAX_DEPTH", "CodecError", "decode", "encode", "to_python"]

Keep = Callable[[object], int]
Revive = Callable[[str, list[Any]], object]
MAX_DEPTH = 100
MAX_DIGITS = 20_000
"""Hexadecimal digits of an integer."""
SMALL = 1 << 63
FLOAT_TEXT = re.compile(r"-?(?:\d+\.?\d*(?:e[+-]?\d+)?|inf|nan)", re.ASCII)
ITERATED: tuple[type, ...] = (
    *map(type, ({}.keys(), {}.values(), {}.items())),
    *map(type, (iter([]), iter(()), iter(""), iter({}), iter(set()), iter(range(0)))),
    *(range, Generator, map, filter, zip, enumerate, reversed),
)
TYPES: dict[str, type] = {
    kind.__name__: kind for kind in (int, str, float, bool, list, tuple, dict, set, frozenset, bytes, complex, object)
}
TAGS = frozenset("ifcbltsdgory")


class CodecError(ValueError):
    """A value that cannot travel, or a text that is not the canonical text of a value."""


def encode(value: object, *, max_bytes: int, keep: Keep | None = None) -> bytes:
    """Return the canonical text of ``value``; ``keep`` gives the handles of objects that cannot travel.

    Raises:
        CodecError: it is too large, too deep, or contains itself.
    """
    text = _dump(_Encoder(max_bytes, keep).tree(value, 0)).encode()
    if len(text) > max_bytes:
        message = f"the value takes {len(text)} bytes, more than {max_bytes}"
        raise CodecError(message)
    return text


def decode(text: bytes, *, max_bytes: int) -> Any:  # noqa: ANN401 - the tree of any value
    """Return the tree of a text, as in the module's table, checked in every part.

    Raises:
        CodecError: it is not the canonical text of a value, or too large or deep.
    """
    if len(text) > max_bytes:
        message = f"the value takes {len(text)} bytes, more than {max_bytes}"
        raise CodecError(message)
    try:
        tree = _READER.decode(text.decode("ascii"))
        _check(tree, 0)
    except (ValueError, RecursionError) as error:
        message = f"not the text of a value: {error}"
        raise CodecError(message) from None
    return tree


def to_python(tree: Any, revive: Revive | None = None) -> Any:  # noqa: ANN401, PLR0911 - any value; a return per tag
    """Build the value of a decoded tree. For use inside a sandbox only: hashing chosen keys can be slow.

    ``revive`` gets the tags "o" and "r" with their items.
    """
    if not isinstance(tree, list):
        return tree
    tag, items = tree[0], tree[1:]
    if tag == "i":
        return int(items[0], 16)
    if tag == "f":
        return float(items[0])
    if tag == "c":
        return complex(float(items[0]), float(items[1]))
    if tag == "b":
        return bytes.fromhex(items[0])
    if tag == "d":
        return {to_python(key, revive): to_python(value, revive) for key, value in items}
    if tag == "y":
        return TYPES[items[0]]
    if tag in "or":
        return revive(tag, items) if revive else Opaque(str(items[0]), truth=True)
    values = [to_python(item, revive) for item in items]
    makers: dict[str, Callable[[list[Any]], Any]] = {"l": list, "t": tuple, "s": _set, "g": iter}
    return makers[tag](values)


class Opaque:
    """Stands for an object that could not travel: it has a type's name and a truth, and equals nothing."""

    def __init__(self, name: str, *, truth: bool, handle: int | None = None) -> None:
        self._opaque = (name, truth, handle)

    def __bool__(self) -> bool:
        return self._opaque[1]

    def __repr__(self) -> str:
        return f"<{self._opaque[0]}>"


def _set(values: list[Any]) -> Any:  # noqa: ANN401 - a set, or a list of unhashable items that cannot be one
    try:
        return set(values)
    except TypeError:
        return frozenset(repr(value) for value in values)


class _Encoder:
    def __init__(self, budget: int, keep: Keep | None) -> None:
        self._budget = budget
        self._keep = keep

    def tree(self, value: Any, depth: int) -> Any:  # noqa: ANN401, C901, PLR0911 - any value; a return per kind
        self._budget -= 1
        if depth > MAX_DEPTH or self._budget < 0:
            self._refuse()
        if value is None or value is True or value is False:
            return value
        if type(value) is int and -SMALL <= value < SMALL:
            return value
        if isinstance(value, str):
            self._budget -= len(value)
            return str.__str__(value)
        if isinstance(value, int):
            return _integer(int.__index__(value))
        if isinstance(value, float):
            return ["f", float.__repr__(value)]
        if isinstance(value, list | tuple | dict | set | frozenset) and len(value) > self._budget:
            self._refuse()
        if isinstance(value, list):
            return ["l", *[self.tree(item, depth + 1) for item in list.__iter__(value)]]
        if isinstance(value, tuple):
            return ["t", *[self.tree(item, depth + 1) for item in tuple.__iter__(value)]]
        if isinstance(value, dict):
            return self._dict(value, depth)
        if isinstance(value, set | frozenset):
            return ["s", *sorted((self.tree(item, depth + 1) for item in value), key=_dump)]
        return self._rare(value, depth)

    @staticmethod
    def _refuse() -> NoReturn:
        message = "the value is too deep, too large, or contains itself"
        raise CodecError(message)

    def _dict(self, value: dict[Any, Any], depth: int) -> list[Any]:
        return ["d", *[[self.tree(key, depth + 1), self.tree(item, depth + 1)] for key, item in dict.items(value)]]

    def _rare(self, value: Any, depth: int) -> list[Any]:  # noqa: ANN401 - any value
        kind = type(value)
        if isinstance(value, complex):
            return ["c", repr(value.real), repr(value.imag)]
        if isinstance(value, bytes | bytearray):
            self._budget -= 2 * len(value)
            return ["b", bytes(value).hex()]
        if kind.__module__ == "numpy" and callable(getattr(kind, "tolist", None)):
            return self.tree(value.tolist(), depth + 1)  # type: ignore[no-any-return]
        if kind.__module__ == "collections" and kind.__name__ == "deque":
            return ["l", *[self.tree(item, depth + 1) for item in value]]
        if isinstance(value, ITERATED):
            return ["g", *[self.tree(item, depth + 1) for item in cast("Iterable[Any]", value)]]
        if isinstance(value, type) and TYPES.get(value.__name__) is value:
            return ["y", value.__name__]
        if isinstance(value, Opaque):
            return ["r", value._opaque[2]]  # noqa: SLF001 - the class above
        return ["o", str(kind.__name__)[:100], bool(value), self._keep(value) if self._keep else None]


def _integer(value: int) -> int | list[str]:
    if -SMALL <= value < SMALL:
        return value
    if value.bit_length() > 4 * MAX_DIGITS:
        message = f"an integer of {value.bit_length()} bits, more than {4 * MAX_DIGITS}"
        raise CodecError(message)
    return ["i", hex(value)]


def _refuse(found: object) -> Any:  # noqa: ANN401 - never returns
    message = f"found {str(found)[:40]!r}"
    raise CodecError(message)


_dump = json.JSONEncoder(separators=(",", ":"), ensure_ascii=True, check_circular=False).encode
_READER = json.JSONDecoder(parse_float=_refuse, parse_constant=_refuse, object_pairs_hook=_refuse)


def _check(tree: Any, depth: int) -> None:  # noqa: ANN401 - whatever JSON gave
    if depth > MAX_DEPTH:
        _refuse("nesting too deep")
    if tree is None or isinstance(tree, (str, bool)):
        return
    if isinstance(tree, int):
        if not -SMALL <= tree < SMALL:
            _refuse("an integer that is not small")
        return
    if not isinstance(tree, list) or not tree or not isinstance(tree[0], str) or tree[0] not in TAGS:
        _refuse("a list without a tag")
    _check_tagged(tree[0], tree[1:], depth)


def _check_tagged(tag: str, items: list[Any], depth: int) -> None:  # noqa: C901 - a branch per tag
    if tag in "ltsg":
        for item in items:
            _check(item, depth + 1)
    elif tag == "d":
        for pair in items:
            if not isinstance(pair, list) or len(pair) != 2:  # noqa: PLR2004 - a key and a value
                _refuse("a dict's entry that is no pair")
            _check(pair[0], depth + 1)
            _check(pair[1], depth + 1)
    elif tag == "o":
        if [type(item) for item in items[:2]] != [str, bool] or not _is_handle(items[2:]):
            _refuse("an object without name, truth and handle")
    elif tag == "r":
        if not _is_handle(items):
            _refuse("a reference without handle")
    elif tag == "y":
        if len(items) != 1 or not isinstance(items[0], str) or items[0] not in TYPES:
            _refuse("a type that is not Python's own")
    elif not _is_scalar(tag, items):
        _refuse(f"a malformed {tag!r}")


def _is_handle(items: list[Any]) -> bool:
    return len(items) == 1 and (items[0] is None or type(items[0]) is int)


def _is_scalar(tag: str, items: list[Any]) -> bool:
    if len(items) != (2 if tag == "c" else 1) or not all(isinstance(item, str) for item in items):
        return False
    if tag == "i":
        return re.fullmatch(r"-?0x[0-9a-f]{1,%d}" % (MAX_DIGITS + 1), items[0], re.ASCII) is not None  # noqa: UP031 - braces
    if tag == "b":
        return re.fullmatch(r"(?:[0-9a-f]{2})*", items[0], re.ASCII) is not None
    return all(len(item) < 400 and FLOAT_TEXT.fullmatch(item) for item in items)  # noqa: PLR2004
