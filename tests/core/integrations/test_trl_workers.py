import pytest

from reward_kit.errors import UsageError
from reward_kit.integrations.trl import create_trl_adapter


def batch(*replies):
    return {"prompts": ["p"] * len(replies), "completions": list(replies)}


def logged(adapter, *replies):
    """Return what ``adapter`` gives for ``replies``, and the reasons that it logs."""
    columns = {}
    rewards = adapter(**batch(*replies), log_extra=columns.__setitem__)
    return rewards, columns[f"{adapter.__name__}/reason"], columns[f"{adapter.__name__}/error"]


@pytest.fixture
def nasty(toy_module):
    """Return a function that makes an adapter whose reward does, in worker processes, what the reply says."""
    return lambda **settings: create_trl_adapter(toy_module.nasty, {}, **{"workers": 2, **settings})


def test_workers_give_the_same_rewards_in_the_same_order(toy_module):
    adapter = create_trl_adapter(toy_module.reward, {"answer": "ground_truth"}, workers=2)
    replies = [f"it is = {number % 3}" for number in range(100)]
    rewards = adapter(**batch(*replies), answer=["1"] * 100)

    assert rewards == [float(number % 3 == 1) for number in range(100)]


def test_a_reply_that_ends_the_process_costs_its_own_row_only(nasty):
    rewards, _, errors = logged(nasty(), "say", "exit 3", "say", "signal SIGSEGV", "say", "say", "say")

    assert rewards == [1.0, None, 1.0, None, 1.0, 1.0, 1.0]
    assert errors[1].endswith("exit code 3")
    assert errors[3].endswith("killed by SIGSEGV")


def test_a_reply_that_never_ends_costs_its_own_row_only(nasty):
    rewards, _, errors = logged(nasty(timeout=0.5), "say", "spin", "say", "say")

    assert rewards == [1.0, None, 1.0, 1.0]
    assert errors[1] == "timed out after 0.5 s"


def test_the_processes_are_kept_for_the_next_batch(nasty):
    adapter = nasty(workers=1)
    (_, (first,), _), (_, (second,), _) = logged(adapter, "pid"), logged(adapter, "pid")

    assert first == second


def test_a_malformed_reply_keeps_its_place_among_the_others(nasty):
    broken = [{"role": "assistant", "content": "", "tool_calls": ["not a call"]}]

    assert nasty()(**batch("say", broken, "say")) == [1.0, 0.0, 1.0]


def test_an_asynchronous_reward_takes_no_workers(toy_module):
    with pytest.raises(UsageError, match="found workers=2, expected at least 0, and 0 for an asynchronous reward"):
        create_trl_adapter(toy_module.patient, {}, workers=2)


def test_a_reward_that_does_not_pickle_is_refused():
    adapter = create_trl_adapter(lambda _messages: {"score": 1.0}, {}, workers=1)

    with pytest.raises(UsageError, match="does not pickle"):
        adapter(**batch("x"))
