"""Tests in one process, the submission in another: a call goes over a socket, plain data comes back.

The tester runs the tests; a name that they call and do not define is a proxy. So the submission finds nothing to
attack: no test, no expected value, no assertion to patch, and an exit code or an ``__eq__`` of its own decides
nothing. Objects that are not plain data stay with the submission; the tester holds a handle that compares equal to
nothing, whose methods and attributes can be asked for.

``test_inside`` is for tests that cannot be split so; its verdict can be forged, and the result says so.
"""

import io
from typing import Any

from reward_kit.sandbox.jail import names
from reward_kit.sandbox.jail.payload import Payload, write_record
from reward_kit.sandbox.jail.proxies import Remote, SubmissionEnded
from reward_kit.sandbox.jail.running import ANSWERS, fresh_module, imported, say_failure

__all__ = ["test", "test_inside"]


def test(payload: Payload, peer: int) -> int:
    """Run the tests against the submission at the other end of ``peer``; a record per test."""
    remote = Remote(peer)
    try:
        namespace = _test_namespace(payload, remote)
        _run_tests(payload.facts, [piece.decode() for piece in _pieces(payload)], namespace)
    except SubmissionEnded as ended:
        write_record(ANSWERS, 0, b"d", str(ended).encode(errors="backslashreplace")[:400])
    except BaseException as error:  # noqa: BLE001 - before the submission was listened to, the tests are broken: nobody's wrong answer
        write_record(ANSWERS, 0, b"d" if remote.was_asked else b"e", say_failure(error))
    return 0


def test_inside(payload: Payload, positions: list[int]) -> int:
    """Run the submission and then its tests in one process."""
    namespace = imported(payload)
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
    """Run what comes before the tests, and bind every name that they leave open to the submission.

    It runs before the submission is listened to, so that a failure is the tests' own; only where it needs the
    submission does it run again.
    """
    setup = payload.piece(0).decode()
    tests = [piece.decode() for piece in _pieces(payload)]
    entry = payload.facts.get("entry") or ""
    given, wanted = names.sorted_out([setup, *tests], tests, entry)
    code = compile(setup, "<tests>", "exec", dont_inherit=True)
    namespace = _fresh(given)
    needs_it = False
    try:
        exec(code, namespace)  # noqa: S102 - the tests of the data set
    except NameError as error:
        if error.name not in wanted:
            raise
        needs_it = True
    bound = remote.bind(wanted)
    if needs_it:
        namespace = _fresh({**given, **bound})
        exec(code, namespace)  # noqa: S102 - as above
    for name, value in bound.items():
        namespace.setdefault(name, value)
    if entry and entry not in bound:
        message = f"the program defines no function {entry!r}"
        raise SubmissionEnded(message)
    if entry:
        namespace[entry] = bound[entry]
    return namespace


def _fresh(given: dict[str, Any]) -> dict[str, Any]:
    namespace = fresh_module("tests")  # no __main__: data sets end their tests with unittest.main()
    namespace.update(given)
    return namespace


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
        # A suite of one: alone, a test would go without its setUpClass.
        result = unittest.TextTestRunner(stream=io.StringIO(), verbosity=0).run(unittest.TestSuite([single]))
        if result.wasSuccessful() and result.testsRun and not result.skipped:
            write_record(ANSWERS, number, b"y", b"")
        else:
            problems = [text for _, text in [*result.errors, *result.failures, *result.skipped]]
            problem = problems[0] if problems else "unexpected success"
            write_record(ANSWERS, number, b"n", problem.encode(errors="backslashreplace")[-400:])
    write_record(ANSWERS, len(tests), b"z", b"")
