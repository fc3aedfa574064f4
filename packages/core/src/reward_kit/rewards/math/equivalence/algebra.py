"""Ask a computer algebra system in processes of its own, which are killed when they take too long or too much.

One server process per host process holds the loaded system and forks a worker for every question, so that a question
costs some ten milliseconds and a worker that hangs harms no other. It works from any thread and after a fork, sets no
signal handler here, and ends with its host, even when the host is killed: its socket is closed then.
"""

import contextlib
import json
import os
import re
import select
import socket
import sys
import threading
from typing import Literal

from reward_kit.errors import MissingExtraError, require
from reward_kit.rewards.math.policy import Policy

__all__ = ["is_algebra", "same", "unreadable"]

_START_SECONDS = 180.0
"""Loading the system takes two seconds; ten and more where the machine is busy."""
_QUEUE_SECONDS = 120.0
_SERVER_MODULE = "reward_kit.rewards.math.equivalence.algebra_server"
_ALGEBRA = re.compile(r"\\(?:int|iint|iiint|oint|sum|prod|lim|det|zeta|Gamma)(?![A-Za-z])|\\begin\s*\{[pbvBV]?matrix\}")

Outcome = Literal["equal", "different", "unparsable", "exhausted", "lost"]
_OUTCOMES: dict[str, Outcome] = {
    "equal": "equal",
    "different": "different",
    "unparsable": "unparsable",
    "exhausted": "exhausted",
}


def is_algebra(text: str) -> bool:
    """Say whether a text has what only the system reads."""
    return _ALGEBRA.search(text) is not None


def same(answer: str, gold: str, policy: Policy) -> tuple[Outcome, str]:
    """Say whether two expressions are equal, and why that is not known where it is not."""
    try:
        require("math", "math_verify")
    except MissingExtraError as error:  # no answer may leave its grading undone by being written as an integral
        return "unparsable", str(error)
    reply = _SERVER.ask({"answer": answer, "gold": gold}, policy)
    return _OUTCOMES.get(str(reply.get("outcome")), "lost"), str(reply.get("reason", ""))


def unreadable(gold: str, policy: Policy) -> str:
    """Return why the system cannot read a gold; empty where it can."""
    outcome, reason = same(gold, gold, policy)
    return "" if outcome == "equal" else reason or f"the computer algebra system calls it {outcome}"


class _Server:
    """The server of this process: started by the first question, and again when it is lost."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._control: socket.socket | None = None
        self._pid = 0
        self._watching = False

    def ask(self, question: dict[str, object], policy: Policy) -> dict[str, object]:
        """Return the answer to a question; ask once more where the server or its worker was lost."""
        payload = json.dumps({**question, "seconds": policy.seconds, "memory": policy.memory_megabytes}).encode()
        reply: dict[str, object] | None = None
        for _ in range(2):
            reply = self._asked(payload, policy.seconds)
            if reply is not None and (reply.get("outcome") != "lost" or "late" in reply):
                break
        return reply or {"outcome": "lost", "reason": "the computer algebra system was lost twice"}

    def _asked(self, payload: bytes, seconds: float) -> dict[str, object] | None:
        reading, writing = os.pipe()
        try:
            with self._lock:
                control = self._started()
                try:
                    socket.send_fds(control, [payload], [writing])
                except OSError:
                    self._stopped()
                    return None
            os.close(writing)
            writing = -1
            data = _read_all(reading, seconds + _QUEUE_SECONDS)
        except OSError as error:
            return {"outcome": "lost", "reason": f"no computer algebra system: {error}"}
        finally:
            os.close(reading)
            if writing >= 0:
                os.close(writing)
        if not data:
            with self._lock:
                if self._control is control:
                    self._stopped()
            return None
        found: dict[str, object] = json.loads(data)
        return found

    def _started(self) -> socket.socket:
        """Return the socket of a running server."""
        if self._control is not None:
            return self._control
        if not self._watching:
            os.register_at_fork(after_in_child=self._forget)
            self._watching = True
        here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with there:
            there.set_inheritable(True)
            arguments = [sys.executable, "-m", _SERVER_MODULE, str(there.fileno()), str(os.getpid())]
            # No more of the environment than it takes to import: the server needs no secret.
            environment = {"PYTHONPATH": os.pathsep.join(path or "." for path in sys.path), "PYTHONHASHSEED": "0"}
            self._pid = os.posix_spawn(sys.executable, arguments, environment, setsid=True)
        here.settimeout(_START_SECONDS)
        try:
            ready = here.recv(16)
        except TimeoutError:
            ready = b""
        here.settimeout(None)
        self._control = here
        if ready != b"ready":
            self._stopped()
            message = "it did not start"
            raise OSError(message)
        return here

    def _stopped(self) -> None:
        """Let go of a server that is lost; it ends when its socket is closed."""
        if self._control is not None:
            self._control.close()
            self._control = None
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self._pid, os.WNOHANG)

    def _forget(self) -> None:
        """Leave the parent's server alone in a process that was forked from it."""
        self._lock = threading.Lock()
        if self._control is not None:
            self._control.close()
            self._control = None


_SERVER = _Server()


def _read_all(descriptor: int, seconds: float) -> bytes:
    """Read to the end, or until nothing has come for so long."""
    found = b""
    waiting = select.poll()
    waiting.register(descriptor, select.POLLIN)
    while waiting.poll(seconds * 1000):
        data = os.read(descriptor, 65536)
        if not data:
            return found
        found += data
    return b""
