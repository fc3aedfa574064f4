"""MBPP, as its own files and SandboxFusion's samples have it: a sentence, a function, assertions."""

from collections.abc import Mapping
from typing import Any

from reward_kit.data.coding.problem import Problem, fenced, labels_of

__all__ = ["from_mbpp", "from_sandbox_fusion_mbpp"]

PROMPT = (
    "You are an expert Python programmer, and here is your task: {text} Your code should pass these tests:\n\n{tests}"
)
"""The form that MBPP's authors give with the data."""


def from_mbpp(raw: Mapping[str, Any]) -> Problem:
    """Return a problem of MBPP's own file, or of its sanitized one, which says ``prompt`` for ``text``."""
    return _problem(raw, raw["text"] if "text" in raw else raw["prompt"], raw["code"], raw["task_id"])


def from_sandbox_fusion_mbpp(raw: Mapping[str, Any]) -> Problem:
    """Return a problem of SandboxFusion's sample."""
    return _problem({**labels_of(raw), **raw}, raw["content"], raw.get("canonical_solution"), raw["id"])


def _problem(raw: Mapping[str, Any], text: str, code: str | None, task: object) -> Problem:
    tests = [str(test).replace("\r\n", "\n") for test in raw["test_list"]]
    setup = "\n".join([*(raw.get("test_imports") or []), raw.get("test_setup_code") or ""]).strip("\n")
    truth: dict[str, Any] = {"test_list": tests}
    if setup:
        truth["test_setup_code"] = setup.replace("\r\n", "\n")
    return Problem(
        source="mbpp",
        task=task,
        prompt=PROMPT.format(text=text.strip(), tests="\n".join(tests)),
        truth=truth,
        reference=fenced(code) if code else None,
    )
