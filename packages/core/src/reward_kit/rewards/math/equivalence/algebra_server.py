"""Fork a worker of the computer algebra system for every question that comes, and kill it in time.

Started by ``algebra`` with a socket and the process id of the host. A question is a packet of JSON with the writing
end of a pipe for its answer. The server ends when the socket is closed or the host is gone.
"""

import contextlib
import json
import os
import resource
import select
import signal
import socket
import sys
import time
from dataclasses import dataclass, field
from typing import Any

from reward_kit.rewards.math.equivalence import algebra_system
from reward_kit.sandbox.jail.system import die_with_parent

_MAX_PACKET = 1 << 17
_TICK_MS = 1000
_BUSY = 0.05
"""A worker killed by the wall clock that had less than this share of it never ran: it is lost.

The share is small: a bomb must not become a reply that is not graded because the machine has much to do.
"""


@dataclass(slots=True)
class _Worker:
    """A running worker."""

    pid: int
    output: int
    reply: int
    seconds: float
    deadline: float
    data: bytes = field(default=b"")


class _Server:
    """The loop of the server."""

    def __init__(self, control: socket.socket, host: int) -> None:
        self.control = control
        self.host = host
        self.workers: dict[int, _Worker] = {}
        self.waiting: list[tuple[dict[str, Any], int]] = []
        self.most = max(2, os.cpu_count() or 1)

    def serve(self) -> None:
        """Answer until the host is gone."""
        self.control.send(b"ready")
        while os.getppid() == self.host:
            now = time.monotonic()
            poll = select.poll()
            poll.register(self.control, select.POLLIN)
            for output in self.workers:
                poll.register(output, select.POLLIN)
            next_deadline = min((worker.deadline - now for worker in self.workers.values()), default=_TICK_MS / 1000)
            for descriptor, _ in poll.poll(max(0.0, min(_TICK_MS, next_deadline * 1000 + 1))):
                if descriptor != self.control.fileno():
                    self.collect(self.workers[descriptor])
                elif not self.receive():
                    return
            for worker in [worker for worker in self.workers.values() if worker.deadline <= time.monotonic()]:
                os.kill(worker.pid, signal.SIGKILL)
                self.finish(worker, late=True)
            while self.waiting and len(self.workers) < self.most:
                self.start(*self.waiting.pop(0))

    def receive(self) -> bool:
        """Take a question; return False where the host has closed the socket."""
        packet, descriptors, _, _ = socket.recv_fds(self.control, _MAX_PACKET, 1)
        if not packet:
            return False
        self.waiting.append((json.loads(packet), descriptors[0]))
        return True

    def start(self, question: dict[str, Any], reply: int) -> None:
        """Fork a worker."""
        output, writing = os.pipe()
        server = os.getpid()
        pid = os.fork()
        if not pid:
            _work(question, writing, server)
        os.close(writing)
        seconds = float(question["seconds"])
        self.workers[output] = _Worker(
            pid=pid, output=output, reply=reply, seconds=seconds, deadline=time.monotonic() + seconds
        )

    def collect(self, worker: _Worker) -> None:
        """Take what a worker has written; it has ended when that is nothing."""
        data = os.read(worker.output, 65536)
        worker.data += data
        if not data:
            self.finish(worker, late=False)

    def finish(self, worker: _Worker, *, late: bool) -> None:
        """Pass on the answer of a worker that has ended."""
        _, status, usage = os.wait4(worker.pid, 0)
        del self.workers[worker.output]
        os.close(worker.output)
        killed = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
        if worker.data.endswith(b"}") and not late:
            answer = worker.data
        else:
            answer = json.dumps(_ended(killed, usage, worker.seconds, late=late)).encode()
        with contextlib.suppress(BrokenPipeError):  # the host has stopped waiting
            os.write(worker.reply, answer)
        os.close(worker.reply)


def _ended(killed: int, usage: resource.struct_rusage, seconds: float, *, late: bool) -> dict[str, str]:
    """Say what became of a worker without an answer."""
    used = usage.ru_utime + usage.ru_stime
    if late and used < _BUSY * seconds:
        reason = f"the machine was too busy: {used:.2f} s of {seconds:g} s"
        return {"outcome": "lost", "reason": reason, "late": "yes"}
    if late:
        return {"outcome": "exhausted", "reason": f"no verdict within {seconds:g} s"}
    if killed in {signal.SIGXCPU, signal.SIGSEGV, signal.SIGABRT}:
        return {"outcome": "exhausted", "reason": "the expression broke the computer algebra system"}
    return {"outcome": "lost", "reason": f"the worker ended by signal {killed}"}


def _work(question: dict[str, Any], writing: int, server: int) -> None:
    """Answer a question in the worker, and end it."""
    try:
        die_with_parent(server)
        memory = int(question["memory"]) << 20
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        seconds = int(question["seconds"]) + 1
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        try:
            outcome, reason = algebra_system.same(question["answer"], question["gold"])
        except (MemoryError, RecursionError) as error:
            outcome, reason = "exhausted", f"the expression is too large ({type(error).__name__})"
        os.write(writing, json.dumps({"outcome": outcome, "reason": reason}).encode())
    finally:
        os._exit(0)


def main() -> None:
    """Load the system, then serve."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    control = socket.socket(fileno=int(sys.argv[1]))
    algebra_system.warm_up()
    _Server(control, int(sys.argv[2])).serve()


if __name__ == "__main__":
    main()
