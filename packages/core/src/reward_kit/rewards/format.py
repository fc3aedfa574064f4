r"""Pay for the form of a reply: thinking between ``<think>`` tags, then an answer between ``<answer>`` tags."""

import re
from collections.abc import Callable
from functools import lru_cache, partial

from reward_kit.errors import UsageError
from reward_kit.models import EvaluateResult, Message, MetricResult
from reward_kit.reward_function import reward_function
from reward_kit.rewards.quoted_code import tags_in_code_hidden
from reward_kit.rewards.reply import on_reply

__all__ = ["THINK_THEN_ANSWER", "format_reward"]

THINK_THEN_ANSWER = r"^<think>\n.*?</think>\n<answer>\n.*?</answer>$"
"""The form that is asked for by default. It is checked by a scanner of its own, which is stricter and linear."""
_TAGS = ("<think>", "</think>", "<answer>", "</answer>")


@reward_function
def format_reward(
    messages: list[Message],
    ground_truth: object = None,
    format_regex: str = THINK_THEN_ANSWER,
    require_exact_match: bool = True,  # noqa: FBT001, FBT002 - as in 0.4.1
    **kwargs: object,
) -> EvaluateResult:
    r"""Return 1.0 where the reply has the form that is asked for, else 0.0 with what is wrong.

    Args:
        messages: the conversation; the last message is the reply.
        ground_truth: not used.
        format_regex: another form, as a regular expression in which ``.`` matches line ends, too.
        require_exact_match: whether the whole reply has to have the form; otherwise a part of it suffices. Space around
            the reply never matters.
        **kwargs: ignored.

    By default the four tags must be there once each, in their order, with text in both pairs and a line end after
    ``<think>``, ``</think>`` and ``<answer>``. Tags in code do not count, so that thinking can mention them.

    What differs from 0.4.1: a form is matched to the end of the reply (``require_exact_match`` looked at its beginning
    only), empty or repeated tags earn nothing, and a wrong form is a valid 0.0.

    Not covered: an expression of yours that backtracks takes the time it takes.

    >>> reply = "<think>\n2 + 2 is 4.\n</think>\n<answer>\n4\n</answer>"
    >>> format_reward([{"role": "assistant", "content": reply}]).score
    1.0
    >>> format_reward([{"role": "assistant", "content": reply + reply}]).reason
    'found <think> 2 times, expected once'
    """
    del ground_truth, kwargs
    if format_regex == THINK_THEN_ANSWER:
        problem: Callable[[str], str] = partial(_problem, whole=require_exact_match)
    else:
        problem = partial(_mismatch, _compiled(format_regex), whole=require_exact_match)

    def grade(text: str) -> EvaluateResult:
        found = problem(text.strip())
        score, reason = float(not found), found or "the form is right"
        return EvaluateResult(
            score=score, reason=reason, metrics={"format_check": MetricResult(score=score, reason=reason)}
        )

    return on_reply(messages, grade)


@lru_cache(maxsize=64)
def _compiled(expression: str) -> re.Pattern[str]:
    try:
        return re.compile(expression, re.DOTALL)
    except re.error as error:
        message = f"found format_regex={expression!r}, which is no regular expression: {error}"
        raise UsageError(message) from error


def _mismatch(form: re.Pattern[str], text: str, *, whole: bool) -> str:
    if not text:
        return "the reply is empty"
    return "" if (form.fullmatch(text) if whole else form.search(text)) else "the reply has another form"


def _problem(text: str, *, whole: bool) -> str:
    """Return what of the default form is missing; empty where it is there."""
    text = tags_in_code_hidden(text)
    places = {tag: [found.start() for found in re.finditer(tag, text)] for tag in _TAGS}
    for tag, starts in places.items():
        if len(starts) != 1:
            return f"found {tag} {len(starts)} times, expected once"
    thinks, thought, answers, answered = (starts[0] for starts in places.values())
    if not thinks < thought < answers < answered:
        return "the tags are not in their order"
    parts = [text[start + len(tag) :] for tag, start in zip(_TAGS, (thinks, thought, answers), strict=False)]
    if not all(part.startswith("\n") for part in parts) or text[thought + len(_TAGS[1]) : answers] != "\n":
        return "found no line end, or more than one, between the tags, expected one after each but the last"
    if not text[thinks + len(_TAGS[0]) : thought].strip() or not text[answers + len(_TAGS[2]) : answered].strip():
        return "found nothing between a pair of tags"
    if whole and (thinks or answered + len(_TAGS[3]) != len(text)):
        return "found text outside the tags"
    return ""
