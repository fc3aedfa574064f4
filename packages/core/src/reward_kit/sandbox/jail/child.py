"""A fresh fork, from the server's last line to the submission's first: descriptors, limits, filter."""

import os
import resource
import sys
from dataclasses import dataclass
from typing import NoReturn

from reward_kit.sandbox.jail import running, seccomp, serving, tester
from reward_kit.sandbox.jail.payload import Payload
from reward_kit.sandbox.jail.system import close_all_but, die_with_parent

__all__ = ["FIRST_FREE", "Descriptors", "Settings", "become", "limit_for_good"]

STARTED, PAYLOAD, PEER = 4, 5, 6
FIRST_FREE = 7


@dataclass(frozen=True)
class Descriptors:
    """What a child keeps of the server's descriptors; they become 0 to 6 in this order."""

    stdin: int
    stdout: int
    stderr: int
    answers: int
    started: int
    payload: int
    peer: int | None = None
    """The socket between a submission and its tester."""


@dataclass(frozen=True)
class Settings:
    """What a child may use."""

    mode: str
    """``program``, ``programs``, ``calls``, ``serve``, ``test`` or ``exec``."""
    positions: list[int]
    cpu_seconds: int
    memory_bytes: int
    file_bytes: int
    filter: seccomp.Filter
    work: str
    processes: int | None
    """How many processes and threads its user may have; None leaves the system's limit."""
    command: list[str]
    """For ``exec``: what to become."""
    stack_bytes: int = 0
    """For ``exec``: the stack of its main thread, and what a thread of it reserves; 0 leaves what there is."""
    reserve_only: bool = False
    """Bound what is written to memory, not what is reserved: for runtimes that reserve gigabytes."""


def become(descriptors: Descriptors, settings: Settings, parent: int) -> NoReturn:
    """Confine this process, tell the server, run the submission, and end."""
    code = 70
    try:
        die_with_parent(parent)
        os.setsid()
        _arrange(descriptors)
        _limit(settings)
        os.chdir(settings.work)
        settings.filter.install()
        payload = Payload(PAYLOAD)
        sys.argv = [""]
        os.write(STARTED, b".")
        os.close(STARTED)
        code = _run(settings, payload)
    except MemoryError:
        code = 71
    except BaseException as error:  # noqa: BLE001 - the end of the process
        os.write(2, running.say_failure(error))
        code = 1
    finally:
        os._exit(code)


def _run(settings: Settings, payload: Payload) -> int:
    if settings.mode == "exec":
        running.prepare_program(payload, settings.positions[0])
        os.closerange(3, FIRST_FREE)
        os.execve(settings.command[0], settings.command, dict(ENVIRONMENT_OF_PROGRAMS))  # noqa: S606 - the purpose
    if settings.mode == "serve":
        return serving.serve(payload, PEER)
    if settings.mode == "test":
        return tester.test(payload, PEER)
    if settings.mode == "program":
        return running.run_program(payload, settings.positions[0])
    run = {"programs": running.run_programs, "calls": running.run_calls, "inside": tester.test_inside}
    return run[settings.mode](payload, settings.positions)


ENVIRONMENT_OF_PROGRAMS = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": "/nonexistent", "TMPDIR": "."}


def _arrange(found: Descriptors) -> None:
    """Move the descriptors to 0 … 6 and close every other one."""
    wanted = [found.stdin, found.stdout, found.stderr, found.answers, found.started, found.payload]
    if found.peer is not None:
        wanted.append(found.peer)
    for target, source in enumerate(wanted):
        if source < FIRST_FREE:
            message = f"the descriptor {source} is in the way of {target}"
            raise OSError(message)
        os.dup2(source, target, inheritable=True)
    close_all_but(*range(3, len(wanted)))


def limit_for_good() -> None:
    """Set the limits that are the same for every case, in the server, whose children inherit them."""
    for which, value in ((resource.RLIMIT_NOFILE, 128), (resource.RLIMIT_CORE, 0), (resource.RLIMIT_MEMLOCK, 0)):
        _bound(which, value)


def _limit(settings: Settings) -> None:
    if settings.processes is not None:
        # Not in the server: where workers share a user, one's flood of threads must not keep another's from forking.
        _bound(resource.RLIMIT_NPROC, settings.processes)
    _bound(resource.RLIMIT_CPU, settings.cpu_seconds)
    _bound(resource.RLIMIT_DATA if settings.reserve_only else resource.RLIMIT_AS, settings.memory_bytes)
    _bound(resource.RLIMIT_FSIZE, settings.file_bytes)
    if settings.stack_bytes:
        _bound(resource.RLIMIT_STACK, settings.stack_bytes)


def _bound(which: int, value: int) -> None:
    hard = resource.getrlimit(which)[1]
    bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(which, (bound, bound))
