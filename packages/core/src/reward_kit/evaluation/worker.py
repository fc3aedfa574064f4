"""The process that grades for a pool: it takes lists of conversations from one pipe and puts results into another.

It writes the number of the row that it is at into shared memory, so that the pool knows which row a process hung
in or died of. It ends when the pool's process does, whatever it is doing.

Not covered: outside Linux, a worker that hangs outlives a pool that was killed.
"""

import contextlib
import fcntl
import multiprocessing
import os
import pickle
import signal
import sys
import time
from collections.abc import MutableSequence, Sequence
from multiprocessing.connection import Connection, wait

from reward_kit.evaluation.conversations import Conversation
from reward_kit.evaluation.grading import Grader, describe
from reward_kit.models import EvaluateResult

__all__ = ["AT_ROW", "IDLE", "SINCE", "LoadFailure", "Numbered", "serve"]

Numbered = tuple[int, Conversation]
"""A conversation and its number in the pool's order."""

AT_ROW, SINCE = 0, 1
"""Places in the shared memory: the number of the row that is graded, and since when (``time.monotonic``)."""
IDLE = -1.0


class LoadFailure(str):
    """Sent in place of the first message: why the reward could not be loaded."""

    __slots__ = ()


def serve(tasks: Connection, answers: Connection, progress: MutableSequence[float], reward: bytes) -> None:
    """Load ``reward`` and grade until there are no more tasks."""
    _detach()
    try:
        grader = Grader(pickle.loads(reward))  # noqa: S301 - from the process that started this one
    except BaseException as error:  # noqa: BLE001 - importing the reward's module runs any code
        answers.send(LoadFailure(describe(error)))
        return
    answers.send(None)
    with contextlib.suppress(EOFError):
        while True:
            _answer(answers, [_graded(grader, progress, *task) for task in _received(tasks)])


def _received(tasks: Connection) -> Sequence[Numbered]:
    received: Sequence[Numbered] = tasks.recv()
    return received


def _graded(grader: Grader, progress: MutableSequence[float], number: int, item: Conversation) -> EvaluateResult:
    progress[SINCE] = time.monotonic()
    progress[AT_ROW] = number
    result = grader.grade(item.messages, ground_truth=item.ground_truth, extra=item.extra)
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
    os.dup2(2, 1)  # what a reward prints is not a result
    parent = multiprocessing.parent_process()
    if parent is None:
        return
    if sys.platform == "linux":
        # The kernel kills the whole group when the pool's end of this pipe is closed, whatever the group is doing.
        fcntl.fcntl(parent.sentinel, fcntl.F_SETOWN, -os.getpgrp())
        fcntl.fcntl(parent.sentinel, fcntl.F_SETSIG, signal.SIGKILL)
        fcntl.fcntl(parent.sentinel, fcntl.F_SETFL, fcntl.fcntl(parent.sentinel, fcntl.F_GETFL) | os.O_ASYNC)
    if wait([parent.sentinel], timeout=0):  # it died before it was watched
        os._exit(1)
