"""Run a reply's program against a plan and count what passed. The comparing happens here, outside the sandbox."""

import ast
import asyncio
import json
import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import Any, Literal

from reward_kit.errors import GradingError, UsageError
from reward_kit.models import EvaluateResult, Message, MetricResult
from reward_kit.rewards.code_execution.blocks import find_program
from reward_kit.rewards.code_execution.comparison import outputs_match, values_match
from reward_kit.rewards.code_execution.settings import Settings
from reward_kit.rewards.code_execution.stated_value import grade_value
from reward_kit.rewards.code_execution.truth import CallPlan, OutputPlan, Plan, TestPlan, ValuePlan, read_truth
from reward_kit.sandbox import (
    IsolationUnavailableError,
    Limits,
    Outcome,
    Program,
    Sandbox,
    TestOutcome,
)
from reward_kit.sandbox.model import Call

__all__ = ["Pending", "Verdict", "begin", "finish", "grade_program", "wait"]

FUTURE = re.compile(r"^from __future__ import .*$", re.MULTILINE)
SHOWN_TESTS = 50
SHOWN_TEXT = 200
SPARE_OUTPUT = 1 << 16
SPARE_CHECKED = 1 << 18
"""Where a checker decides, which may take other outputs than the expected one."""
SPARE_VALUE = 1 << 12
TIMES_LONGER = 16
"""What is longer than so many times the expected output and a spare is wrong, and not even read to its end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What one test came to."""

    passed: bool
    status: str
    detail: str


Pending = EvaluateResult | tuple[Plan, Future[list[Outcome]] | Future[TestOutcome], Sandbox]


def grade_program(messages: Sequence[Message], truth: object, settings: Settings) -> EvaluateResult:
    """Grade the last of ``messages``; never raises for what the sandbox or the ground truth did wrong."""
    return finish(begin(messages, truth, settings), settings)


def begin(messages: Sequence[Message], truth: object, settings: Settings) -> Pending:
    """Hand the program of the last message to the sandbox; return what is known without running anything."""
    try:
        plan = read_truth(truth, function=settings.function, entry_point=settings.entry_point)
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
        return sandbox.submit(program, [case.call for case in plan.cases], _of_calls(plan, settings), share=True)
    return sandbox.submit(
        program, [case.stdin for case in plan.cases], _of_outputs(plan, settings), share=settings.share
    )


def _of_outputs(plan: OutputPlan, settings: Settings) -> Limits:
    longest = max(len(case.expected.encode(errors="replace")) for case in plan.cases)
    spare = SPARE_CHECKED if settings.checker else SPARE_OUTPUT
    return replace(settings.limits, stdout_bytes=TIMES_LONGER * longest + spare)


def _of_calls(plan: CallPlan, settings: Settings) -> Limits:
    longest = max(len(json.dumps(value)) for case in plan.cases for value in case.expected)
    bound = min(settings.limits.value_bytes, TIMES_LONGER * longest + SPARE_VALUE)
    return replace(settings.limits, value_bytes=bound)


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
    future = "\n".join(FUTURE.findall(source))  # which has to come first
    return f"{future}\n{prelude}\n{source if not future else FUTURE.sub('', source)}"


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
        return Verdict(passed=False, status=outcome.status, detail=_short(outcome.detail))
    if match:
        return Verdict(passed=True, status="passed", detail="")
    return Verdict(passed=False, status="wrong_answer", detail=shown())


def _checked(plan: OutputPlan, outcomes: list[Outcome], sandbox: Sandbox, settings: Settings) -> list[bool]:
    """Ask the checker program about each output; one that it cannot cope with is wrong.

    Raises:
        GradingError: the checker cannot cope with the expected output, either: it is the checker that is broken.
    """
    asked = [number for number, outcome in enumerate(outcomes) if outcome.status == "ok"]
    answers = dict(zip(asked, _ask(plan, {n: outcomes[n].stdout for n in asked}, sandbox, settings), strict=True))
    unclear = [number for number, answer in answers.items() if not _is_verdict(answer)]
    # In a process of its own, which no output of the reply has been in.
    for answer in _ask(plan, {n: plan.cases[n].expected for n in unclear}, sandbox, settings):
        if not _is_verdict(answer):
            message = f"the checker failed on the expected output: {answer.detail or 'it returned no bool'}"
            raise GradingError(message)
    return [number in answers and answers[number].value is True for number in range(len(outcomes))]


def _ask(plan: OutputPlan, outputs: Mapping[int, str], sandbox: Sandbox, settings: Settings) -> list[Outcome]:
    if not outputs:
        return []
    calls = [
        Call(function="check", args=[plan.cases[number].stdin.text, plan.cases[number].expected, output])
        for number, output in outputs.items()
    ]
    return sandbox.submit(Program(source=settings.checker or ""), calls, settings.limits, share=True).result()


def _is_verdict(answer: Outcome) -> bool:
    return answer.status == "ok" and isinstance(answer.value, bool)


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
    """Return the beginning of a text that a reply chose, with nothing in it that a terminal would act upon."""
    shown = text if len(text) <= SHOWN_TEXT else text[:SHOWN_TEXT] + "…"
    return "".join(character if character.isprintable() else repr(character)[1:-1] for character in shown)


async def wait(pending: Pending, settings: Settings) -> EvaluateResult:
    """Do what ``finish`` does without blocking the event loop."""
    if not isinstance(pending, EvaluateResult):
        await asyncio.wait([asyncio.wrap_future(pending[1])])
        if settings.checker:
            return await asyncio.to_thread(finish, pending, settings)
    return finish(pending, settings)
