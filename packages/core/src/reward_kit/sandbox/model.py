"""What goes into a sandbox and what comes out: frozen values, and the protocol that every backend keeps."""

import asyncio
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from reward_kit.errors import GradingError, PrerequisiteError

__all__ = [
    "Call",
    "Input",
    "IsolationUnavailableError",
    "Level",
    "Limits",
    "Outcome",
    "Program",
    "Restriction",
    "Sandbox",
    "SandboxError",
    "Status",
    "Stdin",
    "TestOutcome",
    "TestSuite",
]

Level = Literal["L3", "L2", "L1", "none", "remote"]
"""How strongly a program was confined; SECURITY.md says what each level is made of."""

Status = Literal[
    "ok", "runtime_error", "time_limit", "memory_limit", "output_limit", "compile_error", "not_run", "sandbox_error"
]
"""How a program ended. All but ``sandbox_error`` are its own doing."""


class SandboxError(GradingError):
    """The sandbox failed, not the program in it: what was to be graded is not graded."""


class IsolationUnavailableError(PrerequisiteError):
    """No backend here can confine a program, so none is run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one program may use."""

    seconds: float = 10.0
    """Wall time per case; the CPU time of one process is bounded by as much, rounded up."""
    memory_mb: int = 512
    """Beyond what the interpreter takes before the program begins."""
    output_bytes: int = 16 << 20
    """Standard output, standard error and each file, per case; the folder for files as a whole gets as much."""
    stdout_bytes: int | None = None
    """Standard output per case, where it is known that a longer one is of no use; None: as ``output_bytes``."""
    value_bytes: int = 4 << 20
    """The text of one returned value."""

    def __post_init__(self) -> None:
        if not (0 < self.seconds <= 86_400 and self.memory_mb >= 16 and self.output_bytes > 0 and self.value_bytes > 0):  # noqa: PLR2004
            message = f"found {self!r}, expected positive limits, at most a day and at least 16 MB"
            raise ValueError(message)

    @property
    def of_stdout(self) -> int:
        """Return the bound of standard output."""
        return self.output_bytes if self.stdout_bytes is None else min(self.stdout_bytes, self.output_bytes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """Source text in a language."""

    source: str
    language: str = "python"


@dataclass(frozen=True, slots=True)
class Stdin:
    """A case that gives text to standard input."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A case that calls ``function`` of the program, or the method of that name of its ``class Solution``."""

    function: str
    args: Sequence[Any] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)


Input = Stdin | Call


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How one case ended."""

    status: Status
    stdout: str = ""
    value: Any = None
    """What a call returned, as the tree of ``reward_kit.sandbox.jail.codec``: plain data, never executed."""
    stderr: str = ""
    """Its end."""
    detail: str = ""
    """One line for humans."""
    cpu: float = 0.0
    wall: float = 0.0
    """Seconds; of the whole process where cases share one."""
    memory: int = 0
    """Bytes resident at the most."""
    isolation: Level = "none"
    backend: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TestSuite:
    """Tests written as code."""

    __test__ = False  # pytest collects classes by this name

    kind: Literal["asserts", "check", "unittest"]
    setup: str = ""
    """Runs before the tests, in the tester: imports, helpers, ``def check``, the TestCase classes."""
    tests: tuple[str, ...] = ()
    """For ``asserts``: one test each."""
    entry: str = ""
    """The function under test; for ``check`` it is what ``check`` is called with."""
    trust: Literal["split", "in-process"] = "split"
    """``in-process``: the tests run in the submission's own process, which can forge their verdict."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TestOutcome:
    """How a suite ended."""

    __test__ = False

    passed: tuple[bool, ...]
    details: tuple[str, ...]
    outcome: Outcome
    """The submission's process as a whole."""
    trust: Literal["split", "in-process"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Restriction:
    """One of the things that confine a program: whether it is in force here, and what that means."""

    name: str
    in_force: bool
    meaning: str


class Sandbox(Protocol):
    """Runs untrusted programs; safe for many threads, which fill its workers."""

    backend: str
    level: Level

    def restrictions(self) -> list[Restriction]:
        """Say what is in force."""
        ...

    def submit(
        self, program: Program, inputs: Sequence[Input], limits: Limits, *, share: bool = False
    ) -> "Future[list[Outcome]]":
        """Run ``program`` on each input, when a worker is free; with ``share`` in one process where that works."""
        ...

    def submit_tests(self, program: Program, suite: TestSuite, limits: Limits) -> "Future[TestOutcome]":
        """Run a suite against ``program``, when a worker is free."""
        ...

    def close(self) -> None:
        """End all workers."""
        ...


class RunMixin:
    """The forms of running that follow from ``submit``."""

    def run(
        self: Sandbox,
        program: Program,
        *,
        stdin: str | None = None,
        call: Call | None = None,
        limits: Limits | None = None,
    ) -> Outcome:
        """Run ``program`` once, with ``stdin`` or by a ``call``, and return how that ended.

        Raises:
            SandboxError: the sandbox failed, not the program.
        """
        case = call if call is not None else Stdin(stdin or "")
        return self.submit(program, [case], limits or Limits()).result()[0]

    def run_batch(
        self: Sandbox,
        jobs: Sequence[tuple[Program, Sequence[Input]]],
        *,
        limits: Limits | None = None,
        share: bool = False,
    ) -> list[list[Outcome]]:
        """Run many programs at the same time and return their outcomes in order."""
        waiting = [self.submit(program, inputs, limits or Limits(), share=share) for program, inputs in jobs]
        return [future.result() for future in waiting]

    async def arun(
        self: Sandbox,
        program: Program,
        *,
        stdin: str | None = None,
        call: Call | None = None,
        limits: Limits | None = None,
    ) -> Outcome:
        """Do what ``run`` does without blocking the event loop."""
        case = call if call is not None else Stdin(stdin or "")
        outcomes = await asyncio.wrap_future(self.submit(program, [case], limits or Limits()))
        return outcomes[0]
