"""``composite_function_call_reward``: 1.0 for exactly the right calls, less for near misses, nothing for spraying."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reward_kit.errors import GradingError, UsageError
from reward_kit.models import EvaluateResult, Message
from reward_kit.rewards.function_calling.calls import ToolCall
from reward_kit.rewards.function_calling.case import Case, make_case
from reward_kit.rewards.function_calling.equality import StringMatch, Strings
from reward_kit.rewards.function_calling.exact import (
    Order,
    blame,
    comparison,
    is_exact,
    match_calls,
    metrics_of,
    praise,
)
from reward_kit.rewards.function_calling.matching import best_assignment
from reward_kit.rewards.function_calling.schemas import ANY
from reward_kit.rewards.function_calling.similarity import arguments_similarity
from reward_kit.rewards.function_calling.validity import fits

__all__ = ["composite_function_call_reward"]

_SPRAY = 8
"""More attempts than 8 per call that is due, and 8 more, earn nothing."""


@dataclass(frozen=True, slots=True)
class _Weights:
    cap: float = 0.6
    """The most that a reply can earn that is not exact."""
    name: float = 0.2
    """What the name alone earns of it; the arguments earn the rest."""
    schema: float = 0.5
    """What remains for a call that breaks its tool's schema."""
    surplus: float = 0.15
    """What remains where more was tried than is due, or a call made again: guessing must pay less than a near miss."""


def composite_function_call_reward(
    messages: list[Message] | list[dict[str, Any]],
    ground_truth: Any = None,  # noqa: ANN401 - every shape that data sets have
    *,
    tools: Any = None,  # noqa: ANN401 - a list, or its JSON
    possible_answers: Any = None,  # noqa: ANN401 - a list, or its JSON
    weights: Mapping[str, float] | None = None,
    binary: bool = False,
    order: Order = "any",
    string_match: StringMatch | Mapping[str, StringMatch] = "exact",
    **kwargs: Any,  # noqa: ANN401, ARG001 - columns of a data set that this reward does not use
) -> EvaluateResult:
    """Return 1.0 where the calls are exactly right, else a share of 0.6 by how near they are.

    Calls are paired with the calls that are due so that the sum of their similarities is the largest, and that sum
    is divided by the larger number of the two, malformed attempts included. A pair with different names has
    no similarity, and neither has a call that is made again without being due again. Where no call is due, any
    attempt earns 0.0.

    Args:
        messages: as for ``exact_tool_match_reward``, and so are ``ground_truth``, ``tools``, ``possible_answers``,
            ``order`` and ``string_match``.
        ground_truth: see there.
        tools: see there.
        possible_answers: see there.
        weights: any of ``cap`` (0.6), ``name`` (0.2), ``schema`` (0.5: what a call keeps that breaks its schema)
            and ``surplus`` (0.15: what a reply keeps that tries more calls than are due, or repeats one).
        binary: pay exactly right calls only, as ``exact_tool_match_reward`` does.
        order: see there.
        string_match: see there.
        **kwargs: ignored.

    >>> truth = [{"name": "weather", "arguments": {"city": "Paris", "days": 5}}]
    >>> near = '<tool_call>{"name": "weather", "arguments": {"city": "Paris", "days": 3}}</tool_call>'
    >>> composite_function_call_reward([{"role": "assistant", "content": near}], truth).score
    0.36
    """
    shares = _shares(weights)
    how = comparison(order, string_match)
    try:
        case = make_case(messages, ground_truth, possible_answers, tools)
    except GradingError as error:
        return EvaluateResult.not_graded(str(error))
    matched = match_calls(case, how)
    metrics = metrics_of(case, matched)
    if is_exact(case, matched):
        return EvaluateResult(score=1.0, reason=praise(case), metrics=metrics)
    score = 0.0 if binary else _partial(case, shares, how.strings, matched)
    return EvaluateResult(score=score, reason=blame(case, matched, how.strings), metrics=metrics)


def _shares(weights: Mapping[str, float] | None) -> _Weights:
    given = dict(weights or {})
    given.pop("arguments", None)  # the rest beside the name, whatever it is called
    known = _Weights.__slots__
    if wrong := [name for name, value in given.items() if name not in known or not 0.0 <= value <= 1.0]:
        message = f"found weights {wrong}, expected any of {list(known)} between 0 and 1"
        raise UsageError(message)
    return _Weights(**given)


def _partial(case: Case, shares: _Weights, strings: Strings, matched: list[int]) -> float:
    calls, expected, attempts = case.reply.calls, case.expected, case.reply.attempts
    if not calls or not expected or attempts > _SPRAY * len(expected) + _SPRAY:
        return 0.0
    # Equal calls belong together in some best assignment, unless alternatives make them equal to several.
    settled = all(wanted.possible is None for wanted in expected)
    keeps = [1.0 if fits(call.arguments, case.tools.get(call.name, ANY)) else shares.schema for call in calls]
    repeated = _repeated(calls, matched)
    for row in repeated:
        keeps[row] = 0.0

    def worth(row: int, column: int) -> float:
        if calls[row].name != expected[column].name:
            return 0.0
        similarity = arguments_similarity(calls[row], expected[column], strings)
        return keeps[row] * (shares.name + (1.0 - shares.name) * similarity)

    pairs = {row: column for row, column in enumerate(matched) if settled and column >= 0}
    taken = set(pairs.values())
    columns = [column for column in range(len(expected)) if column not in taken]
    rows = [[worth(row, column) for column in columns] for row in range(len(calls)) if row not in pairs]
    parts = [worth(row, column) for row, column in pairs.items()]
    parts += [rows[row][column] for row, column in enumerate(best_assignment(rows)) if column >= 0]
    total = math.fsum(parts)
    surplus = shares.surplus if repeated or attempts > len(expected) else 1.0
    return round(shares.cap * surplus * total / max(attempts, len(expected)), 9)


def _repeated(calls: Sequence[ToolCall], matched: list[int]) -> list[int]:
    """Return which calls say another one again and are not due: they are no attempt at anything else."""
    told = [calls[row] for row, column in enumerate(matched) if column >= 0]
    found = []
    for row, column in enumerate(matched):
        if column < 0:
            if calls[row] in told:
                found.append(row)
            told.append(calls[row])
    return found
