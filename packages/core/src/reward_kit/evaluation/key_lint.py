"""Find keys that are written into source files: by their shape, and by the name that they are given to.

A text in the shape of a known service's key is one wherever it stands. Any other text is taken for one where it goes
by a name such as ``api_key``, ``token`` or ``secret`` (an assignment, an argument, a default, an entry of a dict, the
fallback of ``environ.get``) and looks random: long, without spaces, letters and digits mixed.

Not covered: keys that are put together at run time, that have an innocent name, or that are made of words.
"""

import ast
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from reward_kit.errors import UsageError
from reward_kit.redaction import KEY_SHAPES

__all__ = ["WrittenKey", "refuse_keys", "written_keys"]

SHORTEST_SECRET = 8
"""A shorter one is no secret, and is in many a file by chance."""
SHORTEST_RANDOM = 16
"""Characters from which on a text can look random."""
LEAST_CHANGES = 0.25
"""Changes between capitals, small letters and digits, per character: random text has about twice as many."""
LEAST_ENTROPY = 3.0
"""Bits per character: 16 hexadecimal digits by chance have about 3.4, a row of the same few has less."""
ADVICE = "read it from the environment instead of sending it"

_NAME = re.compile(
    r"(?:^|[_-])(?:api_?key|access_?key|private_?key|key|token|secret|passwd|password|credentials?|authorization)$",
    re.IGNORECASE,
)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_SCHEME = re.compile(r"^(?:bearer|token|basic)\s+", re.IGNORECASE)
_RANDOM = re.compile(r"(?=.*[0-9])(?=.*[A-Za-z])[A-Za-z0-9_.~+/=-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenKey:
    """A place where a source holds what looks like a key; the key itself is not kept."""

    file: str
    line: int
    name: str
    """What it is assigned to; empty where its shape alone gives it away."""

    def __str__(self) -> str:
        by = f" (by the name {self.name!r})" if self.name else ""
        return f"{self.file}:{self.line} holds what looks like a key{by}; {ADVICE}"


def refuse_keys(files: Mapping[str, str], secrets: Iterable[str] = ()) -> None:
    """Fail if a file holds one of ``secrets``, or what looks like a key.

    Raises:
        UsageError: names the file and the line, and not the key.
    """
    for found in written_keys(files, secrets):
        raise UsageError(str(found))


def written_keys(files: Mapping[str, str], secrets: Iterable[str] = ()) -> Iterator[WrittenKey]:
    """Yield where ``files``, texts by their names, hold one of ``secrets`` or what looks like a key."""
    known = [secret for secret in secrets if len(secret) >= SHORTEST_SECRET]
    for file, text in files.items():
        lines = dict(_named(text)) if file.endswith(".py") else {}
        for number, line in enumerate(text.splitlines(), start=1):
            if number in lines or KEY_SHAPES.search(line) or any(secret in line for secret in known):
                yield WrittenKey(file=file, line=number, name=lines.get(number, ""))


def _named(text: str) -> Iterator[tuple[int, str]]:
    """Yield the line and the name of each text that looks random and goes by the name of a key."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return
    for node in ast.walk(tree):
        for name, value in _pairs(node):
            if isinstance(value, ast.Constant) and _NAME.search(_CAMEL.sub("_", name)) and _is_random(value.value):
                yield value.lineno, name


def _pairs(node: ast.AST) -> Iterator[tuple[str, ast.expr | None]]:
    """Yield what ``node`` gives a name to, with the name."""
    if isinstance(node, ast.Assign):
        yield from ((_name(target), node.value) for target in node.targets)
    elif isinstance(node, ast.AnnAssign | ast.NamedExpr):
        yield _name(node.target), node.value
    elif isinstance(node, ast.keyword):
        yield node.arg or "", node.value
    elif isinstance(node, ast.Dict):
        yield from ((_name(key), value) for key, value in zip(node.keys, node.values, strict=True))
    elif isinstance(node, ast.arguments):
        positional = [*node.posonlyargs, *node.args]
        ending = positional[len(positional) - len(node.defaults) :]
        yield from ((argument.arg, value) for argument, value in zip(ending, node.defaults, strict=True))
        yield from ((argument.arg, value) for argument, value in zip(node.kwonlyargs, node.kw_defaults, strict=True))
    elif isinstance(node, ast.Call) and len(node.args) > 1:
        yield _name(node.args[0]), node.args[1]


def _name(node: ast.expr | None) -> str:
    """Return the last part of the name that ``node`` is; empty where it is none."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Subscript):
        return _name(node.slice)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _is_random(value: object) -> bool:
    text = value.decode("ascii", "replace") if isinstance(value, bytes) else value
    if not isinstance(text, str):
        return False
    text = _SCHEME.sub("", text)
    return (
        len(text) >= SHORTEST_RANDOM
        and bool(_RANDOM.fullmatch(text))
        and _changes(text) >= LEAST_CHANGES
        and _entropy(text) >= LEAST_ENTROPY
    )


def _changes(text: str) -> float:
    """Return how often a capital, a small letter or a digit follows one of the others, per character."""
    kinds = [(letter.isdigit(), letter.isupper()) for letter in text if letter.isalnum()]
    return sum(first != second for first, second in pairwise(kinds)) / len(text)


def _entropy(text: str) -> float:
    """Return Shannon's entropy of the characters of ``text``, in bits per character."""
    shares = [count / len(text) for count in Counter(text).values()]
    return -sum(share * math.log2(share) for share in shares)
