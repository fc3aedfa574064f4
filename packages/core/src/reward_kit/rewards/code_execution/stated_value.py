"""A value that a reply states, compared with the one that is due: the prediction of an output, where nothing is run.

The value is a literal of Python or JSON: the last one between ``[ANSWER]`` and ``[/ANSWER]``, else the last fenced
block, else the whole reply, in each case alone or as the right side of ``assert … == …``. An expression is no value: a
reply that states the call itself has predicted nothing.
"""

import ast
import json
import re
from typing import Any

from reward_kit.errors import GradingError
from reward_kit.models import EvaluateResult, MetricResult
from reward_kit.rewards.code_execution.blocks import answer_text, extract_code_blocks

__all__ = ["grade_value", "same_value"]

OPENING, CLOSING = (re.compile(re.escape(tag), re.IGNORECASE) for tag in ("[ANSWER]", "[/ANSWER]"))
ROOM = 200
"""Characters that an answer may take beyond four times those of the value."""
SHOWN = 200


class _NoValueError(ValueError):
    """A text that is no literal."""


def grade_value(text: str, expected: str) -> EvaluateResult:
    """Return 1.0 where the reply ``text`` states the value of the literal ``expected``, else 0.0.

    Raises:
        GradingError: ``expected`` is no literal.

    >>> grade_value("So it is [ANSWER]assert f([2]) == {'a': 1}[/ANSWER]", "{'a': 1}").score
    1.0
    """
    try:
        wanted = _literal(expected)
    except _NoValueError as error:
        message = f"found the value {expected[:SHOWN]!r}, expected a literal of Python or JSON ({error})"
        raise GradingError(message) from None
    stated = _stated(text)
    if len(stated) > 4 * len(expected) + ROOM:  # bounds what literals can cost, and guesses in a heap
        return _result(right=False, reason="the reply states no value, or a far longer one than is due")
    try:
        found = _literal(stated)
    except _NoValueError as error:
        return _result(right=False, reason=f"the reply states no literal value: {error}")
    shown = f"stated {_short(repr(found))}"
    return _result(right=same_value(wanted, found), reason=shown)


def same_value(expected: Any, found: Any) -> bool:  # noqa: ANN401 - any literal
    """Say whether two literals are equal as Python's ``==`` has it, with ``True`` no 1 and a list no tuple."""
    if isinstance(expected, bool) or isinstance(found, bool):
        return expected is found
    if isinstance(expected, list | tuple):
        return (
            type(expected) is type(found)
            and len(expected) == len(found)
            and all(same_value(one, other) for one, other in zip(expected, found, strict=True))
        )
    if isinstance(expected, dict):
        return (
            isinstance(found, dict)
            and expected.keys() == found.keys()
            and all(same_value(expected[key], found[key]) for key in expected)
        )
    return bool(expected == found)


def _stated(text: str) -> str:
    answer = answer_text(text)
    *before, _ = CLOSING.split(answer)
    if before:  # the last one that is closed; splitting, unlike a pattern of both, is linear in any reply
        tagged = OPENING.split(before[-1])
        if len(tagged) > 1:
            return tagged[-1].strip().strip("`").strip()
    blocks = [block["code"] for block in extract_code_blocks(text) if block["code"].strip()]
    return (blocks[-1] if blocks else answer).strip()


def _literal(text: str) -> Any:  # noqa: ANN401 - any literal
    """Return what a literal stands for, alone or at the end of an assertion."""
    for read in (_of_python, json.loads):
        try:
            return read(text)
        except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError) as error:
            problem = f"{type(error).__name__}: {_short(str(error))}"
    raise _NoValueError(problem)


def _of_python(text: str) -> Any:  # noqa: ANN401 - any literal
    tree = ast.parse(text)
    match tree.body:
        case [ast.Assert(test=ast.Compare(ops=[ast.Eq()], comparators=[value]))]:
            return ast.literal_eval(value)
        case [ast.Expr(value=value)]:
            return ast.literal_eval(value)
    message = "it is no literal"
    raise ValueError(message)


def _result(*, right: bool, reason: str) -> EvaluateResult:
    score = float(right)
    return EvaluateResult(
        score=score, reason=reason, metrics={"stated_value": MetricResult(score=score, reason=reason)}
    )


def _short(text: str) -> str:
    return text if len(text) <= SHOWN else text[:SHOWN] + "…"
