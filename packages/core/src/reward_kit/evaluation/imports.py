"""Find the source files that a module needs, by reading the imports instead of running them.

Followed are imports of first-party code, those inside functions too: ``reward_kit`` and ``reward_kit_*``, the
package that is asked for, and whatever is not installed in site-packages. An ``__init__`` that loads names on first
use is followed through the imports that it declares under ``if TYPE_CHECKING:``. A package whose files are read, by
``importlib.resources.files("its.name")``, is taken as a whole.

Not covered: modules named at run time (``import_module(variable)``), and files that are not Python.
"""

import ast
import importlib.util
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from reward_kit.errors import UsageError

__all__ = ["Sources", "sources_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """First-party source files, and what else they import."""

    files: dict[str, str]
    """The text of each file by its name relative to the import root, with ``/``."""
    third_party: frozenset[str]
    """Top-level names of the other packages, as far as they are installed."""


def sources_of(code: str, *, own: Iterable[str] = ()) -> Sources:
    """Return the sources that ``code``, the text of a module, needs; ``own`` names top-level packages to include.

    Raises:
        UsageError: a module that it imports has no Python source.
    """
    walk = _Walk(own=frozenset(own))
    walk.follow(code, package="")
    return Sources(files=dict(sorted(walk.files.items())), third_party=frozenset(walk.third_party))


@dataclass(slots=True)
class _Walk:
    own: frozenset[str]
    files: dict[str, str] = field(default_factory=dict)
    third_party: set[str] = field(default_factory=set)
    _lazy: dict[str, dict[str, str]] = field(default_factory=dict)
    """Per package, the names that its ``__init__`` loads on first use, and the module of each."""
    _followed: set[tuple[str, str]] = field(default_factory=set)
    _whole: set[str] = field(default_factory=set)
    """Files whose functions have been followed, too."""

    def follow(self, code: str, *, package: str, whole: bool = True) -> None:
        """Add what the module with this text imports; ``package`` is what its relative imports start from.

        Unless ``whole``, what happens inside its functions is left out: nobody calls them.
        """
        tree = ast.parse(code)
        bound: dict[str, str] = {}
        for node in _running(tree, functions=whole):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    self._module(alias.name)
                    bound[alias.asname or alias.name.partition(".")[0]] = (
                        alias.name if alias.asname else alias.name.partition(".")[0]
                    )
            elif isinstance(node, ast.ImportFrom):
                base = _absolute(node, package)
                self._module(base)
                for alias in node.names:
                    self._name(base, alias.name)
        for node in _running(tree, functions=whole):
            if isinstance(node, ast.Attribute) and (path := _dotted(node)) and path[0] in bound:
                self._attributes(bound[path[0]], path[1:])
            elif isinstance(node, ast.Call) and (name := _read_package(node)) and self._first_party(name):
                self._package(name)

    def _package(self, name: str) -> None:
        """Add every module of a package."""
        spec = _spec(name)
        for folder in (spec and spec.submodule_search_locations) or []:
            for file in sorted(Path(folder).glob("*.py")):
                self._module(name if file.stem == "__init__" else f"{name}.{file.stem}")

    def _attributes(self, module: str, path: list[str]) -> None:
        """Follow ``reward_kit.models.Message`` after ``import reward_kit``."""
        for name in path:
            self._name(module, name)
            module = f"{module}.{name}"

    def _name(self, module: str, name: str) -> None:
        """Add what ``from module import name`` loads beyond the module itself."""
        if (module, name) in self._followed or not self._first_party(module):
            return
        self._followed.add((module, name))
        for lazy, home in list(self._lazy.get(module, {}).items()):
            if name in {lazy, "*"}:
                self._module(home)
                self._name(home, lazy)
        if name != "*" and _file_name(module).endswith("__init__.py") and _spec(f"{module}.{name}") is not None:
            self._module(f"{module}.{name}")

    def _module(self, name: str, *, whole: bool = True) -> None:
        """Add a module; unless ``whole``, it is there for the sake of a module below it."""
        top = name.partition(".")[0]
        if not self._first_party(top):
            if top not in sys.stdlib_module_names and _spec(top) is not None:
                self.third_party.add(top)
            return
        parent = name.rpartition(".")[0]
        if parent:
            self._module(parent, whole=False)
        file = _file_name(name)
        if not file or file in self._whole or (file in self.files and not whole):
            return
        if whole:
            self._whole.add(file)
        text = _source(name)
        self.files[file] = text
        package = name if file.endswith("__init__.py") else parent
        if file.endswith("__init__.py"):
            self._lazy[name] = _declared(ast.parse(text), package)
        self.follow(text, package=package, whole=whole)

    def _first_party(self, name: str) -> bool:
        top = name.partition(".")[0]
        if top == "reward_kit" or top.startswith("reward_kit_") or top in self.own:
            return _spec(top) is not None
        if top in sys.stdlib_module_names:
            return False
        spec = _spec(top)
        return spec is not None and bool(spec.origin) and not _installed(Path(str(spec.origin)))


def _running(tree: ast.AST, *, functions: bool) -> Iterator[ast.AST]:
    """Yield the nodes of ``tree`` in order, without what only type checkers see and, if asked, without functions."""
    for node in ast.iter_child_nodes(tree):
        if not functions and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.If) and _is_type_checking(node.test):
            for other in node.orelse:
                yield other
                yield from _running(other, functions=functions)
            continue
        yield node
        yield from _running(node, functions=functions)


def _declared(tree: ast.Module, package: str) -> dict[str, str]:
    """Return the names that an ``__init__`` imports under ``if TYPE_CHECKING:``, and the module of each."""
    found = {}
    for node in tree.body:
        if isinstance(node, ast.If) and _is_type_checking(node.test):
            for inner in ast.walk(node):
                if isinstance(inner, ast.ImportFrom):
                    found.update({alias.asname or alias.name: _absolute(inner, package) for alias in inner.names})
    return found


def _is_type_checking(test: ast.expr) -> bool:
    return (isinstance(test, ast.Name) and test.id == "TYPE_CHECKING") or (
        isinstance(test, ast.Attribute) and test.attr == "TYPE_CHECKING"
    )


def _read_package(call: ast.Call) -> str:
    """Return the package whose files a call of ``importlib.resources.files`` gives, where it says which."""
    named = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    first = call.args[0] if named == "files" and call.args else None
    return first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else ""


def _dotted(node: ast.Attribute) -> list[str]:
    path = [node.attr]
    value = node.value
    while isinstance(value, ast.Attribute):
        path.append(value.attr)
        value = value.value
    return [value.id, *reversed(path)] if isinstance(value, ast.Name) else []


def _absolute(node: ast.ImportFrom, package: str) -> str:
    if not node.level:
        return node.module or ""
    parts = package.split(".")
    base = ".".join(parts[: len(parts) - node.level + 1])
    return ".".join(part for part in (base, node.module) if part)


def _spec(name: str) -> importlib.machinery.ModuleSpec | None:
    try:
        return importlib.util.find_spec(name)
    except (ImportError, ValueError, AttributeError):
        return None


def _file_name(module: str) -> str:
    """Return the file of a module relative to the import root; empty for a folder without ``__init__.py``."""
    spec = _spec(module)
    if spec is None or spec.origin is None:
        return ""
    return module.replace(".", "/") + ("/__init__.py" if spec.submodule_search_locations is not None else ".py")


def _source(module: str) -> str:
    spec = _spec(module)
    origin = spec.origin if spec else None
    if not origin or not origin.endswith(".py"):
        message = f"the module {module!r} comes from {origin!r}, expected Python source; only source can be packaged"
        raise UsageError(message)
    return Path(origin).read_text(encoding="utf-8")


def _installed(origin: Path) -> bool:
    folders = {sysconfig.get_path(name) for name in ("purelib", "platlib", "stdlib", "platstdlib")}
    return any(origin.is_relative_to(folder) for folder in folders if folder)
