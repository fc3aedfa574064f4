import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reward_kit.evaluation.student import student_interval, t_quantile, t_tails


@pytest.mark.parametrize(
    ("df", "quantile"),
    # Of 0.975, from the printed tables.
    [(1, 12.706), (2, 4.303), (5, 2.571), (9, 2.262), (30, 2.042), (100, 1.984), (1_000_000, 1.960)],
)
def test_the_quantile_is_that_of_the_tables(df, quantile):
    assert round(t_quantile(0.975, df), 3) == quantile


def finite_series(t, df):
    """The tails as the finite sum that a whole number of degrees of freedom allows: Abramowitz, Stegun 26.7.3-4."""
    angle = math.atan(t / math.sqrt(df))
    cosine, sine = math.cos(angle), math.sin(angle)
    if df % 2:
        total, term = 0.0, cosine
        for place in range(1, df - 1, 2):
            total += term
            term *= cosine * cosine * (place + 1) / (place + 2)
        return 1 - 2 / math.pi * (angle + sine * total)
    total, term = 0.0, 1.0
    for place in range(0, df - 1, 2):
        total += term
        term *= cosine * cosine * (place + 1) / (place + 2)
    return 1 - sine * total


@given(st.floats(0, 50), st.integers(1, 300))
def test_the_tails_are_the_finite_series(t, df):
    assert t_tails(t, df) == pytest.approx(finite_series(t, df), abs=1e-11)


@given(st.floats(0.5, 0.9999), st.integers(1, 10_000))
def test_a_quantile_has_the_tails_that_were_asked_for(probability, df):
    assert t_tails(t_quantile(probability, df), df) == pytest.approx(2 * (1 - probability), rel=1e-9)


def test_the_tails_of_zero_are_everything_and_both_signs_are_alike():
    assert t_tails(0.0, 7) == 1.0
    assert t_tails(-2.0, 7) == t_tails(2.0, 7)


def test_the_interval_of_a_mean_is_the_one_by_hand():
    # Mean 2, standard deviation 1, standard error 1/sqrt(3), times 4.303 of two degrees of freedom.
    interval = student_interval([1.0, 2.0, 3.0])
    assert (round(interval.low, 3), round(interval.high, 3)) == (-0.484, 4.484)


@pytest.mark.parametrize("values", [[], [0.5], [0.1, 0.1, 0.1], [0.3 - 0.2, 0.2 - 0.1], [0.0, 0.0]])
def test_values_that_do_not_vary_have_no_interval(values):
    assert student_interval(values) is None


def test_arguments_that_make_no_sense_are_refused():
    with pytest.raises(ValueError, match="found 0 degrees of freedom, expected at least 1"):
        t_tails(1.0, 0)
    with pytest.raises(ValueError, match=r"expected 0.5 <= probability < 1"):
        t_quantile(1.0, 3)
