"""Run programs that nobody trusts: ``get_sandbox("auto").run(Program(source="print(1)"))``.

A sandbox runs a program on inputs and returns what came out; it never judges. Backends: ``native`` (the kernel's own
means, no daemon), ``docker`` (the same inside a hardened container) and ``remote`` (a SandboxFusion service).
"""

from reward_kit.sandbox.model import (
    Call,
    Input,
    IsolationUnavailableError,
    Level,
    Limits,
    Outcome,
    Program,
    Restriction,
    Sandbox,
    SandboxError,
    Status,
    Stdin,
    TestOutcome,
    TestSuite,
)
from reward_kit.sandbox.selection import get_sandbox

__all__ = [
    "Call",
    "Input",
    "IsolationUnavailableError",
    "Level",
    "Limits",
    "Outcome",
    "Program",
    "Restriction",
    "Sandbox",
    "SandboxError",
    "Status",
    "Stdin",
    "TestOutcome",
    "TestSuite",
    "get_sandbox",
]
