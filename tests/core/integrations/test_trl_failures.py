import pytest

from reward_kit import EvaluateResult
from reward_kit.errors import GradingError
from reward_kit.integrations.trl import create_trl_adapter


def obedient(messages, **_):
    """Fail with the reply as the error, unless it is empty."""
    if messages[-1].text:
        raise ConnectionError(messages[-1].text)
    return EvaluateResult(score=1.0, reason="fine")


def batch(rows, failing, error="no answer"):
    return {"prompts": ["p"] * rows, "completions": [error] * failing + [""] * (rows - failing)}


def test_half_of_a_batch_may_fail():
    assert create_trl_adapter(obedient, {})(**batch(8, 4)) == [None] * 4 + [1.0] * 4


def test_more_than_half_of_a_batch_stops_the_training_and_names_the_errors():
    adapter = create_trl_adapter(obedient, {})

    with pytest.raises(
        GradingError,
        match=r"5 of the last 8 completions could not be graded.*ConnectionError: no answer \(5 times\)",
    ):
        adapter(**batch(8, 5))


def test_the_most_frequent_errors_are_named():
    adapter = create_trl_adapter(obedient, {})
    replies = ["rare", "second", "second", "first", "first", "first", "other"]

    with pytest.raises(GradingError) as raised:
        adapter(prompts=["p"] * 7, completions=replies)

    assert str(raised.value).endswith(
        "ConnectionError: first (3 times); ConnectionError: second (2 times); ConnectionError: rare"
    )


def test_the_share_that_stops_the_training_can_be_chosen():
    with pytest.raises(GradingError, match="2 of the last 8"):
        create_trl_adapter(obedient, {}, max_failure_share=0.2)(**batch(8, 2))


def test_a_slice_of_one_row_is_judged_with_those_before_it():
    adapter = create_trl_adapter(obedient, {})

    for _ in range(3):
        assert adapter(**batch(1, 1)) == [None]
    with pytest.raises(GradingError, match="4 of the last 4"):
        adapter(**batch(1, 1))


def test_one_failure_in_a_slice_of_one_row_does_not_stop_the_training():
    adapter = create_trl_adapter(obedient, {})

    assert [adapter(**batch(1, number == 5)) for number in range(40)].count([None]) == 1


def test_few_failures_in_each_batch_stop_the_training_after_twenty():
    adapter = create_trl_adapter(obedient, {})
    for _ in range(19):
        adapter(**batch(16, 1))

    with pytest.raises(GradingError, match="20 of 320 completions in the last 20 batches"):
        adapter(**batch(16, 1))


def test_one_failure_in_a_hundred_does_not_stop_the_training():
    adapter = create_trl_adapter(obedient, {})

    for number in range(60):
        assert len(adapter(**batch(50, number % 2))) == 50


def test_failures_of_long_ago_are_forgotten():
    adapter = create_trl_adapter(obedient, {})
    for failing in [8, 8, *[0] * 20]:
        adapter(**batch(16, failing))

    assert adapter(**batch(16, 0)) == [1.0] * 16


def test_the_logs_are_written_before_the_training_is_stopped():
    metrics = {}
    adapter = create_trl_adapter(obedient, {})

    with pytest.raises(GradingError):
        adapter(**batch(4, 4), log_metric=metrics.__setitem__)

    assert metrics["rewards/obedient/not_graded"] == 1.0
