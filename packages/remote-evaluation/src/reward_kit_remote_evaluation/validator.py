"""The validator: it alone has the rules of each case, and says whether a reply is a roster that keeps them.

A reply is wrong by its own doing where it gives no roster, several, or one that breaks a rule. A case that the
validator does not have is not graded.
"""

import json
import re
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Any

from reward_kit.errors import GradingError
from reward_kit.models import EvaluateResult, Message, MetricResult
from reward_kit.reward_function import reward_function

__all__ = ["validate"]

Roster = Mapping[str, str]
_OBJECT = re.compile(r"\{[^{}]*\}")
LONGEST_SHOWN = 300
"""Characters of a roster that a result shows."""


@reward_function
def validate(messages: list[Message], *, ground_truth: str, **_: object) -> EvaluateResult:
    """Return 1.0 where the reply is a roster that keeps every rule of the case ``ground_truth``, else 0.0.

    >>> validate([{"role": "assistant", "content": '{"Mon": "Pia"}'}], ground_truth="rota-01").score
    0.0
    """
    case = _cases().get(ground_truth)
    if case is None:
        message = f"found the case {ground_truth!r}, which this validator does not have"
        raise GradingError(message)
    roster, problem = _roster(messages[-1].text)
    problem = problem or _broken(roster, case)
    score = float(not problem)
    extracted = MetricResult(score=score, reason=json.dumps(roster)[:LONGEST_SHOWN])
    return EvaluateResult(score=score, reason=problem or "every rule is kept", metrics={"extracted_answer": extracted})


@cache
def _cases() -> dict[str, dict[str, Any]]:
    text = (files("reward_kit_remote_evaluation") / "answers" / "cases.json").read_text(encoding="utf-8")
    cases: dict[str, dict[str, Any]] = json.loads(text)
    return cases


def _roster(reply: str) -> tuple[Roster, str]:
    """Return the one roster that the reply gives after its thinking, and why there is none."""
    _, _, answer = reply.rpartition("</think>")
    if "<think>" in answer:
        return {}, "the thinking does not end"
    found: list[Roster] = []
    for match in _OBJECT.finditer(answer):
        try:
            value = json.loads(match.group(), object_pairs_hook=_distinct)
        except (ValueError, RecursionError):
            continue
        if value not in found:
            found.append(value)
        if len(found) > 1:
            return {}, "gives several rosters"
    if not found:
        return {}, "gives no roster"
    if not all(isinstance(person, str) for person in found[0].values()):
        return {}, "does not give one person for each day"
    return found[0], ""


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _ in pairs}) < len(pairs):
        message = "a day is given twice"
        raise ValueError(message)
    return dict(pairs)


def _broken(roster: Roster, case: Mapping[str, Any]) -> str:
    """Return the first thing that is wrong with ``roster``; empty where every rule is kept."""
    days, people = case["days"], case["people"]
    if set(roster) != set(days):
        return f"gives other days than {', '.join(days)}"
    if not set(roster.values()) <= set(people):
        return f"gives others than {', '.join(people)}"
    order = [roster[day] for day in days]
    for rule in case["rules"]:
        if not _RULES[rule["rule"]](order, days, rule):
            return "breaks a rule, " + ", ".join(f"{name}: {value}" for name, value in rule.items())
    return ""


_RULES: dict[str, Callable[[list[str], list[str], Mapping[str, Any]], bool]] = {
    "on": lambda order, days, rule: order[days.index(rule["day"])] == rule["person"],
    "not on": lambda order, days, rule: order[days.index(rule["day"])] != rule["person"],
    "at most": lambda order, _, rule: order.count(rule["person"]) <= rule["days"],
    "at least": lambda order, _, rule: order.count(rule["person"]) >= rule["days"],
    "not two days running": lambda order, _, __: all(a != b for a, b in pairwise(order)),
    "not right after": lambda order, _, rule: (rule["other"], rule["person"]) not in set(pairwise(order)),
}
