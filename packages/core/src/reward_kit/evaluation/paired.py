"""The difference between two runs over the same rows: how large, within which interval, and how likely by chance.

What passes or fails is compared by McNemar's exact test and Newcombe's interval. Anything between, a score or the
share of several attempts, is compared by the differences row by row, with Student's t.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from reward_kit.evaluation.statistics import Interval, wilson_interval
from reward_kit.evaluation.student import standard_error, student_interval, t_tails

__all__ = ["Difference", "Pair", "holm", "mcnemar", "newcombe_paired_interval", "paired_difference"]

EXACT = "McNemar's exact test, Newcombe's paired interval"
STUDENT = "Student's paired t"


@dataclass(frozen=True, slots=True)
class Pair:
    """What one row had in the first run and in the second."""

    before: float
    after: float

    @property
    def change(self) -> float:
        """How much more it is in the second."""
        return self.after - self.before


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """How the mean of a measure differs between two runs."""

    before: float
    after: float
    change: float
    """The mean of ``after`` less that of ``before``."""
    interval: Interval | None
    """The 95 % interval of the change; None where every row changed alike, for Student's has no width then."""
    p_value: float
    """Two-sided: how likely so large a change is, either way, if the runs do not differ."""
    method: str


def paired_difference(pairs: Sequence[Pair]) -> Difference:
    """Compare what the rows had before and after; the exact way where every value is 0 or 1.

    >>> paired_difference([Pair(1.0, 0.0)] * 8 + [Pair(1.0, 1.0)] * 12).p_value
    0.0078125
    """
    n = len(pairs)
    if not n:
        message = "found no pairs, expected at least one"
        raise ValueError(message)
    before = math.fsum(pair.before for pair in pairs) / n
    after = math.fsum(pair.after for pair in pairs) / n
    changes = [pair.change for pair in pairs]
    change = math.fsum(changes) / n
    if all(value in {0.0, 1.0} for pair in pairs for value in (pair.before, pair.after)):
        lost, gained = changes.count(-1.0), changes.count(1.0)
        both = sum(pair.before == pair.after == 1.0 for pair in pairs)
        interval: Interval | None = newcombe_paired_interval(both, lost, gained, n - both - lost - gained)
        p_value, method = mcnemar(lost, gained), EXACT
    else:
        interval, p_value, method = student_interval(changes), _t_test(changes, change), STUDENT
    return Difference(before=before, after=after, change=change, interval=interval, p_value=p_value, method=method)


def mcnemar(lost: int, gained: int) -> float:
    """Return the two-sided p-value of McNemar's exact test of ``lost`` against ``gained`` rows.

    That is the chance of so uneven a split if each of them was as likely to fall as to rise: Q. McNemar, "Note on the
    sampling error of the difference between correlated proportions or percentages", Psychometrika 12 (1947) 153-157.

    >>> mcnemar(6, 0)
    0.03125
    """
    if lost < 0 or gained < 0:
        message = f"found lost={lost!r} and gained={gained!r}, expected counts"
        raise ValueError(message)
    n, fewer = lost + gained, min(lost, gained)
    # From the observed count down the terms only get smaller, so the sum may end early.
    term, total = math.comb(n, fewer) / 2**n, 0.0
    for count in range(fewer, -1, -1):
        total += term
        if term < total * 1e-17:
            break
        term *= count / (n - count + 1)
    return min(1.0, 2 * total)


def newcombe_paired_interval(both: int, lost: int, gained: int, neither: int) -> Interval:
    """Return the 95 % interval of a change of a pass rate, from the four counts of rows that two runs give.

    R. G. Newcombe, "Improved confidence intervals for the difference between binomial proportions based on paired
    data", Statistics in Medicine 17 (1998) 2635-2650, method 10: the Wilson limits of both rates, combined with their
    correlation. It stays within -1 and 1, and has a width where no row changed.

    >>> newcombe_paired_interval(36, 2, 12, 0)
    Interval(low=0.056..., high=0.340...)
    """
    n = both + lost + gained + neither
    first, second = wilson_interval(both + lost, n), wilson_interval(both + gained, n)
    rate_first, rate_second = (both + lost) / n, (both + gained) / n
    margins = (both + lost) * (gained + neither) * (both + gained) * (lost + neither)
    surplus: float = both * neither - lost * gained
    if surplus > 0:
        surplus = max(surplus - n / 2, 0.0)
    correlation = surplus / math.sqrt(margins) if margins else 0.0

    def distance(of_second: float, of_first: float) -> float:
        square = of_second**2 - 2 * correlation * of_second * of_first + of_first**2
        return math.sqrt(max(square, 0.0))

    change = rate_second - rate_first
    return Interval(
        low=max(-1.0, change - distance(rate_second - second.low, first.high - rate_first)),
        high=min(1.0, change + distance(second.high - rate_second, rate_first - first.low)),
    )


def holm(p_values: Sequence[float]) -> list[float]:
    """Return the p-values raised so that together they are wrong no more often than each alone.

    S. Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6 (1979)
    65-70.

    >>> holm([0.5, 0.01])
    [0.5, 0.02]
    """
    raised = [0.0] * len(p_values)
    largest = 0.0
    for rank, place in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[place]))
        raised[place] = largest
    return raised


def _t_test(changes: Sequence[float], mean: float) -> float:
    """Return the two-sided p-value of Student's paired t, and never less than a sign-flip test could give.

    With m rows that changed there are 2**m ways to flip their signs, so 2**(1 - m) is the least that these rows can
    prove; Student's t, which takes the changes for normal, claims more where a few rows changed much alike.
    """
    changed = sum(1 for change in changes if change)
    error = standard_error(changes)
    p_value = t_tails(mean / error, len(changes) - 1) if error else 0.0
    return min(1.0, max(p_value, 2.0 ** (1 - changed)))
