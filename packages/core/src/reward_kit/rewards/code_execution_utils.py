"""Prepare DeepCoder's samples for TRL: a name that users of reward-kit 0.4.1 know."""

import json
from collections.abc import Mapping
from typing import Any

from reward_kit.rewards.code_execution.truth import read_truth

__all__ = ["prepare_deepcoder_sample_for_trl"]


def prepare_deepcoder_sample_for_trl(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row for TRL: ``prompt`` as a conversation, ``test_cases`` as data, ``target_function`` or None.

    Raises:
        ValueError: there is no prompt.
        GradingError: there is no test.

    >>> raw = {"prompt": "Add two numbers.", "target_function": "add", "test_cases": '[{"input": [1, 2], "output": 3}]'}
    >>> prepare_deepcoder_sample_for_trl(raw)["test_cases"]
    [{'input': [1, 2], 'output': 3}]
    """
    problem = raw.get("prompt") or raw.get("problem")
    if not isinstance(problem, str):
        message = f"found a sample with {sorted(raw)}, expected the text of a 'prompt'"
        raise ValueError(message)  # noqa: TRY004 - a value of the wrong shape
    target = raw.get("target_function") or None
    tests = raw.get("test_cases") or raw.get("tests")
    tests = json.loads(tests) if isinstance(tests, str) else tests
    read_truth(tests, function=target)  # says so, where it holds none
    asked = f"{problem}\n\nWrite a Python function named `{target}`." if target else problem
    return {"prompt": [{"role": "user", "content": asked}], "test_cases": tests, "target_function": target}
