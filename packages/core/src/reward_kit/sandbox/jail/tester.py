"""Tests in one process, the submission in another: a call goes over a socket, plain data comes back.

The tester runs the tests; a name that they call and do not define is a proxy. So the submission finds nothing to
attack: no test, no expected value, no assertion to patch, and an exit code or an ``__eq__`` of its own decides
nothing. Objects that are not plain data stay with the submission; the tester holds a handle that compares equal to
nothing, whose methods and attributes can be asked for.

``test_inside`` is for tests that cannot be split so; its verdict can be forged, and the result says so.
"""

import ast
import builtins
import importlib
import io
import sys
from typing import Any

from reward_kit.sandbox.jail.payload import Payload, write_record
from reward_kit.sandbox.jail.proxies import Remote, SubmissionEnded
from reward_kit.sandbox.jail.running import ANSWERS, compiled, main_namespace, say_failure

__all__ = ["test", "test_inside"]


def test(payload: Payload, peer: int) -> int:
    """Run the tests against the submission at the other end of ``peer``; a record per test."""
    remote = Remote(peer)
    try:
        namespace = _test_namespace(payload, remote)
        _run_tests(payload.facts, [piece.decode() for piece in _pieces(payload)], namespace)
    except SubmissionEnded as ended:
        write_record(ANSWERS, 0, b"d", str(ended).encode(errors="backslashreplace")[:400])
    except BaseException as error:  # noqa: BLE001 - the tests themselves are broken: nobody's wrong answer
        write_record(ANSWERS, 0, b"e", say_failure(error))
    return 0


def test_inside(payload: Payload, positions: list[int]) -> int:
    """Run the submission and then its tests in one process."""
    namespace = main_namespace()
    exec(compiled(payload), namespace)  # noqa: S102 - the purpose of this process
    entry = payload.facts.get("entry")
    if entry:
        namespace.setdefault(entry, None)
    pieces = [payload.piece(position) for position in positions]
    if pieces[0].strip():
        exec(compile(pieces[0], "<tests>", "exec", dont_inherit=True), namespace)  # noqa: S102 - the tests of the data set
    _run_tests(payload.facts, [piece.decode() for piece in pieces[1:]], namespace)
    return 0


def _pieces(payload: Payload) -> list[bytes]:
    return [payload.piece(position) for position in range(1, len(payload.facts["pieces"]))]


def _test_namespace(payload: Payload, remote: Remote) -> dict[str, Any]:
    """Run what comes before the tests, and bind every name that they leave open to the submission."""
    namespace = main_namespace()
    setup = payload.piece(0).decode()
    texts = [setup, *(piece.decode() for piece in _pieces(payload))]
    entry = payload.facts.get("entry")
    open_names = sorted(_open_names(texts) | ({entry} if entry else set()))
    for name in [name for name in open_names if name in sys.stdlib_module_names and name != entry]:
        namespace[name] = importlib.import_module(name)
        open_names.remove(name)
    if not open_names:
        open_names = sorted(_shadowed_builtins(texts[1:]))
    bound = remote.bind(open_names)
    namespace.update(bound)
    try:
        exec(compile(setup, "<tests>", "exec", dont_inherit=True), namespace)  # noqa: S102 - the tests of the data set
    except Exception as error:
        if remote.was_asked or (isinstance(error, NameError) and error.name in open_names):
            raise SubmissionEnded(say_failure(error).decode(errors="replace")) from None
        raise
    if entry and entry not in bound:
        message = f"the program defines no function {entry!r}"
        raise SubmissionEnded(message)
    if entry:
        namespace[entry] = bound[entry]
    return namespace


def _open_names(texts: list[str]) -> set[str]:
    """Return the names that the tests read and nothing in them defines."""
    read: set[str] = set()
    defined = set(dir(builtins))
    for text in texts:
        for node in ast.walk(ast.parse(text)):
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


def _shadowed_builtins(texts: list[str]) -> set[str]:
    """Return the builtins that every test calls: the function under test, where the tests call nothing else."""
    called = [
        {
            node.func.id
            for node in ast.walk(ast.parse(text))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }
        for text in texts
    ]
    return set.intersection(*called) if called else set()


def _run_tests(facts: dict[str, Any], texts: list[str], namespace: dict[str, Any]) -> None:
    kind = facts["kind"]
    if kind == "unittest":
        _run_unittest(namespace)
        return
    if kind == "check":
        texts = [f"check({facts['entry']})"]
    for number, text in enumerate(texts):
        code = compile(text, f"<test {number}>", "exec", dont_inherit=True)
        try:
            exec(code, namespace)  # noqa: S102 - the tests of the data set
        except Exception as error:  # noqa: BLE001 - a test that fails
            write_record(ANSWERS, number, b"n", say_failure(error))
        except SystemExit:
            write_record(ANSWERS, number, b"n", b"SystemExit")
        else:
            write_record(ANSWERS, number, b"y", b"")
    write_record(ANSWERS, len(texts), b"z", b"")


def _run_unittest(namespace: dict[str, Any]) -> None:
    """Run every test method of every TestCase; a record per method."""
    import unittest  # not in the server, whose every fork would pay for it

    loader = unittest.TestLoader()
    cases = [value for value in namespace.values() if isinstance(value, type) and issubclass(value, unittest.TestCase)]
    suite = unittest.TestSuite(loader.loadTestsFromTestCase(case) for case in dict.fromkeys(cases))
    tests = [single for group in suite for single in group]  # type: ignore[union-attr]
    for number, single in enumerate(tests):
        result = unittest.TextTestRunner(stream=io.StringIO(), verbosity=0).run(single)
        if result.wasSuccessful():
            write_record(ANSWERS, number, b"y", b"")
        else:
            problems = [text for _, text in result.errors + result.failures]
            problem = problems[0] if problems else "unexpected success"
            write_record(ANSWERS, number, b"n", problem.encode(errors="backslashreplace")[-400:])
    write_record(ANSWERS, len(tests), b"z", b"")
