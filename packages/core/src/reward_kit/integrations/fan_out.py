"""Grade many replies at the same time, each within its own time limit.

Coroutines are cancelled when their time is up. A thread cannot be: it is left behind, another takes its place, and
its row is not graded. Not covered by threads: a reward that holds the interpreter lock inside C code (a regular
expression that backtracks for ever), or ends the process. Worker processes survive both.
"""

import asyncio
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from reward_kit.models import EvaluateResult

__all__ = ["grade_in_loop", "grade_in_threads"]

Call = Callable[[], EvaluateResult]
AsyncCall = Callable[[], Coroutine[Any, Any, EvaluateResult]]


def grade_in_threads(calls: Sequence[Call], *, seconds: float | None, concurrency: int) -> list[EvaluateResult]:
    """Run ``calls`` in at most ``concurrency`` daemon threads and return their results in order.

    With ``seconds=None`` and ``concurrency=1`` they run in the calling thread, one after the other.
    """
    if seconds is None and concurrency == 1:
        return [call() for call in calls]
    return _Threads(calls, seconds, concurrency).run()


class _Threads:
    """One batch in flight."""

    def __init__(self, calls: Sequence[Call], seconds: float | None, concurrency: int) -> None:
        self._calls = calls
        self._seconds = seconds
        self._concurrency = concurrency
        self._waiting = deque(range(len(calls)))
        self._started: dict[int, float] = {}
        self._done: queue.SimpleQueue[tuple[int, EvaluateResult]] = queue.SimpleQueue()

    def run(self) -> list[EvaluateResult]:
        results: dict[int, EvaluateResult] = {}
        for _ in range(min(self._concurrency, len(self._calls))):
            self._start_thread()
        while len(results) < len(self._calls):
            try:
                index, result = self._done.get(timeout=self._seconds_left(results))
            except queue.Empty:
                self._abandon(results)
            else:
                results.setdefault(index, result)
        return [results[index] for index in range(len(self._calls))]

    def _start_thread(self) -> None:
        threading.Thread(target=self._work, name="reward-kit grading", daemon=True).start()

    def _work(self) -> None:
        while True:
            try:
                index = self._waiting.popleft()
            except IndexError:
                return
            self._started[index] = time.monotonic()
            try:
                result = self._calls[index]()
            except KeyboardInterrupt:
                # A user's Ctrl-C reaches the main thread only, so this one was raised by the reward.
                result = EvaluateResult.not_graded("KeyboardInterrupt: raised by the reward")
            self._done.put((index, result))

    def _seconds_left(self, results: dict[int, EvaluateResult]) -> float | None:
        """Return the seconds until the next row is overdue; a row that no thread has taken yet is not."""
        if self._seconds is None:
            return None
        running = [started for index, started in self._started.copy().items() if index not in results]
        oldest = min(running, default=time.monotonic())
        return max(0.0, oldest + self._seconds - time.monotonic())

    def _abandon(self, results: dict[int, EvaluateResult]) -> None:
        """Give up the rows whose time is up, and replace the threads that they hold."""
        now = time.monotonic()
        for index, started in self._started.copy().items():
            if index not in results and self._seconds is not None and now - started >= self._seconds:
                results[index] = _too_slow(self._seconds)
                self._start_thread()


async def grade_in_loop(calls: Sequence[AsyncCall], *, seconds: float | None, concurrency: int) -> list[EvaluateResult]:
    """Await ``calls``, at most ``concurrency`` at a time, in the running loop; return their results in order."""
    gate = asyncio.Semaphore(concurrency)
    return list(await asyncio.gather(*(_one(call, seconds, gate) for call in calls)))


async def _one(call: AsyncCall, seconds: float | None, gate: asyncio.Semaphore) -> EvaluateResult:
    async with gate:
        task = asyncio.ensure_future(call())
        try:
            # asyncio.timeout would wait for a reward that swallows its cancellation.
            await asyncio.wait({task}, timeout=seconds)
            if not task.done():
                return _too_slow(seconds or 0.0)
            if task.cancelled():
                return EvaluateResult.not_graded("CancelledError: the reward cancelled itself")
            return task.result()
        finally:
            task.cancel()


def _too_slow(seconds: float) -> EvaluateResult:
    return EvaluateResult.not_graded(f"timed out after {seconds:g} s")
