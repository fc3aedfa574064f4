"""What tests in pytest's style use, on top of unittest: goes before them, since no sandbox has pytest itself.

Fixtures of the class or the file, with teardown and ``autouse``; ``capsys``, ``capfd``, ``tmp_path``; ``raises``,
``approx`` and ``mark.parametrize``; ``setup_method`` and ``teardown_method``.
"""

import contextlib
import inspect
import io
import math
import pathlib
import sys
import tempfile
import types
import unittest
from collections.abc import Callable, Iterator
from typing import Any


def _fixture(function: Callable[..., Any] | None = None, *, autouse: bool = False, **_: object) -> Any:  # noqa: ANN401
    def mark(marked: Callable[..., Any]) -> Callable[..., Any]:
        marked.autouse = autouse  # type: ignore[attr-defined]
        return marked

    return mark if function is None else mark(function)


@contextlib.contextmanager
def _raises(kinds: Any, *, match: str | None = None) -> Iterator[types.SimpleNamespace]:  # noqa: ANN401
    info = types.SimpleNamespace(value=None, type=None)
    with unittest.TestCase().assertRaisesRegex(kinds, match or "") as caught:  # noqa: PT027 - there is no pytest
        yield info
    info.value, info.type = caught.exception, type(caught.exception)


class _Approx:
    def __init__(self, expected: Any, rel: float = 1e-6, abs: float = 1e-12) -> None:  # noqa: A002, ANN401 - pytest's
        self.expected, self.rel, self.abs = expected, rel, abs

    def __eq__(self, other: object) -> bool:
        if isinstance(self.expected, list | tuple):
            return len(self.expected) == len(other) and all(  # type: ignore[arg-type]
                _Approx(one, self.rel, self.abs) == two
                for one, two in zip(self.expected, other, strict=True)  # type: ignore[call-overload]
            )
        return math.isclose(self.expected, other, rel_tol=self.rel, abs_tol=self.abs)  # type: ignore[arg-type]

    __hash__ = None  # type: ignore[assignment]


def _parametrize(names: Any, values: Any, **_: object) -> Callable[[Any], Any]:  # noqa: ANN401
    keys = [name.strip() for name in names.split(",")] if isinstance(names, str) else list(names)

    def mark(function: Any) -> Any:  # noqa: ANN401
        rows = [dict(zip(keys, row if len(keys) > 1 else [row], strict=True)) for row in values]
        function.rows = [{**old, **new} for old in getattr(function, "rows", [{}]) for new in rows]
        return function

    return mark


pytest = types.SimpleNamespace(
    fixture=_fixture,
    raises=_raises,
    approx=_Approx,
    mark=types.SimpleNamespace(parametrize=_parametrize),
)


class _Captured:
    """``capsys`` and ``capfd``."""

    def __init__(self, stack: contextlib.ExitStack) -> None:
        self._streams = io.StringIO(), io.StringIO()
        stack.enter_context(contextlib.redirect_stdout(self._streams[0]))
        stack.enter_context(contextlib.redirect_stderr(self._streams[1]))

    def readouterr(self) -> Any:  # noqa: ANN401
        out, err = (stream.getvalue() for stream in self._streams)
        for stream in self._streams:
            stream.seek(0)
            stream.truncate()
        return types.SimpleNamespace(out=out, err=err)


class PytestStyle(unittest.TestCase):
    """Runs the ``pytest_*`` methods that the class was given, each with the fixtures it names."""

    def run_with_fixtures(self, name: str) -> None:
        """Run one of them, once per row of its parameters."""
        function = getattr(self, name)
        for row in getattr(function, "rows", [{}]):
            with contextlib.ExitStack() as stack:
                made = dict(row)
                self._call("setup_method", function)
                stack.callback(self._call, "teardown_method", function)
                for key in dir(type(self)):
                    if getattr(getattr(self, key, None), "autouse", False):
                        self._value(key, stack, made)
                function(**{key: self._value(key, stack, made) for key in inspect.signature(function).parameters})

    def _call(self, name: str, function: Any) -> None:  # noqa: ANN401
        hook = getattr(self, name, None)
        if hook is not None:
            hook(*[function for _ in inspect.signature(hook).parameters])

    def _value(self, name: str, stack: contextlib.ExitStack, made: dict[str, Any]) -> Any:  # noqa: ANN401
        if name not in made:
            made[name] = self._made(name, stack, made)
        return made[name]

    def _made(self, name: str, stack: contextlib.ExitStack, made: dict[str, Any]) -> Any:  # noqa: ANN401
        if name in {"capsys", "capfd"}:
            return _Captured(stack)
        if name == "tmp_path":
            return pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
        function = getattr(self, name, None) or sys.modules["__main__"].__dict__[name]
        given = {key: self._value(key, stack, made) for key in inspect.signature(function).parameters}
        found = function(**given)
        if inspect.isgenerator(found):
            stack.callback(next, found, None)
            return next(found)
        return found
