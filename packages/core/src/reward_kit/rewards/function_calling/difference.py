"""Where a call first differs from the one that is due, in words."""

from collections.abc import Mapping, Sequence
from typing import Any

from reward_kit.rewards.function_calling.alternatives import choices
from reward_kit.rewards.function_calling.calls import MalformedCall, ToolCall
from reward_kit.rewards.function_calling.equality import Strings, values_equal
from reward_kit.rewards.function_calling.ground_truth import ExpectedCall
from reward_kit.rewards.function_calling.schemas import (
    MISSING,
    Schema,
    item_schema,
    optional_default,
    property_schema,
)

__all__ = ["first_difference", "names_of"]

_LONGEST = 60


def names_of(calls: Sequence[ToolCall | ExpectedCall]) -> str:
    """Return the names of calls for a sentence."""
    shown = ", ".join(_shown(call.name) for call in calls[:5])
    return f"{len(calls)} ({shown}{', …' if len(calls) > 5 else ''})" if calls else "none"  # noqa: PLR2004


def first_difference(
    calls: Sequence[ToolCall],
    malformed: Sequence[MalformedCall],
    expected: Sequence[ExpectedCall],
    matched: Sequence[int],
    strings: Strings,
) -> str:
    """Return the first reason for which the reply is not the calls that are due."""
    if malformed:
        return f"{len(malformed)} of {len(calls) + len(malformed)} attempts malformed: {malformed[0].reason}"[:300]
    if len(calls) != len(expected):
        return f"calls: found {names_of(calls)}, expected {names_of(expected)}"
    row = next((row for row, column in enumerate(matched) if column < 0), None)
    if row is None:
        return "the calls are in another order"
    open_ones = [expected[column] for column in range(len(expected)) if column not in matched]
    same = next((one for one in open_ones if one.name == calls[row].name), None)
    if same is None:
        return f"call {row + 1}: found {_shown(calls[row].name)}, expected {names_of(open_ones)}"
    return f"call {row + 1}, {_shown(same.name)}: {_arguments(calls[row].arguments, same, strings)}"


def _arguments(found: Mapping[str, Any], wanted: ExpectedCall, strings: Strings) -> str:
    possible = wanted.possible
    for key in wanted.arguments:
        if key not in found:
            return f"{_shown(key)} is missing, expected {_shown(wanted.arguments[key])}"
    for key, value in found.items():
        own = property_schema(wanted.schema, key)
        if possible is not None and key in possible:
            listed = list(choices(possible, wanted.schema, key))
            if len(listed) > 1 and not any(values_equal(value, choice, own, strings.of(key)) for choice in listed):
                return f"{_shown(key)}: found {_shown(value)}, expected one of {_shown(listed)}"
        if key not in wanted.arguments:
            default = optional_default(wanted.schema, key)
            if default is MISSING or not values_equal(value, default, own):
                return f"{_shown(key)}: found {_shown(value)}, expected nothing"
        elif difference := _difference(value, wanted.arguments[key], own, strings.of(key), _shown(key)):
            return difference
    return "the arguments differ"


def _difference(found: object, wanted: object, schema: Schema, strings: Strings, path: str) -> str:
    """Return the first difference of two values, with the path to it; empty where they are equal."""
    if values_equal(found, wanted, schema, strings):
        return ""
    if isinstance(found, dict) and isinstance(wanted, dict):
        for key, value in wanted.items():
            if key in found and (
                below := _difference(found[key], value, property_schema(schema, key), strings, f"{path}.{_shown(key)}")
            ):
                return below
    if isinstance(found, list) and isinstance(wanted, list) and len(found) == len(wanted):
        for place, (one, other) in enumerate(zip(found, wanted, strict=True)):
            if below := _difference(one, other, item_schema(schema), strings, f"{path}[{place}]"):
                return below
    return f"{path}: found {_shown(found)}, expected {_shown(wanted)}"


def _shown(value: object) -> str:
    """Return ``value`` for a sentence: short, and without characters that no text may hold."""
    text = ascii(value[:_LONGEST]) if isinstance(value, str) and not _printable(value) else f"{value!r:.{_LONGEST + 2}}"
    return text if _printable(text) else ascii(text)


def _printable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
