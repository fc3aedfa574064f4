r"""Read the structure of an answer: lists, sets, tuples, intervals, relations, ratios, matrices, words.

The text is cut at the separators and signs that no bracket encloses, from the weakest binding to the strongest; what
remains between them is an expression. ``\pm`` makes two answers of one.
"""

from reward_kit.rewards.math.equivalence.errors import UnreadableError
from reward_kit.rewards.math.equivalence.expression import number
from reward_kit.rewards.math.equivalence.lexer import Token, tokens
from reward_kit.rewards.math.equivalence.matrices import read_matrix
from reward_kit.rewards.math.equivalence.model import (
    Choice,
    Group,
    NamedSet,
    Opaque,
    Ratio,
    Reading,
    Relation,
    Scalar,
    SetOperation,
    Side,
)
from reward_kit.rewards.math.equivalence.naming import is_name
from reward_kit.rewards.math.equivalence.parser import parse_expression
from reward_kit.rewards.math.equivalence.splitting import (
    enclosed,
    has_sign,
    one_sign,
    separated,
    split,
    text_of,
    without_units,
)
from reward_kit.rewards.math.equivalence.symbols import unicode_to_latex
from reward_kit.rewards.math.equivalence.values import Value
from reward_kit.rewards.math.equivalence.vocabulary import WORDS
from reward_kit.rewards.math.equivalence.wording import bare, based, choice, clock, words
from reward_kit.rewards.math.numbers import parse_number

__all__ = ["MAX_LENGTH", "read"]

MAX_LENGTH = 4000
MAX_NESTING = 12
_RELATIONS = frozenset({"=", "<", ">", "le", "ge", "ne", "approx", "in", "notin", "subset", "subseteq", "equiv", "sim"})
_SETS = {"R": "R", "Z": "Z", "N": "N", "Q": "Q", "C": "C"}
_INFINITE = {("infty",): 1, ("+", "infty"): 1, ("-", "infty"): -1}
_CLOCK_PARTS = 2
_MAX_HOUR, _MAX_MINUTE = 24, 59


def read(text: str, *, commas: bool = True) -> Reading:
    """Return what ``text`` says.

    Args:
        text: an answer without the mark around it.
        commas: whether ``1,234`` is one number, outside brackets.

    Raises:
        UnreadableError: it is too long, or nothing.
    """
    if len(text) > MAX_LENGTH:
        raise UnreadableError("a text that is too long")
    plainly = bare(text)
    for special in (clock, based):
        found = special(plainly)
        if found is not None:
            return found
    letter = choice(text, plainly)
    if letter is not None:
        return Choice(letter=letter[0], rest=_rest_of_choice(letter[1]))
    written = unicode_to_latex(text)
    try:
        return _answer(tokens(written, commas=commas), 0)
    except UnreadableError as error:
        return _otherwise(text, plainly, error)


def _rest_of_choice(text: str) -> Reading | None:
    try:
        return read(text) if text else None
    except UnreadableError:
        return None


def _otherwise(text: str, plainly: str, error: UnreadableError) -> Reading:
    """Return the number or the words of a text that is no mathematics."""
    counted = parse_number(text)
    if counted is not None:
        digits = sum(char.isdigit() for char in plainly) if "." in plainly else 0
        return Scalar(value=Value(number(counted.value, digits)), units=counted.units, percent=counted.percent)
    spoken = words(plainly) if "\\" not in plainly and not set(plainly) & set("=<>^") else None
    if spoken is None:
        if not plainly:
            raise UnreadableError("the answer is empty") from error
        return Opaque(text=text, reason=str(error))
    return spoken


def _answer(found: list[Token], depth: int) -> Reading:
    """Read an answer that may be several."""
    if depth > MAX_NESTING:
        raise UnreadableError("nested too deeply")
    found = enclosed(found)
    if not found:
        raise UnreadableError("the answer is empty")
    parts, joint = separated(found)
    if not parts:
        raise UnreadableError("the answer is empty")
    if len(parts) == 1:
        items = _item(parts[0], depth)
        return items[0] if len(items) == 1 else Group(brackets="", items=tuple(items), joint="or")
    if any(part and text_of(part) in {"ldots", "..."} for part in parts):
        raise UnreadableError("an endless list")
    items = [item for part in parts for item in (_item(part, depth) if joint != ";" else [_answer(part, depth + 1)])]
    return _list(items, joint)


def _list(items: list[Reading], joint: str) -> Reading:
    """Make a list; a name before the first of its values belongs to all of them (``x = 1, 2``)."""
    if not items:
        raise UnreadableError("a list of nothing")
    first = items[0]
    if isinstance(first, Relation) and first.equality and len(first.sides) == 2:  # noqa: PLR2004
        rest = items[1:]
        if first.sides[0].names and first.sides[1].reading and all(isinstance(item, Scalar | Group) for item in rest):
            items = [first.sides[1].reading, *rest]
    return Group(brackets="", items=tuple(items), joint="or" if joint == "or" else "and" if joint == "and" else ",")


def _item(found: list[Token], depth: int) -> list[Reading]:
    r"""Read one answer, or two where it has ``\pm`` outside the braces of a set."""
    if depth > MAX_NESTING:
        raise UnreadableError("nested too deeply")
    found = enclosed(found)
    if not found:
        raise UnreadableError("an empty place in a list")
    if has_sign(found):
        return [_single(one_sign(found, plus=plus), depth) for plus in (True, False)]
    return [_single(found, depth)]


def _single(found: list[Token], depth: int) -> Reading:
    """Read one relation, set, group, matrix, ratio or value."""
    if len(found) == 1 and found[0].kind == "text":
        inner = unicode_to_latex(found[0].text)
        return _single_text(inner, depth)
    sides, signs = split(found, _RELATIONS)
    if signs:
        return _relation(sides, signs, depth)
    parts, operations = split(found, frozenset({"cup", "cap", "setminus"}))
    if operations:
        return _sets(parts, operations, depth)
    named = _named_set(found)
    if named is not None:
        return named
    cells = read_matrix(found, lambda cell: _answer(cell, depth + 1))
    if cells is not None:
        return cells
    group = _group(found, depth)
    if group is not None:
        return group
    parts, colons = split(found, frozenset({":"}))
    if colons:
        return _ratio(parts)
    return _words(found) or _scalar(found)


_PRODUCTS = frozenset("xyz")
_SHORT_WORDS = frozenset({"no", "on", "is", "it", "of", "at", "to", "by", "if", "so", "in", "me", "he", "we", "up"})


def _words(found: list[Token]) -> Reading | None:
    """Return the words that the whole of ``found`` is; letters side by side may be a product instead."""
    if any(token.kind not in {"word", "text"} for token in found):
        return None
    if len(found) == 1:
        text = found[0].text
        product = len(text) == 1 or (len(text) == 2 and text.lower() not in _SHORT_WORDS)  # noqa: PLR2004
        if product or text in WORDS or set(text) <= _PRODUCTS:
            return None
    return words(bare(" ".join(token.text for token in found)))


def _single_text(inner: str, depth: int) -> Reading:
    r"""Read the inside of ``\text{…}``: mathematics in words, or words."""
    spoken = words(bare(inner))
    found = tokens(inner)
    if spoken is not None and any(token.kind == "word" and len(token.text) > 1 for token in found):
        return spoken
    try:
        return _answer(found, depth + 1)
    except UnreadableError:
        if spoken is None:
            raise
        return spoken


def _relation(parts: list[list[Token]], signs: list[str], depth: int) -> Relation:
    return Relation(sides=tuple(_side(part, depth) for part in parts), signs=tuple(signs))


def _side(found: list[Token], depth: int) -> Side:
    try:
        reading = _answer(found, depth + 1) if found else None
    except UnreadableError:
        reading = None
    digits = level = 0
    for at, token in enumerate(found):
        level += (token.text in {"(", "{", "["}) - (token.text in {")", "}", "]"})
        digits += token.kind == "number" and not level and found[at - 1].text != "_"
    return Side(reading=reading, label=text_of(found), names=is_name(found, reading), digits=bool(digits))


def _sets(parts: list[list[Token]], operations: list[str], depth: int) -> SetOperation:
    operands = [_answer(part, depth + 1) for part in parts]
    return SetOperation(first=operands[0], rest=tuple(zip(operations, operands[1:], strict=True)))


def _named_set(found: list[Token]) -> Reading | None:
    written = text_of(found)
    if written in {"emptyset", "\\{\\}"}:
        return NamedSet(name="empty")
    if written == "Reals":
        return NamedSet(name="R")
    if found[0].text in {"mathbb", "Bbb"}:
        name = written[len(found[0].text) :].replace("{", "").replace("}", "")
        if name[:1] in _SETS:
            return NamedSet(name=name)
    if len(found) > 3 and found[0].text in {"mathbb", "Bbb"}:  # noqa: PLR2004
        raise UnreadableError("a set with an unknown name")
    return None


_CLOSING = {"(": ")]", "[": ")]", "\\{": ("\\}",), "langle": ("rangle",), "]": "[]", "|": ()}


def _group(found: list[Token], depth: int) -> Reading | None:
    """Read a tuple, an interval or a set in its brackets."""
    opening, closing = found[0].text, found[-1].text
    if found[0].kind == "text" or len(found) < 2 or closing not in _CLOSING.get(opening, ()):  # noqa: PLR2004
        return None
    inner = found[1:-1]
    parts, _ = separated(inner, words=opening == "\\{")
    if opening == "\\{":
        sides, bars = split(inner, frozenset({"|", ":"}))
        if len(bars) == 1 and len(sides[0]) and len(parts) >= 1 and _is_variable(sides[0]):
            return _answer(sides[1], depth + 1)
        items = [item for part in parts for item in _item(part, depth + 1)]
        return Group(brackets="{}", items=tuple(items))
    if len(parts) == 1:
        return None
    brackets = "()" if opening == "langle" else opening + closing
    brackets = brackets.replace("][", "()") if brackets == "][" else brackets
    if opening == "]":
        brackets = "(" + (")" if closing == "[" else "]")
    if any(not part for part in parts):
        raise UnreadableError("an empty place in brackets")
    return Group(brackets=brackets, items=tuple(_answer(part, depth + 1) for part in parts))


def _is_variable(found: list[Token]) -> bool:
    r"""Say whether tokens name the member of a set that is described: ``x``, ``x \in \mathbb{R}``, ``(x, y)``."""
    sides, _ = split(found, frozenset({"in"}))
    return all(token.kind == "word" or token.text in "()," for token in sides[0])


def _ratio(parts: list[list[Token]]) -> Ratio:
    scalars = tuple(_scalar(part) for part in parts)
    written = [text_of(part) for part in parts]
    is_clock = all(text.isdigit() for text in written) and (
        len(written) in {_CLOCK_PARTS, _CLOCK_PARTS + 1}
        and int(written[0][:3]) <= _MAX_HOUR
        and all(len(text) == 2 and int(text) <= _MAX_MINUTE for text in written[1:])  # noqa: PLR2004
    )
    return Ratio(parts=scalars, clock=is_clock, zeros=any(len(text) > 1 and text[0] == "0" for text in written))


def _scalar(found: list[Token]) -> Scalar:
    infinite = _INFINITE.get(tuple(token.text for token in found), 0)
    rest, units, percent = without_units(found)
    if not rest:
        raise UnreadableError("a unit without a number")
    tree = parse_expression(rest)
    return Scalar(value=Value(tree), units=units, percent=percent, infinite=infinite)
