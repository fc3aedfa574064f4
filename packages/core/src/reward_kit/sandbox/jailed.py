"""The sandbox that the native and the docker backend share: programs to jobs, jobs to outcomes."""

import dataclasses
import math
import re
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any

from reward_kit.errors import UsageError
from reward_kit.sandbox import languages, reading
from reward_kit.sandbox.jail import leetcode
from reward_kit.sandbox.jail.codec import encode
from reward_kit.sandbox.jail.payload import pack
from reward_kit.sandbox.jail.worker import Job
from reward_kit.sandbox.model import (
    Call,
    Input,
    Level,
    Limits,
    Outcome,
    Program,
    Restriction,
    RunMixin,
    SandboxError,
    Stdin,
    TestOutcome,
    TestSuite,
)
from reward_kit.sandbox.pool import Holder, Pool, WorkerLike

__all__ = ["JailedSandbox"]

MAX_CASES = 200
"""Cases per job: what the server says of them has to fit into one message."""
MAX_INPUT = 256 << 20
SPARE_SECONDS = 5.0
"""What all cases of a job together may take beyond the sum of their times: cases that time out take a little longer."""
LIBRARY = """
array ast base64 binascii bisect calendar cmath csv dataclasses datetime decimal difflib fractions graphlib hashlib
heapq ipaddress json numbers pickle pprint queue random secrets statistics struct textwrap unicodedata uuid zlib
"""
"""Modules of the standard library that a worker imports when the first program does."""
IMPORTS = re.compile(r"^[ \t]*(?:from[ \t]+(\w+)|import[ \t]+([\w.,\t ]+))", re.MULTILINE | re.ASCII)
WORD = re.compile(r"\w+", re.ASCII)


class JailedSandbox(RunMixin):
    """Runs programs in workers of the kind that ``start`` gives."""

    def __init__(
        self,
        start: Callable[[], WorkerLike],
        *,
        backend: str,
        level: Level,
        restrictions: Sequence[Restriction],
        workers: int,
        packages: Sequence[str] = (),
        start_for_programs: Callable[[], WorkerLike] | None = None,
    ) -> None:
        self.backend = backend
        self.level: Level = level
        self._restrictions = list(restrictions)
        self._modules = frozenset(packages) | frozenset(LIBRARY.split())
        self._pool = Pool(start, workers)
        self._start_for_programs = start_for_programs
        self._workers = workers
        self._programs: Pool | None = None

    def restrictions(self) -> list[Restriction]:
        """Say what is in force."""
        return list(self._restrictions)

    def submit(
        self, program: Program, inputs: Sequence[Input], limits: Limits, *, share: bool = False
    ) -> "Future[list[Outcome]]":
        """Run ``program`` on each input, when a worker is free; with ``share`` in one process where that works."""
        if not inputs:
            message = "found no cases, expected at least one"
            raise UsageError(message)
        if program.language != "python":
            language = languages.find(program.language)
            return self._pool_for_programs().submit(
                lambda holder: [
                    self._signed(outcome)
                    for outcome in languages.run(holder, language, program.source, inputs, limits, level=self.level)
                ]
            )
        return self._pool.submit(lambda holder: self._run(holder, program, inputs, limits, share=share))

    def submit_tests(self, program: Program, suite: TestSuite, limits: Limits) -> "Future[TestOutcome]":
        """Run a suite against ``program``, when a worker is free."""
        if program.language != "python":
            message = f"found tests for {program.language!r}; tests written as code are for python"
            raise UsageError(message)
        return self._pool.submit(lambda holder: self._test(holder, program, suite, limits))

    def _pool_for_programs(self) -> Pool:
        if self._start_for_programs is None:
            message = f"the {self.backend} sandbox runs python only"
            raise UsageError(message)
        if self._programs is None:
            self._programs = Pool(self._start_for_programs, self._workers)
        return self._programs

    def close(self) -> None:
        """End all workers."""
        self._pool.close()
        if self._programs is not None:
            self._programs.close()

    def _run(
        self, holder: Holder, program: Program, inputs: Sequence[Input], limits: Limits, *, share: bool
    ) -> list[Outcome]:
        kinds = {type(case) for case in inputs}
        names = {case.function for case in inputs if isinstance(case, Call)}
        if len(kinds) != 1 or len(names) > 1:
            message = "found several kinds of cases or functions in one job, expected one"
            raise UsageError(message)
        mode = "calls" if names else "programs" if share else "program"
        facts = {"entry": names.pop(), "max_value": limits.value_bytes} if names else {}
        found = []
        for at in range(0, len(inputs), MAX_CASES):
            pieces = [_source(program), *(_piece(case) for case in inputs[at : at + MAX_CASES])]
            found += self._cases(
                holder, mode, pack(facts, pieces), len(pieces) - 1, limits, preload=self._used(program)
            )
        return found

    def _cases(
        self, holder: Holder, mode: str, payload: bytes, count: int, limits: Limits, *, preload: list[str]
    ) -> list[Outcome]:
        """Run until every case has an outcome: where a process ends early, the next case begins a new one.

        All together they get the time of ``count`` cases, however many processes a submission wears out.
        """
        found: list[Outcome] = []
        left = limits.seconds * count + SPARE_SECONDS
        while len(found) < count and left > 0:
            positions = list(range(len(found) + 1, count + 1))
            job = self._job(mode, positions, payload, limits)
            hints = {"preload": preload, "budget": min(left, job.request["budget"])}
            returned = holder.run(dataclasses.replace(job, request={**job.request, **hints}))
            left -= sum(case["wall"] for case in returned.cases)
            if mode == "program":
                new = reading.of_programs(returned, limits, self.level, self.backend)
            elif mode == "programs":
                new = reading.of_shared_programs(returned, positions, limits, self.level, self.backend)
            else:
                new = reading.of_calls(returned, positions, limits, self.level, self.backend)
            found += new
        late = Outcome(status="not_run", detail="no time was left", isolation=self.level, backend=self.backend)
        return found + [late] * (count - len(found))

    def _job(self, mode: str, positions: list[int], payload: bytes, limits: Limits) -> Job:
        separate = mode == "program"
        request = _request(limits, mode, positions, processes=1 if separate else len(positions))
        written = limits.of_stdout * len(positions)
        if mode == "programs" and limits.stdout_bytes is not None:
            written = request["file"] = request["file"] + written
        return Job(
            request=request,
            payload=payload,
            max_output=written,
            max_answers=(limits.value_bytes + 64) * len(positions),
        )

    def _test(self, holder: Holder, program: Program, suite: TestSuite, limits: Limits) -> TestOutcome:
        facts: dict[str, Any] = {"kind": suite.kind, "entry": suite.entry}
        tests = [suite.setup.encode(errors="surrogatepass"), *(text.encode() for text in suite.tests)]
        if suite.trust == "split":
            payload, side = pack({}, [_source(program)]), pack(facts, tests)
            request = _request(limits, "split", [1], processes=max(1, len(suite.tests)))
        else:
            payload, side = pack(facts, [_source(program), *tests]), None
            request = _request(limits, "inside", list(range(1, len(tests) + 1)), processes=max(1, len(suite.tests)))
        request["preload"] = self._used(program)
        job = Job(request=request, payload=payload, tests=side, max_output=4096, max_answers=8 << 20)
        return reading.of_tests(holder.run(job), suite, limits, self.level, self.backend)

    def _used(self, program: Program) -> list[str]:
        """Return the packages and modules that a program imports and may: the server imports them once, for all.

        Names are found by a pattern: one too many costs memory, one too few the time of an import in the child.
        """
        words = {word for found in IMPORTS.findall(program.source) for word in WORD.findall(" ".join(found))}
        if leetcode.is_written_for(program.source.encode(errors="replace")):
            words.update(leetcode.MODULES.split())
        return sorted(self._modules & words)

    def _signed(self, outcome: Outcome) -> Outcome:
        return dataclasses.replace(outcome, backend=self.backend, isolation=self.level)


def _request(limits: Limits, mode: str, positions: list[int], *, processes: int) -> dict[str, Any]:
    """Return what the server needs to know; ``processes`` is how many cases one process may take the time of."""
    return {
        "mode": mode,
        "positions": positions,
        "wall": limits.seconds,
        "budget": limits.seconds * max(1, len(positions), processes),
        "cpu": math.ceil(limits.seconds * processes) + 1,
        "memory": limits.memory_mb << 20,
        "file": limits.output_bytes,
        "stdout": limits.of_stdout,
    }


def _source(program: Program) -> bytes:
    return program.source.encode("utf-8", "surrogatepass")


def _piece(case: Input) -> bytes:
    if isinstance(case, Stdin):
        return case.text.encode("utf-8", "surrogatepass")
    arguments: Any = dict(case.kwargs) if case.kwargs else list(case.args)
    if case.kwargs and case.args:
        message = "found positional and keyword arguments in one call, expected one kind"
        raise UsageError(message)
    try:
        return encode(arguments, max_bytes=MAX_INPUT)
    except ValueError as error:
        message = f"the arguments of a case cannot travel: {error}"
        raise SandboxError(message) from error
