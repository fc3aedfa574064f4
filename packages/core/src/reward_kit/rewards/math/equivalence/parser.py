"""Read an expression from its tokens by recursive descent: LaTeX as it is written, and plain text.

Every loop moves on by a token and every recursion counts, so that no text costs more than its length. Not covered:
integrals, limits, infinite sums, matrices; ``reading`` and the algebra system know what to do with them.
"""

from fractions import Fraction

from reward_kit.rewards.math.equivalence.errors import UnreadableError
from reward_kit.rewards.math.equivalence.expression import Expr, call, constant, contains, name, number
from reward_kit.rewards.math.equivalence.lexer import Token

__all__ = ["FUNCTIONS", "GREEK", "WORDS", "parse_expression"]

MAX_DEPTH = 32

_TRIGONOMETRIC = {
    *("sin", "cos", "tan", "cot", "sec", "csc", "arcsin", "arccos", "arctan", "sinh", "cosh", "tanh"),
    *("asin", "acos", "atan", "arsinh", "arcosh", "artanh", "arccot"),
}
_INVERSE = {"sin": "arcsin", "cos": "arccos", "tan": "arctan", "cot": "arccot"}
_SPELLED = {"asin": "arcsin", "acos": "arccos", "atan": "arctan", "lg": "log", "lb": "log"}
FUNCTIONS = frozenset({*_TRIGONOMETRIC, "log", "ln", "lg", "exp", "max", "min", "gcd", "lcm", "Re", "Im", "sgn"})
GREEK = frozenset(
    """alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron rho sigma tau upsilon phi chi
    psi omega Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega ell hbar""".split()
)
_DECORATED = frozenset({"overline", "bar", "vec", "hat", "tilde", "overrightarrow", "angle", "triangle", "dot"})
WORDS = frozenset({*FUNCTIONS, "sqrt", "pi", "abs", "floor", "ceil", "infinity", "binom"})
_OPERANDS = frozenset({"frac", "sqrt", "binom", "pi", "infty", "lfloor", "lceil", "sum", "prod", "langle", "e", "i"})
_TIMES = frozenset({"*", "cdot", "times"})
_OVER = frozenset({"/", "div"})
_OPAQUE = frozenset("fg")
_LONGEST_PRODUCT = 3
_PAIRS = {"(": ")", "[": "]", "{": "}"}
_DEGREE = Expr("div", (constant("pi"), number(180)))
_END = Token("sign", "")


def parse_expression(found: list[Token]) -> Expr:
    """Return the expression that the whole of ``found`` is.

    Raises:
        UnreadableError: it is none.
    """
    parser = _Parser(_spelled(found))
    tree = parser.sum()
    if parser.here is not _END:
        raise UnreadableError(f"unexpected {parser.here.text[:20]!r}")
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


class _Parser:
    """A place in a list of tokens."""

    def __init__(self, found: list[Token]) -> None:
        self.tokens = found
        self.at = 0
        self.depth = 0
        self.bars = 0

    @property
    def here(self) -> Token:
        return self.tokens[self.at] if self.at < len(self.tokens) else _END

    def next(self) -> Token:
        token = self.here
        self.at += 1
        return token

    def take(self, *texts: str) -> bool:
        """Move on over a sign or command that is one of ``texts``."""
        if self.here.kind in {"sign", "command"} and self.here.text in texts:
            self.at += 1
            return True
        return False

    def expect(self, text: str) -> None:
        if not self.take(text):
            raise UnreadableError(f"expected {text!r}")

    def sum(self) -> Expr:
        """Read terms with signs between them."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise UnreadableError("nested too deeply")
        terms = [self.signed()]
        while self.here.text in {"+", "-", "pm", "mp"} and self.here.kind != "text":
            terms.append(self.signed())
        self.depth -= 1
        return terms[0] if len(terms) == 1 else Expr("add", tuple(terms))

    def signed(self) -> Expr:
        """Read a product behind any number of signs."""
        negative, both = False, ""
        while self.take("+", "-", "pm", "mp"):
            sign = self.tokens[self.at - 1].text
            negative ^= sign == "-"
            both = sign if sign in {"pm", "mp"} else both
        tree = self.product()
        if both:
            tree = Expr("pm" if both == "pm" else "mp", (tree,))
        return Expr("neg", (tree,)) if negative else tree

    def product(self) -> Expr:
        """Read factors, written side by side or with signs of multiplication and division between them."""
        above, below = [self.power()], list[Expr]()
        while True:
            if self.take(*_TIMES):
                above.append(self.factor())
            elif self.take(*_OVER):
                below.append(self.factor())
            elif self.take("bmod", "mod"):
                above = [call("mod", _ratio(above, below), self.factor())]
                below = []
            elif self.begins_operand():
                if self.here.kind == "number" and self.tokens[self.at - 1].kind == "number":
                    self.mixed(above)
                else:
                    above.append(self.power())
                    _join_mixed(above, self.tokens[self.at - 1], below)
            else:
                return _ratio(above, below)

    def mixed(self, above: list[Expr]) -> None:
        """Read the fraction of ``1 1/2``: two numbers side by side are nothing else."""
        whole, top = above[-1], self.next()
        if not self.take("/") or self.here.kind != "number":
            raise UnreadableError("two numbers side by side")
        part = number(top.value), number(self.next().value)
        if not _is_mixed(whole, *part):
            raise UnreadableError("two numbers side by side")
        above[-1] = Expr("add", (whole, Expr("div", part)))

    def factor(self) -> Expr:
        """Read a power that may have a sign of its own."""
        negative = False
        while self.take("-", "+"):
            negative ^= self.tokens[self.at - 1].text == "-"
        tree = self.power()
        return Expr("neg", (tree,)) if negative else tree

    def begins_operand(self) -> bool:
        """Say whether a factor begins here, so that a product goes on without a sign."""
        token = self.here
        if token.kind in {"number", "letter"}:
            return True
        if token.kind == "command":
            return token.text in _OPERANDS or token.text in FUNCTIONS or token.text in GREEK or token.text in _DECORATED
        return token.text in _PAIRS or (token.text == "|" and not self.bars)

    def power(self) -> Expr:
        """Read an atom with what is written behind it: factorials, percent and degree signs, an exponent."""
        tree = self.atom()
        while True:
            if self.take("!"):
                if self.at > 1 and self.tokens[self.at - 2].text == "!":
                    raise UnreadableError("a double factorial")
                tree = Expr("fact", (tree,))
            elif self.take("%"):
                tree = Expr("div", (tree, number(100)))
            elif self.take("^"):
                if self.is_degree():
                    tree = Expr("mul", (tree, _DEGREE))
                    continue
                tree = Expr("pow", (tree, self.argument()))
                if self.here.text == "^":
                    raise UnreadableError("two exponents")
            else:
                return tree

    def is_degree(self) -> bool:
        """Move on over the degree sign of ``^\\circ`` or ``^{\\circ}``."""
        following = [token.text for token in self.tokens[self.at : self.at + 3]]
        if following[:1] == ["circ"]:
            self.at += 1
            return True
        if following == ["{", "circ", "}"]:
            self.at += 3
            return True
        return False

    def argument(self) -> Expr:
        """Read an exponent: a group in braces, or one atom, with a sign or an exponent of its own."""
        if self.take("{"):
            tree = self.sum()
            self.expect("}")
            return tree
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise UnreadableError("nested too deeply")
        negative = self.take("-")
        self.take("+", "*")
        tree = self.atom()
        if self.take("!"):
            tree = Expr("fact", (tree,))
        if self.take("^"):
            tree = Expr("pow", (tree, self.argument()))
        self.depth -= 1
        return Expr("neg", (tree,)) if negative else tree

    def single(self) -> Expr:
        r"""Read an argument of a command: a group in braces, or one digit or symbol (``\frac12``)."""
        token = self.here
        if token.kind == "number" and len(token.text) > 1 and token.text.isdigit():
            self.tokens[self.at : self.at + 1] = [Token("number", digit, Fraction(int(digit))) for digit in token.text]
        if self.take("{"):
            tree = self.sum()
            self.expect("}")
            return tree
        return self.atom()

    def atom(self) -> Expr:
        """Read a number, a name, a group or a function with its argument."""
        token = self.next()
        if token.kind == "number":
            return self.based(token)
        if token.kind == "letter":
            return self.named(token)
        if token.kind == "command":
            return self.command(token.text)
        if token.text in _PAIRS:
            tree = self.inside(_PAIRS[token.text])
            return tree
        if token.text == "|":
            self.bars += 1
            tree = self.sum()
            self.expect("|")
            self.bars -= 1
            return Expr("abs", (tree,))
        raise UnreadableError(f"unexpected {token.text[:20]!r}" if token.text else "the expression breaks off")

    def inside(self, closing: str) -> Expr:
        """Read what is written up to a closing bracket."""
        bars, self.bars = self.bars, 0
        tree = self.sum()
        self.expect(closing)
        self.bars = bars
        return tree

    def based(self, token: Token) -> Expr:
        """Return a number, in the base of its subscript if it has one."""
        if not self.take("_"):
            return number(token.value, token.digits)
        base = self.single()
        if base.op != "num" or base.value.denominator != 1 or not 2 <= base.value <= 36 or not token.text.isdigit():  # noqa: PLR2004 - the bases that Python reads
            raise UnreadableError("a subscript that is no base")
        try:
            return number(int(token.text, int(base.value)))
        except ValueError:
            raise UnreadableError("a digit that the base has not") from None

    def named(self, token: Token) -> Expr:
        """Return a variable with its subscript and primes, or a constant."""
        text = token.text + self.subscript()
        while self.take("'"):
            text += "'"
        if text in {"e", "i"}:
            return constant(text)
        if token.text in _OPAQUE and self.here.text == "(" and self.here.kind == "sign":
            start = self.at
            self.next()
            while self.here is not _END and self.here.text != ")":
                self.next()
            self.expect(")")
            return Expr("apply", (), text + "".join(part.text for part in self.tokens[start : self.at]))
        return name(text)

    def subscript(self) -> str:
        """Return a subscript as it is written, without its braces."""
        if not self.take("_"):
            return ""
        if not self.take("{"):
            return "_" + self.next().text
        start = self.at
        while self.here is not _END and self.here.text != "}":
            self.next()
        text = "".join(token.text for token in self.tokens[start : self.at])
        self.expect("}")
        return "_" + text

    def command(self, text: str) -> Expr:
        """Read what follows a command."""
        if text in GREEK:
            return self.named(Token("letter", text))
        if text == "pi":
            return constant("pi")
        if text == "infty":
            return constant("inf")
        if text == "frac":
            return Expr("div", (self.single(), self.single()))
        if text == "binom":
            return call("binom", self.single(), self.single())
        if text == "sqrt":
            return self.root()
        if text in {"lfloor", "lceil"}:
            return call(text[1:], self.inside("r" + text[1:]))
        if text in {"abs", "floor", "ceil"}:
            self.expect("(")
            tree = self.inside(")")
            return Expr("abs", (tree,)) if text == "abs" else call(text, tree)
        if text in {"sum", "prod"}:
            return self.series(text)
        if text in FUNCTIONS:
            return self.function(text)
        if text in _DECORATED:
            return self.decorated(text)
        raise UnreadableError(f"the command {text[:20]!r}")

    def root(self) -> Expr:
        index = number(2)
        if self.take("["):
            index = self.inside("]")
        if self.here.kind == "number" or self.here.text not in {"{"}:
            return Expr("root", (self.atom(), index))
        return Expr("root", (self.single(), index))

    def decorated(self, text: str) -> Expr:
        r"""Return the name of ``\overline{AB}``, ``\vec{a}``, ``\angle ABC``."""
        if not self.take("{"):
            letters = ""
            while self.here.kind == "letter":
                letters += self.next().text
            if not letters:
                raise UnreadableError(f"the command {text[:20]!r}")
            return name(f"{text} {letters}")
        start = self.at
        while self.here is not _END and self.here.text != "}":
            if self.here.kind not in {"letter", "sign"}:
                raise UnreadableError(f"the command {text[:20]!r}")
            self.next()
        letters = "".join(token.text for token in self.tokens[start : self.at])
        self.expect("}")
        return name(f"{text} {letters}")

    def function(self, text: str) -> Expr:
        """Read the base, the exponent and the argument of a function."""
        base = exponent = None
        while self.here.text in {"_", "^"}:
            if self.take("_"):
                base = self.log_base()
            elif self.take("^"):
                exponent = self.argument()
        if text in {"max", "min", "gcd", "lcm"}:
            tree = call(text, *self.several())
        else:
            argument = self.operand()
            inverse = exponent == Expr("neg", (number(1),)) and text in _INVERSE
            if inverse:
                return call(_INVERSE[text], argument)
            tree = _function(_SPELLED.get(text, text), argument, base)
        return tree if exponent is None else Expr("pow", (tree, exponent))

    def log_base(self) -> Expr:
        r"""Read the base of a logarithm: of ``\log_28`` and ``\log_2 8``, it is 2."""
        here = self.here
        following = self.tokens[self.at + 1] if self.at + 1 < len(self.tokens) else _END
        if here.kind == "number" and (following.kind in {"number", "letter"} or following.text in {"(", "{", "frac"}):
            return number(self.next().value)
        return self.single()

    def several(self) -> list[Expr]:
        """Read the arguments of a function of several, in brackets."""
        closing = {"(": ")", "\\{": "\\}", "{": "}"}.get(self.here.text)
        if closing is None:
            raise UnreadableError("a function without its arguments")
        self.next()
        found = [self.sum()]
        while self.take(",", ";"):
            found.append(self.sum())
        self.expect(closing)
        return found

    def operand(self) -> Expr:
        r"""Read the argument of a function: a group, or the factors up to the next function (``\sin 2x\cos y``)."""
        if self.here.text in {"(", "["} and self.here.kind == "sign":
            tree = self.atom()
            return tree
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise UnreadableError("nested too deeply")
        negative = self.take("-")
        factors = [self.power()]
        while self.take(*_TIMES) or (
            self.begins_operand() and self.here.text not in FUNCTIONS and self.here.text not in {"(", "["}
        ):
            factors.append(self.power())
        below: list[Expr] = []
        if self.here.text == "/" and all(factor.op in {"num", "const"} for factor in factors):
            self.next()
            below = [self.power()]
        self.depth -= 1
        tree = _ratio(factors, below)
        return Expr("neg", (tree,)) if negative else tree

    def series(self, text: str) -> Expr:
        r"""Read a finite sum or product: ``\sum_{k=1}^{10} k^2``."""
        self.expect("_")
        self.expect("{")
        index = self.next()
        if index.kind != "letter":
            raise UnreadableError("a sum without an index")
        self.expect("=")
        first = self.sum()
        self.expect("}")
        self.expect("^")
        last = self.argument()
        if contains(last, "inf") or contains(first, "inf"):
            raise UnreadableError("an infinite sum")
        term = self.product()
        return Expr("sum", (name(index.text), first, last, term), text)


def _function(text: str, argument: Expr, base: Expr | None) -> Expr:
    if text == "log" and base is not None:
        return call("log", argument, base)
    if base is not None:
        raise UnreadableError("a subscript that is no base")
    if text == "exp":
        return Expr("pow", (constant("e"), argument))
    return call(text, argument)


def _ratio(above: list[Expr], below: list[Expr]) -> Expr:
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
    if below or len(above) != 2 or above[1].op != "div" or last.text not in {"}"} and last.kind != "number":  # noqa: PLR2004
        return
    whole, part = above
    if _is_mixed(whole, *part.args):
        above[:] = [Expr("add", (whole, part))]
