"""The process that grades for a pool: it takes lists of conversations from one pipe and puts results into another.

It writes the number of the row that it is at into shared memory, so that the pool knows which row a process hung
in or died of. It ends when the pool's process does, whatever it is doing.

Not covered: where the kernel does not offer that (outside Linux), a worker that hangs outlives a killed pool.
"""

import contextlib
import fcntl
import io
import multiprocessing
import os
import pickle
import signal
import sys
import time
from collections.abc import Mapping, MutableSequence, Sequence
from multiprocessing.connection import Connection, wait
from typing import Any, NamedTuple

from reward_kit.grading import Grader, describe
from reward_kit.models import EvaluateResult, Message

__all__ = ["AT_ROW", "IDLE", "SINCE", "LoadFailure", "Task", "serve"]

AT_ROW, SINCE = 0, 1
"""Places in the shared memory: the number of the row that is graded, and since when (``time.monotonic``)."""
IDLE = -1.0


class Task(NamedTuple):
    """What a worker has to know of a row; a named tuple, because those pickle fast."""

    number: int
    """The place of the row in the pool's order."""
    messages: tuple[Message, ...]
    ground_truth: object
    extra: Mapping[str, Any]


class LoadFailure(str):
    """Sent in place of the first message: why the reward could not be loaded."""

    __slots__ = ()


def serve(
    tasks: Connection,
    answers: Connection,
    progress: MutableSequence[float],
    reward: bytes,
    environment: Mapping[str, str],
) -> None:
    """Load ``reward`` and grade until there are no more tasks.

    The fork server that this process comes from may be older than the ``environment`` of the pool's process.
    """
    os.environ.clear()
    os.environ.update(environment)
    _detach()
    try:
        grader = Grader(pickle.loads(reward))  # noqa: S301 - from the process that started this one
    except BaseException as error:  # noqa: BLE001 - importing the reward's module runs any code
        answers.send(LoadFailure(describe(error)))
        return
    answers.send(None)
    with contextlib.suppress(EOFError):
        while True:
            _answer(answers, [_graded(grader, progress, task) for task in _received(tasks)])


def _received(tasks: Connection) -> Sequence[Task]:
    received: Sequence[Task] = tasks.recv()
    return received


def _graded(grader: Grader, progress: MutableSequence[float], task: Task) -> EvaluateResult:
    progress[SINCE] = time.monotonic()
    progress[AT_ROW] = task.number
    result = grader.grade(task.messages, ground_truth=task.ground_truth, extra=task.extra)
    progress[AT_ROW] = IDLE
    return result


def _answer(answers: Connection, results: list[EvaluateResult]) -> None:
    try:
        data = pickle.dumps(results, pickle.HIGHEST_PROTOCOL)
    except Exception:  # noqa: BLE001 - pickling runs the code of what a reward put into its result
        data = pickle.dumps([_sendable(result) for result in results], pickle.HIGHEST_PROTOCOL)
    answers.send_bytes(data)


def _sendable(result: EvaluateResult) -> EvaluateResult:
    try:
        pickle.dumps(result)
    except Exception as error:  # noqa: BLE001 - as above
        return EvaluateResult.not_graded(f"its result cannot leave the worker process: {describe(error)}")
    return result


def _detach() -> None:
    """Leave the terminal to the pool's process, and die with that."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.setsid()  # a group of its own, so that what a reward started can be ended with it
    signal.signal(signal.SIGINT, signal.default_int_handler)  # no longer the terminal's; children inherit it
    os.dup2(2, 1)  # what a reward prints is not a result
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)  # and is not lost with the process
    parent = multiprocessing.parent_process()
    if parent is None:
        return
    if sys.platform == "linux":
        # The kernel kills the whole group when the pool's end of this pipe is closed, whatever the group is doing.
        with contextlib.suppress(OSError):
            fcntl.fcntl(parent.sentinel, fcntl.F_SETOWN, -os.getpgrp())
            fcntl.fcntl(parent.sentinel, fcntl.F_SETSIG, signal.SIGKILL)
            fcntl.fcntl(parent.sentinel, fcntl.F_SETFL, fcntl.fcntl(parent.sentinel, fcntl.F_GETFL) | os.O_ASYNC)
    if wait([parent.sentinel], timeout=0):  # it died before it was watched
        os._exit(1)
