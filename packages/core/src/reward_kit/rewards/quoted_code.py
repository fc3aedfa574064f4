"""Tell what a reply quotes as code from what it says: fenced blocks and spans in backquotes. Linear in the text."""

import re

__all__ = ["tags_in_code_hidden", "without_code_blocks"]

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
