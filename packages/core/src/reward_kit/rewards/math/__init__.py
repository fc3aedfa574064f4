"""Grade answers to questions of mathematics: find the one answer of a reply, and compare it with the ground truth."""

from reward_kit.rewards.math.extraction import Answer, extract_answer
from reward_kit.rewards.math.gold import Gold, compile_gold
from reward_kit.rewards.math.numbers import Number, parse_number
from reward_kit.rewards.math.policy import Policy
from reward_kit.rewards.math.reward import math_reward
from reward_kit.rewards.math.verdict import Verdict
from reward_kit.rewards.math.verifying import averify, verify

__all__ = [
    "Answer",
    "Gold",
    "Number",
    "Policy",
    "Verdict",
    "averify",
    "compile_gold",
    "extract_answer",
    "math_reward",
    "parse_number",
    "verify",
]
