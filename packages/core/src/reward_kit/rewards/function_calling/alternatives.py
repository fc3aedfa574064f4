"""Possible answers in the form of BFCL: for each parameter a list of values, any of which is right.

``""`` in such a list means that an optional parameter may be left out; it is a value only where it must be given.
"""

from collections.abc import Mapping
from typing import Any

from reward_kit.rewards.function_calling.equality import Strings, values_equal
from reward_kit.rewards.function_calling.schemas import (
    MISSING,
    Schema,
    item_schema,
    optional_default,
    property_schema,
)

__all__ = ["accepts", "canonical", "choices"]


def accepts(found: Mapping[str, Any], possible: Mapping[str, Any], schema: Schema, strings: Strings) -> bool:
    """Return whether the members of an object are each one of the possible values."""
    for key, value in found.items():
        listed = possible.get(key)
        if type(listed) is list and type(value) is str and value and value in listed:
            continue  # the common case: the very same text
        if key not in possible:
            default = optional_default(schema, key)
            if default is MISSING or not values_equal(value, default, property_schema(schema, key)):
                return False
        else:
            own = property_schema(schema, key)
            inner = strings.of(key) if strings.by_parameter else strings
            for choice in choices(possible, schema, key):
                if _is(value, choice, own, inner):
                    break
            else:
                return False
    return all(key in found or _may_be_absent(possible, schema, key) for key in possible)


def choices(possible: Mapping[str, Any], schema: Schema, key: str) -> list[Any]:
    """Return the possible values of ``key``."""
    listed = possible[key]
    if not isinstance(listed, list):
        return [listed]
    if "" not in listed or key in schema.get("required", ()):
        return listed
    return [choice for choice in listed if choice != ""]


def _may_be_absent(possible: Mapping[str, Any], schema: Schema, key: str) -> bool:
    listed = possible[key]
    if isinstance(listed, list) and "" in listed:
        return key not in schema.get("required", ())
    default = optional_default(schema, key)
    own = property_schema(schema, key)
    return default is not MISSING and any(
        values_equal(default, choice, own) for choice in choices(possible, schema, key)
    )


def _is(value: object, choice: object, schema: Schema, strings: Strings) -> bool:
    if isinstance(choice, dict):
        return isinstance(value, dict) and accepts(value, choice, schema, strings)
    if isinstance(choice, list) and any(isinstance(item, Mapping | list) for item in choice):
        items = item_schema(schema)
        return (
            isinstance(value, list)
            and len(value) == len(choice)
            and all(_is(one, other, items, strings) for one, other in zip(value, choice, strict=True))
        )
    return values_equal(value, choice, schema, strings)


def canonical(possible: Mapping[str, Any], schema: Schema) -> dict[str, Any]:
    """Return the first of the possible objects: every first choice, without what is listed as absent first."""
    found: dict[str, Any] = {}
    for key, listed in possible.items():
        if isinstance(listed, list) and listed and listed[0] == "" and key not in schema.get("required", ()):
            continue
        first = next(iter(choices(possible, schema, key)), MISSING)
        if first is not MISSING:
            found[key] = _plain(first, property_schema(schema, key))
    return found


def _plain(choice: object, schema: Schema) -> object:
    if isinstance(choice, dict):
        return canonical(choice, schema)
    if isinstance(choice, list):
        return [_plain(item, item_schema(schema)) for item in choice]
    return choice
