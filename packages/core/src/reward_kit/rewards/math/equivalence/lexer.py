r"""Cut a short text of LaTeX, plain or Unicode mathematics into tokens, in time linear in its length.

Fonts, sizes and spaces are dropped; the words of ``\text{…}`` become tokens of their own kind. What is grouped with
thousands separators (``1{,}234``, ``1\,234``, ``1 234``, and ``1,234`` outside brackets) is one number.
"""

import re
from fractions import Fraction
from typing import Literal, NamedTuple

from reward_kit.rewards.math.equivalence.errors import UnreadableError
from reward_kit.rewards.math.equivalence.symbols import RENAMED

__all__ = ["MAX_DIGITS", "Token", "tokens"]

MAX_DIGITS = 600
"""Below the least limit that Python can be set to for converting between text and integers (640)."""
MAX_TOKENS = 3000

Kind = Literal["number", "word", "letter", "command", "text", "sign"]


class Token(NamedTuple):
    """A piece of mathematics: a number, a word of letters, a command without its backslash, a text, or a sign."""

    kind: Kind
    text: str
    value: Fraction = Fraction(0)
    digits: int = 0
    """How many significant digits a decimal number is written with; 0 for a whole number."""
    spaced: bool = False
    """Whether white space precedes it."""


_TEXT_COMMANDS = "text|textbf|textit|textrm|textsf|texttt|textnormal|mbox|hbox|textsc|textup|mathrm|operatorname"
_DROPPED = frozenset(
    [
        "left",
        "right",
        "displaystyle",
        "textstyle",
        "scriptstyle",
        "big",
        "Big",
        "bigg",
        "Bigg",
        "bigl",
        "bigr",
        "Bigl",
        "Bigr",
        "biggl",
        "biggr",
        "Biggl",
        "Biggr",
        "limits",
        "nolimits",
        "mathbf",
        "mathit",
        "mathsf",
        "mathtt",
        "bm",
        "boldsymbol",
        "emph",
        "bf",
        "rm",
        "it",
        "boxed",
        "fbox",
        "underline",
        "nonumber",
        "mathcal",
        "mathscr",
        "mathfrak",
        "middle",
        "hfill",
        "phantom",
        "strut",
        "rule",
        "bold",
        "cal",
        "tiny",
        "small",
        "large",
        "Large",
        "kern",
        "hspace",
        "vspace",
    ]
)
_SPACES = frozenset({"quad", "qquad", "enspace", "thinspace", "space", ",", ":", ";", " ", "\n", "!", ">", "/"})
_SIGNS = frozenset("<>{}[]|*()$:/'%,#&\\")

_TOKEN = re.compile(
    rf"""
      (?P<space>(?:\s|~|\\[,:;\ !>\n]|\\q?quad)+)
    | (?P<number>(?:\d+(?:\.\d*)?|\.\d+))
    | \\(?P<text>(?:{_TEXT_COMMANDS}))\*?\s*\{{(?P<inner>[^{{}}\\$]*)\}}
    | \\(?P<command>[A-Za-z]+|.)
    | (?P<word>(?:(?<=\d)(?:or|and)(?=[A-Z])|[A-Za-z]+))
    | (?P<sign>.)
    """,
    re.VERBOSE | re.DOTALL | re.ASCII,
)
_REST_OF_GROUP = re.compile(r"(?:\\[,:; ]|\{,\}|,\\[!,;: ]\s*|~|\s)(\d{3})(?!\d)", re.ASCII)
_COMMA_GROUP = re.compile(r"(?:,|\{,\}|,\\!\s*)(\d{3})(?!\d)", re.ASCII)
_CYCLE = re.compile(r"\\(?:overline|bar|dot)\s*(?:\{\s*(\d+)\s*\}|(\d))|\((\d+)\)", re.ASCII)
_FRACTION_PART = re.compile(r"\.\d+", re.ASCII)
_EXPONENT = re.compile(r"[eE](\d+|[-+]\d{2,})(?![\d.A-Za-z])", re.ASCII)
_SIGNED_EXPONENT = re.compile(r"[eE]([-+]?\d+)(?![\d.A-Za-z])", re.ASCII)
_ELLIPSIS = re.compile(r"\s*(?:\\(?:l|c)?dots(?![A-Za-z])|\.\.\.?)")
_CYCLES = re.compile(r"(\d{1,6}?)\1+\Z", re.ASCII)
_LONGEST_FIRST_GROUP = 3
_MAX_EXPONENT = 5000
_SHORTEST_CYCLES = 3
_LONGEST_CYCLES = 24


def tokens(text: str, *, commas: bool = True) -> list[Token]:
    """Return the tokens of ``text``.

    Args:
        text: the text, without characters that ``unicode_to_latex`` would write otherwise.
        commas: whether ``1,234`` is one number outside brackets.

    Raises:
        UnreadableError: it has too many tokens, or a number of too many digits.
    """
    found: list[Token] = []
    depth = position = 0
    spaced = False
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise UnreadableError("a character that is no mathematics")
        position = match.end()
        if match["space"]:
            spaced = True
            continue
        token: Token | None
        if match["number"]:
            token, position = _number(text, match, commas=commas and not depth)
        else:
            token = _other(match)
        if token is None:
            spaced = spaced or match["command"] in _SPACES
            continue
        depth += (token.text in _OPENING) - (token.text in _CLOSING)
        found.append(token._replace(spaced=spaced) if spaced else token)
        spaced = False
        if len(found) > MAX_TOKENS:
            raise UnreadableError("too many symbols")
    return found


_OPENING = frozenset({"(", "[", "\\{", "langle"})
_CLOSING = frozenset({")", "]", "\\}", "rangle"})


def _other(match: re.Match[str]) -> Token | None:
    """Return the token of a match that is neither a number nor space; None where it is dropped."""
    if match["text"]:
        inner = match["inner"]
        if match["text"] in {"mathrm", "operatorname"} and inner.strip().isalpha() and len(inner.strip()) == 1:
            return Token("word", inner.strip())
        return Token("text", inner)
    command = match["command"]
    if command:
        if command in _DROPPED or command in _SPACES:
            return None
        if command in "{}":
            return Token("sign", "\\" + command)
        command = RENAMED.get(command, command)
        if command in {"{", "}"}:
            return Token("sign", "\\" + command)
        return Token("sign" if command in _SIGNS else "command", command)
    if match["word"]:
        return Token("word", match["word"])
    return Token("sign", match["sign"])


def _number(text: str, match: re.Match[str], *, commas: bool) -> tuple[Token, int]:
    """Read a number with its separators, its repeating digits and its exponent; return where it ends, too."""
    whole, _, part = match["number"].partition(".")
    position = match.end()
    grouped = _COMMA_GROUP if commas else None
    if "." not in match["number"] and 0 < len(whole) <= _LONGEST_FIRST_GROUP and not whole.startswith("0"):
        for pattern in (_REST_OF_GROUP, grouped):
            more = pattern.match(text, position) if pattern else None
            if more is None or pattern is None:
                continue
            while more is not None:
                whole += more[1]
                position = more.end()
                more = pattern.match(text, position)
            decimal = _FRACTION_PART.match(text, position)
            if decimal:
                part, position = decimal[0][1:], decimal.end()
            break
    if len(whole) + len(part) > MAX_DIGITS:
        raise UnreadableError("a number of too many digits")
    found = _Decimal(whole=whole, part=part, pointed="." in text[match.start() : position], position=position)
    value, position = found.value(text)
    exponent = (_SIGNED_EXPONENT if found.pointed else _EXPONENT).match(text, position)
    if exponent:
        if len(exponent[1]) > len(str(_MAX_EXPONENT)) + 1 or abs(int(exponent[1])) > _MAX_EXPONENT:
            raise UnreadableError("a number with too large an exponent")
        value *= Fraction(10) ** int(exponent[1])
        position = exponent.end()
    digits = len((whole + part).lstrip("0")) if part and position == found.position else 0
    return Token("number", whole + ("." + part if part else ""), value, digits), position


class _Decimal(NamedTuple):
    """The digits of a number, and where they end."""

    whole: str
    part: str
    pointed: bool
    position: int

    def value(self, text: str) -> tuple[Fraction, int]:
        """Return the value, and where it ends when the repeating digits behind it are read."""
        whole, part = self.whole, self.part
        value = Fraction(int(whole + part or "0"), 10 ** len(part))
        if not self.pointed:
            return value, self.position
        cycle = _CYCLE.match(text, self.position)
        digits = (cycle[1] or cycle[2] or cycle[3]) if cycle else ""
        if cycle and len(digits) <= MAX_DIGITS:
            return value + Fraction(int(digits), 10 ** len(part) * (10 ** len(digits) - 1)), cycle.end()
        ellipsis = _ELLIPSIS.match(text, self.position)
        again = _CYCLES.search(part[-_LONGEST_CYCLES:]) if ellipsis else None
        if ellipsis and again and len(again[0]) >= _SHORTEST_CYCLES:
            repeated = Fraction(int(again[1]), 10 ** len(part) * (10 ** len(again[1]) - 1))
            return value + repeated, ellipsis.end()
        return value, self.position
