"""Real and complex elementary functions to any number of digits, on the standard library's ``decimal``.

``decimal`` is written in C, keeps no state outside the context it is given, and so serves any number of threads;
what it lacks is here (complex numbers) and in ``trigonometry``.
"""

import functools
from decimal import ROUND_HALF_EVEN, Context, Decimal, DivisionByZero, InvalidOperation, Overflow, Underflow
from typing import NamedTuple

from reward_kit.rewards.math.equivalence.errors import ExhaustedError, UndefinedError
from reward_kit.rewards.math.equivalence.trigonometry import arctan, pi, sine_cosine

__all__ = ["Arithmetic", "Complex", "NotRealError", "Number", "arithmetic"]

_MAX_EXPONENT = 10**8
_LARGEST_ANGLE = 40
"""Digits before the point of the largest angle that is reduced."""
_MAX_WHOLE_EXPONENT = 10**9


class NotRealError(UndefinedError):
    """The value is not real where only real numbers were asked for."""


class Complex(NamedTuple):
    """A complex number that need not be real."""

    re: Decimal
    im: Decimal


Number = Decimal | Complex
_ZERO, _ONE, _TWO = Decimal(0), Decimal(1), Decimal(2)


@functools.cache
def arithmetic(digits: int, *, real: bool) -> "Arithmetic":
    """Return the arithmetic of so many digits; it has no state and may be shared."""
    return Arithmetic(digits, real=real)


class Arithmetic:
    """Functions on numbers, each result to ``digits``.

    Where ``real`` is set, a step that leaves the real numbers raises NotRealError, as school mathematics does; odd
    roots of negative numbers are real in either case.
    """

    def __init__(self, digits: int, *, real: bool) -> None:
        self.digits = digits
        self.real = real
        self.context = Context(
            prec=digits,
            rounding=ROUND_HALF_EVEN,
            Emax=_MAX_EXPONENT,
            Emin=-_MAX_EXPONENT,
            capitals=1,
            clamp=0,
            flags=[],
            traps=[Overflow, Underflow, InvalidOperation, DivisionByZero],
        )

    def pi(self) -> Decimal:
        """Return pi."""
        return self.context.plus(pi(self.digits))

    def e(self) -> Decimal:
        """Return the base of the natural logarithm."""
        return self.context.exp(_ONE)

    def i(self) -> Number:
        """Return the imaginary unit."""
        if self.real:
            raise NotRealError("an imaginary number")
        return Complex(_ZERO, _ONE)

    def add(self, one: Number, other: Number) -> Number:
        """Return a sum."""
        context = self.context
        if isinstance(one, Decimal) and isinstance(other, Decimal):
            return context.add(one, other)
        (a, b), (c, d) = _parts(one), _parts(other)
        return Complex(context.add(a, c), context.add(b, d))

    def negative(self, one: Number) -> Number:
        """Return the opposite."""
        return one.copy_negate() if isinstance(one, Decimal) else Complex(one.re.copy_negate(), one.im.copy_negate())

    def multiply(self, one: Number, other: Number) -> Number:
        """Return a product."""
        context = self.context
        if isinstance(one, Decimal) and isinstance(other, Decimal):
            return context.multiply(one, other)
        (a, b), (c, d) = _parts(one), _parts(other)
        return Complex(
            context.subtract(context.multiply(a, c), context.multiply(b, d)),
            context.add(context.multiply(a, d), context.multiply(b, c)),
        )

    def divide(self, one: Number, other: Number) -> Number:
        """Return a quotient."""
        context = self.context
        if isinstance(other, Decimal):
            if not other:
                raise UndefinedError("a division by zero")
            if isinstance(one, Decimal):
                return context.divide(one, other)
            return Complex(context.divide(one.re, other), context.divide(one.im, other))
        size = context.add(context.multiply(other.re, other.re), context.multiply(other.im, other.im))
        if not size:
            raise UndefinedError("a division by zero")
        top = _parts(self.multiply(one, Complex(other.re, other.im.copy_negate())))
        return Complex(context.divide(top[0], size), context.divide(top[1], size))

    def size(self, one: Number) -> Decimal:
        """Return the absolute value."""
        if isinstance(one, Decimal):
            return one.copy_abs()
        context = self.context
        return context.sqrt(context.add(context.multiply(one.re, one.re), context.multiply(one.im, one.im)))

    def exp(self, one: Number) -> Number:
        """Return a power of e."""
        if isinstance(one, Decimal):
            return self.context.exp(one)
        size = self.context.exp(one.re)
        sine, cosine = self.sine_cosine(one.im)
        return Complex(self.context.multiply(size, cosine), self.context.multiply(size, sine))

    def ln(self, one: Number) -> Number:
        """Return the principal natural logarithm."""
        if not self.size(one):
            raise UndefinedError("the logarithm of zero")
        if isinstance(one, Decimal) and one > 0:
            return self.context.ln(one)
        if self.real:
            raise NotRealError("the logarithm of a negative number")
        return Complex(self.context.ln(self.size(one)), self.angle(one))

    def angle(self, one: Number) -> Decimal:
        """Return the argument of a complex number, above -pi and up to pi."""
        re, im = _parts(one)
        if not re:
            return self.context.divide(self.pi(), _TWO).copy_sign(im)
        base = self.arctan(self.context.divide(im, re))
        if re > 0:
            return base
        return self.context.add(base, self.pi() if im >= 0 else self.pi().copy_negate())

    def power(self, base: Number, exponent: Number) -> Number:
        """Return the principal power; a whole exponent is exact multiplication."""
        if isinstance(exponent, Decimal) and exponent == exponent.to_integral_value():
            return self.whole_power(base, exponent)
        if not self.size(base):
            if isinstance(exponent, Decimal) and exponent > 0:
                return _ZERO
            raise UndefinedError("a power of zero")
        if isinstance(base, Decimal) and isinstance(exponent, Decimal) and base > 0:
            return self.context.power(base, exponent)
        return self.exp(self.multiply(exponent, self.ln(base)))

    def whole_power(self, base: Number, exponent: Decimal) -> Number:
        """Return the power of a whole exponent."""
        if exponent.copy_abs() > _MAX_WHOLE_EXPONENT:
            raise ExhaustedError("a power that is too large")
        if not self.size(base):
            if exponent <= 0:
                raise UndefinedError("zero to a power that is not positive")
            return _ZERO
        if isinstance(base, Decimal):
            return self.context.power(base, exponent)
        value: Number = _ONE
        square: Number = base
        count = abs(int(exponent))
        while count:
            if count & 1:
                value = self.multiply(value, square)
            square = self.multiply(square, square)
            count >>= 1
        return value if exponent >= 0 else self.divide(_ONE, value)

    def root(self, one: Number, index: int) -> Number:
        """Return the root of a whole index; an odd root of a negative number is negative."""
        if isinstance(one, Decimal) and one < 0 and index % 2:
            return self.negative(self.root(one.copy_negate(), index))
        if index == 2:  # noqa: PLR2004
            return self.square_root(one)
        return self.power(one, self.context.divide(_ONE, Decimal(index)))

    def square_root(self, one: Number) -> Number:
        """Return the principal square root."""
        context = self.context
        if isinstance(one, Decimal):
            if one >= 0:
                return context.sqrt(one)
            if self.real:
                raise NotRealError("the square root of a negative number")
            return Complex(_ZERO, context.sqrt(one.copy_negate()))
        size = self.size(one)
        re = context.sqrt(max(_ZERO, context.divide(context.add(size, one.re), _TWO)))
        im = context.sqrt(max(_ZERO, context.divide(context.subtract(size, one.re), _TWO)))
        return Complex(re, im.copy_sign(one.im))

    def sine_cosine(self, angle: Decimal) -> tuple[Decimal, Decimal]:
        """Return the sine and the cosine of a real angle."""
        if angle and angle.adjusted() > _LARGEST_ANGLE:
            raise ExhaustedError("an angle that is too large")
        return sine_cosine(angle, self.context)

    def sine(self, one: Number) -> Number:
        """Return the sine."""
        if isinstance(one, Decimal):
            return self.sine_cosine(one)[0]
        sine, cosine = self.sine_cosine(one.re)
        rising, falling = self.context.exp(one.im), self.context.exp(one.im.copy_negate())
        even = self.context.divide(self.context.add(rising, falling), _TWO)
        odd = self.context.divide(self.context.subtract(rising, falling), _TWO)
        return Complex(self.context.multiply(sine, even), self.context.multiply(cosine, odd))

    def cosine(self, one: Number) -> Number:
        """Return the cosine."""
        if isinstance(one, Decimal):
            return self.sine_cosine(one)[1]
        return self.sine(self.add(self.context.divide(self.pi(), _TWO), self.negative(one)))

    def arctan(self, one: Decimal) -> Decimal:
        """Return the arctangent of a real number."""
        return arctan(one, self.context)

    def arcsin(self, one: Number) -> Number:
        """Return the arcsine of a real number up to one."""
        if not isinstance(one, Decimal) or one.copy_abs() > _ONE:
            raise NotRealError("the arcsine of a number above one")
        if one.copy_abs() == _ONE:
            return self.context.divide(self.pi(), _TWO).copy_sign(one)
        context = self.context
        beside = context.sqrt(context.multiply(context.subtract(_ONE, one), context.add(_ONE, one)))
        return self.arctan(context.divide(one, beside))

    def whole(self, one: Number) -> int:
        """Return the whole number that a value is.

        Raises:
            UndefinedError: it is none.
        """
        value = self.as_real(one)
        nearest = value.to_integral_value(ROUND_HALF_EVEN)
        if value.adjusted() > self.digits // 2:
            raise ExhaustedError("a number that is too large")
        if self.context.subtract(value, nearest).copy_abs() > Decimal((0, (1,), -self.digits // 2)):
            raise UndefinedError("expected a whole number")
        return int(nearest)

    def as_real(self, one: Number) -> Decimal:
        """Return a number whose imaginary part is the error of rounding as a real one."""
        if isinstance(one, Decimal):
            return one
        if not one.im or one.im.adjusted() < one.re.adjusted() - self.digits // 2:
            return one.re
        raise NotRealError("expected a real number")


def _parts(one: Number) -> tuple[Decimal, Decimal]:
    return (one, _ZERO) if isinstance(one, Decimal) else one
