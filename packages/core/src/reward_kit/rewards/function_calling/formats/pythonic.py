"""Calls in Python's syntax: ``[f(x=1), g(y="a")]``. Parsed, never run: names, keywords and literals only."""

import ast
import math
import warnings

from reward_kit.data.strict_json import MAX_DEPTH
from reward_kit.rewards.function_calling.calls import MalformedCall, ToolCall
from reward_kit.rewards.function_calling.formats.tagged_json import note
from reward_kit.rewards.function_calling.reading import Reader

__all__ = ["pythonic_block", "pythonic_until", "read_pythonic"]

_LONGEST = 16_384
"""Python's own parser is not linear in time and memory; no honest call is as long."""


class _RefusedError(ValueError):
    pass


def pythonic_block(reader: Reader, _start: int, end: int) -> int:
    """Read what stands between Llama 4's ``<|python_start|>`` and its end."""
    return pythonic_until(reader, end, ("<|python_end|>", "<|tool_call_end|>"), "pythonic")


def pythonic_until(reader: Reader, start: int, closers: tuple[str, ...], layout: str) -> int:
    """Read calls from ``start`` to the nearest of ``closers``, or to the end of the text."""
    ends = [(found, len(closer)) for closer in closers if (found := reader.find(closer, start)) >= 0]
    end, length = min(ends, default=(len(reader.text), 0))
    calls = read_pythonic(reader.text[start:end])
    note(reader, layout, [MalformedCall("neither JSON nor a call follows the marker")] if calls is None else calls)
    return end + length


def read_pythonic(text: str) -> list[ToolCall | MalformedCall] | None:
    """Return the calls that all of ``text`` is, or None where it is none."""
    tree = _parse(text)
    if tree is None:
        return None
    items = tree.elts if isinstance(tree, ast.List | ast.Tuple) else [tree]
    if not items or not any(isinstance(item, ast.Call) for item in items):
        return None
    return [_call(item) for item in items]


def _parse(text: str) -> ast.expr | None:
    if len(text) > _LONGEST or "(" not in text:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _call(node: ast.expr) -> ToolCall | MalformedCall:
    if not isinstance(node, ast.Call):
        return MalformedCall("a list of calls has something else in it")
    name = _name(node.func)
    if not name:
        return MalformedCall("what is called is not a name")
    if node.args:
        return MalformedCall(f"the call of {name[:60]!r} has an argument without a name")
    arguments: dict[str, object] = {}
    try:
        for keyword in node.keywords:
            if keyword.arg is None or keyword.arg in arguments:
                return MalformedCall(f"the call of {name[:60]!r} has an argument twice or unpacked")
            arguments[keyword.arg] = _literal(keyword.value, 1)
    except _RefusedError as error:
        return MalformedCall(f"the call of {name[:60]!r}: {error}")
    return ToolCall(name, arguments)


def _name(node: ast.expr) -> str:
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join(reversed([*parts, node.id])) if isinstance(node, ast.Name) else ""


def _literal(node: ast.expr, depth: int) -> object:
    if depth > MAX_DEPTH:
        message = f"nested deeper than {MAX_DEPTH} levels"
        raise _RefusedError(message)
    if isinstance(node, ast.Constant):
        return _constant(node.value)
    if isinstance(node, ast.Name) and node.id in {"true", "false", "null"}:
        return {"true": True, "false": False, "null": None}[node.id]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        value = _literal(node.operand, depth + 1)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return -value
    if isinstance(node, ast.List | ast.Tuple):
        return [_literal(item, depth + 1) for item in node.elts]
    if isinstance(node, ast.Dict):
        members: dict[str, object] = {}
        for key, item in zip(node.keys, node.values, strict=True):
            if not isinstance(key, ast.Constant) or not isinstance(key.value, str) or key.value in members:
                message = "an object has a key that is not text, or twice"
                raise _RefusedError(message)
            members[key.value] = _literal(item, depth + 1)
        return members
    message = "an argument is not a literal"
    raise _RefusedError(message)


def _constant(value: object) -> object:
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    message = "an argument is no JSON data"
    raise _RefusedError(message)
