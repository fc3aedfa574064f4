"""Find the number that a sentence states, and refuse a sentence that guesses.

Running text holds more numbers than the answer, so this is stricter than reading a text that is one number: no
operand of a computation, no date or version, no number behind "not", no item of a list of guesses.
"""

import re
from dataclasses import dataclass
from typing import Literal

from reward_kit.rewards.math.mentions import Mention, mentions
from reward_kit.rewards.math.numbers import Number, parse_number
from reward_kit.rewards.math.plain import plain

__all__ = ["Flaw", "Stated", "number_at_the_end", "number_in_statement"]


Flaw = Literal["none", "part", "denied", "several"]
"""No number, a part of something else, one that is denied or asked for, or more than one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """What a piece of text states: ``number``, or the ``problem`` that leaves it without one."""

    text: str
    number: Number | None = None
    problem: str = ""
    flaw: Flaw | None = None
    """The kind of the problem."""


_MAX_STATEMENT = 200
_OPENING = re.compile(
    r"(?:[\s$*_`({\[:=≈~]|about\b|approximately\b|approx\.|roughly\b|around\b|exactly\b|just\b|only\b|thus\b|therefore\b"
    r"|simply\b|clearly\b|then\b|indeed\b)*",
    re.IGNORECASE,
)


def number_in_statement(text: str) -> Stated | None:
    """Read what follows "the answer is": one number, or a short sentence with it. None where it has no digit."""
    number = parse_number(text)
    if number is not None:
        return Stated(text=text.strip(), number=number)
    if len(text) > _MAX_STATEMENT:
        return number_at_the_end(text)
    line = plain(text)
    found = mentions(line)
    if not found:
        return None
    return _stated_first(text.strip(), line, found)


def _stated_first(text: str, line: str, found: list[Mention]) -> Stated:
    """Read the first number of a sentence, which the words before and behind it may change or deny."""
    if _REFUSAL.match(line):
        return Stated(text=text, problem="the answer is denied, not stated", flaw="denied")
    first = found[0]
    opening = _OPENING.match(line)
    if first.number is None or opening is None or opening.end() < first.start:
        return _last_of(line, found)
    if len(found) > 1 and _WORKING.search(line, first.end, found[1].start):
        return _last_of(line, found)
    if len(found) > 1 and line[first.end : found[1].start].strip() != "(" and _is_list(line, first, found[1]):
        return Stated(text=text, problem="several answers where one is asked for", flaw="several")
    if _BOUND.match(line, first.end):
        return Stated(text=text, problem="a bound where an answer is asked for", flaw="several")
    return Stated(text=line[first.start : first.end].strip(), number=first.number)


_REFUSAL = re.compile(r"\W*(?:wrong|incorrect|not|never)\b", re.IGNORECASE)
_BOUND = re.compile(r"\W*(?:or\s+(?:more|less|fewer|greater|higher|lower|above|below)|unless)\b", re.IGNORECASE)
_DENIED_BEHIND = re.compile(r"\W*(?:is|was)(?:n['\u2019]t|\s+(?:not|wrong|incorrect|never))\b", re.IGNORECASE)
_WRONG = re.compile(r"\b(?:wrong|incorrect)\s+(?:answer|result|value)\b", re.IGNORECASE)
_WORKING = re.compile(r"[=≈·÷+]|\*\s*\Z")
_SPACE = re.compile(r"\s")
_LAST_DIGIT = re.compile(r"[\d¼-¾⅐-⅞]")
_WINDOW_BEFORE = 400
_WINDOW_AFTER = 120
_IGNORANCE = re.compile(
    r"\b(?:(?:do not|don't|cannot|can't|can not|could not|couldn't)\s+"
    r"(?:know|determine|answer|solve|tell|say|be determined)"
    r"|no idea|not sure|unsure|not certain|impossible to)\b",
    re.IGNORECASE,
)
_UNCERTAIN = re.compile(
    r"\b(?:maybe|perhaps|possibly|guess(?:es|ing)?)\b|\b(?:could|might|may) be\b\D{0,20}\Z", re.IGNORECASE
)


def number_at_the_end(text: str) -> Stated:
    """Read the last number of a reply that marks no answer."""
    last = _LAST_DIGIT.search(text[::-1])
    if last is None:
        return Stated(text="", problem="no number in the reply", flaw="none")
    place = len(text) - last.start()
    start = max(0, place - _WINDOW_BEFORE)
    space = _SPACE.search(text, start, place - _WINDOW_BEFORE // 2) if start else None
    window = plain(text[space.end() if space else start : place + _WINDOW_AFTER])
    if _IGNORANCE.search(window):
        return Stated(text="", problem="the reply says that it does not know", flaw="none")
    end = next(at for at in range(len(window), 0, -1) if window[at - 1].isdecimal())
    ends = [found.end() for found in _SENTENCE_END.finditer(window, 0, end)]
    earlier = (at for at in reversed(ends[:-1]) if _LAST_DIGIT.search(window, at, ends[-1]))
    found = mentions(window, next(earlier, 0))  # two sentences with numbers are enough to tell a list
    if not found:
        return Stated(text="", problem="no number in the reply", flaw="none")
    if start and space is None and found[-1].start == 0:
        return Stated(text="", problem="the last number of the reply is too long to be read", flaw="none")
    return _last_of(window, found)


def _last_of(text: str, found: list[Mention]) -> Stated:
    """Read the last of the numbers that ``text`` mentions."""
    last = found[-1]
    shown = text[last.start : last.end].strip()
    begins = max((end.end() for end in _SENTENCE_END.finditer(text, 0, last.start)), default=0)
    following = _SENTENCE_END.search(text, last.end)
    sentence, rest = text[begins : last.start], text[last.end : following.start() if following else None]
    problem: tuple[str, Flaw] | None = None
    if last.number is None:
        problem = f"{shown!r} at the end is not a number of its own", "part"
    elif _NEGATION.search(sentence[-80:]) or _DENIED_BEHIND.match(rest) or _WRONG.search(sentence):
        problem = f"{shown!r} at the end is denied, not stated", "denied"
    elif following is not None and following[0].lstrip("*$)\"' ").startswith("?"):
        problem = f"{shown!r} at the end is in a question", "denied"
    elif following is not None and _ASKED.match(text, following.end()):
        problem = f"a question follows {shown!r}", "denied"
    elif _UNCERTAIN.search(sentence) or _UNCERTAIN.search(rest) or (len(found) > 1 and _is_list(text, found[-2], last)):
        problem = "several guesses where one answer is asked for", "several"
    elif _repeats_its_pattern(text[:begins], sentence + shown + rest):
        problem = "a list of guesses where one answer is asked for", "several"
    if problem is None:
        return Stated(text=shown, number=last.number)
    return Stated(text=shown, problem=problem[0], flaw=problem[1])


_ASKED = re.compile(r"\s*(?:how|what|which|who|when|where|find)\b[^.!?\n]{0,160}\?", re.IGNORECASE)
_SENTENCE_END = re.compile(r"[.!?;][\"'*_)$]*(?=\s|$)|\n|\?")
_NEGATION = re.compile(
    r"(?:\b(?:not|never|cannot|neither|nor|except|rather than|instead of|other than)\b|n't\b|≠|\\neq?(?![a-z]))"
    r"[^\d.,;:!?\n]{0,30}\Z",
    re.IGNORECASE,
)
_LINKED = re.compile(
    r"(?:[\s,;|/&$*`·….?!()\[\]{}\\\"'_-]|\b[A-Za-z][:.)]|\b(?:or|and|to|through|till|until|maybe|perhaps|possibly|either|then|also|plus|vs)\b)*",
    re.IGNORECASE,
)
_OR = re.compile(r"\bor\b", re.IGNORECASE)
_CHAIN = re.compile(r"(?:^|[=≈\n])[\s$*]*\Z")
_LIST_ENDS = " ,;/|&$*.?!\n"
_LIST_SIGNS = re.compile(r"^\W*(?:or|and|then|to|also)\b", re.IGNORECASE)
_LETTER = re.compile(r"[^\W\d_]")


def _is_list(text: str, one: Mention, other: Mention) -> bool:
    """Say whether two numbers that follow each other are items of a list, and not the same twice."""
    if one.number is not None and other.number is not None and one.number.value == other.number.value:
        return False
    between = text[one.end : other.start]
    if _LINKED.fullmatch(between):
        return True
    words = _LIST_SIGNS.sub("", between).strip(_LIST_ENDS)
    if _LETTER.search(words) and _ends_with(text[: one.start].rstrip(_LIST_ENDS), words):
        return True  # "it is 5, then it is 6"
    if _SENTENCE_END.search(between):
        return False
    if _OR.search(between):
        return True
    if between.strip(" $*") in {"=", "≈"}:  # a chain of values; but not "48 + 24 = 72" or "half of 144 = 72"
        return one.number is not None and _CHAIN.search(text[: one.start]) is not None
    return bool(words) and between.rstrip(_LIST_ENDS) != between and text[other.end :].lstrip().startswith(words)


def _ends_with(text: str, words: str) -> bool:
    return text.endswith(words) and not text[: -len(words)][-1:].isalnum()


_NUMERAL = re.compile(r"\d[\d.,]*")


def _repeats_its_pattern(before: str, sentence: str) -> bool:
    """Say whether the sentence before this one is the same but for its numbers: "It is 5. It is 6"."""
    earlier = [part for part in _SENTENCE_END.split(before) if part.strip()]
    if not earlier or "=" in sentence:
        return False
    return _NUMERAL.sub("#", earlier[-1]).strip() == _NUMERAL.sub("#", sentence).strip()
