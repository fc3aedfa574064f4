"""Tests written in JavaScript as function cases: what is called, with which JSON values, and what must come back."""

import json
import re
from collections.abc import Iterator
from typing import Any

from reward_kit.errors import DataError

__all__ = ["function_cases"]

ALIAS = re.compile(r"\b(?:let|const|var)\s+candidate\s*=\s*(\w+)\s*;")
ASSERTION = re.compile(r"\bassert\.(?:deepEqual|deepStrictEqual|equal|strictEqual)\(\s*(\w+)\(")
VARIABLE = re.compile(r"^var\s+(\w+)\s*=\s*", re.MULTILINE)
CALL = re.compile(r"(\w+)\(([\w\s,]*)\)\s*;")
DECODER = json.JSONDecoder()


def function_cases(text: str) -> dict[str, Any]:
    """Return the ground truth of assertions, or of calls whose results are compared with variables, as MBXP has them.

    Raises:
        DataError: the tests do something else, or with other values than those of JSON.
    """
    alias = ALIAS.search(text)
    try:
        cases = list(_of_assertions(text) if alias else _of_variables(text))
    except (ValueError, IndexError) as error:
        problem = f"a test in JavaScript is no call with values of JSON ({error})"
        raise DataError(problem, field="test") from None
    functions = {alias[1] if alias and function == "candidate" else function for function, _, _ in cases}
    if len(functions) != 1 or len(cases) != _count(text):
        problem = "a test in JavaScript is no call with values of JSON"
        raise DataError(problem, field="test")
    (function,) = functions
    return {
        "test_cases": [{"input": given, "expected_output": expected} for _, given, expected in cases],
        "function_to_call": function,
    }


def _count(text: str) -> int:
    """Return how many tests a text has."""
    return len(re.findall(r"\bassert\.|\bif\s*\(\s*!\s*compare\(", text))


def _of_assertions(text: str) -> Iterator[tuple[str, list[Any], Any]]:
    for found in ASSERTION.finditer(text):
        given, at = _values(text, found.end())
        if text[at] != ",":
            message = f"found {text[at : at + 20]!r} after a call"
            raise ValueError(message)
        expected, at = _value(text, at + 1)
        yield found[1], given, expected


def _of_variables(text: str) -> Iterator[tuple[str, list[Any], Any]]:
    """Give the calls whose results, ``x0`` and so on, are compared with ``v0`` and so on."""
    values: dict[str, Any] = {}
    calls: dict[str, tuple[str, list[str]]] = {}
    for found in VARIABLE.finditer(text):
        call = CALL.match(text, found.end())
        if call:
            calls[found[1]] = call[1], [name.strip() for name in call[2].split(",") if name.strip()]
        else:
            values[found[1]], _ = _value(text, found.end())
    for name, (function, arguments) in calls.items():
        expected = f"v{name[1:]}"
        if expected not in values or not set(arguments) <= set(values):
            message = f"{name!r} is compared with nothing that is known"
            raise ValueError(message)
        yield function, [values[argument] for argument in arguments], values[expected]


def _values(text: str, at: int) -> tuple[list[Any], int]:
    """Read values up to the closing parenthesis; return them and what place follows it, blanks left out."""
    found: list[Any] = []
    at = _skip(text, at)
    while text[at] != ")":
        value, at = _value(text, at)
        found.append(value)
        if text[at] == ",":
            at = _skip(text, at + 1)
    return found, _skip(text, at + 1)


def _value(text: str, at: int) -> tuple[Any, int]:
    value, at = DECODER.raw_decode(text, _skip(text, at))
    at = _skip(text, at)
    if text[at] not in ",);":
        message = f"found {text[at : at + 20]!r} after a value"
        raise ValueError(message)
    return value, at


def _skip(text: str, at: int) -> int:
    while text[at].isspace():
        at += 1
    return at
