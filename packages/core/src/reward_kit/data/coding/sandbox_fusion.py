"""SandboxFusion's samples whose tests are Python or standard input and output: what each of its data sets gives."""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from typing import Any

from reward_kit.data.coding.javascript_tests import function_cases
from reward_kit.data.coding.problem import Problem, continued, fenced, labels_of, refuse_language
from reward_kit.data.coding.pytest_classes import as_unittest
from reward_kit.data.coding.python_tests import check_call, has_assertions, parsed, tests_of_module
from reward_kit.errors import DataError

__all__ = ["from_completion", "from_inserted", "from_prose", "from_stdin_cases", "parsed_test"]

PLACE = "#<INSERT>"
"""Where SandboxFusion puts the program into the text of the tests."""
SLOW = 60.0
"""Seconds that the tests of BigCodeBench may take: some go through every permutation of ten numbers."""


def from_completion(raw: Mapping[str, Any]) -> Problem:
    """Return a problem whose prompt is the start of a program: BigCodeBench, EvoEval, the shadow of HumanEval."""
    source = _completion_source(str(raw["id"]), raw["test"])
    entry = labels_of(raw)["entry_point"]
    solution = raw.get("canonical_solution")
    parsed(raw["test"])
    truth = {"test": raw["test"], "entry_point": entry, "prompt": raw["content"]}
    return Problem(
        source=source,
        task=raw["id"],
        prompt=raw["content"],
        truth=truth,
        reference=fenced(continued(raw["content"], solution)) if solution else None,
        timeout=SLOW if source == "bigcodebench" else None,
    )


def from_prose(raw: Mapping[str, Any]) -> Problem:
    """Return a problem of MHPP: prose with a signature, and assertions."""
    parsed(raw["test"])
    return Problem(
        source="mhpp",
        task=raw["id"],
        prompt=raw["content"],
        truth={"test_list": [raw["test"]]},
        reference=fenced(raw["canonical_solution"]) if raw.get("canonical_solution") else None,
    )


def from_stdin_cases(raw: Mapping[str, Any], cases: list[Any]) -> Problem:
    """Return a problem of CodeContests: prose, standard input and output."""
    pairs = [{"input": case["input"]["stdin"], "expected_output": case["output"]["stdout"]} for case in cases]
    if not pairs:
        problem = "no executable test"
        raise DataError(problem)
    return Problem(
        source="code_contests",
        task=raw["id"],
        prompt=raw["content"],
        truth={"test_cases": pairs},
        reference=fenced(raw["canonical_solution"]) if raw.get("canonical_solution") else None,
    )


def from_inserted(raw: Mapping[str, Any], test: Mapping[str, Any]) -> Problem:
    """Return a problem whose tests are a program that the reply is put into: MBXP, HumanEval's family, aider, NCB."""
    labels = labels_of(raw)
    language = str(labels.get("programming_language", "python")).lower()
    if test.get("asset"):
        return _from_files(raw, test, labels)
    if language == "javascript":
        truth = function_cases(test["code"].replace(PLACE, ""))
    elif language == "python":
        truth = _python_tests(test["code"])
    else:
        raise refuse_language(language)
    solution = raw.get("canonical_solution")
    return Problem(
        source=_inserted_source(labels),
        task=labels.get("task_id") or raw["id"],
        prompt=raw["content"],
        truth=truth,
        reference=None if not solution else solution if "```" in solution else fenced(solution, language),
        language=language,
    )


def _python_tests(code: str) -> dict[str, Any]:
    """Return tests that call a check of their own, or that pytest would collect."""
    text = code.replace(PLACE, "").strip("\n")
    call = check_call(text)
    if call is None:
        return {"test_list": [text]} if has_assertions(text) else as_unittest(text)
    rest = call.rest if call.checker == "check" else f"{call.rest}\n\n\ncheck = {call.checker}\n"
    return {"test": rest, "entry_point": call.entry}


def _from_files(raw: Mapping[str, Any], test: Mapping[str, Any], labels: Mapping[str, Any]) -> Problem:
    """Return a problem of aider: tests in a file of their own that imports the program by its name."""
    language = str(labels.get("programming_language", "python")).lower()
    if language != "python":
        raise refuse_language(language)
    module = str(labels["task_id"]).replace("-", "_")
    try:
        texts = [base64.b64decode(content, validate=True).decode() for content in test["asset"].values()]
    except (binascii.Error, UnicodeDecodeError):
        problem = "found a file that is no text in base64"
        raise DataError(problem, field="test") from None
    if len(texts) != 1 or "TestCase" not in texts[0]:
        problem = "found other files than one with a unittest, which cannot be given to a program here"
        raise DataError(problem, field="test")
    stub = labels.get("reference")
    solution = raw.get("canonical_solution")
    return Problem(
        source="aider",
        task=labels["task_id"],
        prompt=f"{raw['content'].strip()}\n\n{fenced(stub)}" if stub else raw["content"].strip(),
        truth=tests_of_module(module, texts[0]),
        reference=fenced(solution) if solution else None,
    )


def _completion_source(task: str, test: str) -> str:
    name = task.partition("/")[0].lower()
    if re.match("bigcodebench|evoeval", name):
        return "bigcodebench" if name.startswith("big") else "evoeval"
    return "bigcodebench" if "TestCase" in test else "shadow_humaneval"


def _inserted_source(labels: Mapping[str, Any]) -> str:
    category = str(labels.get("category", "")).lower()
    if category:
        return "mbxp" if category == "mbxp" else "humanevalds"
    return "naturalcodebench"


def parsed_test(raw: Mapping[str, Any]) -> Any:  # noqa: ANN401 - any JSON value
    """Return the tests of a row: what their JSON text holds, or the text where it is none."""
    test = raw["test"]
    if isinstance(test, str) and test.lstrip()[:1] in {"[", "{"}:
        try:
            return json.loads(test)
        except ValueError:
            return test
    return test
