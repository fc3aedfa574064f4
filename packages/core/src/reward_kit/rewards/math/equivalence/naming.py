"""Tell the side of a relation that names something from one that is a value."""

import re

from reward_kit.rewards.math.equivalence.expression import Expr
from reward_kit.rewards.math.equivalence.lexer import Token
from reward_kit.rewards.math.equivalence.model import Group, Opaque, Ratio, Reading, Scalar
from reward_kit.rewards.math.equivalence.splitting import text_of

__all__ = ["is_name"]


def is_name(found: list[Token], reading: Reading | None) -> bool:
    """Say whether a side is a name: one letter, a function of something, points, words."""
    if isinstance(reading, Scalar):
        tree = reading.value.tree
        if tree.op in {"name", "apply"} or tree.text in {"i", "e"}:
            return True
        inner = tree.args[0] if tree.op == "abs" else tree
        parts = inner.args if inner.op in {"mul", "div"} else (inner,)
        return all(part.op == "name" and part.text[0].isupper() for part in _flat(parts)) or _is_application(
            text_of(found)
        )
    if isinstance(reading, Group):
        return all(isinstance(item, Scalar) and item.value.tree.op == "name" for item in reading.items)
    if isinstance(reading, Ratio):
        return all(part.value.names for part in reading.parts)
    return bool(found) and (reading is None or (not isinstance(reading, Opaque) and found[0].kind == "text"))


def _flat(parts: tuple[Expr, ...]) -> list[Expr]:
    return [leaf for part in parts for leaf in (part.args if part.op == "mul" else (part,))]


_APPLICATION = re.compile(r"[A-Za-z](?:\^\{?-1\}?|'{1,3}|_\{?\w+\}?)?\([^()]*\)", re.ASCII)


def _is_application(label: str) -> bool:
    """Say whether a side is a letter with an argument in brackets: ``P(A)``, ``f^{-1}(x)``."""
    return _APPLICATION.fullmatch(label) is not None
