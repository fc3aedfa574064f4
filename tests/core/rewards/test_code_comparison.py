"""Which outputs are the expected one: wrong accepted 0, right refused 0."""

import json

import pytest

from reward_kit.rewards.code_execution import outputs_match, values_match
from reward_kit.sandbox.jail.codec import encode

RIGHT = [
    ("5\n", "5"),
    ("5", "5\n\n\n"),
    ("1 2\n3\n", "1 2  \r\n3\t\r\n"),
    ("0.5", "0.50000000001"),
    ("3.14159265", "3.141592653589793"),
    ("2.0", "2"),
    ("1e-3", "0.001"),
    ("-0.0", "0.0"),
    ("yes", "yes"),
    ("1000000.5", "1000000.9"),
    ("a\n\nb", "a\n\nb"),
]
WRONG = [
    ("YES", "NO"),
    ("YES", "yes"),
    ("1000", "999"),
    ("5", "6"),
    ("5", "5.0"),
    ("5", "5.0000001"),
    ("50000000000000000", "50000000000000001"),
    ("3 2 1", "1 2 3"),
    ("1 2\n3", "1\n2 3"),
    ("1\n2\n3", "1"),
    ("1", "1\n2\n3"),
    ("1000", "1_000"),
    ("12", "١٢"),
    ("0.5", "nan"),
    ("1e400", "inf"),
    ("FOUND", "NOT FOUND"),
    ("12", "1 2"),
    ("[1, 2]", "[2, 1]"),
    ("0.5", "0.50001"),
    ("a\n\nb", "a\nb"),
    ("  *\n ***", "*\n***"),
    ("0.0", "0.001"),
    ("", "0"),
    ("0", ""),
    ("true", "1"),
    ("007", "7"),
]


@pytest.mark.parametrize(("expected", "found"), RIGHT)
def test_a_right_output_is_accepted(expected, found):
    assert outputs_match(expected, found)


@pytest.mark.parametrize(("expected", "found"), WRONG)
def test_a_wrong_output_is_refused(expected, found):
    assert not outputs_match(expected, found)


def test_exact_means_every_character():
    assert outputs_match("a\n", "a\n", comparison="exact")
    assert not outputs_match("a\n", "a", comparison="exact")


def test_lines_may_be_unordered_by_name():
    assert outputs_match("a\nb\nb", "b\na\nb", comparison="unordered_lines")
    assert not outputs_match("a\nb\nb", "b\na\na", comparison="unordered_lines")


def test_another_tolerance_by_name():
    assert outputs_match("0.5", "0.501", tolerance=0.01)


VALUES = [
    (3, 3, True),
    (3, 3.0, True),
    ([1, 2], (1, 2), True),
    (0.1, 0.1 + 1e-12, True),
    ({"a": 1, "b": [2]}, {"b": [2], "a": 1}, True),
    ({1, 2, 30}, {30, 2, 1}, True),
    (float("nan"), float("nan"), True),
    (10**40, 10**40, True),
    (None, None, True),
    ("x", "x", True),
    (True, 1, False),
    (1, True, False),
    ("1", 1, False),
    ([1, 2], [2, 1], False),
    ([1, 2], {1, 2}, False),
    ([1], [1, 1], False),
    (10**40, 10**40 + 1, False),
    (5 * 10**16, 5 * 10**16 + 1, False),
    ({"1": 2}, {1: 2}, False),
    (None, 0, False),
    ("", None, False),
    (0.5, None, False),
    ([0, 1], range(2), False),
    (1.0, 1.1, False),
]


@pytest.mark.parametrize(("expected", "found", "equal"), VALUES)
def test_values(expected, found, equal):
    trees = [json.loads(encode(value, max_bytes=10_000)) for value in (expected, found)]
    assert values_match(*trees) is equal
