"""Tell the side of a relation that names something from one that is a value."""

from reward_kit.rewards.math.equivalence.expression import Expr
from reward_kit.rewards.math.equivalence.lexer import Token
from reward_kit.rewards.math.equivalence.model import Group, Opaque, Ratio, Reading, Scalar

__all__ = ["is_name"]

_SHORTEST_APPLICATION = 4
"""Tokens of ``P(A)``."""


def is_name(found: list[Token], reading: Reading | None) -> bool:
    """Say whether a side is a name: one letter, a function of something, points, words."""
    if isinstance(reading, Scalar):
        tree = reading.value.tree
        if tree.op in {"name", "apply"} or tree.text in {"i", "e"}:
            return True
        inner = tree.args[0] if tree.op == "abs" else tree
        parts = inner.args if inner.op in {"mul", "div"} else (inner,)
        return all(part.op == "name" and part.text[0].isupper() for part in _flat(parts)) or _is_application(found)
    if isinstance(reading, Group):
        return all(isinstance(item, Scalar) and item.value.tree.op == "name" for item in reading.items)
    if isinstance(reading, Ratio):
        return all(part.value.names for part in reading.parts)
    return bool(found) and (reading is None or (not isinstance(reading, Opaque) and found[0].kind == "text"))


def _flat(parts: tuple[Expr, ...]) -> list[Expr]:
    return [leaf for part in parts for leaf in (part.args if part.op == "mul" else (part,))]


def _is_application(found: list[Token]) -> bool:
    """Say whether tokens are a letter with an argument in brackets: ``P(A)``."""
    if len(found) < _SHORTEST_APPLICATION or found[0].kind != "word" or len(found[0].text) > 1:
        return False
    return found[1].text == "(" and found[-1].text == ")" and sum(token.text == "(" for token in found) == 1
