from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reward_kit.evaluation.paired import Pair, holm, mcnemar, newcombe_paired_interval, paired_difference
from reward_kit.evaluation.statistics import Interval
from reward_kit.evaluation.student import student_interval


@pytest.mark.parametrize(
    ("cells", "limits"),
    # R. G. Newcombe, Statistics in Medicine 17 (1998) 2635-2650, table III, method 10: of the change from the second
    # row's rate to the first's, so that his f are gained and his g are lost. Printed to four digits.
    [
        ((36, 12, 2, 0), (0.0569, 0.3404)),
        ((20, 12, 2, 16), (0.0562, 0.3292)),
        ((18, 12, 2, 18), (0.0562, 0.3290)),
        ((36, 14, 0, 0), (0.1528, 0.4167)),
        ((35, 14, 0, 1), (0.1461, 0.4175)),
        ((18, 14, 0, 18), (0.1441, 0.3963)),
        ((2, 97, 1, 0), (0.8721, 0.9854)),
        ((1, 97, 1, 1), (0.8736, 0.9850)),
        ((0, 30, 0, 0), (0.8395, 1.0)),
        ((54, 0, 0, 0), (-0.0664, 0.0664)),
        ((30, 0, 0, 24), (-0.0358, 0.0358)),
    ],
)
def test_the_paired_interval_is_the_published_one(cells, limits):
    both, gained, lost, neither = cells
    interval = newcombe_paired_interval(both, lost, gained, neither)
    assert (interval.low, interval.high) == pytest.approx(limits, abs=1e-4)


COUNTS = st.tuples(*[st.integers(0, 300)] * 4).filter(any)


@given(COUNTS)
def test_the_paired_interval_holds_the_change_and_turns_round_with_the_runs(cells):
    both, lost, gained, neither = cells
    interval = newcombe_paired_interval(both, lost, gained, neither)
    change = (gained - lost) / sum(cells)
    assert -1 <= interval.low <= change + 1e-12
    assert change - 1e-12 <= interval.high <= 1
    other = newcombe_paired_interval(both, gained, lost, neither)
    assert (other.low, other.high) == (pytest.approx(-interval.high), pytest.approx(-interval.low))


@given(st.integers(0, 6), st.integers(0, 6))
def test_the_exact_test_is_the_share_of_all_ways_to_flip_the_signs(lost, gained):
    flips = list(product((-1, 1), repeat=lost + gained))
    as_uneven = sum(abs(sum(signs)) >= abs(gained - lost) for signs in flips)
    assert mcnemar(lost, gained) == pytest.approx(as_uneven / len(flips), abs=1e-12)


@pytest.mark.parametrize(
    ("lost", "gained", "p_value"),
    [(0, 0, 1.0), (5, 5, 1.0), (6, 0, 0.03125), (0, 6, 0.03125), (1, 7, 18 / 256), (2000, 0, 0.0)],
)
def test_the_exact_test_by_hand(lost, gained, p_value):
    assert mcnemar(lost, gained) == pytest.approx(p_value, abs=1e-15)


def test_counts_below_zero_are_refused():
    with pytest.raises(ValueError, match="found lost=-1 and gained=2, expected counts"):
        mcnemar(-1, 2)


def test_rows_that_pass_or_fail_are_compared_exactly():
    pairs = [Pair(1.0, 0.0)] * 2 + [Pair(0.0, 1.0)] * 12 + [Pair(1.0, 1.0)] * 36
    difference = paired_difference(pairs)
    assert (difference.before, difference.after, difference.change) == (0.76, 0.96, pytest.approx(0.2))
    assert round(difference.interval.low, 4) == 0.0569
    assert difference.p_value == pytest.approx(2 * (1 + 14 + 91) / 2**14)
    assert difference.method == "McNemar's exact test, Newcombe's paired interval"


def test_scores_between_0_and_1_are_compared_by_their_differences():
    # Changes -0.1 to -0.5: mean -0.3, standard error 0.1581/sqrt(5) = 0.0707, t = -4.243 of 4 degrees of freedom.
    pairs = [Pair(0.9, 0.9 - drop / 10) for drop in (1, 2, 3, 4, 5)]
    difference = paired_difference(pairs)
    assert difference.change == pytest.approx(-0.3)
    assert (round(difference.interval.low, 4), round(difference.interval.high, 4)) == (-0.4963, -0.1037)
    assert difference.method == "Student's paired t"


def test_few_rows_that_fell_alike_prove_no_more_than_their_signs():
    # Student's t of these five is p < 0.0001; but that all five fell happens to nothing once in 16 times.
    difference = paired_difference([Pair(0.9, 0.5), Pair(0.9, 0.5), Pair(0.9, 0.5), Pair(0.9, 0.5), Pair(0.9, 0.49)])
    assert difference.p_value == 0.0625


@given(st.integers(1, 12))
def test_rows_that_all_changed_by_the_same_have_the_p_value_of_the_exact_test(count):
    difference = paired_difference([Pair(0.75, 0.5)] * count)
    assert difference.p_value == mcnemar(count, 0)
    assert difference.interval is None


def test_runs_that_do_not_differ_are_no_change():
    difference = paired_difference([Pair(0.5, 0.5), Pair(0.25, 0.25)])
    assert (difference.change, difference.interval, difference.p_value) == (0.0, None, 1.0)


UNITS = st.lists(
    st.tuples(st.sampled_from([0.0, 0.25, 1.0]), st.sampled_from([0.0, 0.5, 1.0])), min_size=1, max_size=12
)


@given(UNITS)
def test_the_interval_of_scores_is_that_of_their_changes_and_the_p_value_no_less_than_signs_allow(values):
    pairs = [Pair(before, after) for before, after in values]
    difference = paired_difference(pairs)
    changes = [pair.change for pair in pairs]
    assert difference.change == pytest.approx(sum(changes) / len(changes))
    assert difference.p_value >= min(1.0, 2.0 ** (1 - sum(map(bool, changes)))) * (1 - 1e-12)
    if difference.method == "Student's paired t":
        assert difference.interval == student_interval(changes)
    else:
        assert isinstance(difference.interval, Interval)


def test_nothing_to_compare_is_refused():
    with pytest.raises(ValueError, match="found no pairs, expected at least one"):
        paired_difference([])


@pytest.mark.parametrize(
    ("given_values", "raised"),
    [([], []), ([0.04], [0.04]), ([0.01, 0.03], [0.02, 0.03]), ([0.04, 0.03], [0.06, 0.06]), ([0.9, 0.6], [1.0, 1.0])],
)
def test_two_tests_together_are_held_to_the_level_of_one(given_values, raised):
    assert holm(given_values) == pytest.approx(raised)
