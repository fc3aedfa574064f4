"""Workers in threads: each thread starts one worker, keeps it for its life and replaces it when it is lost."""

import os
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Protocol, TypeVar

from reward_kit.sandbox.jail.worker import Job, Returned, WorkerError
from reward_kit.sandbox.model import SandboxError

__all__ = ["Holder", "Pool", "WorkerLike"]

T = TypeVar("T")


class WorkerLike(Protocol):
    """What runs jobs: a worker here, or one behind a container's streams."""

    def run(self, job: Job) -> Returned:
        """Do a job; raise WorkerError when the worker is lost."""
        ...

    def close(self) -> None:
        """End it."""
        ...


class Holder:
    """One thread's worker."""

    def __init__(self, start: Callable[[], WorkerLike]) -> None:
        self._start = start
        self._worker: WorkerLike | None = None

    def run(self, job: Job) -> Returned:
        """Do a job; once more in a new worker when the first is lost.

        Raises:
            SandboxError: the second worker was lost, too.
        """
        for attempt in (1, 2):
            try:
                if self._worker is None:
                    self._worker = self._start()
                returned = self._worker.run(job)
            except WorkerError as error:
                self.close()
                if attempt == 2:  # noqa: PLR2004
                    message = f"the sandbox failed twice: {error}"
                    raise SandboxError(message) from error
                continue
            if all(case["started"] or case["reason"] == "time" for case in returned.cases) or attempt == 2:  # noqa: PLR2004
                return returned
        raise AssertionError

    def close(self) -> None:
        """End the worker; the next job starts another."""
        if self._worker is not None:
            self._worker.close()
            self._worker = None


class Pool:
    """Runs jobs in ``count`` workers; made anew in a process that was forked from this one."""

    def __init__(self, start: Callable[[], WorkerLike], count: int) -> None:
        self._start = start
        self._count = count
        self._lock = threading.Lock()
        self._open()

    def _open(self) -> None:
        self._process = os.getpid()
        self._local = threading.local()
        self._holders: list[Holder] = []
        self._executor = ThreadPoolExecutor(self._count, thread_name_prefix="reward-kit sandbox")

    def submit(self, work: Callable[[Holder], T]) -> "Future[T]":
        """Run ``work`` with a worker when one is free."""
        if os.getpid() != self._process:
            # Threads and workers stayed with the parent; the lock may have been held when it forked.
            self._lock = threading.Lock()
            self._open()
        return self._executor.submit(lambda: work(self._holder()))

    def _holder(self) -> Holder:
        holder: Holder | None = getattr(self._local, "holder", None)
        if holder is None:
            holder = self._local.holder = Holder(self._start)
            with self._lock:
                self._holders.append(holder)
        return holder

    def close(self) -> None:
        """End all workers when their jobs are done."""
        if os.getpid() != self._process:
            return
        self._executor.shutdown(wait=True, cancel_futures=True)
        for holder in self._holders:
            holder.close()
