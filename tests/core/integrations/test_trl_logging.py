import logging
from dataclasses import dataclass

import pytest

from reward_kit import EvaluateResult, MetricResult
from reward_kit.integrations.trl import create_trl_adapter

AWAY = "the judge is away"
EOS = 2


@dataclass
class State:
    global_step: int = 4


def lengths(messages, *, ground_truth, **_):
    text = messages[-1].text
    if not text:
        raise ConnectionError(AWAY)
    metrics = {
        "extracted_answer": MetricResult(score=1.0, reason=text[:2]),
        "short": MetricResult(score=float(len(text) < 3), reason="length"),
    }
    score = float(text == ground_truth)
    return EvaluateResult(score=score, reason=f"{text} against {ground_truth}", metrics=metrics)


class Log:
    def __init__(self):
        self.metrics = {}
        self.columns = {}

    def metric(self, name, value):
        self.metrics[name] = value

    def extra(self, column, values):
        self.columns[column] = values

    def of(self, replies, prompts=None, ids=None, **settings):
        """Grade ``replies`` against "aa" and return this log."""
        adapter = create_trl_adapter(lengths, {"answer": "ground_truth"}, **settings)
        adapter(
            prompts=prompts or ["p"] * len(replies),
            completions=replies,
            completion_ids=ids,
            answer=["aa"] * len(replies),
            trainer_state=State(),
            log_extra=self.extra,
            log_metric=self.metric,
        )
        return self


def test_the_share_that_is_not_graded_is_always_logged():
    assert Log().of(["aa", "b"]).metrics["rewards/lengths/not_graded"] == 0.0
    assert Log().of(["aa", "", "b", "c"]).metrics["rewards/lengths/not_graded"] == 0.25


def test_groups_without_two_different_rewards_are_counted_by_their_prompts():
    prompts = ["p", "p", "q", "q", "r", "r", "p", "p"]
    replies = ["aa", "b", "b", "c", "aa", "aa", "", "aa"]

    assert Log().of(replies, prompts).metrics["rewards/lengths/zero_variance"] == 0.75


def test_groups_are_counted_by_their_size_where_it_is_known():
    assert Log().of(["aa", "b", "b", "b"], num_generations=2).metrics["rewards/lengths/zero_variance"] == 0.5


def test_the_share_of_replies_that_the_token_limit_ended_is_logged_where_the_end_token_is_known():
    ids = [[5, EOS], [5, 6], [EOS], []]

    assert Log().of(["aa"] * 4, ids=ids, eos_token_ids=[EOS]).metrics["rewards/lengths/cut_off"] == 0.5
    assert "rewards/lengths/cut_off" not in Log().of(["aa"] * 4, ids=ids).metrics


def test_the_parts_of_a_reward_are_logged_as_means():
    log = Log().of(["aa", "bbb", "c", ""])

    assert log.metrics["rewards/lengths/parts/short"] == pytest.approx(2 / 3)


def test_the_time_of_the_grading_and_its_share_of_the_step_are_logged():
    adapter = create_trl_adapter(lengths, {"answer": "ground_truth"})
    log = Log()
    batch = {"prompts": ["p"], "completions": ["aa"], "answer": ["aa"]}
    adapter(**batch)
    adapter(**batch, log_metric=log.metric)

    assert log.metrics["rewards/lengths/seconds"] > 0
    assert 0 < log.metrics["rewards/lengths/share_of_step"] <= 1


def test_gold_extracted_answer_reason_and_error_are_columns_of_the_completions_table():
    assert Log().of(["abc", ""]).columns == {
        "lengths/gold": ["aa", "aa"],
        "lengths/extracted": ["ab", None],
        "lengths/reason": ["abc against aa", "not graded"],
        "lengths/error": [None, "ConnectionError: the judge is away"],
    }


def test_a_gold_that_is_no_text_is_logged_as_json():
    log = Log()
    adapter = create_trl_adapter(lengths, {"answer": "ground_truth"})
    adapter(prompts=["p", "p"], completions=["x", "y"], answer=[[1, "é"], None], log_extra=log.extra)

    assert log.columns["lengths/gold"] == ['[1, "é"]', None]


def test_each_batch_is_summed_up_with_one_scored_reply(caplog):
    with caplog.at_level(logging.INFO, logger="reward_kit"):
        Log().of(["aa", "b"])

    summary, sample = (record.getMessage() for record in caplog.records)
    assert summary.startswith("lengths step 5: mean reward 0.500, 0% of the groups without variance, 0% not graded")
    assert sample == "lengths step 5: reply 'aa', gold 'aa': 1 (aa against aa)"


def test_what_is_not_graded_is_a_warning_that_names_the_error(caplog):
    with caplog.at_level(logging.WARNING, logger="reward_kit"):
        Log().of(["aa", "", "b", ""])

    (record,) = caplog.records
    assert record.getMessage() == "lengths step 5: 2 of 4 not graded: ConnectionError: the judge is away"


def test_a_batch_without_a_single_grade_is_summed_up_too(caplog):
    with caplog.at_level(logging.INFO, logger="reward_kit"):
        Log().of(["", ""])

    assert "no reward, 100% of the groups without variance, 100% not graded" in caplog.records[0].getMessage()
    assert "not graded (ConnectionError: the judge is away)" in caplog.records[1].getMessage()


def test_the_end_of_a_long_reply_is_shown(caplog):
    with caplog.at_level(logging.INFO, logger="reward_kit"):
        Log().of(["x" * 500 + " the end"])

    assert f"reply '…{'x' * 152} the end'" in caplog.records[1].getMessage()
