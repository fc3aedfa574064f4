import asyncio
import functools
import os
import threading
import time

import pytest

from reward_kit import EvaluateResult, reward_function
from reward_kit.integrations.trl import create_trl_adapter
from reward_kit.rewards.code_execution import fractional_code_reward
from reward_kit.sandbox import IsolationUnavailableError, get_sandbox

RIGHT = EvaluateResult(score=1.0, reason="right")


def sleeper(messages, **_):
    time.sleep(float(messages[-1].text))
    return RIGHT


async def async_sleeper(messages, **_):
    await asyncio.sleep(float(messages[-1].text))
    return RIGHT


def seconds_for(call):
    started = time.monotonic()
    call()
    return time.monotonic() - started


def batch(*replies):
    return {"prompts": ["p"] * len(replies), "completions": list(replies)}


def test_synchronous_gradings_wait_side_by_side():
    adapter = create_trl_adapter(sleeper, {}, concurrency=16)

    assert seconds_for(lambda: adapter(**batch(*["0.2"] * 16))) < 1.6


def test_asynchronous_gradings_wait_side_by_side():
    adapter = create_trl_adapter(async_sleeper, {})

    assert seconds_for(lambda: asyncio.run(adapter(**batch(*["0.2"] * 32)))) < 1.6


def test_many_gradings_that_are_done_elsewhere_are_under_way():
    sleeping, most, lock = 0, 0, threading.Lock()

    @reward_function(elsewhere=True)
    def sandboxed(messages, **_):
        nonlocal sleeping, most
        with lock:
            sleeping += 1
            most = max(most, sleeping)
        time.sleep(float(messages[-1].text))
        with lock:
            sleeping -= 1
        return RIGHT

    assert create_trl_adapter(functools.partial(sandboxed, timeout=3), {})(**batch(*["0.3"] * 64)) == [1.0] * 64
    assert most == 64


@pytest.mark.skipif(os.cpu_count() == 1, reason="one core, so one worker")
def test_the_programs_of_a_batch_fill_the_workers_of_the_sandbox():
    try:
        get_sandbox("auto")
    except IsolationUnavailableError as error:
        pytest.skip(str(error))
    adapter = create_trl_adapter(fractional_code_reward, {}, {"ground_truth": "4"})
    program = "```python\nimport time\ntime.sleep({})\nprint(4)\n```"
    replies = [program.format(1)] * 4 * (os.cpu_count() or 1)

    adapter(**batch(*[program.format(0.1)] * len(replies)))  # starts the workers

    assert 4 <= seconds_for(lambda: adapter(**batch(*replies))) < 7


@pytest.mark.parametrize("concurrency", [1, 3])
def test_no_more_gradings_run_at_a_time_than_are_allowed(concurrency):
    running, most, lock = 0, 0, threading.Lock()

    def counting(_messages, **_):
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.01)
        with lock:
            running -= 1
        return RIGHT

    create_trl_adapter(counting, {}, concurrency=concurrency)(**batch(*["x"] * 12))

    assert most == concurrency


def test_no_more_coroutines_run_at_a_time_than_are_allowed():
    running = most = 0

    async def counting(_messages, **_):
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.01)
        running -= 1
        return RIGHT

    asyncio.run(create_trl_adapter(counting, {}, concurrency=3)(**batch(*["x"] * 12)))

    assert most == 3


def test_a_grading_that_hangs_costs_its_own_row_only():
    adapter = create_trl_adapter(sleeper, {}, timeout=0.3, concurrency=2)

    assert adapter(**batch("30", "0", "30", "0", "30", "0")) == [None, 1.0, None, 1.0, None, 1.0]


def test_the_time_that_a_row_waits_for_its_turn_does_not_count():
    adapter = create_trl_adapter(sleeper, {}, timeout=0.5, concurrency=1)

    assert adapter(**batch(*["0.1"] * 10)) == [1.0] * 10


def test_a_coroutine_that_hangs_is_cancelled_and_not_graded():
    adapter = create_trl_adapter(async_sleeper, {}, timeout=0.2)

    assert asyncio.run(adapter(**batch("30", "0", "0"))) == [None, 1.0, 1.0]


def test_a_coroutine_that_swallows_its_cancellation_holds_nobody_up():
    released = None

    async def stubborn(_messages, **_):
        while not released.is_set():
            try:
                await released.wait()
            except asyncio.CancelledError:
                continue
        return RIGHT

    async def grade():
        nonlocal released
        released = asyncio.Event()
        rewards = await create_trl_adapter(stubborn, {}, timeout=0.2)(**batch("x"))
        released.set()
        await asyncio.sleep(0.01)
        return rewards

    assert asyncio.run(grade()) == [None]


def test_a_coroutine_that_cancels_itself_is_not_graded():
    async def suicidal(_messages, **_):
        raise asyncio.CancelledError

    assert asyncio.run(create_trl_adapter(suicidal, {})(**batch("x"))) == [None]


def test_a_cancelled_batch_cancels_its_gradings():
    cancelled = []

    async def patient(_messages, **_):
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            cancelled.append(True)
            raise
        return RIGHT

    async def cancel_it():
        task = asyncio.ensure_future(create_trl_adapter(patient, {})(**batch("x", "y")))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.sleep(0)

    asyncio.run(cancel_it())

    assert cancelled == [True, True]


def test_one_at_a_time_without_a_limit_runs_in_the_calling_thread():
    def where(_messages, **_):
        return EvaluateResult(score=float(threading.current_thread() is threading.main_thread()))

    assert create_trl_adapter(where, {}, timeout=None, concurrency=1)(**batch("x")) == [1.0]


def test_a_reward_that_ends_its_thread_is_not_graded():
    def leaving(messages, **_):
        raise SystemExit if messages[-1].text == "exit" else KeyboardInterrupt

    adapter = create_trl_adapter(leaving, {}, concurrency=1, max_failure_share=1.0)

    assert adapter(**batch("exit", "interrupt", "exit")) == [None, None, None]
