"""Pay for not repeating oneself: by the share of different n-grams, one size or several."""

import math
from collections.abc import Sequence
from itertools import islice

from reward_kit.errors import UsageError
from reward_kit.models import EvaluateResult, Message, MetricResult
from reward_kit.reward_function import reward_function
from reward_kit.rewards.reply import finite, on_reply
from reward_kit.rewards.words import words

__all__ = ["diversity_reward", "get_ngrams", "repetition_penalty_reward"]

_LARGEST = 100
_UNSPACED = frozenset({"zh", "ja", "th", "lo", "km", "my"})
_WEIGHTS = (0.2, 0.3, 0.5)


def get_ngrams(text: str, n: int, language: str = "en") -> tuple[list[tuple[str, ...]], int]:
    """Return the n-grams of the words of ``text``, and how many there are.

    ``language`` is that of the text: in ``zh``, ``ja`` and others without spaces every character is a word; anywhere
    else the characters of such scripts are, and what spaces separate (``reward_kit.rewards.words``).

    >>> get_ngrams("to be or not", 3)
    ([('to', 'be', 'or'), ('be', 'or', 'not')], 2)
    """
    size = int(finite("n", n, least=1))
    if size > _LARGEST:
        message = f"found n={n!r}, expected at most {_LARGEST}"
        raise UsageError(message)
    unspaced = language.partition("-")[0].lower() in _UNSPACED
    units = list("".join(text.lower().split())) if unspaced else words(text)
    ngrams = list(zip(*(islice(units, start, None) for start in range(size)), strict=False))
    return ngrams, len(ngrams)


@reward_function
def repetition_penalty_reward(
    messages: list[Message],
    ground_truth: object = None,
    ngram_size: int = 3,
    max_penalty: float = 0.5,
    language: str = "en",
    **kwargs: object,
) -> EvaluateResult:
    """Return 1.0 less ``max_penalty`` times the share of n-grams that repeat an earlier one.

    Args:
        messages: the conversation; the last message is the reply.
        ground_truth: not used.
        ngram_size: how many words an n-gram has.
        max_penalty: what is taken away where everything is repetition. Above 1.0 the score can be negative.
        language: of the reply: ``get_ngrams``.
        **kwargs: ignored.

    A text of fewer words than an n-gram repeats nothing. An empty reply is no reply: 0.0. The share is the one of the
    repetition penalty in "Demystifying Long Chain-of-Thought Reasoning in LLMs" (arXiv 2502.03373) and in open-r1,
    which subtract it from 0 instead of 1.

    What differs from 0.4.1: an empty reply earned 1.0, and so did Chinese that repeats itself.

    >>> reply = [{"role": "assistant", "content": "again and again and again and again"}]
    >>> repetition_penalty_reward(reply).score
    0.7
    """
    del ground_truth, kwargs
    penalty = finite("max_penalty", max_penalty, least=0)

    def grade(text: str) -> EvaluateResult:
        if not text.strip():
            return _result("repetition", 0.0, 0.0, "the reply is empty")
        ngrams, total = get_ngrams(text, ngram_size, language)
        different = len(set(ngrams))
        repeated = (total - different) / total if total else 0.0
        reason = f"{different} of {total} {ngram_size}-grams are different"
        result = _result("repetition", 1.0 - penalty * repeated, 1.0 - repeated, reason)
        result.metrics["unique_ngram_ratio"] = MetricResult(score=1.0 - repeated, reason=reason)
        return result

    return on_reply(messages, grade)


@reward_function
def diversity_reward(
    messages: list[Message],
    ground_truth: object = None,
    ngram_sizes: Sequence[int] = (1, 2, 3),
    weights: Sequence[float] | None = None,
    language: str = "en",
    **kwargs: object,
) -> EvaluateResult:
    """Return the weighted mean of the shares of different n-grams: distinct-1, distinct-2, distinct-3.

    Args:
        messages: the conversation; the last message is the reply.
        ground_truth: not used.
        ngram_sizes: how many words the n-grams have.
        weights: one for each size, not all 0; by default 0.2, 0.3 and 0.5, or equal ones for other numbers of sizes.
        language: of the reply: ``get_ngrams``.
        **kwargs: ignored.

    Distinct-n is that of Li et al., "A Diversity-Promoting Objective Function for Neural Conversation Models" (2016);
    it falls with the length of a text. Sizes that the reply is too short for are left out. An empty reply earns 0.0.

    What differs from 0.4.1: a reply that was too short for a size earned more than 1.0.

    >>> reply = [{"role": "assistant", "content": "a rose is a rose"}]
    >>> round(diversity_reward(reply).score, 4)
    0.845
    """
    del ground_truth, kwargs
    if not ngram_sizes:
        message = f"found ngram_sizes={ngram_sizes!r}, expected at least one size"
        raise UsageError(message)
    shares_of_sizes = _weights(len(ngram_sizes), weights)

    def grade(text: str) -> EvaluateResult:
        weighted = weight_used = 0.0
        metrics = {}
        for size, weight in zip(ngram_sizes, shares_of_sizes, strict=True):
            ngrams, total = get_ngrams(text, size, language)
            if not total:
                continue
            different = len(set(ngrams))
            weighted += weight * different / total
            weight_used += weight
            reason = f"{different} of {total} are different"
            metrics[f"ngram_{size}"] = MetricResult(score=different / total, reason=reason)
        score = min(1.0, weighted / weight_used) if weight_used else 0.0
        reason = f"diversity {score:.4f}" if weight_used else "the reply is empty or too short"
        result = _result("diversity", score, score, reason)
        result.metrics.update(metrics)
        return result

    return on_reply(messages, grade)


def _weights(count: int, given: Sequence[float] | None) -> Sequence[float]:
    if given is None:
        return _WEIGHTS if count == len(_WEIGHTS) else (1.0,) * count
    if len(given) != count or not math.fsum(finite("weights", weight, least=0) for weight in given):
        message = f"found weights={given!r}, expected {count} numbers of at least 0, not all of them 0"
        raise UsageError(message)
    return given


def _result(name: str, score: float, share: float, reason: str) -> EvaluateResult:
    return EvaluateResult(score=score, reason=reason, metrics={name: MetricResult(score=share, reason=reason)})
