r"""Read a matrix or a system of equations: ``\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}``."""

from collections.abc import Callable

from reward_kit.rewards.math.equivalence.errors import UnreadableError
from reward_kit.rewards.math.equivalence.lexer import Token
from reward_kit.rewards.math.equivalence.model import Group, Matrix, Reading
from reward_kit.rewards.math.equivalence.splitting import split

__all__ = ["read_matrix"]

_MATRICES = frozenset({"matrix", "pmatrix", "bmatrix", "Bmatrix", "smallmatrix", "array"})
_SYSTEMS = frozenset({"cases", "aligned", "align", "gathered", "split"})
_BEGIN = 4
"""Tokens of ``\\begin{name}``, and of ``\\end{name}``."""
_BRACKETS = {"(": ")", "[": "]"}
MAX_CELLS = 400


def read_matrix(found: list[Token], cell: Callable[[list[Token]], Reading]) -> Matrix | Group | None:
    """Return the matrix or the list of equations that the whole of ``found`` is; None where it is neither."""
    while len(found) > 2 and _BRACKETS.get(found[0].text) == found[-1].text and found[1].text == "begin":  # noqa: PLR2004
        found = found[1:-1]
    if len(found) > 1 and found[0].text == "\\{" and found[1].text == "begin":
        found = found[1:]
    if found[0].text != "begin" or len(found) <= 2 * _BEGIN or found[-_BEGIN].text != "end":
        return None
    environment = found[2].text
    inner = found[_BEGIN:-_BEGIN]
    if environment not in _MATRICES | _SYSTEMS or any(token.text == "begin" for token in inner):
        raise UnreadableError(f"the environment {environment[:20]!r}")
    if environment == "array":
        inner = _without_columns(inner)
    lines, _ = split(inner, frozenset({"\\"}))
    rows = [split(line, frozenset({"&"}))[0] for line in lines if line]
    if sum(len(row) for row in rows) > MAX_CELLS:
        raise UnreadableError("a matrix of too many cells")
    if environment in _SYSTEMS:
        rows = [[part for part in row if part] for row in rows]
        if all(len(row) == 1 or any(token.text in {"=", "<", ">"} for token in row[-1][:1]) for row in rows):
            equations = [[token for part in row for token in part] for row in rows]
            return Group(brackets="", items=tuple(cell(equation) for equation in equations), joint="and")
    return Matrix(rows=tuple(tuple(cell(part) for part in row) for row in rows))


def _without_columns(inner: list[Token]) -> list[Token]:
    r"""Drop the columns of ``\begin{array}{cc}``."""
    closing = next((at for at, token in enumerate(inner) if token.text == "}"), -1)
    return inner[closing + 1 :] if inner[:1] and inner[0].text == "{" else inner
