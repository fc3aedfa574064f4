"""Find every number in running text, and tell those that stand on their own from parts of something else.

A part of something else is an operand (``48 + 24``), a date, a time, a version, an index (``x_2``), the number of a
name (``COVID-19``), or a figure with doubtful separators (``1,23,4``).
"""

import re
from dataclasses import dataclass

from reward_kit.rewards.math.numbers import AFTER, MONEY, Number, number_of
from reward_kit.rewards.math.units import changes_value, is_measure, read_units
from reward_kit.rewards.math.values import ValueReader

__all__ = ["Mention", "mentions"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """A place in a text where a number is written, sign and money sign included."""

    start: int
    end: int
    number: Number | None
    """None where it is part of something else."""


_LEAD_LENGTH = 24
_POWER_OF_UNIT = re.compile(r"([^\W\d_]+)\}?\s?\^\s?\{?\s?-?\Z")
_BEGINNING = re.compile(r"\.?\d|\\frac\s*[{\d]", re.ASCII)


def mentions(text: str, start: int = 0) -> list[Mention]:
    """Return the numbers of a plain text from left to right."""
    found = []
    beginning = _BEGINNING.search(text, start)
    while beginning is not None:
        place = end = beginning.start()
        power = _POWER_OF_UNIT.search(text, max(0, place - _LEAD_LENGTH), place)
        if power is None or not is_measure(power[1]):  # not the 2 of cm^2
            found.append(_mention(text, place))
            end = found[-1].end
        beginning = _BEGINNING.search(text, max(end, place + 1))
    return found


_NO_MONEY = "".join(f"(?<!{code})" for code in ("USD", "EUR", "GBP", "CAD", "AUD", "JPY", "INR", "Rs"))
_MONEY_SIGN = rf"(?:{MONEY}\s*)?"
_PART_OF_MORE_BEFORE = re.compile(
    rf"""
      \w{_NO_MONEY}\Z                                             # x72, x_72
    | [^\W\d_]\(\Z                                              # f(72)
    | (?:[·÷/^≠±∓√≤≥~@_]|!=)\s*{_MONEY_SIGN}[({{*]*\Z             # an operand, a bound, a root
    | [\d)\]}}%]\s*\*+\s*{_MONEY_SIGN}[({{]*\Z                    # 3*72; but not **72**
    | \w[ \t]*\*[ \t]+{_MONEY_SIGN}[({{]*\Z                       # 3 apples * 72
    | [\d)\]}}%$]\s*[-+]\s*{_MONEY_SIGN}[({{]*\Z                  # 3 - 72
    | [^\W\d][-+]{_MONEY_SIGN}\Z                                # COVID-19
    | [^\s=(:\[{{|>,;≈→][ \t]*[-+][ \t]+{_MONEY_SIGN}[({{*]*\Z     # total - 72: a dash or a sign
    | \\(?!implies|[Rr]ightarrow|Longrightarrow|to|therefore)[A-Za-z]+\s*[({{]*\Z
    | \{{\{{[^}}]*\Z                                              # a placeholder of a template
    | (?<![<>])[<>]\s*{_MONEY_SIGN}\Z(?<!<b>)(?<!<strong>)
    """,
    re.VERBOSE,
)
_OPERATOR_WORD = re.compile(
    r"\b(?:plus|minus|times|divided by|multiplied by|than|at least|at most|root of|out of)\s+\Z", re.IGNORECASE
)
_NEGATIVE = re.compile(r"\bnegative\s+\Z", re.IGNORECASE)
_AFTER_A_WORD = re.compile(r"[^\\{]*[A-Za-z]{2} ")  # the most frequent lead by far: nothing more to see
_BULLET = re.compile(r"(?:^|\n)[ \t]*[-+][ \t]+[^-]*\Z")
_FRONT = re.compile(rf"(?P<sign>[-+])?\s*(?:(?P<money>{MONEY})\s*(?P<inner>[-+])?)?[\s({{*]*\Z")
_PART_OF_MORE_BEHIND = re.compile(
    r"[,.:/_'-]\d|\^|_|\\frac"  # 1,23  3:30  2024-01  9^9
    r"|\s*(?:[+·÷≠>]|<(?![/a-z|])|\*\s?[\d(]|-\s+[\d(]|/\s*[\d(])"  # 48 + 24
)
_RUN = re.compile(r"[\w.,:/^'{}-]*[\w}]")
_WORD = re.compile(r"[^\W\d_]+\.?")
_UNIT = re.compile(r"[^\d.,;:!?\n()=+]{0,60}")


def _mention(text: str, place: int) -> Mention:
    """Read the number that begins at ``place``."""
    reader = ValueReader(text, place)
    value = reader.literal()
    end = max(reader.position, place + 1)
    if text[end - 1] == "." and end - 1 > place:  # the end of a sentence
        end -= 1
    lead = text[max(0, place - _LEAD_LENGTH) : place]
    operand = _OPERATOR_WORD.search(lead) is not None
    negative = _NEGATIVE.search(lead) is not None
    if _AFTER_A_WORD.fullmatch(lead):
        lead = ""
    front, after = _FRONT.search(lead), AFTER.match(text, end)
    word = _WORD.match(text, end)
    if (
        value is None
        or operand
        or front is None
        or after is None
        or _PART_OF_MORE_BEFORE.search(lead)
        or _PART_OF_MORE_BEHIND.match(text, end)
        or _PART_OF_MORE_BEHIND.match(text, after.end())
        or (word is not None and read_units(word[0]) is None)
        or changes_value(text, after.end())
    ):
        run = _RUN.match(text, place)
        return Mention(start=place, end=max(end, run.end() if run else end), number=None)
    negative = negative or front["inner"] == "-" or (front["sign"] == "-" and not _BULLET.search(lead))
    unit = _UNIT.match(text, after.end())
    units = read_units(" " + unit[0]) if unit else None
    number = number_of(-value if negative else value, front["money"] or "", after, units or ())
    opening = "sign" if front["sign"] else "money"
    start = place - len(lead) + front.start(opening) if front[opening] else place
    return Mention(start=start, end=after.end() if after["scale"] or after["percent"] else end, number=number)
