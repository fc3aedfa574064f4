"""The pool's end of one worker process: its pipes, what it was given, and how it ended."""

import multiprocessing
import os
import pickle
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any, cast

from reward_kit.errors import ContractError, PrerequisiteError, UsageError
from reward_kit.evaluation.worker import AT_ROW, IDLE, SINCE, LoadFailure, Task, serve
from reward_kit.models import EvaluateResult

__all__ = ["WorkerProcess", "pickled"]


class WorkerProcess:
    """A process, its pipes, and the rows that it was given."""

    def __init__(self, reward: bytes) -> None:
        """Start a process for the reward that ``pickled`` made into bytes.

        Raises:
            PrerequisiteError: the machine lets no further process start.
        """
        context: Any = multiprocessing.get_context(_start_method())
        theirs, self._outgoing = context.Pipe(duplex=False)
        self.answers, back = context.Pipe(duplex=False)
        self._progress = context.RawArray("d", [IDLE, 0.0])
        # Not a daemon: those may have no children, and some rewards run code in processes of their own.
        self.process = context.Process(target=serve, args=(theirs, back, self._progress, reward, dict(os.environ)))
        try:
            self.process.start()
        except OSError as error:
            message = f"cannot start a worker process: {(error.strerror or str(error)).lower()}; use fewer workers"
            raise PrerequisiteError(message) from error
        for end in (theirs, back):
            cast("Connection", end).close()
        self.tasks: list[int] = []
        self.sent = 0.0
        self.ready = False

    @property
    def at_row(self) -> float:
        """The number of the row that is graded, or IDLE."""
        return float(self._progress[AT_ROW])

    @property
    def ending(self) -> str:
        """How the process ended, in words."""
        code = self.process.exitcode
        if code is None or code >= 0:
            return f"exit code {code}"
        name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
        return f"killed by {name}" + (" (out of memory?)" if -code == signal.SIGKILL else "")

    def remaining(self, timeout: float) -> float:
        """Return the seconds that the row in hand has left; all of them where none is in hand."""
        since = float(self._progress[SINCE])
        return timeout if self.at_row == IDLE else max(0.0, since + timeout - time.monotonic())

    def send(self, tasks: list[Task]) -> None:
        """Hand tasks to a process that has none."""
        self.tasks = [task.number for task in tasks]
        self.sent = time.monotonic()
        with suppress(BrokenPipeError):  # it died: its sentinel says so next
            self._outgoing.send(tasks)

    def receive(self) -> list[EvaluateResult] | None:
        """Return the results of the tasks; None for the first message, that the reward is loaded."""
        received = self.answers.recv()
        if isinstance(received, LoadFailure):
            message = (
                f"the reward cannot be loaded in a worker process: {received}; "
                "define it at the top level of a module that can be imported, or grade with one worker"
            )
            raise ContractError(message)
        if received is None:
            self.ready = True
            return None
        return cast("list[EvaluateResult]", received)

    def kill(self) -> None:
        """End the process and all that it started."""
        if self.process.pid is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
        if self.process.exitcode is None:
            self.process.kill()
        self.process.join()
        for end in (self._outgoing, self.answers):
            end.close()


def _start_method() -> str:
    methods = multiprocessing.get_all_start_methods()
    if "forkserver" not in methods:
        return "spawn"
    multiprocessing.get_context("forkserver").set_forkserver_preload(["reward_kit.evaluation.worker"])
    return "forkserver"


def pickled(reward: Callable[..., Any]) -> bytes:
    """Return ``reward`` as bytes; raise UsageError where that cannot be."""
    try:
        return pickle.dumps(reward)
    except Exception as error:
        name = getattr(reward, "__qualname__", type(reward).__name__)
        message = (
            f"the reward {name!r} does not pickle ({error}); "
            "define it at the top level of a module, or grade with one worker and no timeout"
        )
        raise UsageError(message) from error
