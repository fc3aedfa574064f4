"""Read what a marked place states: a number where the ground truth is one, else the answer as it is written."""

import re

from reward_kit.rewards.math.numbers import parse_number
from reward_kit.rewards.math.prose import Stated, number_in_statement
from reward_kit.rewards.math.statements import Statement, boxed, phrased
from reward_kit.rewards.math.units import is_measure

__all__ = ["looks_like_an_answer", "read"]


def read(statement: Statement, *, numeric: bool) -> Stated | None:
    """Read a statement; None where a phrase states nothing, such as "the answer is in the box".

    Args:
        statement: a marked place.
        numeric: whether a number is asked for; a sentence is then searched for the number that it states.
    """
    if statement.rule == "boxed":
        return Stated(text=statement.text, number=parse_number(statement.text))
    stated = _number(statement) if numeric else None
    if stated is None and numeric and statement.rule == "phrase" and not statement.formula:
        return None
    if stated is not None and stated.flaw != "part":
        return stated
    if statement.rule != "phrase" and (inner := _inner(statement.text)) is not None:
        return read(inner, numeric=numeric)
    return _written(statement)


def looks_like_an_answer(stated: Stated) -> bool:
    """Say whether a text is more than words: a formula, a number, a letter of a choice."""
    return stated.number is not None or _FORMAL.search(stated.text) is not None


_FORMAL = re.compile(r"[\d\\=^<>{}]|\A\(?[A-Z]\)?\Z")
_LISTED = re.compile(
    r"\s*(?:,\s*)?(?:or\b|and/or\b|and\b(?!\s+(?:we|the|it|this|that|so|thus|hence|is)\b)|to\b)|\s*,(?!\s*[A-Za-z]{2})"
    r"|\s*(?:[/;|&+<>=\u2212-]|\\)"
)


def _number(statement: Statement) -> Stated | None:
    if not statement.formula:
        return number_in_statement(statement.text)
    if _LISTED.match(statement.rest):
        return number_in_statement(statement.text) or Stated(text=statement.text)
    return _formula(statement)


def _formula(statement: Statement) -> Stated:
    """Return the formula that a statement begins with, and the unit or the scale behind it."""
    behind = _BEHIND.match(statement.rest)
    word = behind[1] if behind else ""
    text = statement.formula
    if _SCALE.fullmatch(word):
        text = f"{text} {word}"
    elif is_measure(word):
        text = rf"{text} \text{{ {word}}}"
    return Stated(text=text, number=parse_number(text))


def _inner(text: str) -> Statement | None:
    """Return the mark inside a mark: ``<answer>The answer is $x$</answer>``."""
    found = boxed(text) or phrased(text)
    return found[-1] if found and found[-1].complete else None


_OPENING = re.compile(
    r"(?:[\s*_`\":=]|\\(?=\")|(?:about|approximately|exactly|just|only|thus|therefore|simply|clearly|then|indeed|that"
    r"|given by|equal to|either"
    r"|(?:the )?(?:option|choice|letter|set|interval|value|number|expression|pair|point|function))\b)*",
    re.IGNORECASE,
)
_DENIAL = re.compile(r"(?:not|never|neither|nor|anything but|no longer|unlikely)\b|≠|\\neq?\b", re.IGNORECASE)
_DOUBT = re.compile(r"\b(?:maybe|perhaps|possibly|probably|guess(?:es|ing)?|might|could)\b", re.IGNORECASE)
_NOTHING = re.compile(
    r"(?:in|correct|right|wrong|incorrect|verified|consistent|reasonable|as follows|below|above|the same|confirmed"
    r"|expected|boxed|simplified|exact|unique|clear|unknown|unclear|now|also|still|obtained|found|supposed|going)\b",
    re.IGNORECASE,
)
_ONLY_A_LEAD = re.compile(
    r"(?:\W|\b(?:so|thus|therefore|hence|and|the|our|my|your|final|correct|right|exact|numerical|required|overall)\b)*",
    re.IGNORECASE,
)
_ASIDE = re.compile(
    r"(?:\s*[,;]\s*|\s+)(?:because|since|as (?:we|the|it|shown|required|desired|expected|stated)|which|where|when"
    r"|due to|(?:and )?not|rather than|instead of|hence|thus|so)\b|\s+\((?:because|since|see|as|that is|i\.e\.|e\.g\.)",
    re.IGNORECASE,
)
_BEHIND = re.compile(r"\s*([^\W\d_]+|°|\\?%)")
_SCALE = re.compile(r"hundred|thousand|million|billion|trillion|percent|\\?%", re.IGNORECASE)
_MAX_WRITTEN = 2000
_TRAILING = " \t\n\r.,;:*_`\"'"


def _written(statement: Statement) -> Stated | None:
    """Return the answer as it is written, without the words around it."""
    text = statement.text
    if len(text) > _MAX_WRITTEN:
        return Stated(text=text)
    if statement.formula and not _LISTED.match(statement.rest):
        return _formula(statement)
    opening = _OPENING.match(text)
    text = text[opening.end() :] if opening else text
    if _DENIAL.match(text):
        return Stated(text=text, problem="the answer is denied, not stated", flaw="denied")
    aside = _ASIDE.search(text)
    text = (text[: aside.start()] if aside and aside.start() else text).strip(_TRAILING).rstrip("\\")
    if statement.rule == "phrase" and (_ONLY_A_LEAD.fullmatch(text) or _NOTHING.match(text)):
        return None
    if _DOUBT.search(text):
        return Stated(text=text, problem="a guess where an answer is asked for", flaw="several")
    return Stated(text=text, number=parse_number(text))
