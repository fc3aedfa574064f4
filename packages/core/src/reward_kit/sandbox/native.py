"""The native backend: workers on this machine, confined by the kernel. Linux, no daemon, no root needed."""

import functools
import importlib.resources
import os
from collections.abc import Sequence

from reward_kit.errors import UsageError
from reward_kit.sandbox import probe
from reward_kit.sandbox.jail import system
from reward_kit.sandbox.jail.worker import Worker, WorkerError
from reward_kit.sandbox.jailed import JailedSandbox
from reward_kit.sandbox.model import IsolationUnavailableError, Level, Restriction

__all__ = ["DEFAULT_PACKAGES", "NativeSandbox", "sources", "worker_options"]

DEFAULT_PACKAGES = (
    "numpy",
    "sortedcontainers",
    "pandas",
    "scipy",
    "sympy",
    "mpmath",
    "networkx",
    "dateutil",
    "pytz",
    "six",
)
"""What a submission may import besides the standard library, as far as it is installed."""
LEVELS: tuple[Level, ...] = ("L3", "L2", "L1")
SWITCHES = frozenset({"namespaces", "landlock", "seccomp"})


class NativeSandbox(JailedSandbox):
    """Workers on this machine.

    Args:
        workers: how many programs run at the same time.
        require: the weakest level that is taken.
        packages: what may be imported besides the standard library.
        without: restrictions to leave off, for tests of what remains.

    Raises:
        IsolationUnavailableError: the kernel does not give what ``require`` needs.
    """

    def __init__(
        self,
        *,
        workers: int | None = None,
        require: Level = "L1",
        packages: Sequence[str] = DEFAULT_PACKAGES,
        without: Sequence[str] = (),
    ) -> None:
        if not set(without) <= SWITCHES:
            message = f"found without={list(without)!r}, expected some of {sorted(SWITCHES)}"
            raise UsageError(message)
        if not system.supported_machine():
            uname = os.uname()
            message = f"found {uname.sysname} on {uname.machine}; the native sandbox needs Linux on x86_64: use docker"
            raise IsolationUnavailableError(message)
        options = worker_options(packages=packages, without=without)
        start = functools.partial(Worker, sources(), options)
        level, found = examine(start)
        if level not in LEVELS[: LEVELS.index(require) + 1]:
            missing = "; ".join(f"{item.name}: {item.meaning}" for item in found if not item.in_force)
            message = f"found isolation {level!r}, expected at least {require!r}; missing: {missing}"
            raise IsolationUnavailableError(message)
        super().__init__(
            start,
            backend="native",
            level=level,
            restrictions=found,
            workers=workers or os.cpu_count() or 1,
            packages=packages,
            start_for_programs=functools.partial(
                Worker, sources(), worker_options(packages=packages, without=without, programs=True)
            ),
        )


def worker_options(
    *, packages: Sequence[str] = DEFAULT_PACKAGES, without: Sequence[str] = (), programs: bool = False
) -> dict[str, object]:
    """Return what a worker is started with."""
    return {
        "packages": list(packages),
        "without": list(without),
        "programs": programs,
        "work_bytes": 64 << 20,
        "processes": 64,
    }


@functools.cache
def sources() -> dict[str, str]:
    """Return the text of every module that a worker is made of."""
    folder = importlib.resources.files("reward_kit.sandbox.jail")
    files = sorted(file.name for file in folder.iterdir() if file.name.endswith(".py"))
    return {
        f"reward_kit.sandbox.jail.{name[:-3]}": (folder / name).read_text("utf-8")
        for name in files
        if name != "__init__.py"
    }


def examine(start: "functools.partial[Worker]") -> tuple[Level, list[Restriction]]:
    """Start a worker, attack it from within, and say what held.

    Raises:
        IsolationUnavailableError: no worker could be started.
    """
    try:
        with start() as worker:
            return probe.examine(worker, worker.facts)
    except WorkerError as error:
        message = f"the native sandbox does not start here: {error}"
        raise IsolationUnavailableError(message) from error
