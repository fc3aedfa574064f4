"""Compile a ground truth once: GRPO asks the same one many times."""

import functools
import math
from dataclasses import dataclass

from reward_kit.errors import GradingError
from reward_kit.rewards.math.numbers import Number, parse_number
from reward_kit.rewards.math.statements import boxed

__all__ = ["Gold", "compile_gold"]

_SHOWN = 80


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
        return _compiled(ground_truth)
    if isinstance(ground_truth, int | float) and not isinstance(ground_truth, bool) and math.isfinite(ground_truth):
        return _compiled(repr(ground_truth))
    message = f"found ground_truth={ground_truth!r}, expected a number or a text such as '72' or '… #### 72'"
    raise GradingError(message)


@functools.lru_cache(maxsize=4096)
def _compiled(text: str) -> Gold:
    final = text.rpartition("####")[2]
    number = parse_number(final)
    if number is None and final == text:
        boxes = boxed(text)
        final = boxes[-1].text if boxes and boxes[-1].complete else final
        number = parse_number(final)
    if number is None:
        shown = text if len(text) <= _SHOWN else "…" + text[-_SHOWN:]
        message = f"found ground_truth={shown!r}, expected one number, alone or behind '####'"
        raise GradingError(message)
    return Gold(text=final.strip(), number=number)
