"""Worker processes that grade what is asked of them in any order, so that one that hangs delays no other.

Each process has a thread of this one that hands it one grading at a time. A grading whose process dies is tried once
more in a fresh one, since something else may have killed it; then it is not graded. One that takes too long is not
graded either, and its process is replaced.
"""

import queue
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from multiprocessing.connection import wait
from typing import Any

from reward_kit.errors import ContractError
from reward_kit.evaluation.conversations import Conversation
from reward_kit.evaluation.worker import Task
from reward_kit.evaluation.worker_process import WorkerProcess, pickled
from reward_kit.grading import describe
from reward_kit.models import EvaluateResult
from reward_kit.serving.settings import ServeSettings

__all__ = ["Graders", "QueueFullError"]

TRIES = 2
LONGEST_LOAD = 120.0
"""Seconds in which a process must have loaded the reward."""


class QueueFullError(Exception):
    """More gradings are waiting than the limit allows; ``retry_after`` is when to ask again, in seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(retry_after)
        self.retry_after = retry_after


@dataclass(slots=True)
class _Job:
    conversation: Conversation
    future: Future[EvaluateResult] = field(default_factory=Future)


class Graders:
    """A bounded queue of gradings and the processes that work it off."""

    def __init__(self, reward: Callable[..., Any], settings: ServeSettings) -> None:
        self._reward = pickled(reward)
        self._timeout = settings.timeout
        self._max_queue = settings.max_queue
        self._count = settings.workers
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._open = 0
        self._closed = False
        self._mean = 0.0
        self._threads: list[threading.Thread] = []
        self._processes: set[WorkerProcess] = set()
        self._killed = False
        self.replaced = 0
        """Processes that died or were overdue."""
        self.broken = False
        """Whether the last process that was started could not load the reward."""

    @property
    def open(self) -> int:
        """Gradings that are taken and not done."""
        return self._open

    def start(self) -> None:
        """Start the processes, unless they run, and wait until each has loaded the reward.

        Raises:
            ContractError: it cannot be loaded in another process.
        """
        if self._threads:
            return
        processes: list[WorkerProcess] = []
        try:
            processes.extend(self._new_process() for _ in range(self._count))
            for process in processes:
                _await_loaded(process)
        except BaseException:
            for process in list(self._processes):
                self._end(process)
            raise
        for number, process in enumerate(processes):
            thread = threading.Thread(target=self._work, args=(process,), name=f"grader {number}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def submit(self, conversations: Sequence[Conversation]) -> list[Future[EvaluateResult]]:
        """Queue gradings, all of them or none, and return their results to come.

        Raises:
            QueueFullError: there is no room for all of them.
        """
        with self._lock:
            if self._closed or self._open + len(conversations) > self._max_queue:
                raise QueueFullError(max(1, round(self._open * self._mean / self._count)))
            self._open += len(conversations)
            jobs = [_Job(conversation) for conversation in conversations]
            for job in jobs:  # under the lock: never behind the end that close() puts there
                self._jobs.put(job)
        return [job.future for job in jobs]

    def close(self) -> None:
        """Finish what was taken, take nothing more, and end the processes."""
        with self._lock:
            self._closed = True
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            thread.join()
        self._threads.clear()

    def kill(self) -> None:
        """End the processes at once; what was taken is not graded."""
        with self._lock:
            self._closed = self._killed = True
            for process in self._processes:
                process.process.kill()  # its thread clears up behind it
        self.close()

    def _work(self, process: WorkerProcess | None) -> None:
        while (job := self._jobs.get()) is not None:
            if not job.future.set_running_or_notify_cancel():  # nobody waits for it any more
                with self._lock:
                    self._open -= 1
                continue
            started = time.monotonic()
            try:
                result, process = self._graded(job.conversation, process)
            except Exception as error:  # noqa: BLE001 - a thread that ends would leave every later grading unanswered
                self._end(process)
                result, process = EvaluateResult.not_graded(describe(error)), None
            with self._lock:
                self._open -= 1
                self._mean += 0.1 * (time.monotonic() - started - self._mean)
            job.future.set_result(result)
        self._end(process)

    def _graded(
        self, conversation: Conversation, process: WorkerProcess | None
    ) -> tuple[EvaluateResult, WorkerProcess | None]:
        """Return the result, and the process to go on with: None where that has ended."""
        error = ""
        for _ in range(TRIES):
            if self._killed:
                return EvaluateResult.not_graded("the server was stopped"), process
            if process is None:
                try:
                    process = self._loaded()
                except ContractError as failure:  # or it was killed while it loaded: that, too, is tried once more
                    error = str(failure)
                    continue
            process.send([Task(0, conversation.messages, conversation.ground_truth, conversation.extra)])
            happened = wait([process.answers, process.process.sentinel], self._timeout)
            result = _received(process) if process.answers in happened else None
            if result is not None:
                return result, process
            self._end(process)
            with self._lock:
                self.replaced += 1
            if not happened:
                return EvaluateResult.not_graded(f"timed out after {self._timeout:g} s"), None
            error = f"its worker process ended: {process.ending}"
            process = None
        return EvaluateResult.not_graded(error), None

    def _loaded(self) -> WorkerProcess:
        """Return a new process that has loaded the reward."""
        self.broken = True
        process = self._new_process()
        try:
            _await_loaded(process)
        except BaseException:
            self._end(process)
            raise
        self.broken = False
        return process

    def _new_process(self) -> WorkerProcess:
        process = WorkerProcess(self._reward)
        with self._lock:
            self._processes.add(process)
            if self._killed:
                process.process.kill()
        return process

    def _end(self, process: WorkerProcess | None) -> None:
        if process is None:
            return
        with self._lock:
            self._processes.discard(process)
        process.kill()


def _await_loaded(process: WorkerProcess) -> None:
    if not wait([process.answers, process.process.sentinel], LONGEST_LOAD):
        message = f"the reward was not loaded within {LONGEST_LOAD:g} s"
        raise ContractError(message)
    try:
        process.receive()
    except (EOFError, OSError):
        process.process.join()
        message = f"a worker process ended before it could grade: {process.ending}"
        raise ContractError(message) from None


def _received(process: WorkerProcess) -> EvaluateResult | None:
    """Return the result that the process sent; None where it died instead."""
    try:
        results = process.receive()
    except (EOFError, OSError):
        return None
    return results[0] if results else None
