"""``verify``: decide whether a reply gives the ground truth as its one answer. It never raises."""

import functools
import re

from reward_kit.errors import GradingError
from reward_kit.rewards.math.equivalence import Comparison, compare
from reward_kit.rewards.math.extraction import Answer, searched_answer
from reward_kit.rewards.math.gold import Gold, compile_gold
from reward_kit.rewards.math.plain import shown
from reward_kit.rewards.math.policy import DEFAULT, Policy
from reward_kit.rewards.math.sole_box import sole_box
from reward_kit.rewards.math.units import is_measure
from reward_kit.rewards.math.verdict import Status, Verdict

__all__ = ["averify", "verify"]


def verify(response: str, gold: object, *, policy: Policy = DEFAULT, prompt: str = "") -> Verdict:
    r"""Say whether ``response`` gives ``gold`` as its one answer. Works in any thread, process or event loop.

    Args:
        response: what the model wrote; what precedes the last ``</think>`` does not count.
        gold: what ``compile_gold`` takes, or what it returned.
        policy: how strictly the two are compared. Strict is the default: the answer must be marked, by a box,
            ``<answer>``, ``####``, "the answer is" or "Answer:", or be all that the reply says. With
            ``Policy(lenient=True)`` the last number of a reply without a mark counts too; ``math_reward`` is so.
        prompt: what the model was asked; a reply that repeats it has not answered.

    Three outcomes, told by ``Verdict.status``: graded; wrong by the reply's own doing (no single answer, or one that
    exhausts the limits): 0.0; *not graded* (a ground truth that cannot be compared with, a lost worker): no score.

    >>> verify(r"So it is $\boxed{\frac{1}{2}}$.", "0.5").status
    'correct'
    >>> verify("It is 5 or 7.", "5").score
    0.0
    >>> verify(r"\boxed{5}", "").status
    'gold_unparsable'
    """
    try:
        compiled = gold if isinstance(gold, Gold) and gold.policy is policy else _compiled(gold, policy)
    except GradingError as error:
        return Verdict(score=None, status="gold_unparsable", reason=str(error))
    if not isinstance(response, str):
        reason = f"found a reply of the type {type(response).__name__}, expected a text"
        return Verdict(score=0.0, status="no_answer", gold=compiled.text, reason=reason)
    only = sole_box(response, prompt)
    if only is None:
        numeric = compiled.number is not None
        answer = searched_answer(response, prompt=prompt, numeric=numeric, lenient=policy.lenient)
    elif compiled.integer and (digits := _INTEGER.fullmatch(only)):  # the most frequent answer by far
        return _integers(digits[1].replace(",", ""), only, "boxed", compiled)
    else:
        answer = Answer(text=only, rule="boxed")
    if answer.problem:
        status: Status = "ambiguous" if answer.ambiguous else "no_answer"
        return Verdict(
            score=0.0,
            status=status,
            extracted=answer.text,
            gold=compiled.text,
            rule=answer.rule or "",
            reason=f"no answer: {answer.problem}",
        )
    text = _comparable(answer, require_units=policy.require_units)
    if compiled.integer and not answer.rivals and text.isdigit() and text.isascii():
        return _integers(text, answer.text, answer.rule or "", compiled)
    return _compared(text, answer, compiled)


_INTEGER = re.compile(r"(?:[a-df-hj-z]\s*=\s*)?(\d{1,300}|[1-9]\d{0,2}(?:,\d{3}){1,9})(?:\.0{0,9})?", re.ASCII)
"""A whole number, with a name that is no constant before it (``x = 1,234.0``)."""


async def averify(response: str, gold: object, *, policy: Policy = DEFAULT, prompt: str = "") -> Verdict:
    """Do as ``verify`` does, in a thread: the event loop is never held up by a reply."""
    import asyncio

    return await asyncio.to_thread(functools.partial(verify, response, gold, policy=policy, prompt=prompt))


def _compiled(gold: object, policy: Policy) -> Gold:
    return compile_gold(gold.texts if isinstance(gold, Gold) else gold, policy=policy)


def _integers(text: str, written: str, rule: str, gold: Gold) -> Verdict:
    """Compare two runs of digits, of which the answer's may be written in another way."""
    equal = text == gold.integer or (text[0] == "0" and text.lstrip("0") == gold.integer.lstrip("0"))
    return Verdict(
        score=1.0 if equal else 0.0,
        status="correct" if equal else "incorrect",
        extracted=written,
        gold=gold.text,
        rule=rule,
        method="integer",
        reason=f"{shown(written)!r} {'=' if equal else '!='} {shown(gold.text)!r} ({rule})",
    )


_STATUSES: dict[str, tuple[float | None, Status]] = {
    "equal": (1.0, "correct"),
    "different": (0.0, "incorrect"),
    "unparsable": (0.0, "unparsable"),
    "exhausted": (0.0, "timeout"),
    "lost": (None, "lost"),
}


def _compared(text: str, answer: Answer, gold: Gold) -> Verdict:
    compared = _best(text, gold)
    for rival in answer.rivals if compared.outcome == "equal" else ():
        other = _best(rival, gold)
        if other.outcome != "equal":
            score, reason = (None, other.reason) if other.outcome == "lost" else (0.0, _several(rival, answer.text))
            status: Status = "ambiguous" if score is not None else "lost"
            return Verdict(score=score, status=status, extracted=answer.text, gold=gold.text, reason=reason)
    score, status = _STATUSES[compared.outcome]
    if answer.tentative and status in {"incorrect", "unparsable"} and answer.number is None:
        reason = f"no answer: {answer.tentative}"
        return Verdict(score=0.0, status="no_answer", extracted=answer.text, gold=gold.text, reason=reason)
    sign = "=" if compared.outcome == "equal" else "!="
    detail = f": {compared.reason}" if compared.reason else ""
    reason = f"{shown(answer.text)!r} {sign} {shown(gold.text)!r} ({answer.rule}){detail}"
    return Verdict(
        score=score,
        status=status,
        extracted=answer.text,
        gold=gold.text,
        rule=answer.rule or "",
        method=compared.method,
        reason=reason,
    )


_ORDER = {"equal": 0, "lost": 1, "exhausted": 2, "different": 3, "unparsable": 4}


def _best(text: str, gold: Gold) -> Comparison:
    """Compare with each alternative until one is equal."""
    best: Comparison | None = None
    for expected in gold.expected:
        compared = compare(text, expected, gold.policy)
        if best is None or _ORDER[compared.outcome] < _ORDER[best.outcome]:
            best = compared
        if compared.outcome == "equal":
            break
    if best is None:
        message = "a compiled ground truth has at least one alternative"
        raise AssertionError(message)
    return best


def _comparable(answer: Answer, *, require_units: bool) -> str:
    """Return the text to compare; a number out of a sentence is written anew, with its sign and its measure."""
    number = answer.number
    if number is None or answer.rule in {"boxed", "whole reply"}:
        return answer.text
    value = number.value
    text = str(value.numerator) if value.denominator == 1 else f"{value.numerator}/{value.denominator}"
    if number.percent:
        return text + "%"
    if require_units:
        return " ".join((text, *number.units))
    return f"{text} {number.units[0]}" if number.units and is_measure(number.units[0]) else text


def _several(one: str, other: str) -> str:
    return f"no answer: several different answers: {shown(one)!r} and {shown(other)!r}"
