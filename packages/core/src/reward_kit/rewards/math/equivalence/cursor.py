"""A place in a list of tokens, and how deep the reading there is nested."""

from collections.abc import Callable

from reward_kit.rewards.math.equivalence.errors import UnreadableError
from reward_kit.rewards.math.equivalence.expression import Expr
from reward_kit.rewards.math.equivalence.lexer import Token

__all__ = ["END", "Cursor"]

MAX_DEPTH = 48
END = Token("sign", "")


class Cursor:
    """A place in a list of tokens; ``special`` reads what begins with a name or a command there."""

    __slots__ = ("at", "bars", "depth", "special", "tokens")

    def __init__(self, tokens: list[Token], special: "Callable[[Cursor, Token], Expr]") -> None:
        self.tokens = tokens
        self.special = special
        self.at = 0
        self.depth = 0
        self.bars = 0
        """How many bars of absolute values are open."""

    @property
    def here(self) -> Token:
        """The token at this place; an empty sign behind the last."""
        return self.tokens[self.at] if self.at < len(self.tokens) else END

    @property
    def following(self) -> Token:
        """The token behind the one at this place."""
        return self.tokens[self.at + 1] if self.at + 1 < len(self.tokens) else END

    def next(self) -> Token:
        """Return the token at this place and move on.

        Raises:
            UnreadableError: there is none.
        """
        token = self.here
        if token is END:
            raise UnreadableError("the expression breaks off")
        self.at += 1
        return token

    def take(self, *texts: str) -> bool:
        """Move on over a sign or command that is one of ``texts``."""
        if self.here.kind in {"sign", "command"} and self.here.text in texts:
            self.at += 1
            return True
        return False

    def expect(self, text: str) -> None:
        """Move on over ``text``, which has to be here."""
        if not self.take(text):
            raise UnreadableError(f"expected {text!r}")

    def upto(self, closing: str) -> list[Token]:
        """Return the tokens before ``closing`` and move on behind it."""
        start = self.at
        while self.here is not END and self.here.text != closing:
            self.at += 1
        self.expect(closing)
        return self.tokens[start : self.at - 1]

    def enter(self) -> None:
        """Count a level of nesting, until ``leave``."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise UnreadableError("nested too deeply")

    def leave(self) -> None:
        """Come back from a level of nesting."""
        self.depth -= 1
