"""``math_reward``: 1.0 for a reply whose one answer is the number of the ground truth, else 0.0."""

import math
from fractions import Fraction

from reward_kit.errors import GradingError, UsageError
from reward_kit.models import EvaluateResult, Message, MetricResult
from reward_kit.reward_function import reward_function
from reward_kit.rewards.math.answers import Answer, extract_answer
from reward_kit.rewards.math.gold import Gold, compile_gold
from reward_kit.rewards.math.numbers import Number
from reward_kit.rewards.math.plain import shown
from reward_kit.rewards.math.units import units_conflict, units_cover

__all__ = ["math_reward"]


@reward_function
def math_reward(
    messages: list[Message],
    *,
    ground_truth: str | float | None = None,
    tolerance: float = 0.0,
    absolute_tolerance: float = 0.0,
    require_units: bool = False,
    **_: object,
) -> EvaluateResult:
    r"""Score 1.0 if the last message answers with the number of the ground truth, and 0.0 if not.

    Args:
        messages: the conversation; the last message is the reply. Its ``reasoning_content`` is never graded.
        ground_truth: a number (``"448,000"``, ``"$18"``, ``"12.5%"``, 72) or a solution that ends with ``#### N``.
        tolerance: the relative error that is let pass; 0 by default: the numbers must be equal. A ground truth
            that is a whole number stays exact: 2023 is never 2024.
        absolute_tolerance: the absolute error that is let pass, for whole numbers too.
        require_units: whether the unit of the ground truth must be in the answer.

    How the answer is found: ``extract_answer``. What is a number: ``parse_number``. Policy:

    - Percent: where one side has the sign and the other has not, ``50%`` equals both 50 and 0.5; where neither has
      it, 0.5 and 50 differ.
    - Units need not be there; two known ones that differ (``5 cm``, ``5 m``) are a wrong answer.
    - ``dozen`` is a unit; ``thousand``, ``million``, ``billion`` and ``trillion`` are part of the number.

    Without a usable ground truth, or where the last message is not the assistant's, the result is *not graded*.
    Unlike in reward-kit 0.4.1, no tolerance applies by default, and nothing is partly right.

    >>> result = math_reward([{"role": "assistant", "content": r"So \boxed{448,000}."}], ground_truth="448000")
    >>> result.score, result.reason
    (1.0, "'448,000' = '448000' (boxed)")
    >>> math_reward([{"role": "assistant", "content": "It is 71 or 72."}], ground_truth="72").score
    0.0
    """
    relative, absolute = _limit("tolerance", tolerance), _limit("absolute_tolerance", absolute_tolerance)
    if not messages or messages[-1].role != "assistant":
        found = f"a last message of the role {messages[-1].role!r}" if messages else "no messages"
        return EvaluateResult.not_graded(f"found {found}, expected the assistant's reply at the end")
    try:
        gold = compile_gold(ground_truth)
    except GradingError as error:
        return EvaluateResult.not_graded(str(error))
    if (answer := _answer(messages)).number is None:
        return _result(0.0, f"no answer: {answer.problem}", answer, gold)
    flaw = _flaw(answer.number, gold.number, require_units=require_units)
    equal = _equal(answer.number, gold.number, relative, absolute)
    sign, score = ("=", 1.0) if equal and not flaw else ("!=", 0.0)
    reason = f"{shown(answer.text)!r} {sign} {shown(gold.text)!r} ({answer.rule}){flaw if equal else ''}"
    return _result(score, reason, answer, gold)


def _answer(messages: list[Message]) -> Answer:
    reply = messages[-1]
    if not reply.text.strip() and reply.reasoning_content:
        return Answer(problem="the reply ends inside its thinking")
    asked = next((message.text for message in reversed(messages[:-1]) if message.role == "user"), "")
    return extract_answer(reply.text, prompt=asked)


def _equal(answer: Number, gold: Number, relative: Fraction, absolute: Fraction) -> bool:
    readings = [(answer.value, gold.value)]
    if answer.percent and not gold.percent:
        readings.append((answer.value / 100, gold.value))
    elif gold.percent and not answer.percent:
        readings.append((answer.value, gold.value / 100))
    return any(_close(one, other, relative, absolute) for one, other in readings)


def _close(answer: Fraction, gold: Fraction, relative: Fraction, absolute: Fraction) -> bool:
    if answer == gold:
        return True
    allowed = absolute if gold.denominator == 1 else max(absolute, relative * abs(gold))
    return abs(answer - gold) <= allowed


def _flaw(answer: Number, gold: Number, *, require_units: bool) -> str:
    """Return what is wrong with the unit of the answer."""
    if units_conflict(answer.units, gold.units):
        return ": the units differ"
    covered = units_cover(answer.units, gold.units) and (answer.percent or not gold.percent)
    return ": the unit is missing" if require_units and not covered else ""


def _limit(name: str, value: float) -> Fraction:
    """Return a tolerance as the decimal that it is written as."""
    if not math.isfinite(value) or value < 0:
        message = f"found {name}={value!r}, expected a finite number that is not negative"
        raise UsageError(message)
    return Fraction(repr(float(value))) if value else Fraction(0)


def _result(score: float, reason: str, answer: Answer, gold: Gold) -> EvaluateResult:
    extracted = f"{shown(answer.text)} ({answer.rule})" if answer.text else answer.problem
    return EvaluateResult(
        score=score,
        reason=reason,
        metrics={
            "extracted_answer": MetricResult(score=float(answer.number is not None), reason=extracted),
            "ground_truth": MetricResult(score=1.0, reason=shown(gold.text)),
        },
    )
