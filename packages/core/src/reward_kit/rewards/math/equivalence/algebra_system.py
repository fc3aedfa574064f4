"""Compare two expressions with sympy, as math-verify reads them: integrals, limits, infinite sums, matrices.

Runs only in a worker that is killed in time. The text is read by a grammar and never evaluated as Python.
"""

import contextlib
import itertools
import logging
from typing import Any

import math_verify
import sympy

__all__ = ["same", "warm_up"]

_DIGITS = 40
_TOLERANCE = sympy.Float("1e-25", _DIGITS)
_POINTS = (sympy.Rational(7, 5), sympy.Rational(12, 11), sympy.Rational(19, 7))
_CONFIG = [math_verify.LatexExtractionConfig()]
_WARMING = (
    (r"\int_0^1 x^2\,dx", r"\frac{1}{3}"),
    (r"\sum_{n=1}^{\infty} \frac{1}{n^2}", r"\frac{\pi^2}{6}"),
    (r"\lim_{x\to 0}\frac{\sin x}{x}", "1"),
    (r"\begin{pmatrix}1&2\\3&4\end{pmatrix}^{2}", r"\begin{pmatrix}7&10\\15&22\end{pmatrix}"),
)


def warm_up() -> None:
    """Load what the first questions would load, so that every worker is forked with it."""
    logging.disable()
    for answer, gold in _WARMING:
        same(answer, gold)


def same(answer: str, gold: str) -> tuple[str, str]:
    """Return the outcome of a comparison and its reason."""
    wanted = _read(gold)
    if wanted is None:
        return "lost", "the gold cannot be read"
    found = _read(answer)
    if found is None:
        return "unparsable", "no mathematics that can be read"
    return ("equal" if _equal(found, wanted) else "different"), ""


def _read(text: str) -> Any:  # noqa: ANN401 - sympy is untyped
    with contextlib.suppress(Exception):
        for found in math_verify.parse(f"${text}$", _CONFIG, fallback_mode="no_fallback", parsing_timeout=0):
            if not isinstance(found, str):
                return found
    return None


def _equal(one: Any, other: Any) -> bool:  # noqa: ANN401 - sympy is untyped
    one, other = _done(one), _done(other)
    if one == other:
        return True
    if isinstance(one, sympy.MatrixBase) and isinstance(other, sympy.MatrixBase):
        return bool(one.shape == other.shape) and all(_equal(a, b) for a, b in zip(one, other, strict=True))
    if not isinstance(one, sympy.Expr) or not isinstance(other, sympy.Expr):
        return False
    names = sorted(one.free_symbols | other.free_symbols, key=str)
    for shift in range(len(_POINTS) if names else 1):
        points = itertools.cycle(_POINTS[shift:] + _POINTS[:shift])
        at = dict(zip(names, points, strict=False))
        if not _near(one.subs(at), other.subs(at)):
            return False
    return True


def _done(tree: Any) -> Any:  # noqa: ANN401 - sympy is untyped
    """Carry out what a tree says is to be done; matrix algebra takes a second step."""
    tree = tree.doit()
    return tree.as_explicit() if isinstance(tree, sympy.MatrixExpr) else tree


def _near(one: Any, other: Any) -> bool:  # noqa: ANN401 - sympy is untyped
    if one == other:
        return True
    first, second = sympy.N(one, _DIGITS), sympy.N(other, _DIGITS)
    if not first.is_number or not second.is_number or not first.is_finite or not second.is_finite:
        return bool(first == second)
    return bool(abs(first - second) <= _TOLERANCE * max(abs(first), abs(second)))
