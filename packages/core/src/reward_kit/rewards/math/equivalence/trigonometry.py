"""Sine, cosine, arctangent and pi to any number of digits, by their series with argument reduction.

Source: Brent and Zimmermann, Modern Computer Arithmetic, section 4.4.
"""

import functools
from decimal import ROUND_HALF_EVEN, Context, Decimal, DivisionByZero, InvalidOperation, Overflow

__all__ = ["arctan", "pi", "sine_cosine"]

_GUARD = 10
_HALVINGS = 4
_ZERO, _ONE, _TWO = Decimal(0), Decimal(1), Decimal(2)


@functools.cache
def pi(digits: int) -> Decimal:
    """Return pi by Machin's formula, 16 arctan(1/5) - 4 arctan(1/239), to some more than ``digits``."""
    unit = 10 ** (digits + 2 * _GUARD)
    value = 16 * _arctan_of_inverse(5, unit) - 4 * _arctan_of_inverse(239, unit)
    return Context(prec=digits + _GUARD).divide(Decimal(value), Decimal(unit))


def _arctan_of_inverse(whole: int, unit: int) -> int:
    """Return the arctangent of 1 / ``whole`` in units of 1 / ``unit``."""
    term = total = unit // whole
    sign, odd = -1, 3
    while term:
        term //= whole * whole
        total += sign * (term // odd)
        sign, odd = -sign, odd + 2
    return total


def sine_cosine(angle: Decimal, context: Context) -> tuple[Decimal, Decimal]:
    """Return the sine and the cosine of an angle, whose digits before the point are worked on beside the context's."""
    before_point = max(0, angle.adjusted()) if angle else 0
    work = _working(context.prec + _GUARD + before_point)
    half_pi = work.divide(pi(work.prec), _TWO)
    quarters = work.divide(angle, half_pi).to_integral_value(ROUND_HALF_EVEN)
    rest = work.subtract(angle, work.multiply(quarters, half_pi))
    sine, cosine = _series(work, rest, 1), _series(work, rest, 0)
    for _ in range(int(quarters) % 4):
        sine, cosine = cosine, sine.copy_negate()
    return _settled(sine, context), _settled(cosine, context)


def _settled(value: Decimal, context: Context) -> Decimal:
    """Round; what is below the precision of the series is the zero that it approximates."""
    return _ZERO if value and value.adjusted() < -(context.prec + 2) else context.plus(value)


def _series(work: Context, angle: Decimal, start: int) -> Decimal:
    """Sum the Taylor series of the sine (``start`` 1) or the cosine (0)."""
    square = work.multiply(angle, angle).copy_negate()
    term = total = angle if start else _ONE
    at = start
    while term and term.adjusted() > total.adjusted() - work.prec - 1:
        at += 2
        term = work.divide(work.multiply(term, square), Decimal(at * (at - 1)))
        total = work.add(total, term)
    return total


def arctan(one: Decimal, context: Context) -> Decimal:
    """Return the arctangent of a real number."""
    work = _working(context.prec + _GUARD)
    if one.copy_abs() > _ONE:
        inner = arctan(work.divide(_ONE, one), context)
        return context.subtract(work.divide(pi(work.prec), _TWO).copy_sign(one), inner)
    for _ in range(_HALVINGS):
        root = work.sqrt(work.add(_ONE, work.multiply(one, one)))
        one = work.divide(one, work.add(_ONE, root))
    square = work.multiply(one, one).copy_negate()
    total, power, odd = one, one, 1
    while power and power.adjusted() > total.adjusted() - work.prec:
        power = work.multiply(power, square)
        odd += 2
        total = work.add(total, work.divide(power, Decimal(odd)))
    return context.multiply(total, Decimal(2**_HALVINGS))


def _working(digits: int) -> Context:
    return Context(prec=digits, traps=[Overflow, InvalidOperation, DivisionByZero])
