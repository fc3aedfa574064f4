"""One test of a list: what goes in and what must come out, as plain data or its JSON text."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reward_kit.errors import GradingError
from reward_kit.sandbox.jail.codec import encode
from reward_kit.sandbox.model import Call, Stdin

__all__ = ["CallCase", "OutputCase", "as_text", "call_case", "output_of"]

MAX_TRUTH = 256 << 20
OUTPUT_KEYS = ("expected_output", "output", "expected_stdout", "stdout", "expected")


@dataclass(frozen=True, slots=True)
class OutputCase:
    """Text in, text out."""

    stdin: Stdin
    expected: str


@dataclass(frozen=True, slots=True)
class CallCase:
    """Arguments in, a value out; any of ``expected`` will do, each as a tree of the codec."""

    call: Call
    expected: tuple[Any, ...]


def output_of(item: Mapping[str, Any]) -> Any:  # noqa: ANN401 - plain data
    """Return what a test expects, by any of the names for it.

    Raises:
        GradingError: it expects nothing.
    """
    for key in OUTPUT_KEYS:
        if key in item:
            return item[key]
    message = f"found a test with {sorted(item)}, expected an expected_output"
    raise GradingError(message)


def as_text(value: object) -> str:
    """Return standard input or output as text; a list is its lines."""
    if value is None:
        return ""
    if isinstance(value, list):
        return "\n".join(as_text(item) for item in value)
    return value if isinstance(value, str) else json.dumps(value)


def call_case(item: Mapping[str, Any], function: str, *, wrapped: bool) -> CallCase:
    """Return the call of ``function`` that a test asks for, and what may come of it."""
    given, textual = _arguments(item.get("input"))
    call = Call(function=function, kwargs=given) if isinstance(given, dict) else Call(function=function, args=given)
    expected = output_of(item)
    wanted = [expected]
    if isinstance(expected, str):
        try:
            wanted.insert(0, json.loads(expected))
        except ValueError:
            pass
        else:
            wanted = wanted[:1] if textual else wanted
    if wrapped and isinstance(expected, list) and len(expected) == 1:
        wanted.append(expected[0])  # APPS writes the value in a list of one
    return CallCase(call, tuple(_tree(value) for value in wanted))


def _tree(value: object) -> Any:  # noqa: ANN401 - a tree
    return json.loads(encode(value, max_bytes=MAX_TRUTH))


def _arguments(given: object) -> tuple[Any, bool]:
    """Return the arguments of a call, and whether they came as text."""
    if not isinstance(given, str):
        return (given if isinstance(given, list | dict) else [] if given is None else [given]), False
    try:
        found = json.loads(given)
    except ValueError:
        lines = [line for line in given.split("\n") if line.strip()]
        try:
            return [json.loads(line) for line in lines], True
        except ValueError:
            message = f"found the input {given[:80]!r} of a function, expected JSON"
            raise GradingError(message) from None
    return (found if isinstance(found, list | dict) else [found]), True
