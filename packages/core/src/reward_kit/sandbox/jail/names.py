"""Which names tests leave open, and whose they are: the submission's, or the library's that the tests mean.

A name of the library must not be the submission's: a ``Counter`` or an ``np`` of its own would decide what the expected
value is.
"""

import ast
import builtins
import importlib
import sys
from collections.abc import Sequence
from typing import Any

__all__ = ["sorted_out"]

MEMBERS = {
    "collections": "Counter OrderedDict defaultdict deque namedtuple ChainMap",
    "decimal": "Decimal",
    "fractions": "Fraction",
    "datetime": "date timedelta timezone",
    "math": "isclose isnan isinf sqrt pi inf nan gcd lcm comb perm factorial prod ceil floor log log2 exp sin cos tan",
    "functools": "reduce partial cmp_to_key",
    "itertools": "permutations combinations product chain accumulate zip_longest groupby",
    "pathlib": "Path",
    "io": "StringIO BytesIO",
    "typing": "Any Callable Dict Iterable Iterator List Optional Sequence Set Tuple Union",
}
"""What tests write without importing it."""
MODULES = {"np": "numpy", "pd": "pandas", "dt": "datetime", "plt": "matplotlib.pyplot", "sp": "scipy"}
WRAPPERS = frozenset(
    "set sorted list tuple len str int float round abs bool dict isinstance all any repr type".split()  # noqa: SIM905 - shorter so
)


def sorted_out(texts: Sequence[str], tests: Sequence[str], entry: str) -> tuple[dict[str, Any], list[str]]:
    """Return what the library gives to tests, and the names that the submission is asked for.

    ``texts`` are all that the tests consist of. Where they name no function under test (``entry``), it is what every
    one of ``tests`` calls; that may be called like something of the library.
    """
    trees = [ast.parse(text) for text in texts]
    left = _open_names(trees) - {entry}
    ours = {name for name in left if _source(name)}
    wanted = left - ours
    if not wanted and not entry:
        called = _called_by_all([ast.parse(text) for text in tests])
        meant = called & ours or called - WRAPPERS or called
        wanted = {name for name in meant if name in ours or hasattr(builtins, name)}
    given = {name: _from_library(name) for name in sorted(ours - wanted)}
    return given, sorted(wanted | ({entry} if entry else set()))


def _source(name: str) -> tuple[str, str] | None:
    """Return the module that a name stands for or comes from, and the name in it."""
    module = next((module for module, members in MEMBERS.items() if name in members.split()), None)
    if module is not None:
        return module, name
    return (MODULES.get(name, name), "") if name in MODULES or name in sys.stdlib_module_names else None


def _from_library(name: str) -> Any:  # noqa: ANN401 - a module or what it holds
    module, member = _source(name) or (name, "")
    found = importlib.import_module(module)
    return getattr(found, member) if member else found


def _open_names(trees: Sequence[ast.AST]) -> set[str]:
    """Return the names that the tests read and nothing in them defines."""
    read: set[str] = set()
    defined = set(dir(builtins))
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.Name):
                (read if isinstance(node.ctx, ast.Load) else defined).add(node.id)
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                defined.add(node.name)
            elif isinstance(node, ast.arg):
                defined.add(node.arg)
            elif isinstance(node, ast.alias):
                defined.add((node.asname or node.name).split(".", 1)[0])
            elif isinstance(node, ast.ExceptHandler) and node.name:
                defined.add(node.name)
    return read - defined


def _called_by_all(trees: Sequence[ast.AST]) -> set[str]:
    called = [
        {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
        for tree in trees
    ]
    return set.intersection(*called) if called else set()
