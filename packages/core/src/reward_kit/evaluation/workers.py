"""A pool of worker processes that grades in order and outlives what a reply makes a reward do.

A row that takes longer than the timeout costs its worker its life, and so does one that ends the process (a crash
in C, ``os._exit``, out of memory); that row is not graded, with the reason, and the other rows that the worker had
are graded by another. The memory in use does not depend on the number of rows.

The processes come from Python's fork server, so the reward must pickle: a function at the top level of a module.
"""

import atexit
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from multiprocessing.connection import wait
from typing import Any

from reward_kit.errors import ContractError
from reward_kit.evaluation.conversations import Conversation, Graded
from reward_kit.evaluation.worker import IDLE, Task
from reward_kit.evaluation.worker_process import WorkerProcess, pickled
from reward_kit.models import EvaluateResult

__all__ = ["WorkerPool", "grade_in_processes"]

CHUNK_SECONDS = 0.02
"""How much work a worker is sent at once: enough to make the sending cheap, little to repeat after a crash."""
MAX_CHUNK = 256
LEAST_AHEAD = 64
"""Rows per worker that may be done before the row that is to come out next."""


def grade_in_processes(
    conversations: Iterable[Conversation], reward: Callable[..., Any], *, workers: int, timeout: float | None
) -> Generator[Graded, None, None]:
    """Yield every conversation with its result, in order, graded by ``workers`` processes.

    Raises:
        UsageError: the reward does not pickle.
        ContractError: the reward cannot be loaded in another process.
    """
    pool = WorkerPool(reward, workers, timeout)
    atexit.register(pool.kill)  # where nobody closes this generator, Python would wait for its processes
    try:
        yield from pool.graded(iter(conversations))
    finally:
        pool.kill()
        atexit.unregister(pool.kill)


class WorkerPool:
    """Worker processes that hold one reward, for one batch of conversations after the other."""

    def __init__(self, reward: Callable[..., Any], workers: int, timeout: float | None) -> None:
        self._reward = pickled(reward)
        self._timeout = timeout
        self._count = workers
        self._workers: list[WorkerProcess] = []
        self._waiting: deque[int] = deque()
        """Numbers of rows that were taken from the source and are not with a worker."""
        self._inside: dict[int, Conversation] = {}
        """Rows taken from the source and not yet given out."""
        self._done: dict[int, EvaluateResult] = {}
        self._chunk = 1

    def graded(self, source: Iterator[Conversation]) -> Iterator[Graded]:
        """Yield every conversation with its result, in order. Once left half-way, the pool is of no more use."""
        self._workers.extend(WorkerProcess(self._reward) for _ in range(self._count - len(self._workers)))
        taken = given = 0
        failure: Exception | None = None
        exhausted = False
        while not exhausted or self._inside:
            while not exhausted and len(self._waiting) < self._chunk * len(self._workers) and self._room():
                try:
                    conversation = next(source)
                except StopIteration:
                    exhausted = True
                except Exception as error:  # noqa: BLE001 - raised again once the rows before it are out
                    exhausted, failure = True, error
                else:
                    self._inside[taken] = conversation
                    self._waiting.append(taken)
                    taken += 1
            self._send()
            self._receive()
            while given in self._done:
                yield Graded(self._inside.pop(given), self._done.pop(given))
                given += 1
        if failure is not None:
            raise failure

    def kill(self) -> None:
        """End the processes."""
        for worker in self._workers:
            worker.kill()

    def _room(self) -> bool:
        return len(self._inside) < len(self._workers) * max(LEAST_AHEAD, 4 * self._chunk)

    def _send(self) -> None:
        for worker in self._workers:
            if self._waiting and not worker.tasks:
                count = min(self._chunk, len(self._waiting))
                worker.send([self._task(self._waiting.popleft()) for _ in range(count)])

    def _task(self, number: int) -> Task:
        item = self._inside[number]
        return Task(number, item.messages, item.ground_truth, item.extra)

    def _receive(self) -> None:
        """Wait until something happens to a worker that is at work, and deal with it."""
        busy = [worker for worker in self._workers if worker.tasks]
        if not busy:
            return
        pause = min(worker.remaining(self._timeout) for worker in busy) if self._timeout is not None else None
        happened = set(wait([item for worker in busy for item in (worker.answers, worker.process.sentinel)], pause))
        for worker in busy:
            if worker.answers in happened:
                self._take(worker)
            elif worker.process.sentinel in happened:
                self._bury(worker)
            elif self._timeout is not None:
                overdue = worker.at_row
                if worker.remaining(self._timeout) <= 0:
                    self._bury(worker, overdue)

    def _take(self, worker: WorkerProcess) -> None:
        try:
            results = worker.receive()
        except (EOFError, OSError):
            self._bury(worker)
            return
        if results is None:
            return
        per_row = (time.monotonic() - worker.sent) / len(results)
        self._chunk = max(1, min(MAX_CHUNK, 2 * self._chunk, int(CHUNK_SECONDS / max(per_row, 1e-9))))
        for number, result in zip(worker.tasks, results, strict=True):
            self._done[number] = result
        worker.tasks = []

    def _bury(self, worker: WorkerProcess, overdue: float | None = None) -> None:
        """Put another in the place of a worker that died or is overdue; its row is not graded, the rest wait again."""
        worker.kill()
        if not worker.ready:
            message = f"a worker process ended before it could grade: {worker.ending}"
            raise ContractError(message)
        # An overdue row may have ended while its worker was being killed: then no row is at fault.
        culprit = worker.at_row if overdue in {None, worker.at_row} else IDLE
        if culprit == IDLE and overdue is None:
            # It died while it answered. Alone the row is known; among others it will be, once it is sent alone.
            culprit = worker.tasks[0] if len(worker.tasks) == 1 else IDLE
            self._chunk = 1
        error = (
            f"its worker process ended: {worker.ending}" if overdue is None else f"timed out after {self._timeout:g} s"
        )
        for number in reversed(worker.tasks):
            if number == culprit:
                self._done[number] = EvaluateResult.not_graded(error)
            else:
                self._waiting.appendleft(number)
        self._workers[self._workers.index(worker)] = WorkerProcess(self._reward)
