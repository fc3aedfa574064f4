"""Which outputs are the expected one: wrong accepted 0, right refused 0."""

import json
import time

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


MORE_RIGHT = [
    ("0.1", "0.1 "),
    ("1 2\n", "1 2"),
    ("1\r\n2\r\n", "1\n2"),
    ("1 \n2\t\n", "1\n2"),
    ("1\n\n\n", "1"),
    ("0.3333333333", "0.33333333333333331"),
    ("1.0", "1"),
    ("1.50", "1.5"),
    ("2.5", "2.4999999999"),
    ("-0.0", "0.0"),
    ("1.0", "1.0000000001"),
    ("\u03a9", "\u03a9"),
    ("", "\n"),
    ("1000000.0", "1e6"),
    ("0.0000001234567", "1.234567e-07"),
    ("x: 0.25 y", "x: 0.2500000 y"),
    ("-1.5", "-1.5000001"),
    ("100000000.0", "100000001"),
    ("1\n2", "1\r\n2\r\n"),
]
MORE_WRONG = [
    ("YES", "NO"),
    ("YES", "yes"),
    ("YES", "YE"),
    ("1000", "1_000"),
    ("12", "\u0661\u0662"),
    ("3", "3.0"),
    ("50000000000000001", "50000000000000000"),
    ("1\n2\n3", "1\n2"),
    ("1\n2", "1\n2\n3"),
    ("1\n2", "1 2"),
    ("1 2", "1\n2"),
    ("1 2 3", "3 2 1"),
    ("", "0"),
    ("0", ""),
    ("0.5", "0.500001"),
    ("1.5", "nan"),
    ("1.5", "inf"),
    ("nan", "1.0"),
    ("-0.5", "0.5"),
    ("0.0", "0.1"),
    ("abc", "abc\x00"),
    ("hello world", "helloworld"),
    ("a\n\nb", "a\nb"),
    ("\na", "a"),
    ("1.0", "1,0"),
    ("0.1", "1/10"),
    ("Answer: 5", "answer: 5"),
    ("5", "Answer: 5"),
    ("[1, 2]", "[2, 1]"),
    ("True", "1"),
    ("1.50", "\uff11.50"),
    ("10", "+10"),
    ("10", "010"),
    ("2.0", "2.0.0"),
    ("0.3", "0.3f"),
    ("2.5", "0x1.4p+1"),
    ("\xe9", "e\u0301"),
    ("a b", "a\xa0b"),
    ("a\nb", "a\u2028b"),
    ("a\nb", "a\x0cb"),
    ("a\nb", "a\x0bb"),
    ("a\nb", "a\x85b"),
    ("a b", "a\x1cb"),
    ("1\n2", "1\n3"),
    ("1.0", "1.0 2.0"),
    ("1e400", "1e401"),
    ("1.0e400", "1.0e500"),
    ("1.0", "1e999999999999"),
    ("1.0", "9" * 100_000 + ".0"),
    ("3.14", "3.14\n3.14"),
    ("1.0", "1.0\u200b"),
    ("a", "\ufeffa"),
    ("1.0", "1_0.0"),
    ("-0.0001", "0.0001"),
    ("1e-9", "2e-9"),
    ("1000000000", "1000000001"),
    ("1.0", "True"),
    ("Infinity", "1e999"),
    ("1", "1\n\n2"),
    ("a b", "a\u3000b"),
    ("0.1", "0.1\u0000"),
    ("1e5", "100000.2"),
    ("1.0", "--1.0"),
    ("1.0", "1.0e"),
    ("0.0", "0.0001"),
]
"""Written down, like the values below, before the comparison was read again."""


@pytest.mark.parametrize(("expected", "found"), MORE_RIGHT, ids=map(ascii, range(len(MORE_RIGHT))))
def test_another_right_output_is_accepted(expected, found):
    assert outputs_match(expected, found)


@pytest.mark.parametrize(("expected", "found"), MORE_WRONG, ids=map(ascii, range(len(MORE_WRONG))))
def test_another_wrong_output_is_refused(expected, found):
    assert not outputs_match(expected, found)


def test_huge_exponents_and_long_outputs_take_no_time():
    began = time.process_time()
    assert not outputs_match("1.0", "1e9999")
    assert not outputs_match("0.5 " * 100_000, "0.6 " * 100_000)
    assert not outputs_match("1.0\n" * 100_000, "1" * 400_000)
    assert time.process_time() - began < 2


MORE_VALUES = [
    (True, 1, False),
    (1, True, False),
    (False, 0, False),
    (0, False, False),
    ("1", 1, False),
    (1, "1", False),
    (None, 0, False),
    (None, "", False),
    (None, [], False),
    ([1, [2]], [1, 2], False),
    ("ab", ["a", "b"], False),
    (["a", "b"], "ab", False),
    (10**30, 10**30 + 1, False),
    ([], {}, False),
    ({}, [], False),
    ("a", "a ", False),
    ("a", "A", False),
    (1e308, float("inf"), False),
    (1.0, float("nan"), False),
    ([1, 2], [2, 1], False),
    ([1, 2], [1, 2, 2], False),
    ({"a": 1}, {"a": 1, "b": 2}, False),
    ({"a": 1, "b": 2}, {"a": 1}, False),
    (0.5, 0.50001, False),
    ([True], [1], False),
    ({"a": None}, {}, False),
    (1.5, "1.5", False),
    (9007199254740992, 9007199254740993, False),
    (1.0, True, False),
    ("", None, False),
    ([1, 2], (1, 2), True),
    ([[1], [2]], [(1,), (2,)], True),
    ({"1": 2}, {1: 2}, False),
    (0.3, 0.30000000000000004, True),
    (1.0, 1, True),
    (-0.0, 0.0, True),
    ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
    (None, None, True),
    (10**300, 10**300, True),
    ("\ud800", "\ud800", True),
    ([], (), True),
    (1e-07, 1.0000000001e-07, True),
]


@pytest.mark.parametrize(("expected", "found", "equal"), MORE_VALUES, ids=map(ascii, range(len(MORE_VALUES))))
def test_more_values(expected, found, equal):
    trees = [json.loads(encode(value, max_bytes=10_000)) for value in (expected, found)]
    assert values_match(*trees) is equal
