"""Pay for the right answer, of mathematics or in a word, or by functions of your own."""

import math
from collections.abc import Callable, Sequence
from typing import Any

from reward_kit.errors import GradingError
from reward_kit.models import EvaluateResult, Message, MetricResult
from reward_kit.reward_function import reward_function
from reward_kit.rewards.math import Policy, extract_answer, verify
from reward_kit.rewards.math.plain import shown
from reward_kit.rewards.reply import on_reply

__all__ = ["accuracy_reward"]

_POLICY = Policy(lenient=True)


@reward_function
def accuracy_reward(
    messages: list[Message],
    ground_truth: Any = None,  # noqa: ANN401 - a text, a number, alternatives, or messages
    extract_fn: Callable[[str], str | None] | None = None,
    compare_fn: Callable[[str, str], float] | None = None,
    **kwargs: object,
) -> EvaluateResult:
    r"""Return 1.0 where the reply gives the answer of the ground truth, else 0.0 with the reason.

    Args:
        messages: the conversation; the last message is the reply.
        ground_truth: what ``reward_kit.rewards.math.compile_gold`` takes, or a list of messages whose first states it.
        extract_fn: returns the answer in a text, of the reply and of the ground truth; ``None`` or ``""``: none.
        compare_fn: returns the score of an answer against that of the ground truth.
        **kwargs: ignored.

    Without the functions an answer is found and compared as ``math_reward`` does it: numbers, expressions, sets, words.
    What a function of yours raises is the caller's to see; whoever grades many replies counts it as *not graded*.

    In 0.4.1 "42" earned 0.8 for 43, and any text 1.0 that contained the ground truth.

    >>> reply = [{"role": "assistant", "content": "The capital is \\boxed{Paris}."}]
    >>> accuracy_reward(reply, ground_truth="paris").score
    1.0
    >>> accuracy_reward([{"role": "assistant", "content": "The answer is 42."}], ground_truth="43").score
    0.0
    """
    del kwargs

    def grade(text: str) -> EvaluateResult:
        gold = _gold(ground_truth)
        if extract_fn is None and compare_fn is None:
            return _verified(text, gold)
        expected = extract_fn(_one_text(gold)) if extract_fn else _one_text(gold)
        if not expected:
            message = f"found no answer in ground_truth={shown(_one_text(gold))!r}"
            raise GradingError(message)
        found = extract_fn(text) if extract_fn else extract_answer(text, lenient=True).text
        if not found:
            return _result(0.0, "", "no answer found")
        if compare_fn is None:
            return _verified(f"\\boxed{{{found}}}", expected)
        return _result(_score(compare_fn(found, expected)), found, f"{shown(found)!r} against {shown(expected)!r}")

    return on_reply(messages, grade)


def _verified(text: str, gold: object) -> EvaluateResult:
    verdict = verify(text, gold, policy=_POLICY)
    if verdict.score is None:
        raise GradingError(verdict.reason)
    return _result(verdict.score, verdict.extracted, verdict.reason)


def _gold(ground_truth: object) -> object:
    """Return what is compared with: messages give the answer of the first."""
    if isinstance(ground_truth, Message | dict):
        ground_truth = [ground_truth]
    if not isinstance(ground_truth, Sequence) or isinstance(ground_truth, str) or not ground_truth:
        return ground_truth
    first = ground_truth[0]
    if not isinstance(first, Message | dict):
        return ground_truth
    text = (first if isinstance(first, Message) else Message.model_validate({"role": "assistant", **first})).text
    stated = extract_answer(text, numeric=False)
    return text if stated.problem else stated.text


def _one_text(gold: object) -> str:
    if isinstance(gold, str | int | float) and str(gold).strip():
        return str(gold)
    message = f"found ground_truth={gold!r:.80}, expected one text for a function to compare with"
    raise GradingError(message)


def _score(returned: object) -> float:
    if isinstance(returned, int | float) and math.isfinite(returned):
        return float(returned)
    message = f"compare_fn returned {returned!r:.80}, expected a finite number"
    raise GradingError(message)


def _result(score: float, extracted: str, reason: str) -> EvaluateResult:
    return EvaluateResult(
        score=score,
        reason=reason,
        metrics={
            "answer_extraction": MetricResult(score=float(bool(extracted)), reason=shown(extracted) or reason),
            "answer_accuracy": MetricResult(score=min(1.0, max(0.0, score)), reason=reason),
        },
    )
