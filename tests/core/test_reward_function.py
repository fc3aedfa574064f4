import asyncio
import functools
import pickle
import subprocess
import sys

import pytest

import reward_kit
from reward_kit.models import EvaluateResult, Message
from reward_kit.reward_function import reward_function, works_elsewhere
from reward_kit.rewards.composite import all_of

CONVERSATION = [{"role": "user", "content": "1 + 1"}, {"role": "assistant", "content": "2"}]


@reward_function
def exact(messages, *, ground_truth, **_):
    """Compare."""
    return EvaluateResult(score=float(messages[-1].text == ground_truth), reason="compared")


@reward_function(id="exact-1", requirements=["numpy"])
async def later(messages, *, ground_truth, **_):
    await asyncio.sleep(0)
    return {"score": float(messages[-1].text == ground_truth)}


@reward_function(mode="batch")
def lengths(conversations, **_):
    return [{"score": float(len(conversation))} for conversation in conversations]


def test_dicts_and_messages_are_taken_alike():
    assert exact(CONVERSATION, ground_truth="2").score == 1.0
    assert exact([Message.model_validate(item) for item in CONVERSATION], ground_truth="2").score == 1.0
    assert exact(messages=CONVERSATION, ground_truth="3").score == 0.0


def test_an_asynchronous_function_gives_an_asynchronous_reward():
    assert asyncio.iscoroutinefunction(later)
    assert asyncio.run(later(CONVERSATION, ground_truth="2")) == EvaluateResult(score=1.0)


def test_a_batch_of_conversations_gives_as_many_results():
    assert [result.score for result in lengths([CONVERSATION, CONVERSATION[:1]])] == [2.0, 1.0]


def test_the_name_the_docstring_and_the_settings_stay_with_the_function():
    assert (exact.__name__, exact.__doc__) == ("exact", "Compare.")
    assert (later._reward_function_id, later._reward_function_requirements) == ("exact-1", ["numpy"])
    assert (exact._reward_function_mode, lengths._reward_function_mode) == ("pointwise", "batch")


def test_a_reward_survives_pickling():
    copy = pickle.loads(pickle.dumps(exact))  # noqa: S301 - bytes of our own
    assert copy(CONVERSATION, ground_truth="2").score == 1.0


@pytest.mark.parametrize(
    ("messages", "complaint"),
    [
        ([{"content": "no role"}], "Input 'messages' failed Pydantic validation: .*Role is required"),
        ("text", "Input 'messages' failed Pydantic validation: found str, expected a list of messages"),
        ([7], "Input 'messages' failed Pydantic validation"),
    ],
)
def test_messages_of_another_shape_are_refused(messages, complaint):
    with pytest.raises(ValueError, match=f"(?s){complaint}"):
        exact(messages, ground_truth="2")


@pytest.mark.parametrize("returned", [None, 1.0, "good", {"reason": "no score"}, {"score": float("nan")}])
def test_what_is_no_result_is_refused_with_the_name_of_the_function(returned):
    @reward_function
    def strange(_messages):
        return returned

    with pytest.raises(
        ValueError, match=r"Return value from function '.*strange' failed Pydantic validation for mode 'pointwise'"
    ):
        strange(CONVERSATION)


def test_a_batch_of_too_few_results_is_refused():
    @reward_function(mode="batch")
    def short(_conversations):
        return [{"score": 1.0}]

    with pytest.raises(ValueError, match="found 1 results, expected a list of 2 results"):
        short([CONVERSATION, CONVERSATION])


def test_a_function_without_parameters_and_an_unknown_mode_are_refused():
    with pytest.raises(ValueError, match="a reward takes the messages first"):
        reward_function(lambda: {"score": 1.0})
    with pytest.raises(ValueError, match="found mode='rows', expected 'pointwise' or 'batch'"):
        reward_function(mode="rows")


def test_what_the_function_raises_goes_to_the_caller():
    @reward_function
    def broken(_messages):
        message = "no unit"
        raise LookupError(message)

    with pytest.raises(LookupError, match="no unit"):
        broken(CONVERSATION)


def test_the_missing_argument_is_named_by_python_itself():
    with pytest.raises(TypeError, match="ground_truth"):
        exact(CONVERSATION)


def test_the_name_is_the_decorator_and_the_module_of_that_name_is_found_as_well():
    code = """
import reward_kit.reward_function
from reward_kit import reward_function
from reward_kit.reward_function import reward_function as same
from reward_kit.typed_interface import reward_function as old
assert callable(reward_function) and reward_function is same is old
"""
    subprocess.run([sys.executable, "-c", code], check=True)
    assert reward_kit.reward_function is reward_function


def test_a_reward_says_whether_its_work_is_done_elsewhere():
    @reward_function(elsewhere=True)
    def sandboxed(_messages, **_):
        return {"score": 1.0, "reason": "ran"}

    assert works_elsewhere(functools.partial(sandboxed, limit=1))
    assert works_elsewhere(all_of(sandboxed))
    assert not works_elsewhere(all_of(sandboxed, exact))
