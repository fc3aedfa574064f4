"""The rewards that run a reply's program. Their verdicts are decided outside the sandbox that runs it."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any, Unpack

from reward_kit.models import EvaluateResult, Message
from reward_kit.reward_function import reward_function
from reward_kit.rewards.code_execution.grading import begin, finish, grade_program, wait
from reward_kit.rewards.code_execution.settings import CodeOptions, Environment, Settings
from reward_kit.sandbox import Sandbox

__all__ = [
    "async_fractional_code_reward",
    "batch_fractional_code_reward",
    "deepcoder_code_reward",
    "evaluate_apps_solution",
    "fractional_code_reward",
    "local_code_execution_reward",
]


@reward_function(elsewhere=True)
def fractional_code_reward(
    messages: list[Message],
    ground_truth: Any = None,  # noqa: ANN401 - the shapes of ``truth``
    language: str = "python",
    timeout: float = 10,
    environment: Environment = "local",
    **options: Unpack[CodeOptions],
) -> EvaluateResult:
    r"""Return the exact fraction of tests that the reply's program passes.

    ``ground_truth`` has one of the shapes of ``reward_kit.rewards.code_execution.truth``; ``timeout`` is in seconds
    per test; ``options`` are those of ``CodeOptions``, and the other columns of a data set, which do not count.
    ``isolate="submission"`` is several times faster for standard input, in one process for all of a program's cases.
    What differs from 0.4.1: no partial credit for an output that merely resembles the expected one, and an empty list
    of tests is not graded.

    >>> reply = [{"role": "assistant", "content": "```python\nprint(int(input()) * 2)\n```"}]
    >>> fractional_code_reward(reply, ground_truth=[{"input": "4", "expected_output": "8"}]).score
    1.0
    """
    return grade_program(messages, ground_truth, Settings.of(language, timeout, environment, options))


@reward_function(elsewhere=True)
async def async_fractional_code_reward(
    messages: list[Message],
    ground_truth: Any = None,  # noqa: ANN401 - as above
    language: str = "python",
    timeout: float = 10,  # noqa: ASYNC109 - the time of the program, not of this coroutine
    environment: Environment = "local",
    **options: Unpack[CodeOptions],
) -> EvaluateResult:
    """Do what ``fractional_code_reward`` does; many at the same time fill all workers of the sandbox."""
    settings = Settings.of(language, timeout, environment, options)
    pending = await asyncio.to_thread(begin, messages, ground_truth, settings)
    return await wait(pending, settings)


def batch_fractional_code_reward(
    conversations: Sequence[Sequence[Message | dict[str, Any]]],
    ground_truths: Sequence[Any],
    *,
    language: str = "python",
    timeout: float = 10,
    environment: Environment = "local",
    **options: Unpack[CodeOptions],
) -> list[EvaluateResult]:
    """Grade many replies at the same time, in order, filling all workers of the sandbox."""
    settings = Settings.of(language, timeout, environment, options)
    pending = [
        begin(
            [message if isinstance(message, Message) else Message.model_validate(message) for message in messages],
            truth,
            settings,
        )
        for messages, truth in zip(conversations, ground_truths, strict=True)
    ]
    return [finish(item, settings) for item in pending]


@reward_function(elsewhere=True)
def deepcoder_code_reward(
    messages: list[Message],
    ground_truth: Any = None,  # noqa: ANN401 - as above
    language: str = "python",
    timeout: float = 10,
    environment: Environment = "local",
    *,
    target_function: str | None = None,
    sandbox: Sandbox | str | None = None,
    **kwargs: object,
) -> EvaluateResult:
    r"""Return 1.0 where every test passes, else 0.0.

    >>> reply = [{"role": "assistant", "content": "```python\ndef add(a, b): return a + b\n```"}]
    >>> tests = [{"input": [1, 2], "expected_output": 3}, {"input": [1, 1], "expected_output": 3}]
    >>> deepcoder_code_reward(reply, ground_truth=tests, target_function="add").score
    0.0
    """
    del kwargs
    options = {"function_to_call": target_function, "sandbox": sandbox}
    return _all_or_nothing(grade_program(messages, ground_truth, Settings.of(language, timeout, environment, options)))


@reward_function(elsewhere=True)
def local_code_execution_reward(
    messages: list[Message],
    ground_truth: str | None = None,
    language: str = "python",
    timeout: float = 5,
    max_memory_mb: int = 512,
    *,
    sandbox: Sandbox | str | None = None,
    **kwargs: object,
) -> EvaluateResult:
    r"""Return 1.0 where the reply's program prints ``ground_truth``, else 0.0.

    What differs from 0.4.1: without an expected output a reply is not graded, and a similar output earns nothing.

    >>> reply = [{"role": "assistant", "content": "```python\nprint(42)\n```"}]
    >>> local_code_execution_reward(reply, ground_truth="42").score
    1.0
    """
    del kwargs
    settings = Settings.of(language, timeout, options={"memory_mb": max_memory_mb, "sandbox": sandbox})
    truth = None if ground_truth is None else [{"input": "", "expected_output": ground_truth}]
    return grade_program(messages, truth, settings)


@reward_function(elsewhere=True)
def evaluate_apps_solution(
    messages: list[Message],
    ground_truth: Any = None,  # noqa: ANN401 - a mapping or its JSON text
    execution_timeout: float = 10,
    *,
    sandbox: Sandbox | str | None = None,
    **kwargs: object,
) -> EvaluateResult:
    r"""Return the fraction of an APPS problem's tests that pass: ``{"inputs", "outputs"}``, with ``fn_name`` by calls.

    >>> reply = [{"role": "assistant", "content": "```python\nprint(input()[::-1])\n```"}]
    >>> evaluate_apps_solution(reply, ground_truth='{"inputs": ["ab"], "outputs": ["ba"]}').score
    1.0
    """
    del kwargs
    if isinstance(ground_truth, str):
        try:
            ground_truth = json.loads(ground_truth)
        except ValueError:
            return EvaluateResult.not_graded("found a ground truth that is no JSON, expected inputs and outputs")
    settings = Settings.of("python", execution_timeout, options={"sandbox": sandbox})
    return grade_program(messages, ground_truth, settings)


def _all_or_nothing(result: EvaluateResult) -> EvaluateResult:
    if not result.is_score_valid or result.score in {0.0, 1.0}:
        return result
    return EvaluateResult(score=0.0, reason=result.reason, metrics=result.metrics)
