"""Find the program in a reply: fenced blocks after the thinking, the last one of the language."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["answer_text", "extract_code_blocks", "find_program"]

FENCE = re.compile(r"(?P<indent>[ \t]*(?:[-*+>][ \t]+)?)(?P<fence>`{3,}|~{3,})[ \t]*(?P<info>[^`]*)")
LABELS = {
    "python": {"python", "py", "python3", "py3", "python2", "ipython", "pycon"},
    "javascript": {"javascript", "js", "node", "nodejs", "mjs", "ecmascript"},
    "cpp": {"cpp", "c++", "cc", "cxx", "c++17", "c++20", "cpp17"},
}
UNLABELLED = "unknown"
WRAPPERS = {"markdown", "md", "text", "txt", UNLABELLED}
"""Blocks that may hold blocks."""


@dataclass(frozen=True, slots=True)
class _Block:
    label: str
    code: str


def extract_code_blocks(text: str, language: str | None = None) -> list[dict[str, str]]:
    r"""Return the fenced blocks of ``text`` as ``{"language", "code"}``, those in ``<think>`` left out.

    With ``language`` only its blocks and those without a label, whose language is ``"unknown"``. A block that is not
    closed ends with the text; one that is fenced within a block of Markdown is found, too.

    >>> extract_code_blocks("Here:\n```py\nprint(1)\n```")
    [{'language': 'python', 'code': 'print(1)'}]
    """
    blocks = _blocks(answer_text(text), 0)
    wanted = None if language is None else _name(language)
    return [
        {"language": block.label, "code": block.code}
        for block in blocks
        if wanted is None or block.label in {wanted, UNLABELLED}
    ]


def find_program(text: str, language: str) -> str | None:
    """Return the program that a reply means: the last block labelled so, else the last without a label.

    A reply without any fence that is Python as a whole is the program itself.
    """
    found = extract_code_blocks(text, language)
    labelled = [block["code"] for block in found if block["language"] == _name(language)]
    for candidates in (labelled, [block["code"] for block in found]):
        filled = [code for code in candidates if code.strip()]
        if filled:
            return filled[-1]
    answer = answer_text(text).strip("\n")
    fenced = "```" in answer or "~~~" in answer
    return answer if not fenced and _name(language) == "python" and _is_python(answer) else None


def answer_text(text: str) -> str:
    """Return what follows the thinking; nothing where the thinking never ends."""
    text = text.replace("\r\n", "\n")
    head, mark, tail = text.rpartition("</think>")
    if mark:
        return tail
    return head + tail if "<think>" not in text else text.partition("<think>")[0]


def _name(label: str) -> str:
    label = label.lower()
    return next((name for name, labels in LABELS.items() if label in labels), label)


def _blocks(text: str, depth: int) -> list[_Block]:
    found: list[_Block] = []
    lines = iter(text.split("\n"))
    for line in lines:
        opening = FENCE.match(line)
        if opening is None:
            continue
        info = opening["info"].strip().split(maxsplit=1)
        label = _name(re.split(r"[{:,]", info[0])[0].strip(".")) if info else ""
        content = _content(lines, opening)
        inner = _blocks(content, depth + 1) if label in WRAPPERS and depth < 2 else []  # noqa: PLR2004 - deep enough
        found += inner or [_Block(label or UNLABELLED, content)]
    return found


def _content(lines: Iterator[str], opening: re.Match[str]) -> str:
    """Return the lines up to the closing fence, without the indentation of the opening one."""
    fence, indent = opening["fence"], len(opening["indent"])
    kept: list[str] = []
    for line in lines:
        bare = line.strip()
        depth = len(line) - len(line.lstrip())
        if len(bare) >= len(fence) and set(bare) == {fence[0]} and depth <= indent + 3:
            break
        cut = line[min(indent, depth) :]
        if cut.rstrip().endswith(fence) and cut.count(fence) == 1 and not cut.lstrip().startswith(fence):
            before = cut.rstrip()[: -len(fence)]
            if before.count('"') % 2 == 0 and before.count("'") % 2 == 0:
                kept.append(before)
                break
        kept.append(cut)
    return "\n".join(kept).rstrip("\n")


def _is_python(text: str) -> bool:
    if not text.strip() or len(text) > 20_000:  # noqa: PLR2004 - no program is as long
        return False
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return any(not isinstance(node, ast.Expr) or isinstance(node.value, ast.Call) for node in tree.body)
