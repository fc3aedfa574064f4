"""Find the box that a reply ends with, where nothing else of the reply has to be read; and where its thinking ends.

Almost every reply looks like this, and the decision about it must cost microseconds, however long the reply is.
"""

import re

__all__ = ["LEAD", "TAIL", "after_thinking", "sole_box"]

TAIL = 10_000
"""How many characters at the end of a reply are read for marks."""
LEAD = 24
"""How many characters before a mark belong to it."""


def sole_box(reply: str, prompt: str = "") -> str | None:
    """Return the content of the box that a reply ends with, where nothing else of the reply has to be read.

    None says nothing: ``extract_answer`` decides then.
    """
    spoken = after_thinking(reply)
    return None if spoken is None else _only_box(spoken, prompt)


_THINK = re.compile(r"<(/?)think(?:ing)?\s*>", re.IGNORECASE | re.ASCII)


def after_thinking(reply: str) -> str | None:
    """Return what follows the last ``</think>``; None where a later ``<think>`` is never closed."""
    # What is not there is found out three times faster from the end.
    if "<" not in reply or (reply.rfind("hink") < 0 and reply.rfind("HINK") < 0):
        return reply
    end = 0
    open_after_end = False
    for tag in _THINK.finditer(reply):
        open_after_end = not tag[1]
        end = tag.end() if tag[1] else end
    return None if open_after_end else reply[end:]


_BOX = "\\boxed{"
_CLOSING = re.compile(r"[\s$.*)\]\\]{0,24}\Z")
_PLAIN_LEAD = re.compile(r"(?:^|[\n.:$(])[\s$*\\\[(]*\Z|\b(?:is|are|be|get|gives?|has|=)[\s:]*(?:\$+|\\\[|\\\()?\s*\Z")
_DOUBT = re.compile(r"\b(?:or|not|never|either)\b|n['\u2019]t\b|≠|\\ne", re.IGNORECASE)
_MAX_BOX = 4000


def _only_box(spoken: str, prompt: str) -> str | None:
    """Return the content of the box that ends a reply, if it is the only mark and nothing near it casts a doubt.

    It is what almost every reply looks like, and is found without reading the reply.
    """
    start = spoken.rfind(_BOX)
    if start < 0 or (prompt and spoken.lstrip().startswith(prompt.strip())):
        return None
    begin = start + len(_BOX)
    end = _matching_brace(spoken, begin)
    if end < 0 or not _CLOSING.match(spoken, end + 1):
        return None
    content = spoken[begin:end].strip()
    lead = spoken[max(0, start - 4 * LEAD) : start]
    doubtful = _DOUBT.search(lead) or not _PLAIN_LEAD.search(lead, max(0, len(lead) - LEAD))
    if not content or doubtful or _another_box(spoken, start):
        return None
    return content


def _another_box(spoken: str, start: int) -> bool:
    earliest = max(0, len(spoken) - TAIL)
    return spoken.rfind(_BOX[:-1], earliest, start) >= 0 or spoken.rfind("\\fbox", earliest) >= 0


def _matching_brace(text: str, begin: int) -> int:
    """Return the place of the brace that closes the one before ``begin``; -1 where there is none or one is escaped."""
    depth, at = 1, begin
    while depth:
        end = text.find("}", at)
        if end < 0 or text[end - 1] == "\\" or end - begin > _MAX_BOX:
            return -1
        inner = text.count("{", at, end)
        if inner and "\\{" in text[at:end]:
            return -1
        depth += inner - 1
        at = end + 1
    return at - 1
