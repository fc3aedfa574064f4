"""Replies that must earn nothing: no answer, an answer that is no answer, and the right one made wrong.

Which of them there are depends on the ground truth: a number, alone or in a short text, can be perturbed and
hidden among guesses; another short text only hidden; and for anything else there are the replies that say nothing.
A reference that is a program is also made wrong; the reward of such a reply may be a part, since it may pass some
tests, but never the whole.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any

from reward_kit.evaluation.mutants import mutants
from reward_kit.models import Sample
from reward_kit.rewards.code_execution.blocks import find_program

__all__ = ["Floor", "floors", "wrong_references"]

NUMBER = re.compile(r"-?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?")
_IN_TEXT = re.compile(rf"(?<![\d.,]){NUMBER.pattern}(?![\d,]*\d|\.\d)")
LONGEST_HIDDEN = 40
"""Characters of a ground truth that is hidden among guesses."""


@dataclass(frozen=True, slots=True)
class Floor:
    """A reply that must not earn the reward."""

    kind: str
    text: str
    partial: bool = False
    """Whether it may earn a part; otherwise it must score 0.0."""


def floors(sample: Sample) -> Iterator[Floor]:
    """Yield the floor replies to ``sample``."""
    if sample.tools and _abstains(sample):
        # Where no call is due, saying nothing is no offence: calling what is offered is.
        yield Floor("call where none is due", _call(sample.tools[0]))
        yield Floor("broken call where none is due", '<tool_call>{"name": ')
        return
    yield Floor("empty", "")
    yield Floor("white space", " \n\t\n ")
    yield Floor("does not know", "I don't know.")
    prompt = next((message.text for message in reversed(sample.messages) if message.role == "user"), "")
    if prompt.strip():
        yield Floor("prompt echoed", prompt, partial=_holds_program(sample, prompt))
    yield from wrong_references(sample)
    if isinstance(sample.ground_truth, dict):
        yield from _part_floors(sample, sample.ground_truth)
    gold = _short_text(sample.ground_truth)
    if NUMBER.fullmatch(gold):
        yield from _numeric_floors(sample, gold)
    elif any(map(str.isdecimal, gold)):
        yield from _guesses(_digit_changed(gold, 1), _digit_changed(gold, 2), gold)
        yield Floor("digit changed", _replaced(_solution(sample), gold, _digit_changed(gold, 1)))
    elif gold:
        yield Floor("among guesses", f"The answer is one of these: none, {gold}, something else, or unknown.")


def wrong_references(sample: Sample) -> Iterator[Floor]:
    """Yield the reference made wrong, where it is a program: what proves that the tests tell right from wrong."""
    for kind, text in mutants(sample):
        yield Floor(kind, text, partial=True)


def _holds_program(sample: Sample, prompt: str) -> bool:
    """Return whether a prompt holds a program, such as a function without a body, which may pass some of its tests."""
    language = sample.extra.get("language")
    return isinstance(language, str) and find_program(prompt, language) is not None


def _abstains(sample: Sample) -> bool:
    """Return whether the right reply to a sample with tools is to call none."""
    reference = sample.reference_message
    return reference is not None and not reference.tool_calls and "<tool_call>" not in reference.text


def _call(tool: Mapping[str, Any]) -> str:
    function = tool.get("function", tool)
    call = json.dumps({"name": function.get("name", "") if isinstance(function, dict) else "", "arguments": {}})
    return f"<tool_call>{call}</tool_call>"


def _part_floors(sample: Sample, truths: Mapping[str, Any]) -> Iterator[Floor]:
    """Yield the reference with one of several numbers made wrong: what is right besides may be paid."""
    for name, truth in truths.items():
        gold = _short_text(truth)
        if NUMBER.fullmatch(gold):
            text = _with_final(_solution(sample), _value(gold), _written(_value(gold) + 1, gold))
            yield Floor(f"{name} plus one", text, partial=True)


def _numeric_floors(sample: Sample, gold: str) -> Iterator[Floor]:
    value = _value(gold)
    yield from _guesses(_written(value - 1, gold), _written(value + 1, gold), gold)
    for kind, wrong in _perturbed(gold):
        if _value(wrong) != value:
            yield Floor(kind, _with_final(_solution(sample), value, wrong))


def _guesses(first: str, second: str, gold: str) -> Iterator[Floor]:
    yield Floor("among guesses", f"The answer is {first}, {second} or {gold}.")
    yield Floor("several boxed", f"It is \\boxed{{{first}}} or \\boxed{{{second}}} or \\boxed{{{gold}}}.")


def _perturbed(gold: str) -> Iterator[tuple[str, str]]:
    """Yield the ways in which a number is got wrong, and the number that each gives."""
    value = _value(gold)
    yield "plus one", _written(value + 1, gold)
    yield "times ten", _written(value * 10, gold)
    yield "digits swapped", _swapped(gold)
    yield "sign flipped", _written(-value, gold)
    yield "cut at the comma", gold.partition(",")[0]


def _swapped(gold: str) -> str:
    """Return ``gold`` with the first two neighbouring digits that differ in each other's place."""
    for place, (first, second) in enumerate(pairwise(gold)):
        if first.isdigit() and second.isdigit() and first != second:
            return gold[:place] + second + first + gold[place + 2 :]
    return gold


def _with_final(solution: str, value: Decimal, wrong: str) -> str:
    """Return ``solution`` with ``wrong`` in the last place where it says ``value``."""
    places = [found for found in _IN_TEXT.finditer(solution) if _value(found[0]) == value]
    if not places:
        return f"The answer is {wrong}."
    return solution[: places[-1].start()] + wrong + solution[places[-1].end() :]


def _replaced(solution: str, gold: str, wrong: str) -> str:
    """Return ``solution`` with ``wrong`` in the last place where it says ``gold``."""
    before, found, after = solution.rpartition(gold)
    return before + wrong + after if found else f"The answer is {wrong}."


def _digit_changed(gold: str, step: int) -> str:
    """Return ``gold`` with its last digit moved on by ``step``."""
    place = max(place for place, letter in enumerate(gold) if letter.isdecimal())
    return f"{gold[:place]}{(int(gold[place]) + step) % 10}{gold[place + 1 :]}"


def _solution(sample: Sample) -> str:
    reference = sample.reference_message
    return reference.text if reference is not None else ""


def _short_text(ground_truth: object) -> str:
    """Return the ground truth as text, if it is one that a reply could say in passing."""
    if isinstance(ground_truth, bool) or not isinstance(ground_truth, str | int | float):
        return ""
    text = str(ground_truth).strip()
    return text if len(text) <= LONGEST_HIDDEN else ""


def _value(text: str) -> Decimal:
    return Decimal(text.replace(",", ""))


def _written(value: Decimal, like: str) -> str:
    return f"{value:,f}" if "," in like else f"{value:f}"
