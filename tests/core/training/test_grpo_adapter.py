"""The adapter in TRL's own trainer, against every trap of its reward contract."""

import math
from statistics import fmean

import pytest

from reward_kit import EvaluateResult, MetricResult, reward_function
from reward_kit.errors import GradingError
from reward_kit.integrations.trl import create_trl_adapter

pytestmark = [
    pytest.mark.grpo,
    # TRL 1.16 uses a field by the name that transformers 5.23 deprecates.
    pytest.mark.filterwarnings("ignore:`(is_)?gradient_checkpointing` is deprecated:FutureWarning"),
]


@reward_function
def digits(messages, **_):
    text = messages[-1].text
    return {"score": sum(map(str.isdigit, text)) / len(text) if text else 0.0, "reason": "share of digits"}


@reward_function
async def digits_async(messages, **_):
    return digits(messages)


def constant(_messages, **_):
    return EvaluateResult(score=0.7, reason="always")


def losses(run):
    return [entry["loss"] for entry in run.log]


def test_a_model_learns_what_is_rewarded(grpo):
    rewards = [entry["reward"] for entry in grpo(create_trl_adapter(digits, {}), steps=30).log]

    assert fmean(rewards[:3]) < 0.6
    assert fmean(rewards[-3:]) > 0.95


def test_the_same_seed_gives_the_same_losses(grpo):
    first, second = (grpo(create_trl_adapter(digits, {}), steps=3) for _ in range(2))

    assert any(losses(first))
    assert losses(first) == losses(second)


def test_an_asynchronous_reward_trains_the_same(grpo):
    assert losses(grpo(create_trl_adapter(digits_async, {}))) == losses(grpo(create_trl_adapter(digits, {})))


def test_the_adapter_leaves_no_trace_in_the_training(grpo):
    def bare(completions, **_):
        texts = [completion[0]["content"] for completion in completions]
        shares = [sum(map(str.isdigit, text)) / len(text) if text else 0.0 for text in texts]
        return [round(share * 1024) / 1024 for share in shares]

    assert losses(grpo(create_trl_adapter(digits, {}), steps=3)) == losses(grpo(bare, steps=3))


def test_a_reward_that_changes_what_it_gets_changes_nothing(grpo):
    def vandal(messages, **_):
        result = digits(messages)
        messages[-1].content = "gone"
        messages.clear()
        return result

    assert losses(grpo(create_trl_adapter(vandal, {}))) == losses(grpo(create_trl_adapter(digits, {})))


def test_a_constant_reward_of_seven_tenths_changes_no_weight(grpo):
    run = grpo(create_trl_adapter(constant, {}))

    assert run.changed == []
    assert [entry["frac_reward_zero_std"] for entry in run.log] == [1.0, 1.0]


def test_without_the_adapter_the_same_constant_would_train_the_model(grpo):
    assert grpo(lambda prompts, **_: [0.7] * len(prompts)).changed != []


def test_what_is_not_graded_is_left_out_and_never_counts_as_zero(grpo):
    def picky(messages, **_):
        if messages[-1].text[:1] in {"a", "b", "c"}:
            return EvaluateResult.not_graded("no opinion")
        return EvaluateResult(score=1.0, reason="fine")

    run = grpo(create_trl_adapter(picky, {}), steps=3)

    assert all(entry["rewards/picky/not_graded"] > 0 for entry in run.log)
    assert [entry["reward"] for entry in run.log] == [1.0, 1.0, 1.0]
    assert run.changed == []


def test_too_many_failures_stop_the_training_with_their_cause(grpo):
    def broken(_messages, **_):
        message = "the judge is away"
        raise ConnectionError(message)

    with pytest.raises(GradingError, match=r"32 of the last 32 .* ConnectionError: the judge is away"):
        grpo(create_trl_adapter(broken, {}))


def test_an_error_in_the_event_loop_stops_the_training_too(grpo):
    async def broken(_messages, **_):
        raise TimeoutError

    with pytest.raises(GradingError, match="32 of the last 32"):
        grpo(create_trl_adapter(broken, {}))


@pytest.mark.parametrize("score", [math.inf, -math.inf, math.nan, 1e39])
def test_a_score_without_bounds_never_reaches_the_weights(grpo, score):
    def unbounded(messages, **_):
        if messages[-1].text[:1] == "a":
            return {"score": score, "reason": "unbounded"}
        return digits(messages)

    run = grpo(create_trl_adapter(unbounded, {}), scale_rewards="none")

    assert run.finite
    assert all(math.isfinite(entry["grad_norm"]) for entry in run.log)


def test_columns_and_parts_are_in_the_trainers_logs(grpo, tmp_path):
    from pyarrow import parquet

    def answered(messages, *, ground_truth):
        part = MetricResult(score=0.5, reason=messages[-1].text[:1])
        return EvaluateResult(score=0.0, reason=f"not {ground_truth}", metrics={"extracted_answer": part})

    reward = create_trl_adapter(answered, {"answer": "ground_truth"})
    run = grpo(reward, steps=1, log_completions=True, num_completions_to_print=0)
    (entry,) = run.log
    (table,) = (tmp_path / "trl" / "completions").glob("*.parquet")
    rows = parquet.read_table(table).to_pylist()

    assert entry["rewards/answered/parts/extracted_answer"] == 0.5
    assert {row["answered/gold"] for row in rows} <= set("01234567")
    assert all(row["answered/gold"] + "=" == row["prompt"][0]["content"] for row in rows)
    assert all(row["answered/extracted"] == row["completion"][0]["content"][:1] for row in rows)
    assert all(row["answered/reason"] == "not " + row["answered/gold"] for row in rows)
