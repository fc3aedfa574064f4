r"""Rows of OpenR1-Math-220k as samples: problems with one answer, and a worked solution that gives it.

Left out, each for a reason that ``prepare`` counts: multiple choice, where a letter and the text behind it are both
right; proofs; answers that are a single letter; problems with several questions, or with a figure that no model sees;
lists of answers without brackets, which do not say whether their order matters; answers that cannot be read; solutions
that do not end with the answer, or that state another one before. A row is used as it is or not at all: neither an
answer nor a solution is altered.
"""

import re
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from reward_kit.errors import UnsuitableRowError
from reward_kit.models import Message, Sample
from reward_kit.rewards.math.policy import Policy
from reward_kit.rewards.math.verifying import verify

__all__ = ["openr1_row"]


def openr1_row(raw: Mapping[str, Any]) -> Sample:
    r"""Make a sample of a row of OpenR1-Math-220k: ``problem``, ``solution`` and ``answer``.

    The column ``question_type`` is believed where it is there; otherwise the kind is read from the text.

    Raises:
        UnsuitableRowError: the row is not of a kind that can be graded without doubt.
        KeyError: a column is missing.
        ValueError: a column holds something else than text.

    >>> row = {"problem": "Compute $1+1$.", "solution": "It is $\\boxed{2}$.", "answer": "2"}
    >>> openr1_row(row).ground_truth
    '2'
    >>> openr1_row({**row, "problem": "Compute $1+1$: (A) 1 (B) 2 (C) 3"})
    Traceback (most recent call last):
    reward_kit.errors.UnsuitableRowError: multiple choice
    """
    problem, solution, answer = (_text(raw, name) for name in ("problem", "solution", "answer"))
    kind = _unsuitable_problem(problem, str(raw.get("question_type") or "")) or _unsuitable_answer(answer)
    if kind:
        raise UnsuitableRowError(kind)
    _prove(solution, answer)
    return Sample(messages=[Message(role="user", content=problem)], ground_truth=answer.strip(), reference=solution)


def _text(raw: Mapping[str, Any], name: str) -> str:
    value = raw[name]
    if value is None and name != "problem":
        return ""
    if not isinstance(value, str):
        message = f"found {type(value).__name__} in the column {name!r}, expected text"
        raise ValueError(message)  # noqa: TRY004 - what a row function raises on a row that is wrong
    return value


# The problem.

_KINDS = {"mcq": "multiple choice", "multiple-choice": "multiple choice", "proof": "proof"}
_CHOICE = re.compile(
    r"(?<![A-Za-z])\(\s{0,4}(?:\\[a-z]{2,12}\s{0,4}\{?\s{0,4})?([A-E])\s{0,4}\}?\s{0,4}\)"  # (A), (\mathrm{A})
    r"|(?:^|\n|\\quad|[.,;:]\s)\s{0,8}(?:\\text[a-z]{0,8}\s{0,4}\{\s{0,4})?([A-E])[.)\uff0e\u3001:]"  # A. and A)
    r"|\n[ \t]{0,8}([A-E])[ \t]"  # A at the beginning of a line
)
_IMAGE = re.compile(r"!\[[^\]]{0,100}\]\(|\\includegraphics|\[asy\]", re.IGNORECASE)
_LETTERED = re.compile(r"(?:^|[\n.,;:?!$])[ \t]{0,8}(?:\(([a-h])\)|([a-h])\))", re.ASCII)
_NUMBERED = re.compile(r"(?<![^\s.,;:?!])\(([1-9]|i|ii|iii|iv|v|vi)\)(?=\s)|(?:^|\n)[ \t]{0,8}([1-9])\)", re.ASCII)
_ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "v": 5, "vi": 6}
_REQUEST = re.compile(
    r"\?|\b(?:find|determine|compute|calculate|evaluate|solve|what|which|how (?:many|much|long|far|old)|express"
    r"|simplify|give|write)\b",
    re.IGNORECASE,
)
_QUESTION = re.compile(r"\?(?![^\s$)\"'*])|\band\s+(?:how\s+(?:many|much|long|far)|what)\b", re.IGNORECASE)
_PROOF = re.compile(r"\b(?:prove|show|verify|demonstrate)\b", re.IGNORECASE)
_FEWEST_CHOICES = 3


def _unsuitable_problem(problem: str, question_type: str) -> str:
    """Return why a problem has no one answer to compare; empty where it has."""
    declared = _KINDS.get(question_type.strip().lower(), "")
    if declared or not problem.strip():
        return declared or "no problem"
    if _has_choices(problem):
        return "multiple choice"
    if _PROOF.search(problem) and not _REQUEST.search(problem):
        return "proof"
    if _has_parts(problem):
        return "several questions"
    return "figure" if _IMAGE.search(problem) else ""


def _has_choices(problem: str) -> bool:
    """Say whether A, B and C are offered, in this order: ``(A) 1 (B) 2 (C) 3``."""
    expected = iter("ABCDE")
    following, count = next(expected), 0
    for found in _CHOICE.finditer(problem):
        if found[found.lastindex or 0] == following:
            count += 1
            following = next(expected, "")
    return count >= _FEWEST_CHOICES


def _has_parts(problem: str) -> bool:
    """Say whether it asks twice, or has parts a) and b), or (1) and (2) where a part asks for something.

    Numbers are also put in front of mere conditions: "(1) f is even; (2) f(0) = 1".
    """
    if len(_QUESTION.findall(problem)) > 1:
        return True
    letters = [found[1] or found[2] for found in _LETTERED.finditer(problem)]
    if ("a", "b") in pairwise(letters):
        return True
    marks = [(found, _number(found[1] or found[2])) for found in _NUMBERED.finditer(problem)]
    for (one, first), (two, second) in pairwise(marks):
        if second == first + 1 and _REQUEST.search(problem, one.end(), two.start()):
            return True
    return False


def _number(text: str) -> int:
    return _ROMAN.get(text) or int(text)


# The answer.

_LETTER = re.compile(
    r"[\s$(]*(?:\\(?:text|textbf|textit|mathrm|mathbf|mathit|boldsymbol|bf|rm)\b)?[\s{(]*[A-Za-z][\s})]*[\s$).]*"
)
_LONGEST_LETTER = 40
_NO_ANSWER = frozenset({"", "none", "n/a", "not found", "unknown"})
_SEPARATOR = re.compile(r"\b(?:and|or)\b|[;\n]|,(?!\d{3}(?!\d))")
_WORD = re.compile(r"\\(?:text|mathrm|textrm|mbox)\s*\{([^{}]*)\}|\{(,)\}|\\[,!]")
_OPENING, _CLOSING = "([{", ")]}"


def _unsuitable_answer(answer: str) -> str:
    """Return why an answer cannot be compared with; empty where it can."""
    stripped = answer.strip()
    if stripped.lower() in _NO_ANSWER:
        return "no answer"
    if stripped.lower() == "proof":
        return "proof"
    if len(stripped) <= _LONGEST_LETTER and _LETTER.fullmatch(stripped):
        return "single letter"
    return "several answers" if _is_bare_list(stripped) else ""


def _is_bare_list(answer: str) -> bool:
    """Say whether something separates answers outside every bracket."""
    depth = 0
    outside = []
    for char in _WORD.sub(lambda found: found[1] or found[2] or "", answer):
        depth += char in _OPENING
        outside.append("#" if depth else char)
        depth = max(0, depth - (char in _CLOSING))
    return _SEPARATOR.search("".join(outside)) is not None


# The solution.

_BOX = re.compile(r"\\(?:boxed|fbox)(?![A-Za-z])")
_SENTENCE = re.compile(r"[.!?:]\s|\n")


def _prove(solution: str, answer: str) -> None:
    """Refuse an answer that the solution does not give, or not only."""
    if not solution.strip() or solution.strip().strip("$. ") == answer.strip().strip("$. "):
        kind = "no worked solution"
        raise UnsuitableRowError(kind)
    verdict = verify(solution, answer, policy=_AS_GRADED)
    if verdict.status == "gold_unparsable":
        kind = "unparsable answer"
        raise UnsuitableRowError(kind, verdict.reason)
    if verdict.status != "correct":
        kind = "solution without the answer"
        raise UnsuitableRowError(kind, verdict.reason)
    earlier = verify(_without_last_statement(solution), answer)
    if earlier.status == "incorrect":
        kind = "solution with two answers"
        raise UnsuitableRowError(kind, earlier.reason)


_AS_GRADED = Policy(lenient=True)
"""That of ``math_reward``, which grades the references."""


def _without_last_statement(solution: str) -> str:
    """Return the solution up to the sentence of its last box; without a box there is nothing to compare with."""
    boxes = list(_BOX.finditer(solution))
    if not boxes:
        return ""
    ends = [found.end() for found in _SENTENCE.finditer(solution, 0, boxes[-1].start())]
    return solution[: ends[-1]] if ends else ""
