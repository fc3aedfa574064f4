r"""Whether an output is the expected one. Strict where the field's data sets are, lenient only where they must be.

Standard output, by default (``tokens``):

- ``\r\n`` and ``\r`` end a line like ``\n`` does; blanks at the ends of lines, and empty lines at the end of the output
  do not count. Nothing else ends a line: not form feeds, not the separators of Unicode.
- There are as many lines as expected, empty ones within included; each is indented like the expected one and holds the
  same tokens, whatever blanks are between them. Only ASCII blanks divide tokens: a no-break space is part of one.
- Tokens are equal, character by character. A token that the expected output writes as a decimal number (``0.5``,
  ``1e-3``) may be any ASCII number that differs by ``tolerance``, relative; where 0 is expected, by 1e-9. Integers are
  exact, at any length, and so are ``nan`` and ``inf``.
- Nothing is folded: not case, not ``1_000``, not ``+1`` or ``01``, not the digits or the composed letters of other
  scripts, not ``yes`` and ``true``.

``exact``: every character. ``unordered_lines``: the same lines, normalised as above, in any order.

Values: equal as Python's ``==`` has it for plain data, with the same tolerance where the expected value is a float; 3
is 3.0, ``nan`` is ``nan``, and ``True`` is not 1. A list equals the tuple of the same items, since JSON has no tuples;
it equals no set, and no generator. The keys of a dict keep their type: ``"1"`` is not 1.

There are no similarity scores: a wrong answer accepted is worse than a right one refused.
"""

import json
import re
from decimal import Context, Decimal
from typing import Any, Literal

__all__ = ["COMPARISONS", "TOLERANCE", "Comparison", "outputs_match", "values_match"]

Comparison = Literal["tokens", "exact", "unordered_lines"]
COMPARISONS: tuple[Comparison, ...] = ("tokens", "exact", "unordered_lines")
TOLERANCE = 1e-6
NEAR_ZERO = 1e-9
"""What a number may differ from an expected zero."""
BLANKS = " \t\v\f\r"
NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?")
LONGEST_NUMBER = 400
LARGEST_EXPONENT = 400
EXACTLY = Context(prec=60, traps=[])
"""Whatever the caller's own context is."""


def outputs_match(
    expected: str, found: str, *, comparison: Comparison = "tokens", tolerance: float = TOLERANCE
) -> bool:
    r"""Say whether ``found`` is what ``expected`` asks for.

    >>> outputs_match("1 2.50\n", "1 2.5000000001  \r\n\n")
    True
    >>> outputs_match("1000", "999")
    False
    """
    if comparison == "exact":
        return expected == found
    wanted, given = _lines(expected), _lines(found)
    if len(wanted) != len(given):
        return False
    if comparison == "unordered_lines":
        return sorted(wanted) == sorted(given)
    return all(one == other or _same_tokens(one, other, tolerance) for one, other in zip(wanted, given, strict=True))


def _lines(text: str) -> list[str]:
    lines = [line.rstrip(BLANKS) for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    while lines and not lines[-1]:
        lines.pop()
    return lines


def _same_tokens(expected: str, found: str, tolerance: float) -> bool:
    if _indentation(expected) != _indentation(found):
        return False
    wanted, given = _tokens(expected), _tokens(found)
    return len(wanted) == len(given) and all(
        one == other or _close(one, other, tolerance) for one, other in zip(wanted, given, strict=True)
    )


def _tokens(line: str) -> list[str]:
    return [token for token in re.split(r"[ \t\v\f\r]+", line) if token]


def _indentation(line: str) -> str:
    return line[: len(line) - len(line.lstrip(BLANKS))]


def _close(expected: str, found: str, tolerance: float) -> bool:
    """Say whether two texts are numbers that are close enough, the expected one being a decimal."""
    if max(len(expected), len(found)) > LONGEST_NUMBER or not any(mark in expected for mark in ".eE"):
        return False
    if not (NUMBER.fullmatch(expected) and NUMBER.fullmatch(found)):
        return False
    one, other = Decimal(expected), Decimal(found)
    if one == other or max(abs(one.adjusted()), abs(other.adjusted())) > LARGEST_EXPONENT:
        return one == other  # beyond what floats tell apart, and what decimals subtract in little time
    bound = EXACTLY.multiply(one.copy_abs(), Decimal(tolerance)) if one else Decimal(min(tolerance, NEAR_ZERO))
    return EXACTLY.subtract(one, other).copy_abs() <= bound


def _near(expected: float, found: float, tolerance: float) -> bool:
    if expected == found:
        return True
    difference = abs(expected - found)
    return difference <= (abs(expected) * tolerance if expected else min(tolerance, NEAR_ZERO)) < float("inf")


def values_match(expected: Any, found: Any, *, tolerance: float = TOLERANCE) -> bool:  # noqa: ANN401 - trees of the codec
    """Say whether two trees of ``reward_kit.sandbox.jail.codec`` stand for equal values.

    Both are compared piece by piece, without hashing anything of what was found.
    """
    if isinstance(expected, bool) or isinstance(found, bool) or expected is None or found is None:
        return expected is found
    if isinstance(expected, str) or isinstance(found, str):
        return type(expected) is type(found) and expected == found
    if _is_number(expected) and _is_number(found):
        return _same_number(expected, found, tolerance)
    if not isinstance(expected, list) or not isinstance(found, list):
        return False
    kinds = {"t": "l"}
    tag = kinds.get(expected[0], expected[0])
    if tag != kinds.get(found[0], found[0]) or len(expected) != len(found):
        return False
    if tag in {"l", "s"}:
        return all(values_match(*pair, tolerance=tolerance) for pair in zip(expected[1:], found[1:], strict=True))
    if tag == "d":
        return all(
            values_match(one[0], other[0], tolerance=0) and values_match(one[1], other[1], tolerance=tolerance)
            for one, other in zip(_by_key(expected), _by_key(found), strict=True)
        )
    return tag in {"b", "c"} and bool(expected == found)


def _by_key(tree: list[Any]) -> list[Any]:
    return sorted(tree[1:], key=lambda pair: json.dumps(pair[0]))


def _is_number(tree: Any) -> bool:  # noqa: ANN401 - a tree
    return isinstance(tree, int) or (isinstance(tree, list) and tree[0] in {"i", "f"})


def _same_number(expected: Any, found: Any, tolerance: float) -> bool:  # noqa: ANN401 - trees of numbers
    one, other = _number(expected), _number(found)
    if isinstance(one, float) and isinstance(other, int | float):
        if one != one:  # noqa: PLR0124 - nan: expected to be nan, then
            return other != other  # noqa: PLR0124
        try:
            return _near(one, float(other), tolerance)
        except OverflowError:
            return False
    return one == other


def _number(tree: Any) -> int | float:  # noqa: ANN401 - a tree
    if isinstance(tree, int):
        return tree
    return int(tree[1], 16) if tree[0] == "i" else float(tree[1])
