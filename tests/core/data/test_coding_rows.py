"""Rows in the form of each data set of coding problems, written for these tests, and what becomes of them."""

import base64
import gzip
import json

import pytest

from reward_kit.data.coding import coding_row, humaneval_rows, read_coding_row
from reward_kit.errors import DataError

CHECK = "def check(candidate):\n    assert candidate(2) == 4\n"
HUMANEVAL = {
    "task_id": "Own/0",
    "prompt": 'def double(n):\n    """Give twice n."""\n',
    "entry_point": "double",
    "canonical_solution": "    return 2 * n\n",
    "test": CHECK,
}
MBPP = {
    "task_id": 3,
    "text": "Write a function to double a number.",
    "code": "def double(n):\r\n  return 2 * n",
    "test_list": ["assert double(2) == 4"],
    "test_setup_code": "",
    "challenge_test_list": [],
}


def fusion(test, **fields):
    row = {"id": 7, "content": "Double a number.", "canonical_solution": "def double(n):\n    return 2 * n\n"}
    return {**row, "test": test if isinstance(test, str) else json.dumps(test), **fields}


def labels(language="python", **fields):
    return json.dumps({"programming_language": language, "category": "mbxp", "task_id": "Own/7", **fields})


def truth(row):
    return json.loads(coding_row(row).ground_truth)


def text(row):
    (message,) = coding_row(row).messages
    return message.text


def test_a_row_of_humaneval_keeps_its_prompt_and_its_tests():
    sample = coding_row(HUMANEVAL)
    assert text(HUMANEVAL) == 'def double(n):\n    """Give twice n."""\n'
    assert json.loads(sample.ground_truth) == {"test": CHECK, "entry_point": "double", "prompt": HUMANEVAL["prompt"]}
    assert sample.reference == '```python\ndef double(n):\n    """Give twice n."""\n    return 2 * n\n```'
    assert sample.extra == {"language": "python"}
    assert sample.metadata == {"source": "humaneval", "task": "Own/0", "license": "MIT"}


def test_the_id_is_made_of_the_content_alone():
    assert coding_row(HUMANEVAL).id == coding_row(dict(reversed(HUMANEVAL.items()))).id
    assert coding_row(HUMANEVAL).id != coding_row(MBPP).id


def test_a_row_of_mbpp_shows_its_tests():
    assert text(MBPP) == (
        "You are an expert Python programmer, and here is your task: Write a function to double a number."
        " Your code should pass these tests:\n\nassert double(2) == 4"
    )
    assert truth(MBPP) == {"test_list": ["assert double(2) == 4"]}
    assert coding_row(MBPP).reference == "```python\ndef double(n):\n  return 2 * n\n```"
    assert coding_row(MBPP).metadata["license"] == "CC-BY-4.0"


def test_what_mbpp_runs_before_its_tests_is_kept():
    sanitized = {
        "prompt": "Double.",
        "code": "x",
        "task_id": 1,
        "test_list": ["assert x"],
        "test_imports": ["import math"],
    }
    assert truth(sanitized) == {"test_list": ["assert x"], "test_setup_code": "import math"}
    fused = {"id": 1, "content": "Double.", "canonical_solution": "x", "test_list": ["assert x"]}
    assert truth({**fused, "labels": {"test_setup_code": "y = 1"}}) == {
        "test_list": ["assert x"],
        "test_setup_code": "y = 1",
    }


def test_the_program_that_a_prompt_begins_is_continued_on_a_line_of_its_own():
    row = fusion(CHECK, content='def double(n):\n    """Twice."""', canonical_solution="    return 2 * n")
    sample = coding_row({**row, "id": "EvoEval_own/1", "labels": json.dumps({"entry_point": "double"})})
    assert sample.reference == '```python\ndef double(n):\n    """Twice."""\n    return 2 * n\n```'
    assert sample.metadata["source"] == "evoeval"


def test_bigcodebench_gets_more_time_than_most():
    row = fusion("import unittest\nclass TestCases(unittest.TestCase):\n    pass\n", id="BigCodeBench/0")
    sample = coding_row({**row, "labels": {"entry_point": "task_func"}})
    assert sample.extra == {"language": "python", "timeout": 60.0}
    assert sample.metadata["source"] == "bigcodebench"


def test_a_fence_is_longer_than_those_within():
    assert coding_row({**MBPP, "code": 'x = """\n```\n"""'}).reference == '````python\nx = """\n```\n"""\n````'


def test_standard_input_and_output_become_cases():
    cases = [{"input": {"stdin": "2"}, "output": {"stdout": "4\n"}}]
    assert truth(fusion(cases)) == {"test_cases": [{"input": "2", "expected_output": "4\n"}]}


def test_prose_with_assertions_is_mhpp():
    sample = coding_row(fusion("assert double(2) == 4", labels='{"difficulty_type": "easy"}'))
    assert json.loads(sample.ground_truth) == {"test_list": ["assert double(2) == 4"]}
    assert sample.metadata["source"] == "mhpp"


def test_a_check_that_the_tests_call_themselves_is_called_by_the_reward():
    code = "#<INSERT>\n\ndef own_check(candidate):\n    assert candidate(2) == 4\n\nown_check(double)\n"
    found = truth(fusion({"code": code, "asset": None}, labels=labels()))
    assert found["entry_point"] == "double"
    assert "own_check(double)" not in found["test"]
    assert found["test"].endswith("check = own_check\n")


def test_a_file_of_tests_takes_the_names_it_imports_from_the_program():
    tests = (
        "import unittest\nfrom own_task import double as twice, half\n\n"
        "class OwnTest(unittest.TestCase):\n    def test_two(self):\n        self.assertEqual(twice(2), 4)\n\n"
        "if __name__ == '__main__':\n    unittest.main()\n"
    )
    asset = {"own_task_test.py": base64.b64encode(tests.encode()).decode()}
    marks = labels(task_id="own-task", category="aider", reference="def double(n):\n    pass\n")
    row = fusion({"code": "#<INSERT>", "asset": asset}, labels=marks)
    assert truth(row) == {
        "test": "import unittest\ntwice = double\n\nclass OwnTest(unittest.TestCase):\n\n"
        "    def test_two(self):\n        self.assertEqual(twice(2), 4)"
    }
    assert text(row) == "Double a number.\n\n```python\ndef double(n):\n    pass\n```"


@pytest.mark.parametrize(
    ("line", "apart"),
    [
        ("assert double(2) == 4", True),
        ("self.assertRaises(ValueError, lambda: double(2))", True),
        ("assert applied(lambda n: n) == 4", False),
        ("assert sorted(double(2), key=lambda n: n) == 4", True),
        ("assert open('own.txt').read() == double(2)", True),
        ("sys.stdout = io.StringIO()", False),
    ],
)
def test_tests_that_give_functions_or_watch_the_output_run_within_the_process_of_the_program(line, apart):
    code = f"class TestOwn:\n    def test_two(self):\n        {line}\n"
    found = truth(fusion({"code": code, "asset": None}, labels="{}"))
    assert ("trust" not in found) == apart


def test_classes_for_pytest_become_unittest():
    code = "import re\nclass TestOwn:\n    def test_two(self):\n        assert double(2) == 4\n"
    sample = coding_row(fusion({"code": code, "asset": None}, labels='{"programming_language": "python"}'))
    assert json.loads(sample.ground_truth)["test"] == (
        "import unittest\n\nimport re\n\nclass TestOwn(unittest.TestCase):\n\n"
        "    def test_two(self):\n        assert double(2) == 4"
    )
    assert sample.metadata["source"] == "naturalcodebench"


def test_functions_for_pytest_and_assertions_alone_become_tests():
    code = "def test_two():\n    assert double(2) == 4\n"
    assert truth(fusion({"code": code, "asset": None}, labels="{}"))["test"].endswith(
        "class TestFunctions(unittest.TestCase):\n\n    def test_two(self):\n        test_two()"
    )
    code = "#<INSERT>\nassert double(2) == 4"
    assert truth(fusion({"code": code, "asset": None}, labels="{}")) == {"test_list": ["assert double(2) == 4"]}


def test_an_answer_that_is_fenced_already_is_taken_as_it_is():
    code = "class TestOwn:\n    def test_two(self):\n        assert double(2) == 4\n"
    row = fusion({"code": code, "asset": None}, labels="{}", canonical_solution="```python\nx\n```")
    assert coding_row(row).reference == "```python\nx\n```"


def test_assertions_in_javascript_become_function_cases():
    code = (
        "#<INSERT>\nconst assert = require('node:assert');\nfunction test() {\n  let candidate = pair;\n"
        '  assert.deepEqual(candidate([1.0, 2], "a(b"), {"a": [true, null]});\n'
        "  assert.deepEqual(candidate(),-3);\n}\ntest();"
    )
    sample = coding_row(fusion({"code": code, "asset": None}, labels=labels("javascript")))
    assert json.loads(sample.ground_truth) == {
        "test_cases": [
            {"input": [[1.0, 2], "a(b"], "expected_output": {"a": [True, None]}},
            {"input": [], "expected_output": -3},
        ],
        "function_to_call": "pair",
    }
    assert sample.extra == {"language": "javascript"}
    assert sample.reference.startswith("```javascript\n")


def test_variables_in_javascript_become_function_cases():
    code = (
        '#<INSERT>\nvar arg00 = [1, 2];\nvar arg01 = "x";\nvar x0 = pair(arg00, arg01);\nvar v0 = 5;\n'
        "if(!compare(x0, v0)){\n    throw 'no'\n}\n"
    )
    assert truth(fusion({"code": code, "asset": None}, labels=labels("javascript"))) == {
        "test_cases": [{"input": [[1, 2], "x"], "expected_output": 5}],
        "function_to_call": "pair",
    }


@pytest.mark.parametrize(
    "line",
    [
        "assert.deepEqual(candidate(undefined), 1);",
        "assert.ok(candidate(1));",
        "assert.deepEqual(candidate(1) + 1, 2);",
    ],
)
def test_another_test_in_javascript_is_refused(line):
    code = f"let candidate = pair;\n{line}\n"
    with pytest.raises(DataError, match="test: a test in JavaScript is no call with values of JSON"):
        coding_row(fusion({"code": code, "asset": None}, labels=labels("javascript")))


def test_the_value_to_predict_is_the_ground_truth():
    row = {"id": "own_1", "code": "def f(n):\n    return [n]", "input": "2", "output": "[2]"}
    assert truth(row) == {"value": "[2]"}
    assert text(row).endswith("```python\ndef f(n):\n    return [n]\n\nassert f(2) == ????\n```")
    assert coding_row(row).reference == "[ANSWER]assert f(2) == [2][/ANSWER]"


def test_the_value_to_predict_is_what_fills_the_gap_of_a_test():
    row = {"id": "nodejs_5", "code": "function f(n) { return [n]; }", "input": "eq(f(????), [2])"}
    row |= {"output": "eq(f(2), ????)", "gt": "eq(f(2), [2])"}
    sample = coding_row(row)
    assert (json.loads(sample.ground_truth), sample.extra) == ({"value": "[2]"}, {"language": "javascript"})


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (fusion({"code": "x", "asset": None}, labels=labels("Java")), "language: tests in java cannot be run here"),
        (
            {"id": "rust_1", "code": "", "input": "", "output": "????", "gt": "1"},
            "language: tests in rust cannot be run",
        ),
        ({"prompt": "x = ", "next_line": "1", "id": 0}, "no executable test: the next line of a file"),
        (fusion(" "), "no executable test"),
        (fusion([]), "no executable test"),
        (fusion({"code": "x = 1", "asset": None}, labels="{}"), "no executable test"),
        (fusion("assert f(", labels='{"entry_point": "f"}'), r"test: the tests are no Python \("),
        (fusion("assert f(", labels="{}"), r"test: the tests are no Python \("),
        ({"question": "?"}, "found the fields 'question', expected those of a data set of coding problems"),
    ],
)
def test_a_row_that_cannot_be_used_is_refused_with_the_reason(row, reason):
    with pytest.raises(DataError, match=reason):
        coding_row(row)


def test_a_row_without_a_reference_can_be_read_and_is_no_row():
    row = fusion("assert double(2) == 4", canonical_solution=None, labels="{}")
    assert read_coding_row(row).reference is None
    with pytest.raises(DataError, match="reference: the data set gives none, so that nothing proves the tests"):
        coding_row(row)


def test_a_row_may_be_given_as_the_data_of_a_request():
    assert coding_row({"id": 1, "provided_data": MBPP}) == coding_row(MBPP)


def test_the_file_of_humaneval_is_read_gzipped(tmp_path):
    path = tmp_path / "HumanEval.jsonl.gz"
    path.write_bytes(gzip.compress(json.dumps(HUMANEVAL).encode() + b"\n"))
    (row,) = humaneval_rows(path)
    assert (row.path, row.line, row.value) == (str(path), 1, HUMANEVAL)


def test_a_file_that_is_no_gzip_is_named(tmp_path):
    path = tmp_path / "HumanEval.jsonl.gz"
    path.write_bytes(b"plain")
    with pytest.raises(DataError, match=r"HumanEval\.jsonl\.gz: not a gzip file that can be read"):
        list(humaneval_rows(path))
