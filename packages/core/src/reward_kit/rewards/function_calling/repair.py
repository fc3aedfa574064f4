"""Whether JSON that cannot be read would be readable after a simple repair. A metric only: nothing is ever repaired.

Simple are: brackets that were never closed, a comma too many, Python's quotes and constants.
"""

import re
from itertools import islice

from reward_kit.data.strict_json import StrictJsonError, read_json

__all__ = ["is_repairable"]

_LONGEST = 2048
"""No more of a text is looked at, so that the metric costs next to nothing."""

_PIECE = re.compile(
    r"""
      "(?:[^"\\]|\\.)*+"      # a string
    | '(?:[^'\\]|\\.)*+'      # Python's
    | [{}\[\]:,<]
    | [^\s{}\[\]:,"'<]++      # a number or a word
    | ["']                    # a string that never ends
    """,
    re.VERBOSE | re.DOTALL,
)
_CLOSERS = {"{": "}", "[": "]"}
_CONSTANTS = {"True": "true", "False": "false", "None": "null"}


def is_repairable(text: str, start: int = 0) -> bool:
    """Return whether an object or array that begins at ``start`` and cannot be read has a simple repair.

    >>> is_repairable("{'days': 5,"), is_repairable('{"days" 5}'), is_repairable("five days")
    (True, False, False)
    """
    repaired = _repaired(text[start : start + _LONGEST])
    try:
        return bool(repaired) and bool(read_json(repaired, 0))
    except StrictJsonError:
        return False


def _repaired(text: str) -> str:
    """Return the object or array at the beginning of ``text`` with its simple faults mended; empty where it is none."""
    found: list[str] = []
    open_ones: list[str] = []
    for piece in islice((match.group() for match in _PIECE.finditer(text)), _LONGEST):
        if not found and piece not in _CLOSERS:
            return ""
        if piece in {'"', "'"}:
            return ""
        if piece == "<":  # the tag that ends the call
            break
        if piece in _CLOSERS:
            open_ones.append(_CLOSERS[piece])
        elif open_ones and piece == open_ones[-1]:
            _drop_comma(found)
            open_ones.pop()
        found.append(_as_json(piece))
        if not open_ones:
            break
    _drop_comma(found)
    return "".join(found + open_ones[::-1])


def _drop_comma(found: list[str]) -> None:
    if found and found[-1] == ",":
        found.pop()


def _as_json(piece: str) -> str:
    if piece.startswith("'"):
        return '"' + piece[1:-1].replace("\\'", "'").replace('"', '\\"') + '"'
    return _CONSTANTS.get(piece, piece)
