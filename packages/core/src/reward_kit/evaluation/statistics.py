"""Count gradings as they come, and say what the counts amount to; nothing here grows with the number of rows."""

import math
from dataclasses import dataclass

__all__ = ["Interval", "Tally", "percent", "wilson_interval"]

Z_95 = 1.959963984540054
"""The 0.975 quantile of the standard normal distribution."""


@dataclass(frozen=True, slots=True)
class Interval:
    """The bounds between which a rate lies with the confidence that was asked for."""

    low: float
    high: float


def wilson_interval(passed: int, n: int, z: float = Z_95) -> Interval:
    """Return the Wilson score interval of the rate ``passed / n``; 95 % unless ``z`` says otherwise.

    E. B. Wilson, "Probable inference, the law of succession, and statistical inference", Journal of the American
    Statistical Association 22 (1927) 209-212. Unlike the normal approximation it stays within 0 and 1, and has
    a width at 0 % and 100 %.

    >>> wilson_interval(93, 100)
    Interval(low=0.862..., high=0.965...)
    """
    if not 0 <= passed <= n or n == 0:
        message = f"found passed={passed!r} of n={n!r}, expected 0 <= passed <= n and n > 0"
        raise ValueError(message)
    rate = passed / n
    spread = z * z / n
    centre = (rate + spread / 2) / (1 + spread)
    half = z / (1 + spread) * math.sqrt(rate * (1 - rate) / n + spread / (4 * n))
    # At the ends the bound is the end itself; rounding must not put it beside.
    return Interval(low=0.0 if passed == 0 else centre - half, high=1.0 if passed == n else centre + half)


@dataclass(slots=True)
class Tally:
    """What has been counted so far. Rates are of the graded rows; the not graded are counted apart."""

    pass_score: float = 1.0
    rows: int = 0
    passed: int = 0
    not_graded: int = 0
    cut_off: int = 0
    """Rows, of any outcome, whose reply the token limit ended."""
    score_sum: float = 0.0

    def add(self, *, score: float, is_score_valid: bool, cut_off: bool) -> None:
        """Count one row."""
        self.rows += 1
        self.cut_off += cut_off
        if not is_score_valid:
            self.not_graded += 1
            return
        self.passed += score >= self.pass_score
        self.score_sum += score

    @property
    def graded(self) -> int:
        """Rows with a score."""
        return self.rows - self.not_graded

    @property
    def failed(self) -> int:
        """Rows whose score does not pass."""
        return self.graded - self.passed

    @property
    def pass_rate(self) -> float | None:
        """Passed of graded; None where nothing was graded."""
        return self.passed / self.graded if self.graded else None

    @property
    def interval(self) -> Interval | None:
        """The 95 % interval of the pass rate."""
        return wilson_interval(self.passed, self.graded) if self.graded else None

    @property
    def mean_score(self) -> float | None:
        """The mean score of the graded rows."""
        return self.score_sum / self.graded if self.graded else None


def percent(rate: float | None) -> str:
    """Return a rate as a percentage that says 100 or 0 only of all or none.

    >>> percent(0.9999), percent(0.0001), percent(None)
    ('99.9 %', '<0.1 %', '-')
    """
    if rate is None:
        return "-"
    shown = f"{100 * rate:.1f}"
    if shown == "100.0" and rate < 1:
        return "99.9 %"
    return "<0.1 %" if shown == "0.0" and rate > 0 else f"{shown} %"
