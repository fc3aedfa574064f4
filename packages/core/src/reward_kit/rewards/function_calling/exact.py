"""``exact_tool_match_reward``: 1.0 for exactly the calls that are due, 0.0 for anything else."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from reward_kit.errors import GradingError, UsageError
from reward_kit.models import EvaluateResult, Message
from reward_kit.rewards.function_calling.case import Case, make_case
from reward_kit.rewards.function_calling.difference import first_difference
from reward_kit.rewards.function_calling.equality import EXACT, StringMatch, Strings, string_matching
from reward_kit.rewards.function_calling.matching import largest_matching

__all__ = [
    "Comparison",
    "Order",
    "blame",
    "comparison",
    "exact_tool_match_reward",
    "is_exact",
    "match_calls",
    "metrics_of",
    "praise",
]

Order = Literal["any", "strict"]


class Comparison(NamedTuple):
    """How calls are compared with those that are due."""

    order: Order = "any"
    strings: Strings = EXACT


def exact_tool_match_reward(
    messages: list[Message] | list[dict[str, Any]],
    ground_truth: Any = None,  # noqa: ANN401 - every shape that data sets have
    *,
    tools: Any = None,  # noqa: ANN401 - a list, or its JSON
    possible_answers: Any = None,  # noqa: ANN401 - a list, or its JSON
    order: Order = "any",
    string_match: StringMatch | Mapping[str, StringMatch] = "exact",
    **kwargs: Any,  # noqa: ANN401, ARG001 - columns of a data set that this reward does not use
) -> EvaluateResult:
    """Return 1.0 where the reply makes exactly the calls that are due, each once, and no other attempt.

    Args:
        messages: the conversation; the assistant's turns after the last message of the user are graded together.
        ground_truth: ``{"tool_calls": […]}``, a list of calls, one call, an assistant message, or the JSON of these;
            ``None``, or none in it: no call is due.
        tools: the tools that were offered. Their schemas say which parameters have defaults, and type the values of
            formats that write bare text.
        possible_answers: alternatives as BFCL writes them, ``[{name: {parameter: [values]}}]``; they replace
            ``ground_truth``.
        order: ``any``; ``strict`` demands the order of the ground truth, as reward-kit 0.4.1 did.
        string_match: how texts are compared: ``exact``, ``casefold``, a function of the text found and the text
            wanted, or a dict of these by parameter. Members of an ``enum`` are always exact.
        **kwargs: ignored.

    A reply that cannot be read earns 0.0. A ground truth that cannot be read is not graded.

    >>> truth = [{"name": "weather", "arguments": {"city": "Paris", "days": 5}}]
    >>> reply = '<tool_call>{"name": "weather", "arguments": {"days": 5.0, "city": "Paris"}}</tool_call>'
    >>> exact_tool_match_reward([{"role": "assistant", "content": reply}], truth).score
    1.0
    """
    how = comparison(order, string_match)
    try:
        case = make_case(messages, ground_truth, possible_answers, tools)
    except GradingError as error:
        return EvaluateResult.not_graded(str(error))
    matched = match_calls(case, how)
    exact = is_exact(case, matched)
    return EvaluateResult(
        score=1.0 if exact else 0.0,
        reason=praise(case) if exact else blame(case, matched, how.strings),
        metrics=metrics_of(case, matched),
    )


def comparison(order: Order, string_match: StringMatch | Mapping[str, StringMatch]) -> Comparison:
    """Return what the options of a reward stand for.

    Raises:
        UsageError: one of them stands for nothing.
    """
    if order not in {"any", "strict"}:
        message = f"found order={order!r}, expected 'any' or 'strict'"
        raise UsageError(message)
    return Comparison(order, string_matching(string_match))


def is_exact(case: Case, matched: list[int]) -> bool:
    """Say whether the reply makes the expected calls, all of them and nothing else."""
    return not case.reply.malformed and len(case.reply.calls) == len(case.expected) and -1 not in matched


def match_calls(case: Case, how: Comparison) -> list[int]:
    """Return for each call the expected call that it is, or -1."""
    calls, expected, strings = case.reply.calls, case.expected, how.strings
    if how.order == "strict":
        return [
            row if row < len(expected) and expected[row].accepts(call, strings) else -1
            for row, call in enumerate(calls)
        ]
    if len(calls) == len(expected):
        for row, call in enumerate(calls):
            if not expected[row].accepts(call, strings):
                break
        else:
            return list(range(len(calls)))
        if len(calls) == 1:
            return [-1]
    return largest_matching(
        len(calls), len(expected), lambda row, column: expected[column].accepts(calls[row], strings)
    )


def praise(case: Case) -> str:
    """Return what is said of a reply that is right."""
    count = len(case.expected)
    return (
        "no call, as is right" if not count else "the call is right" if count == 1 else f"all {count} calls are right"
    )


def blame(case: Case, matched: list[int], strings: Strings) -> str:
    """Return the first difference to the calls that are due."""
    return first_difference(case.reply.calls, case.reply.malformed, case.expected, matched, strings)


def metrics_of(case: Case, matched: list[int]) -> dict[str, Any]:
    """Return what was right by itself: names, arguments, number, form; how many broken attempts have a repair."""
    reply, due = case.reply, len(case.expected)
    broken, right = len(reply.malformed), len(matched) - matched.count(-1)
    attempts = len(reply.calls) + broken
    most = max(attempts, due) or 1
    if right == attempts == due:
        return _all_right(due, reply.format)
    named = _named(case)
    sound = 1.0 - broken / attempts if attempts else 1.0
    shares = (named / most, right / most, min(attempts, due) / most, sound, 0.0 if broken else 1.0)
    # As dicts: pydantic makes the objects of them in one go.
    found = {
        "name": {"score": shares[0], "reason": f"{named} of {most} names"},
        "arguments": {"score": shares[1], "reason": f"{right} of {most} calls"},
        "count": {"score": shares[2], "reason": f"{attempts} attempts, {due} expected"},
        "malformed": {"score": shares[3], "reason": f"{broken} of {attempts} attempts malformed"},
        "format": {"score": shares[4], "reason": reply.format},
    }
    if broken:
        mended = sum(attempt.repairable for attempt in reply.malformed)
        reason = f"a simple repair would make {mended} of {broken} malformed attempts readable"
        found["repairable"] = {"score": mended / broken, "reason": reason}
    return found


@lru_cache(maxsize=256)
def _all_right(due: int, layout: str) -> dict[str, Any]:
    """Return the metrics of a reply that is right. Whoever is given them makes objects of them and keeps none."""
    said = {"name": f"{due} of {due} names", "arguments": f"{due} of {due} calls", "format": layout}
    said |= {"count": f"{due} attempts, {due} expected", "malformed": f"0 of {due} attempts malformed"}
    order = ("name", "arguments", "count", "malformed", "format")
    return {name: {"score": 1.0, "reason": said[name]} for name in order}


def _named(case: Case) -> int:
    left = [one.name for one in case.expected]
    named = 0
    for call in case.reply.calls:
        if call.name in left:
            left.remove(call.name)
            named += 1
    return named
