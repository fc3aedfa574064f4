"""Read the words behind a number: which are units, which of them disagree, and which text is no unit at all.

An unknown noun is a unit (``18 eggs``) and never contradicts another one: only two known measures do
(``5 cm`` and ``5 m``). Not covered: conversion. ``1 m`` is not ``100 cm`` here.
"""

import re
import unicodedata

__all__ = ["changes_value", "is_measure", "read_units", "units_conflict", "units_cover"]

_MEASURES = """
    m meter meters metre metres|cm centimeter centimeters centimetre centimetres|mm millimeter millimeters millimetre
    millimetres|km kilometer kilometers kilometre kilometres|inch inches|foot ft feet|yard yd yds yards|mile mi miles
    |g gram grams|kg kilogram kilograms kilo kilos|mg milligram milligrams|lb lbs|ounce oz ounces|ton tons tonne tonnes
    |second s sec secs seconds|minute min mins minutes|hour h hr hrs hours|day days|week wk wks weeks|month months
    |year yr yrs years|dollar usd dollars|cent ¢ cents|euro eur euros|£ gbp|yen jpy|₹ inr rupee rupees
    |l liter liters litre litres|ml milliliter milliliters millilitre millilitres|gallon gal gallons|mph|kph kmh
    |degree ° deg degrees|am|pm
"""
_CANONICAL = {word: words.split()[0] for words in _MEASURES.split("|") for word in words.split()}
_ATTACHED = frozenset({*_CANONICAL, "L", "st", "nd", "rd", "th"})
_SHORT = frozenset({*_CANONICAL, "L", "as", "at", "by", "in", "of", "on", "to"})
_VALUE_WORDS = (
    "plus|minus|squared|cubed|factorial|point|choose|mod|modulo|pi|hundreds?|thousands?|millions?|billions?|trillions?"
    "|bn|mn|halves|thirds|fourths|fifths|sixths|sevenths|eighths|ninths|tenths|hundredths|thousandths|millionths"
)
_NO_UNIT = re.compile(rf"{_VALUE_WORDS}|or|nor|not|either|maybe|perhaps|possibly|versus|vs", re.IGNORECASE)
_CHANGE = re.compile(rf"\s*(?:(?i:{_VALUE_WORDS})|[kKMB])\b")
_NUMBER_WORDS = (
    "half|quarter|third|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen"
    "|sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
)
_MORE = re.compile(rf"\s*(?:[^\W\d]+\s+){{0,2}}and\s+(?:an?\s+)?(?:{_NUMBER_WORDS})\b", re.IGNORECASE)
_EXPONENT = re.compile(r"(?<=[^\W\d_])\s?\^\s?\{?\s?(-?[1-9])\s?\}?(?![\d}])")
_MARKUP = str.maketrans(dict.fromkeys("{}$*`", ""))
_CLOCK = re.compile(r"\b([ap])\.\s?m\b\.?", re.IGNORECASE)
_TEXT = re.compile(r"(?:[^\W\d_](?:\^-?[1-9])?|[\s.,'\"/()°¢£€¥₹]|-(?=[^\W\d_]))*")
_WORD = re.compile(r"[^\W\d_]+(?:\^-?[1-9])?|[°¢£€¥₹]")
_SYMBOLS = {"$": "dollar", "€": "euro", "¥": "yen", "rs": "₹"}
_SPEEDS: dict[tuple[str, ...], str] = {("mile", "per", "hour"): "mph", ("km", "per", "hour"): "kph"}
_MAX_LENGTH = 160
_LONGEST_ODD_WORD = 2


def read_units(rest: str) -> tuple[str, ...] | None:
    """Return the unit words of the text that follows a number, or None where that text is no unit."""
    if not rest or rest.isspace():
        return ()
    if len(rest) > _MAX_LENGTH:
        return None
    attached = rest[0].isalpha()
    text = _CLOCK.sub(r"\1m", _EXPONENT.sub(r"^\1", rest)).translate(_MARKUP).replace("_", "")
    if not _TEXT.fullmatch(text) or _MORE.match(text) or text.count("(") != text.count(")"):
        return None
    written = [word.split("^")[0] for word in _WORD.findall(text)]
    if any(_NO_UNIT.fullmatch(word) or _is_numeral(word) for word in written):
        return None
    if written and not _may_begin(written, attached=attached):
        return None
    if written == ["in"]:  # elsewhere it is a word: "5 in total"
        return ("inch",)
    units = tuple(_canonical(word) for word in _WORD.findall(text))
    speed = _SPEEDS.get(units[:3])
    if speed is None and units == ("km", "hour") and "/" in text:
        speed = "kph"
    return units if speed is None else (speed, *units[3:])


def is_measure(word: str) -> bool:
    """Say whether the word is the name or the sign of a known measure."""
    return word.lower() in _CANONICAL or word.lower() in {"unit", "units"}


def changes_value(text: str, place: int) -> bool:
    """Say whether the words behind a number make it another one: ``5 squared``, ``5 k``, ``5 and a half``."""
    return _CHANGE.match(text, place) is not None or _MORE.match(text, place) is not None


def units_conflict(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Say whether both begin with a known measure, and not with the same."""
    known = [words[0] for words in (one, other) if words and words[0].split("^")[0] in _CANONICAL.values()]
    return len(known) == len((one, other)) and known[0] != known[1]


def units_cover(answer: tuple[str, ...], gold: tuple[str, ...]) -> bool:
    """Say whether every unit word of the gold is among those of the answer."""
    return set(gold) <= set(answer)


def _may_begin(words: list[str], *, attached: bool) -> bool:
    """Refuse algebra: ``5x``, ``2ab``, ``3 y``. One or two letters are a unit only where they are known as one."""
    first = words[0] if len(words[0]) == 1 else words[0].lower()
    if not first.isascii() or not first.isalpha():
        return True
    if attached:
        return first in _ATTACHED
    if len(first) > _LONGEST_ODD_WORD or first in _SHORT:
        return True
    return len(words) > 1 and (len(first) > 1 or first == "a")


def _canonical(word: str) -> str:
    stem, caret, exponent = word.lower().partition("^")
    return _singular(_CANONICAL.get(stem, _SYMBOLS.get(stem, stem))) + caret + exponent


def _singular(word: str) -> str:
    if word.endswith("ies") and len(word) > len("pies"):
        return word[:-3] + "y"
    if word.endswith(("xes", "ches", "shes", "sses")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith("ss") and len(word) > len("gas") else word


def _is_numeral(word: str) -> bool:
    """Say whether the word counts by itself, as the characters for ten thousand and for five do in Chinese."""
    return not word.isascii() and any(unicodedata.numeric(char, None) is not None for char in word)
