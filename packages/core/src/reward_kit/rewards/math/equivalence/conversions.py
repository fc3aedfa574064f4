"""Turn one kind of reading into another that it can be compared with."""

from collections.abc import Sequence
from fractions import Fraction

from reward_kit.rewards.math.equivalence.expression import Expr, number
from reward_kit.rewards.math.equivalence.model import Based, Clock, Group, Matrix, Ratio, Reading, Scalar
from reward_kit.rewards.math.equivalence.scalars import as_fraction
from reward_kit.rewards.math.equivalence.values import Value

__all__ = ["hundredth", "in_base_ten", "product", "quotient", "same_time", "vector"]

_HUNDRED = number(100)


def hundredth(value: Value) -> Value:
    """Return a value divided by a hundred."""
    return Value(Expr("div", (value.tree, _HUNDRED)))


def quotient(top: Scalar, bottom: Scalar) -> Scalar:
    """Return the quotient of two values."""
    return Scalar(value=Value(Expr("div", (top.value.tree, bottom.value.tree))))


def product(one: Scalar, other: Scalar) -> Value:
    """Return the product of two values."""
    return Value(Expr("mul", (one.value.tree, other.value.tree)))


def vector(reading: Reading) -> Sequence[Reading]:
    """Return the items of a tuple, or of a matrix of one row or column."""
    if isinstance(reading, Group):
        return reading.items
    rows = reading.rows if isinstance(reading, Matrix) else ()
    if len(rows) == 1:
        return rows[0]
    return [row[0] for row in rows] if all(len(row) == 1 for row in rows) else ()


def in_base_ten(reading: Reading) -> Fraction | None:
    """Return the value of a number that is written in base ten."""
    if isinstance(reading, Based):
        return Fraction(int(reading.digits)) if reading.base == 10 else None  # noqa: PLR2004
    return as_fraction(reading.value) if isinstance(reading, Scalar) else None


_HALF_A_DAY = 12 * 60 * 60


def same_time(one: Reading, other: Reading) -> bool:
    """Say whether two times of day agree; one without its half of the day may be in either, up to twelve hours."""
    (first, known), (second, also_known) = _time(one), _time(other)
    if known and also_known:
        return first == second
    return first % _HALF_A_DAY == second % _HALF_A_DAY


def _time(reading: Reading) -> tuple[int, bool]:
    """Return the seconds since midnight, and whether the half of the day is known."""
    if isinstance(reading, Clock):
        return reading.seconds + (_HALF_A_DAY if reading.half == "pm" else 0), True
    parts = [int(as_fraction(part.value) or 0) for part in reading.parts] if isinstance(reading, Ratio) else []
    hours, minutes, seconds = [*parts, 0, 0, 0][:3]
    at = hours * 3600 + minutes * 60 + seconds
    return at, at >= _HALF_A_DAY + 3600 or hours == 0
