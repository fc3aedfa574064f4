import asyncio
import sys
import threading
import time

import pytest

from reward_kit.errors import GradingError
from reward_kit.evaluation import grade_all
from reward_kit.evaluation.conversations import Conversation
from reward_kit.models import Message


def conversations(replies, total):
    for number in range(total):
        reply = Message(role="assistant", content=replies.get(number, f"fine {number}"))
        yield Conversation(id=str(number), messages=(reply,))


def test_results_are_in_the_order_of_the_input_whatever_finishes_first(toy_module):
    replies = {0: "sleep 0.1", 3: "sleep 0.05"}
    graded = list(grade_all(conversations(replies, 50), toy_module.patient, workers=8))
    assert [item.conversation.id for item in graded] == [str(number) for number in range(50)]
    assert all(item.result.score == 1.0 for item in graded)


def test_as_many_rows_as_workers_are_graded_at_a_time():
    running, most = 0, 0

    async def reward(_messages):
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.01)
        running -= 1
        return {"score": 1.0}

    list(grade_all(conversations({}, 30), reward, workers=5))
    assert most == 5


def test_a_row_that_takes_too_long_is_not_graded_and_the_others_are(toy_module):
    graded = list(grade_all(conversations({2: "sleep 60"}, 6), toy_module.patient, workers=2, timeout=0.2))
    assert [item.result.error for item in graded] == [None, None, "timed out after 0.2 s", None, None, None]


def test_a_row_that_will_not_be_cancelled_does_not_hold_up_the_others():
    ended = threading.Event()

    async def stubborn(messages):
        while messages[-1].text == "stubborn" and not ended.is_set():
            try:
                await asyncio.sleep(0.05)
            except asyncio.CancelledError:
                continue
        return {"score": 1.0}

    graded = grade_all(conversations({0: "stubborn"}, 3), stubborn, workers=1, timeout=0.2)
    assert [next(graded).result.error for _ in range(3)] == ["timed out after 0.2 s", None, None]
    ended.set()
    assert list(graded) == []


def test_a_reward_that_blocks_the_loop_is_named(toy_module, monkeypatch):
    monkeypatch.setattr("reward_kit.evaluation.engines.GRACE", 0.2)
    with pytest.raises(GradingError, match="the asynchronous reward blocks it"):
        list(grade_all(conversations({0: "block 1.5"}, 2), toy_module.patient, workers=2, timeout=0.1))


def test_it_works_inside_a_running_event_loop(toy_module):
    async def main():
        return list(grade_all(conversations({}, 3), toy_module.patient, workers=2))

    assert len(asyncio.run(main())) == 3


def test_a_keyboard_interrupt_that_a_reward_raises_itself_is_not_graded():
    async def reward(_messages):
        raise KeyboardInterrupt

    (graded,) = grade_all(conversations({}, 1), reward)
    assert graded.result.error == "KeyboardInterrupt"


def test_what_ends_a_task_of_a_reward_does_not_end_the_event_loop():
    async def leaving():
        sys.exit(3)

    async def reward(messages):
        if messages[-1].text == "leave":
            await asyncio.create_task(leaving())
        return {"score": 1.0}

    graded = list(grade_all(conversations({1: "leave"}, 4), reward, workers=2))
    assert [item.result.error for item in graded] == [None, "SystemExit: 3", None, None]


def test_nothing_goes_on_when_the_results_are_not_wanted_any_more():
    begun, cancelled = threading.Event(), threading.Event()

    async def reward(messages):
        if messages[-1].text == "last":
            begun.set()
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                cancelled.set()
                raise
        return {"score": 1.0}

    before = threading.active_count()
    graded = grade_all(conversations({1: "last"}, 2), reward, workers=2)
    next(graded)
    assert begun.wait(5)  # what has not begun is not cancelled, either
    graded.close()
    assert cancelled.wait(5)
    until = time.monotonic() + 5
    while threading.active_count() > before and time.monotonic() < until:
        time.sleep(0.01)
    assert threading.active_count() == before
