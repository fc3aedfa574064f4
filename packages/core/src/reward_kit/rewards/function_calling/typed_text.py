"""Values that a format writes as bare text: typed by the tool's schema, and by nothing else."""

import re

from reward_kit.data.strict_json import StrictJsonError, read_whole
from reward_kit.rewards.function_calling.schemas import Schema, types

__all__ = ["typed_value"]

_INTEGER = re.compile(r"-?(?:0|[1-9]\d{0,4000})")

# Bare text is no JSON: Python's spelling is as clear as JSON's where the schema asks for a truth value.
_TRUTH = {"true": True, "false": False, "True": True, "False": False}


def typed_value(text: str, schema: Schema) -> object:
    """Return ``text`` as the type that ``schema`` declares; as text where it declares none or text does not fit.

    >>> typed_value("007", {"type": "string"}), typed_value("7", {"type": "integer"}), typed_value("7", {})
    ('007', 7, '7')
    """
    declared = types(schema)
    if "null" in declared and text.strip() == "null":
        return None
    if not declared or "string" in declared:
        return text
    bare = text.strip()
    if "boolean" in declared and bare in _TRUTH:
        return _TRUTH[bare]
    if "integer" in declared and _INTEGER.fullmatch(bare):
        return int(bare)
    try:
        value = read_whole(bare)
    except StrictJsonError:
        return text
    return value if _fits(value, declared) else text


def _fits(value: object, declared: tuple[str, ...]) -> bool:
    if isinstance(value, bool):
        return "boolean" in declared
    if isinstance(value, int | float):
        return "number" in declared or "integer" in declared
    if isinstance(value, list):
        return "array" in declared
    return isinstance(value, dict) and "object" in declared
