"""The cases of the mathematics benchmark: replies, ground truths, and what each reply must score.

A case is a dictionary with ``group``, ``name``, ``reply``, ``gold`` and ``expected``.
"""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gsm8k_verdicts import perturbed, rows

Case = dict[str, Any]

BOXES = {
    "box": r"So the result is $\boxed{{{0}}}$.",
    "bare box": r"\boxed{{{0}}}",
    "display box": "\\[\n\\boxed{{{0}}}\n\\]",
    "final box": "---\n\n### Final Answer\n\n$$\n\\boxed{{{0}}}\n$$",
    "box with a unit": r"That makes $\boxed{{{0} \text{{ in all}}}}$.",
    "box with a name": r"Hence $\boxed{{x = {0}}}$.",
    "box with a decimal": r"Thus $\boxed{{{0}.0}}$ is left.",
    "box in bold": r"Therefore: $\boxed{{\textbf{{{0}}}}}$",
    "box after thinking": "<think>\nMaybe \\boxed{{7}}?\n</think>\nIt is $\\boxed{{{0}}}$.",
    "box after a correction": "So it is $\\boxed{{-1}}$. Wait, that is wrong. It is $\\boxed{{{0}}}$.",
}
WORDS = {
    "####": "#### {0}",
    "#### with a unit": "#### {0} pieces",
    "answer tag": "<answer>{0}</answer>",
    "box in the answer tag": r"<answer>\boxed{{{0}}}</answer>",
    "the answer is": "The answer is {0}.",
    "the final answer is": "Final Answer: The final answer is ${0}$. I hope it is correct.",
    "answer:": "**Answer:** {0}",
    "final answer:": "**Final Answer: {0}**",
    "the answer is a formula": r"So the answer is \({0}\).",
    "the answer is a sentence": "The answer is that there are {0} of them, as computed.",
}
FORMATS = {**BOXES, **WORDS}
LONG = 24_000
LEFT_OUT = {
    **dict.fromkeys((f"test_number_extraction {n}" for n in (5, 6, 7, 17)), "1,22 is 1.22"),
    **dict.fromkeys((f"test_relations_math {n}" for n in (10, 12, 13, 16, 26, 27)), "5 + 5 + 1 = 7 = 11 is 11"),
    "test_relations_math 21": "1 = 0 is a ground truth",
    "test_math_extraction_edge_cases 7": "85 - 67 + 12000003 - 3 = 12000023 is right",
    "test_boxed 0": "two boxes in different sentences are a list",
    "test_open_thoughts 27": "two boxes in different sentences are a list",
    "test_open_thoughts 28": "a solution with two answers is a ground truth",
    "test_latex_notation 5": "broken markup hides an answer",
    "test_latex_notation 6": "broken markup hides an answer",
    "test_latex_notation 9": "a box that is never closed is an answer",
    "test_numina_cases 24": "a box that is never closed is a ground truth",
}
"""What the policy contradicts, and what it would have to say."""
PUBLISHED = ("test_all.py", "test_boxed.py", "test_numina_cases.py", "test_open_thoughts.py", "test_yujianll.py")


def gsm8k(path: Path, every: int) -> Iterator[Case]:
    """Give the real solutions with the official answer and its perturbations, in twenty formats."""
    for index, row in enumerate(rows(path)):
        if index % every:
            continue
        working, _, answer = row["answer"].rpartition("\n#### ")
        for form, template in FORMATS.items():
            for name, given in [("official", answer), *perturbed(answer)]:
                if given is not None:
                    reply = f"{working}\n{template.format(given)}"
                    expected = name == "official"
                    yield _case("gsm8k", f"{index} {form}: {name}", reply, answer, expected=expected)


def recorded(path: Path) -> Iterator[Case]:
    """Give the replies that a language model wrote."""
    for row in rows(path):
        yield _case("recorded", row["id"], row["response"], row["answer"], expected=row["correct"])


def written(path: Path, group: str) -> Iterator[Case]:
    """Give the cases of a file with the columns of hard.jsonl."""
    for row in rows(path):
        yield _case(group, row["id"], row["response_text"], row["ground_truth"], expected=row["expected"])


def long_replies(path: Path, count: int = 300) -> Iterator[Case]:
    """Give replies of 24,000 characters: real workings one after the other, thought aloud or behind ``<think>``."""
    source = list(rows(path))
    text = ""
    for index in range(count):
        place = index * 7
        while len(text) < LONG:
            text += (
                source[place % len(source)]["answer"].rpartition("\n#### ")[0] + "\nWait, let me check the next one.\n"
            )
            place += 1
        answer = str(1000 + index)
        forms = list(FORMATS.items())
        form, template = forms[index % len(forms)]
        given = answer if index % 3 else str(1001 + index)
        conclusion = template.format(given)
        working = text[: LONG - len(conclusion) - 20]
        thought = f"<think>\n{working}\n</think>\n" if index % 2 else working + "\n"
        yield _case("long", f"long {index} {form}", thought + conclusion, answer, expected=given == answer)
        text = text[500:]


def integers(count: int = 2000, group: int = 8) -> Iterator[Case]:
    """Give replies that are a boxed integer, eight to each ground truth, as a group of GRPO has them."""
    for index in range(count):
        gold = index // group
        given = gold if index % 2 else gold + 1
        yield _case("integers", f"integer {index}", f"\\boxed{{{given}}}", str(gold), expected=bool(index % 2))


def published(tests: Path) -> Iterator[Case]:
    """Give Math-Verify's own test cases of the default settings, with the answers in a box."""
    for name in PUBLISHED:
        for node in ast.walk(ast.parse((tests / name).read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.decorator_list:
                yield from _parametrized(node, name)


def _parametrized(test: ast.FunctionDef, file: str) -> Iterator[Case]:
    names, values = _parameters(test)
    plain = ast.unparse(ast.Module(body=test.body, type_ignores=[]))
    if [part.strip() for part in names.split(",")] != ["gold", "pred", "expected"] or "compare_strings" not in plain:
        return
    if "allow_set_relation_comp" in plain or "precision" in plain:
        return
    for index, item in enumerate(values):
        gold, pred, expected = item
        reply = _in_a_box(pred)
        if reply is not None and f"{test.name} {index}" not in LEFT_OUT:
            yield _case("published", f"{file} {test.name} {index}", reply, gold, expected=bool(expected))


def _parameters(test: ast.FunctionDef) -> tuple[str, list[tuple[str, str, int]]]:
    for decorator in test.decorator_list:
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "pytest.mark.parametrize":
            try:
                return ast.literal_eval(decorator.args[0]), ast.literal_eval(decorator.args[1])
            except ValueError:
                return "", []
    return "", []


_FORMULA = re.compile(r"\$\$(.+?)\$\$|\$(.+?)\$|\\\((.+?)\\\)|\\\[(.+?)\\\]", re.DOTALL)
_PROSE = re.compile(r"(?<![\\A-Za-z])[A-Za-z]{2,}")


def _in_a_box(pred: str) -> str | None:
    """Return a reply with its answer in a box: its only formula, or all of it; None where it is prose without one."""
    if "boxed" in pred:
        return pred
    formulas = [next(filter(None, found.groups())) for found in _FORMULA.finditer(pred)]
    words = _PROSE.findall(re.sub(r"\\text\{[^}]*\}", "", pred))
    behind = pred.rpartition(formulas[0])[2] if formulas else ""
    if len(formulas) > 1 or re.search(r"\d", behind) or (not formulas and len(words) > 2):
        return None
    return f"$\\boxed{{{(formulas[0] if formulas else pred).strip()}}}$"


def _case(group: str, name: str, reply: str, gold: str, *, expected: bool) -> Case:
    return {"group": group, "name": name, "reply": reply, "gold": gold, "expected": expected}


def write(cases: list[Case], path: Path) -> None:
    """Write cases as JSON lines."""
    path.write_text("".join(json.dumps(case) + "\n" for case in cases), encoding="utf-8")
