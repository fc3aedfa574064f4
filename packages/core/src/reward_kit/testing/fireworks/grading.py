"""Run the code of one criterion on samples, in a process of its own, and take what it gives as grades."""

import math
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reward_kit.testing.fireworks.answers import Refusal
from reward_kit.testing.fireworks.process import ChildProcess, Ended, Job, Runtime
from reward_kit.testing.fireworks.uploaded_code import write_files
from reward_kit.testing.fireworks.wire import CodeSnippets

__all__ = ["Grade", "grade_samples"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grade:
    """What one criterion says of one sample."""

    score: float = 0.0
    reason: str = ""
    success: bool = True
    metrics: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def to_wire(self) -> dict[str, object]:
        """Return it as an entry of ``perMetricEvals``."""
        return {"score": self.score, "reason": self.reason, "success": None if self.success else False}


def grade_samples(
    code: CodeSnippets, samples: Sequence[Mapping[str, Any]], runtime: Runtime, field_name: str
) -> list[Grade]:
    """Grade ``samples``; when one of them ends the process, the rest go on in a new one.

    Raises:
        Refusal: the code cannot be written or imported.
    """
    grades: list[Grade] = []
    deadline = time.monotonic() + runtime.limits.total_seconds
    with tempfile.TemporaryDirectory(prefix="local-fireworks-", ignore_cleanup_errors=True) as place:
        folder = Path(place).resolve() / "evaluator"
        folder.mkdir()
        write_files(folder, code.file_contents, field_name)
        while len(grades) < len(samples) and time.monotonic() < deadline:
            job = Job(folder=folder, entries=[(code.entry_file, code.entry_func)], samples=samples[len(grades) :])
            grades += _run(job, runtime, deadline)
    late = Grade(success=False, reason=f"not reached within the {runtime.limits.total_seconds} s of the preview")
    return grades + [late] * (len(samples) - len(grades))


def _run(job: Job, runtime: Runtime, deadline: float) -> list[Grade]:
    """Return the grades up to and including that of a sample that ended the process."""
    grades: list[Grade] = []
    with ChildProcess(job, runtime) as child:
        _import(child, time.monotonic() + runtime.limits.import_seconds)
        for _ in job.samples:
            try:
                event = child.next_event(min(deadline, time.monotonic() + runtime.limits.sample_seconds))
            except Ended as ended:
                return [*grades, Grade(success=False, reason=_ending(ended, child))]
            grades.append(_grade(event, child))
    return grades


def _import(child: ChildProcess, deadline: float) -> None:
    try:
        event = child.next_event(deadline)
    except Ended as ended:
        message = f"the evaluator cannot be imported: {_ending(ended, child)}"
        raise Refusal(message) from ended
    if "import_error" in event:
        message = f"the evaluator cannot be imported: {child.local(str(event['import_error']))}"
        raise Refusal(message)


def _ending(ended: Ended, child: ChildProcess) -> str:
    return f"{ended}\n{child.output}".rstrip()


def _grade(event: Mapping[str, Any], child: ChildProcess) -> Grade:
    if "error" in event:
        return Grade(success=False, reason=child.local(str(event["error"])))
    result = event.get("result")
    if not isinstance(result, dict) or "score" not in result:
        return Grade(success=False, reason=f"found {_shown(result)}, expected an object with a score")
    score = result["score"]
    if not isinstance(score, int | float) or not math.isfinite(score):
        return Grade(success=False, reason=f"found the score {_shown(score)}, expected a finite number")
    reason = str(result.get("reason") or "")
    if result.get("is_score_valid") is False or result.get("error"):
        return Grade(success=False, reason=str(result.get("error") or reason))
    metrics = result.get("metrics")
    return Grade(score=float(score), reason=reason, metrics=_metrics(metrics) if isinstance(metrics, dict) else {})


def _metrics(metrics: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    wire: dict[str, Mapping[str, Any]] = {}
    for name, metric in metrics.items():
        score = metric.get("score") if isinstance(metric, dict) else None
        if isinstance(score, int | float) and math.isfinite(score):
            valid = metric.get("is_score_valid") is not False
            wire[name] = {
                "score": float(score),
                "reason": str(metric.get("reason") or ""),
                "success": None if valid else False,
            }
        else:
            wire[name] = {"score": 0.0, "reason": f"found {_shown(metric)}, expected a score", "success": False}
    return wire


def _shown(value: object) -> str:
    return repr(value)[:200]
