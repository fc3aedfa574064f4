"""Compile a ground truth once: GRPO asks the same one many times."""

import functools
import math
from dataclasses import dataclass

from reward_kit.errors import GradingError
from reward_kit.rewards.math.numbers import Number, parse_number
from reward_kit.rewards.math.plain import shown
from reward_kit.rewards.math.statements import boxed

__all__ = ["Gold", "compile_gold"]

_MAX_BITS = 1900


@dataclass(frozen=True, slots=True, kw_only=True)
class Gold:
    """What a right reply must answer."""

    text: str
    number: Number


def compile_gold(ground_truth: object) -> Gold:
    """Return the number of a ground truth: a number, its text, or a solution that ends with ``#### N`` or a box.

    Raises:
        GradingError: it is not one number; a reply cannot be graded by it.
    """
    if isinstance(ground_truth, str):
        return _compiled(ground_truth.rpartition("####")[2])
    if isinstance(ground_truth, int) and not isinstance(ground_truth, bool) and ground_truth.bit_length() <= _MAX_BITS:
        return _compiled(str(ground_truth))
    if isinstance(ground_truth, float) and math.isfinite(ground_truth):
        return _compiled(repr(float(ground_truth)))
    found = ground_truth if ground_truth is None or isinstance(ground_truth, float) else type(ground_truth).__name__
    message = f"found ground_truth={found!r}, expected a number or a text such as '72' or '… #### 72'"
    raise GradingError(message)


@functools.lru_cache(maxsize=4096)
def _compiled(text: str) -> Gold:
    number = parse_number(text)
    boxes = boxed(text) if number is None else []
    if boxes and boxes[-1].complete:
        text = boxes[-1].text
        number = parse_number(text)
    if number is None:
        message = f"found ground_truth={shown(text)!r}, expected one number, alone or behind '####'"
        raise GradingError(message)
    return Gold(text=text.strip(), number=number)
