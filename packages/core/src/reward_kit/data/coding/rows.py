"""Which data set a row is of, by its fields, and what becomes of it."""

from collections.abc import Mapping
from typing import Any

from reward_kit.data.coding.humaneval import from_humaneval
from reward_kit.data.coding.mbpp import from_mbpp, from_sandbox_fusion_mbpp
from reward_kit.data.coding.output_prediction import from_cruxeval, from_cruxeval_x
from reward_kit.data.coding.problem import Problem, labels_of
from reward_kit.data.coding.sandbox_fusion import (
    from_completion,
    from_inserted,
    from_prose,
    from_stdin_cases,
    parsed_test,
)
from reward_kit.errors import DataError
from reward_kit.models import Sample

__all__ = ["coding_row", "read_coding_row"]


def coding_row(raw: Mapping[str, Any]) -> Sample:
    """Make a sample of a row of any of the data sets that ``read_coding_row`` knows.

    Raises:
        DataError: it has no test that can be run, or no reference that proves them.
        KeyError: a field is missing.
    """
    sample = read_coding_row(raw)
    if sample.reference is None:
        problem = "the data set gives none, so that nothing proves the tests"
        raise DataError(problem, field="reference")
    return sample


def read_coding_row(raw: Mapping[str, Any]) -> Sample:
    """Do what ``coding_row`` does, and let a row pass whose data set gives no reference."""
    return _problem(raw.get("provided_data") or raw).sample()


def _problem(raw: Mapping[str, Any]) -> Problem:
    fields = set(raw)
    if {"prompt", "canonical_solution", "test", "entry_point"} <= fields:
        return from_humaneval(raw)
    if {"code", "test_list"} <= fields:
        return from_mbpp(raw)
    if {"content", "test_list"} <= fields:
        return from_sandbox_fusion_mbpp(raw)
    if {"code", "input", "output"} <= fields:
        return from_cruxeval_x(raw) if "gt" in fields else from_cruxeval(raw)
    if {"content", "test"} <= fields:
        return _with_test(raw)
    if "next_line" in fields:
        problem = "no executable test: the next line of a file can be written in many ways"
        raise DataError(problem)
    problem = f"found the fields {', '.join(map(repr, raw))}, expected those of a data set of coding problems"
    raise DataError(problem)


def _with_test(raw: Mapping[str, Any]) -> Problem:
    test = parsed_test(raw)
    if isinstance(test, list):
        return from_stdin_cases(raw, test)
    if isinstance(test, dict):
        return from_inserted(raw, test)
    if isinstance(test, str) and test.strip():
        return from_completion(raw) if "entry_point" in labels_of(raw) else from_prose(raw)
    problem = "no executable test"
    raise DataError(problem)
