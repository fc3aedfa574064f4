"""``extract_numbers`` and ``compare_numbers``: the helpers of reward-kit 0.4.1, as thin forms of what is here.

Two things differ from 0.4.1. A reply gives one number or none, never several to choose from; and near misses are
wrong: there is no similarity between 0 and 1.
"""

import math

from reward_kit.rewards.math.extraction import extract_answer
from reward_kit.rewards.math.plain import shown

__all__ = ["compare_numbers", "extract_numbers"]


def extract_numbers(text: str) -> list[tuple[str, float | str]]:
    r"""Return the one answer of ``text`` as it is written and as a float, or as a text where it is no number.

    The list is empty where there is no answer, and where there are several.

    >>> extract_numbers(r"48 + 24 = 72, so \boxed{72}")
    [('72', 72.0)]
    >>> extract_numbers("It is 5 or 7.")
    []
    """
    answer = extract_answer(text, lenient=True)
    if answer.problem or answer.rivals or (answer.tentative and answer.number is None):
        return []
    if answer.number is None:
        return [(answer.text, answer.text)]
    value = answer.number.value
    try:
        return [(answer.text, float(value))]
    except OverflowError:
        return [(answer.text, shown(answer.text))]


def compare_numbers(
    expected: float, actual: float, relative_tolerance: float = 1e-9, absolute_tolerance: float = 0.0
) -> tuple[bool, float]:
    """Say whether two floats are equal within the tolerances, and 1.0 or 0.0 for it.

    The defaults only let pass what floating point costs; 0.4.1 let pass 100001 for 100000.

    >>> compare_numbers(0.3, 0.1 + 0.2)
    (True, 1.0)
    >>> compare_numbers(100000, 100001)
    (False, 0.0)
    """
    equal = math.isclose(expected, actual, rel_tol=relative_tolerance, abs_tol=absolute_tolerance)
    return equal, float(equal)
