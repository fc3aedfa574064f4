"""``tag_count_reward``: which tags count, what broken ones cost."""

import pytest

from reward_kit.errors import UsageError
from reward_kit.rewards.tag_count import tag_count_reward

TAGS = ["think", "answer"]


def grade(content, tags=TAGS, **settings):
    return tag_count_reward([{"role": "assistant", "content": content}], required_tags=tags, **settings)


@pytest.mark.parametrize(
    ("content", "score"),
    [
        ("<think>a</think><answer>4</answer>", 0.5),
        ("<think>a</think>4", 0.25),
        ("<think>a</think><think>b</think>", 0.25),
        ("<think>a <answer>4</answer> b</think>", 0.5),
        ('<think lang="en">a</think>', 0.25),
        ("4", 0.0),
        ("", 0.0),
        # Only tags, or tags that are none.
        ("<think></think><answer></answer>", 0.0),
        ("<think> \n </think>", 0.0),
        ("<think><answer></answer></think>", 0.0),
        ("`<think>a</think>` <answer>4</answer>", 0.25),
        ("```\n<think>a</think>\n```", 0.0),
        ("<thinking>a</thinking>", 0.0),
        ("< think>a</ think>", 0.0),
        # Broken ones cost what a right one brings.
        ("<think>a <answer>4</answer>", 0.0),
        ("a</think><answer>4</answer>", 0.0),
        ("<think>a<answer></think>4</answer>", 0.0),
        ("<think>a</think><think>b", 0.0),
        ("<think><think>a</think></think>", 0.25),
    ],
)
def test_pairs_of_tags_around_text_count(content, score):
    result = grade(content)

    assert (result.score, result.is_score_valid) == (score, True)


def test_the_score_is_cut_off_at_one_and_at_zero():
    assert grade("<a>1</a><b>1</b><c>1</c>", ["a", "b", "c"], score_per_tag=0.5).score == 1.0
    assert grade("<a><b><c>", ["a", "b", "c"], score_per_tag=0.5).score == 0.0


def test_tags_may_stand_alone_where_balance_is_not_asked_for():
    assert grade("<think>a 4</answer>", require_balanced=False).score == 0.5
    assert grade("`<think>` 4</answer>", require_balanced=False).score == 0.25


def test_a_tag_that_is_required_twice_counts_once():
    assert grade("<think>a</think>", ["think", "think"]).score == 0.25


def test_the_metrics_say_how_each_tag_is_used():
    metrics = grade("<think>a</think><answer></answer></answer>").metrics

    assert {name: (metric.score, metric.reason) for name, metric in metrics.items()} == {
        "tag_think": (1.0, "1 pairs"),
        "tag_answer": (0.0, "1 empty pairs, 1 without a partner"),
        "overall": (0.0, "1 of 2 tags used rightly; broken: answer"),
    }


@pytest.mark.parametrize("tags", [[], "think", ["<think>"], ["a b"], [3], [""]])
def test_what_is_no_name_of_a_tag_is_refused(tags):
    with pytest.raises(UsageError, match="expected names of tags"):
        grade("<think>a</think>", tags)


def test_a_conversation_without_a_reply_is_not_graded():
    assert not tag_count_reward([], required_tags=TAGS).is_score_valid
