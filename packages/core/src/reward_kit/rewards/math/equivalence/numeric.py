"""Evaluate an expression to many digits, real or complex."""

import math
from collections.abc import Mapping
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, DecimalException, Overflow, Underflow
from fractions import Fraction

from reward_kit.rewards.math.equivalence.decimals import Arithmetic, Number, arithmetic
from reward_kit.rewards.math.equivalence.errors import ExhaustedError, UndefinedError
from reward_kit.rewards.math.equivalence.exact import Budget, Unfit, binomial, exact, factorial, whole_range
from reward_kit.rewards.math.equivalence.expression import Expr

__all__ = ["distance", "evaluate"]

MAX_STEPS = 3000
_COSTS = {"call": 10, "pow": 5, "root": 5, "const": 2}
"""Steps of an operation; any other is one."""


def evaluate(tree: Expr, digits: int, *, values: Mapping[str, Decimal] | None = None, real: bool = False) -> Number:
    """Return the value of ``tree`` with its variables set to ``values``.

    Raises:
        ExhaustedError: it is too large or takes too many steps.
        UndefinedError: it has no value there, or none that is real where ``real`` asks for one.
    """
    evaluator = _Evaluator(arithmetic(digits, real=real), values or {})
    try:
        return evaluator.value(tree)
    except (Overflow, Underflow):
        raise ExhaustedError("a number that is too large or too small") from None
    except DecimalException as error:
        raise UndefinedError("the expression has no value") from error


class _Evaluator:
    """One evaluation, with its variables and what it may cost."""

    def __init__(self, on: Arithmetic, values: Mapping[str, Decimal]) -> None:
        self.on = on
        self.values = values
        self.budget = Budget(MAX_STEPS)

    def value(self, tree: Expr) -> Number:
        self.budget.spend(_COSTS.get(tree.op, 1))
        op, args, on = tree.op, tree.args, self.on
        if op == "num":
            return on.context.divide(Decimal(tree.value.numerator), Decimal(tree.value.denominator))
        if op in {"name", "apply"}:
            if tree.text not in self.values:
                raise UndefinedError(f"the variable {tree.text!r}")
            return self.values[tree.text]
        if op in {"add", "mul"}:
            join = on.add if op == "add" else on.multiply
            total = self.value(args[0])
            for arg in args[1:]:
                total = join(total, self.value(arg))
            return total
        if op == "neg":
            return on.negative(self.value(args[0]))
        if op == "div":
            return on.divide(self.value(args[0]), self.value(args[1]))
        return self.function(tree)

    def constant(self, text: str) -> Number:
        if text == "inf":
            raise UndefinedError("infinity within an expression")
        return {"pi": self.on.pi, "e": self.on.e, "i": self.on.i}[text]()

    def function(self, tree: Expr) -> Number:
        op, args, on = tree.op, tree.args, self.on
        if op == "const":
            return self.constant(tree.text)
        if op == "pow":
            return self.power(args[0], args[1])
        if op == "root":
            index = on.whole(self.value(args[1]))
            if index <= 0:
                raise UndefinedError("a root of no positive index")
            return on.root(self.value(args[0]), index)
        if op == "abs":
            return on.size(self.value(args[0]))
        if op == "fact":
            return self.fraction(factorial(Fraction(on.whole(self.value(args[0]))), self.budget))
        if op == "sum":
            return self.series(tree)
        if op == "call":
            return self.called(tree.text, [self.value(arg) for arg in args])
        raise UndefinedError("an expression with two values")

    def fraction(self, value: Fraction) -> Decimal:
        return self.on.context.divide(Decimal(value.numerator), Decimal(value.denominator))

    def power(self, base: Expr, exponent: Expr) -> Number:
        if base.op == "const" and base.text == "e":
            return self.on.exp(self.value(exponent))
        below = self.value(base)
        if isinstance(below, Decimal) and below < 0:
            ratio = _ratio(exponent)
            if ratio is not None and ratio.denominator % 2 and ratio.denominator > 1:
                root = self.on.root(below, ratio.denominator)
                return self.on.whole_power(root, Decimal(ratio.numerator))
        return self.on.power(below, self.value(exponent))

    def series(self, tree: Expr) -> Number:
        index, first, last, term = tree.args
        begin, end = (Fraction(self.on.whole(self.value(limit))) for limit in (first, last))
        total: Number = Decimal(0 if tree.text == "sum" else 1)
        outer = self.values
        for at in whole_range(begin, end):
            self.values = {**outer, index.text: Decimal(at)}
            item = self.value(term)
            total = self.on.add(total, item) if tree.text == "sum" else self.on.multiply(total, item)
        self.values = outer
        return total

    def called(self, text: str, args: list[Number]) -> Number:  # noqa: C901, PLR0911, PLR0912 - a table of functions
        on, first = self.on, args[0]
        one = Decimal(1)
        match text:
            case "ln":
                return on.ln(first)
            case "log":
                return on.divide(on.ln(first), on.ln(args[1] if len(args) > 1 else Decimal(10)))
            case "sin":
                return on.sine(first)
            case "cos":
                return on.cosine(first)
            case "tan":
                return on.divide(on.sine(first), on.cosine(first))
            case "cot":
                return on.divide(on.cosine(first), on.sine(first))
            case "sec":
                return on.divide(one, on.cosine(first))
            case "csc":
                return on.divide(one, on.sine(first))
            case "arcsin":
                return on.arcsin(first)
            case "arccos":
                return on.add(on.divide(on.pi(), Decimal(2)), on.negative(on.arcsin(first)))
            case "arctan":
                return on.arctan(on.as_real(first))
            case "arccot":
                return on.add(on.divide(on.pi(), Decimal(2)), on.negative(on.arctan(on.as_real(first))))
            case "sinh" | "cosh" | "tanh":
                return self.hyperbolic(text, first)
            case "Re":
                return first if isinstance(first, Decimal) else first.re
            case "Im":
                return Decimal(0) if isinstance(first, Decimal) else first.im
            case "floor" | "ceil":
                return self.rounded(first, down=text == "floor")
            case "max" | "min":
                real = [on.as_real(arg) for arg in args]
                return max(real) if text == "max" else min(real)
            case "binom":
                return self.fraction(binomial(Fraction(on.whole(first)), Fraction(on.whole(args[1])), self.budget))
            case "gcd" | "lcm":
                whole = [on.whole(arg) for arg in args]
                return Decimal(math.gcd(*whole) if text == "gcd" else math.lcm(*whole))
            case "mod":
                return self.modulo(on.whole(first), on.whole(args[1]))
            case "sgn":
                value = on.as_real(first)
                return Decimal((value > 0) - (value < 0))
        raise UndefinedError(f"the function {text!r}")

    def hyperbolic(self, text: str, first: Number) -> Number:
        on = self.on
        rising, falling = on.exp(first), on.exp(on.negative(first))
        even, odd = on.add(rising, falling), on.add(rising, on.negative(falling))
        if text == "tanh":
            return on.divide(odd, even)
        return on.divide(odd if text == "sinh" else even, Decimal(2))

    def rounded(self, one: Number, *, down: bool) -> Decimal:
        value = self.on.as_real(one)
        if value.adjusted() > self.on.digits // 2:
            raise ExhaustedError("a number that is too large")
        nearest = value.to_integral_value()
        if self.on.context.subtract(value, nearest).copy_abs() < Decimal((0, (1,), -self.on.digits // 2)):
            return nearest
        return value.to_integral_value(ROUND_FLOOR if down else ROUND_CEILING)

    def modulo(self, one: int, other: int) -> Decimal:
        if not other:
            raise UndefinedError("a division by zero")
        return Decimal(one % other)


def _ratio(tree: Expr) -> Fraction | None:
    """Return the exact value of an exponent, None where it has none."""
    try:
        return exact(tree, {})
    except (Unfit, ExhaustedError, UndefinedError):
        return None


def distance(one: Number, other: Number, digits: int) -> tuple[Decimal, Decimal]:
    """Return how far two numbers are apart, and the size of the larger."""
    on = arithmetic(digits, real=False)
    try:
        return on.size(on.add(one, on.negative(other))), max(on.size(one), on.size(other))
    except (Overflow, Underflow):
        raise ExhaustedError("a number that is too large") from None
