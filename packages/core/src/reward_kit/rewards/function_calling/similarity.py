"""How near a call is to the one that is due, between 0 and 1."""

import math
from collections.abc import Mapping
from typing import Any

from reward_kit.rewards.function_calling.alternatives import choices
from reward_kit.rewards.function_calling.calls import ToolCall
from reward_kit.rewards.function_calling.equality import Strings, values_equal
from reward_kit.rewards.function_calling.ground_truth import ExpectedCall
from reward_kit.rewards.function_calling.schemas import (
    MISSING,
    Schema,
    item_schema,
    optional_default,
    property_schema,
)

__all__ = ["arguments_similarity"]


def arguments_similarity(call: ToolCall, wanted: ExpectedCall, strings: Strings) -> float:
    """Return the mean similarity of the arguments over all that either call has; 1.0 only for the same call."""
    similarity = _members(call.arguments, wanted.arguments, wanted.schema, strings, wanted.possible)
    # A sum of parts that are each right can miss what makes the whole wrong.
    return similarity if similarity < 0.99 else 1.0 if wanted.accepts(call, strings) else 0.99  # noqa: PLR2004


def _members(
    found: Mapping[str, Any],
    wanted: Mapping[str, Any],
    schema: Schema,
    strings: Strings,
    possible: Mapping[str, Any] | None = None,
) -> float:
    """Return the mean over the union of the keys. A default that is left unsaid earns and costs nothing."""
    parts: list[float] = []
    for key, value in wanted.items():
        if key not in found:
            if not _left_out(key, value, schema, possible):
                parts.append(0.0)
        elif possible is None or key not in possible:
            other = found[key]
            if type(other) is type(value) and other == value and not isinstance(value, dict | list):
                parts.append(1.0)
                continue
            inner = strings.of(key) if strings.by_parameter else strings
            parts.append(_values(other, value, property_schema(schema, key), inner))
    for key, value in found.items():
        if possible is not None and key in possible:
            own, inner = property_schema(schema, key), strings.of(key)
            listed = choices(possible, schema, key)
            parts.append(max((_values(value, choice, own, inner) for choice in listed), default=0.0))
        elif key not in wanted and not _left_out(key, value, schema, None):
            parts.append(0.0)
    return math.fsum(parts) / len(parts) if parts else 1.0


def _left_out(key: str, value: object, schema: Schema, possible: Mapping[str, Any] | None) -> bool:
    """Return whether ``key`` may be left out where it has ``value``."""
    if possible is not None and isinstance(possible.get(key), list) and "" in possible[key]:
        return True
    default = optional_default(schema, key)
    return default is not MISSING and values_equal(value, default, property_schema(schema, key))


def _values(found: object, wanted: object, schema: Schema, strings: Strings) -> float:
    if isinstance(found, dict) and isinstance(wanted, dict) and (found or wanted):
        if values_equal(found, wanted, schema, strings):
            return 1.0
        inner = strings if not strings.by_parameter else Strings(strings.match)
        possible = wanted if wanted and all(isinstance(value, list) for value in wanted.values()) else None
        plain = {key: value[0] for key, value in wanted.items() if value and value[0] != ""} if possible else wanted
        return max(_members(found, wanted, schema, inner), _members(found, plain, schema, inner, possible))
    if isinstance(found, list) and isinstance(wanted, list) and (found or wanted):
        if values_equal(found, wanted, schema, strings):
            return 1.0
        items = item_schema(schema)
        same = (_values(one, other, items, strings) for one, other in zip(found, wanted, strict=False))
        return math.fsum(same) / max(len(found), len(wanted))
    return 1.0 if values_equal(found, wanted, schema, strings) else 0.0
