"""Classes of tests in pytest's style as unittest, which a sandbox without pytest runs."""

import ast
import importlib.resources
import re
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
        raise DataError(problem, field="test")
    if loose:
        problem = "found tests outside of a class, expected Test* classes"
        raise DataError(problem, field="test")
    plain = not re.search(r"\bpytest\b", text) and all(_is_plain(node) for node in classes)
    for node in classes:
        if not node.bases:
            _become_unittest(node, plain=plain)
    body = ast.unparse(ast.Module(body=tree.body, type_ignores=[]))
    if plain:
        return unittest_truth(f"import unittest\n\n{body}")
    return {"test": f"{_subset()}\n\n{body}", "trust": "in-process"}


def _is_plain(node: ast.ClassDef) -> bool:
    """Say whether a class needs nothing but unittest: no fixture, no set-up."""
    methods = [item for item in node.body if isinstance(item, ast.FunctionDef)]
    return all(
        [argument.arg for argument in item.args.args] == ["self"] and not item.decorator_list for item in methods
    ) and not any(item.name in {"setup_method", "teardown_method"} for item in methods)


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
            callers += ast.parse(f"def {name}(self):\n    self.run_with_fixtures('pytest_{name}')").body
    node.body += callers


def _subset() -> str:
    return (importlib.resources.files("reward_kit.data.coding") / SUBSET).read_text("utf-8")
