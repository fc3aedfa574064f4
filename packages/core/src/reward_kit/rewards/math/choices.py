"""``multiple_choice_math_reward``: 1.0 for a reply that chooses the right letter, else 0.0."""

import re
from collections.abc import Sequence
from typing import Any

from reward_kit.models import EvaluateResult, Message
from reward_kit.reward_function import reward_function
from reward_kit.rewards.math.extraction import Answer, extract_answer
from reward_kit.rewards.math.plain import plain, shown
from reward_kit.rewards.math.reward import result_of, spoken_by_the_assistant
from reward_kit.rewards.math.verdict import Status, Verdict

__all__ = ["extract_mcq_option", "multiple_choice_math_reward"]


@reward_function
def multiple_choice_math_reward(
    messages: list[Message], ground_truth: str | Sequence[Message | dict[str, Any]] | None = None, **_: object
) -> EvaluateResult:
    r"""Score 1.0 if the last message chooses the letter of the ground truth, and 0.0 if not.

    Args:
        messages: the conversation; the last message is the reply.
        ground_truth: a letter from A to J (``"B"``, ``"(B)"``, ``"B. 12"``), or messages of which the last says it.

    How the choice is found: ``extract_mcq_option``. A reply that chooses two letters chooses none.

    >>> reply = [{"role": "assistant", "content": "A triangle has 180 degrees, so the answer is (B)."}]
    >>> multiple_choice_math_reward(reply, ground_truth="B").score
    1.0
    >>> multiple_choice_math_reward(reply, ground_truth=[{"role": "assistant", "content": "C"}]).score
    0.0
    """
    reply = spoken_by_the_assistant(messages)
    if isinstance(reply, EvaluateResult):
        return reply
    gold = _gold(ground_truth)
    if not gold:
        found = shown(ground_truth) if isinstance(ground_truth, str) else type(ground_truth).__name__
        return EvaluateResult.not_graded(f"found ground_truth={found!r}, expected the letter of one choice")
    answer = extract_mcq_option(reply)
    if answer.problem:
        status: Status = "ambiguous" if answer.ambiguous else "no_answer"
        return result_of(Verdict(score=0.0, status=status, gold=gold, reason=f"no answer: {answer.problem}"))
    right = answer.text == gold
    reason = f"{answer.text!r} {'=' if right else '!='} {gold!r} ({answer.rule})"
    return result_of(
        Verdict(
            score=float(right),
            status="correct" if right else "incorrect",
            extracted=answer.text,
            gold=gold,
            rule=answer.rule or "",
            method="choice",
            reason=reason,
        )
    )


_CHOICE = re.compile(
    r"(?:[\s$*_(\[{\"'`\\]|(?:option|choice|answer)\b[\s:]*)*(?P<letter>[A-J])(?![A-Za-z0-9_'\u2019])(?P<rest>.*)",
    re.DOTALL,
)
_ANOTHER = re.compile(r"[\s)\]}$*.,;/&|]*(?:(?:or|and)\b|[/,;&|])?[\s(\[{$*]*[A-J](?![A-Za-z0-9_'\u2019])(?!\s+[a-z])")
_STATED = re.compile(
    r"\b(?i:option|choice)\s+[(\[*]{0,3}(?P<one>[A-J])[)\]*]{0,3}\s+(?:is|must be|seems)\b"
    r"(?!\s+(?:not|wrong|incorrect|false))"
    r"|\b(?i:correct|right|best|final)\s+(?i:option|choice|letter|one)\s*(?:is|:|=)[\s(\[*$]{0,4}(?P<two>[A-J])(?![\w'\u2019])"
    r"|\bI\s+(?:choose|pick|select|chose)\s+(?:(?:option|choice)\s+)?[(\[*]{0,3}(?P<three>[A-J])(?![\w'\u2019])"
)
_ALONE = re.compile(r"(?<![\w'\u2019])[(\[{]?\b([A-J])\b[)\]}.:]*(?![\w'\u2019])(?!\s+(?!(?:or|and)\b)[a-z])")
_TAIL = 4000


def extract_mcq_option(text: str) -> Answer:
    """Return the one letter, A to J, that a reply chooses; or why it chooses none.

    It is looked for in the marked answer ("the answer is (B)", a box, …), else in "option B is …" or "the correct
    choice is B", else it is the only letter that stands alone in the last line. The article "A" is no choice.

    >>> extract_mcq_option("I pick C, as A and B are too small.").text
    'C'
    """
    answer = extract_answer(text, numeric=False)
    if answer.problem and answer.problem != "the reply marks no answer":
        return answer
    if not answer.problem and not answer.tentative:
        return _lettered(answer)
    tail = text[-_TAIL:].rpartition("</think>")[2]
    stated = [found["one"] or found["two"] or found["three"] for found in _STATED.finditer(tail)]
    if not stated:
        lines = tail.strip().splitlines()
        stated = _ALONE.findall(lines[-1]) if lines else []
    if not stated:
        return Answer(problem="no letter of a choice in the reply")
    if len(set(stated)) > 1:
        return Answer(problem="several choices where one is asked for", ambiguous=True)
    return Answer(text=stated[-1], rule="last letter")


def _lettered(answer: Answer) -> Answer:
    """Return the letter of a marked answer, which may have its text behind it."""
    letters = [_letter(text) for text in (answer.text, *answer.rivals)]
    if not letters[0]:
        return Answer(
            text=answer.text, rule=answer.rule, problem=f"{shown(answer.text)!r} is not the letter of one choice"
        )
    if any(letter != letters[0] for letter in letters):
        return Answer(problem="several choices where one is asked for", ambiguous=True)
    return Answer(text=letters[0], rule=answer.rule)


def _letter(text: str) -> str:
    found = _CHOICE.match(plain(text))
    return "" if found is None or _ANOTHER.match(found["rest"]) else found["letter"]


def _gold(ground_truth: object) -> str:
    if isinstance(ground_truth, str):
        letter = _letter(ground_truth)
        if letter or len(ground_truth) < len("(A)"):
            return letter
        answer = extract_mcq_option(ground_truth)
        return "" if answer.problem else answer.text
    if isinstance(ground_truth, list | tuple) and ground_truth:
        last = ground_truth[-1]
        if isinstance(last, Message):
            return _gold(last.text)
        content = last.get("content") if isinstance(last, dict) else None
        return _gold(content) if isinstance(content, str) else ""
    return ""
