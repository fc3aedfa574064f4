import pytest
from hypothesis import given
from hypothesis import strategies as st

from reward_kit.evaluation import wilson_interval
from reward_kit.evaluation.statistics import Tally


@pytest.mark.parametrize(
    ("passed", "n", "low", "high"),
    # R. G. Newcombe, Statistics in Medicine 17 (1998) 857-872, table I, method 3.
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_the_interval_is_the_published_one(passed, n, low, high):
    interval = wilson_interval(passed, n)
    assert (round(interval.low, 4), round(interval.high, 4)) == (low, high)


@given(st.integers(1, 10**9).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_lies_around_the_rate_and_within_0_and_1(counts):
    passed, n = counts
    interval = wilson_interval(passed, n)
    assert 0.0 <= interval.low <= passed / n <= interval.high <= 1.0
    assert interval.low < interval.high


def test_the_interval_is_symmetric_and_as_wide_as_the_confidence():
    low, high = wilson_interval(30, 100), wilson_interval(70, 100)
    assert low.low == pytest.approx(1 - high.high)
    assert wilson_interval(30, 100, z=1.0).high < low.high


@pytest.mark.parametrize(("passed", "n"), [(0, 0), (-1, 3), (4, 3)])
def test_counts_that_make_no_sense_are_refused(passed, n):
    with pytest.raises(ValueError, match="expected 0 <= passed <= n and n > 0"):
        wilson_interval(passed, n)


def test_rows_that_are_not_graded_are_counted_apart_and_change_no_rate():
    tally = Tally()
    for score in (1.0, 1.0, 0.0, 0.5):
        tally.add(score=score, is_score_valid=True, cut_off=score == 0.0)
    tally.add(score=0.0, is_score_valid=False, cut_off=False)
    assert (tally.rows, tally.passed, tally.failed, tally.not_graded, tally.cut_off) == (5, 2, 2, 1, 1)
    assert (tally.pass_rate, tally.mean_score) == (0.5, 0.625)
    assert tally.interval == wilson_interval(2, 4)


def test_a_row_passes_from_the_pass_score_on():
    tally = Tally(pass_score=0.5)
    for score in (0.5, 0.499, 0.9):
        tally.add(score=score, is_score_valid=True, cut_off=False)
    assert (tally.passed, tally.failed) == (2, 1)


def test_where_nothing_was_graded_there_is_no_rate():
    tally = Tally()
    tally.add(score=0.0, is_score_valid=False, cut_off=False)
    assert (tally.pass_rate, tally.interval, tally.mean_score) == (None, None, None)
