"""Repetition and diversity: what is counted, in which scripts, and how long texts without spaces are."""

import pytest

from reward_kit.errors import UsageError
from reward_kit.rewards.repetition import diversity_reward, get_ngrams, repetition_penalty_reward


def reply(content):
    return [{"role": "assistant", "content": content}]


def penalised(content, **settings):
    return repetition_penalty_reward(reply(content), **settings).score


# n-grams.


@pytest.mark.parametrize(
    ("text", "size", "language", "ngrams"),
    [
        ("", 1, "en", []),
        ("To be or", 2, "en", [("to", "be"), ("be", "or")]),
        ("a b", 3, "en", []),
        ("\u4f60\u597d \u4f60", 2, "zh", [("\u4f60", "\u597d"), ("\u597d", "\u4f60")]),
        ("\u4f60\u597d ok", 1, "en", [("\u4f60",), ("\u597d",), ("ok",)]),
        ("Ab", 1, "zh-CN", [("a",), ("b",)]),
        ("x" * 41, 41, "en", [("x",) * 41]),
        ("x" * 40, 1, "en", [("x" * 40,)]),
    ],
)
def test_ngrams_are_of_words_or_of_characters(text, size, language, ngrams):
    assert get_ngrams(text, size, language) == (ngrams, len(ngrams))


@pytest.mark.parametrize("size", [0, -1, 101, float("nan")])
def test_sizes_that_make_no_sense_are_refused(size):
    with pytest.raises(UsageError, match="found n="):
        get_ngrams("a b c", size)


# repetition_penalty_reward.


@pytest.mark.parametrize(
    ("content", "score"),
    [
        ("every word here is different", 1.0),
        ("again and again and again and again", 0.7),  # 2 of 5 trigrams are different
        ("a a a a a a", 0.625),  # 1 of 4
        ("too short", 1.0),
        ("", 0.0),
        (" \n", 0.0),
        ("a" * 103, 0.5 + 0.5 / 101),
        ("\u91cd\u590d" * 51, 0.5 + 0.5 * 2 / 100),
    ],
)
def test_the_share_of_repeated_ngrams_is_taken_away(content, score):
    result = repetition_penalty_reward(reply(content))

    assert (result.score, result.is_score_valid) == (pytest.approx(score, abs=1e-12), True)


@pytest.mark.parametrize("language", ["en", "zh", "de", "ja"])
def test_text_without_spaces_cannot_hide_its_repetitions(language):
    assert penalised("\u6211\u4eec\u518d\u8bd5\u4e00\u6b21\u3002" * 50, language=language) < 0.53
    assert penalised("1,2,1,2," * 50, language=language) < 0.53
    assert penalised("\u0e01\u0e02\u0e03" * 50, language=language) < 0.53


def test_the_penalty_can_make_the_score_negative():
    assert penalised("a a a a a a", max_penalty=2.0) == -0.5


def test_case_does_not_make_words_different():
    assert penalised("Go on. go ON. gO on.", ngram_size=2) == 0.7


def test_the_metrics_stay_between_zero_and_one():
    metrics = repetition_penalty_reward(reply("a a a a a a"), max_penalty=2.0).metrics

    assert {name: metric.score for name, metric in metrics.items()} == {"repetition": 0.25, "unique_ngram_ratio": 0.25}


@pytest.mark.parametrize("penalty", [-0.5, float("inf"), "much"])
def test_a_penalty_that_is_none_is_refused(penalty):
    with pytest.raises(UsageError, match="found max_penalty="):
        penalised("a", max_penalty=penalty)


# diversity_reward.


@pytest.mark.parametrize(
    ("content", "score"),
    [
        ("a b c", 1.0),
        ("a a a", 0.2 / 3 + 0.3 / 2 + 0.5),
        ("a a", 0.2 / 0.5 * 0.5 + 0.3 / 0.5),  # no trigrams: the other two weigh 2 : 3
        ("a", 1.0),
        ("", 0.0),
    ],
)
def test_diversity_is_the_weighted_mean_of_the_shares_of_different_ngrams(content, score):
    result = diversity_reward(reply(content))

    assert (result.score, result.is_score_valid) == (pytest.approx(score, abs=1e-12), True)


def test_weights_and_sizes_can_be_given():
    assert diversity_reward(reply("a a a a"), ngram_sizes=[1], weights=[5.0]).score == 0.25
    assert diversity_reward(reply("a b a b"), ngram_sizes=[1, 2]).score == pytest.approx((1 / 2 + 2 / 3) / 2)


@pytest.mark.parametrize(
    "settings", [{"ngram_sizes": []}, {"weights": [1.0]}, {"weights": [0, 0, 0]}, {"weights": [1, -1, 1]}]
)
def test_weights_that_fit_no_size_are_refused(settings):
    with pytest.raises(UsageError):
        diversity_reward(reply("a b c"), **settings)


def test_a_conversation_without_a_reply_is_not_graded():
    assert not repetition_penalty_reward([]).is_score_valid
    assert not diversity_reward([{"role": "user", "content": "a"}]).is_score_valid
