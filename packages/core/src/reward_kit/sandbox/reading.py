"""Make outcomes of what a worker brought back: the server's facts decide, the submission's bytes are only answers."""

import signal
from collections.abc import Mapping, Sequence
from typing import Any

from reward_kit.sandbox.jail.codec import CodecError, decode
from reward_kit.sandbox.jail.payload import records
from reward_kit.sandbox.jail.worker import Returned
from reward_kit.sandbox.model import Level, Limits, Outcome, SandboxError, Status, TestOutcome, TestSuite

__all__ = ["of_calls", "of_programs", "of_shared_programs", "of_tests", "status_of"]

OUT_OF_MEMORY = 71
"""The exit code that a child gives when memory ends before its program begins."""
MAX_TESTS = 10_000
"""In one suite."""


def status_of(case: Mapping[str, Any], limits: Limits, stdout_bytes: int, stderr: str) -> tuple[Status, str]:
    """Say how a process ended, and why in a few words.

    Raises:
        SandboxError: it never came to run the program.
    """
    if case["reason"] in {"gone", "cancelled"} or not case["started"]:
        message = f"the sandbox did not start the program (exit code {case['code']}): {stderr[-200:]!r}"
        raise SandboxError(message)
    code = case["code"]
    if case["reason"] == "time" or code == -signal.SIGXCPU:
        return "time_limit", f"longer than {limits.seconds:g} s"
    if case["reason"] == "disk" or code == -signal.SIGXFSZ or stdout_bytes >= limits.of_stdout:
        return "output_limit", f"more than {limits.of_stdout} bytes written"
    if code == -signal.SIGKILL:
        if case["cpu"] >= limits.seconds * 0.9:
            return "time_limit", f"longer than {limits.seconds:g} s"
        return "memory_limit", "killed by the kernel"
    if code == 0:
        return "ok", ""
    last = stderr.strip().rsplit("\n", 1)[-1]
    if code == OUT_OF_MEMORY or last.startswith("MemoryError") or "bad_alloc" in last:
        return "memory_limit", f"more than {limits.memory_mb} MB"
    if code < 0:
        return "runtime_error", _name_of_signal(-code)
    return "runtime_error", last[:300] or f"exit code {code}"


def _name_of_signal(number: int) -> str:
    try:
        return f"ended by {signal.Signals(number).name}"
    except ValueError:
        return f"ended by signal {number}"


def _text(data: bytes) -> str:
    return data.decode("utf-8", "backslashreplace")


def _outcome(
    case: Mapping[str, Any], limits: Limits, stdout: bytes, stderr: bytes, level: Level, *, backend: str
) -> Outcome:
    said = _text(stderr)
    status, detail = status_of(case, limits, len(stdout), said)
    return Outcome(
        status=status,
        detail=detail,
        stdout=_text(stdout),
        stderr=said,
        cpu=case["cpu"],
        wall=case["wall"],
        memory=case["memory"],
        isolation=level,
        backend=backend,
    )


def of_programs(returned: Returned, limits: Limits, level: Level, backend: str = "") -> list[Outcome]:
    """Return the outcome of each case that ran in a process of its own."""
    found, out, err = [], 0, 0
    first_kept = max(0, returned.cases[-1]["stderr"] - len(returned.stderr)) if returned.cases else 0
    for case in returned.cases:
        said = returned.stderr[max(0, err - first_kept) : max(0, case["stderr"] - first_kept)]
        found.append(
            _outcome(case, limits, returned.stdout[out : max(out, case["stdout"])], said, level, backend=backend)
        )
        out, err = case["stdout"], case["stderr"]
    return found


def of_shared_programs(
    returned: Returned, positions: Sequence[int], limits: Limits, level: Level, backend: str = ""
) -> list[Outcome]:
    """Return the outcomes of the cases that one process came to; the last may be the one that it ended in."""
    whole = _outcome(returned.cases[0], limits, b"", returned.stderr, level, backend=backend)
    found: list[Outcome] = []
    start = 0
    for number, kind, content in records(returned.answers):
        if len(found) >= len(positions) or number != positions[len(found)] or kind != b"p" or len(content) != 9:  # noqa: PLR2004
            break
        end, code = int.from_bytes(content[:8], "little"), content[8]
        if end < start:
            break
        case = {**returned.cases[0], "code": code, "reason": ""}
        said = returned.stderr if code else b""
        found.append(_outcome(case, limits, returned.stdout[start:end], said, level, backend=backend))
        start = end
    if len(found) < len(positions):
        found.append(_ended_early(whole))
    return found


def of_calls(
    returned: Returned, positions: Sequence[int], limits: Limits, level: Level, backend: str = ""
) -> list[Outcome]:
    """Return the outcomes of the calls that one process came to; the last may be the one that it ended in.

    Where it ended before the program had defined its function, every call has that outcome.
    """
    whole = _outcome(returned.cases[0], limits, b"", returned.stderr, level, backend=backend)
    found: list[Outcome] = []
    answered = records(returned.answers)
    if next(answered, None) != (0, b"i", b""):
        return [_ended_early(whole)] * len(positions)
    for number, kind, content in answered:
        if len(found) >= len(positions) or number != positions[len(found)]:
            break
        found.append(_of_record(kind, content, whole, limits))
    if len(found) < len(positions):
        found.append(_ended_early(whole))
    return found


def _of_record(kind: bytes, content: bytes, whole: Outcome, limits: Limits) -> Outcome:
    facts: dict[str, Any] = {
        "cpu": whole.cpu,
        "wall": whole.wall,
        "memory": whole.memory,
        "isolation": whole.isolation,
        "backend": whole.backend,
    }
    if kind != b"v":
        detail = _text(content)[:400]
        status: Status = "memory_limit" if detail.startswith("MemoryError") else "runtime_error"
        return Outcome(status=status, detail=detail, stderr=whole.stderr, **facts)
    try:
        return Outcome(status="ok", value=decode(content, max_bytes=limits.value_bytes), **facts)
    except CodecError as error:
        return Outcome(status="runtime_error", detail=f"no readable answer: {error}", **facts)


def _ended_early(whole: Outcome) -> Outcome:
    if whole.status != "ok":
        return whole
    return Outcome(
        status="runtime_error",
        detail="the program ended before it answered",
        stderr=whole.stderr,
        cpu=whole.cpu,
        wall=whole.wall,
        memory=whole.memory,
        isolation=whole.isolation,
        backend=whole.backend,
    )


def of_tests(returned: Returned, suite: TestSuite, limits: Limits, level: Level, backend: str = "") -> TestOutcome:
    """Return how a suite ended.

    Raises:
        SandboxError: the tests are broken: they failed before they had anything to do with the submission.
    """
    whole = _outcome(returned.cases[0], limits, b"", returned.stderr, level, backend=backend)
    verdicts: dict[int, tuple[bool, str]] = {}
    total: int | None = None
    ended = ""
    for number, kind, content in records(returned.answers):
        if number > MAX_TESTS:  # in one process with its tests, a submission can write what it likes
            break
        if kind == b"e" and suite.trust == "split":
            message = f"the tests are broken: {_text(content)}"
            raise SandboxError(message)
        if kind == b"d":
            ended = _text(content)
        elif kind == b"z":
            total = number
        elif kind in {b"y", b"n"}:
            verdicts.setdefault(number, (kind == b"y", _text(content)))
    expected = max(1, len(suite.tests), total if total is not None else len(verdicts) + 1)
    why = ended or (whole.detail if whole.status != "ok" else "the program ended before the tests did")
    found = [verdicts.get(number, (False, why)) for number in range(expected)]
    return TestOutcome(
        passed=tuple(good for good, _ in found),
        details=tuple(detail for _, detail in found),
        outcome=whole,
        trust=suite.trust,
    )
