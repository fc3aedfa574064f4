"""Decide whether two mathematical answers are equal."""

from reward_kit.rewards.math.equivalence.comparison import Comparison, Expected, Outcome, compare, compile_expected

__all__ = ["Comparison", "Expected", "Outcome", "compare", "compile_expected"]
