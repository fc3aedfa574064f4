"""The fork server: takes jobs from the grader, forks a confined child for each case, and says how it ended.

It reads no program, no input and no answer: those pass it as descriptors of memory files. When the grader goes
away, by whatever way, so do the child, this process and everything that the child left.
"""

import array
import contextlib
import gc
import json
import os
import resource
import select
import signal
import socket
import sys
import time
from collections.abc import Sequence
from typing import Any

from reward_kit.sandbox.jail import seccomp, warm, workplace
from reward_kit.sandbox.jail.child import FIRST_FREE, Order, arrange, become, limit_for_good, within_hard_limits
from reward_kit.sandbox.jail.descriptors import Start, append, out_of_the_way

__all__ = ["Server", "soften_limits"]

MAX_REQUEST = 60_000
MAX_DESCRIPTORS = 8
STDERR_KEPT = 4000
"""Bytes of each case's standard error that are handed on."""
TICK = 0.025
"""Seconds between looks at what a running child has written."""


class Server:
    """Serves one grader over ``control``, with one child (and its tester) at a time."""

    def __init__(
        self, control: socket.socket, work: str | None, processes: int | None, *, owns_all: bool, sizes: int
    ) -> None:
        self._control = control
        self._work = work
        self._processes = processes
        self._owns_all = owns_all
        """Whether this process is the first of its pid namespace: then whatever else lives there may be killed."""
        self._sizes = out_of_the_way(sizes)
        """/proc/self/statm, opened when that was still allowed."""
        self._base = 0
        """Bytes of address space that a child is born with: its limit comes on top."""
        self._preloaded: set[str] = set()
        self._null = out_of_the_way(os.open("/dev/null", os.O_RDWR | os.O_CLOEXEC))
        for below in range(3, FIRST_FREE):  # so that what is opened from here on needs no moving
            os.dup2(self._null, below, inheritable=False)
        self._starts = [Start(), Start()]
        self._filters = {
            (fork, execute): seccomp.Filter(seccomp.Policy(fork=fork, execute=execute))
            for fork in (False, True)
            for execute in (False, True)
        }
        self._poll = select.poll()
        self._poll.register(control, select.POLLIN)

    def serve(self) -> None:
        """Do what the grader asks until it hangs up."""
        limit_for_good()
        os.chdir(self._work or "/")  # where children begin
        sys.argv = [""]
        warm.rehearse()
        _forget_the_harness()
        gc.collect()
        gc.freeze()
        self._base = self._size()
        while True:
            request, descriptors = self._receive()
            if request is None:
                return
            try:
                answer = self._do(request, descriptors)
            except OSError as error:
                answer = {"error": f"{type(error).__name__}: {error}"}
            finally:
                for descriptor in descriptors:
                    os.close(descriptor)
            self._control.send(json.dumps(answer).encode())

    def _receive(self) -> tuple[dict[str, Any] | None, list[int]]:
        room = socket.CMSG_SPACE(MAX_DESCRIPTORS * 4)
        data, ancillary, _, _ = self._control.recvmsg(MAX_REQUEST, room, socket.MSG_CMSG_CLOEXEC)
        descriptors = array.array("i")
        for level, kind, content in ancillary:
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                descriptors.frombytes(content[: len(content) - len(content) % descriptors.itemsize])
        return (json.loads(data) if data else None), [out_of_the_way(number) for number in descriptors]

    def _do(self, request: dict[str, Any], descriptors: list[int]) -> dict[str, Any]:
        if self._work and request.get("fresh"):
            workplace.wipe(self._work)
        self._preload(request.get("preload", ()))
        mode = request["mode"]
        if mode == "split":
            return {"cases": [self._split(request, descriptors)]}
        return {"cases": self._alone(request, descriptors)}

    def _preload(self, names: Sequence[str]) -> None:
        """Import modules for all that come after; what they take counts for none of these."""
        new = [name for name in names if name not in self._preloaded]
        if new:
            self._preloaded.update(new)
            warm.load(new)
            self._base = self._size()

    def _size(self) -> int:
        return int(os.pread(self._sizes, 64, 0).split()[0]) * resource.getpagesize()

    def _alone(self, request: dict[str, Any], found: list[int]) -> list[dict[str, Any]]:
        """Run one child on all inputs, or in the mode ``program`` one on each; say how each ended."""
        stdin, stdout, stderr, answers, payload = found
        start = self._starts[0]
        order = self._order(request, request["mode"], stdin, stdout, stderr, answers, start.told, payload)
        if order.mode != "program":
            ended = self._child(request, order, answers if len(order.positions) > 1 else None)
            return [{**ended, "stdout": os.fstat(stdout).st_size, "stderr": os.fstat(stderr).st_size}]
        until = time.monotonic() + request["budget"]
        cases: list[dict[str, Any]] = []
        for position in order.positions:
            if time.monotonic() > until:
                break
            cases.append(self._case(request, order._replace(positions=[position]), stdout, stderr))
        return cases

    def _case(self, request: dict[str, Any], order: Order, stdout: int, stderr: int) -> dict[str, Any]:
        """Run one case on files of its own, and append what it wrote to those of the job, as far as it is of use."""
        own = [out_of_the_way(os.memfd_create(name, os.MFD_CLOEXEC)) for name in ("stdin", "stdout", "stderr")]
        try:
            others = (source for source, _ in order.arrangement[3:])
            ended = self._child(request, order._replace(arrangement=arrange(*own, *others)), None)
            append(own[1], stdout, 0, request["stdout"])
            append(own[2], stderr, max(0, os.fstat(own[2]).st_size - STDERR_KEPT), STDERR_KEPT)
        finally:
            for descriptor in own:
                os.close(descriptor)
        return {**ended, "stdout": os.fstat(stdout).st_size, "stderr": os.fstat(stderr).st_size}

    def _child(self, request: dict[str, Any], order: Order, grows: int | None) -> dict[str, Any]:
        """Run one child and say how it ended."""
        ended = self._watch(self._fork(order), request, grows)
        ended["started"] = self._starts[0].was_made()
        return ended

    def _split(self, request: dict[str, Any], found: list[int]) -> dict[str, Any]:
        """Run a submission and its tester, and say how both ended."""
        stdin, stdout, stderr, answers, payload, tests = found
        ends = [out_of_the_way(end.detach()) for end in socket.socketpair()]
        null = self._null
        ours, theirs = self._starts
        try:
            # The tester first: once the submission runs, nothing that it does can keep the tester from starting.
            tester = self._fork(self._order(request, "test", null, null, null, answers, theirs.told, tests, ends[1]))
            theirs.wait()
            submission = self._fork(
                self._order(request, "serve", stdin, stdout, stderr, null, ours.told, payload, ends[0])
            )
            ours.wait()  # tests that are broken end at once; that the submission then had not begun is no failure
        finally:
            for end in ends:
                os.close(end)
        # Wiped when both are gone: a submission that goes on making files could keep the folder from being empty.
        ended = self._watch(tester, {**request, "keep": True}, answers)
        ended["submission"] = self._end(submission)
        started = [start.was_made() for start in self._starts]
        ended["started"] = all(started)
        ended["stdout"], ended["stderr"] = os.fstat(stdout).st_size, os.fstat(stderr).st_size
        return ended

    def _order(self, request: dict[str, Any], mode: str, *descriptors: int) -> Order:
        return Order(
            mode=mode,
            positions=request["positions"],
            arrangement=arrange(*descriptors),
            limits=self._limits(request, mode),
            filter=self._filters[request.get("fork", False), mode == "exec"],
            command=request.get("command", []),
        )

    def _limits(self, request: dict[str, Any], mode: str) -> tuple[tuple[int, tuple[int, int]], ...]:
        """Return what a child may use.

        The memory of Python comes on top of what the server has; runtimes that reserve gigabytes are bounded in what
        they write to. Processes and threads are not bounded in the server itself: where workers share a user, one's
        flood of threads must not keep another's from forking.
        """
        wanted = {resource.RLIMIT_CPU: request["cpu"], resource.RLIMIT_FSIZE: request["file"]}
        if mode == "exec":
            wanted[resource.RLIMIT_DATA] = request["memory"]
        else:
            wanted[resource.RLIMIT_AS] = request["memory"] + self._base
        if self._processes is not None:
            wanted[resource.RLIMIT_NPROC] = self._processes
        if stack := request.get("stack", 0):  # of its main thread, and what a thread of it reserves
            wanted[resource.RLIMIT_STACK] = stack
        return within_hard_limits(wanted)

    def _fork(self, order: Order) -> int:
        me = os.getpid()
        pid = os.fork()
        if pid == 0:
            become(order, me)
        return pid

    def _watch(self, pid: int, request: dict[str, Any], grows: int | None) -> dict[str, Any]:
        """Wait for a child; kill it when its time is up, its folder is overfull, or the grader is gone.

        Its time begins anew whenever ``grows`` has grown: another case was answered.
        """
        began = now = time.monotonic()
        size, since, reason = 0, began, ""
        handle = os.pidfd_open(pid)
        self._poll.register(handle, select.POLLIN)
        try:
            while not reason:
                left = min(since + request["wall"], began + request["budget"]) - now
                if left <= 0:
                    reason = "time"
                    break
                ready = self._poll.poll(max(1, min(left, TICK) * 1000))
                if any(number == handle for number, _ in ready):
                    break
                if ready:
                    reason = self._interrupted()
                now = time.monotonic()
                if grows is not None and os.fstat(grows).st_size != size:
                    size, since = os.fstat(grows).st_size, now
                if self._work and workplace.is_overfull(self._work, request["file"]):
                    reason = "disk"
        finally:
            self._poll.unregister(handle)
            os.close(handle)
        ended = self._end(pid, kill=bool(reason), group=request.get("fork", False), keep=request.get("keep", False))
        return {**ended, "reason": reason, "wall": round(time.monotonic() - began, 6)}

    def _interrupted(self) -> str:
        """Say what the grader wants in the middle of a job: it is gone, or it gives up."""
        if not self._control.recv(16):
            return "gone"
        return "cancelled"

    def _end(self, pid: int, *, kill: bool = True, group: bool = False, keep: bool = False) -> dict[str, Any]:
        """Reap a child, with all that it left, and say what it used; ``keep`` leaves its files to the next one."""
        if kill:
            os.kill(pid, signal.SIGKILL)
        if group:
            os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
            with contextlib.suppress(OSError):
                os.killpg(pid, signal.SIGKILL)
        _, status, used = os.wait4(pid, 0)
        if group and self._owns_all:
            self._end_the_rest()
        if self._work and not keep:
            workplace.wipe(self._work, thoroughly=group)
        code = os.waitstatus_to_exitcode(status)
        cpu = round(used.ru_utime + used.ru_stime, 6)
        return {"code": code, "cpu": cpu, "memory": used.ru_maxrss * 1024}

    def _end_the_rest(self) -> None:
        """Kill and reap all others of this pid namespace: what a compiler left. Submissions cannot fork."""
        with contextlib.suppress(OSError):
            os.kill(-1, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            while True:
                os.waitpid(-1, 0)


def _forget_the_harness() -> None:
    """Take the harness out of what ``import`` finds; nothing in it is secret, but a program starts without it.

    Once, here: in each child it would cost more than the fork.
    """
    for name in [name for name in sys.modules if name.split(".", 1)[0] == "reward_kit"]:
        del sys.modules[name]


def soften_limits() -> None:
    """Take a stack as large as deep recursion in C needs; children inherit it."""
    hard = resource.getrlimit(resource.RLIMIT_STACK)[1]
    wanted = 128 << 20
    resource.setrlimit(resource.RLIMIT_STACK, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard))
