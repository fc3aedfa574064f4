"""Read the one number that a text is, exactly: with its sign, its money or percent sign and its unit.

The whole text has to be that number. Whatever leaves a doubt is refused, never guessed: ``1,2``, ``1.234,56``,
``3:30``, ``1.2.3``, ``5 or 7``, ``2x``. Not covered: roots, constants, sums, expressions in variables.
"""

import re
from dataclasses import dataclass
from fractions import Fraction

from reward_kit.rewards.math.plain import plain
from reward_kit.rewards.math.units import read_units
from reward_kit.rewards.math.values import MAX_DIGITS, ValueReader

__all__ = ["AFTER", "MONEY", "Number", "number_of", "parse_number", "read_number"]

MAX_RAW_LENGTH = 20_000
_MAX_LENGTH = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A number as it is written."""

    value: Fraction
    """As written: 50 for ``50%``, 5,000,000 for ``5 million``."""
    percent: bool = False
    units: tuple[str, ...] = ()
    """The words that belong to it, in lower case and in the singular; ``$`` is ``dollar``."""


def parse_number(text: str) -> Number | None:
    r"""Return the one number that ``text`` is, or None where it is anything else.

    A chain of equalities counts when its parts agree (``x = 5``, ``48 + 24 = 72``): the last part is the number,
    and each other part is a name, the same number, or working, which is not checked. ``(5)`` is 5, not -5.

    >>> parse_number(r"\$1{,}080.50 per week")
    Number(value=Fraction(2161, 2), percent=False, units=('dollar', 'per', 'week'))
    >>> parse_number("1,2") is None
    True
    """
    if text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS:  # the most frequent answer by far
        return Number(value=Fraction(int(text)))
    return read_number(plain(text)) if len(text) <= MAX_RAW_LENGTH else None


def read_number(text: str) -> Number | None:
    """Do as parse_number does with a text that is plain already."""
    text = _bare(text)
    if not text or len(text) > _MAX_LENGTH:
        return None
    if "=" not in text and "≈" not in text:
        return _single(text)
    *sides, last = re.split("[=≈]", text)
    answer = _single(_bare(last))
    if answer is None or not all(_agrees(_bare(side), answer, first=not index) for index, side in enumerate(sides)):
        return None
    return answer


_PAIRS = {"{": "}", "(": ")", "$": "$"}


def _bare(text: str) -> str:
    """Strip space, Markdown, closing punctuation and enclosing pairs."""
    nested = {opening for opening, closing in _PAIRS.items() if text.find(closing) > text.rfind(opening)}
    start, end = 0, len(text)
    while start < end:
        first, last = text[start], text[end - 1]
        if first.isspace() or first in "*_`":
            start += 1
        elif last.isspace() or last in "*_`.,;:":
            end -= 1
        elif end - start > 1 and _PAIRS.get(first) == last and (first in nested or first == "$"):
            start, end = start + 1, end - 1
        else:
            break
    return text[start:end]


_SUBSCRIPT = re.compile(r"_(?:\d|\{\d+\})")
_RELATION = re.compile(r"[<>≠≤≥±,;!?]|\\(?:neq?|not|lt|gt|leq?|geq?|pm|mp)(?![a-z])|\b(?:or|and|not)\b", re.IGNORECASE)
_VARIABLE = re.compile(r"(?<![A-Za-z\\])[A-Za-z](?![A-Za-z])")
_DIGIT = re.compile(r"\d")


def _agrees(side: str, answer: Number, *, first: bool) -> bool:
    """Say whether one part of an equality chain leaves the last one the only answer."""
    if not side:
        return first
    number = _single(side)
    if number is not None:
        return number.value == answer.value
    if _RELATION.search(side):
        return False
    named = _SUBSCRIPT.sub("", side)
    return not _DIGIT.search(named) or not _VARIABLE.search(named)


MONEY = r"(?:(?:US)?USD|US\$|EUR|GBP|CAD|AUD|JPY|INR|Rs\.?|[$€£¥₹])"
_CURRENCIES = {
    **dict.fromkeys(("ususd", "us$", "usd", "$"), "dollar"),
    **dict.fromkeys(("eur", "€"), "euro"),
    **dict.fromkeys(("jpy", "¥"), "yen"),
    **dict.fromkeys(("inr", "rs", "rs."), "₹"),
    "gbp": "£",
}
_BEFORE = re.compile(rf"\s*(?P<sign>[-+]?)\s*(?P<money>{MONEY})?\s*(?P<inner>[-+]?)\s*")
AFTER = re.compile(
    r"\s*\}?(?P<closing>[$*]*)(?:\s*\{?\s*(?P<scale>hundred|thousand|million|billion|trillion)\b\}?)?"
    r"(?:\s*\{?\s*(?P<percent>%|percent\b|per\s?cent\b)\}?)?",
    re.IGNORECASE,
)
_SCALES = {"hundred": 10**2, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}


def _single(text: str) -> Number | None:
    """Read a number that has no equality sign in it, and whose unit ends the text."""
    before = _BEFORE.match(text)
    if before is None or (before["sign"] and before["inner"]):
        return None
    reader = ValueReader(text, before.end())
    value = reader.product()
    after = AFTER.match(text, reader.position)
    if value is None or after is None:
        return None
    attached = after.end() == reader.position
    units = read_units(text[after.end() :] if attached else " " + text[after.end() :])
    if units is None:
        return None
    return number_of(-value if "-" in before.group("sign", "inner") else value, before["money"] or "", after, units)


def number_of(value: Fraction, money: str, after: re.Match[str], units: tuple[str, ...]) -> Number:
    """Make a number of its parts; ``after`` is the match of AFTER behind its digits."""
    if after["scale"]:
        value *= _SCALES[after["scale"].lower()]
    if money and not (money == "$" and "$" in after["closing"]):  # a pair of dollars is LaTeX, not money
        units = (_CURRENCIES.get(money.lower(), money.lower()), *units)
    return Number(value=value, percent=after["percent"] is not None, units=units)
