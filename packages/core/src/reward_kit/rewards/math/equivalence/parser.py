"""Read an expression from its tokens.

Not covered: integrals, limits, infinite sums, matrices; ``reading`` and the algebra system know what to do with them.
"""

from reward_kit.rewards.math.equivalence.commands import special
from reward_kit.rewards.math.equivalence.cursor import END, Cursor
from reward_kit.rewards.math.equivalence.errors import UnreadableError
from reward_kit.rewards.math.equivalence.expression import Expr
from reward_kit.rewards.math.equivalence.lexer import Token
from reward_kit.rewards.math.equivalence.terms import read_group
from reward_kit.rewards.math.equivalence.vocabulary import WORDS

__all__ = ["parse_expression"]

_LONGEST_PRODUCT = 3


def parse_expression(found: list[Token]) -> Expr:
    """Return the expression that the whole of ``found`` is.

    Raises:
        UnreadableError: it is none.
    """
    at = Cursor(_spelled(found), special)
    tree = read_group(at)
    if at.here is not END:
        raise UnreadableError(f"unexpected {at.here.text[:20]!r}")
    return tree


def _spelled(found: list[Token]) -> list[Token]:
    """Split the words that are products of letters, and mark those that name functions."""
    split: list[Token] = []
    for token in found:
        if token.kind == "text":
            inner = token.text.strip()
            if not (len(inner) == 1 and inner.isalpha()):
                raise UnreadableError(f"words within mathematics: {inner[:20]!r}")
            split.append(Token("letter", inner))
        elif token.kind != "word":
            split.append(token)
        elif token.text in WORDS:
            text = {"infinity": "infty"}.get(token.text, token.text)
            split.append(token._replace(kind="command", text=text))
        elif len(token.text) <= _LONGEST_PRODUCT:
            split.extend(Token("letter", letter) for letter in token.text)
        else:
            raise UnreadableError(f"a word within mathematics: {token.text[:20]!r}")
    return split
