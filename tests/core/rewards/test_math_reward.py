"""``math_reward``: its three outcomes, what it reports, its settings."""

import doctest
import importlib
import math
import pickle
from concurrent.futures import ThreadPoolExecutor

import pytest

from reward_kit.errors import UsageError
from reward_kit.models import Message
from reward_kit.rewards.math import extract_answer, math_reward


def grade(reply, ground_truth, **settings):
    return math_reward([{"role": "assistant", "content": reply}], ground_truth=ground_truth, **settings)


# What is reported.


def test_a_right_answer_says_what_equals_what_and_where_it_was_found():
    result = grade(r"So \boxed{448,000}.", "448000")

    assert (result.score, result.reason) == (1.0, "'448,000' = '448000' (boxed)")


def test_a_wrong_answer_says_what_differs_from_what():
    result = grade("The answer is 71.", "72")

    assert (result.score, result.is_score_valid, result.reason) == (0.0, True, "'71' != '72' (phrase)")


@pytest.mark.parametrize(
    ("reply", "found"),
    [
        (r"\boxed{72}", (1.0, "72 (boxed)")),
        ("<answer>72 clips</answer>", (1.0, "72 clips (answer tag)")),
        ("#### 72", (1.0, "72 (####)")),
        ("The answer is 72.", (1.0, "72 (phrase)")),
        ("She sold 72 clips.", (1.0, "72 (last number)")),
        (r"\boxed{x}", (1.0, "x (boxed)")),
        ("It is 5 or 7.", (0.0, "7 (last number)")),
        ("", (0.0, "the reply is empty")),
    ],
)
def test_the_extracted_answer_and_the_ground_truth_are_metrics(reply, found):
    metrics = grade(reply, "… #### 1,072").metrics

    assert (metrics["extracted_answer"].score, metrics["extracted_answer"].reason) == found
    assert metrics["ground_truth"].reason == "1,072"


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ("", "no answer: the reply is empty"),
        ("I don't know.", "no answer: no number in the reply"),
        ("<think>It is 72", "no answer: the reply ends inside its thinking"),
        ("<think>It is 72</think>", "no answer: nothing follows the thinking or the prompt"),
        (r"\boxed{71} \boxed{72}", "no answer: several different answers: '71' and '72'"),
        (r"\boxed{}", "no answer: the marked answer is empty"),
        (r"So \boxed{72", "no answer: the reply ends inside the mark of its answer"),
        ("It is 71 or 72.", "no answer: several guesses where one answer is asked for"),
        ("It is not 72.", "no answer: '72' at the end is denied, not stated"),
        ("We meet at 3:30", "no answer: '3:30' at the end is not a number of its own"),
    ],
)
def test_a_reply_without_one_answer_says_why(reply, reason):
    result = grade(reply, "72")

    assert (result.score, result.is_score_valid, result.reason) == (0.0, True, reason)


def test_a_long_answer_is_shortened_in_the_reason():
    result = grade(r"\boxed{" + "word " * 1000 + "}", "72")

    assert len(result.reason) < 200


def test_a_reason_can_be_written_as_utf_8():
    result = grade("\\boxed{\ud800}", "72")

    assert result.reason.encode().startswith(rb"'\\ud800' != '72' (boxed)")


# The reply.


def test_thinking_that_came_apart_from_the_answer_is_never_graded():
    reply = Message(role="assistant", content="It is 71.", reasoning_content=r"\boxed{72}")

    assert math_reward([reply], ground_truth="72").score == 0.0


def test_a_reply_that_is_all_thinking_has_no_answer():
    reply = Message(role="assistant", content="", reasoning_content=r"\boxed{72}")
    result = math_reward([reply], ground_truth="72")

    assert (result.score, result.reason) == (0.0, "no answer: the reply ends inside its thinking")


def test_a_reply_in_parts_is_graded_as_one_text():
    parts = [{"type": "text", "text": "48 + 24 = "}, {"type": "text", "text": r"\boxed{72}"}]

    assert math_reward([{"role": "assistant", "content": parts}], ground_truth="72").score == 1.0


PROMPT = "Natalia sold 48 clips in April. How many did she sell in May, if she sold 72 in all?"


def test_repeating_the_prompt_is_no_answer():
    result = math_reward(
        [{"role": "user", "content": PROMPT}, {"role": "assistant", "content": PROMPT}], ground_truth="72"
    )

    assert (result.score, result.reason) == (0.0, "no answer: nothing follows the thinking or the prompt")


def test_repeating_a_part_of_the_prompt_is_no_answer():
    result = math_reward(
        [{"role": "user", "content": PROMPT}, {"role": "assistant", "content": "Natalia sold 48 clips in April."}],
        ground_truth="48",
    )

    assert (result.score, result.reason) == (0.0, "no answer: the reply repeats the prompt")


def test_an_answer_behind_the_repeated_prompt_counts():
    messages = [{"role": "user", "content": PROMPT}, {"role": "assistant", "content": PROMPT + "\n24"}]

    assert math_reward(messages, ground_truth="24").score == 1.0


@pytest.mark.parametrize("reply", ["48", "48 clips", "72"])
def test_a_short_answer_may_stand_in_the_prompt(reply):
    messages = [{"role": "user", "content": PROMPT}, {"role": "assistant", "content": reply}]

    assert math_reward(messages, ground_truth=reply.split()[0]).score == 1.0


def test_an_answer_that_begins_like_a_short_prompt_is_read_whole():
    messages = [{"role": "user", "content": "7"}, {"role": "assistant", "content": "72"}]

    assert math_reward(messages, ground_truth="72").score == 1.0


# Not graded.


@pytest.mark.parametrize(
    "ground_truth",
    [
        *(None, "", "   ", "#### ", r"\boxed{}", "...", "a" * 5000),
        *(True, math.nan, math.inf, pytest.param(10**5000, id="huge"), "9" * 5000, [], [[72]], {"answer": 72}, b"72"),
    ],
)
def test_without_a_usable_ground_truth_nothing_is_graded(ground_truth):
    result = grade(r"\boxed{72}", ground_truth)

    assert (result.is_score_valid, result.score) == (False, 0.0)
    assert result.error.startswith("found ")


def test_a_missing_ground_truth_is_not_graded():
    result = math_reward([{"role": "assistant", "content": "72"}])

    assert result.error == "found ground_truth=None, expected a number or a text such as '72' or '… #### 72'"


@pytest.mark.parametrize("messages", [[], [{"role": "user", "content": "72"}]])
def test_without_a_reply_of_the_assistant_nothing_is_graded(messages):
    result = math_reward(messages, ground_truth="72")

    assert not result.is_score_valid
    assert result.error.endswith("expected the assistant's reply at the end")


# The ground truth.


@pytest.mark.parametrize(
    ("ground_truth", "reply"),
    [
        ("72", "72"),
        pytest.param(72, "72", id="integer"),
        (72.5, "72.5"),
        (1e22, "10000000000000000000000"),
        (0.1, "0.1"),
        ("18 dollars", "18"),
        ("$18", "18 dollars"),
        ("12.5%", "12.5"),
        ("448,000", "448000"),
        (r"\boxed{72}", "72"),
        (r"So she sold \boxed{72} clips.", "72"),
        ("Natalia sold 48+24 = <<48+24=72>>72 clips.\n#### 72", "72"),
        ("#### 1,080", "1080"),
        ("#### 18000", "18000"),
        ("1/3", r"0.\overline{3}"),
    ],
)
def test_a_ground_truth_has_many_forms(ground_truth, reply):
    assert grade(reply, ground_truth).score == 1.0


# Percent.


@pytest.mark.parametrize(
    ("ground_truth", "reply", "score"),
    [
        ("50", r"\boxed{50\%}", 1.0),
        ("50%", r"\boxed{50}", 1.0),
        ("50%", r"\boxed{0.5}", 1.0),
        ("0.5", r"\boxed{50\%}", 1.0),
        ("1/3", r"\boxed{33\frac{1}{3}\%}", 1.0),
        ("50", r"\boxed{0.5}", 0.0),
        ("0.5", r"\boxed{50}", 0.0),
        ("50%", r"\boxed{0.5\%}", 0.0),
        ("50%", r"\boxed{5000\%}", 0.0),
        ("50%", r"\boxed{5000}", 0.0),
    ],
)
def test_a_percent_sign_on_one_side_alone_may_be_read_either_way(ground_truth, reply, score):
    assert grade(reply, ground_truth).score == score


# Tolerance.


@pytest.mark.parametrize(
    ("ground_truth", "reply"),
    [
        ("2024", "2023"),
        ("72", "71.99"),
        ("72", "72.05"),
        ("100000", "100001"),
        ("3.14", "3.14159"),
        ("0.3", "1/3"),
        ("0.3", "0.30000000000000004"),
        ("1e-19", "2e-19"),
        ("0.0000001", "0.0000002"),
    ],
)
def test_numbers_must_be_equal(ground_truth, reply):
    assert grade(rf"\boxed{{{reply}}}", ground_truth).score == 0.0


@pytest.mark.parametrize(
    ("ground_truth", "reply", "settings", "score"),
    [
        ("3.14", "3.14159", {"tolerance": 1e-3}, 1.0),
        ("3.14", "3.15", {"tolerance": 1e-3}, 0.0),
        ("2.5", "2.75", {"tolerance": 0.1}, 1.0),
        ("-2.5", "2.5", {"tolerance": 0.1}, 0.0),
        ("2024", "2023", {"tolerance": 1e-3}, 0.0),
        ("2024.0", "2023", {"tolerance": 1e-3}, 0.0),
        ("2024", "2023", {"absolute_tolerance": 1}, 1.0),
        ("2024", "2022", {"absolute_tolerance": 1}, 0.0),
        ("0", "0.05", {"absolute_tolerance": 0.05}, 1.0),
        ("12.5%", "0.1251", {"tolerance": 1e-3}, 1.0),
    ],
)
def test_a_tolerance_applies_where_it_is_asked_for(ground_truth, reply, settings, score):
    assert grade(rf"\boxed{{{reply}}}", ground_truth, **settings).score == score


@pytest.mark.parametrize("setting", ["tolerance", "absolute_tolerance"])
@pytest.mark.parametrize("value", [-1, math.nan, math.inf])
def test_a_tolerance_that_is_no_size_is_a_usage_error(setting, value):
    with pytest.raises(UsageError, match=f"found {setting}="):
        grade("72", "72", **{setting: value})


# Units.


@pytest.mark.parametrize(
    ("ground_truth", "reply", "reason"),
    [
        ("5 cm", r"\boxed{5\text{ m}}", "'5\\\\text{ m}' != '5 cm' (boxed): the units differ"),
        ("12 hours", r"\boxed{12 days}", "'12 days' != '12 hours' (boxed): the units differ"),
        ("$5", r"\boxed{5 cents}", "'5 cents' != '$5' (boxed): the units differ"),
        ("$5", r"\boxed{€5}", "'€5' != '$5' (boxed): the units differ"),
        ("4 a.m.", r"\boxed{4 p.m.}", "'4 p.m.' != '4 a.m.' (boxed): the units differ"),
        ("5 cm^2", r"\boxed{5 cm}", "'5 cm' != '5 cm^2' (boxed): the units differ"),
    ],
)
def test_known_units_that_differ_are_a_wrong_answer(ground_truth, reply, reason):
    result = grade(reply, ground_truth)

    assert (result.score, result.reason) == (0.0, reason)


@pytest.mark.parametrize("reply", ["5", "5 centimeters", r"5\text{ cm}", "5 units", "5 cm long"])
def test_units_that_do_not_contradict_each_other_are_no_matter(reply):
    assert grade(rf"\boxed{{{reply}}}", "5 cm").score == 1.0


@pytest.mark.parametrize(
    ("ground_truth", "reply", "score"),
    [
        ("18 dollars", "18", 0.0),
        ("18 dollars", "18 Dollars", 1.0),
        ("18 dollars", "$18", 1.0),
        ("18 dollars", r"\$18", 1.0),
        ("$18", "18 USD", 1.0),
        ("18 eggs", "18 egg", 1.0),
        ("18 eggs", "18 apples", 0.0),
        ("18 eggs", "18 large eggs", 1.0),
        ("18 boxes", "18 box", 1.0),
        ("50%", "50", 0.0),
        ("50%", "50 percent", 1.0),
        ("18", "18 eggs", 1.0),
        ("18", "18", 1.0),
    ],
)
def test_a_required_unit_must_be_in_the_answer(ground_truth, reply, score):
    assert grade(rf"\boxed{{{reply}}}", ground_truth, require_units=True).score == score


def test_a_required_unit_may_stand_in_a_sentence():
    assert grade("She collects 18 eggs every day.", "18 eggs", require_units=True).score == 1.0


# As a function.


def test_other_columns_of_the_data_set_are_taken_and_ignored():
    assert grade("72", "72", question="How many?", difficulty=3).score == 1.0


def test_the_reward_pickles():
    assert pickle.loads(pickle.dumps(math_reward)) is math_reward  # noqa: S301 - made one expression before


def test_the_messages_are_left_as_they_are():
    messages = [{"role": "user", "content": PROMPT}, {"role": "assistant", "content": r"\boxed{72}"}]
    before = [dict(message) for message in messages]
    math_reward(messages, ground_truth="72")

    assert messages == before


def test_threads_do_not_disturb_each_other():
    replies = [rf"So {number} it is: \boxed{{{number}}}" for number in range(200)]
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda pair: grade(pair[1], str(pair[0])), enumerate(replies)))

    assert [result.score for result in results] == [1.0] * 200


def test_the_same_answer_twice_is_one_answer():
    answer = extract_answer(r"\boxed{72}, that is \boxed{72.0}")

    assert (answer.number.value, answer.rule, answer.problem) == (72, "boxed", "")


@pytest.mark.parametrize("module", ["reward", "extraction", "gold", "numbers", "verifying"])
def test_the_examples_in_the_docstrings_run(module):
    found = doctest.testmod(importlib.import_module(f"reward_kit.rewards.math.{module}"))

    assert (found.attempted > 0, found.failed) == (True, 0)
