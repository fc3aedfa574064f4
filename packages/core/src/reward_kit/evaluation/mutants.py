"""Wrong versions of a reference that is a program, or that states a value: none of them may earn the whole reward.

A mutant that earns it shows that the tests do not see what the program gives. The kinds: an empty body, a constant
result, a result off by one, a result of another type; the last two only where the program gives results at all.

Not covered: every other constant that all tests of a row may expect.
"""

import ast
import json
import re
from collections.abc import Iterator
from typing import TypeGuard

from reward_kit.models import Sample
from reward_kit.rewards.code_execution.blocks import find_program

__all__ = ["mutants"]

ENTRY_KEYS = ("entry_point", "function_to_call", "fn_name")
WORD = re.compile(r"\w+")
CODE_KEYS = ("test", "test_list", "assertions", "test_setup_code")
CHANGES = {
    "constant return": "return 7",
    "off by one": """result = original(*args, **kwargs)
        if isinstance(result, bool):
            return not result
        if isinstance(result, (int, float, complex)):
            return result + 1
        if isinstance(result, str):
            return result + "x"
        if isinstance(result, (list, tuple)):
            return type(result)([*result, 0])
        return 0 if result is None else None""",
    "wrong type": """result = original(*args, **kwargs)
        return [result] if isinstance(result, str) else str(result)""",
}
TRUTHS = ("True", "False")
"""Constants that are tried, too, where the tests name them: all tests of a yes or no question may expect the same."""
WRAPPER = """

def _mutated(original):
    if isinstance(original, (staticmethod, classmethod)):
        return type(original)(_mutated(original.__func__))
    if isinstance(original, property):
        return property(_mutated(original.fget), original.fset, original.fdel)
    if isinstance(original, type):
        for name, member in list(vars(original).items()):
            kinds = (staticmethod, classmethod, property)
            if (callable(member) or isinstance(member, kinds)) and name not in {kept!r}:
                setattr(original, name, _mutated(member))
        return original
    def mutant(*args, **kwargs):
        {change}
    return mutant

for _name in {names!r}:
    globals()[_name] = _mutated(globals()[_name])
"""
KEPT = (
    "__init__", "__new__", "__post_init__", "__init_subclass__", "__class_getitem__",
    "__getattr__", "__getattribute__", "__setattr__", "__delattr__", "__hash__",
)  # fmt: skip
"""Methods that give no results, or without which no object can be."""
PRINTED = {
    "off by one": r"""re.sub(r"(\d+)(?!.*\d)", lambda found: str(int(found[1]) + 1), text, flags=re.DOTALL)"""
    ''' if re.search(r"\\d", text) else text + "x"''',
    "wrong type": "repr(text)",
}
PRINTING = """
import io, re, sys
kept, sys.stdout = sys.stdout, io.StringIO()
try:
    exec(compile({source!r}, "<mutant>", "exec"), {{"__name__": "__main__"}})
finally:
    text = sys.stdout.getvalue()
    sys.stdout = kept
    print({change})
"""
JAVASCRIPT = {
    "constant return": "7",
    "off by one": "((r) => typeof r === 'number' ? r + 1 : typeof r === 'boolean' ? !r"
    " : typeof r === 'string' ? r + 'x' : Array.isArray(r) ? [...r, 0] : null)(original(...args))",
    "wrong type": "((r) => typeof r === 'string' ? [r] : String(r))(original(...args))",
}


def mutants(sample: Sample) -> Iterator[tuple[str, str]]:
    """Yield the kind and the text of each wrong version of the reference of ``sample``."""
    reference = sample.reference_message
    language = str(sample.extra.get("language", ""))
    if reference is None or not language:
        return
    truth = _decoded(sample.ground_truth)
    if isinstance(truth, dict) and isinstance(truth.get("value"), str):
        yield from _of_value(reference.text, truth["value"])
        return
    program = find_program(reference.text, language)
    if program is None:
        return
    of = {"python": _of_python, "javascript": _of_javascript}.get(language)
    for kind, source in of(program, sample, truth) if of else ():
        yield kind, f"````{language}\n{source}\n````"


def _of_value(reference: str, value: str) -> Iterator[tuple[str, str]]:
    for kind, wrong in (("constant return", "7"), ("off by one", f"[{value}]"), ("wrong type", repr(value))):
        before, found, after = reference.rpartition(value)
        if found and wrong != value:
            yield kind, before + wrong + after


def _of_python(program: str, sample: Sample, truth: object) -> Iterator[tuple[str, str]]:
    try:
        tree = ast.parse(program)
    except SyntaxError:
        return
    defined = [node for node in tree.body if _is_definition(node)]
    names = _entries(truth, sample)
    text = _tests(truth)
    tested = [node for node in defined if node.name in (names or set(WORD.findall(text)))]
    if names and not tested:
        tested = [node for node in defined if node.name == "Solution"]  # whose method it then is
    if not tested:
        yield "empty body", "pass"
        yield "constant return", "print(7)"
        for kind, change in PRINTED.items():
            yield kind, PRINTING.format(source=program, change=change)
        return
    changes = CHANGES | {f"always {word}": f"return {word}" for word in TRUTHS if word in text}
    for kind, change in changes.items() if any(map(_gives_results, tested)) else ():
        yield kind, program + WRAPPER.format(kept=KEPT, change=change, names=[node.name for node in tested])
    for node in tested:
        _empty(node)
    yield "empty body", ast.unparse(tree)


def _of_javascript(program: str, sample: Sample, truth: object) -> Iterator[tuple[str, str]]:
    names = _entries(truth, sample)
    if not names:
        yield "empty body", ";"
        yield "constant return", "console.log(7);"
        return
    for kind, change in JAVASCRIPT.items():
        (name,) = names
        yield kind, f"{program}\n;{{ const original = {name}; {name} = (...args) => {change}; }}"
    yield "empty body", f"function {name}() {{}}"


def _entries(truth: object, sample: Sample) -> set[str]:
    """Return the one name under test, where the ground truth or the row gives it."""
    given = truth if isinstance(truth, dict) else {}
    for place in (given, sample.extra):
        for key in ENTRY_KEYS:
            if isinstance(place.get(key), str) and place[key]:
                return {str(place[key]).partition(".")[0]}
    return set()


def _tests(truth: object) -> str:
    """Return the tests that are code, among whose words are the names of what they call; input and output are none."""
    given = [truth.get(key) for key in CODE_KEYS] if isinstance(truth, dict) else truth
    pieces = given if isinstance(given, list) else [given]
    return "\n".join("\n".join(map(str, piece)) if isinstance(piece, list) else str(piece) for piece in pieces)


def _is_definition(node: ast.AST) -> TypeGuard[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]:
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)


def _gives_results(node: ast.AST) -> bool:
    """Say whether a function, or a method of a class, returns or yields anything but None."""
    if isinstance(node, ast.ClassDef):
        return any(_is_definition(item) and item.name not in KEPT and _gives_results(item) for item in node.body)
    return any(_is_result(item) for item in _own_nodes(node))


def _own_nodes(function: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of a function without those of the functions in it."""
    for node in ast.iter_child_nodes(function):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            yield node
            yield from _own_nodes(node)


def _is_result(node: ast.AST) -> bool:
    if isinstance(node, ast.Return):
        return node.value is not None and not _is_none(node.value)
    return isinstance(node, ast.Yield | ast.YieldFrom)


def _is_none(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is None


def _empty(node: ast.AST) -> None:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        node.body = [ast.Pass()]
    elif isinstance(node, ast.ClassDef):
        for item in node.body:
            _empty(item)


def _decoded(truth: object) -> object:
    try:
        return json.loads(truth) if isinstance(truth, str) else truth
    except ValueError:
        return truth
