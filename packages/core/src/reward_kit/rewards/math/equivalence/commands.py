"""Read what names begin: variables with their subscripts, functions with their arguments, fractions, roots, sums."""

import functools
from collections.abc import Callable

from reward_kit.rewards.math.equivalence.cursor import Cursor
from reward_kit.rewards.math.equivalence.errors import UnreadableError
from reward_kit.rewards.math.equivalence.expression import Expr, call, constant, contains, name, number
from reward_kit.rewards.math.equivalence.lexer import Token
from reward_kit.rewards.math.equivalence.terms import (
    TIMES,
    begins_operand,
    ratio,
    read_argument,
    read_atom,
    read_inside,
    read_power,
    read_product,
    read_single,
    read_sum,
)
from reward_kit.rewards.math.equivalence.vocabulary import DECORATIONS, FUNCTIONS, GREEK, INVERSES, SPELLINGS

__all__ = ["special"]

_OPAQUE = frozenset("fg")
"""Letters that are functions where a bracket follows; any other letter is a factor there."""


def special(at: Cursor, token: Token) -> Expr:
    """Read what begins with a letter or a command."""
    return _read_named(at, token) if token.kind == "letter" else _read_command(at, token.text)


def _read_named(at: Cursor, token: Token) -> Expr:
    """Return a variable with its subscript and primes, or a constant."""
    text = token.text + _read_subscript(at)
    while at.take("'"):
        text += "'"
    if text in {"e", "i"}:
        return constant(text)
    if token.text in _OPAQUE and at.here.kind == "sign" and at.take("("):
        return Expr("apply", (), f"{text}({_written(at.upto(')'))})")
    return name(text)


def _read_subscript(at: Cursor) -> str:
    """Return a subscript as it is written, without its braces."""
    if not at.take("_"):
        return ""
    return "_" + (_written(at.upto("}")) if at.take("{") else at.next().text)


def _written(found: list[Token]) -> str:
    return "".join(token.text for token in found)


def _read_command(at: Cursor, text: str) -> Expr:
    """Read what follows a command."""
    if text in GREEK:
        return _read_named(at, Token("letter", text))
    if text in FUNCTIONS:
        return _read_function(at, text)
    if text in DECORATIONS:
        return _read_decorated(at, text)
    if text not in _READERS:
        raise UnreadableError(f"the command {text[:20]!r}")
    return _READERS[text](at)


def _read_rounded(at: Cursor, text: str) -> Expr:
    r"""Read ``\lfloor x \rfloor`` and ``floor(x)``."""
    if text.startswith("l"):
        return call(text[1:], read_inside(at, "r" + text[1:]))
    at.expect("(")
    tree = read_inside(at, ")")
    return Expr("abs", (tree,)) if text == "abs" else call(text, tree)


def _read_root(at: Cursor) -> Expr:
    """Read a root with its index."""
    index = number(2)
    if at.take("["):
        index = read_inside(at, "]")
    return Expr("root", (read_single(at) if at.here.text == "{" else read_atom(at), index))


def _read_decorated(at: Cursor, text: str) -> Expr:
    r"""Return the name of ``\overline{AB}``, ``\vec{a}``, ``\angle ABC``."""
    letters = ""
    if at.take("{"):
        found = at.upto("}")
        letters = _written(found) if all(token.kind in {"letter", "sign"} for token in found) else ""
    else:
        while at.here.kind == "letter":
            letters += at.next().text
    if not letters:
        raise UnreadableError(f"the command {text[:20]!r}")
    return name(f"{text} {letters}")


def _read_function(at: Cursor, text: str) -> Expr:
    """Read the base, the exponent and the argument of a function."""
    base = exponent = None
    while at.here.text in {"_", "^"}:
        if at.take("_"):
            base = _read_log_base(at)
        elif at.take("^"):
            exponent = read_argument(at)
    if text in {"max", "min", "gcd", "lcm"}:
        tree = call(text, *_read_several(at))
    else:
        argument = _read_operand(at)
        inverse = exponent == Expr("neg", (number(1),)) and text in INVERSES
        if inverse:
            return call(INVERSES[text], argument)
        tree = _function(SPELLINGS.get(text, text), argument, base)
    return tree if exponent is None else Expr("pow", (tree, exponent))


def _read_log_base(at: Cursor) -> Expr:
    r"""Read the base of a logarithm: of ``\log_28`` and ``\log_2 8``, it is 2."""
    here, following = at.here, at.following
    if here.kind == "number" and (following.kind in {"number", "letter"} or following.text in {"(", "{", "frac"}):
        return number(at.next().value)
    return read_single(at)


def _read_several(at: Cursor) -> list[Expr]:
    """Read the arguments of a function of several, in brackets."""
    closing = {"(": ")", "\\{": "\\}", "{": "}"}.get(at.here.text)
    if closing is None:
        raise UnreadableError("a function without its arguments")
    at.next()
    found = [read_sum(at)]
    while at.take(",", ";"):
        found.append(read_sum(at))
    at.expect(closing)
    return found


def _read_operand(at: Cursor) -> Expr:
    r"""Read the argument of a function: a group, or the factors up to the next function (``\sin 2x\cos y``)."""
    if at.here.text in {"(", "["}:
        return read_atom(at)
    at.enter()
    negative = at.take("-")
    factors = [read_power(at)]
    while at.take(*TIMES) or (begins_operand(at) and at.here.text not in FUNCTIONS and at.here.text not in {"(", "["}):
        factors.append(read_power(at))
    below: list[Expr] = []
    if at.here.text == "/" and all(factor.op in {"num", "const"} for factor in factors):
        at.next()
        below = [read_power(at)]
    at.leave()
    tree = ratio(factors, below)
    return Expr("neg", (tree,)) if negative else tree


def _read_series(at: Cursor, text: str) -> Expr:
    r"""Read a finite sum or product: ``\sum_{k=1}^{10} k^2``."""
    at.expect("_")
    at.expect("{")
    index = at.next()
    if index.kind != "letter":
        raise UnreadableError("a sum without an index")
    at.expect("=")
    first = read_sum(at)
    at.expect("}")
    at.expect("^")
    last = read_argument(at)
    if contains(last, "inf") or contains(first, "inf"):
        raise UnreadableError("an infinite sum")
    term = read_product(at)
    return Expr("sum", (name(index.text), first, last, term), text)


def _function(text: str, argument: Expr, base: Expr | None) -> Expr:
    if text == "log" and base is not None:
        return call("log", argument, base)
    if base is not None:
        raise UnreadableError("a subscript that is no base")
    if text == "exp":
        return Expr("pow", (constant("e"), argument))
    return call(text, argument)


_READERS: dict[str, Callable[[Cursor], Expr]] = {
    "pi": lambda _: constant("pi"),
    "infty": lambda _: constant("inf"),
    "frac": lambda at: Expr("div", (read_single(at), read_single(at))),
    "binom": lambda at: call("binom", read_single(at), read_single(at)),
    "sqrt": _read_root,
    "sum": lambda at: _read_series(at, "sum"),
    "prod": lambda at: _read_series(at, "prod"),
    **{text: functools.partial(_read_rounded, text=text) for text in ("lfloor", "lceil", "abs", "floor", "ceil")},
}
