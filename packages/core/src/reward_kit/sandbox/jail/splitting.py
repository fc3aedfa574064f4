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
import json
import os
import sys
import types
import unittest
from collections.abc import Callable
from typing import Any

from reward_kit.sandbox.jail.codec import CodecError, Opaque, decode, encode, to_python
from reward_kit.sandbox.jail.payload import Payload, write_all, write_record
from reward_kit.sandbox.jail.running import ANSWERS, _compiled, _fresh_main, _open_streams, find_callable, say_failure

__all__ = ["serve", "test", "test_inside"]

MAX_MESSAGE = 4 << 20
MUTABLE = (list, dict, set, bytearray)


class SubmissionEnded(BaseException):  # noqa: N818 - not an Exception, so that no test catches it by accident
    """The submission's process went away, or answered what it must not."""


def serve(payload: Payload, peer: int) -> int:
    """Run the submission, then do for the tester what it asks, until it hangs up."""
    namespace = _fresh_main()
    _open_streams()
    try:
        exec(_compiled(payload), namespace)  # noqa: S102 - the purpose of this process
    except Exception as error:
        _send(peer, ["raise", *_name_and_text(error)])
        raise
    _send(peer, ["ready"])
    kept: list[object] = []
    while (request := _receive(peer)) is not None:
        try:
            reply = _answer(request, namespace, kept)
        except CodecError as error:
            reply = ["unsendable", str(error)[:400]]
        except BaseException as error:  # noqa: BLE001 - raised again in the tester
            reply = ["raise", *_name_and_text(error)]
        _send(peer, reply)
    return 0


def _answer(request: list[Any], namespace: dict[str, Any], kept: list[object]) -> list[Any]:
    def revive(tag: str, items: list[Any]) -> object:
        return kept[items[0]] if tag == "r" and items[0] is not None else Opaque(str(items[0]), truth=True)

    def keep(value: object) -> int:
        kept.append(value)
        return len(kept) - 1

    what, target, *rest = request
    if what == "names":
        return ["names", [_kind(namespace, name) for name in target]]
    subject = namespace.get(target) if isinstance(target, str) else kept[target]
    if what == "get":
        value = getattr(subject, rest[0]) if rest else subject
        return ["value", encode(value, max_bytes=MAX_MESSAGE, keep=keep).decode(), []]
    if what == "set":
        setattr(subject, rest[0], to_python(decode(rest[1].encode(), max_bytes=MAX_MESSAGE), revive))
        return ["value", "null", []]
    if what == "call":
        method, sent = rest
        function = getattr(subject, method) if method else subject
        if not callable(function) and isinstance(target, str):
            function = find_callable(namespace, target)
        args, kwargs = to_python(decode(sent.encode(), max_bytes=MAX_MESSAGE), revive)
        value = function(*args, **kwargs)
        changed = [
            [index, encode(arg, max_bytes=MAX_MESSAGE, keep=keep).decode()]
            for index, arg in enumerate(args)
            if isinstance(arg, MUTABLE)
        ]
        return ["value", encode(value, max_bytes=MAX_MESSAGE, keep=keep).decode(), changed]
    message = f"unknown request {what!r}"
    raise ValueError(message)


def _kind(namespace: dict[str, Any], name: str) -> str:
    if name in namespace:
        return "callable" if callable(namespace[name]) else "value"
    try:
        find_callable(namespace, name)
    except NameError:
        return "missing"
    return "callable"


def test(payload: Payload, peer: int) -> int:
    """Run the tests against the submission at the other end of ``peer``; a record per test."""
    _open_streams()
    remote = _Remote(peer)
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
    namespace = _fresh_main()
    _open_streams()
    exec(_compiled(payload), namespace)  # noqa: S102 - the purpose of this process
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


def _test_namespace(payload: Payload, remote: "_Remote") -> dict[str, Any]:
    """Run what comes before the tests, and bind every name that they leave open to the submission."""
    module = types.ModuleType("__main__")
    sys.modules["__main__"] = module
    namespace = module.__dict__
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
    exec(compile(setup, "<tests>", "exec", dont_inherit=True), namespace)  # noqa: S102 - the tests of the data set
    if entry and entry not in bound:
        message = f"the program defines no function {entry!r}"
        raise SubmissionEnded(message)
    if entry:
        namespace[entry] = bound[entry]
    return namespace


def _open_names(texts: list[str]) -> set[str]:
    """Return the names that the tests read and nothing in them defines."""
    read, defined = set(), set(dir(builtins))
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
    loader = unittest.TestLoader()
    cases = [value for value in namespace.values() if isinstance(value, type) and issubclass(value, unittest.TestCase)]
    suite = unittest.TestSuite(loader.loadTestsFromTestCase(case) for case in dict.fromkeys(cases))
    tests = [single for group in suite for single in group]  # type: ignore[union-attr]
    for number, single in enumerate(tests):
        result = unittest.TextTestRunner(stream=io.StringIO(), verbosity=0).run(single)
        if result.wasSuccessful():
            write_record(ANSWERS, number, b"y", b"")
        else:
            problem = (result.errors + result.failures or [(single, "unexpected success")])[0][1]
            write_record(ANSWERS, number, b"n", problem.encode(errors="backslashreplace")[-400:])
    write_record(ANSWERS, len(tests), b"z", b"")


class _Remote:
    """The tester's end of the socket."""

    def __init__(self, peer: int) -> None:
        self._peer = peer
        self._ready = False

    def bind(self, names: list[str]) -> dict[str, Any]:
        """Return proxies for the names that the submission has."""
        first = self._ask(None)
        if first[0] != "ready":
            message = ": ".join(str(part) for part in first[1:])
            raise SubmissionEnded(message)
        kinds = self._ask(["names", names])[1]
        bound: dict[str, Any] = {}
        for name, kind in zip(names, kinds, strict=True):
            if kind == "callable":
                bound[name] = _Function(self, name)
            elif kind == "value":
                bound[name] = self.value(["get", name])
        return bound

    def call(self, target: str | int, method: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:  # noqa: ANN401
        """Call a function or a method over there; its changes to lists and dicts are made here, too."""
        sent = encode([list(args), kwargs], max_bytes=MAX_MESSAGE).decode()
        return self.value(["call", target, method, sent], args)

    def value(self, request: list[Any], args: tuple[Any, ...] = ()) -> Any:  # noqa: ANN401 - any value
        """Ask, and return the value that comes back or raise the exception."""
        reply = self._ask(request)
        if reply[0] == "raise":
            raise _exception(str(reply[1]), str(reply[2]))
        if reply[0] != "value":
            message = f"the answer cannot be compared: {reply[-1]}"
            raise AssertionError(message)
        for index, text in reply[2]:
            _change(args[index], self._revived(text))
        return self._revived(reply[1])

    def _revived(self, text: str) -> Any:  # noqa: ANN401 - any value
        return to_python(decode(text.encode(), max_bytes=MAX_MESSAGE), self._revive)

    def _revive(self, tag: str, items: list[Any]) -> object:
        return _Object(self, items[0], truth=items[1], handle=items[2]) if tag == "o" else Opaque("?", truth=True)

    def _ask(self, request: list[Any] | None) -> list[Any]:
        try:
            if request is not None:
                _send(self._peer, request)
            reply = _receive(self._peer)
        except (OSError, ValueError, RecursionError) as error:
            raise SubmissionEnded(say_failure(error).decode()) from None
        if not reply or not isinstance(reply[0], str):
            message = "the program ended while it was called"
            raise SubmissionEnded(message)
        return reply


class _Function:
    """Stands in the tests for a function of the submission."""

    def __init__(self, remote: _Remote, name: str) -> None:
        self._remote, self.__name__ = remote, name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - any call
        return self._remote.call(self.__name__, "", args, kwargs)


class _Object(Opaque):
    """Stands in the tests for an object that stays with the submission."""

    def __init__(self, remote: _Remote, name: str, *, truth: bool, handle: int | None) -> None:
        super().__init__(name, truth=truth, handle=handle)
        self._remote = remote

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - any attribute
        handle = self._opaque[2]
        if name.startswith("__") or handle is None:
            raise AttributeError(name)
        value = self._remote.value(["get", handle, name])
        if isinstance(value, _Object) and value._opaque[0] in {"method", "function", "builtin_function_or_method"}:  # noqa: SLF001
            return _bound(self._remote, handle, name)
        return value

    def __setattr__(self, name: str, value: Any) -> None:  # noqa: ANN401 - any attribute
        if name in {"_opaque", "_remote"}:
            object.__setattr__(self, name, value)
        else:
            self._remote.value(["set", self._opaque[2], name, encode(value, max_bytes=MAX_MESSAGE).decode()])

    def __call__(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - any call
        handle = self._opaque[2]
        if handle is None:
            message = f"{self!r} is not callable"
            raise TypeError(message)
        return self._remote.call(handle, "", args, kwargs)


def _bound(remote: _Remote, handle: int, name: str) -> Callable[..., Any]:
    return lambda *args, **kwargs: remote.call(handle, name, args, kwargs)


def _change(mine: Any, theirs: Any) -> None:  # noqa: ANN401 - any value
    """Make a list, dict or set of the tests what the submission made of its copy."""
    if type(mine) is not type(theirs) or not isinstance(mine, MUTABLE):
        return
    if isinstance(mine, list | bytearray):
        mine[:] = theirs
    else:
        mine.clear()
        mine.update(theirs)


def _exception(name: str, text: str) -> BaseException:
    """Return the exception that the submission raised, by its builtin type or as one of that name."""
    found = getattr(builtins, name, None)
    if not (isinstance(found, type) and issubclass(found, Exception)):
        found = type(name[:100] or "Error", (Exception,), {})
    try:
        return found(text)
    except TypeError:  # UnicodeDecodeError and the like take more arguments
        return RuntimeError(f"{name}: {text}")


def _name_and_text(error: BaseException) -> list[str]:
    name, _, text = say_failure(error).decode(errors="replace").partition(": ")
    return [name, text]


def _send(peer: int, message: list[Any]) -> None:
    data = json.dumps(message).encode()
    if len(data) > 3 * MAX_MESSAGE:
        message = ["unsendable", f"the answer takes {len(data)} bytes"]
        data = json.dumps(message).encode()
    write_all(peer, len(data).to_bytes(4, "little") + data)


def _receive(peer: int) -> list[Any] | None:
    header = _read(peer, 4)
    length = int.from_bytes(header, "little")
    if len(header) < 4 or length > 3 * MAX_MESSAGE:  # noqa: PLR2004 - the header
        return None
    data = _read(peer, length)
    if len(data) < length:
        return None
    found = json.loads(data)
    return found if isinstance(found, list) else None


def _read(peer: int, length: int) -> bytes:
    found = b""
    while len(found) < length:
        more = os.read(peer, length - len(found))
        if not more:
            break
        found += more
    return found
