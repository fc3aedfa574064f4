"""Choose a backend by name, or the strongest that works."""

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

        return NativeSandbox(**options)
    if name == "docker":
        from reward_kit.sandbox.docker import DockerSandbox

        return DockerSandbox(**options)
    if name == "remote":
        from reward_kit.sandbox.remote import RemoteSandbox

        return RemoteSandbox(**options)
    if name != "auto":
        message = f"found sandbox={name!r}, expected one of {', '.join(BACKENDS)}"
        raise UsageError(message)
    return _strongest(options)


def _strongest(options: dict[str, Any]) -> Sandbox:
    problems = []
    for name in ("native", "docker"):
        try:
            return get_sandbox(name, **options)
        except (IsolationUnavailableError, ImportError) as error:
            problems.append(f"{name}: {error}")
    message = f"no sandbox works here, so no program is run; {'; '.join(problems)}"
    raise IsolationUnavailableError(message)
