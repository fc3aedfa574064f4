"""CRUXEval: a program and its input are shown, its output is to be said. Nothing is run; the value is the truth."""

import re
from collections.abc import Mapping
from typing import Any

from reward_kit.data.coding.problem import Problem, fenced, refuse_language
from reward_kit.errors import DataError

__all__ = ["from_cruxeval", "from_cruxeval_x"]

PROMPT = (
    "What does this program give? Work it out without running it, and complete the last line with a literal value."
    " End with the whole line between [ANSWER] and [/ANSWER].\n\n{program}"
)
HOLE = "????"
LANGUAGES = {"python": "python", "nodejs": "javascript"}


def from_cruxeval(raw: Mapping[str, Any]) -> Problem:
    """Return a problem of CRUXEval: ``code`` with a function ``f``, its ``input`` and its ``output``."""
    code, given, output = str(raw["code"]).strip("\n"), raw["input"], raw["output"]
    question = f"assert f({given}) == {HOLE}"
    return Problem(
        source="cruxeval",
        task=raw["id"],
        prompt=PROMPT.format(program=fenced(f"{code}\n\n{question}")),
        truth={"value": output},
        reference=f"[ANSWER]{question.replace(HOLE, output)}[/ANSWER]",
    )


def from_cruxeval_x(raw: Mapping[str, Any]) -> Problem:
    """Return a problem of CRUXEval-X, where ``output`` is the test with a hole that ``gt`` fills."""
    name = re.sub(r"_\d+$", "", str(raw["id"]))
    language = LANGUAGES.get(name)
    if language is None:
        raise refuse_language(name)
    before, hole, after = raw["output"].partition(HOLE)
    whole = raw["gt"]
    if not (hole and whole.startswith(before) and whole.endswith(after)):
        problem = "found a test that does not differ from its solution by one value"
        raise DataError(problem, field="output")
    value = whole[len(before) : len(whole) - len(after)]
    program = f"{raw['code'].strip()}\n\n{raw['output'].strip()}"
    return Problem(
        source="cruxeval_x",
        task=raw["id"],
        prompt=PROMPT.replace("the last line", "the line with the gap")
        .replace("the whole line", "the value")
        .format(program=fenced(program, language)),
        truth={"value": value},
        reference=f"[ANSWER]{value}[/ANSWER]",
        language=language,
    )
