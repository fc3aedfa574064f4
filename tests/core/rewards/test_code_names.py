"""Names of reward-kit 0.4.1 around code, over the sandbox."""

import importlib.util
import shutil

import pytest

from reward_kit.errors import GradingError, MissingExtraError
from reward_kit.rewards.apps_coding_reward import evaluate_apps_solution
from reward_kit.rewards.code_execution import (
    compare_outputs,
    deepcoder_code_reward,
    e2b_code_execution_reward,
    execute_code_with_e2b,
    execute_javascript_code,
    execute_python_code,
)
from reward_kit.rewards.code_execution_utils import prepare_deepcoder_sample_for_trl

REPLY = [{"role": "assistant", "content": "```python\ndef add(a, b):\n    return a + b\n```"}]


@pytest.mark.usefixtures("sandbox")
def test_a_program_is_executed():
    assert execute_python_code("print(1)\nprint(2)") == {"success": True, "output": "1\n2", "error": None}
    failed = execute_python_code("1 / 0")
    assert (failed["success"], failed["error"]) == (False, "runtime_error: ZeroDivisionError: division by zero")
    assert execute_python_code("while True: pass", timeout=1)["error"] == "time_limit: longer than 1 s"


@pytest.mark.usefixtures("sandbox")
@pytest.mark.skipif(shutil.which("node", path="/usr/bin:/bin") is None, reason="no node in /usr/bin")
def test_a_program_in_javascript_is_executed():
    assert execute_javascript_code("console.log([1, 2].length)")["output"] == "2"


@pytest.mark.parametrize(
    ("actual", "expected", "score"),
    [("99", "100", 0.0), ("[1, 2, 3]", "[3, 2, 1]", 0.0), ("hello", "hallo", 0.0), ("1 \n", "1", 1.0)],
)
def test_outputs_are_equal_or_not(actual, expected, score):
    assert compare_outputs(actual, expected) == score


@pytest.mark.skipif(importlib.util.find_spec("e2b_code_interpreter") is not None, reason="e2b is installed")
def test_without_its_package_e2b_is_refused_by_name():
    with pytest.raises(MissingExtraError, match=r"reward-kit-core\[e2b\]"):
        execute_code_with_e2b("print(1)", api_key="x")
    result = e2b_code_execution_reward(REPLY, ground_truth="1", api_key="x")
    assert not result.is_score_valid
    assert "e2b" in result.error


def test_deepcoder_samples_become_rows_for_trl():
    tests = [{"input": [1, 2], "expected_output": 3}]
    row = prepare_deepcoder_sample_for_trl({"prompt": "Add.", "target_function": "add", "test_cases": tests})
    assert row["prompt"][0]["content"].startswith("Add.\n")
    assert (row["test_cases"], row["target_function"]) == (tests, "add")
    with pytest.raises(ValueError, match="expected the text of a 'prompt'"):
        prepare_deepcoder_sample_for_trl({"test_cases": tests})
    with pytest.raises(GradingError, match="holds no test"):
        prepare_deepcoder_sample_for_trl({"prompt": "Add.", "test_cases": "[]"})


@pytest.mark.usefixtures("sandbox")
def test_a_prepared_sample_is_graded():
    tests = [{"input": [1, 2], "expected_output": 3}]
    row = prepare_deepcoder_sample_for_trl({"prompt": "Add.", "target_function": "add", "test_cases": tests})
    result = deepcoder_code_reward(REPLY, ground_truth=row["test_cases"], target_function=row["target_function"])
    assert result.score == 1.0


@pytest.mark.usefixtures("sandbox")
def test_apps_problems_with_a_function_are_graded_by_calls():
    truth = {"inputs": [[1, 2], ["a", "b"]], "outputs": [3, "ab"], "fn_name": "add"}
    assert evaluate_apps_solution(REPLY, ground_truth=truth).score == 1.0
