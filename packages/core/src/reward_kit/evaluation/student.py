"""Student's t distribution, and the interval of a mean that it gives: what a mean of scores needs and Python lacks."""

import math
from collections.abc import Sequence

from reward_kit.evaluation.statistics import Interval

__all__ = ["standard_error", "student_interval", "t_quantile", "t_tails"]

TINY = 1e-300
PRECISION = 1e-15
TERMS = 100_000
HALVINGS = 200
ROUNDING = 1e-12
"""Values that differ by less of their size are the same: it is what subtracting one score from another leaves."""


def student_interval(values: Sequence[float], confidence: float = 0.95) -> Interval | None:
    """Return Student's interval of the mean of ``values``; None where fewer than two differ, for then it has no width.

    "Student", "The probable error of a mean", Biometrika 6 (1908) 1-25. It is approximate for scores, which are not
    normal, and the better the more of them there are.

    >>> student_interval([0.0, 0.5, 1.0])
    Interval(low=-0.742..., high=1.742...)
    """
    n = len(values)
    spread = standard_error(values)
    if not spread:
        return None
    mean, half = math.fsum(values) / n, t_quantile((1 + confidence) / 2, n - 1) * spread
    return Interval(low=mean - half, high=mean + half)


def standard_error(values: Sequence[float]) -> float:
    """Return the standard error of the mean of ``values``; 0 where it cannot be told, or all are the same."""
    n = len(values)
    if n < 2 or max(values) - min(values) <= ROUNDING * max(map(abs, values)):  # noqa: PLR2004 - one has no spread
        return 0.0
    mean = math.fsum(values) / n
    return math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (n - 1) / n)


def t_tails(t: float, df: int) -> float:
    """Return the chance that Student's t with ``df`` degrees of freedom is at least as far from 0 as ``t``.

    It is the incomplete beta function: M. Abramowitz, I. A. Stegun, Handbook of Mathematical Functions (1964), 26.7.1.

    >>> round(t_tails(2.228, 10), 4)
    0.05
    """
    if df < 1:
        message = f"found {df!r} degrees of freedom, expected at least 1"
        raise ValueError(message)
    return _incomplete_beta(df / (df + t * t), df / 2, 0.5, t * t / (df + t * t))


def t_quantile(probability: float, df: int) -> float:
    """Return the value that Student's t with ``df`` degrees of freedom stays below with ``probability`` from 0.5 on.

    >>> round(t_quantile(0.975, 10), 3)
    2.228
    """
    if not 0.5 <= probability < 1:  # noqa: PLR2004 - the half above 0; the other is its mirror image
        message = f"found the probability {probability!r}, expected 0.5 <= probability < 1"
        raise ValueError(message)
    tails = 2 * (1 - probability)
    low, high = 0.0, 1.0
    while t_tails(high, df) > tails:
        low, high = high, 2 * high
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        if middle in {low, high}:
            break
        low, high = (middle, high) if t_tails(middle, df) > tails else (low, middle)
    return (low + high) / 2


def _incomplete_beta(x: float, a: float, b: float, rest: float) -> float:
    """Return the regularised incomplete beta function of ``x``; ``rest`` is ``1 - x`` without cancellation."""
    if x <= 0:
        return 0.0
    if rest <= 0:
        return 1.0
    scale = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log(rest)
    if x < (a + 1) / (a + b + 2):
        return min(1.0, math.exp(scale) * _fraction(x, a, b) / a)
    return max(0.0, 1 - math.exp(scale) * _fraction(rest, b, a) / b)


def _fraction(x: float, a: float, b: float) -> float:
    """Return the continued fraction of Abramowitz and Stegun 26.5.8, from the front as W. J. Lentz (1976) does."""
    value = above = 1.0
    below = 0.0
    for term in range(1, TERMS):
        half = term // 2
        if term % 2:
            weight = -(a + half) * (a + b + half) * x / ((a + term - 1) * (a + term))
        else:
            weight = half * (b - half) * x / ((a + term - 1) * (a + term))
        below = 1 / (1 + weight * below or TINY)
        above = 1 + weight / above or TINY
        value *= above * below
        if abs(above * below - 1) < PRECISION:
            break
    return 1 / value
