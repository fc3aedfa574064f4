import asyncio
import functools
import threading

import pytest

from reward_kit.errors import GradingError, UsageError
from reward_kit.evaluation import agrade, grade
from reward_kit.models import EvaluateResult, Message, MetricResult
from reward_kit.reward_function import reward_function

CONVERSATION = [{"role": "user", "content": "1 + 1"}, {"role": "assistant", "content": "2"}]


def of(behaviour):
    """Return the result of a reward that does ``behaviour``, graded in each of the four ways; they must agree."""

    def plain(_messages, **_):
        return behaviour()

    async def asynchronous(_messages, **_):
        return behaviour()

    results = [grade(plain, CONVERSATION), grade(asynchronous, CONVERSATION)]
    results += [asyncio.run(agrade(plain, CONVERSATION)), asyncio.run(agrade(asynchronous, CONVERSATION))]
    assert all(result == results[0] for result in results[1:])
    return results[0]


def raising(error):
    def behaviour():
        raise error

    return behaviour


class _TimeoutOfALibraryError(BaseException):
    pass


class _BrokenError(Exception):
    def __str__(self):
        raise RuntimeError


def test_a_result_comes_through_as_it_is():
    result = EvaluateResult(score=0.5, reason="half", metrics={"part": MetricResult(score=0.5, reason="p")})
    assert of(lambda: result) == result


@pytest.mark.parametrize("shape", [EvaluateResult, dict])
def test_a_key_in_an_error_that_a_reward_returns_is_not_kept(shape):
    error = "GET http://judge/?api_key=abc123 answered 401 to Bearer sk-" + "abcdef" * 4
    result = of(lambda: shape(score=0.0, is_score_valid=False, error=error))
    assert result.error == "GET http://judge/?api_key=[redacted] answered 401 to Bearer [redacted]"


def test_a_dict_in_the_shape_of_a_result_is_one():
    assert of(lambda: {"score": 1, "reason": "right"}) == EvaluateResult(score=1.0, reason="right")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ValueError("bad ground truth"), "ValueError: bad ground truth"),
        (GradingError("the judge did not answer"), "GradingError: the judge did not answer"),
        (AssertionError(), "AssertionError"),
        (MemoryError(), "MemoryError"),
        (RecursionError("too deep"), "RecursionError: too deep"),
        (SystemExit(3), "SystemExit: 3"),
        (GeneratorExit(), "GeneratorExit"),
        (_TimeoutOfALibraryError("10 s"), "_TimeoutOfALibraryError: 10 s"),
        (_BrokenError(), "_BrokenError: its message cannot be shown"),
        (ValueError("two\n  lines"), "ValueError: two lines"),
    ],
)
def test_whatever_a_reward_raises_its_reply_is_not_graded(error, said):
    result = of(raising(error))
    assert (result.score, result.is_score_valid, result.error) == (0.0, False, said)


def test_a_stop_iteration_is_an_error_like_another():
    for result in (
        grade(lambda _: next(iter(())), CONVERSATION),
        asyncio.run(agrade(lambda _: next(iter(())), CONVERSATION)),
    ):
        assert (result.is_score_valid, result.error) == (False, "StopIteration")


@pytest.mark.parametrize(
    ("returned", "said"),
    [
        (None, "found NoneType, expected an EvaluateResult or a dict in its shape"),
        (1.0, "found float, expected"),
        ([1.0], "found list, expected"),
        ({"reason": "no score"}, "Field required"),
        ({"score": "high"}, "valid number"),
        ({"score": float("nan")}, "expected a finite number"),
        ({"score": float("inf")}, "expected a finite number"),
        ({"score": 1.0, "error": "the judge failed"}, "a failed grading has the score 0.0"),
    ],
)
def test_what_is_no_result_is_not_a_score(returned, said):
    result = of(lambda: returned)
    assert (result.score, result.is_score_valid) == (0.0, False)
    assert said in result.error


def test_a_score_that_was_spoilt_behind_the_models_back_is_not_a_score():
    spoilt = EvaluateResult(score=1.0)
    spoilt.score = float("nan")
    assert "found the score nan" in of(lambda: spoilt).error
    failed = EvaluateResult(score=1.0)
    failed.error = "the judge failed"
    assert of(lambda: failed) == EvaluateResult.not_graded("the judge failed")


def test_metrics_of_another_shape_are_no_result():
    spoilt = EvaluateResult(score=1.0)
    spoilt.metrics["part"] = {"score": 1.0}
    assert "expected a MetricResult each" in of(lambda: spoilt).error


def test_a_result_that_says_it_is_not_graded_stays_so():
    result = of(lambda: EvaluateResult.not_graded("the sandbox is not there"))
    assert (result.is_score_valid, result.error) == (False, "the sandbox is not there")


def test_secrets_in_an_error_are_redacted_and_a_long_one_is_cut():
    result = of(raising(RuntimeError("401 for Bearer sk-abcdefghijklmnopqrstuvwxyz012345 " + "x" * 10_000)))
    assert "abcdefghijklmnop" not in result.error
    assert len(result.error) <= 501


def test_ctrl_c_passes_through():
    with pytest.raises(KeyboardInterrupt):
        grade(lambda _: (_ for _ in ()).throw(KeyboardInterrupt), CONVERSATION)


def test_a_reward_gets_messages_whatever_they_were_and_cannot_change_the_callers_list():
    seen = []

    def reward(messages):
        seen.append([type(message) for message in messages])
        messages.clear()
        return {"score": 1.0}

    conversation = [CONVERSATION[0], Message(role="assistant", content="2")]
    assert grade(reward, conversation).score == 1.0
    assert seen == [[Message, Message]]
    assert len(conversation) == 2


def test_a_conversation_that_is_none_is_not_graded():
    result = grade(lambda _: {"score": 1.0}, [{"content": "no role"}])
    assert (result.is_score_valid, "Role is required" in result.error) == (False, True)


def test_a_reward_gets_only_the_arguments_that_it_takes():
    def none(_messages):
        return {"score": 1.0, "reason": "-"}

    def some(_messages, ground_truth, tolerance=0.0):
        return {"score": 1.0, "reason": f"{ground_truth} {tolerance}"}

    def every(_messages, **kwargs):
        return {"score": 1.0, "reason": " ".join(sorted(kwargs))}

    arguments = {"ground_truth": "2", "extra": {"tolerance": 0.5, "unit": "m"}}
    assert grade(none, CONVERSATION, **arguments).reason == "-"
    assert grade(some, CONVERSATION, **arguments).reason == "2 0.5"
    assert grade(every, CONVERSATION, **arguments).reason == "ground_truth tolerance unit"
    assert grade(functools.partial(some, tolerance=2), CONVERSATION, ground_truth="2").reason == "2 2"
    assert grade(reward_function(some), CONVERSATION, **arguments).reason == "2 0.5"


def test_extra_arguments_cannot_replace_the_ground_truth():
    def reward(_messages, ground_truth):
        return {"score": 1.0, "reason": ground_truth}

    assert grade(reward, CONVERSATION, ground_truth="2", extra={"ground_truth": "3"}).reason == "2"


def test_an_object_with_an_asynchronous_call_is_a_reward():
    class Judge:
        async def __call__(self, _messages, ground_truth):
            await asyncio.sleep(0)
            return {"score": 1.0, "reason": ground_truth}

    assert grade(Judge(), CONVERSATION, ground_truth="2").reason == "2"
    assert asyncio.run(agrade(Judge(), CONVERSATION, ground_truth="2")).reason == "2"


def test_a_function_that_returns_an_awaitable_is_awaited():
    async def later():
        await asyncio.sleep(0)
        return {"score": 1.0}

    assert grade(lambda _: later(), CONVERSATION).score == 1.0
    assert asyncio.run(agrade(lambda _: later(), CONVERSATION)).score == 1.0


def test_grading_an_asynchronous_reward_inside_an_event_loop_is_refused_with_the_way_out():
    async def reward(_messages):
        return {"score": 1.0}

    async def main():
        grade(reward, CONVERSATION)

    with pytest.raises(UsageError, match=r"await agrade\(\) instead"):
        asyncio.run(main())


def test_a_plain_reward_does_not_hold_up_the_event_loop():
    free = threading.Event()

    def reward(_messages):
        return {"score": float(free.wait(10))}

    async def main():
        grading = asyncio.create_task(agrade(reward, CONVERSATION))
        await asyncio.sleep(0)
        free.set()
        return await grading

    assert asyncio.run(main()).score == 1.0


def test_the_cancelling_of_a_grading_passes_through_and_one_of_the_rewards_own_does_not():
    async def sleeping(_messages):
        await asyncio.sleep(60)

    async def cancelled(_messages):
        raise asyncio.CancelledError

    async def main():
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(agrade(sleeping, CONVERSATION), 0.01)
        return await agrade(cancelled, CONVERSATION)

    assert asyncio.run(main()).error == "CancelledError"
