"""Run a reply's program against a plan and count what passed. The comparing happens here, outside the sandbox."""

import ast
import asyncio
import json
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Literal

from reward_kit.errors import GradingError, UsageError
from reward_kit.models import EvaluateResult, Message, MetricResult
from reward_kit.rewards.code_execution.blocks import find_program
from reward_kit.rewards.code_execution.comparison import TOLERANCE, Comparison, outputs_match, values_match
from reward_kit.rewards.code_execution.stated_value import grade_value
from reward_kit.rewards.code_execution.truth import CallPlan, OutputPlan, Plan, TestPlan, ValuePlan, read_truth
from reward_kit.sandbox import (
    IsolationUnavailableError,
    Limits,
    Outcome,
    Program,
    Sandbox,
    TestOutcome,
    get_sandbox,
)
from reward_kit.sandbox.model import Call

__all__ = ["Pending", "Settings", "Verdict", "begin", "finish", "grade_program", "wait"]

SHOWN_TESTS = 50
SHOWN_TEXT = 200
ALIASES = {"py": "python", "python3": "python", "js": "javascript", "node": "javascript", "c++": "cpp"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How programs are run and their outputs compared."""

    language: str = "python"
    limits: Limits
    share: bool = False
    comparison: Comparison = "tokens"
    tolerance: float = TOLERANCE
    checker: str | None = None
    """Source of ``def check(input, expected, output)``, run in the sandbox; replaces the comparison."""
    sandbox: "Sandbox | str" = "auto"

    def open(self) -> Sandbox:
        """Return the sandbox to use.

        Raises:
            IsolationUnavailableError: none works here.
        """
        return get_sandbox(self.sandbox) if isinstance(self.sandbox, str) else self.sandbox


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What one test came to."""

    passed: bool
    status: str
    detail: str


Pending = EvaluateResult | tuple[Plan, Future[list[Outcome]] | Future[TestOutcome], Sandbox]


def grade_program(
    messages: Sequence[Message],
    truth: object,
    settings: Settings,
    *,
    function: str | None = None,
    entry_point: str | None = None,
) -> EvaluateResult:
    """Grade the last of ``messages``; never raises for what the sandbox or the ground truth did wrong."""
    return finish(begin(messages, truth, settings, function=function, entry_point=entry_point), settings)


def begin(
    messages: Sequence[Message],
    truth: object,
    settings: Settings,
    *,
    function: str | None = None,
    entry_point: str | None = None,
) -> Pending:
    """Hand the program of the last message to the sandbox; return what is known without running anything."""
    try:
        plan = read_truth(truth, function=function, entry_point=entry_point)
        if not messages or messages[-1].role != "assistant":
            return EvaluateResult.not_graded("found no reply: the last message is not the assistant's")
        if isinstance(plan, ValuePlan):
            return grade_value(messages[-1].text, plan.expected)
        source = find_program(messages[-1].text, settings.language)
        if source is None:
            return _wrong("the reply holds no program", settings)
        sandbox = settings.open()
        return plan, _submit(plan, source, sandbox, settings), sandbox
    except (GradingError, UsageError, IsolationUnavailableError) as error:
        return _not_graded(error)


def finish(pending: Pending, settings: Settings) -> EvaluateResult:
    """Wait for the sandbox and count."""
    if isinstance(pending, EvaluateResult):
        return pending
    plan, future, sandbox = pending
    try:
        returned = future.result()
        if isinstance(returned, TestOutcome):
            return _result(_of_tests(returned), sandbox, trust=returned.trust)
        return _result(_verdicts(plan, returned, sandbox, settings), sandbox, trust="split")
    except (GradingError, UsageError, IsolationUnavailableError) as error:
        return _not_graded(error)


def _submit(
    plan: Plan, source: str, sandbox: Sandbox, settings: Settings
) -> Future[list[Outcome]] | Future[TestOutcome]:
    if isinstance(plan, TestPlan):
        source = completed(plan.prelude, source)
        return sandbox.submit_tests(Program(source=source, language=settings.language), plan.suite, settings.limits)
    program = Program(source=source, language=settings.language)
    if isinstance(plan, ValuePlan):
        message = "found a value to be stated where a program was to be run"
        raise TypeError(message)
    if isinstance(plan, CallPlan):
        return sandbox.submit(program, [case.call for case in plan.cases], settings.limits, share=True)
    return sandbox.submit(program, [case.stdin for case in plan.cases], settings.limits, share=settings.share)


def completed(prelude: str, source: str) -> str:
    """Return the program with what the prompt gave before it.

    A prompt that ends in a bare signature is no program by itself: only a reply that is the body continues it.
    """
    if not prelude:
        return source
    try:
        ast.parse(prelude)
    except SyntaxError:
        return f"{prelude.rstrip()}\n{source}" if source[:1] in {" ", "\t"} else source
    return f"{prelude}\n{source}"


def _verdicts(plan: Plan, outcomes: list[Outcome], sandbox: Sandbox, settings: Settings) -> list[Verdict]:
    if isinstance(plan, CallPlan):
        return [
            _verdict(
                outcome,
                any(values_match(wanted, outcome.value, tolerance=settings.tolerance) for wanted in case.expected),
                lambda outcome=outcome: f"returned {_short(json.dumps(outcome.value))}",  # type: ignore[misc]
            )
            for case, outcome in zip(plan.cases, outcomes, strict=True)
        ]
    if not isinstance(plan, OutputPlan):
        message = f"found a {type(plan).__name__} with outcomes of cases"
        raise TypeError(message)
    matches = (
        _checked(plan, outcomes, sandbox, settings)
        if settings.checker
        else [
            outputs_match(case.expected, outcome.stdout, comparison=settings.comparison, tolerance=settings.tolerance)
            for case, outcome in zip(plan.cases, outcomes, strict=True)
        ]
    )
    return [
        _verdict(outcome, match, lambda outcome=outcome: f"printed {_short(outcome.stdout)!r}")  # type: ignore[misc]
        for outcome, match in zip(outcomes, matches, strict=True)
    ]


def _verdict(outcome: Outcome, match: bool, shown: Callable[[], str]) -> Verdict:  # noqa: FBT001 - a named result
    if outcome.status != "ok":
        return Verdict(passed=False, status=outcome.status, detail=outcome.detail)
    if match:
        return Verdict(passed=True, status="passed", detail="")
    return Verdict(passed=False, status="wrong_answer", detail=shown())


def _checked(plan: OutputPlan, outcomes: list[Outcome], sandbox: Sandbox, settings: Settings) -> list[bool]:
    """Ask the checker program about each output.

    Raises:
        GradingError: the checker failed.
    """
    calls = [
        Call(function="check", args=[case.stdin.text, case.expected, outcome.stdout])
        for case, outcome in zip(plan.cases, outcomes, strict=True)
    ]
    answers = sandbox.submit(Program(source=settings.checker or ""), calls, settings.limits, share=True).result()
    for answer, outcome in zip(answers, outcomes, strict=True):
        if outcome.status == "ok" and (answer.status != "ok" or not isinstance(answer.value, bool)):
            message = f"the checker failed: {answer.detail or 'it returned no bool'}"
            raise GradingError(message)
    return [answer.value is True for answer in answers]


def _of_tests(found: TestOutcome) -> list[Verdict]:
    status = found.outcome.status
    return [
        Verdict(
            passed=passed,
            status="passed" if passed else "failed" if status == "ok" else status,
            detail=_short(detail.strip().rsplit("\n", 1)[-1]),
        )
        for passed, detail in zip(found.passed, found.details, strict=True)
    ]


Trust = Literal["split", "in-process"]


def _result(verdicts: Sequence[Verdict], sandbox: Sandbox, *, trust: Trust) -> EvaluateResult:
    passed = sum(verdict.passed for verdict in verdicts)
    score = passed / len(verdicts)
    first = next((f": {verdict.status}: {verdict.detail}" for verdict in verdicts if not verdict.passed), "")
    reason = f"{passed} of {len(verdicts)} tests passed{first}"
    shown: list[dict[str, Any]] = [
        {"passed": verdict.passed, "status": verdict.status, "detail": verdict.detail}
        for verdict in verdicts[:SHOWN_TESTS]
    ]
    isolation = f"{sandbox.backend} {sandbox.level}; trust: {trust}"
    metrics = {
        "pass_rate": MetricResult(score=score, reason=f"{passed}/{len(verdicts)}"),
        "test_results": MetricResult(score=score, reason=json.dumps(shown)),
        "isolation": MetricResult(score=1.0 if trust == "split" else 0.0, reason=isolation),
    }
    return EvaluateResult(score=score, reason=reason, metrics=metrics)


def _wrong(reason: str, settings: Settings) -> EvaluateResult:
    metric = MetricResult(score=0.0, reason=f"{reason} in {settings.language}")
    return EvaluateResult(score=0.0, reason=metric.reason, metrics={"extracted_code": metric})


def _not_graded(error: Exception) -> EvaluateResult:
    return EvaluateResult.not_graded(f"{type(error).__name__}: {error}")


def _short(text: str) -> str:
    return text if len(text) <= SHOWN_TEXT else text[:SHOWN_TEXT] + "…"


async def wait(pending: Pending, settings: Settings) -> EvaluateResult:
    """Do what ``finish`` does without blocking the event loop."""
    if not isinstance(pending, EvaluateResult):
        await asyncio.wait([asyncio.wrap_future(pending[1])])
        if settings.checker:
            return await asyncio.to_thread(finish, pending, settings)
    return finish(pending, settings)
