"""Grade answers to questions of mathematics: find the one answer of a reply, and compare it with the ground truth.

``verify`` is the engine and needs the standard library only. The rewards are loaded, with pydantic, when one of their
names is first used; sympy is, in another process, when an answer needs it.
"""

from typing import TYPE_CHECKING, Any

from reward_kit.rewards.math.extraction import Answer, extract_answer
from reward_kit.rewards.math.gold import Gold, compile_gold
from reward_kit.rewards.math.numbers import Number, parse_number
from reward_kit.rewards.math.numbers_in_text import compare_numbers, extract_numbers
from reward_kit.rewards.math.policy import Policy
from reward_kit.rewards.math.verdict import Verdict
from reward_kit.rewards.math.verifying import averify, verify

if TYPE_CHECKING:
    from reward_kit.rewards.math.choices import multiple_choice_math_reward
    from reward_kit.rewards.math.lists import list_comparison_math_reward
    from reward_kit.rewards.math.reward import math_reward

__all__ = [
    "Answer",
    "Gold",
    "Number",
    "Policy",
    "Verdict",
    "averify",
    "compare_numbers",
    "compile_gold",
    "extract_answer",
    "extract_numbers",
    "list_comparison_math_reward",
    "math_reward",
    "multiple_choice_math_reward",
    "parse_number",
    "verify",
]

_HOME = {
    "list_comparison_math_reward": "lists",
    "math_reward": "reward",
    "multiple_choice_math_reward": "choices",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - PEP 562: the type is known statically, by the imports above
    """Load a reward on first use."""
    home = _HOME.get(name)
    if home is None:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    from importlib import import_module

    value = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value
