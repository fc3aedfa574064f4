"""Compile a ground truth once: GRPO asks the same one 8 to 64 times."""

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass

from reward_kit.errors import GradingError
from reward_kit.rewards.math.equivalence import Expected, compile_expected
from reward_kit.rewards.math.extraction import answer_of_solution
from reward_kit.rewards.math.numbers import Number, parse_number
from reward_kit.rewards.math.plain import shown
from reward_kit.rewards.math.policy import DEFAULT, Policy

__all__ = ["Gold", "GroundTruth", "compile_gold"]

GroundTruth = str | int | float | Sequence[str | int | float]
"""A number, its text, LaTeX, a solution that ends in ``#### …`` or a box; several are alternatives."""

_MAX_BITS = 1900
_MAX_LENGTH = 4000


@dataclass(frozen=True, slots=True, kw_only=True)
class Gold:
    """What a right reply must answer, ready to be compared with."""

    text: str
    texts: tuple[str, ...]
    """The alternatives: any of them is right."""
    number: Number | None
    """The first as a number, if it is one."""
    integer: str
    """Its digits where it is a plain whole number, and nothing but those digits can be equal; else empty."""
    policy: Policy

    @property
    def expected(self) -> tuple[Expected, ...]:
        """Return the alternatives ready to be compared with; each is read once."""
        return tuple(compile_expected(text, self.policy) for text in self.texts)


def compile_gold(gold: object, *, policy: Policy = DEFAULT) -> Gold:
    r"""Return a ground truth ready to be compared with; the same one is compiled once.

    Args:
        gold: a number (72, ``"448,000"``, ``"12.5%"``), LaTeX (``"\\frac{\\pi}{2}"``), a word, a letter, a
            worked solution that ends in ``#### N`` or has its answer in a box, or a list of alternatives.
        policy: how it will be compared.

    Raises:
        GradingError: no reply can be graded by it.

    >>> compile_gold(r"It is $2 \\cdot 3$, so \\boxed{6}").text
    '6'
    """
    if isinstance(gold, str):
        return _compiled_by_default(gold) if policy is DEFAULT else _compiled((gold,), policy)
    if isinstance(gold, list | tuple) and gold:
        return _compiled(tuple(_text(item) for item in gold), policy)
    return _compiled((_text(gold),), policy)


def _text(gold: object) -> str:
    if isinstance(gold, str):
        return gold
    if isinstance(gold, int) and not isinstance(gold, bool) and gold.bit_length() <= _MAX_BITS:
        return str(gold)
    if isinstance(gold, float) and math.isfinite(gold):
        return repr(float(gold))
    found = gold if gold is None or isinstance(gold, float) else type(gold).__name__
    message = f"found ground_truth={found!r}, expected a number or a text such as '72' or '… #### 72'"
    raise GradingError(message)


@functools.lru_cache(maxsize=4096)
def _compiled_by_default(gold: str) -> Gold:
    """Do as _compiled does, without hashing the policy each time."""
    return _compiled((gold,), DEFAULT)


@functools.lru_cache(maxsize=4096)
def _compiled(golds: tuple[str, ...], policy: Policy) -> Gold:
    texts = tuple(_answer(gold) for gold in golds)
    number = parse_number(texts[0])
    digits = texts[0].replace(",", "") if len(texts) == 1 and number is not None and not number.units else ""
    plain = digits.isascii() and digits.isdigit() and str(number.value if number else "") == digits
    exact = not (policy.tolerance or policy.absolute_tolerance)
    gold = Gold(
        text=texts[0] if len(texts) == 1 else " | ".join(texts),
        texts=texts,
        number=number,
        integer=digits if plain and exact else "",
        policy=policy,
    )
    if not plain:  # a run of digits can always be compared with, and is read when it has to be
        _ = gold.expected
    return gold


def _answer(gold: str) -> str:
    """Return the answer of a ground truth that may be a whole solution."""
    text = gold.rpartition("####")[2].strip()
    marked = answer_of_solution(text)
    if marked is not None:
        text = marked
    if not text or len(text) > _MAX_LENGTH:
        message = f"found ground_truth={shown(gold)!r}, expected one answer, alone or behind '####' or in a box"
        raise GradingError(message)
    return text
