"""The remote backend: a client of SandboxFusion's HTTP API, so that a cluster can run the programs.

Only ``/run_code`` is used. Expected outputs stay here: ``/submit`` would decide over there. What the service itself
got wrong (its status SandboxError, HTTP errors) is not graded, nor is any reply where the expected output may be longer
than the service reads. Output beyond that is the program's own doing otherwise, though the service calls it a time-out.

Not covered: a program that makes the service fail.
"""

import dataclasses
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from reward_kit.errors import UsageError
from reward_kit.sandbox.jail.codec import CodecError, decode, encode
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
    Status,
    Stdin,
    TestOutcome,
    TestSuite,
)
from reward_kit.sandbox.native import sources

__all__ = ["RemoteSandbox"]

LANGUAGES = {
    "python": "python",
    "javascript": "nodejs",
    "cpp": "cpp",
    "c": "cpp",
    "go": "go",
    "rust": "rust",
    "java": "java",
}
CUT_AT = 196_608
"""Bytes of output after which the service stops reading and reports a time-out."""
LONGEST = 12 * CUT_AT
"""A bound on output beyond which a right one might be cut: no reply is graded then, for whatever it prints."""
ATTEMPTS = 3
SECONDS_BETWEEN = 0.2
OVERHEAD = 30.0
CODEC = "reward_kit.sandbox.jail.codec"

CALLER = """
import json as _json, sys as _sys, types as _types
_codec = _types.ModuleType("codec"); exec({codec!r}, _codec.__dict__)
_given = _codec.to_python(_codec.decode(_sys.stdin.buffer.read(), max_bytes=1 << 40))
def _find():
    for _n, _o in (({name!r}, None), ({name!r}, "Solution")):
        _s = globals().get(_o)() if _o and isinstance(globals().get(_o), type) else None
        _f = getattr(_s, _n, None) if _o else globals().get(_n)
        if callable(_f): return _f
    raise NameError("the program defines no function " + {name!r})
_value = _find()(**_given) if isinstance(_given, dict) else _find()(*_given)
_sys.stdout.write("\\n" + _codec.encode(_value, max_bytes={limit}).decode() + "\\n"); _sys.stdout.flush()
"""


class RemoteSandbox(RunMixin):
    """Programs run by the service at ``url``; ``workers`` requests at the same time."""

    backend = "remote"
    level: Level = "remote"

    def __init__(self, *, url: str, workers: int = 8, token: str | None = None) -> None:
        import requests

        self._url = url.rstrip("/")
        self._session = requests.Session()
        self._session.trust_env = False
        if token:
            self._session.headers["Authorization"] = f"Bearer {token}"
        adapter = requests.adapters.HTTPAdapter(pool_connections=workers, pool_maxsize=workers)
        self._session.mount("http://", adapter)
        self._session.mount("https://", adapter)
        self._executor = ThreadPoolExecutor(workers, thread_name_prefix="reward-kit remote sandbox")

    def restrictions(self) -> list[Restriction]:
        """Say what is known: nothing but that programs do not run here."""
        meaning = f"programs run at {self._url}; what confines them there is for that service to say"
        return [Restriction(name="elsewhere", in_force=True, meaning=meaning)]

    def submit(
        self, program: Program, inputs: Sequence[Input], limits: Limits, *, share: bool = False
    ) -> "Future[list[Outcome]]":
        """Run ``program`` on each input; the service makes a process per case, ``share`` or not."""
        del share
        if not inputs:
            message = "found no cases, expected at least one"
            raise UsageError(message)
        if program.language not in LANGUAGES:
            message = f"found language={program.language!r}, expected one of {', '.join(LANGUAGES)}"
            raise UsageError(message)
        if limits.stdout_bytes is not None and limits.stdout_bytes > LONGEST:
            message = f"the service reads {CUT_AT} bytes of output, which an expected output of this length may exceed"
            raise SandboxError(message)
        waiting = [self._executor.submit(self._one, program, case, limits) for case in inputs]
        return self._gathered(waiting)

    def submit_tests(self, program: Program, suite: TestSuite, limits: Limits) -> "Future[TestOutcome]":
        """Refuse: the service has no second process that could hold the tests."""
        del program, suite, limits
        message = "the remote sandbox runs cases of input and output, not tests written as code; use native or docker"
        raise SandboxError(message)

    def close(self) -> None:
        """End all requests and connections."""
        self._executor.shutdown(wait=True, cancel_futures=True)
        self._session.close()

    def _gathered(self, waiting: "list[Future[Outcome]]") -> "Future[list[Outcome]]":
        """Return one future of many, without a thread that waits."""
        whole: Future[list[Outcome]] = Future()
        left = [len(waiting)]

        def done(_: "Future[Outcome]") -> None:
            left[0] -= 1
            if all(item.done() for item in waiting) and not whole.done():
                try:
                    whole.set_result([item.result() for item in waiting])
                except BaseException as error:  # noqa: BLE001 - handed to whoever waits
                    whole.set_exception(error)

        for item in waiting:
            item.add_done_callback(done)
        return whole

    def _one(self, program: Program, case: Input, limits: Limits) -> Outcome:
        code, stdin = program.source, case.text if isinstance(case, Stdin) else ""
        if isinstance(case, Call):
            if program.language != "python":
                message = "function cases are for python in the remote sandbox"
                raise UsageError(message)
            codec = sources()[CODEC]
            code += "\n" + CALLER.format(codec=codec, name=case.function, limit=limits.value_bytes)
            stdin = encode(dict(case.kwargs) or list(case.args), max_bytes=1 << 28).decode()
        body = {
            "code": code,
            "language": LANGUAGES[program.language],
            "stdin": stdin,
            "compile_timeout": 30,
            "run_timeout": limits.seconds,
            "memory_limit_MB": limits.memory_mb,
        }
        answer = self._ask(body, limits)
        try:
            outcome = self._read(answer, limits)
        except (TypeError, ValueError, AttributeError) as error:
            message = f"the sandbox service answered in another shape: {type(error).__name__}: {error}"
            raise SandboxError(message) from error
        return _with_value(outcome, limits) if isinstance(case, Call) else outcome

    def _ask(self, body: dict[str, Any], limits: Limits) -> dict[str, Any]:
        """Post a program, again where the service is at fault.

        Raises:
            SandboxError: it stayed at fault.
        """
        import requests

        problem = ""
        for attempt in range(ATTEMPTS):
            if attempt:
                time.sleep(SECONDS_BETWEEN * 2**attempt)
            try:
                reply = self._session.post(
                    f"{self._url}/run_code", json=body, timeout=(10, limits.seconds + OVERHEAD), allow_redirects=False
                )
                if reply.status_code == requests.codes.ok:
                    answer = reply.json()
                    if isinstance(answer, dict) and answer.get("status") in {"Success", "Failed"}:
                        return answer
                    problem = str(answer.get("message") or answer.get("status"))[:200]
                else:
                    problem = f"HTTP {reply.status_code}"
            except (requests.RequestException, ValueError, AttributeError) as error:
                problem = type(error).__name__
        message = f"the sandbox service failed {ATTEMPTS} times: {problem}"
        raise SandboxError(message)

    def _read(self, answer: dict[str, Any], limits: Limits) -> Outcome:
        compiled, ran = answer.get("compile_result"), answer.get("run_result")
        if not isinstance(ran, dict):
            if (isinstance(compiled, dict) and compiled.get("status") != "Finished") or _code(compiled):
                said = str((compiled or {}).get("stderr") or "")
                return self._outcome("compile_error", stderr=said, detail=said[:300])
            message = "the sandbox service answered without a result"
            raise SandboxError(message)
        stdout, stderr = str(ran.get("stdout") or ""), str(ran.get("stderr") or "")
        wall = float(ran.get("execution_time") or 0.0)
        if ran.get("status") == "TimeLimitExceeded":
            if len(stdout) >= CUT_AT:
                detail = f"more than {CUT_AT} bytes written, which is as much as the service reads"
                return self._outcome("output_limit", stdout=stdout[:CUT_AT], stderr=stderr, detail=detail, wall=wall)
            detail = f"longer than {limits.seconds:g} s"
            return self._outcome("time_limit", stdout=stdout, stderr=stderr, detail=detail, wall=wall)
        if ran.get("status") != "Finished":
            message = f"the sandbox service answered with the status {ran.get('status')!r}"
            raise SandboxError(message)
        status: Status = "ok" if ran.get("return_code") == 0 else "runtime_error"
        last = stderr.strip().rsplit("\n", 1)[-1][:300]
        if last.startswith("MemoryError"):
            status = "memory_limit"
        if len(stdout.encode(errors="replace")) > limits.output_bytes:
            status, last = "output_limit", f"more than {limits.output_bytes} bytes written"
        return self._outcome(
            status, stdout=stdout, stderr=stderr[-4000:], detail=last if status != "ok" else "", wall=wall
        )

    def _outcome(
        self, status: Status, *, stdout: str = "", stderr: str = "", detail: str = "", wall: float = 0.0
    ) -> Outcome:
        return Outcome(
            status=status, stdout=stdout, stderr=stderr, detail=detail, wall=wall, isolation="remote", backend="remote"
        )


def _code(result: object) -> bool:
    return isinstance(result, dict) and bool(result.get("return_code"))


def _with_value(outcome: Outcome, limits: Limits) -> Outcome:

    if outcome.status != "ok":
        return outcome
    line = outcome.stdout.rstrip("\n").rsplit("\n", 1)[-1]
    try:
        return dataclasses.replace(outcome, value=decode(line.encode(), max_bytes=limits.value_bytes))
    except CodecError as error:
        return dataclasses.replace(outcome, status="runtime_error", detail=f"no readable answer: {error}")
