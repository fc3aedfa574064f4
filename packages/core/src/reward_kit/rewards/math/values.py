"""Read an exact value at a place in plain text: the grammar of decimals, fractions, mixed numbers and powers.

Every value is a Fraction and bounded in size before it is computed, so that no text costs time.
"""

import re
from fractions import Fraction

__all__ = ["ValueReader"]

MAX_DIGITS = 600
"""Below the least limit that Python can be set to for converting between text and integers (640)."""
_MAX_BITS = 2000
_MAX_DEPTH = 16

_GROUPED = r"[1-9]\d{0,2}(?:,\d{3})+(?!\d)|[1-9]\d{0,2}(?:\ \d{3})+(?!\d)"
_DECIMAL = re.compile(
    rf"""(?=\.?\d)
    (?P<whole>{_GROUPED}|\d*)
    (?:\.(?P<part>\d*)(?:\\(?:overline|bar)\s?\{{(?P<cycle>\d+)\}})?)?
    (?:[eE](?P<e>[-+]?\d+)(?![\d.]) | \s?[·*xX]\s?10\s?\^\s?\{{?\s?(?P<ten>[-+]?\d+)(?!\d)\s?\}}?)?
    """,
    re.VERBOSE | re.ASCII,
)
_MIXED = re.compile(r"(\d+)\s+(\d+)\s?/\s?(\d+)(?![\d,.]\d|\d)", re.ASCII)
_FRACTION = re.compile(r"\s?\\frac\s*(?=[\d{])", re.ASCII)
_SLASH = re.compile(r"\s?/\s?(?=[\d(]|\.\d)", re.ASCII)
_TIMES = re.compile(r"\s*(?:·|\*(?!\*))\s*(?=[\d({]|\.\d|\\frac)", re.ASCII)
_POWER = re.compile(r"\s*\^\s*(?:\{\s*([-+]?\d+)\s*\}|([-+]?\d+))", re.ASCII)
_SIGN = re.compile(r"\s*([-+]?)\s*")
_CLOSING = {"(": ")", "{": "}"}


class ValueReader:
    """A place in a text, moved on by each value that is read there."""

    __slots__ = ("_depth", "position", "text")

    def __init__(self, text: str, position: int = 0) -> None:
        self.text = text
        self.position = position
        self._depth = 0

    def product(self) -> Fraction | None:
        """Read a value that may be written as a product of powers; None where there is none."""
        value = self._power()
        while value is not None and self._skip(_TIMES):
            factor = self._power()
            value = None if factor is None or _bits(value) + _bits(factor) > _MAX_BITS else value * factor
        return value

    def literal(self) -> Fraction | None:
        """Read a value written as one number: a decimal, a fraction or a mixed number."""
        mixed = _MIXED.match(self.text, self.position)
        if mixed is not None:
            self.position = mixed.end()
            return _mixed(_integer(mixed[1]), _ratio(_integer(mixed[2]), _integer(mixed[3])))
        if _FRACTION.match(self.text, self.position):
            return self._fraction()
        value = self._decimal()
        if value is None:
            return None
        if value.denominator == 1 and _FRACTION.match(self.text, self.position):
            return _mixed(value, self._fraction())
        return self._over(value)

    def _power(self) -> Fraction | None:
        base = self._atom()
        power = None if base is None else _POWER.match(self.text, self.position)
        if base is None or power is None:
            return base
        self.position = power.end()
        return _raised(base, power[1] or power[2])

    def _atom(self) -> Fraction | None:
        closing = _CLOSING.get(self.text[self.position : self.position + 1])
        if closing is None:
            return self.literal()
        value = self._enclosed(closing)
        return None if value is None else self._over(value)

    def _enclosed(self, closing: str) -> Fraction | None:
        """Read a signed value between a pair of brackets, the first of which is at this place."""
        self.position += 1
        self._depth += 1
        negative = self._skip(_SIGN) == "-"
        value = self.product() if self._depth <= _MAX_DEPTH else None
        self._depth -= 1
        while self.text[self.position : self.position + 1].isspace():
            self.position += 1
        if value is None or self.text[self.position : self.position + 1] != closing:
            return None
        self.position += 1
        return -value if negative else value

    def _over(self, value: Fraction) -> Fraction | None:
        """Read the denominator behind ``value``, if a slash and one follow."""
        if not self._skip(_SLASH):
            return value
        return _ratio(value, self._enclosed(")") if self.text[self.position] == "(" else self._decimal())

    def _fraction(self) -> Fraction | None:
        self._skip(_FRACTION)
        above = self._argument()
        return None if above is None else _ratio(above, self._argument())

    def _argument(self) -> Fraction | None:
        """Read an argument of a LaTeX command: a group in braces, or one digit."""
        while self.text[self.position : self.position + 1] == " ":
            self.position += 1
        first = self.text[self.position : self.position + 1]
        if first == "{":
            return self._enclosed("}")
        if not first.isdecimal():
            return None
        self.position += 1
        return Fraction(int(first))

    def _decimal(self) -> Fraction | None:
        found = _DECIMAL.match(self.text, self.position)
        if found is None or found.end() - found.start() > MAX_DIGITS:
            return None
        self.position = found.end()
        whole, part, cycle = (found[name] or "" for name in ("whole", "part", "cycle"))
        whole = whole.replace(",", "").replace(" ", "")
        value = Fraction(int(whole + part)) if not part else Fraction(int(whole + part), 10 ** len(part))
        if cycle:
            value += Fraction(int(cycle), 10 ** len(part) * (10 ** len(cycle) - 1))
        exponent = found["e"] or found["ten"]
        return _scaled(value, exponent) if exponent else value

    def _skip(self, pattern: re.Pattern[str]) -> str:
        """Move behind ``pattern`` if it is here; return what it matched, without the space around it."""
        found = pattern.match(self.text, self.position)
        if found is None:
            return ""
        self.position = found.end()
        return found[0].strip()


def _integer(digits: str) -> Fraction | None:
    return Fraction(int(digits)) if len(digits) <= MAX_DIGITS else None


def _ratio(above: Fraction | None, below: Fraction | None) -> Fraction | None:
    return None if above is None or not below else above / below


def _mixed(whole: Fraction | None, part: Fraction | None) -> Fraction | None:
    """Add the proper fraction of a mixed number; an improper one would be a product or two numbers."""
    return None if whole is None or part is None or not 0 < part < 1 else whole + part


def _scaled(value: Fraction, exponent: str) -> Fraction | None:
    power = _raised(Fraction(10), exponent)
    return None if power is None else value * power


def _raised(base: Fraction, exponent: str) -> Fraction | None:
    digits = exponent.lstrip("+-0") or "0"
    if len(digits) > len(str(_MAX_BITS)) or int(digits) * _bits(base) > _MAX_BITS:
        return None
    power = -int(digits) if exponent.startswith("-") else int(digits)
    return None if not base and power <= 0 else base**power


def _bits(value: Fraction) -> int:
    return max(value.numerator.bit_length(), value.denominator.bit_length())
