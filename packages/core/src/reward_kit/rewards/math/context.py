"""Read what the words around a marked answer do to it: take it back, deny it, offer another."""

import re

from reward_kit.rewards.math.mentions import mentions
from reward_kit.rewards.math.numbers import Number
from reward_kit.rewards.math.plain import plain

__all__ = ["corrects", "hedge", "offered"]

_CORRECTION = re.compile(
    r"\b(?:wait|sorry|oops|correction|correct(?:ed|ing) (?:my|the|that|this)|mistaken?|wrong|incorrect|error|actually"
    r"|instead|scratch that|not right|let me (?:re|fix|correct)|re-?check|recalculat\w*|apolog\w+|hold on)\b",
    re.IGNORECASE,
)
_CORRECTION_WINDOW = 1000
_NO_DIGITS = re.compile(r"\D*")


def corrects(text: str, start: int, end: int, following: int) -> bool:
    """Say whether the words behind the answer between ``start`` and ``end`` take it back before ``following``."""
    trailing = _NO_DIGITS.match(text[max(start, end - _CORRECTION_WINDOW) : end][::-1])  # "the answer is 5, no wait, …"
    begin = end - trailing.end() if trailing else end
    return _CORRECTION.search(text, max(begin, following - _CORRECTION_WINDOW), following) is not None


_DENIALS = ("not", "n't", "n\u2019t", "never", "≠", "\\ne")  # looked for first: the pattern is slow
_DENIED_BEFORE = re.compile(
    r"(?:\bnot|n['\u2019]t|\bnever|≠|\\neq?|\\not\s?=?)[ \t$({*]*(?:\\[(\[])?[ \t]*\Z", re.IGNORECASE
)
_DENIED_BEHIND = re.compile(
    r"[\s$*)}\]\\.]*(?:is|was|would be|seems)\s+(?:\w+\s+)?(?:wrong|incorrect|not)\b", re.IGNORECASE
)
_OR_BEHIND = re.compile(r"(?:\\[)\]]|[\s$*)},])*(?:and/)?or\b[^\n.]{0,24}?\d", re.IGNORECASE)
_OR_BEFORE = re.compile(r"[\d})$]\W{0,4}(?:[^\W\d]+\W{1,3}){0,2}or(?:\W{1,3}[^\W\d]+){0,2}\W*\Z", re.IGNORECASE)
_NEIGHBOURHOOD = 64


def hedge(text: str, start: int, end: int, number: Number | None) -> str:
    """Return how the words around the answer between ``start`` and ``end`` leave it in doubt; empty if they do not."""
    before, behind = text[max(0, start - _NEIGHBOURHOOD) : start], text[end : end + _NEIGHBOURHOOD]
    lowered = before.lower()
    denied = any(sign in lowered for sign in _DENIALS) and _DENIED_BEFORE.search(before)
    if denied or _DENIED_BEHIND.match(behind):
        return "the answer is denied, not stated"
    if number is None:
        return ""
    others = []
    if "or" in lowered and _OR_BEFORE.search(before):
        others += mentions(plain(before))[-1:]
    if _OR_BEHIND.match(behind):
        others += mentions(plain(behind))[:1]
    if any(other.number is None or other.number.value != number.value for other in others):
        return "several answers where one is asked for"
    return ""


_ANSWER = r"(\$[^$\n]{1,80}\$|\\\([^\n]{1,80}?\\\)|\(?\b[A-J]\b\)?|-?\d[\d./]*)"
_OFFERED_BEHIND = re.compile(
    rf"(?:\\[)\]]|[\s$*)}},])*(?i:(?:and/)?or)\s+(?i:(?:maybe|perhaps|possibly|else|it is|even)\s+)*{_ANSWER}"
)
_OFFERED_BEFORE = re.compile(
    rf"{_ANSWER}[\s,*]*\b(?i:or)\s+(?i:(?:maybe|perhaps|possibly|else|it is|even)\s+)*[\s$(*\\\[]*\Z"
)


def offered(text: str, start: int, end: int) -> list[str]:
    """Return the answers that an "or" puts beside the one between ``start`` and ``end``."""
    window = text[max(0, start - _NEIGHBOURHOOD) : start]
    before = _OFFERED_BEFORE.search(window) if "or" in window.lower() else None
    behind = _OFFERED_BEHIND.match(text, end)
    return [found[1].strip("$()\\ ") for found in (before, behind) if found is not None]
