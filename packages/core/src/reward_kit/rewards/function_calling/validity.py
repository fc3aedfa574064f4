"""Whether arguments fit the schema of their tool, for the part of JSON Schema that tools use.

Understood: ``type``, ``enum``, ``const``, ``required``, ``properties``, ``additionalProperties``, ``items``, the
bounds of numbers, lengths and items, ``uniqueItems``, ``anyOf``, ``oneOf`` and ``allOf``. Not covered, and so never
a breach: ``pattern``, ``format``, ``not``, ``if``. ``json_schema_reward`` has all of JSON Schema.
"""

from collections.abc import Mapping
from typing import Any

from reward_kit.rewards.function_calling.equality import values_equal
from reward_kit.rewards.function_calling.schemas import Schema, property_schema, types

__all__ = ["fits"]


def fits(value: object, schema: Schema) -> bool:
    """Return whether ``value`` fits ``schema``."""
    if not schema:
        return True
    if "type" in schema and not any(_is(value, name) for name in types(schema)):
        return False
    if "const" in schema and not values_equal(value, schema["const"]):
        return False
    if isinstance(schema.get("enum"), list) and not any(values_equal(value, member) for member in schema["enum"]):
        return False
    if isinstance(value, dict):
        inside = _object_fits(value, schema)
    elif isinstance(value, list):
        inside = _array_fits(value, schema)
    elif isinstance(value, str):
        inside = _within(len(value), schema, "minLength", "maxLength")
    elif isinstance(value, int | float) and not isinstance(value, bool):
        inside = _number_fits(value, schema)
    else:
        inside = True
    return inside and _members_fit(value, schema)


def _is(value: object, name: str) -> bool:
    match name:
        case "string":
            return isinstance(value, str)
        case "integer":
            return not isinstance(value, bool) and (
                isinstance(value, int) or (isinstance(value, float) and value.is_integer())
            )
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "boolean":
            return isinstance(value, bool)
        case "null":
            return value is None
        case "array":
            return isinstance(value, list)
        case "object":
            return isinstance(value, dict)
    return True


def _object_fits(value: Mapping[str, Any], schema: Schema) -> bool:
    if any(name not in value for name in schema.get("required", ())):
        return False
    properties = schema.get("properties") or {}
    if schema.get("additionalProperties") is False and any(key not in properties for key in value):
        return False
    return all(fits(item, property_schema(schema, key)) for key, item in value.items())


def _array_fits(value: list[Any], schema: Schema) -> bool:
    if not _within(len(value), schema, "minItems", "maxItems"):
        return False
    if schema.get("uniqueItems") is True and any(
        values_equal(one, other) for place, one in enumerate(value) for other in value[:place]
    ):
        return False
    items = schema.get("items")
    return not isinstance(items, dict) or all(fits(item, items) for item in value)


def _number_fits(value: float, schema: Schema) -> bool:
    above, below = _bound(schema, "exclusiveMinimum"), _bound(schema, "exclusiveMaximum")
    if (above is not None and value <= above) or (below is not None and value >= below):
        return False
    return _within(value, schema, "minimum", "maximum")


def _within(size: float, schema: Schema, least: str, most: str) -> bool:
    low, high = _bound(schema, least), _bound(schema, most)
    return (low is None or size >= low) and (high is None or size <= high)


def _bound(schema: Schema, key: str) -> float | None:
    value = schema.get(key)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _members_fit(value: object, schema: Schema) -> bool:
    for key in ("anyOf", "oneOf"):
        members = schema.get(key)
        if isinstance(members, list) and members and not any(fits(value, member) for member in members):
            return False
    every = schema.get("allOf")
    return not isinstance(every, list) or all(fits(value, member) for member in every)
