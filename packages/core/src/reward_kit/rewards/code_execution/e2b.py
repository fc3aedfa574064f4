"""Run a reply's program in a sandbox of E2B's service: names of reward-kit 0.4.1, thin over its SDK.

Needs the extra ``e2b`` and a key. What the service fails at is not graded; what confines a program there is for the
service to say.
"""

from typing import Any

from reward_kit.errors import GradingError, PrerequisiteError, require
from reward_kit.models import EvaluateResult, Message, MetricResult
from reward_kit.reward_function import reward_function
from reward_kit.rewards.code_execution.blocks import find_program
from reward_kit.rewards.code_execution.comparison import outputs_match
from reward_kit.rewards.code_execution.programs import Executed

__all__ = ["e2b_code_execution_reward", "execute_code_with_e2b"]

SPARE_SECONDS = 30
"""How much longer than its program a sandbox lives."""


def execute_code_with_e2b(
    code: str, language: str = "python", timeout: float = 30, api_key: str | None = None
) -> Executed:
    """Run a program in a new sandbox of E2B, without the internet.

    Raises:
        MissingExtraError: its package is not installed.
        PrerequisiteError: no key was given.
        GradingError: the service failed, not the program.
    """
    require("e2b", "e2b_code_interpreter")
    if not api_key:
        message = "found no API key, expected api_key: an E2B sandbox needs one"
        raise PrerequisiteError(message)
    import e2b_code_interpreter as e2b  # type: ignore[import-not-found,unused-ignore]  # an extra

    try:
        with e2b.Sandbox.create(
            api_key=api_key, timeout=int(timeout) + SPARE_SECONDS, allow_internet_access=False
        ) as sandbox:
            return _run(e2b, sandbox, code, language=language, timeout=timeout)
    except (e2b.SandboxException, OSError) as error:
        message = f"the E2B sandbox failed: {type(error).__name__}: {error}"
        raise GradingError(message) from error


def _run(e2b: Any, sandbox: Any, code: str, *, language: str, timeout: float) -> Executed:  # noqa: ANN401 - an extra's types
    try:
        done = sandbox.run_code(code, language=language, timeout=timeout)
    except e2b.TimeoutException:
        return {"success": False, "output": None, "error": f"time_limit: longer than {timeout:g} s"}
    if done.error is not None:
        return {"success": False, "output": None, "error": f"{done.error.name}: {done.error.value}"}
    return {"success": True, "output": "".join(done.logs.stdout).strip(), "error": None}


@reward_function
def e2b_code_execution_reward(
    messages: list[Message],
    ground_truth: str | None = None,
    language: str = "python",
    timeout: float = 30,
    api_key: str | None = None,
    **kwargs: object,
) -> EvaluateResult:
    """Return 1.0 where the reply's program, run by E2B, prints ``ground_truth``, else 0.0.

    What differs from 0.4.1: without a package, a key, or an expected output a reply is not graded.
    """
    del kwargs
    if ground_truth is None:
        return EvaluateResult.not_graded("found no ground truth, expected the output to compare with")
    program = find_program(messages[-1].text if messages else "", language)
    if program is None:
        return EvaluateResult(score=0.0, reason=f"the reply holds no program in {language}")
    try:
        done = execute_code_with_e2b(program, language, timeout, api_key)
    except (GradingError, PrerequisiteError) as error:
        return EvaluateResult.not_graded(f"{type(error).__name__}: {error}")
    score = float(done["success"] and outputs_match(ground_truth, done["output"] or ""))
    reason = done["error"] or f"printed {(done['output'] or '')[:200]!r}"
    metrics = {"output_match": MetricResult(score=score, reason=reason)}
    return EvaluateResult(score=score, reason=reason, metrics=metrics)
