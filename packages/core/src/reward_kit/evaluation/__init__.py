"""Grade many replies, keep every result, and say what they amount to; prove a reward and its data set.

``grade`` and ``agrade`` are the one place where what a reward raises becomes a row that is not graded. Every name
is loaded when it is first used.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reward_kit.evaluation.attempts import AttemptsSummary, pass_all_k, pass_at_k
    from reward_kit.evaluation.checking import CheckReport, check
    from reward_kit.evaluation.comparing import Comparison, compare
    from reward_kit.evaluation.engines import grade_all
    from reward_kit.evaluation.preparing import prepare
    from reward_kit.evaluation.preview import EvaluatorPreviewResult, preview_evaluation
    from reward_kit.evaluation.results import ResultRow, Summary
    from reward_kit.evaluation.runner import evaluate
    from reward_kit.evaluation.statistics import wilson_interval
    from reward_kit.grading import agrade, grade

__all__ = [
    "AttemptsSummary",
    "CheckReport",
    "Comparison",
    "EvaluatorPreviewResult",
    "ResultRow",
    "Summary",
    "agrade",
    "check",
    "compare",
    "evaluate",
    "grade",
    "grade_all",
    "pass_all_k",
    "pass_at_k",
    "prepare",
    "preview_evaluation",
    "wilson_interval",
]

_HOME = {
    "AttemptsSummary": "reward_kit.evaluation.attempts",
    "Comparison": "reward_kit.evaluation.comparing",
    "compare": "reward_kit.evaluation.comparing",
    "pass_all_k": "reward_kit.evaluation.attempts",
    "pass_at_k": "reward_kit.evaluation.attempts",
    "CheckReport": "reward_kit.evaluation.checking",
    "EvaluatorPreviewResult": "reward_kit.evaluation.preview",
    "ResultRow": "reward_kit.evaluation.results",
    "Summary": "reward_kit.evaluation.results",
    "agrade": "reward_kit.grading",
    "check": "reward_kit.evaluation.checking",
    "evaluate": "reward_kit.evaluation.runner",
    "grade": "reward_kit.grading",
    "grade_all": "reward_kit.evaluation.engines",
    "prepare": "reward_kit.evaluation.preparing",
    "preview_evaluation": "reward_kit.evaluation.preview",
    "wilson_interval": "reward_kit.evaluation.statistics",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - PEP 562: the type is known statically, by the imports above
    """Load a public name on first use."""
    home = _HOME.get(name)
    if home is None:
        message = f"module 'reward_kit.evaluation' has no attribute {name!r}"
        raise AttributeError(message)
    from importlib import import_module

    value = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
