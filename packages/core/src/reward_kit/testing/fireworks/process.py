"""A child process for code that was uploaded: bounded in time, output and memory, without this process's environment.

Not covered: this is no sandbox. The code runs as this user and can read files and open sockets; it is for code that
whoever runs the server wrote.
"""

import contextlib
import io
import json
import os
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

__all__ = ["ChildProcess", "Ended", "Job", "Limits", "Runtime"]

_SCRIPT: Final = Path(__file__).with_name("evaluator_child.py")
_TICK: Final = 0.1
_READ: Final = 1 << 16
_LAST_READS: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What uploaded code may use."""

    sample_seconds: float = 10.0
    import_seconds: float = 60.0
    total_seconds: float = 300.0
    """For all the samples of a criterion, and for a build."""
    output_bytes: int = 16_384
    """How much of what it prints is kept, from the end."""
    event_bytes: int = 1 << 20
    """The longest single result."""
    memory_bytes: int = 4 << 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Runtime:
    """How uploaded code is run by one server."""

    limits: Limits
    stopping: threading.Event
    """Set when the server is being stopped: whatever runs, ends."""
    environment: Callable[[], Mapping[str, str]] = dict
    """The secrets of the account, as variables."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What a child does."""

    folder: Path
    """The uploaded files; what the child needs besides is put next to this folder."""
    entries: Sequence[tuple[str, str]]
    """Files to import, each with the function to find in it, or with nothing. The first one grades the samples."""
    samples: Sequence[Mapping[str, Any]] = ()
    compile: bool = False
    """Whether to compile every file first."""


def _environment(place: Path) -> dict[str, str]:
    return {"PATH": os.defpath, "HOME": str(place), "TMPDIR": str(place), "LANG": "C.UTF-8"}


class Ended(Exception):  # noqa: N818 - tells how the child came to its end
    """The child will say no more."""


class ChildProcess:
    """``evaluator_child.py`` at work on a job, in a process group of its own; it reports events as lines of JSON."""

    def __init__(self, job: Job, runtime: Runtime) -> None:
        self._limits = runtime.limits
        self._stopping = runtime.stopping
        self._folder = job.folder
        place = job.folder.parent
        description = {**asdict(job), "folder": str(job.folder), "memory_bytes": self._limits.memory_bytes}
        (place / "job.json").write_text(json.dumps(description), encoding="utf-8")
        self._pending = b""
        self._output = bytearray()
        read_end, write_end = os.pipe()
        self._events = _pipe(read_end)
        printed, print_end = os.pipe()
        self._printed = _pipe(printed)
        try:
            self._process = subprocess.Popen(  # noqa: S603 - running uploaded code is what this is for
                [sys.executable, "-I", "-B", "-u", "-X", "utf8", str(_SCRIPT), str(place / "job.json"), str(write_end)],
                stdin=subprocess.DEVNULL,
                stdout=print_end,
                stderr=print_end,
                cwd=job.folder,
                env={**runtime.environment(), **_environment(place)},
                pass_fds=(write_end,),
                start_new_session=True,
            )
        except BaseException:
            self._events.close()
            self._printed.close()
            raise
        finally:
            os.close(write_end)
            os.close(print_end)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    @property
    def output(self) -> str:
        """The end of what the code printed."""
        return self.local(bytes(self._output).decode(errors="replace"))

    def local(self, text: str) -> str:
        """Return ``text`` with the paths of the temporary folder made relative."""
        return text.replace(f"{self._folder}{os.sep}", "")

    def next_event(self, deadline: float) -> Mapping[str, Any]:
        """Return the next event.

        Raises:
            Ended: the process ended, or said nothing until ``deadline`` (``time.monotonic``); then it was killed.
        """
        with selectors.DefaultSelector() as selector:
            selector.register(self._events, selectors.EVENT_READ)
            selector.register(self._printed, selectors.EVENT_READ)
            while b"\n" not in self._pending:
                left = deadline - time.monotonic()
                if left <= 0 or self._stopping.is_set():
                    self.kill()
                    message = (
                        "it did not answer in time and was stopped" if left <= 0 else "the server is being stopped"
                    )
                    raise Ended(message)
                ready = [key.fileobj for key, _ in selector.select(min(left, _TICK))]
                if self._printed in ready and not self._read_output():
                    selector.unregister(self._printed)
                if self._events in ready and not self._read_event():
                    raise Ended(self._how_it_ended(deadline))
        line, _, self._pending = self._pending.partition(b"\n")
        return self._event(line)

    def kill(self) -> None:
        """End the process and everything in its group, take the rest of its output, and let go of it."""
        if self._printed.closed:
            return
        with contextlib.suppress(ProcessLookupError):  # all of it has ended
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for _ in range(_LAST_READS):
            if not self._read_output():
                break
        self._printed.close()
        self._events.close()

    def _read_output(self) -> bool:
        data = self._printed.read(_READ)  # None where something that escaped the group holds the pipe, and is silent
        self._output += data or b""
        del self._output[: -self._limits.output_bytes]
        return bool(data)

    def _read_event(self) -> bool:
        data = self._events.read(_READ)
        self._pending += data or b""
        if len(self._pending) > self._limits.event_bytes:
            self.kill()
            message = f"it returned more than {self._limits.event_bytes} bytes and was stopped"
            raise Ended(message)
        return bool(data)

    def _event(self, line: bytes) -> Mapping[str, Any]:
        try:
            event = json.loads(line)
        except (ValueError, RecursionError):
            event = None
        if not isinstance(event, dict):
            self.kill()
            message = "it wrote to the channel of its results, and was stopped"
            raise Ended(message)
        return event

    def _how_it_ended(self, deadline: float) -> str:
        try:
            code = self._process.wait(max(0.0, min(1.0, deadline - time.monotonic())))
        except subprocess.TimeoutExpired:
            self.kill()
            return "it closed the channel of its results, and was stopped"
        self.kill()
        return f"its process ended with exit code {code}" if code >= 0 else f"its process was ended by signal {-code}"


def _pipe(descriptor: int) -> io.FileIO:
    os.set_blocking(descriptor, False)
    return io.FileIO(descriptor, "rb")
