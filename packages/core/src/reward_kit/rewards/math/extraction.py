r"""Find the one answer of a reply, from its tail: the strongest mark that it uses, and what the words around do to it.

A mark hides the weaker ones before it, in this order: ``\boxed{}``, ``<answer>``, ``####``, "the answer is" or
"Answer:", a reply that is nothing but an answer; and, under the lenient policy only, the last number of the reply.

A reply has one answer or none. It has none where its marks disagree, however the values came about: several
different boxes, "5 or 7". The exception is a correction in words ("wait, that is wrong, it is …"), which leaves the
later statement, twice at most. One answer at most is ever compared, so a list of guesses gains nothing.
"""

import itertools
import re
from dataclasses import dataclass

from reward_kit.rewards.math.context import corrects, hedge, offered
from reward_kit.rewards.math.numbers import Number, parse_number
from reward_kit.rewards.math.plain import shown
from reward_kit.rewards.math.prose import Stated, number_at_the_end
from reward_kit.rewards.math.readings import looks_like_an_answer, read
from reward_kit.rewards.math.sole_box import LEAD, TAIL, after_thinking, sole_box
from reward_kit.rewards.math.statements import Rule, Statement, boxed, hashed, phrased, tagged

__all__ = ["Answer", "answer_of_solution", "extract_answer", "searched_answer"]

MAX_CORRECTIONS = 2
"""How often a reply may take back an answer; more is guessing."""
_MAX_DIFFERENT = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a reply answers: a text, or the problem that leaves it without one."""

    text: str = ""
    """As the reply writes it."""
    rule: Rule | None = None
    """Where it was found."""
    problem: str = ""
    """Why there is no answer; empty where there is one."""
    ambiguous: bool = False
    """Whether the problem is that the reply leaves its answer in doubt."""
    rivals: tuple[str, ...] = ()
    """Other answers that the reply gives and does not take back; it has one answer only if all of them are equal."""
    number: Number | None = None
    """The answer as a number, if it is one."""
    tentative: str = ""
    """Why the text may be no answer at all, where the reply marks none and this is all that it says."""


def extract_answer(reply: str, *, prompt: str = "", numeric: bool = True, lenient: bool = False) -> Answer:
    r"""Return the one answer of ``reply``, or why it has none. Any text is taken, in time linear in its length.

    What precedes the last ``</think>`` is thinking and does not count; a reply that ends inside its thinking, its box
    or its tag has no answer, and neither has one that repeats ``prompt``. Of a long reply the last 10,000 characters
    are read: what precedes them counts only if they mark nothing, and contradicts nothing.

    Args:
        reply: what the model wrote.
        prompt: what it was asked.
        numeric: whether a number is asked for; a sentence is then searched for the number that it states.
        lenient: whether the last number of a reply that marks no answer is taken for one.

    >>> extract_answer(r"48 + 24 = 72, so \boxed{72 \text{ clips}}").text
    '72 \\text{ clips}'
    >>> extract_answer("The answer is 5 or 7.").problem
    'several answers where one is asked for'
    """
    only = sole_box(reply, prompt)
    if only is not None:
        return Answer(text=only, rule="boxed", number=parse_number(only))
    return searched_answer(reply, prompt=prompt, numeric=numeric, lenient=lenient)


def searched_answer(reply: str, *, prompt: str, numeric: bool, lenient: bool) -> Answer:
    """Do as ``extract_answer`` does, where there is no ``sole_box``."""
    spoken = after_thinking(reply)
    if spoken is None:
        return Answer(problem="the reply ends inside its thinking")
    spoken = _without_echo(spoken.strip(), prompt.strip())
    if not spoken:
        return Answer(problem="nothing follows the thinking or the prompt" if reply.strip() else "the reply is empty")
    for text in (spoken[-TAIL:], spoken) if len(spoken) > TAIL else (spoken,):
        for find in (boxed, tagged, hashed, phrased):
            found = _stated(find(text), numeric=numeric)
            if found:
                return _decided(text, found if numeric else _joined(text, found), numeric=numeric)
    return _unmarked(spoken, prompt, numeric=numeric, lenient=lenient)


def answer_of_solution(text: str) -> str | None:
    """Return the marked answer of a worked solution, empty where it marks different ones; None where it marks none."""
    for find in (boxed, tagged, phrased) if len(text) > _LONGEST_BARE else (boxed, tagged):
        found = _joined(text, _stated(find(text), numeric=False))
        if found:
            last = found[-1]
            rivals, problem = _rivals(text, found)
            return "" if rivals or problem or last.stated.problem or not last.statement.complete else last.stated.text
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Marked:
    """A marked place and what it states."""

    statement: Statement
    stated: Stated

    def same_as(self, other: "_Marked") -> bool:
        one, two = self.stated.number, other.stated.number
        if one is None or two is None:
            return self.stated.text == other.stated.text
        return one.value == two.value


def _stated(statements: list[Statement], *, numeric: bool) -> list[_Marked]:
    """Read the marked places; a phrase that states nothing is not one. Each different text is read once."""
    readings: dict[str, Stated | None] = {}
    found = []
    for statement in statements:
        if statement.text not in readings and len(readings) <= _MAX_DIFFERENT:
            readings[statement.text] = read(statement, numeric=numeric)
        stated = readings.get(statement.text, Stated(text=statement.text))
        if stated is not None:
            found.append(_Marked(statement=statement, stated=stated))
    return found


_JOINT = re.compile(
    r"(?:[\s$*,;&]|\\[()\[\],;: ]|\\q?quad\b|\\(?:text|mathrm)\s*\{|\}|\\(?:land|lor|wedge|vee)\b|\b(?:and|or)\b"
    r"|\bfor\s(?:part|case)\s\(?\w\)?){0,40}"
    r"(?P<name>[A-Za-z](?:_\{?\w\}?)?\s*=\s*)?[\s$]*",
    re.IGNORECASE,
)
_NAME = re.compile(r"([A-Za-z](?:_\{?\w\}?)?\s*=\s*)[\s$]*\Z")
_MAX_JOINT = 60


def _joined(spoken: str, found: list[_Marked]) -> list[_Marked]:
    """Make one list of boxes that commas, "and" or "or" join: they are the parts of one answer."""
    joined: list[_Marked] = []
    for mark in found:
        last = joined[-1] if joined else None
        between = spoken[last.statement.end : mark.statement.start] if last else ""
        joint = _JOINT.fullmatch(between) if len(between) <= _MAX_JOINT else None
        if last is None or joint is None or mark.statement.rule != "boxed" or not mark.statement.complete:
            joined.append(mark)
            continue
        name = _NAME.search(spoken[max(0, last.statement.start - LEAD) : last.statement.start])
        first = last.stated.text if "," in last.stated.text else (name[1] if name else "") + last.stated.text
        text = first if mark.same_as(last) else f"{first}, {joint['name'] or ''}{mark.stated.text}"
        whole = Statement(rule="boxed", start=last.statement.start, end=mark.statement.end, text=text)
        joined[-1] = _Marked(statement=whole, stated=Stated(text=text, number=parse_number(text)))
    return joined


def _decided(spoken: str, found: list[_Marked], *, numeric: bool) -> Answer:
    """Return the last of the statements, if they leave one answer."""
    rule = found[-1].statement.rule
    if not found[-1].statement.complete:
        return Answer(rule=rule, problem="the reply ends inside the mark of its answer")
    found = found + _later(spoken, found[-1].statement, numeric=numeric)
    last = found[-1]
    rule, stated = last.statement.rule, last.stated
    rivals, problem = _rivals(spoken, found)
    if problem or stated.problem:
        several = bool(problem) or stated.flaw in {"several", "denied"}
        return Answer(text=stated.text, rule=rule, problem=problem or stated.problem, ambiguous=several)
    if not stated.text:
        return Answer(rule=rule, problem="the marked answer is empty")
    start, end = last.statement.start, last.statement.end
    doubt = hedge(spoken, start, end, stated.number) or _concludes_otherwise(spoken[end:], last)
    if doubt:
        return Answer(text=stated.text, rule=rule, problem=doubt, ambiguous=True)
    rivals += offered(spoken, start, end)
    return Answer(text=stated.text, rule=rule, rivals=tuple(rivals), number=stated.number)


def _later(spoken: str, last: Statement, *, numeric: bool) -> list[_Marked]:
    """Return what is stated behind the last mark, by a weaker one."""
    weaker = {"boxed": (tagged, hashed, phrased), "answer tag": (hashed, phrased), "####": (phrased,)}
    for find in weaker.get(last.rule, ()):
        found = _stated(find(spoken, last.end), numeric=numeric)
        found = [
            mark
            for mark in found
            if (
                mark.stated.number is not None
                if numeric
                else mark.statement.formula or looks_like_an_answer(mark.stated)
            )
            and mark.statement.complete
        ]
        if found:
            return found
    return []


def _rivals(spoken: str, found: list[_Marked]) -> tuple[list[str], str]:
    """Return the statements that the last one neither repeats nor takes back, or why they leave no answer."""
    corrections = 0
    rivals: list[str] = []
    for earlier, later in itertools.pairwise(found):
        if earlier.same_as(later) or earlier.stated.flaw == "denied":
            continue
        if corrects(spoken, earlier.statement.start, earlier.statement.end, later.statement.start):
            corrections += 1
            rivals.clear()
        else:
            rivals.append(earlier.stated.text)
        numbers = earlier.stated.number is not None and later.stated.number is not None
        if corrections > MAX_CORRECTIONS or len(rivals) > _MAX_DIFFERENT or (rivals and numbers):
            return [], f"several different answers: {shown(earlier.stated.text)!r} and {shown(later.stated.text)!r}"
    return rivals, ""


_CONCLUSION = re.compile(
    r"\W*(?:so|thus|therefore|hence|then|finally|overall|altogether|in total|consequently"
    r"|(?:that|this|which|it) (?:makes|gives|means|comes|is))\b",
    re.IGNORECASE,
)


def _concludes_otherwise(rest: str, last: _Marked) -> str:
    """Return the contradiction where "the answer is 8" is followed by another conclusion: "so it comes to 9"."""
    if last.statement.rule != "phrase" or last.stated.number is None:
        return ""
    sentences = [line for line in rest.splitlines() if _DIGIT.search(line)]
    if not sentences or not _CONCLUSION.match(sentences[-1]):
        return ""
    stated = number_at_the_end(sentences[-1])
    if stated.number is None or stated.number.value == last.stated.number.value:
        return ""
    return f"several different answers: {shown(last.stated.text)!r} and {shown(stated.text)!r}"


_DIGIT = re.compile(r"\d")


def _without_echo(spoken: str, prompt: str) -> str:
    """Drop the prompt where a reply begins by repeating it."""
    rest = spoken.removeprefix(prompt)
    return spoken if rest[:1].isalnum() else rest.lstrip()


_SHORTEST_ECHO = 20
_LONGEST_BARE = 200
_SENTENCE = re.compile(r"[.!?;]\s|[?\n]")
_WORDS = re.compile(r"(?<![\\A-Za-z])[A-Za-z]{2,}")
_MOST_WORDS = 3


def _unmarked(spoken: str, prompt: str, *, numeric: bool, lenient: bool) -> Answer:
    """Read a reply that marks no answer: it may be nothing but one; else its last number counts, if that is let."""
    if len(spoken) >= _SHORTEST_ECHO and spoken in prompt:
        return Answer(problem="the reply repeats the prompt")
    problem = "the reply marks no answer"
    if numeric and lenient:
        stated = number_at_the_end(spoken)
        if stated.number is not None or stated.flaw in {"several", "denied"}:
            several = stated.flaw in {"several", "denied"}
            return Answer(
                text=stated.text, rule="last number", problem=stated.problem, ambiguous=several, number=stated.number
            )
        problem = stated.problem
    bare = spoken.strip("*_` \t.") if len(spoken) <= _LONGEST_BARE and not _SENTENCE.search(spoken) else ""
    words = list(itertools.islice(_WORDS.finditer(bare), _MOST_WORDS + 1))
    digit = _DIGIT.search(bare)
    begins = not words or digit is None or "\\" in bare or digit.start() < words[0].start()
    if bare and "{{" not in bare and len(words) <= _MOST_WORDS and begins:
        return Answer(text=bare, rule="whole reply", number=parse_number(bare), tentative=problem)
    return Answer(problem=problem)
