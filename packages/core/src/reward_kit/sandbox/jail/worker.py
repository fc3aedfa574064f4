"""The grader's hold of one worker: starts it, hands it jobs, brings back what came of them.

Not safe for several threads at once; each thread has a worker of its own. The thread that starts a worker must live
as long as it: the kernel ends a process with the thread that made it.
"""

import array
import fcntl
import json
import os
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from reward_kit.sandbox.jail.boot import BOOT
from reward_kit.sandbox.jail.payload import read_all

__all__ = ["Job", "Returned", "Worker", "WorkerError"]

MAX_ANSWER = 200_000
SECONDS_TO_START = 60.0
GRACE = 15.0
"""Seconds beyond a job's own time after which a silent worker counts as lost."""
STDERR_KEPT = 4000
SEALS = fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE


class WorkerError(RuntimeError):
    """The worker could not be started, went away, or did not answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One request to the fork server."""

    request: Mapping[str, Any]
    payload: bytes
    tests: bytes | None = None
    """For the tester only; the submission's process never holds it."""
    max_output: int
    max_answers: int

    @property
    def seconds(self) -> float:
        """How long the server may take to answer."""
        return float(self.request["budget"]) + float(self.request["wall"]) + GRACE


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """What came of a job: facts of the server, which are to be believed, and bytes of the submission, which are not."""

    cases: list[dict[str, Any]] = field(default_factory=list)
    stdout: bytes = b""
    stderr: bytes = b""
    answers: bytes = b""


class Worker:
    """A process that is confined, and forks a child for each case."""

    def __init__(self, sources: Mapping[str, str], options: Mapping[str, Any], python: str = sys.executable) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        bundle = json.dumps({"sources": sources, "options": {**options, "parent": os.getpid()}}).encode()
        handed = _memory_file("bundle", bundle)
        diary = _memory_file("diary")
        try:
            self._process = subprocess.Popen(  # noqa: S603 - this interpreter, with a text of this package
                [python, "-I", "-c", BOOT, str(theirs.fileno()), str(handed), str(len(bundle))],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=diary,
                env=ENVIRONMENT,
                cwd="/",
                pass_fds=(theirs.fileno(), handed),
                start_new_session=True,
            )
        except OSError as error:
            ours.close()
            message = f"cannot start {python!r}: {error}"
            raise WorkerError(message) from error
        finally:
            theirs.close()
            os.close(handed)
        self._socket = ours
        self._diary = diary
        self.facts: dict[str, Any] = self._first_words()

    def _first_words(self) -> dict[str, Any]:
        try:
            return self._receive(SECONDS_TO_START)
        except WorkerError as error:
            said = os.pread(self._diary, STDERR_KEPT, 0).decode(errors="replace")
            self.close()
            raise WorkerError(" ".join(f"{error}: {said[-400:]}".split())) from None

    def run(self, job: Job) -> Returned:
        """Do a job.

        Raises:
            WorkerError: the worker is lost; close it and take another.
        """
        names = ("stdin", "stdout", "stderr", "answers")
        files = [_memory_file(name) for name in names]
        try:
            files.append(_memory_file("payload", job.payload))
            if job.tests is not None:
                files.append(_memory_file("tests", job.tests))
            self._send(job.request, files)
            answer = self._receive(job.seconds)
            stdout, stderr, answers = files[1:4]
            size, kept = os.fstat(stderr).st_size, STDERR_KEPT * max(1, len(answer["cases"]))
            return Returned(
                cases=answer["cases"],
                stdout=_content(stdout, job.max_output),
                stderr=read_all(stderr, kept, max(0, size - kept)),
                answers=_content(answers, job.max_answers),
            )
        finally:
            for number in files:
                os.close(number)

    def _send(self, request: Mapping[str, Any], files: Sequence[int]) -> None:
        rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", files))
        try:
            self._socket.sendmsg([json.dumps(request).encode()], [rights])
        except OSError as error:
            message = f"the worker is gone: {error}"
            raise WorkerError(message) from error

    def _receive(self, seconds: float) -> dict[str, Any]:
        self._socket.settimeout(seconds)
        try:
            data = self._socket.recv(MAX_ANSWER)
        except OSError as error:
            message = f"the worker did not answer within {seconds:g} s: {type(error).__name__}"
            raise WorkerError(message) from error
        answer: dict[str, Any] = json.loads(data) if data else {"error": "the worker is gone"}
        if "error" in answer:
            raise WorkerError(answer["error"])
        return answer

    def close(self) -> None:
        """End the worker and everything in it, and wait until it is gone."""
        if self._socket.fileno() == -1:
            return
        self._socket.close()
        try:
            self._process.wait(timeout=GRACE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._diary)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


ENVIRONMENT = {
    "LANG": "C.UTF-8",
    "PYTHONUTF8": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "1",  # else each thread reserves 128 MB of the address space that a program may take
    "LD_BIND_NOW": "1",  # or each child would bind, and copy pages for it
}


def _memory_file(name: str, content: bytes = b"") -> int:
    number = os.memfd_create(name, os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    view = memoryview(content)
    while view:
        view = view[os.write(number, view) :]
    if content:
        os.lseek(number, 0, os.SEEK_SET)
        # What a submission is given it must not change: the next case reads it, too.
        fcntl.fcntl(number, fcntl.F_ADD_SEALS, SEALS)
    return number


def _content(number: int, limit: int) -> bytes:
    return read_all(number, min(limit, os.fstat(number).st_size), 0)
