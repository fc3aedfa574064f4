"""The code rewards: three outcomes, every shape of ground truth."""

import asyncio
import json
import pickle
import shutil
import time

import pytest

from reward_kit.errors import UsageError
from reward_kit.rewards.code_execution import (
    async_fractional_code_reward,
    batch_fractional_code_reward,
    deepcoder_code_reward,
    evaluate_apps_solution,
    fractional_code_reward,
    local_code_execution_reward,
)

pytestmark = pytest.mark.usefixtures("sandbox")


def reply(code, label="python"):
    return [{"role": "user", "content": "?"}, {"role": "assistant", "content": f"Here.\n````{label}\n{code}\n````"}]


DOUBLE = "print(int(input()) * 2)"
CASES = [{"input": "2", "expected_output": "4"}, {"input": "3", "expected_output": "7"}]
ADD = "def add(a, b):\n    return a + b"


def test_the_score_is_the_fraction_of_tests_passed():
    assert fractional_code_reward(reply(DOUBLE), ground_truth=CASES).score == 0.5


@pytest.mark.parametrize(
    "truth",
    [
        [{"input": [2, 3], "expected_output": 5}],
        [{"input": "[2, 3]", "expected_output": "5"}],
        [{"input": "2\n3", "expected_output": "5"}],
        [{"input": {"a": 2, "b": 3}, "expected_output": 5}],
        [{"input": ["x", "y"], "expected_output": "xy"}],
        {"inputs": [[2, 3]], "outputs": [[5]], "fn_name": "add"},
        json.dumps({"inputs": [[2, 3]], "outputs": [5], "fn_name": "add"}),
    ],
)
def test_function_cases_in_every_shape(truth):
    assert fractional_code_reward(reply(ADD), ground_truth=truth, function_to_call="add").score == 1.0


@pytest.mark.parametrize(
    "truth",
    [
        ["assert add(2, 3) == 5", "assert add('a', 'b') == 'ab'"],
        "assert add(2, 3) == 5\nassert add(1, 1) == 2",
        {"test_list": ["assert add(2, 3) == 5"], "test_setup_code": "import math"},
        {
            "test": "def check(candidate):\n    assert candidate(2, 3) == 5",
            "entry_point": "add",
            "prompt": "def add(a, b):\n",
        },
        {
            "test": "import unittest\nclass T(unittest.TestCase):\n    def test(self): self.assertEqual(add(2, 3), 5)",
            "entry_point": "add",
        },
    ],
)
def test_tests_written_as_code_in_every_shape(truth):
    result = fractional_code_reward(reply(ADD), ground_truth=truth)
    assert result.score == 1.0
    assert "trust: split" in result.metrics["isolation"].reason


def test_expected_output_alone_is_compared_with_what_is_printed():
    assert fractional_code_reward(reply("print(5)"), ground_truth="5\n").score == 1.0


def test_each_assertion_is_a_test():
    truth = ["assert add(2, 3) == 5", "assert add(2, 3) == 6"]
    assert fractional_code_reward(reply(ADD), ground_truth=truth).score == 0.5


def test_unittest_that_patches_runs_in_process_and_says_so():
    test = (
        "import unittest\nfrom unittest.mock import patch\n"
        "class T(unittest.TestCase):\n"
        "    def test(self):\n"
        "        with patch('builtins.print') as shown:\n            task_func()\n        shown.assert_called_once()\n"
    )
    result = fractional_code_reward(reply("def task_func(): print(1)"), ground_truth={"test": test})
    assert result.score == 1.0
    assert "trust: in-process" in result.metrics["isolation"].reason


@pytest.mark.parametrize(
    ("code", "status"),
    [("1 / 0", "runtime_error"), ("while True: pass", "time_limit"), ("x = bytearray(1 << 32)", "memory_limit"),
     ("print(5)", "wrong_answer"), ("import os; os._exit(0)", "wrong_answer")],
)  # fmt: skip
def test_what_the_program_does_wrong_scores_zero_with_a_reason(code, status):
    result = fractional_code_reward(reply(code), ground_truth="4", timeout=1)
    assert (result.score, result.is_score_valid) == (0.0, True)
    assert status in result.reason


@pytest.mark.parametrize("text", ["", "I don't know", "<think>\n```python\nprint(4)\n```"])
def test_a_reply_without_a_program_scores_zero(text):
    result = fractional_code_reward([{"role": "assistant", "content": text}], ground_truth="4")
    assert (result.score, result.is_score_valid) == (0.0, True)


@pytest.mark.parametrize(
    "truth",
    [[], {}, "", None, [{"input": "1"}], {"test": "def check("}, {"unknown": 1}, 7, {"inputs": [], "outputs": []},
     {"test_list": ["assert ("]}, {"test": "def check(c): pass"}],
)  # fmt: skip
def test_a_ground_truth_without_tests_is_not_graded(truth):
    result = fractional_code_reward(reply("print(4)"), ground_truth=truth)
    assert not result.is_score_valid
    assert result.error


def test_a_sandbox_that_is_missing_is_not_graded():
    result = fractional_code_reward(reply("print(4)"), ground_truth="4", sandbox="no such")
    assert not result.is_score_valid


def test_string_arguments_are_not_concatenated():
    truth = [{"input": ["ab", "cd"], "expected_output": ["ab", "cd"]}]
    code = "def f(a, b): return [a, b]"
    assert fractional_code_reward(reply(code), ground_truth=truth, function_to_call="f").score == 1.0


def test_every_line_is_compared():
    truth = [{"input": "", "expected_output": "1\n2\n3"}]
    assert fractional_code_reward(reply("print(1)\nprint(9)\nprint(9)"), ground_truth=truth).score == 0.0


def test_output_beyond_a_pipe_is_read():
    truth = [{"input": "", "expected_output": "x" * 1_000_000}]
    assert fractional_code_reward(reply("print('x' * 1_000_000)"), ground_truth=truth).score == 1.0


def test_a_checker_decides_where_many_answers_are_right():
    checker = "def check(input, expected, output):\n    return sum(map(int, output.split())) == int(input)"
    truth = [{"input": "10", "expected_output": "5 5"}]
    assert fractional_code_reward(reply("print(3, 7)"), ground_truth=truth, checker=checker).score == 1.0
    assert fractional_code_reward(reply("print(3, 8)"), ground_truth=truth, checker=checker).score == 0.0


def test_a_checker_that_fails_is_not_graded():
    result = fractional_code_reward(reply("print(1)"), ground_truth="1", checker="def check(i, e, o): 1 / 0")
    assert not result.is_score_valid


def test_a_submission_cannot_redefine_what_the_tests_use():
    code = "def set(x): return 1\ndef sorted(x): return 1\ndef f(x): return []"
    truth = ["assert set(f(1)) == set([1])", "assert sorted(f(1)) == sorted([1])"]
    assert fractional_code_reward(reply(code), ground_truth=truth).score == 0.0


def test_a_helper_of_the_prompt_is_the_tests_own():
    prompt = "def poly(x):\n    return x - 2\n\ndef root():\n    '''Find it.'''\n"
    truth = {"test": "def check(c):\n    assert poly(c()) == 0", "entry_point": "root", "prompt": prompt}
    assert fractional_code_reward(reply("def root(): return 2"), ground_truth=truth).score == 1.0
    cheat = "def poly(x): return 0\ndef root(): return 9"
    assert fractional_code_reward(reply(cheat), ground_truth=truth).score == 0.0


def test_a_body_alone_completes_its_prompt():
    truth = {
        "test": "def check(c):\n    assert c(2) == 4",
        "entry_point": "f",
        "prompt": "def f(x):\n    '''Double.'''\n",
    }
    assert fractional_code_reward(reply("    return x * 2"), ground_truth=truth).score == 1.0


def test_deepcoder_pays_for_all_or_nothing():
    assert deepcoder_code_reward(reply(DOUBLE), ground_truth=CASES).score == 0.0
    assert deepcoder_code_reward(reply(DOUBLE), ground_truth=CASES[:1]).score == 1.0


def test_local_execution_compares_the_output():
    assert local_code_execution_reward(reply("print('a')"), ground_truth="a").score == 1.0
    assert local_code_execution_reward(reply("print('ab')"), ground_truth="a").score == 0.0


def test_local_execution_without_an_expected_output_is_not_graded():
    assert not local_code_execution_reward(reply("print(1)")).is_score_valid


def test_apps_solutions_are_graded_by_fraction():
    truth = json.dumps({"inputs": ["1\n", "2\n"], "outputs": ["2\n", "9\n"]})
    assert evaluate_apps_solution(reply(DOUBLE), ground_truth=truth).score == 0.5


def test_the_async_form_grades_many_at_once():
    async def all_of_them():
        return await asyncio.gather(
            *(async_fractional_code_reward(reply(f"print({n})"), ground_truth="3") for n in range(6))
        )

    assert [result.score for result in asyncio.run(all_of_them())] == [0.0, 0.0, 0.0, 1.0, 0.0, 0.0]


def test_the_batch_form_keeps_the_order():
    results = batch_fractional_code_reward([reply(f"print({n})") for n in range(6)], ["3"] * 6)
    assert [result.score for result in results] == [0.0, 0.0, 0.0, 1.0, 0.0, 0.0]


def test_the_rewards_pickle():
    assert pickle.loads(pickle.dumps(fractional_code_reward)) is fractional_code_reward  # noqa: S301 - our own bytes


def test_shared_and_separate_processes_agree():
    truth = [{"input": str(n), "expected_output": str(2 * n)} for n in range(6)]
    for isolate in ("case", "submission"):
        assert fractional_code_reward(reply(DOUBLE), ground_truth=truth, isolate=isolate).score == 1.0


CHECKER = "def check(input, expected, output):\n    return int(output) % int(expected) == 0"


@pytest.mark.parametrize(
    "code",
    ["print('no number')", "print()", "print('9' * 5000)", "print('7\\n7')", "print('0\\0')"],
)
def test_an_output_that_the_checker_cannot_cope_with_is_wrong(code):
    truth = [{"input": "", "expected_output": "7"}]
    result = fractional_code_reward(reply(code), ground_truth=truth, checker=CHECKER)
    assert (result.score, result.is_score_valid) == (0.0, True)
    assert "wrong_answer" in result.reason


def test_a_checker_that_an_output_stops_or_exhausts_is_no_broken_one():
    stopping = "def check(input, expected, output):\n    while 'x' in output: pass\n    return output == expected"
    exhausting = "def check(input, expected, output):\n    return bool(' ' * 10 ** len(output)) and output == expected"
    truth = [{"input": "", "expected_output": "7\n"}] * 2
    for checker, code in ((stopping, "print('x')"), (exhausting, "print('7' * 12)")):
        result = fractional_code_reward(reply(code), ground_truth=truth, checker=checker, timeout=1)
        assert (result.score, result.is_score_valid) == (0.0, True)
    assert fractional_code_reward(reply("print(7)"), ground_truth=truth, checker=stopping).score == 1.0


def test_a_checker_that_is_broken_is_not_graded_whatever_is_printed():
    truth = [{"input": "", "expected_output": "7"}]
    for checker in ("def check(i, e, o): return 1", "def check(i, e): return True", "check = 1", "def check("):
        for code in ("print(7)", "print('x')"):
            result = fractional_code_reward(reply(code), ground_truth=truth, checker=checker)
            assert not result.is_score_valid
            assert "the checker failed on the expected output" in result.error


def test_an_output_far_longer_than_the_expected_one_is_wrong():
    result = fractional_code_reward(reply("print('4' * 10**6)"), ground_truth="4")
    assert "output_limit" in result.reason
    assert fractional_code_reward(reply("print('4' + ' ' * 60_000)"), ground_truth="4").score == 1.0


def test_a_value_far_longer_than_the_expected_one_is_wrong():
    truth = [{"input": [], "expected_output": [1]}]
    result = fractional_code_reward(reply("def f(): return [1] * 10**5"), ground_truth=truth, function_to_call="f")
    assert (result.score, result.is_score_valid) == (0.0, True)


def test_what_a_reply_prints_reaches_no_terminal_as_it_is():
    for code in ("print('\\x1b[2J')", "raise ValueError('\\x1b]0;x\\x07')", "import sys; sys.exit('\\x1b[2J')"):
        assert "\x1b" not in str(fractional_code_reward(reply(code), ground_truth="4"))


def test_lists_and_trees_of_leetcode_travel_as_lists():
    code = (
        "class Solution:\n    def f(self, head: Optional[ListNode], root: Optional[TreeNode]) -> List[int]:\n"
        "        return [head.next.val, root.left is None, root.right.val]"
    )
    truth = [{"input": [[1, 2], [1, None, 3]], "expected_output": [2, True, 3]}]
    assert fractional_code_reward(reply(code), ground_truth=truth, function_to_call="f").score == 1.0
    code = (
        "class Solution:\n    def f(self, head: 'ListNode') -> 'ListNode':\n        return head and ListNode(0, head)"
    )
    truth = [{"input": [[1, 2]], "expected_output": [0, 1, 2]}, {"input": [[]], "expected_output": []}]
    assert fractional_code_reward(reply(code), ground_truth=truth, function_to_call="f").score == 1.0


def test_apps_wraps_all_values_or_none():
    truth = {"inputs": [[1], [2]], "outputs": [[1], [2, 2]], "fn_name": "f"}
    assert evaluate_apps_solution(reply("def f(n): return n"), ground_truth=truth).score == 0.0
    assert evaluate_apps_solution(reply("def f(n): return [n] * n"), ground_truth=truth).score == 1.0


def test_an_import_from_the_future_may_follow_a_prompt():
    truth = {
        "test": "def check(c):\n    assert c(2) == 4",
        "entry_point": "f",
        "prompt": "def f(x):\n    '''Double.'''\n",
    }
    code = "from __future__ import annotations\ndef f(x: int) -> int:\n    return x * 2"
    assert fractional_code_reward(reply(code), ground_truth=truth).score == 1.0


@pytest.mark.parametrize("text", ["```text\n" + " " * 300_000 + "\n```", "```md\n" * 20_000, "- " * 200_000 + "```"])
def test_a_reply_of_blanks_and_fences_is_read_in_little_time(text):
    began = time.process_time()
    assert fractional_code_reward([{"role": "assistant", "content": text}], ground_truth="4").score == 0.0
    assert time.process_time() - began < 3


def test_a_stated_value_is_found_in_little_time():
    began = time.process_time()
    message = [{"role": "assistant", "content": "[ANSWER]" * 100_000 + "[1][/ANSWER]"}]
    assert fractional_code_reward(message, ground_truth={"value": "[1]"}).score == 1.0
    assert time.process_time() - began < 2


def test_options_of_no_known_value_are_refused_and_columns_are_not():
    with pytest.raises(UsageError, match="comparison='fuzzy'"):
        fractional_code_reward(reply("print(4)"), ground_truth="4", comparison="fuzzy")
    assert fractional_code_reward(reply("print(4)"), ground_truth="4", difficulty="hard").score == 1.0


@pytest.mark.skipif(shutil.which("node", path="/usr/bin:/bin") is None, reason="no node in /usr/bin")
def test_javascript_is_graded_by_output_and_by_function():
    code = "const n = parseInt(require('fs').readFileSync(0, 'utf8')); console.log(n * 2)"
    assert fractional_code_reward(reply(code, "js"), ground_truth=CASES, language="javascript").score == 0.5
    truth = [{"input": [[1, 2], 3], "expected_output": {"sum": 6, "none": None}}]
    for code in (
        "const f = (a, b) => ({sum: a[0] + a[1] + b, none: null}) // end",
        "class Solution { f(a, b) { return {none: null, sum: 6} } }",
    ):
        result = fractional_code_reward(reply(code, "js"), ground_truth=truth, language="js", function_to_call="f")
        assert result.score == 1.0
    for code in ("while (true);", "process.exit(0)", "require('fs').writeSync(1, '[\"forged\"]')"):
        result = fractional_code_reward(
            reply(code, "js"), ground_truth=truth, language="js", function_to_call="f", timeout=1
        )
        assert (result.score, result.is_score_valid) == (0.0, True)


@pytest.mark.skipif(shutil.which("g++", path="/usr/bin:/bin") is None, reason="no g++ in /usr/bin")
def test_cpp_is_compiled_in_the_sandbox_and_graded():
    code = "#include <iostream>\nint main() { int a; std::cin >> a; std::cout << a * 2 << std::endl; }"
    assert fractional_code_reward(reply(code, "cpp"), ground_truth=CASES, language="cpp").score == 0.5
    for code in ('#include "/etc/passwd"\nint main() {}', '#include "/dev/zero"\nint main() {}', "int main( {"):
        result = fractional_code_reward(reply(code, "c++"), ground_truth=CASES, language="c++")
        assert (result.score, result.is_score_valid) == (0.0, True)
        assert "compile_error" in result.reason


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("[ANSWER]assert f(1) == [(1, 2)][/ANSWER]", "[(1, 2)]"),
        ("First [ANSWER]1[/ANSWER], no: [ANSWER]{'a': None}[/ANSWER].", "{'a': None}"),
        ("It is\n```python\n{1, 2}\n```", "{2, 1}"),
        ("<think>[ANSWER]3[/ANSWER]</think>\n'x'", "'x'"),
        ("[ANSWER]`2`[/ANSWER]", "2.0"),
        ('[ANSWER]{"a": [true, null]}[/ANSWER]', '{"a": [true, null]}'),
    ],
)
def test_a_stated_value_is_compared(said, value):
    messages = [{"role": "assistant", "content": said}]
    assert fractional_code_reward(messages, ground_truth=json.dumps({"value": value})).score == 1.0


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("[ANSWER]f(1)[/ANSWER]", "[1]"),
        ("[ANSWER]assert f(1) == f(1)[/ANSWER]", "[1]"),
        ("[ANSWER](1,)[/ANSWER]", "[1]"),
        ("[ANSWER]1[/ANSWER]", "True"),
        ("[ANSWER]{True: 'a'}[/ANSWER]", "{2: 'a'}"),
        ("It is 1 or 2.", "1"),
        ("", "''"),
        ("[ANSWER]" + "[" * 2000 + "[/ANSWER]", "[1]"),
        ("[ANSWER]" + "9" * 300 + "[/ANSWER]", "9"),
    ],
)
def test_another_value_or_an_expression_earns_nothing(said, value):
    messages = [{"role": "assistant", "content": said}]
    result = fractional_code_reward(messages, ground_truth={"value": value})
    assert (result.score, result.is_score_valid) == (0.0, True)


def test_a_value_that_is_no_literal_is_not_graded():
    result = fractional_code_reward([{"role": "assistant", "content": "1"}], ground_truth={"value": "f(1)"})
    assert not result.is_score_valid
    assert "expected a literal of Python or JSON" in result.error


def test_a_unittest_can_ask_for_the_process_of_the_program():
    test = (
        "import unittest\nclass T(unittest.TestCase):\n    def test(self):\n        self.assertEqual(f(lambda n: n), 1)"
    )
    code = reply("def f(how): return how(1)")
    apart = fractional_code_reward(code, ground_truth={"test": test})
    within = fractional_code_reward(code, ground_truth={"test": test, "trust": "in-process"})
    assert (apart.score, within.score) == (0.0, 1.0)
    assert within.metrics["isolation"].reason.endswith("trust: in-process")


def test_a_program_can_copy_a_file_with_what_belongs_to_it():
    code = "import shutil\nopen('a', 'w').write('x')\nshutil.copy2('a', 'b')\nprint(open('b').read())"
    result = fractional_code_reward(reply(code), ground_truth="x")
    assert (result.score, result.reason) == (1.0, "1 of 1 tests passed")
