"""Which data set a row is of, by its fields, and what becomes of it."""

from collections.abc import Mapping
from typing import Any

from reward_kit.data.coding.humaneval import from_humaneval
from reward_kit.data.coding.mbpp import from_mbpp, from_sandbox_fusion_mbpp
from reward_kit.data.coding.problem import Problem
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
    if {"prompt", "canonical_solution", "test", "entry_point"} <= set(raw):
        return from_humaneval(raw)
    if {"code", "test_list"} <= set(raw):
        return from_mbpp(raw)
    if {"content", "test_list"} <= set(raw):
        return from_sandbox_fusion_mbpp(raw)
    problem = f"found {', '.join(map(repr, raw))}, which is no row of a data set of coding problems that is known here"
    raise DataError(problem)
