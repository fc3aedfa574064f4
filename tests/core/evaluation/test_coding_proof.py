"""Coding problems are proven by running them: references earn everything, and made wrong they do not."""

import base64
import json

import pytest

from reward_kit.data.coding import coding_row, read_coding_row
from reward_kit.data.sources import SourceRow
from reward_kit.evaluation import check, prepare
from reward_kit.evaluation.mutants import mutants
from reward_kit.example import Example, HubSource
from reward_kit.grading import grade
from reward_kit.models import Message, Sample
from reward_kit.rewards.code_execution import fractional_code_reward
from reward_kit.sandbox import IsolationUnavailableError, get_sandbox

PYTEST = """
import os

class TestOwn:
    @pytest.fixture(autouse=True)
    def in_folder(self, tmp_path):
        self.path = tmp_path / "own.txt"
        yield
        assert self.path.exists()

    @pytest.fixture
    def three(self):
        return 3

    def setup_method(self, method):
        self.started = True

    def test_writing(self, three, capsys):
        assert self.started
        save(self.path, three)
        assert capsys.readouterr().out == "saved\\n"
        assert self.path.read_text() == "3"

    @pytest.mark.parametrize("value, text", [(1, "1"), (0.5, "0.5")])
    def test_values(self, value, text):
        save(self.path, value)
        assert self.path.read_text() == text
        assert float(text) == pytest.approx(value)

    def test_refusing(self):
        save(self.path, 0)
        with pytest.raises(ValueError, match="nothing") as caught:
            save(self.path, None)
        assert "save" in str(caught.value)

def test_a_function(tmp_path):
    save(tmp_path / "x", 5)
"""
SAVE = """def save(path, value):
    if value is None:
        raise ValueError("nothing to save")
    path.write_text(str(value))
    print("saved")
"""


@pytest.fixture(scope="module", autouse=True)
def _needs_a_sandbox():
    try:
        get_sandbox("auto")
    except IsolationUnavailableError as error:
        pytest.skip(str(error))


@pytest.fixture
def example():
    return Example(
        name="own",
        package="own",
        summary="Own.",
        source=HubSource(repo="own", split="train", revision="0" * 40, licence="MIT"),
        row=coding_row,
        system_prompt="",
        reward=fractional_code_reward,
    )


def mbpp(code, *tests, **fields):
    return {"task_id": 1, "text": "Do it.", "code": code, "test_list": list(tests), **fields}


def inserted(code, solution, language="python", asset=None):
    labels = {"programming_language": language, "category": "aider" if asset else "own", "task_id": "own"}
    row = {"id": 1, "content": "Do it.", "canonical_solution": solution, "labels": json.dumps(labels)}
    return {**row, "test": json.dumps({"code": code, "asset": asset})}


def graded(sample, text):
    reply = Message(role="assistant", content=text)
    return grade(
        fractional_code_reward, [*sample.messages, reply], ground_truth=sample.ground_truth, extra=sample.extra
    )


HARNESS = "import unittest\nfrom own import twice\nclass Own(unittest.TestCase):\n    def test(self):\n"
ROWS = {
    "assertions": mbpp("def f(n):\n    return 2 * n", "assert f(2) == 4", "assert f(3) == 6"),
    "a yes or no question": mbpp("def f(n):\n    return n > 2", "assert f(3) == True", "assert not f(1)"),
    "in place": mbpp("def f(a):\n    a.reverse()", "a = [1, 2]\nf(a)\nassert a == [2, 1]"),
    "a class": mbpp(
        "class Box:\n    def __init__(self, n):\n        self.n = n\n"
        "    @property\n    def half(self):\n        return self.n / 2\n"
        "    @staticmethod\n    def unit():\n        return 'kg'",
        "assert Box(4).half == 2",
        "assert Box(4).unit() == 'kg'",
    ),
    "check": {
        "task_id": "own/1",
        "prompt": "def f(n):\n    '''Twice.'''\n",
        "entry_point": "f",
        "canonical_solution": "    return 2 * n\n",
        "test": "def check(candidate):\n    assert candidate(2) == 4\n",
    },
    "pytest": inserted(PYTEST, SAVE),
    "pytest's classes alone": inserted(
        "class TestF:\n    def test_f(self):\n        assert f(2) == 4", "def f(n):\n    return 2 * n"
    ),
    "a file of tests": inserted(
        "#<INSERT>",
        "def twice(n, how):\n    return how(how(n))",
        asset={
            "own_test.py": base64.b64encode(
                f"{HARNESS}        self.assertEqual(twice(2, lambda n: n + 1), 4)".encode()
            ).decode()
        },
    ),
    "standard input": {
        "id": 1,
        "content": "Double.",
        "canonical_solution": "print(2 * int(input()))",
        "test": json.dumps([{"input": {"stdin": "2"}, "output": {"stdout": "4"}}]),
    },
    "standard input that names a function": {
        "id": 1,
        "content": "Double.",
        "canonical_solution": "def two(n):\n    return 2 * n\nword, n = input().split()\nprint(word, two(int(n)))",
        "test": json.dumps([{"input": {"stdin": "two 2"}, "output": {"stdout": "two 4"}}]),
    },
    "a value": {"id": "own", "code": "def f(n):\n    return {n: (1,)}", "input": "2", "output": "{2: (1,)}"},
}


@pytest.mark.parametrize("name", ROWS)
def test_a_reference_earns_everything_and_made_wrong_it_does_not(name):
    sample = coding_row(ROWS[name])
    assert (graded(sample, sample.reference).score, graded(sample, sample.reference).error) == (1.0, None)
    wrong = {kind: graded(sample, text) for kind, text in mutants(sample)}
    assert wrong
    assert all(result.is_score_valid and result.score < 1.0 for result in wrong.values()), wrong


def test_a_reference_in_javascript_is_proven_too():
    code = "let candidate = f;\nassert.deepEqual(candidate([1, 2]), 3);"
    sample = coding_row(inserted(code, "function f(a) { return a[0] + a[1]; }", "javascript"))
    result = graded(sample, sample.reference)
    if not result.is_score_valid and "not installed" in result.error:
        pytest.skip(result.error)
    assert result.score == 1.0
    assert {kind: graded(sample, text).score for kind, text in mutants(sample)} == {
        "constant return": 0.0,
        "off by one": 0.0,
        "wrong type": 0.0,
        "empty body": 0.0,
    }


def test_the_kinds_of_mutants_follow_what_the_program_gives():
    kinds = {name: [kind for kind, _ in mutants(coding_row(row))] for name, row in ROWS.items()}
    results = ["constant return", "off by one", "wrong type", "empty body"]
    assert kinds["assertions"] == results
    assert kinds["a yes or no question"] == [*results[:3], "always True", "empty body"]
    assert kinds["in place"] == ["empty body"]
    assert kinds["pytest"] == ["empty body"]
    assert kinds["standard input"] == ["empty body", "constant return", "off by one", "wrong type"]
    assert kinds["standard input that names a function"] == kinds["standard input"]
    assert kinds["a value"] == ["constant return", "off by one", "wrong type"]


def test_a_sample_that_is_no_program_has_no_mutants():
    sample = Sample(messages=[Message(role="user", content="1 + 1?")], ground_truth="2", reference="print(2)")
    assert list(mutants(sample)) == []


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (mbpp("def f():\n    return 1", "assert f() == 2"), "reference: it does not earn 1.0"),
        (mbpp("import own_module", "assert f() == 2"), "reference: the module 'own_module' is not there"),
        (mbpp("def f():\n    return 1", "f()"), "reference: made wrong it earns 1.0, too: constant return"),
        (
            mbpp("def f():\n    return True", "assert f() == True"),
            "reference: made wrong it earns 1.0, too: always True",
        ),
        (mbpp("def f():\n    f.n = 1", "f()"), "reference: made wrong it earns 1.0, too: empty body"),
        (mbpp("x = 1", "assert f("), "ground_truth: the reward cannot grade"),
        (mbpp("def f(): pass", "f()", test_setup_code="import own_module"), "ground_truth: the module 'own_module'"),
    ],
)
def test_a_row_that_proves_nothing_is_left_out_and_counted(example, tmp_path, row, reason):
    rows = [SourceRow(path="own.jsonl", line=n, raw=raw) for n, raw in enumerate([ROWS["check"], row], start=1)]
    prepared = prepare(rows, example, tmp_path / "own.jsonl", skip_invalid=True)
    assert prepared.rows == 1
    (found,) = prepared.reasons
    assert found.startswith(reason)
    assert prepared.reasons[found] == 1


def test_what_is_prepared_keeps_what_a_data_set_promises(example, tmp_path):
    rows = [SourceRow(path="own.jsonl", line=n, raw=raw) for n, raw in enumerate(ROWS.values(), start=1)]
    prepared = prepare(rows, example, tmp_path / "own.jsonl")
    assert prepared.rows == len(ROWS)
    assert prepared.licences == ("Apache-2.0", "CC-BY-4.0", "MIT")
    offences = []
    report = check(tmp_path / "own.jsonl", fractional_code_reward, on_offence=offences.append)
    assert offences == []
    assert report.kinds["empty body"].replies == len(ROWS) - 1


def test_a_row_without_a_reference_has_tests_that_a_program_can_fail():
    sample = read_coding_row({"id": 1, "content": "Double.", "labels": "{}", "test": "assert f(2) == 4"})
    result = graded(sample, "```python\npass\n```")
    assert (result.score, result.is_score_valid) == (0.0, True)
