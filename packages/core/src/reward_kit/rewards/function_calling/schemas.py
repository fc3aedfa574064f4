"""Tools, in the many dialects that data sets write, as JSON Schema by name.

Understood: OpenAI's and Anthropic's objects, bare functions, BFCL's type names (``dict``, ``float``, ``tuple``,
``any``), Python's (``List[int]``) and xLAM's flat parameters (``{"city": {"type": "str, optional", "default": ""}}``).
Not covered: references to other documents, and references that lead back to themselves.
"""

import marshal
from collections.abc import Iterator, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from reward_kit.data.strict_json import StrictJsonError, read_whole

__all__ = [
    "ANY",
    "MISSING",
    "Schema",
    "additional",
    "declared_types",
    "item_schema",
    "normalize_tools",
    "normalized",
    "optional_default",
    "property_schema",
    "types",
]

Schema = Mapping[str, Any]
ANY: Schema = MappingProxyType({})
"""The schema that everything fits."""
MISSING = object()

_TYPES = {
    "dict": "object", "object": "object", "hashmap": "object", "map": "object", "mapping": "object",
    "list": "array", "array": "array", "tuple": "array", "set": "array", "sequence": "array", "arraylist": "array",
    "str": "string", "string": "string", "char": "string",
    "int": "integer", "integer": "integer", "long": "integer",
    "float": "number", "number": "number", "double": "number", "decimal": "number",
    "bool": "boolean", "boolean": "boolean", "none": "null", "null": "null", "nonetype": "null",
}  # fmt: skip
_UNTYPED = frozenset({"any", "object or any", ""})
_MAX_DEPTH = 32
_CACHED = 512


def normalize_tools(tools: Any) -> Mapping[str, Schema]:  # noqa: ANN401 - a list, one tool, or their JSON
    """Return the parameters of each tool as JSON Schema, by the tool's name. Equal tools are normalised once.

    ``tools`` is a list, one tool, or the JSON text of either; what cannot be understood is left out.

    >>> normalize_tools([{"name": "f", "parameters": {"type": "dict", "properties": {"x": {"type": "float"}}}}])
    {'f': {'type': 'object', 'properties': {'x': {'type': 'number'}}}}
    """
    if tools is None:
        return {}
    try:
        # Version 2 has no references in it, so that equal tools have equal bytes.
        key = tools if isinstance(tools, str) else marshal.dumps(tools, 2)
    except ValueError:
        return _by_name(tools)
    return _cached(key)


@lru_cache(maxsize=_CACHED)
def _cached(key: str | bytes) -> Mapping[str, Schema]:
    if isinstance(key, bytes):
        return _by_name(marshal.loads(key))  # noqa: S302 - written a moment ago by this process
    try:
        return _by_name(read_whole(key))
    except StrictJsonError:
        return {}


def _by_name(tools: object) -> Mapping[str, Schema]:
    found: dict[str, Schema] = {}
    for tool in tools if isinstance(tools, list | tuple) else [tools]:
        if not isinstance(tool, Mapping):
            continue
        function = tool.get("function")
        inner = function if isinstance(function, Mapping) else tool
        name = inner.get("name")
        if isinstance(name, str):
            parameters = inner.get("parameters", inner.get("input_schema", inner.get("arguments")))
            found[name] = _parameters(parameters)
    return found


def _parameters(raw: object) -> Schema:
    if not isinstance(raw, Mapping) or not raw:
        return {"type": "object", "properties": {}}
    if isinstance(raw.get("properties"), Mapping) or raw.get("type") in {"object", "dict"} or "$ref" in raw:
        return normalized(raw)
    if not all(isinstance(value, Mapping) for value in raw.values()):
        return {"type": "object"}
    return normalized({"type": "object", "properties": raw, "required": _flat_required(raw)})


def normalized(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return one schema, of any dialect, as JSON Schema without references."""
    return _schema(raw, {**_mapping(raw.get("definitions")), **_mapping(raw.get("$defs"))}, 0)


def _flat_required(properties: Mapping[str, Any]) -> list[str]:
    """Return which parameters of a flat description must be given: those neither optional nor with a default."""
    return [
        name
        for name, value in properties.items()
        if "default" not in value and value.get("required") is not False and "optional" not in str(value.get("type"))
    ]


def _schema(raw: object, definitions: Mapping[str, Any], depth: int) -> dict[str, Any]:
    if not isinstance(raw, Mapping) or depth > _MAX_DEPTH:
        return {}
    reference = raw.get("$ref")
    if isinstance(reference, str):
        target = definitions.get(reference.rpartition("/")[2])
        rest = {key: value for key, value in raw.items() if key != "$ref"}
        raw = {**target, **rest} if isinstance(target, Mapping) else rest
        # A reference that leads back to itself ends soon.
        depth += _MAX_DEPTH // 4
    schema: dict[str, Any] = {}
    for key, value in _one_member(raw).items():
        schema |= _keyword(key, value, definitions, depth + 1)
    return schema


def _keyword(key: str, value: object, definitions: Mapping[str, Any], depth: int) -> dict[str, Any]:
    """Return one keyword of a schema, normalised."""
    if key == "type":
        return _type(value)
    if key in {"properties", "patternProperties"} and isinstance(value, Mapping):
        return {key: {str(name): _schema(item, definitions, depth) for name, item in value.items()}}
    if key in {"items", "additionalProperties"} and isinstance(value, Mapping):
        return {key: _schema(value, definitions, depth)}
    if key in {"anyOf", "oneOf", "allOf"} and isinstance(value, list):
        return {key: [_schema(item, definitions, depth) for item in value]}
    if key == "required":
        return {key: [name for name in value if isinstance(name, str)]} if isinstance(value, list) else {}
    return {} if key in {"$defs", "definitions"} else {key: value}


def _one_member(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """Fold ``anyOf: [X, null]`` and ``allOf: [X]`` into X, so that defaults below it are seen."""
    for key in ("anyOf", "oneOf", "allOf"):
        members = raw.get(key)
        if not isinstance(members, list) or "type" in raw or "properties" in raw:
            continue
        real = [member for member in members if isinstance(member, Mapping) and member.get("type") != "null"]
        if len(real) != 1 or "$ref" in real[0]:
            continue
        rest = {name: value for name, value in raw.items() if name != key}
        stated = real[0].get("type")
        if key != "allOf" and len(real) < len(members) and stated is not None:
            stated = [*(stated if isinstance(stated, list) else [stated]), "null"]
        return {**real[0], **rest, **({} if stated is None else {"type": stated})}
    return raw


def _type(value: object) -> dict[str, Any]:
    """Return ``type``, and ``items`` where the name of the type says what is in it."""
    if isinstance(value, list):
        names = [name for item in value if isinstance(item, str) for name in _names(item)]
        return {"type": names} if names and len(names) >= len(value) else {}
    if not isinstance(value, str):
        return {}
    names = _names(value)
    found: dict[str, Any] = {"type": names[0] if len(names) == 1 else names} if names else {}
    outer, _, inner = value.strip().partition("[")
    if names == ["array"] and inner.endswith("]") and outer.strip().lower() != "tuple" and _names(inner[:-1]):
        found["items"] = _type(inner[:-1])
    return found


def _names(text: str) -> list[str]:
    """Return the types of JSON Schema that a name like ``str, optional`` or ``Union[int, str]`` stands for."""
    text = text.strip().lower().removesuffix("optional").rstrip(" ,")
    outer, bracket, inner = text.partition("[")
    if bracket and inner.endswith("]"):
        if outer in {"union", "optional"}:
            parts = [name for part in inner[:-1].split(",") for name in _names(part)]
            return [*parts, "null"] if outer == "optional" and parts else parts
        text = outer
    if "|" in text or " or " in text:
        return [name for part in text.replace(" or ", "|").split("|") for name in _names(part)]
    if text in _UNTYPED:
        return []
    name = _TYPES.get(text.split("(")[0].split("<")[0].strip())
    return [name] if name else []


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def types(schema: Schema) -> tuple[str, ...]:
    """Return the types that ``schema`` allows by name; none where it allows any."""
    stated = schema.get("type")
    if isinstance(stated, str):
        return (stated,)
    if isinstance(stated, list):
        return tuple(stated)
    members = schema.get("anyOf") or schema.get("oneOf")
    if isinstance(members, list):
        each = [types(member) for member in members]
        return tuple(name for names in each for name in names) if all(each) else ()
    return ()


def declared_types(schema: Schema, path: str = "") -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the path and the types of everything that ``schema`` declares: ``a.b``, ``a[]``, ``a[pattern]``."""
    found = [(f"{path}.{key}" if path else key, own) for key, own in _mapping(schema.get("properties")).items()]
    found += [(f"{path}[{key}]", own) for key, own in _mapping(schema.get("patternProperties")).items()]
    if items := item_schema(schema):
        found.append((f"{path}[]", items))
    for here, own in found:
        yield here, types(own)
        yield from declared_types(own, here)


def property_schema(schema: Schema, key: str) -> Schema:
    """Return the schema of the member ``key`` of an object."""
    properties = schema.get("properties")
    if properties is not None and key in properties:
        return properties[key]  # type: ignore[no-any-return]
    return additional(schema)


def additional(schema: Schema) -> Schema:
    """Return the schema of members that are not listed."""
    found = schema.get("additionalProperties")
    return found if isinstance(found, dict) else ANY


def item_schema(schema: Schema) -> Schema:
    """Return the schema of the items of an array."""
    found = schema.get("items")
    return found if isinstance(found, dict) else ANY


def optional_default(schema: Schema, key: str) -> object:
    """Return the default that is declared for ``key`` where it need not be given, else ``MISSING``."""
    properties = schema.get("properties")
    if properties is None or key not in properties or key in schema.get("required", ()):
        return MISSING
    return properties[key].get("default", MISSING)
