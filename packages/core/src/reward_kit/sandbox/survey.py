"""What a backend's restrictions are on this machine, also where they do not suffice to run anything."""

import functools
from dataclasses import asdict, dataclass
from typing import Any

from reward_kit.sandbox.model import IsolationUnavailableError, Level, Restriction
from reward_kit.sandbox.native import LEVELS, examine, sources, worker_options

__all__ = ["Survey", "survey"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What was found."""

    backend: str
    level: Level
    restrictions: list[Restriction]
    usable: bool
    problem: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return asdict(self)


def survey(backend: str, *, image: str | None = None, require: str = "L1") -> Survey:
    """Examine ``backend``; ``auto`` examines the native one, and docker where that does not suffice."""
    if backend == "docker":
        return _docker(image, require)
    found = _native(require)
    if backend == "auto" and not found.usable:
        other = _docker(image, require)
        return other if other.usable else found
    return found


def _native(require: str) -> Survey:
    from reward_kit.sandbox.jail.worker import Worker

    try:
        level, restrictions = examine(functools.partial(Worker, sources(), worker_options()))
    except IsolationUnavailableError as error:
        return Survey(backend="native", level="none", restrictions=[], usable=False, problem=str(error))
    usable = level in LEVELS[: LEVELS.index(require) + 1]
    problem = "" if usable else f"found level {level}, expected at least {require}"
    return Survey(backend="native", level=level, restrictions=restrictions, usable=usable, problem=problem)


def _docker(image: str | None, require: str) -> Survey:
    from reward_kit.sandbox.docker import DEFAULT_IMAGE, DockerSandbox

    try:
        opened = DockerSandbox(image=image or DEFAULT_IMAGE, workers=1, require=require)  # type: ignore[arg-type]
    except (IsolationUnavailableError, ImportError) as error:
        return Survey(backend="docker", level="none", restrictions=[], usable=False, problem=str(error))
    opened.close()
    return Survey(backend="docker", level=opened.level, restrictions=opened.restrictions(), usable=True)
