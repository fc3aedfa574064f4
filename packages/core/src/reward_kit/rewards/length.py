r"""Pay for the length of a reply: near a target, within bounds, or shorter the better where it is right.

None of these says whether a reply is right or says anything at all. Use them behind a gate (``composite.gated``) or in
a small share beside a reward that does; ``cosine_length_reward`` takes that verdict as an argument.
"""

import math
import re
from collections.abc import Callable, Sequence
from typing import Literal, TypeAlias

from reward_kit.errors import GradingError, UsageError
from reward_kit.models import EvaluateResult, Message, MetricResult
from reward_kit.reward_function import reward_function
from reward_kit.rewards.reply import finite, on_reply
from reward_kit.rewards.words import words

__all__ = ["CORRECT", "CosineSchedule", "TokenMethod", "cosine_length_reward", "count_tokens", "length_reward"]

TokenMethod: TypeAlias = Literal["whitespace", "character", "words"] | Callable[[str], int]
"""How tokens are counted: one of the names, or a function such as ``lambda text: len(tokenizer.encode(text))``."""

CORRECT = 0.9
"""The ``correctness`` from which on an answer counts as right, as in reward-kit 0.4.1."""
_WORD = re.compile(r"\w")


def count_tokens(text: str, method: TokenMethod = "whitespace") -> int:
    """Return how many tokens ``text`` has.

    ``whitespace``: runs of characters between spaces. ``character``: Unicode characters. ``words``: as ``whitespace``,
    but without what is punctuation alone, and with each character of a script that writes no spaces as a word.

    Raises:
        UsageError: there is no such method.

    >>> count_tokens("Well , 2 + 2 = 4."), count_tokens("Well , 2 + 2 = 4.", "words"), count_tokens("")
    (7, 4, 0)
    """
    if callable(method):
        return int(method(text))
    if method == "whitespace":
        return len(text.split())
    if method == "character":
        return len(text)
    if method == "words":
        return sum(_WORD.search(word) is not None for word in words(text))
    message = f"found token_method={method!r}, expected 'whitespace', 'character', 'words' or a function"
    raise UsageError(message)


@reward_function
def length_reward(
    messages: list[Message],
    *,
    ground_truth: object = None,
    target_length: int | None = None,
    min_length: int | None = None,
    max_length: int | None = None,
    token_method: TokenMethod = "whitespace",  # noqa: S107 - tokens of text
    scaling: Literal["linear", "cosine"] = "linear",
    reward_range: Sequence[float] | None = None,
    **kwargs: object,
) -> EvaluateResult:
    """Score how near the length of the reply is to what is asked: the top of ``reward_range`` down to its bottom.

    Args:
        messages: the conversation; the last message is the reply.
        ground_truth: not used.
        target_length: the best length, in tokens. The score falls on both sides, to the bottom at 0 and at twice it.
        min_length: the least length that is paid in full; below it the score falls to the bottom at 0 tokens.
        max_length: the greatest length that is paid in full; above it the score falls to the bottom over
            ``max_length - min_length`` tokens, or ``max_length`` of them without ``min_length``.
        token_method: how tokens are counted: ``count_tokens``.
        scaling: how it falls over that way x from 0 to 1: ``linear`` as 1 - x, ``cosine`` as (1 + cos(pi x)) / 2.
        reward_range: the bottom and the top, ``(0, 1)`` by default. Both may be negative.
        **kwargs: ignored.

    A reply without a token gets the bottom. Without a target and a bound there is nothing to measure: UsageError.

    >>> reply = [{"role": "assistant", "content": "one two three four five six"}]
    >>> length_reward(reply, target_length=8).score
    0.75
    >>> length_reward(reply, max_length=4, reward_range=(-1, 1)).score
    0.0
    """
    del ground_truth, kwargs
    low, high = _range(reward_range)
    if scaling not in {"linear", "cosine"}:
        message = f"found scaling={scaling!r}, expected 'linear' or 'cosine'"
        raise UsageError(message)
    _check_bounds(target_length, min_length, max_length)

    def grade(text: str) -> EvaluateResult:
        count = count_tokens(text, token_method)
        off, reason = _off(count, target_length, min_length, max_length)
        share = 1.0 - off if scaling == "linear" else (1.0 + math.cos(math.pi * off)) / 2.0
        return _result("length", low + (high - low) * share, share, count, reason)

    return on_reply(messages, grade)


@reward_function
def cosine_length_reward(
    messages: list[Message],
    *,
    ground_truth: object = None,
    correctness: float | None = None,
    is_correct: bool | None = None,
    max_length: int = 1000,
    min_value_wrong: float = 0.0,
    max_value_wrong: float = 0.3,
    min_value_correct: float = 0.5,
    max_value_correct: float = 1.0,
    token_method: TokenMethod = "whitespace",  # noqa: S107 - tokens of text
    **kwargs: object,
) -> EvaluateResult:
    """Score by length along half a cosine: a right reply the shorter the better, a wrong one the longer the better.

    Args:
        messages: the conversation; the last message is the reply.
        ground_truth: not used; whether the reply is right is said by ``is_correct`` or ``correctness``.
        correctness: how right the reply is, from 0 to 1; right from 0.9 on.
        is_correct: whether the reply is right; it wins over ``correctness``.
        max_length: the length in tokens at which the curve ends. Longer replies get what it has there.
        min_value_wrong: for a wrong reply without a token.
        max_value_wrong: for a wrong reply of ``max_length`` tokens.
        min_value_correct: for a right reply of ``max_length`` tokens.
        max_value_correct: for a right reply without a token.
        token_method: how tokens are counted: ``count_tokens``.
        **kwargs: ignored.

    With n tokens, the score is ``end + (start - end) / 2 * (1 + cos(pi * min(n / max_length, 1)))``, as in
    "Demystifying Long Chain-of-Thought Reasoning in LLMs" (arXiv 2502.03373) and in open-r1, whose cosine turns back
    up beyond ``max_length``. All values may be negative, as they are there (wrong: -1 to -0.5 in open-r1). The paper's
    penalty for a reply that was cut off is not part of it. Where nothing says whether the reply is right, it is *not
    graded*.

    >>> reply = [{"role": "assistant", "content": "one two three four five"}]
    >>> cosine_length_reward(reply, is_correct=True, max_length=10).score
    0.75
    >>> cosine_length_reward(reply, is_correct=False, max_length=10, min_value_wrong=-1, max_value_wrong=-0.5).score
    -0.75
    """
    del ground_truth, kwargs
    schedule = CosineSchedule(
        max_length, (min_value_wrong, max_value_wrong), (min_value_correct, max_value_correct), token_method
    )

    def grade(text: str) -> EvaluateResult:
        right = is_correct
        if right is None and correctness is not None:
            right = finite("correctness", correctness) >= CORRECT
        if right is None:
            message = "found neither is_correct nor correctness, expected whether the reply is right"
            raise GradingError(message)
        return schedule.result(text, right=right)

    return on_reply(messages, grade)


class CosineSchedule:
    """What replies of which length are worth, right ones and wrong ones."""

    def __init__(
        self, max_length: int, wrong: tuple[float, float], correct: tuple[float, float], token_method: TokenMethod
    ) -> None:
        """Take the values of wrong replies and of right ones, each with the lesser first.

        Raises:
            UsageError: a value is not finite, a pair is the wrong way round, or the length is less than 1.
        """
        self.max_length = finite("max_length", max_length, least=1)
        self._wrong, self._correct = _pair("wrong", *wrong), _pair("correct", *correct)
        self._token_method = token_method

    def result(self, text: str, *, right: bool) -> EvaluateResult:
        """Return the score of a reply."""
        count = count_tokens(text, self._token_method)
        share = (1.0 + math.cos(math.pi * min(count / self.max_length, 1.0))) / 2.0
        end, start = self._correct if right else reversed(self._wrong)
        reason = f"{'right' if right else 'wrong'}, {count} of {self.max_length:g} tokens"
        return _result("cosine_length", end + (start - end) * share, share, count, reason)


def _pair(name: str, low: float, high: float) -> tuple[float, float]:
    low, high = finite(f"min_value_{name}", low), finite(f"max_value_{name}", high)
    if low > high:
        message = f"found min_value_{name}={low} above max_value_{name}={high}"
        raise UsageError(message)
    return low, high


def _range(given: Sequence[float] | None) -> tuple[float, float]:
    if given is None:
        return 0.0, 1.0
    if isinstance(given, str) or len(given) != 2 or finite("reward_range", given[0]) > finite("reward_range", given[1]):  # noqa: PLR2004 - a pair
        message = f"found reward_range={given!r}, expected its bottom and its top"
        raise UsageError(message)
    return float(given[0]), float(given[1])


def _check_bounds(target: int | None, least: int | None, most: int | None) -> None:
    bounds = {"target_length": target, "min_length": least, "max_length": most}
    given = {name: finite(name, value, least=1) for name, value in bounds.items() if value is not None}
    if not given:
        message = f"found none of {', '.join(bounds)}, expected at least one"
        raise UsageError(message)
    if given.get("min_length", 0) > given.get("max_length", math.inf):
        message = f"found min_length={least} above max_length={most}"
        raise UsageError(message)


def _off(count: int, target: int | None, least: int | None, most: int | None) -> tuple[float, str]:
    """Return how far a length is off, from 0 to 1, and in words."""
    if not count:
        return 1.0, "the reply is empty"
    if target is not None:
        return min(abs(count - target) / target, 1.0), f"{count} tokens, {target} asked for"
    if least is not None and count < least:
        return 1.0 - count / least, f"{count} tokens, at least {least} asked for"
    if most is not None and count > most:
        return min((count - most) / max(most - (least or 0), 1), 1.0), f"{count} tokens, at most {most} asked for"
    return 0.0, f"{count} tokens, within the bounds"


def _result(name: str, score: float, share: float, count: int, reason: str) -> EvaluateResult:
    tokens = MetricResult(score=float(count > 0), reason=str(count))
    return EvaluateResult(
        score=score, reason=reason, metrics={name: MetricResult(score=share, reason=reason), "token_count": tokens}
    )
