"""Tests written in Python, brought into the shapes that the code rewards run."""

import ast
import builtins
import re
from typing import Any, NamedTuple

from reward_kit.errors import DataError

__all__ = ["CheckCall", "check_call", "has_assertions", "parsed", "tests_of_module", "unittest_truth"]

STREAMS = re.compile(r"\bsys\.std(?:in|out|err)\b|redirect_std")


class CheckCall(NamedTuple):
    """A last line such as ``check(add)``, and the text without it."""

    checker: str
    entry: str
    rest: str


def parsed(text: str) -> ast.Module:
    """Return the syntax tree of tests.

    Raises:
        DataError: they are no Python.
    """
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError) as error:
        problem = f"the tests are no Python ({error})"
        raise DataError(problem, field="test") from None


def check_call(text: str) -> CheckCall | None:
    """Return the call that a text of tests ends with; None where it ends otherwise."""
    tree = parsed(text)
    last = tree.body[-1] if tree.body else None
    match last:
        case ast.Expr(value=ast.Call(func=ast.Name(id=checker), args=[ast.Name(id=entry)], keywords=[])):
            rest = "\n".join(text.splitlines()[: last.lineno - 1]).rstrip()
            return CheckCall(checker, entry, rest)
    return None


def has_assertions(text: str) -> bool:
    """Say whether a text makes assertions outside of any function or class."""
    return any(isinstance(node, ast.Assert) for node in parsed(text).body)


def tests_of_module(module: str, text: str) -> dict[str, Any]:
    """Return a unittest that gets from the program what its text imports from ``module``."""
    tree = parsed(text)
    body: list[ast.stmt] = []
    for node in tree.body:
        match node:
            case ast.ImportFrom(module=name, names=names) if name == module:
                body += [_renamed(item) for item in names if item.asname not in {None, item.name}]
            case ast.If(test=ast.Compare(left=ast.Name(id="__name__"))):
                continue
            case ast.Import(names=names) if any(item.name == module for item in names):
                problem = f"the tests import {module!r} as a whole, which the program here is no module for"
                raise DataError(problem, field="test")
            case _:
                body.append(node)
    return unittest_truth(ast.unparse(ast.Module(body=body, type_ignores=[])))


def unittest_truth(text: str) -> dict[str, Any]:
    """Return a ground truth whose tests run apart from the program, or within its process where they have to."""
    truth = {"test": text}
    return {**truth, "trust": "in-process"} if STREAMS.search(text) or _gives_functions(parsed(text)) else truth


def _renamed(item: ast.alias) -> ast.stmt:
    return ast.parse(f"{item.asname} = {item.name}").body[0]


def _gives_functions(tree: ast.Module) -> bool:
    """Say whether tests give functions or classes of their own to the program: these can cross to no other process."""
    nodes = list(ast.walk(tree))
    own = {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    imported = {item.asname or item.name for node in nodes if isinstance(node, ast.ImportFrom) for item in node.names}
    known = own | imported | set(dir(builtins))
    for node in nodes:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id not in known:
            given = [*node.args, *(item.value for item in node.keywords)]
            if any(isinstance(item, ast.Lambda) or (isinstance(item, ast.Name) and item.id in own) for item in given):
                return True
    return False
