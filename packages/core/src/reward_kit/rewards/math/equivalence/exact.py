"""Evaluate an expression exactly: to a fraction, or modulo a prime where a fraction would be too large or unknown."""

import math
from collections.abc import Mapping
from fractions import Fraction

from reward_kit.rewards.math.equivalence.errors import ExhaustedError, UndefinedError
from reward_kit.rewards.math.equivalence.expression import Expr

__all__ = ["PRIME", "Budget", "Unfit", "exact", "modular"]

PRIME = 2**61 - 1
MAX_BITS = 64_000
MAX_FACTORIAL = 5000
MAX_TERMS = 2000
MAX_STEPS = 20_000
_PER_STEP = 16
"""Factors of a factorial that cost as much as a step."""


class Budget:
    """What one evaluation may cost, in steps of some microseconds."""

    __slots__ = ("left",)

    def __init__(self, steps: int) -> None:
        self.left = steps

    def spend(self, steps: int) -> None:
        """Take off so many steps.

        Raises:
            ExhaustedError: there are no more.
        """
        self.left -= steps
        if self.left < 0:
            raise ExhaustedError("too many steps")


class Unfit(Exception):  # noqa: N818 - an answer, not an error: this arithmetic does not reach so far
    """The expression is not rational, so that it has no exact value here."""


def exact(tree: Expr, values: Mapping[str, Fraction], budget: Budget | None = None) -> Fraction:
    """Return the value of a rational expression.

    Raises:
        Unfit: it is not rational, or has a variable that is not in ``values``.
        ExhaustedError: it has more than ``MAX_BITS`` or takes too many steps.
        UndefinedError: it divides by zero.
    """
    op = tree.op
    if op == "num":
        return tree.value
    if op == "name":
        if tree.text not in values:
            raise Unfit
        return values[tree.text]
    if op in {"const", "apply", "root"}:
        raise Unfit
    budget = budget or Budget(MAX_STEPS)
    budget.spend(1)
    if op == "sum":
        return _series(tree, values, budget)
    args = [exact(arg, values, budget) for arg in tree.args]
    if op == "add":
        return _bounded(sum(args, Fraction(0)))
    if op == "mul":
        return _product(args)
    return _called(tree.text, args, budget) if op == "call" else _operated(op, args, budget)


def _operated(op: str, args: list[Fraction], budget: Budget) -> Fraction:
    first = args[0]
    if op == "neg":
        return -first
    if op == "abs":
        return abs(first)
    if op == "fact":
        return factorial(first, budget)
    if op == "div":
        if not args[1]:
            raise UndefinedError("a division by zero")
        return _bounded(first / args[1])
    return _power(first, args[1])


def _product(factors: list[Fraction]) -> Fraction:
    value = Fraction(1)
    for factor in factors:
        value = _bounded(value * factor)
    return value


def _power(base: Fraction, exponent: Fraction) -> Fraction:
    if exponent.denominator != 1:
        raise Unfit
    if not base and exponent <= 0:
        raise UndefinedError("zero to a power that is not positive")
    if base not in {0, 1, -1} and abs(exponent) * max(_bits(base) - 1, 1) > MAX_BITS:
        raise ExhaustedError("a power that is too large")
    if base in {0, 1, -1}:
        return base if exponent % 2 else base * base
    return base**exponent.numerator


def factorial(value: Fraction, budget: Budget) -> Fraction:
    """Return the factorial of a whole number that is not too large."""
    if value.denominator != 1 or value < 0:
        raise UndefinedError("a factorial of no natural number")
    if value > MAX_FACTORIAL:
        raise ExhaustedError("a factorial that is too large")
    budget.spend(value.numerator // _PER_STEP)
    return Fraction(math.factorial(value.numerator))


def _series(tree: Expr, values: Mapping[str, Fraction], budget: Budget) -> Fraction:
    index, first, last, term = tree.args
    begin, end = exact(first, values, budget), exact(last, values, budget)
    value = Fraction(0 if tree.text == "sum" else 1)
    for at in whole_range(begin, end):
        item = exact(term, {**values, index.text: Fraction(at)}, budget)
        value = _bounded(value + item if tree.text == "sum" else value * item)
    return value


def whole_range(first: Fraction, last: Fraction) -> range:
    """Return the indices of a finite sum."""
    if first.denominator != 1 or last.denominator != 1:
        raise UndefinedError("a sum between no whole numbers")
    if last - first > MAX_TERMS:
        raise ExhaustedError("a sum of too many terms")
    return range(first.numerator, last.numerator + 1)


def _called(text: str, args: list[Fraction], budget: Budget) -> Fraction:
    if text in {"floor", "ceil"}:
        return Fraction(math.floor(args[0]) if text == "floor" else math.ceil(args[0]))
    if text in {"max", "min"}:
        return max(args) if text == "max" else min(args)
    if text == "binom":
        return binomial(args[0], args[1], budget)
    if text in {"gcd", "lcm", "mod"}:
        if any(arg.denominator != 1 for arg in args):
            raise Unfit
        whole = [arg.numerator for arg in args]
        if text == "mod":
            if not whole[1]:
                raise UndefinedError("a division by zero")
            return Fraction(whole[0] % whole[1])
        return Fraction(math.gcd(*whole) if text == "gcd" else math.lcm(*whole))
    raise Unfit


def binomial(above: Fraction, below: Fraction, budget: Budget) -> Fraction:
    """Return a binomial coefficient of whole numbers."""
    if below.denominator != 1 or above.denominator != 1 or above < 0:
        raise UndefinedError("a binomial coefficient of no natural numbers")
    if not 0 <= below <= above:
        return Fraction(0)
    if min(below, above - below) > MAX_FACTORIAL or above.numerator.bit_length() > 64:  # noqa: PLR2004
        raise ExhaustedError("a binomial coefficient that is too large")
    budget.spend(int(min(below, above - below)) // _PER_STEP)
    return _bounded(Fraction(math.comb(above.numerator, below.numerator)))


def _bounded(value: Fraction) -> Fraction:
    if _bits(value) > MAX_BITS:
        raise ExhaustedError("a number that is too large")
    return value


def _bits(value: Fraction) -> int:
    return max(value.numerator.bit_length(), value.denominator.bit_length())


def modular(tree: Expr, values: Mapping[str, int]) -> int:
    """Return the value of a rational expression modulo ``PRIME``, of however many digits it is.

    Raises:
        Unfit: it is not rational, or has a variable that is not in ``values``.
        ExhaustedError: an exponent is too large.
        UndefinedError: it divides by zero.
    """
    op, args = tree.op, tree.args
    if op == "num":
        return tree.value.numerator * pow(tree.value.denominator, -1, PRIME) % PRIME
    if op == "name":
        if tree.text not in values:
            raise Unfit
        return values[tree.text]
    if op == "pow":
        return _modular_power(modular(args[0], values), exact(args[1], {}))
    if op in {"add", "mul", "neg", "div"}:
        return _modular(op, [modular(arg, values) for arg in args])
    return modular(Expr("num", (), "", exact(tree, {})), values)


def _modular(op: str, args: list[int]) -> int:
    if op == "add":
        return sum(args) % PRIME
    if op == "neg":
        return -args[0] % PRIME
    if op == "div":
        return args[0] * _inverse(args[1]) % PRIME
    value = 1
    for arg in args:
        value = value * arg % PRIME
    return value


def _modular_power(base: int, exponent: Fraction) -> int:
    if exponent.denominator != 1:
        raise Unfit
    if not base and exponent <= 0:
        raise UndefinedError("zero to a power that is not positive")
    return pow(base if exponent >= 0 else _inverse(base), abs(exponent.numerator), PRIME)


def _inverse(value: int) -> int:
    if not value:
        raise UndefinedError("a division by zero")
    return pow(value, -1, PRIME)
