"""Pay for reasoning that is written down step by step: by marks of steps, or by words that come in sequence.

Both look at form alone. A step or a word counts only with text of its own behind it, and the same text once.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

from reward_kit.errors import UsageError
from reward_kit.models import EvaluateResult, Message, MetricResult
from reward_kit.reward_function import reward_function
from reward_kit.rewards.quoted_code import without_code_blocks
from reward_kit.rewards.reply import finite, on_reply

__all__ = ["SEQUENCE_TERMS", "reasoning_steps_reward", "sequence_reward"]

SEQUENCE_TERMS = ("First", "Second", "Third", "Fourth", "Fifth", "Next", "Then", "Finally", "Conclusion")
_KINDS = {
    "explicit_steps": r"\b[Ss]tep[ \t]+\d{1,4}[ \t]*[:.)]",
    "numbered_lists": r"^[ \t]*\d{1,4}[.)][ \t]",
    "bullet_points": r"^[ \t]*[-*\u2022][ \t]",
    "transition_phrases": r"\b(?:First|Second|Third|Fourth|Fifth|Next|Then|Finally)[,:]",
    "openings": r"\b(?:Let's|I will|To solve this|To begin)[,:]",
}
_DEFAULT = "|".join(f"(?P<{kind}>{mark})" for kind, mark in _KINDS.items())
_TEXT = re.compile(r"[^\W_]")


@reward_function
def reasoning_steps_reward(
    messages: list[Message],
    pattern: str | None = None,
    min_steps: int = 3,
    max_steps: int | None = None,
    exclusive_patterns: bool = False,  # noqa: FBT001, FBT002 - as in 0.4.1
    **kwargs: object,
) -> EvaluateResult:
    r"""Score how many steps the reply marks: ``Step 1:``, list items, ``First,`` and the like.

    Args:
        messages: the conversation; the last message is the reply.
        pattern: a further mark of a step, as a regular expression in which ``^`` matches at every line.
        min_steps: how many steps are paid in full; fewer in proportion.
        max_steps: with it, fewer than ``min_steps`` earn nothing, and n of them
            ``(n - min_steps + 1) / (max_steps - min_steps + 1)``, at most 1.0.
        exclusive_patterns: whether ``pattern`` alone is looked for.
        **kwargs: ignored.

    A step is a mark and the text up to the next mark. It counts if that text has a letter or a digit and no earlier
    step has the same. Blocks of code are left out. In 0.4.1 marks counted without any text, and ``1. First,`` twice.

    Not covered: a pattern of yours that backtracks takes the time it takes.

    >>> reply = [{"role": "assistant", "content": "1. Add 2 and 2.\n2. Compare with 4.\n3. \n3. Add 2 and 2."}]
    >>> result = reasoning_steps_reward(reply)
    >>> result.reason
    '2 steps, 3 asked for'
    """
    del kwargs
    least = finite("min_steps", min_steps, least=1)
    most = None if max_steps is None else finite("max_steps", max_steps, least=least)
    marks = _marks(pattern, exclusive=exclusive_patterns)

    def grade(text: str) -> EvaluateResult:
        kinds = _steps(without_code_blocks(text), marks)
        count = len(kinds)
        score = min(1.0, count / least if most is None else max(0.0, (count - least + 1) / (most - least + 1)))
        reason = f"{count} steps, {min_steps} asked for"
        metrics = {"reasoning_steps": MetricResult(score=score, reason=reason)}
        for kind in dict.fromkeys(kinds):
            found = kinds.count(kind)
            metrics[kind] = MetricResult(score=min(1.0, found / least), reason=f"{found} found")
        return EvaluateResult(score=score, reason=reason, metrics=metrics)

    return on_reply(messages, grade)


@reward_function
def sequence_reward(
    messages: list[Message],
    sequence_terms: Sequence[str] | None = None,
    min_matches: int = 3,
    case_sensitive: bool = False,  # noqa: FBT001, FBT002 - as in 0.4.1
    **kwargs: object,
) -> EvaluateResult:
    """Score how many of the terms the reply uses, in their order: 1.0 for ``min_matches``, fewer in proportion.

    Args:
        messages: the conversation; the last message is the reply.
        sequence_terms: the terms; by default ``SEQUENCE_TERMS``. One that does not follow is passed over.
        min_matches: how many are paid in full.
        case_sensitive: whether ``first`` is another term than ``First``.
        **kwargs: ignored.

    A term is a whole word and counts if some other word stands between it and the next one. In 0.4.1 ``strengthen``
    contained ``then``, and a bare list of the terms earned 1.0.

    >>> reply = [{"role": "assistant", "content": "First add. Then halve. Next? Finally compare."}]
    >>> sequence_reward(reply, ["first", "then", "finally"]).score
    1.0
    """
    del kwargs
    least = finite("min_matches", min_matches, least=1)
    terms = SEQUENCE_TERMS if sequence_terms is None else sequence_terms
    if not terms or isinstance(terms, str) or not all(isinstance(term, str) and term.strip() for term in terms):
        message = f"found sequence_terms={sequence_terms!r}, expected a list of words"
        raise UsageError(message)

    def grade(text: str) -> EvaluateResult:
        found = _in_sequence(text, terms, case_sensitive=case_sensitive)
        score = min(1.0, len(found) / least)
        reason = f"{len(found)} terms in sequence, {min_matches} asked for"
        metrics = {
            "sequence_reasoning": MetricResult(score=score, reason=reason),
            "sequential_terms_found": MetricResult(score=score, reason=", ".join(found) or "none"),
        }
        return EvaluateResult(score=score, reason=reason, metrics=metrics)

    return on_reply(messages, grade)


@lru_cache(maxsize=64)
def _marks(pattern: str | None, *, exclusive: bool) -> re.Pattern[str]:
    if not pattern:
        return re.compile(_DEFAULT, re.MULTILINE)
    try:
        own = re.compile(pattern, re.MULTILINE)
        return own if exclusive else re.compile(f"(?:{pattern})|{_DEFAULT}", re.MULTILINE)
    except re.error as error:
        message = f"found pattern={pattern!r}, which is no regular expression: {error}"
        raise UsageError(message) from error


def _steps(text: str, marks: re.Pattern[str]) -> list[str]:
    """Return the kind of each step that counts."""
    found = [mark for mark in marks.finditer(text) if mark.end() > mark.start()]
    ends = [*(mark.start() for mark in found), len(text)][1:]
    seen: set[str] = set()
    kinds = []
    for mark, end in zip(found, ends, strict=True):
        content = " ".join(text[mark.end() : end].split()).casefold()
        if content not in seen and _TEXT.search(content):
            seen.add(content)
            kinds.append(_kind(mark))
    return kinds


def _kind(mark: re.Match[str]) -> str:
    named = mark.groupdict()
    return next((kind for kind in _KINDS if named.get(kind) is not None), "own_pattern")


def _in_sequence(text: str, terms: Sequence[str], *, case_sensitive: bool) -> list[str]:
    flags = 0 if case_sensitive else re.IGNORECASE
    matches = []
    place = 0
    for term in terms:
        match = re.compile(rf"(?<!\w){re.escape(term.strip())}(?!\w)", flags).search(text, place)
        if match is not None:
            matches.append((term, match))
            place = match.end()
    starts = [*(match.start() for _, match in matches), len(text)][1:]
    return [
        term
        for (term, match), following in zip(matches, starts, strict=True)
        if _TEXT.search(text, match.end(), following)
    ]
