"""Choose how rows are graded: here and now, in worker processes, or as tasks of an event loop."""

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from typing import Any

from reward_kit.errors import GradingError, UsageError
from reward_kit.evaluation.conversations import Conversation, Graded
from reward_kit.grading import Grader, is_async
from reward_kit.models import EvaluateResult

__all__ = ["grade_all"]

AHEAD = 64
"""Rows per worker that may be done before the row that is to come out next."""
GRACE = 5.0
"""Seconds beyond every timeout after which the event loop counts as blocked."""


def grade_all(
    conversations: Iterable[Conversation],
    reward: Callable[..., Any],
    *,
    workers: int = 1,
    timeout: float | None = None,
) -> Generator[Graded, None, None]:
    """Yield every conversation with its result, in order, holding a bounded number of them.

    An asynchronous reward runs ``workers`` at a time in one event loop. Any other runs in ``workers`` processes;
    with one worker and no timeout, in this process. A row that takes more than ``timeout`` seconds, or ends its
    process, is not graded.

    Raises:
        UsageError: ``workers`` or ``timeout`` is not positive, or the reward does not pickle.
    """
    if workers < 1 or (timeout is not None and not timeout > 0):
        message = f"found workers={workers!r} and timeout={timeout!r}, expected positive numbers"
        raise UsageError(message)
    if is_async(reward):
        return _grade_in_loop(iter(conversations), Grader(reward), workers, timeout)
    if workers == 1 and timeout is None:
        return _grade_here(conversations, Grader(reward))
    from reward_kit.evaluation.workers import grade_in_processes

    return grade_in_processes(conversations, reward, workers=workers, timeout=timeout)


def _grade_here(conversations: Iterable[Conversation], grader: Grader) -> Generator[Graded, None, None]:
    for item in conversations:
        yield Graded(item, grader.grade(item.messages, ground_truth=item.ground_truth, extra=item.extra))


def _grade_in_loop(
    source: Iterator[Conversation], grader: Grader, workers: int, timeout: float | None
) -> Generator[Graded, None, None]:
    """Grade in an event loop on a thread of its own, so that it works where one is running already, too."""
    with _loop_on_a_thread() as loop:
        slots = asyncio.Semaphore(workers)
        waiting: deque[tuple[Conversation, Future[EvaluateResult]]] = deque()
        failure: Exception | None = None
        exhausted = False
        try:
            while not exhausted or waiting:
                while not exhausted and len(waiting) < workers * AHEAD:
                    try:
                        item = next(source)
                    except StopIteration:
                        exhausted = True
                    except Exception as error:  # noqa: BLE001 - raised again once the rows before it are out
                        exhausted, failure = True, error
                    else:
                        future = asyncio.run_coroutine_threadsafe(_graded(item, grader, slots, timeout), loop)
                        waiting.append((item, future))
                if waiting:
                    item, future = waiting.popleft()
                    yield Graded(item, _result(future, timeout))
        finally:
            for _, future in waiting:
                future.cancel()
        if failure is not None:
            raise failure


def _result(future: Future[EvaluateResult], timeout: float | None) -> EvaluateResult:
    # The oldest row has a slot: those before it are done, and slots are given in order.
    try:
        return future.result(None if timeout is None else timeout + GRACE)
    except TimeoutError:
        message = "the event loop does not answer: the asynchronous reward blocks it; make the reward a plain function"
        raise GradingError(message) from None


async def _graded(item: Conversation, grader: Grader, slots: asyncio.Semaphore, limit: float | None) -> EvaluateResult:
    async with slots:
        grading = asyncio.ensure_future(grader.agrade(item.messages, ground_truth=item.ground_truth, extra=item.extra))
        # Not wait_for: that waits for a reward which will not be cancelled.
        done, _ = await asyncio.wait({grading}, timeout=limit)
        if done:
            return grading.result()
        grading.cancel()
        return EvaluateResult.not_graded(f"timed out after {limit:g} s")


@contextmanager
def _loop_on_a_thread() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=_run, args=(loop,), name="reward-kit event loop", daemon=True)
    thread.start()
    try:
        yield loop
    finally:
        asyncio.run_coroutine_threadsafe(_cancel_the_rest(), loop)
        thread.join(GRACE)


def _run(loop: asyncio.AbstractEventLoop) -> None:
    stopped = False
    while not stopped:
        # What a task raises like sys.exit() does comes out here as well as where the task is awaited.
        with suppress(KeyboardInterrupt, SystemExit):
            loop.run_forever()
            stopped = True
    loop.close()


async def _cancel_the_rest() -> None:
    loop = asyncio.get_running_loop()
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in others:
        task.cancel()
    if others:
        await asyncio.wait(others, timeout=1.0)
    loop.call_soon(loop.stop)
