"""How programs are run and their outputs compared: the options that all code rewards take, and their frozen value."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypedDict

from reward_kit.errors import UsageError
from reward_kit.rewards.code_execution.comparison import COMPARISONS, TOLERANCE, Comparison
from reward_kit.sandbox import Limits, Sandbox, get_sandbox

__all__ = ["CodeOptions", "Environment", "Settings"]

Environment = Literal["local", "docker", "remote"]
BACKENDS = {"local": "auto", "docker": "docker", "remote": "remote"}
ALIASES = {"py": "python", "python3": "python", "js": "javascript", "node": "javascript", "c++": "cpp"}


class CodeOptions(TypedDict, total=False):
    """What every code reward takes besides the reply, the ground truth, the language, the time and the place."""

    function_to_call: str | None
    """The function that cases of arguments and values call; None where the ground truth names it, or prints."""
    entry_point: str | None
    """The function that tests written as code check."""
    comparison: Comparison
    """How standard output is compared."""
    tolerance: float
    """What a decimal number may differ, relative."""
    checker: str | None
    """Source of ``def check(input, expected, output) -> bool``, run in the sandbox instead of a comparison."""
    isolate: Literal["case", "submission"]
    """``submission`` lets the stdin cases of a program share a process; function cases always do."""
    memory_mb: int
    sandbox: Sandbox | str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The same, checked."""

    language: str = "python"
    limits: Limits
    function: str | None = None
    entry_point: str | None = None
    share: bool = False
    comparison: Comparison = "tokens"
    tolerance: float = TOLERANCE
    checker: str | None = None
    sandbox: "Sandbox | str" = "auto"

    @classmethod
    def of(
        cls, language: str, timeout: float, environment: str = "local", options: "Mapping[str, Any] | None" = None
    ) -> "Settings":
        """Return the settings that ``options`` of ``CodeOptions`` ask for; what else they hold is a data set's own.

        Raises:
            UsageError: one of them has no such value.
        """
        given = dict(options or {})
        isolate, comparison = given.get("isolate", "case"), given.get("comparison", "tokens")
        if environment not in BACKENDS or isolate not in {"case", "submission"} or comparison not in COMPARISONS:
            message = (
                f"found environment={environment!r}, isolate={isolate!r}, comparison={comparison!r}; expected one of "
                f"{', '.join(BACKENDS)}, 'case' or 'submission', and one of {', '.join(COMPARISONS)}"
            )
            raise UsageError(message)
        sandbox = given.get("sandbox")
        return cls(
            language=ALIASES.get(language.lower(), language.lower()),
            limits=Limits(seconds=timeout, memory_mb=given.get("memory_mb", 512)),
            function=given.get("function_to_call"),
            entry_point=given.get("entry_point"),
            share=isolate == "submission",
            comparison=comparison,
            tolerance=given.get("tolerance", TOLERANCE),
            checker=given.get("checker"),
            sandbox=BACKENDS[environment] if sandbox is None else sandbox,
        )

    def open(self) -> Sandbox:
        """Return the sandbox to use.

        Raises:
            IsolationUnavailableError: none works here.
        """
        return get_sandbox(self.sandbox) if isinstance(self.sandbox, str) else self.sandbox
