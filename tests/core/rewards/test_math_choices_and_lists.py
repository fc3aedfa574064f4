"""The rewards for the letter of a choice and for lists, and the helpers of reward-kit 0.4.1."""

import pytest

from reward_kit.rewards.list_comparison_math_reward import list_comparison_math_reward
from reward_kit.rewards.math import compare_numbers, extract_numbers
from reward_kit.rewards.multiple_choice_math_reward import extract_mcq_option, multiple_choice_math_reward


def said(text):
    return [{"role": "user", "content": "Which one?"}, {"role": "assistant", "content": text}]


CHOSEN = [
    ("B", "B"),
    ("(B)", "B"),
    ("B.", "B"),
    ("**B**", "B"),
    (r"\boxed{B}", "B"),
    (r"\boxed{\textbf{(B)}\ 12}", "B"),
    (r"\boxed{\text{B. } 12}", "B"),
    ("<answer>B</answer>", "B"),
    ("The answer is B.", "B"),
    ("The answer is (B), because A is too small.", "B"),
    ("A triangle has three sides, so the answer is (B).", "B"),
    ("Answer: B) 12", "B"),
    ("The correct option is B", "B"),
    ("Option B is correct.", "B"),
    ("I pick C, as A and B are too small.", "C"),
    ("A is too small, B too large.\nSo it is (C).", "C"),
    ("<think>A or B?</think>It must be\n\nC", "C"),
    ("The answer is F.", "F"),
    ("The answer is A. Wait, that is wrong. The answer is B.", "B"),
]


@pytest.mark.parametrize(("reply", "letter"), CHOSEN)
def test_a_reply_chooses_one_letter(reply, letter):
    assert extract_mcq_option(reply).text == letter
    assert multiple_choice_math_reward(said(reply), ground_truth=letter).score == 1.0
    assert multiple_choice_math_reward(said(reply), ground_truth="D").score == 0.0


NOT_CHOSEN = [
    "",
    "I don't know.",
    "A or B",
    "(A), (B)",
    r"\boxed{AB}",
    r"\boxed{A, B}",
    "A/B/C/D",
    "The answer is A. The answer is B.",
]


@pytest.mark.parametrize(
    "reply", [*NOT_CHOSEN, "<think>A", "A triangle has three sides.", r"\boxed{12}", "The answer is not A."]
)
def test_a_reply_that_chooses_no_letter_or_two_scores_zero(reply):
    result = multiple_choice_math_reward(said(reply), ground_truth="A")

    assert (result.score, result.is_score_valid) == (0.0, True)
    assert result.reason.startswith("no answer: ")


@pytest.mark.parametrize(
    "truth", ["B", "(B)", "B. 12", "b) 12".upper(), [{"role": "assistant", "content": "(B)"}], "The answer is B."]
)
def test_the_right_letter_may_come_in_many_forms(truth):
    assert multiple_choice_math_reward(said("(B)"), ground_truth=truth).score == 1.0


@pytest.mark.parametrize("truth", [None, "", "12", [], "A or B", [{"role": "assistant"}]])
def test_without_a_right_letter_nothing_is_graded(truth):
    result = multiple_choice_math_reward(said("(B)"), ground_truth=truth)

    assert not result.is_score_valid
    assert "expected the letter of one choice" in result.error


LISTED = [
    (r"\boxed{1, 2, 3}", "1, 2, 3", 1.0),
    (r"\boxed{3, 2, 1}", "1, 2, 3", 1.0),
    (r"\boxed{1, 2}", "1, 2, 3", 0.0),
    (r"\boxed{1, 2, 3, 4}", "1, 2, 3", 0.0),
    (r"\boxed{\{1, 2, 3\}}", "[1, 2, 3]", 1.0),
    (r"\boxed{1 and 2}", "1, 2", 1.0),
    (r"\boxed{0.5, \frac{1}{4}}", "1/2, 0.25", 1.0),
    ("The answer is 1, 2 and 3.", "1, 2, 3", 1.0),
    ("It is $1, 2, 3$.", "1, 2, 3", 1.0),
    ("The divisors are 1, 2, and 3.", "1, 2, 3", 1.0),
    ("The divisors are 1, 2, and 4.", "1, 2, 3", 0.0),
    ("There are none.", "1, 2, 3", 0.0),
]


@pytest.mark.parametrize(("reply", "truth", "score"), LISTED)
def test_a_list_must_have_exactly_the_items(reply, truth, score):
    result = list_comparison_math_reward(said(reply), ground_truth=truth)

    assert (result.score, result.is_score_valid) == (score, True), result.reason


@pytest.mark.parametrize(
    ("reply", "score"), [(r"\boxed{1, 2, 3}", 1.0), (r"\boxed{[1, 2, 3]}", 1.0), (r"\boxed{3, 2, 1}", 0.0)]
)
def test_the_order_of_a_list_counts_where_it_is_asked_for(reply, score):
    assert list_comparison_math_reward(said(reply), ground_truth="1, 2, 3", order_matters=True).score == score


@pytest.mark.parametrize("truth", [None, "", "[]"])
def test_without_a_list_nothing_is_graded(truth):
    assert not list_comparison_math_reward(said("1, 2"), ground_truth=truth).is_score_valid


@pytest.mark.parametrize("reward", [multiple_choice_math_reward, list_comparison_math_reward])
def test_what_the_user_said_is_not_graded(reward):
    assert not reward([{"role": "user", "content": "A"}], ground_truth="A").is_score_valid


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        (r"\boxed{72}", [("72", 72.0)]),
        ("#### 1,080", [("1,080", 1080.0)]),
        ("It costs 0.5 dollars.", [("0.5", 0.5)]),
        (r"\boxed{A}", [("A", "A")]),
        ("5 or 7", []),
        ("", []),
    ],
)
def test_the_one_answer_of_a_text_is_extracted_as_a_number(text, numbers):
    assert extract_numbers(text) == numbers


def test_numbers_are_equal_within_the_tolerance_that_is_given():
    assert compare_numbers(100000, 100001) == (False, 0.0)
    assert compare_numbers(100000, 100001, relative_tolerance=1e-4) == (True, 1.0)
    assert compare_numbers(0.3, 0.1 + 0.2) == (True, 1.0)
