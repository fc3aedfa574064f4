"""A fresh fork, from the server's last line to the submission's first: descriptors, limits, filter."""

import os
import resource
from dataclasses import dataclass
from typing import NoReturn

from reward_kit.sandbox.jail import running, seccomp, serving, tester, warm
from reward_kit.sandbox.jail.payload import Payload
from reward_kit.sandbox.jail.system import die_with_parent

__all__ = ["FIRST_FREE", "Descriptors", "Settings", "become", "limit_for_good", "within_hard_limit"]

STARTED, PAYLOAD, PEER = 4, 5, 6
FIRST_FREE = 7
MAX_DESCRIPTOR = 1 << 20


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
    limits: list[tuple[int, int]]
    """Resources and how much of each."""
    filter: seccomp.Filter
    command: list[str]
    """For ``exec``: what to become."""


def become(descriptors: Descriptors, settings: Settings, parent: int) -> NoReturn:
    """Confine this process, tell the server, run the submission, and end."""
    code = 70
    try:
        die_with_parent(parent)
        os.setsid()
        _arrange(descriptors)
        for which, value in settings.limits:
            resource.setrlimit(which, (value, value))
        warm.renew()
        settings.filter.install()
        payload = Payload(PAYLOAD)
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
    if min(wanted) < FIRST_FREE:
        message = f"a descriptor of {wanted} is in the way of those that a child has"
        raise OSError(message)
    for target, source in enumerate(wanted):
        os.dup2(source, target, inheritable=True)
    os.closerange(len(wanted), MAX_DESCRIPTOR)


def limit_for_good(processes: int | None) -> None:
    """Set the limits that are the same for every case, in the server, whose children inherit them."""
    for which, value in (
        (resource.RLIMIT_NOFILE, 128),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_MEMLOCK, 0),
        (resource.RLIMIT_NPROC, processes),
    ):
        if value is not None:
            bound = within_hard_limit(which, value)
            resource.setrlimit(which, (bound, bound))


def within_hard_limit(which: int, value: int) -> int:
    """Return ``value``, or what this process may have at the most."""
    hard = resource.getrlimit(which)[1]
    return value if hard == resource.RLIM_INFINITY else min(value, hard)
