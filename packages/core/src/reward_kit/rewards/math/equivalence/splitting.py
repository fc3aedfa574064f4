"""Cut a list of tokens where no bracket encloses them, and take the units off its end."""

from reward_kit.rewards.math.equivalence.errors import UnreadableError
from reward_kit.rewards.math.equivalence.lexer import Token, tokens
from reward_kit.rewards.math.equivalence.vocabulary import FUNCTIONS, WORDS
from reward_kit.rewards.math.units import is_measure, read_units

__all__ = ["enclosed", "has_sign", "one_sign", "separated", "split", "text_of", "without_units"]

_OPENING = frozenset({"(", "[", "{", "\\{", "langle", "lfloor", "lceil", "begin"})
_CLOSING = frozenset({")", "]", "}", "\\}", "rangle", "rfloor", "rceil", "end"})
_JOINTS = {"and": "and", "or": "or", ",": ",", "and/or": "or", ", and": "and", ", or": "or"}
_DROPPED_ENDS = frozenset({".", ",", ";"})
_PERCENT = frozenset({"percent", "pct", "percentage", "per cent"})
_LONGEST_SYMBOL = 2


def text_of(found: list[Token]) -> str:
    """Return the tokens as one text without spaces."""
    return "".join(token.text.strip() for token in found)


def enclosed(found: list[Token]) -> list[Token]:
    """Take off closing punctuation, dollars, and the braces around all of it."""
    found = [token for token in found if token.text != "$" or token.kind != "sign"]
    closing = _closing_braces(found)
    start, end = 0, len(found)
    while start < end:
        if found[end - 1].text in _DROPPED_ENDS and found[end - 1].kind == "sign":
            end -= 1
        elif closing.get(start) == end - 1:
            start, end = start + 1, end - 1
        else:
            break
    return found[start:end]


def _closing_braces(found: list[Token]) -> dict[int, int]:
    """Return where each brace is closed."""
    opened: list[int] = []
    closing: dict[int, int] = {}
    for at, token in enumerate(found):
        if token.text == "{":
            opened.append(at)
        elif token.text == "}" and opened:
            closing[opened.pop()] = at
    return closing


def split(found: list[Token], signs: frozenset[str]) -> tuple[list[list[Token]], list[str]]:
    """Cut at ``signs`` outside brackets; return the parts and the signs between them."""
    parts: list[list[Token]] = [[]]
    between: list[str] = []
    level = bars = 0
    at = 0
    while at < len(found):
        token = found[at]
        sign, width = _sign(found, at)
        step = _level(found, at)
        if step:
            level = max(0, level + step)
        elif token.text == "|" and "|" not in signs:
            bars ^= 1
        if sign in signs and not level and not bars and token.kind != "text":
            between.append(sign)
            parts.append([])
        else:
            parts[-1].extend(found[at : at + width])
        at += width
    return parts, between


def _level(found: list[Token], at: int) -> int:
    """Return 1 for a bracket that opens and -1 for one that closes, also those of ``]0, 1[``."""
    token = found[at]
    if token.kind in {"text", "word"}:
        return 0
    if at == 0 and token.text == "]" and found[-1].text in {"[", "]"} and len(found) > 1:
        return 1
    if at == len(found) - 1 and token.text == "[" and found[0].text in {"[", "]"}:
        return -1
    return (token.text in _OPENING) - (token.text in _CLOSING)


def _sign(found: list[Token], at: int) -> tuple[str, int]:
    """Return the sign at a place, and of how many tokens it is: ``<=`` and ``!=`` are of two."""
    token = found[at]
    following = found[at + 1].text if at + 1 < len(found) else ""
    if token.kind in {"text", "word"}:
        return "", 1
    if token.text in {"<", ">"} and following == "=":
        return ("le" if token.text == "<" else "ge"), 2
    if token.text == "!" and following == "=" and at and (token.spaced or found[at - 1].kind == "word"):
        return "ne", 2
    if token.text == "not" and following in {"=", "in"}:
        return ("ne" if following == "=" else "notin"), 2
    if token.text == "=" and following == "=":
        return "=", 2
    return token.text, 1


def separated(found: list[Token], *, words: bool = True) -> tuple[list[list[Token]], str]:
    """Cut a list at its separators; return the parts, and the strongest word or sign between them.

    Where there are semicolons and commas, only the semicolons separate.
    """
    found = _with_joints(found) if words else found
    for signs in (frozenset({";", "\\"}), frozenset({",", "joint and", "joint or"})):
        parts, between = split(found, signs)
        if between:
            parts = [part for part in parts if part] if signs != {";", "\\"} or parts[-1] else parts[:-1]
            if ";" in between or "\\" in between:
                nested = any(split(part, frozenset({",", "joint and"}))[1] for part in parts)
                return parts, ";" if nested else ","
            joint = "or" if "joint or" in between else "and" if "joint and" in between else ","
            return parts, joint
    return [found], ""


def _with_joints(found: list[Token]) -> list[Token]:
    r"""Mark the words between answers, whether they are text (``\text{ or }``) or plain."""
    if not any(token.kind in {"text", "word", "command"} and _has_joint(token.text) for token in found):
        return found
    marked: list[Token] = []
    for token in found:
        joint = _JOINTS.get(token.text.strip().lower())
        if token.kind in {"text", "word", "command"} and joint:
            marked.append(Token("sign", "," if joint == "," else f"joint {joint}"))
        elif token.kind == "text" and _has_joint(token.text):
            inner = _with_joints(tokens(token.text))
            if not any(part.text.startswith("joint ") for part in inner):
                inner = [token]
            marked.extend(inner)
        else:
            marked.append(token)
    return marked


def _has_joint(text: str) -> bool:
    return any(word.strip(",") in {"and", "or", "and/or", ""} for word in text.lower().split(" "))


def has_sign(found: list[Token]) -> bool:
    r"""Say whether ``\pm`` occurs outside the braces of a set."""
    level = 0
    for token in found:
        level += (token.text == "\\{") - (token.text == "\\}")
        if token.text in {"pm", "mp"} and token.kind == "command" and not level:
            return True
    return False


def one_sign(found: list[Token], *, plus: bool) -> list[Token]:
    r"""Return the tokens with ``\pm`` read as plus or as minus, and ``\mp`` as the opposite."""
    chosen = {"pm": "+" if plus else "-", "mp": "-" if plus else "+"}
    return [
        Token("sign", chosen[token.text]) if token.kind == "command" and token.text in chosen else token
        for token in found
    ]


def without_units(found: list[Token]) -> tuple[list[Token], tuple[str, ...], bool]:
    """Take units and a percent sign off the end of a value, and a sign of money off its beginning."""
    start = _start_of_units(found)
    rest, unit = found[:start], found[start:]
    percent = False
    if unit and unit[0].text.strip().lower() in _PERCENT:
        percent, unit = True, unit[1:]
    elif rest and rest[-1].text == "%" and rest[-1].kind == "sign":
        percent, rest = True, rest[:-1]
    rest, degrees = _without_degree(rest)
    written = "".join(
        token.text if token.text in _JOINED or (at and unit[at - 1].text in _JOINED) else " " + token.text
        for at, token in enumerate(unit)
    )
    units = read_units(written) if unit else ()
    if units is None:
        raise UnreadableError(f"words that are no unit: {written[:20]!r}")
    return rest, (("degree", *units) if degrees else units), percent


_JOINED = frozenset({"^", "{", "}", "/", "-"})


def _start_of_units(found: list[Token]) -> int:
    """Return where the units at the end of a value begin: words, their powers, and slashes between them."""
    start = at = len(found)
    while at:
        at -= 1
        token = found[at]
        if _is_unit(token, first=not at):
            start = at
        elif token.kind == "number" and at and found[at - 1].text in {"^", "{", "-"}:
            continue
        elif token.kind in {"text", "word", "number"} or token.text not in _JOINED:
            break
    return start


def _is_unit(token: Token, *, first: bool) -> bool:
    if token.kind == "text":
        return any(char.isalpha() for char in token.text) and not (first and len(token.text.strip()) == 1)
    if token.kind != "word" or token.text in WORDS:
        return False
    return len(token.text) > _LONGEST_SYMBOL + 1 or (len(token.text) == _LONGEST_SYMBOL and is_measure(token.text))


def _without_degree(found: list[Token]) -> tuple[list[Token], bool]:
    """Take the degree sign off the end, but for that of an angle within a function."""
    if any(token.text in FUNCTIONS for token in found):
        return found, False
    texts = [token.text for token in found[-4:]]
    if texts[-2:] == ["^", "circ"]:
        return found[:-2], True
    if texts == ["^", "{", "circ", "}"]:
        return found[:-4], True
    return found, False
