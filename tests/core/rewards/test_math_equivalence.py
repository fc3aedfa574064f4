"""Comparing an answer with its gold: what is equal, what is not, and what cannot be graded."""

import json
import os
import pickle
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from reward_kit.errors import GradingError, UsageError
from reward_kit.rewards.math.equivalence import compare, compile_expected
from reward_kit.rewards.math.policy import Policy

PAIRS = [
    json.loads(line)
    for line in (Path(__file__).parent / "data" / "math_pairs.jsonl").read_text(encoding="utf-8").splitlines()
]


def equal(answer, gold, **policy):
    settings = Policy(**policy)
    return compare(answer, compile_expected(gold, settings), settings).outcome == "equal"


@pytest.mark.parametrize("row", PAIRS, ids=lambda row: f"{row['gold']} ~ {row['answer']}"[:60])
def test_a_pair_has_the_verdict_that_the_policy_gives_it(row):
    assert equal(row["answer"], row["gold"]) is row["equal"]


def test_the_pairs_of_the_project_have_their_labels():
    folder = os.environ.get("REWARD_KIT_SHARED_DATA")
    data = Path(folder) if folder else Path(__file__).parents[4] / "shared" / "data"
    path = data / "math" / "hard.jsonl"
    if not path.exists():
        pytest.skip(f"no data at {path}")
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert [row["id"] for row in rows if equal(row["pred"], row["ground_truth"]) is not row["expected"]] == []


@pytest.mark.parametrize(
    ("gold", "answer", "method"),
    [
        ("72", "72", "string"),
        ("72", "73", "number"),
        ("1/2", r"\frac{1}{2}", "number"),
        ("[0,1)", "0≤x<1", "structure"),
    ],
)
def test_the_cheapest_tier_that_can_decides(gold, answer, method):
    assert compare(answer, compile_expected(gold)).method == method


@pytest.mark.parametrize(
    ("gold", "problem"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("$$", "empty"),
        ("5=7", "differ"),
        (r"\frac{1}{0}", "zero"),
        (r"\frac{0}{0}", "zero"),
        ("(10^{10})!", "too large"),
        ("9" * 5000, "empty"),
        (r"\heartsuit", "heartsuit"),
        (r"\frac{1}{2", "expected"),
        ("{" * 200 + "1" + "}" * 200 + "+" + "(" * 100 + "1" + ")" * 100, "deep"),
    ],
)
def test_a_gold_that_cannot_be_graded_is_refused(gold, problem):
    with pytest.raises(GradingError, match=problem):
        compile_expected(gold)


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ("(10^{10})!", "exhausted"),
        ("((9!)!)!", "exhausted"),
        ("2^{2^{2^{2^{2^2}}}}", "exhausted"),
        ("9^{9^{9^9}}", "exhausted"),
        (r"\sum_{k=1}^{10^9} \frac{1}{k}", "exhausted"),
        (r"\log(10^{10^{10}})", "exhausted"),
        ("e^{e^{e^{e^{e}}}}", "exhausted"),
        (r"\frac{1}{0}", "different"),
        (r"\heartsuit", "unparsable"),
        ("\\{" * 600 + "1" + "\\}" * 600, "unparsable"),
        (r"\frac" * 799, "unparsable"),
        ("{" * 1999 + "58" + "}" * 1999, "different"),
        ("", "unparsable"),
        ("7" * 1_000_000, "unparsable"),
        ("{" * 1_000_000, "unparsable"),
        ("(" * 2000 + "57" + ")" * 1000, "unparsable"),
        ("57" + "!" * 3000, "unparsable"),
        ("-" * 3000 + "57", "unparsable"),
        ("1," * 700 + "1", "different"),
        ("1," * 1999 + "1", "unparsable"),
        ("__import__('os').system('true')", "different"),
        ("\ud800", "unparsable"),
        ("\x00", "unparsable"),
    ],
)
def test_a_hostile_answer_is_refused_with_its_outcome_and_at_once(answer, outcome):
    expected = compile_expected("57")
    begun = time.process_time()
    assert compare(answer, expected).outcome == outcome
    assert time.process_time() - begun < 0.2


REPEATED = r"""
    1 1{ 1} \frac{1 (1 [1 \{1 |1 1^ 1_ 1! 1, 1: 1= 1< 1\pm 1or 1\text{ 1% 1/ 1\cup 1& 1\\ 1. 0.1 1\, 1$ \sqrt{1 1' x_1
"""


@pytest.mark.parametrize("unit", REPEATED.split())
def test_text_that_repeats_costs_time_in_proportion(unit):
    expected = compile_expected(r"\sqrt{2}")
    begun = time.process_time()
    compare((unit * 4000)[:4000], expected)
    compare((unit * 4000)[:3999] + "x", expected)
    assert time.process_time() - begun < 0.5


def test_a_compiled_gold_is_remembered_and_crosses_process_borders():
    expected = compile_expected(r"\{1, \sqrt{2}\}")
    assert compile_expected(r"\{1, \sqrt{2}\}") is expected
    assert compare(r"\sqrt{2}, 1", pickle.loads(pickle.dumps(expected))).outcome == "equal"  # noqa: S301 - our own bytes


def test_the_same_comparison_in_many_threads_has_the_same_outcome():
    golds = [r"\sqrt{2}+\sqrt{3}", r"\sin 2x", r"e^{i\pi/3}", "[0,1)", r"\frac{\pi^2}{6}"]
    answers = [r"\sqrt{5+2\sqrt{6}}", r"2\sin x\cos x", r"\frac{1+\sqrt{3}i}{2}", "0≤x<1", r"\frac{\pi\cdot\pi}{6}"]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(equal, answers * 40, golds * 40))
    assert found == [True] * 200


@pytest.mark.parametrize(
    ("answer", "gold", "policy", "expected"),
    [
        ("3.1", "3.14", {"tolerance": 0.02}, True),
        ("3.0", "3.14", {"tolerance": 0.02}, False),
        ("2023", "2024", {"tolerance": 0.01}, False),
        ("2023", "2024", {"absolute_tolerance": 1}, True),
        ("3.14", r"\pi", {"tolerance": 0.001}, True),
        ("3.14", r"\pi", {}, False),
        ("1.414", r"\sqrt{2}", {"significant_digits": 4}, True),
        ("1.41421", r"\sqrt{2}", {"significant_digits": 8}, False),
        ("12", r"12\text{ cm}", {"require_units": True}, False),
        (r"12\text{ cm}", r"12\text{ cm}", {"require_units": True}, True),
        (r"5\sqrt{2}", r"5\sqrt{2}\text{ cm}", {"require_units": True}, False),
        (r"\sqrt{50}\text{ cm}", r"5\sqrt{2}\text{ cm}", {"require_units": True}, True),
        ("0.5", "50%", {"require_units": True}, False),
    ],
)
def test_a_policy_changes_what_is_let_pass(answer, gold, policy, expected):
    assert equal(answer, gold, **policy) is expected


@pytest.mark.parametrize(
    "setting",
    [{"tolerance": -1.0}, {"absolute_tolerance": float("nan")}, {"seconds": 0.0}, {"significant_digits": 0}],
)
def test_a_policy_that_makes_no_sense_is_refused(setting):
    with pytest.raises(UsageError, match="expected a finite number"):
        Policy(**setting)


def test_importing_the_comparison_loads_no_algebra_system():
    code = "import sys, reward_kit.rewards.math.equivalence; print('sympy' in sys.modules, 'mpmath' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


@pytest.mark.parametrize("answer", ["x\na_", "x y_", "2a^", r"3\frac"])
def test_an_answer_that_breaks_off_is_no_answer_to_a_number(answer):
    assert compare(answer, compile_expected("72")).outcome in {"unparsable", "different"}
