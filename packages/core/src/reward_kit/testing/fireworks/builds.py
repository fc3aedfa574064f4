"""Build an uploaded evaluator for real: unpack the archive, look for its requirements, compile and import its code.

Not covered: nothing is installed, no image is made, and ``@evaluation_test`` is not run.
"""

import io
import tarfile
import tempfile
import time
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from reward_kit.testing.fireworks.answers import Refusal
from reward_kit.testing.fireworks.process import ChildProcess, Ended, Job, Limits, Runtime
from reward_kit.testing.fireworks.uploaded_code import missing_requirements, write_files

__all__ = ["Build", "build"]

_MAX_UNPACKED: Final = 256 * 2**20
_MAX_FILES: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """How a build went."""

    problem: str
    """Empty where it succeeded."""
    log: str


class _Failed(Exception):  # noqa: N818 - ends a build, and is told in its log
    """The build cannot go on."""


def build(archive: bytes, *, entry_point: str, requirements: str, runtime: Runtime) -> Build:
    """Build the project in ``archive``, a tar.gz; ``entry_point`` is ``file.py::function``, or empty."""
    log: list[str] = []
    try:
        _build(archive, entry_point, requirements, log, runtime)
    except _Failed as failed:
        log.append(f"BUILD FAILED: {failed}")
        return Build(problem=str(failed).partition("\n")[0], log="\n".join(log) + "\n")
    log.append("BUILD SUCCEEDED")
    return Build(problem="", log="\n".join(log) + "\n")


def _build(archive: bytes, entry_point: str, requirements: str, log: list[str], runtime: Runtime) -> None:
    log.append(f"unpacking {len(archive)} bytes")
    files = _unpacked(archive)
    log.extend(f"  {name} ({len(content)} bytes)" for name, content in sorted(files.items()))
    wanted = files.get("requirements.txt", b"").decode(errors="replace") + "\n" + requirements
    missing = missing_requirements(wanted)
    log.append(f"requirements not found: {', '.join(missing) or 'none'}")
    if missing:
        message = f"no matching distribution found for {', '.join(missing)}"
        raise _Failed(message)
    entries = _entries(entry_point, files)
    with tempfile.TemporaryDirectory(prefix="local-fireworks-", ignore_cleanup_errors=True) as place:
        folder = Path(place).resolve() / "evaluator"
        folder.mkdir()
        try:
            write_files(folder, files, "archive")
        except Refusal as refusal:
            raise _Failed(refusal.message) from refusal
        log.append(f"compiling, and importing {', '.join('::'.join(entry).removesuffix('::') for entry in entries)}")
        with ChildProcess(Job(folder=folder, entries=entries, compile=True), runtime) as child:
            _import(child, log, runtime.limits)


def _import(child: ChildProcess, log: list[str], limits: Limits) -> None:
    problem = ""
    try:
        event = child.next_event(time.monotonic() + limits.total_seconds)
    except Ended as ended:
        problem = f"the code cannot be imported: {ended}"
    else:
        if "import_error" in event:
            trace = child.local(str(event["import_error"])).strip()
            log.append(trace)
            problem = f"the code cannot be imported: {trace.splitlines()[-1]}"
    child.kill()
    if child.output:
        log.append(f"it printed:\n{child.output.rstrip()}")
    if problem:
        raise _Failed(problem)


def _unpacked(archive: bytes) -> dict[str, bytes]:
    """Return the regular files; anything else than these and folders is refused, before it is read."""
    files: dict[str, bytes] = {}
    size = 0
    try:
        with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as tar:
            for member in tar:
                if member.isdir():
                    continue
                size += member.size
                if size > _MAX_UNPACKED or len(files) >= _MAX_FILES:
                    message = f"the archive has more than {_MAX_UNPACKED} bytes or {_MAX_FILES} files"
                    raise _Failed(message)
                content = tar.extractfile(member) if member.isreg() else None
                if content is None:
                    message = f"the archive has {member.name!r}, which is neither a file nor a folder"
                    raise _Failed(message)
                files[member.name.removeprefix("./")] = content.read()
    except (tarfile.TarError, zlib.error, EOFError, OSError) as error:
        message = f"the archive is not a tar.gz: {error}"
        raise _Failed(message) from error
    return files


def _entries(entry_point: str, files: Mapping[str, bytes]) -> list[tuple[str, str]]:
    """Return pairs of file and function to import; an empty function stands for the file alone."""
    if entry_point:
        file, _, function = entry_point.partition("::")
        if file not in files:
            message = f"the entry point {entry_point!r} is not in the archive"
            raise _Failed(message)
        return [(file, function)]
    tests = sorted(name for name in files if name.startswith("test_") and name.endswith(".py"))
    if not tests:
        message = "the archive has no test_*.py, and no entry point was given"
        raise _Failed(message)
    return [(name, "") for name in tests]
