"""Decide whether two values are equal: exactly, else to many digits, else at the same points.

Numbers are compared with relative error. A difference that is small beside the numbers, or numbers that are small
themselves, are computed once more to twice the digits: what is truly zero shrinks with the precision, and
``e^{-50} - e^{-60}`` does not.
"""

from collections.abc import Callable, Iterator
from decimal import ROUND_DOWN, ROUND_HALF_UP, Context, Decimal
from fractions import Fraction

from reward_kit.rewards.math.equivalence.decimals import Number
from reward_kit.rewards.math.equivalence.errors import ExhaustedError, UndefinedError
from reward_kit.rewards.math.equivalence.exact import Unfit
from reward_kit.rewards.math.equivalence.numeric import distance
from reward_kit.rewards.math.equivalence.values import MODULAR_POINTS, Value, points
from reward_kit.rewards.math.policy import Policy

__all__ = ["as_fraction", "equal", "ratio_constant"]

DIGITS = 80
_DOUBT = 20
"""Differences and sizes beyond this many digits are computed again."""
_SAMPLE_DIGITS = 50
_MIN_POINTS = 3
_LARGEST_DENOMINATOR = 10**15


def equal(answer: Value, gold: Value, policy: Policy) -> bool:
    """Say whether two expressions have the same value, or the same values wherever both have one.

    Raises:
        ExhaustedError: one of them is too large.
        UndefinedError: one of them has no value.
    """
    if answer.tree == gold.tree:
        return True
    if not answer.names and not gold.names:
        return _same_number(answer, gold, policy)
    if answer.rational and gold.rational:
        return all(answer.modular(point) == gold.modular(point) for point in range(MODULAR_POINTS))
    return _same_function(answer, gold)


def as_fraction(value: Value) -> Fraction | None:
    """Return the exact value of a rational number, None for any other."""
    try:
        return value.exact()
    except (Unfit, ExhaustedError, UndefinedError):
        return None


def _same_number(answer: Value, gold: Value, policy: Policy) -> bool:
    try:
        one, other = answer.exact(), gold.exact()
    except Unfit:
        pass
    except ExhaustedError:
        if answer.rational and gold.rational:
            return all(answer.modular(point) == gold.modular(point) for point in range(MODULAR_POINTS))
        raise
    else:
        return one == other or abs(one - other) <= policy.allowed(other)
    if _agree(answer.number, gold.number):
        return True
    return _close(answer, gold, policy) or _rounded(answer, gold, policy)


def _agree(one: Callable[[int], Number], other: Callable[[int], Number]) -> bool:
    """Say whether two computations have the same result, at whatever precision it takes to see."""
    gap, size = distance(one(DIGITS), other(DIGITS), DIGITS)
    if not size:
        return True
    if gap and gap.adjusted() >= size.adjusted() - _DOUBT and abs(size.adjusted()) < _DOUBT:
        return False
    twice, size = distance(one(2 * DIGITS), other(2 * DIGITS), 2 * DIGITS)
    if not twice:
        return True
    return twice.adjusted() < max(
        size.adjusted() - DIGITS - _DOUBT, min(gap.adjusted() - DIGITS // 2, -DIGITS - _DOUBT)
    )


def _close(answer: Value, gold: Value, policy: Policy) -> bool:
    """Say whether the answer is within the tolerance of the policy."""
    if not policy.tolerance and not policy.absolute_tolerance:
        return False
    one, other = answer.number(DIGITS), gold.number(DIGITS)
    if not isinstance(one, Decimal) or not isinstance(other, Decimal):
        return False
    known = as_fraction(gold)
    allowed = policy.allowed(Fraction(other) if known is None else known)
    return abs(Fraction(one) - Fraction(other)) <= allowed


def _rounded(answer: Value, gold: Value, policy: Policy) -> bool:
    """Say whether the answer is a decimal with enough correct digits of an irrational gold."""
    written = answer.tree.args[0] if answer.tree.op == "neg" else answer.tree
    if written.op != "num" or written.digits < policy.significant_digits or as_fraction(gold) is not None:
        return False
    one, other = answer.number(DIGITS), gold.number(DIGITS)
    if not isinstance(one, Decimal) or not isinstance(other, Decimal) or _is_rational(other):
        return False
    return rounds_to(one, other, policy.significant_digits)


def rounds_to(one: Decimal, other: Decimal, digits: int) -> bool:
    """Say whether two numbers have the same first digits, rounded or cut off."""
    return any(
        Context(prec=digits, rounding=rounding).plus(one) == Context(prec=digits, rounding=rounding).plus(other)
        for rounding in (ROUND_HALF_UP, ROUND_DOWN)
    )


def _is_rational(value: Decimal) -> bool:
    r"""Say whether a value is a fraction of small terms, as ``\sqrt{4}`` is."""
    near = Fraction(value).limit_denominator(_LARGEST_DENOMINATOR)
    return abs(Fraction(value) - near) < Fraction(1, 10 ** (DIGITS - _DOUBT))


def _same_function(answer: Value, gold: Value) -> bool:
    """Say whether two expressions agree at every point where both have a real value, or else a complex one."""
    real = not answer.is_complex and not gold.is_complex
    for mode in (True, False) if real else (False,):
        agreed = 0
        for one, other in _samples(answer, gold, real=mode):
            if not _near(one, other):
                return False
            agreed += 1
        if agreed >= _MIN_POINTS:
            return True
    raise UndefinedError("no points where both have a value")


def _samples(one: Value, other: Value, *, real: bool) -> Iterator[tuple[Number, Number]]:
    """Give the values at each point where both have one; whole numbers only where few others do."""
    found = 0
    for point in points(one.names | other.names):
        if point.whole and found >= _MIN_POINTS:
            return
        try:
            pair = one.sample(point, _SAMPLE_DIGITS, real=real), other.sample(point, _SAMPLE_DIGITS, real=real)
        except UndefinedError:
            continue
        found += 1
        yield pair


def _near(one: Number, other: Number) -> bool:
    gap, size = distance(one, other, _SAMPLE_DIGITS)
    # An absolute bound too: at a point that is not chosen by anyone, a difference below it is an error of rounding.
    return not gap or gap.adjusted() < max(size.adjusted(), -_DOUBT // 2) - _SAMPLE_DIGITS + _DOUBT


def ratio_constant(one: Value, other: Value) -> int | None:
    """Return the sign of the constant by which two expressions differ; None where it is no constant.

    An expression that is zero everywhere has no constant: it says nothing.
    """
    found: Number | None = None
    sign = agreed = 0
    for top, bottom in _samples(one, other, real=True):
        if not isinstance(top, Decimal) or not isinstance(bottom, Decimal) or not top or not bottom:
            if _near(top, bottom):
                continue
            return None
        here = Context(prec=_SAMPLE_DIGITS).divide(top, bottom)
        if found is not None and not _near(here, found):
            return None
        found, sign = here, 1 if here > 0 else -1
        agreed += 1
    return sign if agreed >= _MIN_POINTS else None
