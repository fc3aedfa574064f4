"""Split a text into words, in any script. Linear in the text."""

import re

__all__ = ["words"]

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
