"""Find where a reply marks its answer: boxes, answer tags, ``####`` lines, "the answer is".

Everything here is one pass over the text, so that a hostile reply of a megabyte costs milliseconds. What a marked
place states, and whether the places agree, is decided elsewhere.
"""

import itertools
import re
from dataclasses import dataclass
from typing import Literal

__all__ = ["Rule", "Statement", "boxed", "hashed", "phrased", "tagged"]

Rule = Literal["boxed", "answer tag", "####", "phrase", "whole reply", "last number", "last letter"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A place where a reply marks an answer."""

    rule: Rule
    start: int
    end: int
    text: str
    """What is marked, without the mark."""
    complete: bool = True
    """Whether the mark is closed; a reply that ends inside it gives no answer."""
    formula: str = ""
    """What is between the mathematics delimiters that ``text`` begins with, if it does."""
    rest: str = ""
    """What follows that formula in ``text``."""


_BOX = re.compile(r"\\(?:boxed|fbox)(?![A-Za-z])\s*")
_BOX_OR_BRACE = re.compile(r"\\(?:boxed|fbox)(?![A-Za-z])\s*|\\.|[{}]", re.DOTALL)
_UNBRACED = re.compile(r"(?=\D{0,9}\d)[^\s$]{1,200}")


def boxed(text: str) -> list[Statement]:
    """Return the outermost boxes."""
    first = _BOX.search(text) if text.rfind("\\boxed") >= 0 or text.rfind("\\fbox") >= 0 else None
    if first is None:
        return []
    found: list[Statement] = []
    opened: list[tuple[int, int] | None] = []  # for each open brace: where its box begins and its content, or None
    boxes = 0
    box: re.Match[str] | None = None
    for token in _BOX_OR_BRACE.finditer(text, first.start()):
        symbol = token[0]
        if symbol == "{":
            is_box = box is not None and box.end() == token.start()
            opened.append((box.start(), token.end()) if is_box and box is not None else None)
            boxes += is_box
        elif symbol == "}" and opened:
            begun = opened.pop()
            if begun is not None:
                boxes -= 1
                if not boxes:
                    found.append(_statement("boxed", begun[0], token.end(), text[begun[1] : token.start()]))
        elif symbol.startswith(("\\boxed", "\\fbox")):
            box = token
            if not boxes and not text.startswith("{", token.end()):
                content = _UNBRACED.match(text, token.end())
                found.append(_statement("boxed", token.start(), token.end(), content[0] if content else ""))
    if boxes:
        start = next(begun[0] for begun in opened if begun is not None)
        found.append(Statement(rule="boxed", start=start, end=len(text), text="", complete=False))
    return _without_empty(found)


_TAG = re.compile(r"<(/?)ans(?:wer)?\s*>", re.IGNORECASE | re.ASCII)


def tagged(text: str, start: int = 0) -> list[Statement]:
    """Return what stands in ``<answer>…</answer>``."""
    if text.rfind("<a") < 0 and text.rfind("<A") < 0:
        return []
    found: list[Statement] = []
    opening: re.Match[str] | None = None
    for tag in _TAG.finditer(text, start):
        if not tag[1]:
            opening = tag
        elif opening is not None:
            found.append(_statement("answer tag", opening.start(), tag.end(), text[opening.end() : tag.start()]))
            opening = None
    if opening is not None:
        found.append(Statement(rule="answer tag", start=opening.start(), end=len(text), text="", complete=False))
    return _without_empty(found)


_HASHED = re.compile(r"####(?!#)[ \t]*([^\n#]*)")
_HEADING = re.compile(r"\W*\d+(?:\.\d+)*[.):]\**\s+\**[^\W\d]|[^\n]*:[\s*_]*\Z")
_FIGURE = re.compile(
    r"[\s$€£¥₹*({\\`_.+\u2212-]*(?:USD|[A-Za-z]{0,2}\$)?[\d½¼¾⅓⅔]|[\s$(*]*(?:\\[A-Za-z]|[A-Za-z][\s$)*.]*\Z)"
)


def hashed(text: str, start: int = 0) -> list[Statement]:
    """Return the lines that GSM8K marks with ``####``.

    A heading of Markdown is not one, even if it is numbered: a line without a figure counts only as the last one.
    """
    if text.rfind("####") < start:
        return []
    last = len(text.rstrip())
    return [
        _statement("####", line.start(), line.end(), line[1])
        for line in _HASHED.finditer(text, start)
        if text[line.start() - 1 : line.start()] != "#"
        and (_FIGURE.match(line[1]) or (line[1].strip() and line.end() >= last))
        and not _HEADING.match(line[1])
    ]


_NSWER = re.compile("nswer")  # a literal is found ten times faster than letters of either case
_NSWER_SHOUTED = re.compile("nswer|NSWER")
_IS = re.compile(
    r"""["'*_`\]]{0,4}(?:\s+(?:to|for|of)\b[^.,\n:=?]{0,60}?)?(?:,\s{1,3}\w{1,12},)?\s{0,3}["'*_]{0,4}"""
    r"""(?:[:\uff1a=]|\b(?:is|was|equals|(?:would|should|must|will)\s+be|comes\s+(?:out\s+)?to)\b)"""
    r"""[\s:*_"']*(?:\b(?:therefore|thus|then|hence|simply|just|clearly|indeed|exactly|given\s+by|equal\s+to)\b[\s:,]*)*""",
    re.IGNORECASE,
)
_HEADING_TAIL = re.compile(r"[*_ \t]{0,6}\n\s*")
_HEADING_LEAD = re.compile(r"(?:^|\n)[#>*_ \t]*(?:(?:the|my|our)\s)?(?:(?:final|correct)\s)?\Z", re.IGNORECASE)
_HEADING_LENGTH = 32
_WHICH = re.compile(
    r"(?:\b(?:the|our|my|your|final|correct|right|exact|numerical|required|overall)\s{1,3}"
    r"|(?:^|[\n.!?:;,>*#\"({\]])[\s*_#>\"'$-]*)\Z",
    re.IGNORECASE,
)
_WHICH_LENGTH = 16
_PHRASE_END = re.compile(r"\n|\?|[.!](?=[\s\"'*_)$\\]|$)")
_MAX_PHRASE = 200


def phrased(text: str, start: int = 0) -> list[Statement]:
    """Return what follows "the answer is", "Answer:", "answer =", to the end of the sentence or the next of them."""
    places: list[tuple[int, int]] = []
    shouted = text.rfind("NSWER") >= 0
    if not shouted and text.rfind("nswer") < start:
        return []
    for ending in (_NSWER_SHOUTED if shouted else _NSWER).finditer(text, start):
        place = ending.start() - 1
        if text[place : place + 1] not in ("a", "A"):
            continue
        head = _IS.match(text, ending.end())
        named = head is not None and text[place] == "A" and text[place - 1].isspace() and ":" in head[0]
        if not named and (head is None or not _WHICH.search(text, max(0, place - _WHICH_LENGTH), place)):
            lead = text[max(0, place - _HEADING_LENGTH) : place]
            head = _HEADING_TAIL.match(text, ending.end()) if _HEADING_LEAD.search(lead) else None
        if head is not None:
            places.append((place, head.end()))
    found = []
    for (place, begin), (following, _) in itertools.zip_longest(places, places[1:], fillvalue=(len(text), 0)):
        formula, behind = _formula(text, begin, following)
        limit = max(behind, min(following, begin + _MAX_PHRASE))
        stop = _PHRASE_END.search(text, behind, limit)
        if stop is None or stop[0] != "?":
            end = stop.start() if stop else limit
            found.append(
                Statement(
                    rule="phrase",
                    start=place,
                    end=end,
                    text=text[begin:end].strip(),
                    formula=formula,
                    rest=text[behind:end] if formula else "",
                )
            )
    return found


_DELIMITERS = {"$$": "$$", "\\[": "\\]", "\\(": "\\)"}
_MAX_FORMULA = 2000
_DOLLARS = re.compile(r"\$((?:[^$\n\\]|\\.){1,400})\$(?!\d)")
_PROSE = re.compile(r"(?<!\\)\b(?<!\\)[A-Za-z]{2,}\s+[A-Za-z]{2,}")


def _formula(text: str, begin: int, limit: int) -> tuple[str, int]:
    """Return the formula that begins here between delimiters, and the place behind it; a dollar may be money."""
    closing = _DELIMITERS.get(text[begin : begin + 2])
    if closing is not None:
        end = text.find(closing, begin + 2, min(limit, begin + _MAX_FORMULA))
        return (text[begin + 2 : end].strip(), end + 2) if end >= 0 else ("", begin + 2)
    if text.startswith("$", begin):
        found = _DOLLARS.match(text, begin, limit)
        if found is not None and not ("\\" not in found[1] and _PROSE.search(found[1])):
            return found[1].strip(), found.end()
    return "", begin


def _without_empty(found: list[Statement]) -> list[Statement]:
    """Drop the empty marks of a reply that only names its format, unless it has no other."""
    return [mark for mark in found if mark.text or not mark.complete] or found[-1:]


def _statement(rule: Rule, start: int, end: int, text: str) -> Statement:
    return Statement(rule=rule, start=start, end=end, text=text.strip())
