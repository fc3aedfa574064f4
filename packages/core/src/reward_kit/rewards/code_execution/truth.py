r"""Ground truth, in every shape that data sets give it, as a plan: what to run and what must come out.

    "5\n"                                                   the expected standard output, without any input
    [{"input": "2 3", "expected_output": "5"}, …]             standard input and output
    the same, with a function to call                         arguments (list, dict of keywords) and the value
    {"inputs": […], "outputs": […], "fn_name": "add"}         the same, as APPS and TACO write it
    ["assert add(2, 3) == 5", …]                              assertions
    {"test_list": […], "test_setup_code": "…"}                assertions, as MBPP writes it
    {"test": "def check(candidate): …", "entry_point": "add"} as HumanEval writes it; "prompt" for its helpers
    {"test": "class TestCases(unittest.TestCase): …", …}      as BigCodeBench writes it; "trust": "in-process" runs them
                                                            within the program's process, which they then share
    {"value": "[1, 2]"}                                       a literal that the reply states; nothing is run

Each may also come as its JSON text. Whatever else is found makes the row not graded.
"""

import ast
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from reward_kit.errors import GradingError
from reward_kit.rewards.code_execution.cases import CallCase, OutputCase, as_text, call_case, output_of
from reward_kit.sandbox.model import Stdin, TestSuite

__all__ = ["CallCase", "CallPlan", "OutputCase", "OutputPlan", "Plan", "TestPlan", "ValuePlan", "read_truth"]

SAFE_IMPORTS = frozenset(
    [
        "bisect",
        "cmath",
        "collections",
        "copy",
        "datetime",
        "decimal",
        "fractions",
        "functools",
        "heapq",
        "inspect",
        "io",
        "itertools",
        "json",
        "math",
        "operator",
        "os",
        "random",
        "re",
        "statistics",
        "string",
        "sys",
        "tempfile",
        "time",
        "typing",
        "unittest",
    ]
)
"""What a unittest may import and still be split from the submission."""


@dataclass(frozen=True, slots=True)
class OutputPlan:
    """Run the program per case and compare what it prints."""

    cases: tuple[OutputCase, ...]


@dataclass(frozen=True, slots=True)
class CallPlan:
    """Call a function per case and compare what it returns."""

    cases: tuple[CallCase, ...]


@dataclass(frozen=True, slots=True)
class TestPlan:
    """Run tests that are code."""

    __test__ = False

    suite: TestSuite
    prelude: str = ""
    """Code that comes before the submission: what a prompt already gave."""


@dataclass(frozen=True, slots=True)
class ValuePlan:
    """Run nothing: compare the value that the reply states."""

    expected: str


Plan = OutputPlan | CallPlan | TestPlan | ValuePlan


def read_truth(truth: object, *, function: str | None = None, entry_point: str | None = None) -> Plan:
    """Return the plan of a ground truth.

    Raises:
        GradingError: it holds no test, or has none of the shapes above.
    """
    truth = _parsed(truth)
    if truth is None or truth in ("", [], {}, ()):
        message = "the ground truth holds no test, expected at least one"
        raise GradingError(message)
    if isinstance(truth, str):
        return _of_text(truth, function, entry_point)
    if isinstance(truth, Mapping):
        return _of_mapping(truth, function, entry_point)
    if isinstance(truth, Sequence):
        return _of_list(truth, function)
    message = f"found a ground truth of type {type(truth).__name__}, expected text, a list of tests or a mapping"
    raise GradingError(message)


def _parsed(truth: object) -> object:
    """Return what a JSON text of one of the shapes holds; an expected output that looks like JSON stays text."""
    if not isinstance(truth, str) or truth.lstrip()[:1] not in {"[", "{"}:
        return truth
    try:
        found = json.loads(truth)
    except ValueError:
        return truth
    if isinstance(found, list):
        tests = found and all(_is_test(item) for item in found)
        return found if tests else truth
    shapes = ({"inputs", "outputs"}, {"test_list"}, {"test"}, {"input"}, {"assertions"}, {"test_cases"}, {"value"})
    return found if isinstance(found, dict) and any(shape <= set(found) for shape in shapes) else truth


def _is_test(item: object) -> bool:
    return (isinstance(item, dict) and "input" in item) or (
        isinstance(item, str) and item.lstrip().startswith("assert")
    )


def _of_text(truth: str, function: str | None, entry_point: str | None) -> Plan:
    if re.search(r"^def check\(|unittest\.TestCase", truth, re.MULTILINE):
        return _of_mapping({"test": truth}, function, entry_point)
    if truth.startswith("assert ") and _parses(truth):
        return TestPlan(_assertions([truth], "", entry_point or ""))
    return OutputPlan((OutputCase(Stdin(""), truth),))


def _of_mapping(truth: Mapping[str, Any], function: str | None, entry_point: str | None) -> Plan:
    entry = entry_point or truth.get("entry_point") or truth.get("fn_name") or truth.get("function_to_call") or function
    if "inputs" in truth and "outputs" in truth:
        return _of_apps(truth, entry)
    for name in ("test_list", "assertions"):
        if truth.get(name):
            texts = [*truth[name], *(truth.get("challenge_test_list") or [])]
            setup = "\n".join([truth.get("test_setup_code") or "", *(truth.get("test_imports") or [])])
            return TestPlan(_assertions(texts, setup, entry or ""))
    if isinstance(truth.get("test"), str):
        return _of_code(truth, entry)
    for name in ("test_cases", "tests"):
        if truth.get(name):
            return _of_list(truth[name], entry)
    if "input" in truth:
        return _of_list([truth], entry)
    if isinstance(truth.get("value"), str):
        return ValuePlan(truth["value"])
    message = f"found a ground truth with {sorted(truth)}, expected tests in one of the documented shapes"
    raise GradingError(message)


def _of_code(truth: Mapping[str, Any], entry: str | None) -> TestPlan:
    text, prompt = truth["test"], truth.get("prompt") or truth.get("code_prompt") or ""
    if not _parses(text):
        message = "found a test that is no Python"
        raise GradingError(message)
    if "TestCase" in text:
        entry = entry or ("task_func" if "task_func" in text else "")
        trust = _trust(text) if truth.get("trust") != "in-process" else "in-process"
        suite = TestSuite(kind="unittest", setup=text, entry=entry, trust=trust)
        return TestPlan(suite, prompt)
    if not entry:
        message = "found check() without an entry_point, which names the function that it checks"
        raise GradingError(message)
    setup = f"{prompt}\n\n{text}" if _parses(f"{prompt}\n\n{text}") else text
    return TestPlan(TestSuite(kind="check", setup=setup, entry=entry), prompt)


def _assertions(texts: Sequence[str], setup: str, entry: str) -> TestSuite:
    """Return a suite with a test per top-level assertion of ``texts``, what stands before it coming along."""
    tests: list[str] = []
    for text in texts:
        if not _parses(text):
            message = f"found an assertion that is no Python: {text[:80]!r}"
            raise GradingError(message)
        pending: list[str] = []
        for node in ast.parse(text).body:
            pending.append(ast.unparse(node))
            if isinstance(node, ast.Assert):
                tests.append("\n".join(pending))
                pending = []
        if pending and tests:
            tests[-1] += "\n" + "\n".join(pending)
        elif pending:
            tests.append("\n".join(pending))
    if not tests:
        message = "the ground truth holds no assertion"
        raise GradingError(message)
    return TestSuite(kind="asserts", setup=setup, tests=tuple(tests), entry=entry)


def _of_apps(truth: Mapping[str, Any], function: str | None) -> Plan:
    inputs, outputs = truth["inputs"], truth["outputs"]
    if not isinstance(inputs, list) or not isinstance(outputs, list) or len(inputs) != len(outputs):
        message = "found inputs and outputs that are no lists of the same length"
        raise GradingError(message)
    pairs = [{"input": one, "expected_output": other} for one, other in zip(inputs, outputs, strict=True)]
    if not pairs:
        message = "the ground truth holds no test, expected at least one"
        raise GradingError(message)
    # APPS writes a value in a list of one; where it does so once, it does so throughout.
    return _of_list(pairs, function, wrapped=all(isinstance(output, list) and len(output) == 1 for output in outputs))


def _of_list(truth: Sequence[Any], function: str | None, *, wrapped: bool = False) -> Plan:
    if all(isinstance(item, str) for item in truth):
        return TestPlan(_assertions(list(truth), "", function or ""))
    if not all(isinstance(item, Mapping) for item in truth):
        message = "found tests of several kinds, expected objects with input and expected_output, or assertions"
        raise GradingError(message)
    function = function or truth[0].get("function_to_call") or truth[0].get("fn_name")
    if function:
        return CallPlan(tuple(call_case(item, function, wrapped=wrapped) for item in truth))
    return OutputPlan(tuple(OutputCase(Stdin(as_text(item.get("input"))), as_text(output_of(item))) for item in truth))


def _parses(text: str) -> bool:
    try:
        ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return False
    return True


def _trust(text: str) -> Literal["split", "in-process"]:
    """Say whether a suite's tests can run away from the submission: they patch nothing and want plain data only."""
    imported = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            imported |= {alias.name.split(".", 1)[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add((node.module or "").split(".", 1)[0])
    patches = re.search(r"\bpatch\b|\bmock\b|\bMagicMock\b|redirect_stdout|capture|assertLogs", text)
    return "in-process" if patches or not imported <= SAFE_IMPORTS else "split"
