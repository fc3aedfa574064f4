"""``list_comparison_math_reward``: 1.0 for a reply that gives exactly the items of a list, else 0.0."""

import re

from reward_kit.models import EvaluateResult, Message
from reward_kit.reward_function import reward_function
from reward_kit.rewards.math.extraction import extract_answer
from reward_kit.rewards.math.plain import plain
from reward_kit.rewards.math.policy import DEFAULT
from reward_kit.rewards.math.reward import result_of, spoken_by_the_assistant
from reward_kit.rewards.math.verdict import Verdict
from reward_kit.rewards.math.verifying import verify

__all__ = ["list_comparison_math_reward"]


@reward_function
def list_comparison_math_reward(
    messages: list[Message], *, ground_truth: str | None = None, order_matters: bool = False, **_: object
) -> EvaluateResult:
    r"""Score 1.0 if the last message gives exactly the items of the ground truth, and 0.0 if not.

    Args:
        messages: the conversation; the last message is the reply.
        ground_truth: the items with commas between them, in brackets of any kind or without (``"1, 2, 3"``,
            ``"[1, 2]"``); numbers or mathematics. Each item counts as often as it is there.
        order_matters: whether they must come in this order.

    The list is the marked answer of the reply; where it marks none, its last formula with a comma, else the last row
    of numbers with commas or "and" between them.

    >>> reply = [{"role": "assistant", "content": r"The divisors of 6 are \boxed{1, 2, 3, 6}."}]
    >>> list_comparison_math_reward(reply, ground_truth="6, 3, 2, 1").score
    1.0
    >>> list_comparison_math_reward(reply, ground_truth="6, 3, 2, 1", order_matters=True).score
    0.0
    """
    reply = spoken_by_the_assistant(messages)
    if isinstance(reply, EvaluateResult):
        return reply
    gold = _items(ground_truth) if isinstance(ground_truth, str) else ""
    if not gold:
        return EvaluateResult.not_graded(f"found ground_truth={ground_truth!r}, expected a list such as '1, 2, 3'")
    answer = extract_answer(reply, numeric=False)
    found = "" if answer.problem or answer.rivals or answer.tentative else _items(answer.text)
    if not found and answer.problem in {"", "the reply marks no answer"} and not answer.rivals:
        found = _unmarked(reply)
    if not found:
        problem = answer.problem or "no list in the reply"
        return result_of(Verdict(score=0.0, status="no_answer", gold=gold, reason=f"no answer: {problem}"))
    form = "\\boxed{{({})}}" if order_matters and "," in gold else "\\boxed{{{}}}"
    return result_of(verify(form.format(found), form.format(gold), policy=DEFAULT))


_BRACKETS = {"[": "]", "{": "}", "(": ")"}
_AND = re.compile(r"\s*,?\s+and\s+|\s*;\s*", re.IGNORECASE)
_NUMBER = r"[-\u2212]?\d+(?:\.\d+|/\d+)?"
_ROW = re.compile(rf"{_NUMBER}(?:(?:\s*,\s*(?:and\s+)?|\s+and\s+){_NUMBER})+")
_FORMULA = re.compile(r"\$([^$\n]{1,400},[^$\n]{1,400})\$")
_TAIL = 4000


def _items(text: str) -> str:
    """Return a list without its brackets, with commas between its items."""
    text = plain(text).replace("\\{", "{").replace("\\}", "}").strip(" $.*`")
    while text and _BRACKETS.get(text[0]) == text[-1] and _encloses(text):
        text = text[1:-1].strip()
    return _AND.sub(", ", text)


def _encloses(text: str) -> bool:
    """Say whether the first bracket is closed by the last one."""
    depth = 0
    for at, char in enumerate(text):
        depth += (char in _BRACKETS) - (char in _BRACKETS.values())
        if not depth:
            return at == len(text) - 1
    return False


def _unmarked(reply: str) -> str:
    tail = reply[-_TAIL:].rpartition("</think>")[2]
    for pattern in (_FORMULA, _ROW):
        found = pattern.findall(tail)
        if found:
            return _items(found[-1])
    return ""
