"""Read sums, products and powers by recursive descent: LaTeX as it is written, and plain text.

Every loop moves on by a token and every recursion counts, so that no text costs more than its length.
"""

from fractions import Fraction

from reward_kit.rewards.math.equivalence.cursor import Cursor
from reward_kit.rewards.math.equivalence.errors import UnreadableError
from reward_kit.rewards.math.equivalence.expression import Expr, call, constant, number
from reward_kit.rewards.math.equivalence.lexer import Token
from reward_kit.rewards.math.equivalence.vocabulary import OPERANDS

__all__ = [
    "begins_operand", "ratio", "read_argument", "read_atom", "read_group", "read_inside", "read_power", "read_product",
    "read_single", "read_sum",
]  # fmt: skip

TIMES = frozenset({"*", "cdot", "times"})
_OVER = frozenset({"/", "div"})
_PAIRS = {"(": ")", "[": "]", "{": "}"}
_DEGREE = Expr("div", (constant("pi"), number(180)))


def read_sum(at: Cursor) -> Expr:
    """Read terms with signs between them."""
    at.enter()
    terms = [_read_signed(at)]
    while at.here.text in {"+", "-"}:
        terms.append(_read_signed(at))
    at.leave()
    return terms[0] if len(terms) == 1 else Expr("add", tuple(terms))


def _read_signed(at: Cursor) -> Expr:
    """Read a product behind any number of signs."""
    negative = False
    while at.take("+", "-"):
        negative ^= at.tokens[at.at - 1].text == "-"
    tree = read_product(at)
    return Expr("neg", (tree,)) if negative else tree


def read_product(at: Cursor) -> Expr:
    """Read factors, written side by side or with signs of multiplication and division between them."""
    above, below = [read_power(at)], list[Expr]()
    while True:
        if at.take(*TIMES):
            above.append(_read_factor(at))
        elif at.take(*_OVER):
            below.append(_read_factor(at))
        elif at.take("bmod", "mod"):
            above = [call("mod", ratio(above, below), _read_factor(at))]
            below = []
        elif begins_operand(at):
            if at.here.kind == "number" and at.tokens[at.at - 1].kind == "number":
                _read_mixed(at, above)
            else:
                above.append(read_power(at))
                _join_mixed(above, at.tokens[at.at - 1], below)
        else:
            return ratio(above, below)


def _read_mixed(at: Cursor, above: list[Expr]) -> None:
    """Read the fraction of ``1 1/2``: two numbers side by side are nothing else."""
    whole, top = above[-1], at.next()
    if not at.take("/") or at.here.kind != "number":
        raise UnreadableError("two numbers side by side")
    part = number(top.value), number(at.next().value)
    if not _is_mixed(whole, *part):
        raise UnreadableError("two numbers side by side")
    above[-1] = Expr("add", (whole, Expr("div", part)))


def _read_factor(at: Cursor) -> Expr:
    """Read a power that may have a sign of its own."""
    negative = False
    while at.take("-", "+"):
        negative ^= at.tokens[at.at - 1].text == "-"
    tree = read_power(at)
    return Expr("neg", (tree,)) if negative else tree


def begins_operand(at: Cursor) -> bool:
    """Say whether a factor begins here, so that a product goes on without a sign."""
    token = at.here
    if token.kind in {"number", "letter"}:
        return True
    if token.kind == "command":
        return token.text in OPERANDS
    return token.text in _PAIRS or (token.text == "|" and not at.bars)


def read_power(at: Cursor) -> Expr:
    """Read an atom with what is written behind it: factorials, percent and degree signs, an exponent."""
    tree = read_atom(at)
    while True:
        if at.take("!"):
            if at.at > 1 and at.tokens[at.at - 2].text == "!":
                raise UnreadableError("a double factorial")
            tree = Expr("fact", (tree,))
        elif at.take("%"):
            tree = Expr("div", (tree, number(100)))
        elif at.take("^"):
            if _is_degree(at):
                tree = Expr("mul", (tree, _DEGREE))
                continue
            tree = Expr("pow", (tree, read_argument(at)))
            if at.here.text == "^":
                raise UnreadableError("two exponents")
        else:
            return tree


def _is_degree(at: Cursor) -> bool:
    r"""Move on over the degree sign of ``^\circ`` or ``^{\circ}``."""
    following = [token.text for token in at.tokens[at.at : at.at + 3]]
    if following[:1] == ["circ"]:
        at.at += 1
        return True
    if following == ["{", "circ", "}"]:
        at.at += 3
        return True
    return False


def read_argument(at: Cursor) -> Expr:
    """Read an exponent: a group in braces, or one atom, with a sign or an exponent of its own."""
    if at.take("{"):
        return read_inside(at, "}")
    at.enter()
    negative = at.take("-")
    at.take("+", "*")
    tree = read_atom(at)
    if at.take("!"):
        tree = Expr("fact", (tree,))
    if at.take("^"):
        tree = Expr("pow", (tree, read_argument(at)))
    at.leave()
    return Expr("neg", (tree,)) if negative else tree


def read_single(at: Cursor) -> Expr:
    r"""Read an argument of a command: a group in braces, or one digit or symbol (``\frac12``)."""
    token = at.here
    if token.kind == "number" and len(token.text) > 1 and token.text.isdigit():
        at.tokens[at.at : at.at + 1] = [Token("number", digit, Fraction(int(digit))) for digit in token.text]
    if at.take("{"):
        return read_inside(at, "}")
    return read_atom(at)


def read_atom(at: Cursor) -> Expr:
    """Read a number, a name, a group, an absolute value or a function with its argument."""
    token = at.next()
    if token.kind == "number":
        return _read_based(at, token)
    if token.kind in {"letter", "command"}:
        at.enter()
        tree = at.special(at, token)
        at.leave()
        return tree
    if token.text in _PAIRS:
        return read_inside(at, _PAIRS[token.text])
    if token.text == "|":
        at.bars += 1
        tree = read_sum(at)
        at.expect("|")
        at.bars -= 1
        return Expr("abs", (tree,))
    raise UnreadableError(f"unexpected {token.text[:20]!r}" if token.text else "the expression breaks off")


def read_inside(at: Cursor, closing: str) -> Expr:
    """Read what is written up to a closing bracket."""
    bars, at.bars = at.bars, 0
    tree = read_group(at)
    at.expect(closing)
    at.bars = bars
    return tree


def read_group(at: Cursor) -> Expr:
    r"""Read a sum, or two of them with ``\choose`` between."""
    tree = read_sum(at)
    return call("binom", tree, read_sum(at)) if at.take("choose") else tree


def _read_based(at: Cursor, token: Token) -> Expr:
    """Return a number, in the base of its subscript if it has one."""
    if not at.take("_"):
        return number(token.value, token.digits)
    base = read_single(at)
    if base.op != "num" or base.value.denominator != 1 or not 2 <= base.value <= 36 or not token.text.isdigit():  # noqa: PLR2004 - the bases that Python reads
        raise UnreadableError("a subscript that is no base")
    try:
        return number(int(token.text, int(base.value)))
    except ValueError:
        raise UnreadableError("a digit that the base has not") from None


def ratio(above: list[Expr], below: list[Expr]) -> Expr:
    """Return the quotient of two products."""
    top = above[0] if len(above) == 1 else Expr("mul", tuple(above))
    if not below:
        return top
    return Expr("div", (top, below[0] if len(below) == 1 else Expr("mul", tuple(below))))


def _is_mixed(whole: Expr, top: Expr, bottom: Expr) -> bool:
    """Say whether a whole number and a fraction side by side are a mixed number."""
    return (
        {whole.op, top.op, bottom.op} == {"num"}
        and not whole.digits
        and whole.value.denominator == 1
        and whole.value > 0
        and 0 < top.value < bottom.value
    )


def _join_mixed(above: list[Expr], last: Token, below: list[Expr]) -> None:
    r"""Add the fraction of ``1\frac{1}{2}`` to the whole number that precedes it."""
    if below or len(above) != 2 or above[1].op != "div" or (last.text != "}" and last.kind != "number"):  # noqa: PLR2004
        return
    whole, part = above
    if _is_mixed(whole, *part.args):
        above[:] = [Expr("add", (whole, part))]
