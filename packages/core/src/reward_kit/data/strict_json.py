"""JSON as the standard has it: no repair, no NaN or infinity, no key twice, no endless nesting.

Model output and rows of data sets are both read with this: what Python's ``json`` lets through and no other reader
does is an error everywhere.
"""

import json
import math
import re
from collections.abc import Callable
from typing import Any, NoReturn

__all__ = [
    "MAX_DEPTH",
    "JsonSyntaxError",
    "StrictJsonError",
    "problem_of",
    "read_json",
    "read_whole",
    "skip_space",
]

MAX_DEPTH = 64
"""The deepest that a call's arguments may be nested."""
_SPACE = re.compile(r"[ \t\n\r]*")
_SPACES = frozenset(" \t\n\r")


class StrictJsonError(ValueError):
    """Text is not strict JSON; ``position`` is how far it could be read, ``key`` the member at fault where known."""

    def __init__(self, problem: str, position: int, *, key: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.position = position
        self.key = key

    @property
    def reason(self) -> str:
        """What is wrong, with the key."""
        return f"{self.key[:60]!r}: {self.problem}" if self.key else self.problem


class JsonSyntaxError(StrictJsonError):
    """Text is no JSON at all, from ``position`` on."""


class _RefusedError(ValueError):
    def __init__(self, problem: str, key: str = "") -> None:
        super().__init__(problem)
        self.key = key


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                problem = "found this key twice in one object"
                raise _RefusedError(problem, key)
            seen.add(key)
    return value


def _refuse(constant: str) -> NoReturn:
    problem = f"found {constant}, which JSON does not have; expected a finite number, a string or null"
    raise _RefusedError(problem)


def _finite(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        problem = f"found the number {digits[:40]}, which is too large to hold; write it as a string"
        raise _RefusedError(problem)
    return value


_decoder = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_refuse, parse_float=_finite)
_scan: Callable[[str, int], tuple[Any, int]] = _decoder.scan_once  # type: ignore[attr-defined]  # typeshed lacks it


def skip_space(text: str, position: int) -> int:
    """Return the position of the next character that is no white space of JSON."""
    if text[position : position + 1] not in _SPACES:
        return position
    match = _SPACE.match(text, position)
    return match.end() if match else position


def read_json(text: str, start: int, *, max_depth: int | None = MAX_DEPTH) -> tuple[Any, int]:
    """Return the JSON value that begins at ``start``, and where it ends.

    Raises:
        StrictJsonError: no strict JSON begins there, or it is nested deeper than ``max_depth``.
    """
    try:
        value, end = _scan(text, start)
    except StopIteration as error:
        raise JsonSyntaxError("not JSON: Expecting value", max(error.value, start)) from None
    except json.JSONDecodeError as error:
        raise JsonSyntaxError(f"not JSON: {error.msg}", max(error.pos, start)) from None
    except _RefusedError as error:
        raise StrictJsonError(str(error), start, key=error.key) from None
    except RecursionError:
        raise StrictJsonError("not usable JSON: it is nested too deep", start) from None
    except ValueError:
        raise StrictJsonError("not usable JSON: a number has too many digits", start) from None
    # Counting brackets is cheap and bounds the depth from above; only then is it measured.
    if (
        max_depth is not None
        and end - start > max_depth
        and text.count("{", start, end) + text.count("[", start, end) > max_depth
        and _depth(value) > max_depth
    ):
        raise StrictJsonError(f"nested deeper than {max_depth} levels", start)
    return value, end


def read_whole(text: str, *, max_depth: int | None = MAX_DEPTH) -> Any:  # noqa: ANN401 - any JSON value
    """Return the JSON value that is the whole of ``text``.

    Raises:
        StrictJsonError: it is not strict JSON, or something follows it.
    """
    value, end = read_json(text, 0 if text[:1] == "{" else skip_space(text, 0), max_depth=max_depth)
    if end != len(text) and (after := skip_space(text, end)) != len(text):
        raise JsonSyntaxError("not JSON: Extra data", after)
    return value


def _depth(value: object) -> int:
    deepest = 0
    waiting = [(value, 1)]
    while waiting:
        item, depth = waiting.pop()
        deepest = max(deepest, depth)
        if isinstance(item, dict):
            waiting.extend((child, depth + 1) for child in item.values() if isinstance(child, dict | list))
        elif isinstance(item, list):
            waiting.extend((child, depth + 1) for child in item if isinstance(child, dict | list))
    return deepest


def problem_of(value: object) -> str:
    """Return why ``value``, a Python object, is no JSON data that could have been read; empty where it is."""
    waiting = [(value, 1)]
    while waiting:
        item, depth = waiting.pop()
        if depth > MAX_DEPTH:
            return f"nested deeper than {MAX_DEPTH} levels"
        if isinstance(item, dict):
            if not all(isinstance(key, str) for key in item):
                return "an object has a key that is not text"
            waiting.extend((child, depth + 1) for child in item.values())
        elif isinstance(item, list):
            waiting.extend((child, depth + 1) for child in item)
        elif isinstance(item, float):
            if not math.isfinite(item):
                return f"{item} is no JSON number"
        elif item is not None and not isinstance(item, str | int):
            return f"found {type(item).__name__}, expected JSON data"
    return ""
