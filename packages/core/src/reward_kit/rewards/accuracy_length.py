"""Pay for the right answer and, in a smaller share, for its length on a cosine."""

from collections.abc import Callable
from typing import Any

from reward_kit.models import EvaluateResult, Message, MetricResult
from reward_kit.reward_function import reward_function
from reward_kit.rewards.accuracy import accuracy_reward
from reward_kit.rewards.length import CORRECT, CosineSchedule, TokenMethod
from reward_kit.rewards.reply import finite

__all__ = ["cosine_scaled_accuracy_length_reward"]


@reward_function
def cosine_scaled_accuracy_length_reward(  # noqa: PLR0917 - the order of 0.4.1
    messages: list[Message],
    ground_truth: Any = None,  # noqa: ANN401 - as for accuracy_reward
    extract_fn: Callable[[str], str | None] | None = None,
    compare_fn: Callable[[str, str], float] | None = None,
    max_length: int = 1000,
    min_value_wrong: float = 0.0,
    max_value_wrong: float = 0.3,
    min_value_correct: float = 0.5,
    max_value_correct: float = 1.0,
    token_method: TokenMethod = "whitespace",  # noqa: S107 - tokens of text
    correctness_weight: float = 0.7,
    length_weight: float = 0.3,
    **kwargs: object,
) -> EvaluateResult:
    """Return ``correctness_weight`` times ``accuracy_reward`` plus ``length_weight`` times ``cosine_length_reward``.

    Args:
        messages: the conversation; the last message is the reply.
        ground_truth: as for ``accuracy_reward``, and so are the two functions.
        extract_fn: returns the answer in a text.
        compare_fn: returns the score of an answer; right from 0.9 on.
        max_length: as for ``cosine_length_reward``, and so are the values and the token method.
        min_value_wrong: for a wrong reply without a token.
        max_value_wrong: for a wrong reply of ``max_length`` tokens.
        min_value_correct: for a right reply of ``max_length`` tokens.
        max_value_correct: for a right reply without a token.
        token_method: how tokens are counted.
        correctness_weight: the weight of the answer.
        length_weight: the weight of the length.
        **kwargs: ignored.

    Where the answer cannot be graded, nothing is. In 0.4.1 the score was cut off at 0 and 1.

    >>> reply = [{"role": "assistant", "content": "one two three so four is 4"}]
    >>> round(cosine_scaled_accuracy_length_reward(reply, ground_truth="4", max_length=14).score, 6)
    0.925
    """
    del kwargs
    schedule = CosineSchedule(
        max_length, (min_value_wrong, max_value_wrong), (min_value_correct, max_value_correct), token_method
    )
    weights = finite("correctness_weight", correctness_weight), finite("length_weight", length_weight)
    accuracy = accuracy_reward(messages, ground_truth=ground_truth, extract_fn=extract_fn, compare_fn=compare_fn)
    if not accuracy.is_score_valid:
        return accuracy
    length = schedule.result(messages[-1].text, right=accuracy.score >= CORRECT)
    score = weights[0] * accuracy.score + weights[1] * length.score
    reason = f"answer {accuracy.score:.4g} ({accuracy.reason}), length {length.score:.4g} ({length.reason})"
    combined = MetricResult(score=min(1.0, max(0.0, score)), reason=reason)
    return EvaluateResult(
        score=score, reason=reason, metrics={"combined_reward": combined, **accuracy.metrics, **length.metrics}
    )
