import asyncio
import copy
import functools
import inspect
import json
import pickle
import random
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest

from reward_kit import EvaluateResult, Message, reward_function
from reward_kit.adapters.trl import create_trl_adapter as adapter_of_the_old_path
from reward_kit.errors import GradingError, UsageError
from reward_kit.integrations.trl import create_trl_adapter
from reward_kit.rewards.math import math_reward


@reward_function
def equal(messages, *, ground_truth, **_):
    score = float(messages[-1].text == ground_truth)
    return {"score": score, "reason": f"{messages[-1].text!r} and {ground_truth!r}"}


@reward_function
async def equal_async(messages, *, ground_truth, **_):
    await asyncio.sleep(0)
    return {"score": float(messages[-1].text == ground_truth), "reason": "compared"}


@reward_function
def obedient(messages, **_):
    """Do what the reply says."""
    word, _, value = messages[-1].text.partition(" ")
    if word == "raise":
        raise ConnectionError(value)
    if word == "refuse":
        return EvaluateResult.not_graded(value)
    return {"score": float(value or 0), "reason": word}


def transcript(messages, **_):
    """Give the conversation, as JSON, as the reason."""
    return EvaluateResult(score=1.0, reason=json.dumps([message.to_wire() for message in messages]))


def arguments(_messages, **kwargs):
    """Give the keyword arguments as the reason."""
    return EvaluateResult(score=1.0, reason=json.dumps(kwargs))


def plain_float(_messages, **_):
    return 1.0


class Threshold:
    def __init__(self, at):
        self.at = at

    def __call__(self, messages, **_):
        return EvaluateResult(score=float(len(messages[-1].text) >= self.at), reason="length")


class Log:
    """The two functions that TRL passes."""

    def __init__(self):
        self.metrics = {}
        self.columns = {}

    def metric(self, name, value):
        self.metrics[name] = value

    def extra(self, column, values):
        self.columns[column] = values


def reasons(adapter, **batch):
    """Return the reasons that ``adapter`` logs for ``batch``."""
    log = Log()
    adapter(**batch, log_extra=log.extra)
    return log.columns[f"{adapter.__name__}/reason"]


# What comes back


def test_a_reply_is_scored_against_its_column():
    adapter = create_trl_adapter(equal, {"answer": "ground_truth"})

    assert adapter(prompts=["2+2=", "2+3="], completions=["4", "6"], answer=["4", "5"]) == [1.0, 0.0]


def test_an_asynchronous_reward_gives_an_asynchronous_reward_function():
    adapter = create_trl_adapter(equal_async, {"answer": "ground_truth"})

    assert inspect.iscoroutinefunction(adapter.__call__)
    assert asyncio.run(adapter(prompts=["a", "b"], completions=["4", "6"], answer=["4", "5"])) == [1.0, 0.0]


def test_a_synchronous_reward_gives_a_synchronous_reward_function():
    assert not inspect.iscoroutinefunction(create_trl_adapter(equal, {"answer": "ground_truth"}).__call__)


def test_what_is_not_graded_is_none_and_not_zero():
    adapter = create_trl_adapter(obedient, {})
    replies = ["say 1", "say 0", "raise the judge is away", "refuse no ground truth"]

    assert adapter(prompts=["p"] * 4, completions=replies) == [1.0, 0.0, None, None]


def test_a_score_that_is_no_finite_number_is_none():
    adapter = create_trl_adapter(obedient, {}, max_failure_share=1.0)

    assert adapter(prompts=["p"] * 4, completions=["say nan", "say inf", "say -inf", "say 1e39"]) == [None] * 4


def test_a_reward_that_returns_no_result_is_none():
    assert create_trl_adapter(plain_float, {})(prompts=["p"], completions=["x"]) == [None]


@pytest.mark.parametrize(("score", "reward"), [("0.7", 717 / 1024), ("0.1", 102 / 1024), ("-0.3", -307 / 1024)])
def test_scores_are_rounded_to_1024ths(score, reward):
    assert create_trl_adapter(obedient, {})(prompts=["p"], completions=[f"say {score}"]) == [reward]


def test_an_empty_batch_gives_no_rewards():
    assert create_trl_adapter(equal, {"answer": "ground_truth"})(prompts=[], completions=[], answer=[]) == []


def test_results_come_in_the_order_of_the_completions():
    adapter = create_trl_adapter(obedient, {}, concurrency=4)
    replies = [f"say {number / 1024}" for number in range(100)]

    assert adapter(prompts=["p"] * 100, completions=replies) == [number / 1024 for number in range(100)]


def test_both_import_paths_of_0_4_1_give_the_same_function():
    assert adapter_of_the_old_path is create_trl_adapter


# What the reward gets


def test_every_message_of_a_conversational_prompt_reaches_the_reward():
    prompt = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "2+2?"},
        {"role": "assistant", "content": "4"},
        {"role": "user", "content": "Sure?"},
    ]
    completion = [{"role": "assistant", "content": "Yes."}]

    (reason,) = reasons(create_trl_adapter(transcript, {}), prompts=[prompt], completions=[completion])

    assert json.loads(reason) == [*prompt, *completion]


def test_a_standard_prompt_becomes_a_user_and_an_assistant_message():
    (reason,) = reasons(create_trl_adapter(transcript, {}), prompts=["2+2="], completions=["4"])

    assert json.loads(reason) == [{"role": "user", "content": "2+2="}, {"role": "assistant", "content": "4"}]


def test_every_message_of_a_completion_with_tools_reaches_the_reward():
    call = {"type": "function", "function": {"name": "add", "arguments": {"a": 2, "b": 2}}}
    completion = [
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "name": "add", "content": "4"},
        {"role": "assistant", "content": "It is 4."},
    ]

    (reason,) = reasons(create_trl_adapter(transcript, {}), prompts=["2+2="], completions=[completion])

    assert json.loads(reason) == [{"role": "user", "content": "2+2="}, *completion]


def test_the_message_functions_replace_what_the_trainer_passed():
    adapter = create_trl_adapter(
        transcript, {}, user_message_fn=lambda prompt: prompt[-1]["content"], assistant_message_fn=lambda text: text[1:]
    )
    prompt = [{"role": "system", "content": "s"}, {"role": "user", "content": "q"}]

    (reason,) = reasons(adapter, prompts=[prompt], completions=["!a"])

    assert json.loads(reason) == [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]


def test_without_completions_a_prompt_is_a_whole_conversation():
    conversation = [Message(role="user", content="2+2="), Message(role="assistant", content="4")]

    assert create_trl_adapter(equal, {"answer": "ground_truth"})([conversation], answer=["4"]) == [1.0]


def test_a_prompt_of_text_needs_completions():
    with pytest.raises(UsageError, match="found no completions"):
        create_trl_adapter(equal, {"answer": "ground_truth"})(["2+2="], answer=["4"])


def test_static_arguments_and_columns_of_dicts_reach_the_reward():
    adapter = create_trl_adapter(arguments, {"answer": "ground_truth"}, {"digits": [2]}, kwargs_column="more")
    batch = {"prompts": ["p", "p"], "completions": ["x", "y"], "answer": ["4", 5], "more": [{"unit": "cm"}, {}]}

    first, second = reasons(adapter, **batch)

    assert json.loads(first) == {"ground_truth": "4", "digits": [2], "unit": "cm"}
    assert json.loads(second) == {"ground_truth": 5, "digits": [2]}


def test_a_reward_keeps_its_own_default_for_a_ground_truth_that_no_column_gives():
    def has_default(messages, *, ground_truth="4"):
        return EvaluateResult(score=float(messages[-1].text == ground_truth), reason="compared")

    assert create_trl_adapter(has_default, {})(prompts=["2+2="], completions=["4"]) == [1.0]


def test_columns_that_are_not_mapped_do_not_reach_the_reward():
    batch = {"prompts": ["p"], "completions": ["x"], "answer": ["4"], "difficulty": [3]}

    (reason,) = reasons(create_trl_adapter(arguments, {"answer": "ground_truth"}), **batch)

    assert json.loads(reason) == {"ground_truth": "4"}


def test_nothing_that_was_passed_is_changed():
    def vandal(messages, *, tests, **kwargs):
        messages[0].content = "gone"
        messages.clear()
        tests.append("gone")
        kwargs["limits"]["seconds"] = "gone"
        return EvaluateResult(score=1.0, reason="vandalised")

    static = {"limits": {"seconds": 1}}
    batch = {
        "prompts": [[{"role": "user", "content": "q"}], [Message(role="user", content="q")]],
        "completions": [[{"role": "assistant", "content": "a"}]] * 2,
        "tests": [["one"], ["two"]],
    }
    before = copy.deepcopy((batch, static))

    assert create_trl_adapter(vandal, {"tests": "tests"}, static)(**batch) == [1.0, 1.0]
    assert (batch, static) == before


def test_a_reply_that_is_no_valid_message_is_wrong_and_not_ungraded():
    log = Log()
    completion = [{"role": "assistant", "content": "", "tool_calls": ["not a call"]}]
    adapter = create_trl_adapter(equal, {"answer": "ground_truth"})

    assert adapter(prompts=["p"], completions=[completion], answer=["4"], log_extra=log.extra) == [0.0]
    assert log.columns["equal/reason"][0].startswith("the reply is not a valid message")


def test_the_global_random_state_is_left_alone():
    state = random.getstate()

    create_trl_adapter(equal, {"answer": "ground_truth"})(prompts=["a"] * 8, completions=["4"] * 8, answer=["4"] * 8)

    assert random.getstate() == state


# What is refused


def refuse(match, adapter, **batch):
    with pytest.raises(UsageError, match=match):
        adapter(**batch)


def test_a_missing_column_is_named_with_those_that_are_there():
    adapter = create_trl_adapter(equal, {"answer": "ground_truth"})

    refuse(
        "column 'answer' is missing; besides prompts and completions there are 'solution', 'level'",
        adapter,
        prompts=["p"],
        completions=["x"],
        solution=["4"],
        level=[1],
    )


def test_a_column_of_another_length_is_refused():
    adapter = create_trl_adapter(equal, {"answer": "ground_truth"})

    refuse("column 'answer' has 1 values, expected 2", adapter, prompts=["p"] * 2, completions=["x"] * 2, answer=["4"])


def test_a_column_that_is_no_list_is_refused():
    adapter = create_trl_adapter(equal, {"answer": "ground_truth"})

    refuse("column 'answer' is of type str", adapter, prompts=["p"], completions=["x"], answer="4")


def test_as_many_completions_as_prompts_are_demanded():
    adapter = create_trl_adapter(equal, {"answer": "ground_truth"})

    refuse("found 1 completions for 2 prompts", adapter, prompts=["p"] * 2, completions=["x"], answer=["4"] * 2)


@pytest.mark.parametrize("completion", [None, 4, ["text"], []])
def test_a_completion_of_another_shape_is_refused(completion):
    adapter = create_trl_adapter(equal, {"answer": "ground_truth"})

    refuse("found a completion", adapter, prompts=["p"], completions=[completion], answer=["4"])


def test_a_prompt_that_is_no_conversation_is_refused():
    adapter = create_trl_adapter(equal, {"answer": "ground_truth"})

    refuse("found a prompt", adapter, prompts=[[{"content": "no role"}]], completions=["x"], answer=["4"])


def test_a_kwargs_column_has_to_hold_dicts():
    adapter = create_trl_adapter(arguments, {}, kwargs_column="more")

    refuse("column 'more' has a value of type str", adapter, prompts=["p"], completions=["x"], more=["{}"])


def misuse(match, *args, **kwargs):
    with pytest.raises(UsageError, match=match):
        create_trl_adapter(*args, **kwargs)


def test_a_column_name_that_trl_uses_itself_is_refused():
    misuse("column 'completion' never reaches a reward", equal, {"completion": "ground_truth"})


def test_an_argument_that_the_reward_needs_has_to_be_mapped():
    misuse(r"equal\(\) needs 'ground_truth'", equal, {"answer": "target"})


def test_an_argument_that_the_reward_does_not_take_is_refused():
    def strict(_messages, *, ground_truth):
        return EvaluateResult(score=float(bool(ground_truth)))

    misuse(r"strict\(\) does not take 'tests'; after the messages it takes 'ground_truth'", strict, {"tests": "tests"})


def test_an_argument_that_is_given_twice_is_refused():
    misuse("argument 'ground_truth' is given twice", equal, {"answer": "ground_truth"}, {"ground_truth": "4"})


@pytest.mark.parametrize(
    "settings", [{"timeout": 0}, {"concurrency": 0}, {"max_failure_share": 2}, {"num_generations": 0}]
)
def test_settings_out_of_range_are_refused(settings):
    misuse("found", equal, {"answer": "ground_truth"}, **settings)


# One picklable callable with a name


def test_the_name_is_that_of_the_reward():
    assert create_trl_adapter(equal, {"answer": "ground_truth"}).__name__ == "equal"


def test_the_name_of_a_callable_object_is_that_of_its_class():
    assert create_trl_adapter(Threshold(3), {}).__name__ == "Threshold"


def test_the_name_of_a_partial_is_that_of_its_function():
    assert create_trl_adapter(functools.partial(obedient, unused=1), {}).__name__ == "obedient"


def test_the_name_can_be_chosen():
    assert create_trl_adapter(equal, {"answer": "ground_truth"}, name="gsm8k").__name__ == "gsm8k"


@pytest.mark.parametrize("reward", [equal, equal_async])
def test_it_pickles(reward):
    adapter = create_trl_adapter(reward, {"answer": "ground_truth"}, name="copied")
    copied = pickle.loads(pickle.dumps(adapter))  # noqa: S301 - its own pickle

    assert copied.__name__ == "copied"


def test_it_works_in_a_spawned_process():
    adapter = create_trl_adapter(math_reward, {"answer": "ground_truth"})
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        batch = {"prompts": ["2+2=", "2+3="], "completions": ["It is 4.", "It is 6."], "answer": ["4", "5"]}

        assert pool.submit(adapter, **batch).result(timeout=60) == [1.0, 0.0]


def test_importing_it_loads_neither_trl_nor_torch():
    code = "import sys, reward_kit.integrations.trl; print({'trl', 'torch', 'transformers'} & set(sys.modules))"

    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout == b"set()\n"


def test_a_copy_counts_its_own_failures():
    adapter = create_trl_adapter(obedient, {})
    adapter(prompts=["p"] * 2, completions=["refuse this"] * 2)
    copied = pickle.loads(pickle.dumps(adapter))  # noqa: S301 - its own pickle

    assert copied(prompts=["p"] * 2, completions=["refuse this"] * 2) == [None, None]
    with pytest.raises(GradingError):
        adapter(prompts=["p"] * 2, completions=["refuse this"] * 2)
