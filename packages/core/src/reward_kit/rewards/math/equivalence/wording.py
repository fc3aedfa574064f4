"""Read the answers that are not mathematics: words, choices, times of day, numbers with a base."""

import re

from reward_kit.rewards.math.equivalence.model import Based, Clock, NamedSet, Words
from reward_kit.rewards.math.plain import plain

__all__ = ["bare", "based", "choice", "clock", "words"]

MAX_WORDS = 24
_BASES = "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen".split()  # noqa: SIM905 - one word after the other is easier to read
_BASE_WORDS = {word: base for base, word in enumerate(_BASES, 2)} | {"hex": 16}
_BASED = re.compile(
    r"\(?([0-9A-Za-z]{1,64})\)?\s*(?:_\s*|(?:in\s+)?\bbase[\s-]*)"
    r"(?:\(?(?:base\s*)?(\d{1,2}|[a-z]{3,8})\)?)",
    re.ASCII,
)
_CLOCK = re.compile(r"(\d{1,2})(?::(\d\d))?(?::(\d\d))?\s*([ap])\.?\s?m\b\.?", re.ASCII | re.IGNORECASE)
_CHOICE = re.compile(
    r"(?:(?:[Oo]ption|[Cc]hoice)\s+)?(?:\(([A-Ja-j])\)|([A-J])(?=[).:]|\Z))[).:]?(?=\s|\Z)\s*", re.ASCII
)
_OPERATORS = (
    "+",
    "-",
    "*",
    "/",
    "^",
    "=",
    "<",
    ">",
    "(",
    "!",
    ",",
    "_",
    "|",
    "·",
    "\\c",
    "\\le",
    "\\g",
    "\\n",
    "\\in",
    "\\pm",
)
_BETWEEN = re.compile(r"(?:[)}.:\s~]|\\[ ,;:]|\\q?quad(?![A-Za-z]))*")
_NO_BRACES = str.maketrans("{}$~*", "  \x00  ", "")
_WORD = re.compile(r"[^\W_]+(?:['-][^\W_]+)*|[-+]?\d+(?:\.\d+)?", re.UNICODE)
_ARTICLES = frozenset({"the", "a", "an"})
_HOURS, _MINUTES = 12, 60
_ALL_REAL = {("all", "real", "numbers"), ("all", "reals"), ("real", "numbers"), ("all", "real", "number")}
_NOTHING = {("no", "solution"), ("no", "solutions"), ("empty", "set"), ("no", "real", "solutions")}
_NOTHING |= {("no", "real", "solution"), ("none",)}


def bare(text: str) -> str:
    """Return ``text`` in plain characters, without braces, dollars and emphasis."""
    return " ".join(plain(text).translate(str.maketrans("{}~*", "    ")).replace("$", " ").split())


def clock(text: str) -> Clock | None:
    """Return the time of day that a bare text is, if it says a.m. or p.m."""
    found = _CLOCK.fullmatch(text)
    if not found:
        return None
    hours, minutes, seconds = int(found[1]), int(found[2] or 0), int(found[3] or 0)
    if not 1 <= hours <= _HOURS or minutes >= _MINUTES or seconds >= _MINUTES:
        return None
    at = (hours % _HOURS * _MINUTES + minutes) * _MINUTES + seconds
    return Clock(seconds=at, half="am" if found[4] in "aA" else "pm")


def based(text: str) -> Based | None:
    """Return the number that a bare text writes with its base: ``204_5``, ``204 base 5``."""
    found = _BASED.fullmatch(text)
    if not found:
        return None
    base = int(found[2]) if found[2].isdigit() else _BASE_WORDS.get(found[2], 0)
    digits = found[1].lower().lstrip("0") or "0"
    if not 2 <= base <= 36 or not (found[1].isupper() or any(char.isdigit() for char in found[1])):  # noqa: PLR2004
        return None
    try:
        int(digits, base)
    except ValueError:
        return None
    return Based(digits=digits, base=base)


def choice(text: str, plainly: str) -> tuple[str, str] | None:
    """Return the letter that ``text`` begins with as a choice, and what follows it; ``plainly`` is the bare text."""
    found = _CHOICE.match(plainly)
    if not found or plainly[found.end() :].startswith(_OPERATORS):
        return None
    letter = found[1] or found[2]
    rest = plainly[found.end() :].strip(" .")
    if found[2] and rest and plainly[found.end(2)] not in ").:":
        return None
    if "\\" in rest or "^" in rest:  # the bare text has lost its braces
        rest = _BETWEEN.sub("", text[text.index(letter) + 1 :], count=1)
        rest = rest[:-1] if rest.count("}") > rest.count("{") else rest
    return letter, rest


def words(text: str) -> Words | NamedSet | None:
    """Return the words of a bare text; None where there are none, or more than an answer has."""
    found = tuple(word for word in _WORD.findall(text.casefold()) if word not in _ARTICLES)
    if found in _ALL_REAL:
        return NamedSet(name="R")
    if found in _NOTHING:
        return NamedSet(name="empty")
    if not found or len(found) > MAX_WORDS or not any(char.isalpha() for char in text):
        return None
    return Words(words=found)


_PAIRS = (("$$", "$$"), ("$", "$"), ("\\(", "\\)"), ("\\[", "\\]"), ("**", "**"), ("`", "`"))


def unmarked(text: str) -> str:
    """Return ``text`` without the signs of mathematics and emphasis around it, and without a closing full stop."""
    while True:
        before = text
        text = text.strip()
        if text.endswith(".") and not text.endswith((".m.", "..")):
            text = text[:-1]
        for opening, closing in _PAIRS:
            inner = text[len(opening) : -len(closing)]
            if len(text) > len(opening) + len(closing) and text.startswith(opening) and text.endswith(closing):
                if opening[-1] in "$*`" and opening[-1] in inner:
                    break
                if closing in inner or inner.endswith("\\"):
                    break
                text = inner
                break
        if text == before:
            return text
