"""A fresh fork, from the server's last line to the submission's first: descriptors, limits, filter."""

import os
import resource
import sys
from collections.abc import Callable, Mapping
from typing import NamedTuple, NoReturn

from reward_kit.sandbox.jail import running, seccomp, serving, tester
from reward_kit.sandbox.jail.payload import Payload
from reward_kit.sandbox.jail.system import die_with_parent

__all__ = ["FIRST_FREE", "PAYLOAD", "Order", "arrange", "become", "limit_for_good", "within_hard_limits"]

STARTED, PAYLOAD, PEER = 4, 5, 6
FIRST_FREE = 7
MAX_DESCRIPTOR = 1 << 20


class Order(NamedTuple):
    """What a child is to do: made before the fork, since a child copies a page for nearly all that it makes."""

    mode: str
    """A key of ``MODES``, or ``exec``."""
    positions: list[int]
    arrangement: tuple[tuple[int, int], ...]
    """Descriptors of the server, and what they become: see ``arrange``."""
    limits: tuple[tuple[int, tuple[int, int]], ...]
    """Resources, and how much of each."""
    filter: seccomp.Filter
    command: list[str]
    """For ``exec``: what to become."""


def arrange(*descriptors: int) -> tuple[tuple[int, int], ...]:
    """Return what the descriptors of a child become: 0 and up, in their order.

    They are standard input, output and error, answers, "started", the payload, and the socket between a submission
    and its tester where there is one.

    Raises:
        ValueError: one of them is where another is to go.
    """
    if min(descriptors) < FIRST_FREE:
        message = f"found descriptors {descriptors}, expected none below {FIRST_FREE}"
        raise ValueError(message)
    return tuple(zip(descriptors, range(len(descriptors)), strict=False))


def become(order: Order, parent: int) -> NoReturn:
    """Confine this process, tell the server, run the submission, and end."""
    code = 70
    try:
        die_with_parent(parent)
        os.setsid()
        for source, target in order.arrangement:
            os.dup2(source, target)
        os.closerange(len(order.arrangement), MAX_DESCRIPTOR)
        for which, bounds in order.limits:
            resource.setrlimit(which, bounds)
        _draw_anew()
        order.filter.install()
        payload = Payload(PAYLOAD)
        os.write(STARTED, b".")
        os.close(STARTED)
        code = MODES[order.mode](payload, order)
    except MemoryError:
        code = 71
    except BaseException as error:  # noqa: BLE001 - the end of the process
        os.write(2, running.say_failure(error))
        code = 1
    finally:
        os._exit(code)


def _draw_anew() -> None:
    """Let no two cases draw the same random numbers."""
    for name in ("random", "numpy.random"):
        module = sys.modules.get(name)
        if module is not None:
            module.seed()


def _execute(payload: Payload, order: Order) -> NoReturn:
    """Become a program that is not Python."""
    running.prepare_program(payload, order.positions[0])
    os.closerange(3, FIRST_FREE)
    os.execve(order.command[0], order.command, dict(ENVIRONMENT_OF_PROGRAMS))  # noqa: S606 - the purpose


MODES: dict[str, Callable[[Payload, Order], int]] = {
    "exec": _execute,
    "program": lambda payload, order: running.run_program(payload, order.positions[0]),
    "programs": lambda payload, order: running.run_programs(payload, order.positions),
    "calls": lambda payload, order: running.run_calls(payload, order.positions),
    "serve": lambda payload, _: serving.serve(payload, PEER),
    "test": lambda payload, _: tester.test(payload, PEER),
    "inside": lambda payload, order: tester.test_inside(payload, order.positions),
}
ENVIRONMENT_OF_PROGRAMS = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": "/nonexistent", "TMPDIR": "."}


def within_hard_limits(wanted: Mapping[int, int]) -> tuple[tuple[int, tuple[int, int]], ...]:
    """Return limits as they can be set: what is wanted, or what this process may have at the most."""
    found = []
    for which, value in wanted.items():
        hard = resource.getrlimit(which)[1]
        bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
        found.append((which, (bound, bound)))
    return tuple(found)


def limit_for_good() -> None:
    """Set the limits that are the same for every case, in the server, whose children inherit them."""
    wanted = {resource.RLIMIT_NOFILE: 128, resource.RLIMIT_CORE: 0, resource.RLIMIT_MEMLOCK: 0}
    for which, bounds in within_hard_limits(wanted):
        resource.setrlimit(which, bounds)
