"""``previewEvaluator``: run the uploaded code of an evaluator on samples, and answer what it gives.

A row's ``score`` is the mean over the criteria (``rollupSettings`` are accepted and without effect). As the real
service was seen to do, ``success`` is left out of a row that went well and null in its metrics. Where the service's
behaviour is not documented: a sample that the code fails on is a row with ``success: false`` whose metric has the
traceback as its reason; code that cannot be imported is 400 INVALID_ARGUMENT with the traceback; a requirement that
is not installed here is 400 FAILED_PRECONDITION and named.
"""

import json
import math
import time
from collections.abc import Mapping
from typing import Any

from reward_kit.testing.fireworks.answers import Answer, Refusal, json_answer
from reward_kit.testing.fireworks.grading import Grade, grade_samples
from reward_kit.testing.fireworks.process import Runtime
from reward_kit.testing.fireworks.request import Request
from reward_kit.testing.fireworks.uploaded_code import missing_requirements
from reward_kit.testing.fireworks.wire import CodeSnippets, Criterion, PreviewEvaluator, parse

__all__ = ["preview"]


def preview(request: Request, runtime: Runtime) -> Answer:
    """Answer a preview."""
    started = time.monotonic()
    asked = parse(PreviewEvaluator, request.json_object())
    evaluator = asked.evaluator
    if not evaluator.criteria:
        message = "evaluator.criteria: found none, expected at least one"
        raise Refusal(message)
    samples = [_sample(index, text) for index, text in enumerate(asked.sample_data)]
    samples = samples[: asked.max_samples or len(samples)]
    missing = missing_requirements(evaluator.requirements)
    if missing:
        message = f"build failed: no matching distribution found for {', '.join(missing)}"
        raise Refusal(message, "FAILED_PRECONDITION")
    columns: dict[str, list[Grade]] = {}
    for index, criterion in enumerate(evaluator.criteria):
        place = f"evaluator.criteria[{index}].codeSnippets"
        code = _code(criterion, place)
        columns[criterion.name or f"criterion_{index}"] = grade_samples(code, samples, runtime, f"{place}.fileContents")
    rows = [_row({name: column[index] for name, column in columns.items()}) for index in range(len(samples))]
    milliseconds = round((time.monotonic() - started) * 1000)
    return json_answer({"results": rows, "totalSamples": len(rows), "totalRuntimeMs": str(milliseconds)})


def _code(criterion: Criterion, place: str) -> CodeSnippets:
    code = criterion.code_snippets
    if code is None:
        message = f"{place}: found none, expected the code of the criterion {criterion.name!r}"
        raise Refusal(message)
    if code.entry_file not in code.file_contents:
        message = f"{place}.entryFile: found {code.entry_file!r}, expected one of {sorted(code.file_contents)}"
        raise Refusal(message)
    return code


def _sample(index: int, text: str) -> dict[str, Any]:
    problem = ""
    try:
        sample = json.loads(text)
    except (ValueError, RecursionError) as error:
        problem = f"not valid JSON: {error}"
    else:
        if isinstance(sample, dict) and isinstance(sample.get("messages"), list):
            return sample
        problem = "expected a JSON object with a list of messages"
    message = f"sampleData[{index}]: {problem}"
    raise Refusal(message)


def _row(grades: Mapping[str, Grade]) -> dict[str, object]:
    metrics: dict[str, object] = {}
    for grade in grades.values():
        metrics.update(grade.metrics)
    metrics.update({name: grade.to_wire() for name, grade in grades.items()})
    if all(grade.success for grade in grades.values()):
        return {"score": math.fsum(grade.score for grade in grades.values()) / len(grades), "perMetricEvals": metrics}
    return {"success": False, "score": 0.0, "perMetricEvals": metrics}
