"""A verdict is the same in any thread, process and event loop, and costs a bounded time everywhere."""

import asyncio
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import pytest

from reward_kit.rewards.math import averify, math_reward, verify

RIGHT = [
    (r"\boxed{\frac{1}{2}}", "0.5"),
    (r"\boxed{2\sqrt{3}}", r"\sqrt{12}"),
    (r"\boxed{(x+1)^2}", "x^2+2x+1"),
    (r"\boxed{\{3, 1, 2\}}", "1, 2, 3"),
    (r"\boxed{0 \le x < 1}", "[0, 1)"),
    (r"The answer is $\frac{\pi}{4}$.", r"\arctan 1"),
    ("#### 448,000", "448000"),
]
BOMB = r"So it is $\boxed{(10^{10})!}$."
LIMIT = 1.1


def scores(cases):
    return [verify(reply, gold).score for reply, gold in cases]


def test_eight_threads_with_twenty_five_right_answers_each_are_all_right():
    with ThreadPoolExecutor(8) as pool:
        found = [score for part in pool.map(scores, [(RIGHT * 4)[:25]] * 8) for score in part]

    assert found == [1.0] * 200


def test_an_event_loop_gets_the_verdicts_of_many_replies_at_once():
    async def all_of_them():
        return await asyncio.gather(*(averify(reply, gold) for reply, gold in RIGHT * 10))

    assert [verdict.score for verdict in asyncio.run(all_of_them())] == [1.0] * 70


def test_processes_that_were_forked_or_started_anew_give_the_same_verdicts():
    for method in ("fork", "spawn"):
        with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context(method)) as pool:
            # The library's own function: a new process can import it, whatever this file is called there.
            verdicts = pool.map(verify, *zip(*RIGHT, strict=True))
            assert [verdict.score for verdict in verdicts] == [1.0] * len(RIGHT)


def test_a_process_forked_by_a_thread_of_a_process_that_has_graded_grades_too():
    scores(RIGHT)
    reading, writing = os.pipe()

    def fork_and_grade():
        if os.fork() == 0:
            os.write(writing, json.dumps(scores(RIGHT)).encode())
            os._exit(0)

    thread = threading.Thread(target=fork_and_grade)
    thread.start()
    thread.join()
    os.close(writing)
    with os.fdopen(reading) as found:
        assert json.load(found) == [1.0] * len(RIGHT)
    os.wait()


@pytest.mark.parametrize(
    "bomb", [BOMB, "#### 9^9^9^9", r"\boxed{\binom{10^9}{5\cdot 10^8}}", r"\boxed{e^{e^{e^{e^{e}}}}}"]
)
def test_a_bomb_in_a_thread_is_wrong_within_the_limit(bomb):
    found = []

    def grade():
        began = time.monotonic()
        result = math_reward([{"role": "assistant", "content": bomb}], ground_truth="57")
        found.append((result.score, result.is_score_valid, time.monotonic() - began))

    thread = threading.Thread(target=grade)
    thread.start()
    thread.join(20)

    assert found[0][:2] == (0.0, True)
    assert found[0][2] < LIMIT


def test_a_bomb_says_that_it_exhausts_the_limits():
    verdict = verify(BOMB, "57")

    assert (verdict.score, verdict.status, verdict.extracted) == (0.0, "timeout", "(10^{10})!")


def test_the_event_loop_goes_on_while_replies_are_graded():
    long = "Let me think about it once more. " * 30_000 + r"\boxed{(x+1)^{12}}"
    replies = [BOMB, long, r"\boxed{(x+1)^2(x-1)^3}", "#### 9^9^9", *(reply for reply, _ in RIGHT)]
    asyncio.run(averify(replies[0], "57"))

    async def lateness():
        latest, done = [], asyncio.Event()

        async def tick():
            while not done.is_set():
                began = time.thread_time()
                await asyncio.sleep(0.001)
                latest.append(time.thread_time() - began)  # what this thread itself was kept busy

        ticking = asyncio.create_task(tick())
        for _ in range(5):  # more at once, and their starts alone are milliseconds between two ticks
            await asyncio.gather(*(averify(reply, "x^2 - 1") for reply in replies))
        done.set()
        await ticking
        return max(latest)

    assert asyncio.run(lateness()) < 0.005


def test_the_alarm_and_the_signal_handlers_of_the_caller_stay_as_they_are():
    def rung(*_):
        raise AssertionError

    before = signal.signal(signal.SIGALRM, rung)
    try:
        signal.setitimer(signal.ITIMER_REAL, 60)
        scores(RIGHT)
        left, _ = signal.getitimer(signal.ITIMER_REAL)
        assert (signal.getsignal(signal.SIGALRM), 50 < left <= 60) == (rung, True)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_importing_loads_neither_sympy_nor_pydantic():
    program = (
        "import sys, reward_kit.rewards.math; print([m for m in ('sympy', 'pydantic', 'asyncio') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"
