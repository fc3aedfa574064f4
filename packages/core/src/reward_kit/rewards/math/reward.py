"""``math_reward``: 1.0 for a reply whose one answer is the ground truth, else 0.0."""

import functools

from reward_kit.models import EvaluateResult, Message, MetricResult
from reward_kit.reward_function import reward_function
from reward_kit.rewards.math.plain import shown
from reward_kit.rewards.math.policy import Policy
from reward_kit.rewards.math.verdict import Verdict
from reward_kit.rewards.math.verifying import verify

__all__ = ["math_reward", "result_of", "spoken_by_the_assistant"]


@reward_function
def math_reward(
    messages: list[Message],
    *,
    ground_truth: object = None,
    tolerance: float = 0.0,
    absolute_tolerance: float = 0.0,
    require_units: bool = False,
    lenient: bool = True,
    **_: object,
) -> EvaluateResult:
    r"""Score 1.0 if the last message answers with the ground truth, and 0.0 if not.

    Args:
        messages: the conversation; the last message is the reply. Its ``reasoning_content`` is never graded.
        ground_truth: what ``compile_gold`` takes: a number (``"448,000"``, ``"$18"``, 72), LaTeX
            (``r"\frac{\pi}{2}"``, ``"[0, 1)"``), a solution that ends with ``#### N`` or a box, or alternatives.
        tolerance: the relative error that is let pass; 0 by default: the numbers must be equal. A ground truth
            that is a whole number stays exact: 2023 is never 2024.
        absolute_tolerance: the absolute error that is let pass, for whole numbers too.
        require_units: whether the unit of the ground truth must be in the answer.
        lenient: whether a reply that marks no answer answers with its last number, where a number is asked for
            ("So she sold 72 clips."). On by default, unlike in ``verify``: models that were not trained for a format
            write so, and what guesses, denies, asks or lists is refused all the same.

    How the answer is found: ``extract_answer``. What is equal: the docstring of ``reward_kit.rewards.math.policy``.
    Without a usable ground truth, or where the last message is not the assistant's, the result is *not graded*.
    Unlike in reward-kit 0.4.1, no tolerance applies by default, and nothing is partly right.

    >>> result = math_reward([{"role": "assistant", "content": r"So \boxed{448,000}."}], ground_truth="448000")
    >>> result.score, result.reason
    (1.0, "'448,000' = '448000' (boxed)")
    >>> math_reward([{"role": "assistant", "content": "It is 71 or 72."}], ground_truth="72").score
    0.0
    >>> math_reward([{"role": "assistant", "content": r"The answer is $2\sqrt{3}$."}], ground_truth=r"\sqrt{12}").score
    1.0
    """
    policy = _policy(tolerance, absolute_tolerance, require_units, lenient)
    reply = spoken_by_the_assistant(messages)
    if isinstance(reply, EvaluateResult):
        return reply
    asked = next((message.text for message in reversed(messages[:-1]) if message.role == "user"), "")
    return result_of(verify(reply, ground_truth, policy=policy, prompt=asked))


def spoken_by_the_assistant(messages: list[Message]) -> str | EvaluateResult:
    """Return the reply at the end of a conversation; a result that says *not graded* where there is none."""
    if not messages or messages[-1].role != "assistant":
        found = f"a last message of the role {messages[-1].role!r}" if messages else "no messages"
        return EvaluateResult.not_graded(f"found {found}, expected the assistant's reply at the end")
    reply = messages[-1]
    if not reply.text.strip() and reply.reasoning_content:
        return "<think>"  # it was cut off there
    return reply.text


def result_of(verdict: Verdict) -> EvaluateResult:
    """Return a verdict in the shape of a reward's result."""
    if verdict.score is None:
        return EvaluateResult.not_graded(verdict.reason)
    extracted = (
        f"{shown(verdict.extracted)} ({verdict.rule})"
        if verdict.extracted
        else verdict.reason.removeprefix("no answer: ")
    )
    return EvaluateResult(
        score=verdict.score,
        reason=verdict.reason,
        metrics={
            "extracted_answer": MetricResult(score=float(verdict.status not in _NO_ANSWER), reason=extracted),
            "ground_truth": MetricResult(score=1.0, reason=shown(verdict.gold)),
            "verdict": MetricResult(score=verdict.score, reason=verdict.status),
        },
    )


_NO_ANSWER = frozenset({"no_answer", "ambiguous"})


@functools.lru_cache(maxsize=64)
def _policy(tolerance: float, absolute_tolerance: float, require_units: bool, lenient: bool) -> Policy:  # noqa: FBT001 - the key of a cache
    return Policy(
        tolerance=tolerance, absolute_tolerance=absolute_tolerance, require_units=require_units, lenient=lenient
    )
