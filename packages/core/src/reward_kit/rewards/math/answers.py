"""Decide the one answer of a reply: the last box, else the answer tag, else ``####``, else the last phrase or number.

A reply has one answer or none. It has none where its marks disagree, however the values came about: several
different boxes, a list, "5 or 7". The exception is a correction in words ("wait, that is wrong, it is …"), which
leaves the later statement, twice at most. One value at most is ever compared, so a list of guesses gains nothing.
"""

import itertools
import re
from dataclasses import dataclass

from reward_kit.rewards.math.context import corrects, hedge
from reward_kit.rewards.math.numbers import Number
from reward_kit.rewards.math.plain import shown
from reward_kit.rewards.math.prose import Stated, number_at_the_end
from reward_kit.rewards.math.statements import Rule, Statement, boxed, hashed, phrased, read, tagged

__all__ = ["Answer", "extract_answer"]

MAX_CORRECTIONS = 2
"""How often a reply may take back an answer; more is guessing."""
_MAX_DIFFERENT = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a reply answers: a number, or the problem that leaves it without one."""

    text: str = ""
    """As the reply writes it."""
    rule: Rule | None = None
    """Where it was found."""
    number: Number | None = None
    problem: str = ""
    """Why there is no number; empty where there is one."""


def extract_answer(reply: str, *, prompt: str = "") -> Answer:
    r"""Return the one numeric answer of ``reply``, or why it has none.

    It is looked for in this order, and a stronger mark hides the weaker ones before it: ``\boxed{}`` or ``\fbox{}``,
    ``<answer>``, ``#### N``, "the answer is N" or "Answer: N", the last number. What precedes the last ``</think>``
    is thinking and does not count; a reply that ends inside its thinking, its box or its tag has no answer, and
    neither has one that repeats ``prompt``. Any text is taken, in time linear in its length.

    >>> extract_answer(r"48 + 24 = 72, so \boxed{72 \text{ clips}}").number.value
    Fraction(72, 1)
    >>> extract_answer("It is 5 or 7.").problem
    'several guesses where one answer is asked for'
    """
    spoken = _after_thinking(reply)
    if spoken is None:
        return Answer(problem="the reply ends inside its thinking")
    spoken = _without_echo(spoken.strip(), prompt.strip())
    if not spoken:
        return Answer(problem="nothing follows the thinking or the prompt" if reply.strip() else "the reply is empty")
    for find in (boxed, tagged, hashed, phrased):
        found = _stated(find(spoken))
        if found:
            return _decided(spoken, found)
    return _unmarked(spoken, prompt)


_THINK = re.compile(r"<(/?)think(?:ing)?\s*>", re.IGNORECASE | re.ASCII)


def _after_thinking(reply: str) -> str | None:
    """Return what follows the last ``</think>``; None where a later ``<think>`` is never closed."""
    end = 0
    open_after_end = False
    for tag in _THINK.finditer(reply):
        open_after_end = not tag[1]
        end = tag.end() if tag[1] else end
    return None if open_after_end else reply[end:]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Marked:
    """A marked place and what it states."""

    statement: Statement
    stated: Stated

    def same_as(self, other: "_Marked") -> bool:
        one, two = self.stated.number, other.stated.number
        if one is None or two is None:
            return one is two and self.statement.text == other.statement.text
        return one.value == two.value


def _stated(statements: list[Statement]) -> list[_Marked]:
    """Read the marked places; a phrase that states no number is not one. Each different text is read once."""
    readings: dict[str, Stated | None] = {}
    found = []
    for statement in statements:
        if statement.text not in readings and len(readings) <= _MAX_DIFFERENT:
            readings[statement.text] = read(statement)
        stated = readings.get(statement.text, Stated(text=statement.text))
        if stated is not None:
            found.append(_Marked(statement=statement, stated=stated))
    return found


def _decided(spoken: str, found: list[_Marked]) -> Answer:
    """Return the last of the statements, if they leave one answer."""
    if not found[-1].statement.complete:
        return Answer(rule=found[-1].statement.rule, problem="the reply ends inside the mark of its answer")
    found = found + _later(spoken, found[-1].statement)
    last = found[-1]
    start, end = last.statement.start, last.statement.end
    text, number = last.stated.text, last.stated.number
    problem = _disagreement(spoken, found) or last.stated.problem
    if not problem and number is None:
        problem = f"{shown(text)!r} is not one number" if text else "the marked answer is empty"
    elif not problem and number is not None:
        problem = hedge(spoken, start, end, number) or _concludes_otherwise(spoken[end:], last)
    return Answer(text=text, rule=last.statement.rule, number=None if problem else number, problem=problem)


def _later(spoken: str, last: Statement) -> list[_Marked]:
    """Return what is stated behind the last mark, by a weaker one."""
    weaker = {"boxed": (tagged, hashed, phrased), "answer tag": (hashed, phrased), "####": (phrased,)}
    for find in weaker.get(last.rule, ()):
        found = [mark for mark in _stated(find(spoken, last.end)) if mark.stated.number is not None]
        if found:
            return found
    return []


def _disagreement(spoken: str, found: list[_Marked]) -> str:
    """Return which statements differ without one taking back the other."""
    corrections = 0
    for earlier, later in itertools.pairwise(found):
        if not earlier.same_as(later):
            corrections += 1
            taken_back = corrects(spoken, earlier.statement.start, earlier.statement.end, later.statement.start)
            if corrections > MAX_CORRECTIONS or not taken_back:
                return f"several different answers: {shown(earlier.stated.text)!r} and {shown(later.stated.text)!r}"
    return ""


_CONCLUSION = re.compile(
    r"\W*(?:so|thus|therefore|hence|then|finally|overall|altogether|in total|consequently"
    r"|(?:that|this|which|it) (?:makes|gives|means|comes|is))\b",
    re.IGNORECASE,
)


def _concludes_otherwise(rest: str, last: _Marked) -> str:
    """Return the contradiction where "the answer is 8" is followed by another conclusion: "so it comes to 9"."""
    if last.statement.rule != "phrase":
        return ""
    sentences = [line for line in rest.splitlines() if _DIGIT.search(line)]
    if not sentences or not _CONCLUSION.match(sentences[-1]):
        return ""
    stated = number_at_the_end(sentences[-1])
    if stated.number is None or last.stated.number is None or stated.number.value == last.stated.number.value:
        return ""
    return f"several different answers: {shown(last.stated.text)!r} and {shown(stated.text)!r}"


_DIGIT = re.compile(r"\d")


def _without_echo(spoken: str, prompt: str) -> str:
    """Drop the prompt where a reply begins by repeating it."""
    rest = spoken.removeprefix(prompt)
    return spoken if rest[:1].isalnum() else rest.lstrip()


_SHORTEST_ECHO = 20


def _unmarked(spoken: str, prompt: str) -> Answer:
    """Return the last number of a reply that marks no answer."""
    if len(spoken) >= _SHORTEST_ECHO and spoken in prompt:
        return Answer(problem="the reply repeats the prompt")
    stated = number_at_the_end(spoken)
    return Answer(text=stated.text, rule="last number", number=stated.number, problem=stated.problem)
