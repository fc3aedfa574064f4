r"""Compile what an answer is compared with, and compare: the cheapest tier that can decide does.

Text that is the same, then plain numbers, then everything that ``reading`` knows, and what only a computer algebra
system reads (integrals, limits, infinite sums, products of matrices) in a process that can be killed.
"""

import contextlib
import functools
import itertools
import re
from dataclasses import dataclass, field
from typing import Literal

from reward_kit.errors import GradingError
from reward_kit.rewards.math.equivalence import algebra
from reward_kit.rewards.math.equivalence.errors import ExhaustedError, UndefinedError, UnreadableError
from reward_kit.rewards.math.equivalence.exact import Unfit
from reward_kit.rewards.math.equivalence.lexer import MAX_DIGITS
from reward_kit.rewards.math.equivalence.model import Opaque, Reading, Relation, Scalar
from reward_kit.rewards.math.equivalence.reading import MAX_LENGTH, read
from reward_kit.rewards.math.equivalence.structure import Comparer, OpaqueError
from reward_kit.rewards.math.equivalence.wording import unmarked
from reward_kit.rewards.math.numbers import Number, parse_number
from reward_kit.rewards.math.plain import shown
from reward_kit.rewards.math.policy import DEFAULT, Policy
from reward_kit.rewards.math.units import units_conflict, units_cover

__all__ = ["Comparison", "Expected", "Outcome", "compare", "compile_expected"]

Outcome = Literal["equal", "different", "unparsable", "exhausted", "lost"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What came of a comparison."""

    outcome: Outcome
    """``equal`` or ``different``; ``unparsable`` and ``exhausted`` are the answer's own doing, ``lost`` is not."""
    method: str
    """The tier that decided: ``string``, ``number``, ``structure``, ``algebra``."""
    reason: str = ""
    """Why, where the outcome alone does not say it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """A gold, read once. It pickles, and threads may share it."""

    text: str
    number: Number | None
    """The plain number that it is; None for anything else."""
    bound: bool
    """Whether the unit of the number is one letter, as in ``5m``: it may be a variable, and must be there."""
    readings: tuple[Reading, ...] = field(repr=False)
    """What it says, and what else it may say: ``1,234`` is a number first and a list second."""


def compile_expected(text: str, policy: Policy = DEFAULT) -> Expected:
    r"""Read a gold once, for all the answers that are compared with it; the last 4,096 are remembered.

    Raises:
        GradingError: it cannot be graded: empty, prose, contradictory (``5 = 7``), undefined or too large.

    >>> compile_expected(r"\frac{1}{2}").number.value
    Fraction(1, 2)
    """
    return _compiled(text, max(policy.seconds, _GOLD_SECONDS), policy.memory_megabytes)


_GOLD_SECONDS = 30.0
"""What a gold may take that the algebra system has to read: it is read once, and no model wrote it."""


@functools.lru_cache(maxsize=4096)
def _compiled(text: str, seconds: float, memory_megabytes: int) -> Expected:
    stripped = unmarked(text) if len(text) <= MAX_LENGTH else ""
    try:
        readings = _readings(stripped)
        problem = _problem(readings[0], Policy(seconds=seconds, memory_megabytes=memory_megabytes))
    except (UnreadableError, ExhaustedError, UndefinedError) as error:
        problem = str(error)
    except RecursionError:
        problem = "it is nested too deeply"
    if problem:
        message = f"found the gold {shown(text)!r}, expected one final answer: {problem}"
        raise GradingError(message)
    return Expected(
        text=stripped,
        number=parse_number(stripped),
        bound=_LETTER_BEHIND.search(stripped) is not None,
        readings=readings,
    )


_LETTER_BEHIND = re.compile(r"[\d}][A-Za-z]\Z", re.ASCII)


def _problem(reading: Reading, policy: Policy) -> str:
    """Return why a gold cannot be graded; empty where it can."""
    if isinstance(reading, Opaque):
        if not algebra.is_algebra(reading.text):
            return reading.reason
        return algebra.unreadable(reading.text, policy)
    if isinstance(reading, Scalar) and not reading.infinite and not reading.value.names:
        _evaluated(reading)
    if isinstance(reading, Relation) and reading.equality:
        sides = [side.reading for side in reading.sides]
        numbers = [side for side in sides if isinstance(side, Scalar) and not side.value.names and not side.infinite]
        exact = "approx" not in reading.signs
        if exact and any(not Comparer(DEFAULT).same(one, numbers[0]) for one in numbers[1:]):
            return "its sides differ"
    return ""


def _evaluated(reading: Scalar) -> None:
    try:
        reading.value.exact()
    except Unfit:
        reading.value.number(80)
    except ExhaustedError:
        if not reading.value.rational:
            raise
        reading.value.modular(0)


_NO_LIST = re.compile(r",0\d\d", re.ASCII)
"""The end of a group of three digits that no one writes as a number of its own."""


def _readings(text: str) -> tuple[Reading, ...]:
    first = read(text)
    if "," not in text:
        return (first,)
    found = [first]
    if _DECIMAL_COMMA.fullmatch(text):
        found.append(read(text.replace(",", ".")))
    with contextlib.suppress(UnreadableError):
        if not _NO_LIST.search(text):
            found.append(read(text, commas=False))
    return tuple(found)


_DECIMAL_COMMA = re.compile(r"[-+]?(?:0,\d+|\d+,(?:\d\d|\d{4,}))", re.ASCII)
"""A comma that may be the decimal point: neither ``1,234`` nor ``1,2``."""


def compare(answer: str, expected: Expected, policy: Policy = DEFAULT) -> Comparison:
    r"""Say whether ``answer`` is the expected one; never raise.

    Args:
        answer: the inside of a box or of "the answer is …": LaTeX with or without dollars, plain text, Unicode.
        expected: the compiled gold.
        policy: what is let pass, and the limits.

    >>> compare(r"\frac{\sqrt{8}}{2}", compile_expected(r"\sqrt{2}")).outcome
    'equal'
    >>> compare("e^{-50}", compile_expected("e^{-60}")).outcome
    'different'
    """
    if answer == expected.text and not policy.require_units:
        return _SAME_TEXT
    if expected.number is not None and answer.isascii() and answer.isdigit() and len(answer) <= MAX_DIGITS:
        return _numbers(parse_number(answer), expected, expected.number, policy)
    if len(answer) > MAX_LENGTH:
        return Comparison(outcome="unparsable", method="string", reason="the answer is too long")
    try:
        return _compared(unmarked(answer), expected, policy)
    except (ExhaustedError, UndefinedError, UnreadableError, RecursionError, *OURS) as error:
        return _failed(error)


OURS = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""Faults of ours that an answer may find; they must not take that answer out of the grading."""


def _failed(error: Exception) -> Comparison:
    """Return what becomes of an answer that could not be compared to the end."""
    if isinstance(error, ExhaustedError):
        return Comparison(outcome="exhausted", method="structure", reason=str(error))
    if isinstance(error, RecursionError):
        return Comparison(outcome="exhausted", method="structure", reason="the answer is nested too deeply")
    if isinstance(error, UndefinedError):
        return Comparison(outcome="different", method="structure", reason=str(error))
    reason = str(error) if isinstance(error, UnreadableError) else f"it cannot be read ({type(error).__name__})"
    return Comparison(outcome="unparsable", method="structure", reason=reason)


_SAME_TEXT = Comparison(outcome="equal", method="string")
_EQUAL_NUMBERS = Comparison(outcome="equal", method="number")
_DIFFERENT_NUMBERS = Comparison(outcome="different", method="number")


def _numbers(answer: Number | None, expected: Expected, gold: Number, policy: Policy) -> Comparison:
    """Compare two plain numbers with their units."""
    if answer is None:
        return _DIFFERENT_NUMBERS
    values = [(answer.value, gold.value)]
    if answer.percent and not gold.percent:
        values.append((answer.value / 100, gold.value))
    elif gold.percent and not answer.percent:
        values.append((answer.value, gold.value / 100))
    if not any(one == other or abs(one - other) <= policy.allowed(other) for one, other in values):
        return _DIFFERENT_NUMBERS
    if units_conflict(answer.units, gold.units):
        return Comparison(outcome="different", method="number", reason="the units differ")
    covered = units_cover(answer.units, gold.units) and (answer.percent or not gold.percent)
    if (policy.require_units or expected.bound) and not covered:
        return Comparison(outcome="different", method="number", reason="the unit is missing")
    return _EQUAL_NUMBERS


_NO_NUMBER = re.compile(r"[=≈]|approx|\.\.|dots")
"""What is more than a plain number to those who write it: a chain, digits that go on."""


def _compared(answer: str, expected: Expected, policy: Policy) -> Comparison:
    if answer == expected.text and not policy.require_units:
        return _SAME_TEXT
    if expected.number is not None and not _NO_NUMBER.search(answer):
        number = parse_number(answer)
        if number is not None:
            found = _numbers(number, expected, expected.number, policy)
            if found.outcome == "equal" or len(expected.readings) == 1:
                return found
    return _by_structure(answer, expected, policy)


def _by_structure(answer: str, expected: Expected, policy: Policy) -> Comparison:
    """Compare everything that the answer may say with everything that the gold may say."""
    readings = _readings(answer)
    comparer = Comparer(policy)
    opaque = False
    for one, gold in itertools.product(readings, expected.readings):
        try:
            if comparer.same(one, gold):
                return Comparison(outcome="equal", method="structure")
        except OpaqueError:
            opaque = True
    if isinstance(readings[0], Opaque) and not algebra.is_algebra(readings[0].text):
        return Comparison(outcome="unparsable", method="structure", reason=readings[0].reason)
    if opaque:
        return _by_algebra(answer, expected, policy)
    return Comparison(outcome="different", method="structure", reason=comparer.reason)


def _by_algebra(answer: str, expected: Expected, policy: Policy) -> Comparison:
    if not algebra.is_algebra(answer) and not algebra.is_algebra(expected.text):
        return Comparison(outcome="different", method="structure", reason="part of it cannot be read")
    outcome, reason = algebra.same(answer, expected.text, policy)
    return Comparison(outcome=outcome, method="algebra", reason=reason)
