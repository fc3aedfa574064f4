"""JSON as the standard has it: no repair, no NaN or infinity, no key twice, no endless nesting."""

import json
import math
import re
from collections.abc import Callable
from typing import Any, NoReturn

__all__ = ["MAX_DEPTH", "StrictJsonError", "problem_of", "read_json", "read_whole", "skip_space"]

MAX_DEPTH = 64
_SPACE = re.compile(r"[ \t\n\r]*")
_SPACES = frozenset(" \t\n\r")


class StrictJsonError(ValueError):
    """Text is not strict JSON; ``position`` is how far it could be read."""

    def __init__(self, reason: str, position: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.position = position


class _RefusedError(ValueError):
    pass


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        message = "an object has a key twice"
        raise _RefusedError(message)
    return value


def _refuse(constant: str) -> NoReturn:
    message = f"{constant} is no JSON number"
    raise _RefusedError(message)


def _finite(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        message = f"the number {digits[:20]} is too large"
        raise _RefusedError(message)
    return value


_decoder = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_refuse, parse_float=_finite)
_scan: Callable[[str, int], tuple[Any, int]] = _decoder.scan_once  # type: ignore[attr-defined]  # typeshed lacks it


def skip_space(text: str, position: int) -> int:
    """Return the position of the next character that is no white space of JSON."""
    if text[position : position + 1] not in _SPACES:
        return position
    match = _SPACE.match(text, position)
    return match.end() if match else position


def read_json(text: str, start: int) -> tuple[Any, int]:
    """Return the JSON value that begins at ``start``, and where it ends.

    Raises:
        StrictJsonError: no strict JSON begins there.
    """
    try:
        value, end = _scan(text, start)
    except StopIteration as error:
        raise StrictJsonError("not JSON: no value begins here", max(error.value, start)) from None
    except json.JSONDecodeError as error:
        raise StrictJsonError(f"not JSON: {error.msg}", max(error.pos, start)) from None
    except _RefusedError as error:
        raise StrictJsonError(str(error), start) from None
    except RecursionError:
        raise StrictJsonError(f"nested deeper than {MAX_DEPTH} levels", start) from None
    except ValueError:
        raise StrictJsonError("a number has too many digits", start) from None
    # Counting brackets is cheap and bounds the depth from above; only then is it measured.
    if (
        end - start > MAX_DEPTH
        and text.count("{", start, end) + text.count("[", start, end) > MAX_DEPTH
        and _depth(value) > MAX_DEPTH
    ):
        raise StrictJsonError(f"nested deeper than {MAX_DEPTH} levels", start)
    return value, end


def read_whole(text: str) -> Any:  # noqa: ANN401 - any JSON value
    """Return the JSON value that is the whole of ``text``.

    Raises:
        StrictJsonError: it is not strict JSON, or something follows it.
    """
    value, end = read_json(text, 0 if text[:1] == "{" else skip_space(text, 0))
    if end != len(text) and skip_space(text, end) != len(text):
        raise StrictJsonError("something follows the JSON", end)
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
