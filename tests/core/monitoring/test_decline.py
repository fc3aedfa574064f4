"""Whether a pass rate fell by more than chance explains."""

import math
from itertools import product

import pytest

from reward_kit.monitoring import decline


def exact(passed, rows, passed_before, rows_before):
    """Count the ways, with whole numbers."""
    everything, all_passed = rows + rows_before, passed + passed_before
    ways = (
        math.comb(rows, count) * math.comb(rows_before, all_passed - count)
        for count in range(passed + 1)
        if all_passed >= count
    )
    return sum(ways) / math.comb(everything, all_passed)


def test_the_p_value_is_that_of_the_exact_test():
    for passed, rows_before, passed_before in product(range(7), (5, 9), range(6)):
        found = decline(passed=passed, rows=6, passed_before=passed_before, rows_before=rows_before).p_value
        assert found == pytest.approx(exact(passed, 6, passed_before, rows_before), rel=1e-9)


@pytest.mark.parametrize(
    ("now", "before", "fell"),
    [((80, 100), (930, 1000), True), ((92, 100), (930, 1000), False), ((100, 100), (930, 1000), False)],
    ids=["far below", "about the same", "above"],
)
def test_a_fall_is_told_from_chance(now, before, fell):
    found = decline(passed=now[0], rows=now[1], passed_before=before[0], rows_before=before[1])
    assert (found.p_value < 0.001) is fell


def test_many_rows_are_counted_quickly_and_without_overflow():
    found = decline(passed=450_000, rows=500_000, passed_before=903_000, rows_before=1_000_000)
    assert 0 < found.p_value < 1e-7


def test_impossible_counts_are_refused():
    with pytest.raises(ValueError, match="found 3 of 2 and 0 of 1"):
        decline(passed=3, rows=2, passed_before=0, rows_before=1)
