"""Grade answers that are numbers.

Not covered: symbolic mathematics (roots, sets, intervals, expressions in variables). A ground truth of that kind is
not graded; a reply of that kind to a numeric ground truth scores 0.0.
"""

from reward_kit.rewards.math.answers import Answer, extract_answer
from reward_kit.rewards.math.numbers import Number, parse_number
from reward_kit.rewards.math.reward import math_reward

__all__ = ["Answer", "Number", "extract_answer", "math_reward", "parse_number"]
