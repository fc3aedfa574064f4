"""``format_reward``: the default form, forms of one's own, and what looks like the form and is not."""

import pytest

from reward_kit.errors import UsageError
from reward_kit.rewards.format import THINK_THEN_ANSWER, format_reward

GOOD = "<think>\n2 + 2 is 4.\n</think>\n<answer>\n4\n</answer>"


def grade(content, **settings):
    return format_reward([{"role": "assistant", "content": content}], **settings)


@pytest.mark.parametrize(
    "content",
    [
        GOOD,
        GOOD + "\n",
        "\n" + GOOD,
        "<think>\n2 + 2 is 4.</think>\n<answer>\n4</answer>",
        GOOD.replace("2 + 2", "I put it into `<answer>`: 2 + 2"),
        GOOD.replace("2 + 2", "```html\n<think>\n</think>\n```\n2 + 2"),
        GOOD.replace("2 + 2", "```python\nopen block; 2 + 2"),
        GOOD.replace("4\n</answer>", "```python\nprint('<b>')\n```\n</answer>"),
    ],
)
def test_the_form_earns_one(content):
    result = grade(content)

    assert (result.score, result.reason) == (1.0, "the form is right")
    assert result.metrics["format_check"].score == 1.0


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "found <think> 0 times, expected once"),
        ("4", "found <think> 0 times, expected once"),
        ("<think>\na\n</think>\n4", "found <answer> 0 times, expected once"),
        (GOOD + GOOD, "found <think> 2 times, expected once"),
        (GOOD + "<answer>\n5\n</answer>", "found <answer> 2 times, expected once"),
        ("<think>\n\n</think>\n<answer>\n4\n</answer>", "found nothing between a pair of tags"),
        ("<think>\na\n</think>\n<answer>\n \n</answer>", "found nothing between a pair of tags"),
        ("<think></think><answer></answer>", "found no line end, or more than one, between the tags"),
        ("<answer>\n4\n</answer>\n<think>\na\n</think>", "the tags are not in their order"),
        ("<think>\na\n<answer>\n4\n</answer>\n</think>", "the tags are not in their order"),
        ("<think>\na\n</think>\nSo:\n<answer>\n4\n</answer>", "found no line end, or more than one"),
        ("<think>\na\n</think><answer>\n4\n</answer>", "found no line end, or more than one"),
        (GOOD + " Bye.", "found text outside the tags"),
        ("Hello. " + GOOD, "found text outside the tags"),
        (f"```\n{GOOD}\n```", "found <think> 0 times, expected once"),
        ("<think>\na `</think>`\n<answer>\n4\n</answer>", "found </think> 0 times, expected once"),
        (GOOD.replace("<think>", "<THINK>"), "found <think> 0 times, expected once"),
    ],
)
def test_anything_else_is_a_valid_zero_that_says_why(content, reason):
    result = grade(content)

    assert (result.score, result.is_score_valid) == (0.0, True)
    assert result.reason.startswith(reason)


def test_a_part_of_the_reply_may_have_the_form():
    assert grade(f"Here: {GOOD} Done.", require_exact_match=False).score == 1.0
    assert grade(f"```\n{GOOD}\n```", require_exact_match=False).score == 0.0
    assert grade(GOOD + GOOD, require_exact_match=False).score == 0.0


def test_the_default_given_by_hand_is_the_default():
    assert grade(GOOD + GOOD, format_regex=THINK_THEN_ANSWER).score == 0.0


@pytest.mark.parametrize(
    ("content", "whole", "score"),
    [
        ("Answer: 4", True, 1.0),
        ("Answer: 4\n", True, 1.0),
        ("Answer: 4 or 5", True, 0.0),
        ("So. Answer: 4", True, 0.0),
        ("So. Answer: 4 or 5", False, 1.0),
        ("", False, 0.0),
    ],
)
def test_a_form_of_ones_own_is_matched_to_the_end(content, whole, score):
    assert grade(content, format_regex=r"Answer: \d+", require_exact_match=whole).score == score


def test_an_empty_reply_never_has_a_form():
    assert grade(" \n", format_regex=".*").reason == "the reply is empty"


def test_no_regular_expression_is_refused():
    with pytest.raises(UsageError, match=r"found format_regex='\(', which is no regular expression"):
        grade("4", format_regex="(")


def test_a_conversation_without_a_reply_is_not_graded():
    assert not format_reward([{"role": "user", "content": GOOD}]).is_score_valid
