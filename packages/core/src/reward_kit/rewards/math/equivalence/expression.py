"""The tree that a mathematical expression is read into: plain data, cheap to make, safe to pickle."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Literal, NamedTuple

__all__ = ["Expr", "Op", "call", "constant", "contains", "name", "names", "number"]

Op = Literal["num", "name", "const", "add", "mul", "neg", "div", "pow", "root", "abs", "fact", "call", "apply", "sum"]


class Expr(NamedTuple):
    """One operation and its arguments, or a leaf.

    ``call`` is a known function, ``apply`` a named but unknown one (``f(2)``); ``sum`` is a
    finite sum or product over (index, first, last, term).
    """

    op: Op
    args: tuple["Expr", ...] = ()
    text: str = ""
    """The name of a variable, constant or function."""
    value: Fraction = Fraction(0)
    """The value of a number."""
    digits: int = 0
    """How many significant digits a decimal number is written with; 0 for any other."""


def number(value: Fraction | int, digits: int = 0) -> Expr:
    """Return a leaf for an exact number."""
    return Expr("num", (), "", Fraction(value), digits)


def name(text: str) -> Expr:
    """Return a leaf for a variable."""
    return Expr("name", (), text)


def constant(text: str) -> Expr:
    """Return a leaf for ``pi``, ``e``, ``i`` or ``inf``."""
    return Expr("const", (), text)


def call(function: str, *args: Expr) -> Expr:
    """Return the application of a known function."""
    return Expr("call", args, function)


def walk(tree: Expr) -> Iterator[Expr]:
    """Give every node of a tree, without recursion."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(node.args)


def names(tree: Expr) -> frozenset[str]:
    """Return the variables and unknown functions of an expression; the index of a sum is not one."""
    bound = {node.args[0].text for node in walk(tree) if node.op == "sum"}
    return frozenset(node.text for node in walk(tree) if node.op in {"name", "apply"}) - bound


def contains(tree: Expr, *ops: str) -> bool:
    """Say whether one of the operations, constants or functions named ``ops`` occurs in a tree."""
    return any(node.op in ops or node.text in ops for node in walk(tree))
