"""Say whether a pass rate fell by more than chance explains."""

import math
from dataclasses import dataclass

__all__ = ["Decline", "decline"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decline:
    """A pass rate now and before, and how likely so low a rate is if nothing changed."""

    passed: int
    rows: int
    passed_before: int
    rows_before: int
    p_value: float

    @property
    def rate(self) -> float:
        """The pass rate now."""
        return self.passed / self.rows

    @property
    def rate_before(self) -> float:
        """The pass rate before."""
        return self.passed_before / self.rows_before


def decline(*, passed: int, rows: int, passed_before: int, rows_before: int) -> Decline:
    """Compare two pass rates by Fisher's exact test, one-sided against a fall.

    The p-value is the chance of at most ``passed`` passes among ``rows`` if ``passed + passed_before`` passes were
    dealt at random to all ``rows + rows_before`` rows (R. A. Fisher, "On the interpretation of chi-squared from
    contingency tables, and the calculation of P", Journal of the Royal Statistical Society 85 (1922) 87-94).

    >>> decline(passed=60, rows=100, passed_before=900, rows_before=1000).p_value < 1e-12
    True
    >>> round(decline(passed=3, rows=5, passed_before=4, rows_before=5).p_value, 4)
    0.5
    """
    if not (0 <= passed <= rows and 0 <= passed_before <= rows_before and rows and rows_before):
        message = f"found {passed} of {rows} and {passed_before} of {rows_before}, expected 0 <= passed <= rows > 0"
        raise ValueError(message)
    everything, all_passed = rows + rows_before, passed + passed_before
    least = max(0, all_passed - rows_before)
    whole = _log_choose(everything, all_passed)
    # From the observed count down; the terms below the mode only get smaller, so their sum may end early.
    total = 0.0
    for count in range(passed, least - 1, -1):
        term = math.exp(_log_choose(rows, count) + _log_choose(rows_before, all_passed - count) - whole)
        total += term
        if count < rows * all_passed / everything and term < total * 1e-17:
            break
    return Decline(
        passed=passed,
        rows=rows,
        passed_before=passed_before,
        rows_before=rows_before,
        p_value=min(1.0, total),
    )


def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
