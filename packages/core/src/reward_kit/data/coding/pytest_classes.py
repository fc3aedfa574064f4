"""Classes of tests in pytest's style as unittest, which a sandbox without pytest runs."""

import ast
import importlib.resources
import re
import textwrap
from typing import Any

from reward_kit.data.coding.python_tests import parsed, unittest_truth
from reward_kit.errors import DataError

__all__ = ["as_unittest"]

SUBSET = "pytest_subset.py"
IMPORT_OF_PYTEST = re.compile(r"^import pytest\s*$|^from pytest import .*$", re.MULTILINE)


def as_unittest(text: str) -> dict[str, Any]:
    """Return the ground truth of tests that pytest would collect: ``Test*`` classes and ``test*`` functions.

    Raises:
        DataError: there are none, or they are no Python.
    """
    tree = parsed(IMPORT_OF_PYTEST.sub("", text))
    loose = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test")]
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef) and node.name.startswith("Test")]
    if not loose and not classes:
        problem = "no executable test"
        raise DataError(problem)
    methods = [item for node in classes for item in node.body if isinstance(item, ast.FunctionDef)]
    plain = not re.search(r"\bpytest\b", text) and all(
        [_is_plain(item, ["self"]) for item in methods] + [_is_plain(item, []) for item in loose]
    )
    for node in classes:
        if not node.bases:
            _become_unittest(node, plain=plain)
    if loose:
        tree.body += _class_of(loose, plain=plain)
    body = ast.unparse(ast.Module(body=tree.body, type_ignores=[]))
    if plain:
        return unittest_truth(f"import unittest\n\n{body}")
    return {"test": f"{_subset()}\n\n{body}", "trust": "in-process"}


def _is_plain(function: ast.FunctionDef, arguments: list[str]) -> bool:
    """Say whether a function needs nothing but unittest: it is no fixture and no set-up, and asks for none."""
    given = [argument.arg for argument in function.args.args]
    return (
        given == arguments and not function.decorator_list and function.name not in {"setup_method", "teardown_method"}
    )


def _class_of(loose: list[ast.FunctionDef], *, plain: bool) -> list[ast.stmt]:
    """Return a class that runs the test functions of a file."""
    base = "unittest.TestCase" if plain else "PytestStyle"
    lines = [f"class TestFunctions({base}):"]
    for node in loose:
        if plain:
            lines += [f"    def {node.name}(self):", f"        {node.name}()"]
        else:
            lines += [f"    pytest_{node.name} = staticmethod({node.name})", *_caller(node.name)]
    return ast.parse("\n".join(lines)).body


def _caller(name: str) -> list[str]:
    return [f"    def {name}(self):", f"        self.run_with_fixtures('pytest_{name}')"]


def _become_unittest(node: ast.ClassDef, *, plain: bool) -> None:
    """Give a class its base; a test that takes fixtures is called by one that takes none."""
    if plain:
        node.bases = [ast.parse("unittest.TestCase", mode="eval").body]
        return
    node.bases = [ast.Name(id="PytestStyle")]
    callers: list[ast.stmt] = []
    for item in node.body:
        if isinstance(item, ast.FunctionDef) and item.name.startswith("test"):
            name = item.name
            item.name = f"pytest_{name}"
            callers += ast.parse(textwrap.dedent("\n".join(_caller(name)))).body
    node.body += callers


def _subset() -> str:
    return (importlib.resources.files("reward_kit.data.coding") / SUBSET).read_text("utf-8")
