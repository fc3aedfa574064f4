"""When two values of an argument are the same: as JSON data, under the tool's schema, and no looser."""

import math
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from reward_kit.errors import UsageError
from reward_kit.rewards.function_calling.schemas import (
    ANY,
    MISSING,
    Schema,
    item_schema,
    optional_default,
    property_schema,
)

__all__ = ["EXACT", "StringMatch", "Strings", "arguments_equal", "same_text", "string_matching", "values_equal"]

StringMatch = Literal["exact", "casefold"] | Callable[[str, str], bool]
_RELATIVE = 1e-9


@dataclass(frozen=True, slots=True)
class Strings:
    """How texts are compared: ``match`` in general, ``by_parameter`` for single parameters of a call."""

    match: StringMatch = "exact"
    by_parameter: Mapping[str, StringMatch] = field(default_factory=dict)

    def of(self, parameter: str) -> "Strings":
        """Return how texts are compared inside the value of ``parameter``."""
        own = self.by_parameter.get(parameter)
        return self if own is None else Strings(own)


EXACT = Strings()


def string_matching(option: StringMatch | Mapping[str, StringMatch] | Strings) -> Strings:
    """Return what the option ``string_match`` of a reward stands for.

    Raises:
        UsageError: it stands for nothing.
    """
    if option == "exact":
        return EXACT
    if isinstance(option, Strings):
        return option
    if isinstance(option, Mapping):
        return Strings(by_parameter={name: _known(value) for name, value in option.items()})
    return Strings(_known(option))


def _known(option: StringMatch) -> StringMatch:
    if option in ("exact", "casefold") or callable(option):
        return option
    message = f"found string_match={option!r}, expected 'exact', 'casefold', a function of two texts, or a dict"
    raise UsageError(message)


def values_equal(found: object, wanted: object, schema: Schema = ANY, strings: Strings = EXACT) -> bool:
    """Return whether ``found`` is the value ``wanted``.

    A truth value is no number; 5 and 5.0 are the same; floats agree to 1e-9; texts are compared after Unicode's
    NFC; arrays are ordered unless their items are unique by schema; null is not the same as nothing.

    >>> values_equal(5, 5.0), values_equal(1, True), values_equal("007", "7")
    (True, False, False)
    """
    if isinstance(wanted, str):
        return isinstance(found, str) and (found == wanted or _alike(found, wanted, schema, strings))
    if wanted is None or wanted is True or wanted is False:
        return found is wanted
    if isinstance(wanted, (int, float)):
        return _numbers_equal(found, wanted)
    if isinstance(wanted, list):
        return isinstance(found, list) and _arrays_equal(found, wanted, schema, strings)
    if isinstance(wanted, dict):
        return isinstance(found, dict) and _objects_equal(found, wanted, schema, strings)
    return False


def arguments_equal(
    found: Mapping[str, Any], wanted: Mapping[str, Any], schema: Schema = ANY, strings: Strings = EXACT
) -> bool:
    """Return whether two calls have the same arguments; a missing optional one counts as its declared default."""
    present = 0
    for key, value in wanted.items():
        if key in found:
            present += 1
            other = found[key]
            kind = type(value)
            if type(other) is kind and other == value and kind is not dict and kind is not list:
                continue
            own = strings.of(key) if strings.by_parameter else strings
            if not values_equal(other, value, property_schema(schema, key), own):
                return False
        elif not _is_default(value, schema, key):
            return False
    return present == len(found) or all(
        key in wanted or _is_default(value, schema, key) for key, value in found.items()
    )


def _objects_equal(found: Mapping[str, Any], wanted: Mapping[str, Any], schema: Schema, strings: Strings) -> bool:
    plain = strings if not strings.by_parameter else Strings(strings.match)
    return arguments_equal(found, wanted, schema, plain)


def _is_default(value: object, schema: Schema, key: str) -> bool:
    default = optional_default(schema, key)
    return default is not MISSING and values_equal(value, default, property_schema(schema, key))


def _numbers_equal(found: object, wanted: float) -> bool:
    if found is True or found is False or not isinstance(found, (int, float)):
        return False
    if found == wanted:
        return True
    return (
        isinstance(found, float)
        and isinstance(wanted, float)
        and math.isclose(found, wanted, rel_tol=_RELATIVE, abs_tol=0.0)
    )


def _arrays_equal(found: list[Any], wanted: list[Any], schema: Schema, strings: Strings) -> bool:
    if len(found) != len(wanted):
        return False
    items = item_schema(schema)
    if schema.get("uniqueItems") is not True:
        return all(values_equal(one, other, items, strings) for one, other in zip(found, wanted, strict=True))
    left = list(wanted)
    for one in found:
        place = next((place for place, other in enumerate(left) if values_equal(one, other, items, strings)), None)
        if place is None:
            return False
        del left[place]
    return True


def _alike(found: str, wanted: str, schema: Schema, strings: Strings) -> bool:
    if "enum" in schema or strings.match == "exact":
        return same_text(found, wanted)
    if strings.match == "casefold":
        return same_text(found.casefold(), wanted.casefold())
    return callable(strings.match) and bool(strings.match(found, wanted))


def same_text(found: str, wanted: str) -> bool:
    """Return whether two texts are canonically the same characters."""
    if found == wanted:
        return True
    if found.isascii() and wanted.isascii():
        return False
    return unicodedata.normalize("NFC", found) == unicodedata.normalize("NFC", wanted)
