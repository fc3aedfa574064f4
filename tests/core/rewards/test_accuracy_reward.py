"""Answers by the machinery of mathematics or by functions of one's own, alone and weighted with length."""

import pytest

from reward_kit.integrations.trl import create_trl_adapter
from reward_kit.models import Message
from reward_kit.rewards.accuracy import accuracy_reward
from reward_kit.rewards.accuracy_length import cosine_scaled_accuracy_length_reward


def reply(content):
    return [{"role": "user", "content": "?"}, {"role": "assistant", "content": content}]


def grade(content, ground_truth, **settings):
    return accuracy_reward(reply(content), ground_truth=ground_truth, **settings)


@pytest.mark.parametrize(
    ("content", "ground_truth", "score"),
    [
        ("The answer is 42.", "42", 1.0),
        ("It is 42.", 42, 1.0),
        ("The answer is 42.", "43", 0.0),
        (r"\boxed{\frac{1}{2}}", "0.5", 1.0),
        (r"\boxed{2a+2b}", "2(a+b)", 1.0),
        (r"The capital is \boxed{Paris}.", "paris", 1.0),
        (r"The capital is \boxed{London}.", "Paris", 0.0),
        ("Paris, London or Rome", "Paris", 0.0),
        ("It contains 3.14 and 42", "4", 0.0),
        (r"\boxed{41} \boxed{42}", "42", 0.0),
        ("", "42", 0.0),
        (r"\boxed{2}", ["1", "2"], 1.0),
    ],
)
def test_an_answer_is_right_or_wrong(content, ground_truth, score):
    result = grade(content, ground_truth)

    assert (result.score, result.is_score_valid) == (score, True)
    assert result.metrics["answer_accuracy"].score == score


@pytest.mark.parametrize(
    "ground_truth",
    [
        [{"role": "assistant", "content": "The answer is 42."}],
        [Message(role="assistant", content=r"So \boxed{42}.")],
        [{"content": "42"}],
        {"role": "assistant", "content": "6 * 7 = 42\n#### 42"},
    ],
)
def test_a_message_may_state_the_ground_truth(ground_truth):
    assert grade("The answer is 42.", ground_truth).score == 1.0
    assert grade("The answer is 43.", ground_truth).score == 0.0


@pytest.mark.parametrize("ground_truth", [None, "", [], [{"role": "assistant", "content": ""}], {"content": None}])
def test_without_a_ground_truth_nothing_is_graded(ground_truth):
    result = grade("The answer is 42.", ground_truth)

    assert (result.score, result.is_score_valid) == (0.0, False)


def test_the_metrics_say_what_was_extracted():
    metrics = grade("The answer is 42.", "43").metrics

    assert (metrics["answer_extraction"].score, metrics["answer_extraction"].reason) == (1.0, "42")
    assert grade("", "43").metrics["answer_extraction"].score == 0.0


# Functions of one's own.


def last_word(text):
    return text.split()[-1] if text.split() else None


def test_an_answer_can_be_extracted_by_a_function():
    assert grade("so it is 0.5", "exactly 1/2", extract_fn=last_word).score == 1.0
    assert grade("so it is 0.6", "exactly 1/2", extract_fn=last_word).score == 0.0


@pytest.mark.parametrize(("returned", "score"), [(0.25, 0.25), (True, 1.0), (-2, -2.0), (3.5, 3.5)])
def test_answers_can_be_compared_by_a_function(returned, score):
    seen = []
    result = grade("The answer is 42.", "43", compare_fn=lambda *texts: seen.append(texts) or returned)

    assert seen == [("42", "43")]
    assert result.score == score
    assert 0.0 <= result.metrics["answer_accuracy"].score <= 1.0


def test_a_reply_without_an_answer_is_wrong_and_not_compared():
    result = grade("", "exactly 43", extract_fn=last_word, compare_fn=lambda *_: 1.0)

    assert (result.score, result.is_score_valid, result.reason) == (0.0, True, "no answer found")


@pytest.mark.parametrize("returned", [None, "1.0", float("nan")])
def test_a_comparison_that_gives_no_number_is_not_graded(returned):
    result = grade("The answer is 42.", "43", compare_fn=lambda *_: returned)

    assert not result.is_score_valid
    assert result.error.startswith("compare_fn returned")


def test_a_function_needs_one_text_to_compare_with():
    assert not grade("42", ["41", "42"], compare_fn=lambda *_: 1.0).is_score_valid
    assert not grade("42", " ", extract_fn=last_word).is_score_valid


# With length.


@pytest.mark.parametrize(
    ("content", "settings", "score"),
    [
        ("one two three so four is 4", {"max_length": 14}, 0.7 + 0.3 * 0.75),
        ("one two three so four is 5", {"max_length": 14}, 0.3 * 0.15),
        ("one two three so four is 4", {"max_length": 7}, 0.7 + 0.3 * 0.5),
        ("4", {"correctness_weight": 1.0, "length_weight": 0.0}, 1.0),
        (
            "5 5",
            {
                "max_length": 2,
                "min_value_wrong": -10,
                "max_value_wrong": -1,
                "correctness_weight": 0,
                "length_weight": 1,
            },
            -1.0,
        ),
    ],
)
def test_the_answer_and_the_length_are_weighted(content, settings, score):
    result = cosine_scaled_accuracy_length_reward(reply(content), ground_truth="4", **settings)

    assert (result.score, result.is_score_valid) == (pytest.approx(score, abs=1e-12), True)
    assert set(result.metrics) == {
        "combined_reward", "answer_extraction", "answer_accuracy", "cosine_length", "token_count",
    }  # fmt: skip


def test_what_cannot_be_graded_has_no_length_either():
    assert not cosine_scaled_accuracy_length_reward(reply("4"), ground_truth="").is_score_valid
    assert not cosine_scaled_accuracy_length_reward([], ground_truth="4").is_score_valid


@pytest.mark.parametrize(
    ("reward", "scores"),
    [(accuracy_reward, [1.0, 0.0, None]), (cosine_scaled_accuracy_length_reward, [1.0, 0.0, None])],
)
def test_a_trainer_can_call_it_by_the_batch(reward, scores):
    adapter = create_trl_adapter(reward, {"answer": "ground_truth"}, {"max_length": 1000}, max_failure_share=1.0)

    given = adapter(prompts=["?"] * 3, completions=["4", "5", "4"], answer=["4", "4", ""])
    assert given == [None if score is None else pytest.approx(score, abs=1e-3) for score in scores]
