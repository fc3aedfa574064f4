"""What the rewards of a reply's form have in common: its text, where it is code, and which words it has.

Everything takes time linear in the text.
"""

import math
import re
from collections.abc import Callable, Sequence

from reward_kit.errors import GradingError, UsageError
from reward_kit.models import EvaluateResult, Message

__all__ = ["finite", "on_reply", "tags_in_code_hidden", "without_code_blocks", "words"]


def on_reply(messages: Sequence[Message], grade: Callable[[str], EvaluateResult]) -> EvaluateResult:
    """Return what ``grade`` says of the text of the reply: the last message, which has to be the assistant's.

    Where it is not, or where ``grade`` raises GradingError, the result is *not graded*. The text is without
    ``reasoning_content``, the thinking that an endpoint kept apart.
    """
    if not messages or messages[-1].role != "assistant":
        found = f"a last message of the role {messages[-1].role!r}" if messages else "no messages"
        return EvaluateResult.not_graded(f"found {found}, expected the assistant's reply at the end")
    try:
        return grade(messages[-1].text)
    except GradingError as error:
        return EvaluateResult.not_graded(str(error))


def finite(name: str, value: float, *, least: float = -math.inf) -> float:
    """Return a setting of a reward as a float.

    Raises:
        UsageError: it is not a finite number, or less than ``least``.
    """
    if isinstance(value, int | float) and math.isfinite(value) and value >= least:
        return float(value)
    bound = "" if least == -math.inf else f" of at least {least:g}"
    message = f"found {name}={value!r}, expected a finite number{bound}"
    raise UsageError(message)


_FENCED = r"^[ \t]{0,3}(?P<fence>```|~~~).*?^[ \t]{0,3}(?P=fence)"
_BLOCK = re.compile(_FENCED, re.MULTILINE | re.DOTALL)
_CODE = re.compile(rf"{_FENCED}|`[^`\n]*`", re.MULTILINE | re.DOTALL)


def tags_in_code_hidden(text: str) -> str:
    """Return ``text`` with every ``<`` in blocks and spans of code replaced: what is quoted there is no tag.

    >>> tags_in_code_hidden("Write `<answer>`: <answer>4</answer>")
    'Write `\u2039answer>`: <answer>4</answer>'
    """
    return _CODE.sub(lambda code: code[0].replace("<", "\u2039"), text) if "<" in text else text


def without_code_blocks(text: str) -> str:
    """Return ``text`` without its fenced blocks of code; one that is not closed is no block."""
    return _BLOCK.sub("", text)


_UNSPACED = (
    "\u0e00-\u0e7f\u0e80-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Myanmar, Khmer
    "\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"  # kana, Han, hangul
    "\U00020000-\U0003347f"
)
"""Scripts that write words without spaces between them, or few of them."""
_PIECE = re.compile(rf"[{_UNSPACED}]|[^{_UNSPACED}]{{1,40}}")
_ODD = re.compile(rf"[{_UNSPACED}]|.{{41}}", re.DOTALL)
_LONGEST_WORD = 40


def words(text: str) -> list[str]:
    """Return the words of ``text`` in lower case, as spaces separate them.

    Each character of a script that writes no spaces is a word of its own, and so is each character of a run of more
    than 40 without a space: a text cannot hide its repetitions by leaving out the spaces.

    >>> words("The cat, the CAT")
    ['the', 'cat,', 'the', 'cat']
    >>> words("重复 ok")
    ['重', '复', 'ok']
    """
    found = []
    for run in text.lower().split():
        if not _ODD.search(run):
            found.append(run)
        elif len(run) > _LONGEST_WORD:
            found.extend(run)
        else:
            found.extend(_PIECE.findall(run))
    return found
