"""Run one program, compare one output: names that users of reward-kit 0.4.1 know, over the sandbox."""

from typing import TypedDict

from reward_kit.rewards.code_execution.comparison import outputs_match
from reward_kit.sandbox import Limits, Program, Sandbox, Stdin, get_sandbox

__all__ = ["Executed", "compare_outputs", "execute_javascript_code", "execute_python_code"]


class Executed(TypedDict):
    """What running a program came to."""

    success: bool
    output: str | None
    """Its standard output, where it ended well."""
    error: str | None


def execute_python_code(code: str, timeout: float = 5, *, sandbox: Sandbox | None = None) -> Executed:
    """Run a Python program without input.

    Raises:
        SandboxError: the sandbox failed, not the program.
        IsolationUnavailableError: nothing here can confine a program.

    >>> execute_python_code("print(6 * 7)")
    {'success': True, 'output': '42', 'error': None}
    """
    return _execute(Program(source=code), timeout, sandbox)


def execute_javascript_code(code: str, timeout: float = 5, *, sandbox: Sandbox | None = None) -> Executed:
    """Run a JavaScript program without input, by Node.

    Raises:
        SandboxError: the sandbox failed, not the program.
        IsolationUnavailableError: nothing here can confine a program, or Node is not installed.
    """
    return _execute(Program(source=code, language="javascript"), timeout, sandbox)


def compare_outputs(actual: str, expected: str) -> float:
    """Return 1.0 where an output is the expected one, as ``outputs_match`` has it, else 0.0.

    What differs from 0.4.1: nothing in between.

    >>> compare_outputs("99", "100"), compare_outputs("0.5000000001", "0.5")
    (0.0, 1.0)
    """
    return float(outputs_match(expected, actual))


def _execute(program: Program, timeout: float, sandbox: Sandbox | None) -> Executed:
    chosen = sandbox if sandbox is not None else get_sandbox("auto")
    (outcome,) = chosen.submit(program, [Stdin("")], Limits(seconds=timeout)).result()
    if outcome.status == "ok":
        return {"success": True, "output": outcome.stdout.strip(), "error": None}
    return {"success": False, "output": None, "error": f"{outcome.status}: {outcome.detail}"}
