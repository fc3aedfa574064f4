"""Answers that only a computer algebra system reads: right, wrong, and too expensive; from anywhere."""

import asyncio
import contextlib
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from reward_kit.errors import GradingError
from reward_kit.rewards.math.equivalence import compare, compile_expected
from reward_kit.rewards.math.policy import Policy

pytest.importorskip("math_verify", reason="needs the extra 'math'")

PATIENT = Policy(seconds=30.0)
BOMB = r"\begin{pmatrix}3&2\\3&4\end{pmatrix}^{10^{9}}"


def outcome(answer, gold, policy=PATIENT):
    return compare(answer, compile_expected(gold, PATIENT), policy).outcome


@pytest.mark.parametrize(
    ("answer", "gold", "expected"),
    [
        (r"\int_0^1 x^2\,dx", r"\frac{1}{3}", "equal"),
        (r"\int_0^1 x^2\,dx", r"\frac{1}{4}", "different"),
        (r"\frac{1}{3}", r"\int_0^1 x^2\,dx", "equal"),
        (r"\sum_{n=1}^{\infty} \frac{1}{n^2}", r"\frac{\pi^2}{6}", "equal"),
        (r"\sum_{n=1}^{\infty} \frac{1}{n^2}", r"\frac{\pi^2}{8}", "different"),
        (r"\lim_{x\to 0}\frac{\sin x}{x}", "1", "equal"),
        (r"\det\begin{pmatrix}1&2\\3&4\end{pmatrix}", "-2", "equal"),
        (
            r"\begin{pmatrix}1&2\\3&4\end{pmatrix}+\begin{pmatrix}5&6\\7&8\end{pmatrix}",
            r"\begin{pmatrix}6&8\\10&12\end{pmatrix}",
            "equal",
        ),
        (r"\begin{pmatrix}1&2\\3&4\end{pmatrix}^{2}", r"\begin{pmatrix}7&10\\15&22\end{pmatrix}", "equal"),
        (r"\begin{pmatrix}1&2\\3&4\end{pmatrix}^{2}", r"\begin{pmatrix}7&10\\15&23\end{pmatrix}", "different"),
        (r"\int_{60}^{\infty} e^{-x}\,dx", "e^{-60}", "equal"),
        (r"\int_{60}^{\infty} e^{-x}\,dx", "e^{-50}", "different"),
        (r"\prod_{p}\left(1-\frac{1}{p^2}\right)", "57", "unparsable"),
        (r"\int", "57", "unparsable"),
    ],
)
def test_an_answer_that_needs_algebra_is_compared(answer, gold, expected):
    assert outcome(answer, gold) == expected


def test_a_bomb_is_stopped_in_time_and_harms_no_other_answer():
    assert outcome(r"\int_0^1 x\,dx", r"\frac{1}{2}") == "equal"
    begun = time.monotonic()
    stopped = compare(BOMB, compile_expected("57"), Policy(seconds=0.5))
    assert stopped.outcome in {"exhausted", "lost"}  # lost where the machine gave the worker no time
    assert time.monotonic() - begun < 3
    assert outcome(r"\int_0^1 x\,dx", r"\frac{1}{2}") == "equal"


def test_a_gold_that_the_system_cannot_read_is_refused():
    with pytest.raises(GradingError, match="cannot be read"):
        compile_expected(r"\prod_{p}\left(1-\frac{1}{p^2}\right)", PATIENT)


def test_eight_threads_ask_at_once():
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda n: outcome(rf"\int_0^1 {n}x\,dx", rf"\frac{{{n}}}{{2}}"), range(1, 17)))
    assert found == ["equal"] * 16


def test_an_event_loop_goes_on_while_the_system_works():
    async def asked():
        answer = asyncio.ensure_future(asyncio.to_thread(outcome, r"\int_0^1 7x\,dx", r"\frac{7}{2}"))
        ticks = 0
        while not answer.done():
            await asyncio.sleep(0.001)
            ticks += 1
        return answer.result(), ticks

    found, ticks = asyncio.run(asked())
    assert found == "equal"
    assert ticks > 1


def _in_child(queue):
    queue.put(outcome(r"\int_0^1 x^4\,dx", r"\frac{1}{5}"))


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_process_asks_a_server_of_its_own():
    assert outcome(r"\int_0^1 x^3\,dx", r"\frac{1}{4}") == "equal"
    context = multiprocessing.get_context("fork")
    queue = context.SimpleQueue()
    child = context.Process(target=_in_child, args=(queue,))
    child.start()
    assert queue.get() == "equal"
    child.join()
    assert outcome(r"\int_0^1 x^3\,dx", r"\frac{1}{4}") == "equal"


def _children(pid):
    found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
    return [int(line) for line in found.stdout.split()]


def test_nothing_is_left_when_the_host_is_killed():
    code = rf"""
import sys, time
from reward_kit.rewards.math.equivalence import compare, compile_expected
from reward_kit.rewards.math.policy import Policy
compare(r"\int_0^1 x\,dx", compile_expected("0.5"), Policy(seconds=30.0))
print("ready", flush=True)
compare(r"{BOMB}", compile_expected("57"), Policy(seconds=30.0))
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as host:
        assert host.stdout.readline() == "ready\n"
        (server,) = _children(host.pid)
        deadline = time.monotonic() + 20
        while not _children(server) and time.monotonic() < deadline:
            time.sleep(0.05)
        left = [server, *_children(server)]
        os.kill(host.pid, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while any(_alive(pid) for pid in left) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert len(left) == 2
    assert [pid for pid in left if _alive(pid)] == []


def _alive(pid):
    found = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return bool(found.stdout.strip()) and not found.stdout.startswith("Z")


def test_a_worker_has_the_memory_and_the_time_of_the_policy():
    limited = Policy(seconds=8.0, memory_megabytes=777)
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(compare, BOMB, compile_expected("57"), limited)
        deadline = time.monotonic() + 60
        found = False
        while not found and time.monotonic() < deadline:  # a worker is there a moment before its limits are
            workers = [worker for server in _children(os.getpid()) for worker in _children(server)]
            found = any(f"{777 << 20}" in _address_space(worker) for worker in workers)
        assert asked.result().outcome in {"exhausted", "lost"}
    assert found


def _address_space(pid):
    """Return the line of the limits of a process about its memory; empty where it has ended."""
    with contextlib.suppress(OSError):
        lines = Path(f"/proc/{pid}/limits").read_text(encoding="ascii").splitlines()
        return next((line for line in lines if line.startswith("Max address space")), "")
    return ""


def test_the_server_that_is_killed_is_started_again():
    assert outcome(r"\int_0^1 x\,dx", r"\frac{1}{2}") == "equal"
    for pid in _children(os.getpid()):
        found = subprocess.run(["ps", "-o", "args=", "-p", str(pid)], capture_output=True, text=True, check=False)
        if "algebra_server" in found.stdout:
            os.kill(pid, signal.SIGKILL)
    assert outcome(r"\int_0^1 x\,dx", r"\frac{1}{2}") == "equal"
