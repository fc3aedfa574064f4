"""Choose a backend by name, or the strongest that works."""

import atexit
import functools
from typing import Any

from reward_kit.errors import UsageError
from reward_kit.sandbox.model import IsolationUnavailableError, Sandbox

__all__ = ["BACKENDS", "get_sandbox"]

BACKENDS = ("auto", "native", "docker", "remote")


@functools.cache
def get_sandbox(name: str = "auto", **options: Any) -> Sandbox:  # noqa: ANN401 - what the backend takes
    """Return the sandbox ``name``, the same one each time in this process; ``auto`` takes native, else docker.

    ``options`` are the backend's own: ``workers``, ``require``; ``image`` for docker; ``url`` for remote.

    Raises:
        IsolationUnavailableError: nothing here can confine a program.
        UsageError: there is no backend of that name.
    """
    if name == "native":
        from reward_kit.sandbox.native import NativeSandbox

        return _until_exit(NativeSandbox(**options))
    if name == "docker":
        from reward_kit.sandbox.docker import DockerSandbox

        return _until_exit(DockerSandbox(**options))
    if name == "remote":
        from reward_kit.sandbox.remote import RemoteSandbox

        return _until_exit(RemoteSandbox(**options))
    if name != "auto":
        message = f"found sandbox={name!r}, expected one of {', '.join(BACKENDS)}"
        raise UsageError(message)
    return _strongest(options)


def _until_exit(sandbox: Sandbox) -> Sandbox:
    atexit.register(sandbox.close)
    return sandbox


def _strongest(options: dict[str, Any]) -> Sandbox:
    problems = []
    for name in ("native", "docker"):
        try:
            return get_sandbox(name, **options)
        except (IsolationUnavailableError, ImportError) as error:
            problems.append(f"{name}: {error}")
    message = f"no sandbox works here, so no program is run; {'; '.join(problems)}"
    raise IsolationUnavailableError(message)
