"""Rewards for length: what counts as a token, how the score falls, and what is refused."""

import pytest

from reward_kit.errors import UsageError
from reward_kit.rewards.length import cosine_length_reward, count_tokens, length_reward


def reply(tokens):
    return [{"role": "user", "content": "?"}, {"role": "assistant", "content": " ".join(["word"] * tokens)}]


# Tokens.


@pytest.mark.parametrize(
    ("text", "method", "count"),
    [
        ("", "whitespace", 0),
        (" \n\t ", "whitespace", 0),
        ("one  two\nthree ", "whitespace", 3),
        ("", "character", 0),
        ("a b\U0001f600", "character", 4),
        ("", "words", 0),
        ("Well , 2 + 2 = 4.", "words", 4),
        ("\u6211\u5f88\u597d ok", "words", 4),
    ],
)
def test_tokens_are_counted_by_the_method_that_is_named(text, method, count):
    assert count_tokens(text, method) == count


def test_tokens_can_be_counted_by_a_function():
    assert count_tokens("abc", lambda text: len(text) * 2) == 6
    assert length_reward(reply(3), target_length=28, token_method=len).score == 0.5


def test_an_unknown_method_is_refused_with_those_that_there_are():
    with pytest.raises(UsageError, match="found token_method='bpe', expected 'whitespace', 'character', 'words'"):
        count_tokens("a", "bpe")


# length_reward.


@pytest.mark.parametrize(
    ("tokens", "bounds", "score"),
    [
        (8, {"target_length": 8}, 1.0),
        (6, {"target_length": 8}, 0.75),
        (10, {"target_length": 8}, 0.75),
        (16, {"target_length": 8}, 0.0),
        (99, {"target_length": 8}, 0.0),
        (4, {"min_length": 4}, 1.0),
        (400, {"min_length": 4}, 1.0),
        (3, {"min_length": 4}, 0.75),
        (4, {"max_length": 4}, 1.0),
        (1, {"max_length": 4}, 1.0),
        (5, {"max_length": 4}, 0.75),
        (8, {"max_length": 4}, 0.0),
        (12, {"min_length": 4, "max_length": 8}, 0.0),
        (9, {"min_length": 4, "max_length": 8}, 0.75),
        (2, {"min_length": 4, "max_length": 8}, 0.5),
        (5, {"min_length": 5, "max_length": 5}, 1.0),
        (6, {"min_length": 5, "max_length": 5}, 0.0),
    ],
)
def test_the_score_falls_from_what_is_asked_for(tokens, bounds, score):
    assert length_reward(reply(tokens), **bounds).score == score


@pytest.mark.parametrize(("tokens", "score"), [(8, 1.0), (4, 0.5), (6, 0.8535533905932737), (2, 0.14644660940672627)])
def test_the_cosine_falls_gently_at_both_ends(tokens, score):
    assert length_reward(reply(tokens), target_length=8, scaling="cosine").score == pytest.approx(score, abs=1e-12)


def test_the_range_may_be_negative():
    result = length_reward(reply(6), max_length=4, reward_range=[-1, 1])

    assert (result.score, result.is_score_valid) == (0.0, True)
    assert length_reward(reply(9), max_length=4, reward_range=(-2.0, -1.0)).score == -2.0
    assert result.metrics["length"].score == 0.5


@pytest.mark.parametrize("bounds", [{"max_length": 4}, {"min_length": 4}, {"target_length": 4}])
def test_an_empty_reply_gets_the_bottom(bounds):
    result = length_reward(reply(0), reward_range=[0.25, 1.0], **bounds)

    assert (result.score, result.is_score_valid, result.reason) == (0.25, True, "the reply is empty")


def test_the_metrics_say_how_many_tokens_there_are():
    assert length_reward(reply(6), max_length=4).metrics["token_count"].reason == "6"


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({}, "found none of target_length, min_length, max_length"),
        ({"target_length": 0}, "found target_length=0, expected a finite number of at least 1"),
        ({"min_length": 9, "max_length": 4}, "found min_length=9 above max_length=4"),
        ({"max_length": 4, "scaling": "log"}, "found scaling='log'"),
        ({"max_length": 4, "reward_range": [1, 0]}, r"found reward_range=\[1, 0\]"),
        ({"max_length": 4, "reward_range": [0, float("nan")]}, "found reward_range=nan"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings, complaint):
    with pytest.raises(UsageError, match=complaint):
        length_reward(reply(4), **settings)


@pytest.mark.parametrize("messages", [[], [{"role": "user", "content": "a"}]])
def test_a_conversation_without_a_reply_is_not_graded(messages):
    for result in (length_reward(messages, max_length=4), cosine_length_reward(messages, is_correct=True)):
        assert not result.is_score_valid
        assert "expected the assistant's reply at the end" in result.error


# cosine_length_reward.


@pytest.mark.parametrize(
    ("tokens", "right", "score"),
    [
        (0, True, 1.0),
        (5, True, 0.75),
        (10, True, 0.5),
        (15, True, 0.5),
        (20, True, 0.5),
        (0, False, 0.0),
        (5, False, 0.15),
        (10, False, 0.3),
        (20, False, 0.3),
    ],
)
def test_shorter_right_replies_and_longer_wrong_ones_earn_more(tokens, right, score):
    result = cosine_length_reward(reply(tokens), is_correct=right, max_length=10)

    assert (result.score, result.is_score_valid) == (pytest.approx(score, abs=1e-12), True)


@pytest.mark.parametrize(("tokens", "score"), [(0, -1.0), (5, -0.75), (10, -0.5), (100, -0.5)])
def test_wrong_replies_may_be_punished_as_in_open_r1(tokens, score):
    result = cosine_length_reward(
        reply(tokens), is_correct=False, max_length=10, min_value_wrong=-1.0, max_value_wrong=-0.5
    )

    assert (result.score, result.is_score_valid) == (pytest.approx(score, abs=1e-12), True)


@pytest.mark.parametrize(
    ("verdict", "score"),
    [
        ({"correctness": 1.0}, 1.0),
        ({"correctness": 0.9}, 1.0),
        ({"correctness": 0.89}, 0.0),
        ({"correctness": 0.0, "is_correct": True}, 1.0),
    ],
)
def test_correctness_counts_from_nine_tenths_on_and_is_correct_wins(verdict, score):
    assert cosine_length_reward(reply(0), **verdict).score == score


def test_without_a_verdict_nothing_is_graded():
    result = cosine_length_reward(reply(3), ground_truth="4")

    assert (result.score, result.is_score_valid) == (0.0, False)
    assert result.error == "found neither is_correct nor correctness, expected whether the reply is right"


def test_values_the_wrong_way_round_are_refused():
    with pytest.raises(UsageError, match=r"found min_value_wrong=0\.5 above max_value_wrong=0\.3"):
        cosine_length_reward(reply(1), is_correct=True, min_value_wrong=0.5)
    with pytest.raises(UsageError, match="found max_length=0"):
        cosine_length_reward(reply(1), is_correct=True, max_length=0)
