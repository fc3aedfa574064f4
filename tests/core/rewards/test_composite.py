"""Rewards made of rewards: what the whole scores, when it is not graded, and how its parts are run."""

import asyncio
import math
import pickle
import threading
from functools import partial

import pytest

from reward_kit import reward_function
from reward_kit.errors import UsageError
from reward_kit.evaluation import agrade, grade, grade_all
from reward_kit.evaluation.conversations import Conversation
from reward_kit.integrations.trl import create_trl_adapter
from reward_kit.models import EvaluateResult, Message, MetricResult
from reward_kit.rewards.composite import AsyncComposite, Composite, all_of, by_kind, gated, part, weighted
from reward_kit.rewards.math import math_reward

REPLY = [{"role": "user", "content": "?"}, {"role": "assistant", "content": r"It is \boxed{3}."}]
calls = []
meeting = threading.Barrier(2, timeout=10)
"""Lets two gradings go on once both have begun."""


@reward_function
def contains(messages, *, ground_truth, **_):
    found = ground_truth in messages[-1].text
    inner = {"seen": MetricResult(score=float(found), reason="looked")}
    return EvaluateResult(score=float(found), reason=f"looked for {ground_truth!r}", metrics=inner)


@reward_function
async def contains_async(messages, *, ground_truth, **_):
    await asyncio.sleep(0)
    return {"score": float(ground_truth in messages[-1].text), "reason": "looked later"}


@reward_function
def half(_messages, **_):
    return {"score": 0.5, "reason": "half"}


@reward_function
def recorded(messages, **_):
    calls.append(messages[-1].text)
    return {"score": 1.0, "reason": "recorded"}


@reward_function
def meets(_messages, **_):
    meeting.wait()
    return {"score": 1.0, "reason": "met"}


@reward_function
def meets_too(_messages, **_):
    meeting.wait()
    return {"score": 1.0, "reason": "met"}


def broken(_messages, **_):
    message = "the judge is gone"
    raise ConnectionError(message)


def negative(_messages, **_):
    return EvaluateResult(score=-1.0, reason="too long")


def takes_unit(_messages, *, unit):
    return EvaluateResult(score=float(unit == "cm"), reason=unit)


def test_weighted_is_the_weighted_mean():
    reward = weighted({contains: 0.25, half: 0.75})
    result = reward(REPLY, ground_truth="3")
    assert result.score == 0.625
    assert result.reason == "contains 1 (weight 0.25), half 0.5 (weight 0.75)"


def test_weights_that_are_rounded_still_give_exactly_one():
    parts = {part(str(number), contains): 0.1 for number in range(10)}
    assert weighted(parts)(REPLY, ground_truth={str(number): "3" for number in range(10)}).score == 1.0


def test_metrics_carry_each_part_and_its_own_metrics():
    metrics = weighted({contains: 0.5, half: 0.5})(REPLY, ground_truth="3").metrics
    assert {name: (metric.score, metric.reason) for name, metric in metrics.items()} == {
        "contains": (1.0, "looked for '3'"),
        "contains/seen": (1.0, "looked"),
        "half": (0.5, "half"),
    }


def test_a_score_outside_zero_and_one_counts_whole_and_is_bounded_in_the_metrics():
    result = weighted({negative: 0.5, half: 0.5})(REPLY, ground_truth=None)
    assert result.score == -0.25
    assert result.metrics["negative"].score == 0.0


@pytest.mark.parametrize("combine", [lambda *parts: weighted(dict.fromkeys(parts, 0.5)), all_of], ids=["mean", "all"])
def test_one_part_that_is_not_graded_leaves_the_whole_not_graded(combine):
    result = combine(broken, half)(REPLY, ground_truth="3")
    assert not result.is_score_valid
    assert result.error == "broken: ConnectionError: the judge is gone"
    assert not result.metrics["broken"].is_score_valid
    assert result.metrics["half"].score == 0.5


def test_a_caller_may_ask_to_leave_out_what_is_not_graded():
    assert weighted({broken: 0.9, half: 0.1}, leave_out_invalid=True)(REPLY, ground_truth="3").score == 0.5


def test_leaving_out_every_part_is_not_graded():
    result = weighted({broken: 1.0}, leave_out_invalid=True)(REPLY, ground_truth="3")
    assert (result.is_score_valid, result.error) == (False, "broken: ConnectionError: the judge is gone")


def test_a_gate_that_does_not_hold_gives_nothing_and_asks_nothing_more():
    calls.clear()
    result = gated(contains, recorded)(REPLY, ground_truth="4")
    assert (result.score, calls) == (0.0, [])
    assert result.reason == "contains scored 0, expected at least 1 (looked for '4')"


def test_behind_a_gate_that_holds_the_second_part_decides():
    result = gated(contains, half)(REPLY, ground_truth="3")
    assert (result.score, result.reason) == (0.5, "half: half")


def test_a_gate_may_hold_from_a_threshold_on():
    assert gated(half, contains, threshold=0.5)(REPLY, ground_truth="3").score == 1.0


@pytest.mark.parametrize(("gate", "then"), [(broken, half), (half, broken)])
def test_a_gate_or_what_is_behind_it_that_is_not_graded_leaves_the_whole_not_graded(gate, then):
    result = gated(gate, then, threshold=0.5)(REPLY, ground_truth="3")
    assert (result.is_score_valid, result.error) == (False, "broken: ConnectionError: the judge is gone")


def test_all_of_pays_only_when_every_part_is_full():
    reward = all_of(contains, half)
    assert reward(REPLY, ground_truth="3").score == 0.0
    assert all_of(contains, half, threshold=0.5)(REPLY, ground_truth="3").score == 1.0


def test_rows_are_graded_by_their_kind():
    reward = by_kind({"number": math_reward, "text": contains})
    assert reward(REPLY, ground_truth="3", kind="number").score == 1.0
    assert reward(REPLY, ground_truth="boxed", kind="text").score == 1.0
    assert reward(REPLY, ground_truth="boxed", kind="text").metrics["text"].reason == "looked for 'boxed'"


@pytest.mark.parametrize("extra", [{}, {"kind": "prose"}, {"kind": ["number"]}, {"kind": None}])
def test_a_row_of_no_known_kind_is_not_graded(extra):
    result = by_kind({"number": math_reward})(REPLY, ground_truth="3", **extra)
    assert (result.is_score_valid, result.error) == (
        False,
        f"found kind={extra.get('kind')!r}, expected one of 'number'",
    )


def test_a_part_is_compared_with_its_own_ground_truth():
    reward = all_of(part("a", contains), part("b", contains))
    assert reward(REPLY, ground_truth={"a": "3", "b": "boxed"}).score == 1.0
    assert reward(REPLY, ground_truth={"a": "3", "b": "4"}).score == 0.0


@pytest.mark.parametrize(
    ("truth", "found"), [({"a": "3"}, "the keys ['a']"), ("3", "str"), (None, "NoneType"), ([1], "list")]
)
def test_a_row_without_the_truth_of_a_part_is_not_graded(truth, found):
    result = all_of(part("b", contains))(REPLY, ground_truth=truth)
    assert result.error == f"b: found {found} as the ground truth, expected a mapping with the part 'b'"


def test_each_part_gets_the_arguments_that_it_takes():
    assert all_of(takes_unit, contains)(REPLY, ground_truth="3", unit="cm", language="python").score == 1.0


def test_combinations_nest():
    inner = weighted({part("x", contains): 0.5, part("y", contains): 0.5})
    reward = by_kind({"both": gated(part("x", contains), inner), "one": contains})
    result = reward(REPLY, ground_truth={"x": "3", "y": "nine"}, kind="both")
    assert result.score == 0.5
    assert result.metrics["both/weighted/y"].reason == "looked for 'nine'"


def test_parts_are_graded_at_the_same_time():
    assert all_of(meets, meets_too)(REPLY, ground_truth=None).score == 1.0


def test_one_asynchronous_part_makes_the_whole_asynchronous():
    reward = by_kind({"both": weighted({part("x", contains_async): 0.5, part("y", contains): 0.5})})
    assert isinstance(reward, AsyncComposite)
    asked = {"ground_truth": {"x": "3", "y": "9"}, "extra": {"kind": "both"}}
    assert grade(reward, REPLY, **asked).score == 0.5
    assert asyncio.run(agrade(reward, REPLY, **asked)).score == 0.5


def test_an_asynchronous_part_that_fails_leaves_the_whole_not_graded():
    reward = all_of(part("x", contains_async), part("y", contains))
    result = grade(reward, REPLY, ground_truth={"y": "3"})
    assert result.error == "x: found the keys ['y'] as the ground truth, expected a mapping with the part 'x'"


def test_a_named_part_keeps_its_own_ground_truth_under_a_kind():
    reward = by_kind({"sum": part("answer", contains)})
    assert grade(reward, REPLY, ground_truth={"answer": "3"}, extra={"kind": "sum"}).score == 1.0


class Later:
    async def __call__(self, messages, *, ground_truth, **_):
        await asyncio.sleep(0)
        return EvaluateResult(score=float(ground_truth in messages[-1].text), reason="looked later")


@pytest.mark.parametrize(
    "make",
    [Later, lambda: partial(Later()), lambda: partial(contains_async)],
    ids=["object", "partial object", "partial function"],
)
def test_an_asynchronous_object_and_a_partial_are_asynchronous_parts(make):
    reward = all_of(part("x", make()), part("y", half), threshold=0.5)
    assert isinstance(reward, AsyncComposite)
    assert asyncio.run(agrade(reward, REPLY, ground_truth={"x": "3", "y": "4"})).score == 1.0


def test_combinations_pickle_and_compare_by_value():
    reward = by_kind({"both": weighted({part("x", contains): 0.5, half: 0.5})})
    copy = pickle.loads(pickle.dumps(reward))  # noqa: S301 - made here
    assert copy == reward
    assert isinstance(copy, Composite)


def test_combinations_grade_in_worker_processes():
    messages = tuple(map(Message.model_validate, REPLY))
    row = Conversation(id="1", messages=messages, ground_truth={"x": "3", "y": "4"}, extra={})
    reward = weighted({part("x", math_reward): 0.75, part("y", math_reward): 0.25})
    assert [graded.result.score for graded in grade_all(iter([row] * 3), reward, workers=2)] == [0.75] * 3


def test_a_trainer_logs_the_mean_of_every_part():
    logged = {}
    reward = create_trl_adapter(
        weighted({part("x", contains): 0.5, part("y", contains): 0.5}), {"answer": "ground_truth"}
    )
    truths = [{"x": "1", "y": "2"}, {"x": "1", "y": "1"}]
    assert reward(prompts=["?", "?"], completions=["1", "1"], answer=truths, log_metric=logged.__setitem__) == [
        0.5,
        1.0,
    ]
    assert logged["rewards/weighted/parts/x"] == 1.0
    assert logged["rewards/weighted/parts/y"] == 0.5


WRONG = {
    "weights that miss one": (
        lambda: weighted({half: 0.5, contains: 0.4}),
        "found weights that sum to 0.9 (0.5 + 0.4), expected 1",
    ),
    "no weight": (lambda: weighted({half: 0.0}), "found the weight 0.0, expected a number above 0 and at most 1"),
    "not a number": (
        lambda: weighted({half: math.nan}),
        "found the weight nan, expected a number above 0 and at most 1",
    ),
    "a truth value": (lambda: weighted({half: True}), "found the weight True, expected a number above 0 and at most 1"),
    "no weights": (lambda: weighted({}), "found no parts, expected at least one reward"),
    "no kinds": (lambda: by_kind({}), "found no parts, expected at least one reward"),
    "nothing": (all_of, "found no parts, expected at least one reward"),
    "one name twice": (
        lambda: all_of(half, half),
        "found two parts with the name 'half'; give each a name of its own by part(name, reward)",
    ),
    "no function": (
        lambda: by_kind({"code": "half"}),
        "found 'half' as the part 'code', expected a function that takes messages",
    ),
    "a kind that is no text": (
        lambda: by_kind({1: half}),
        "found the name 1 of a part, expected text without '/'",
    ),
    "a slash": (lambda: part("a/b", half), "found the name 'a/b' of a part, expected text without '/'"),
    "a gate that always holds": (
        lambda: gated(half, contains, threshold=0),
        "found threshold=0, expected a number above 0 and at most 1",
    ),
}


@pytest.mark.parametrize(("make", "message"), WRONG.values(), ids=WRONG)
def test_a_wrong_combination_is_refused_when_it_is_made(make, message):
    with pytest.raises(UsageError) as caught:
        make()
    assert str(caught.value) == message
