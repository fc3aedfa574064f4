"""What stands in the tests for the submission: functions and objects whose calls go over the socket."""

import builtins
from collections.abc import Callable
from typing import Any

from reward_kit.sandbox.jail.codec import Opaque, decode, encode, to_python
from reward_kit.sandbox.jail.running import say_failure
from reward_kit.sandbox.jail.wire import MAX_MESSAGE, receive, send

__all__ = ["Remote", "SubmissionEnded"]

MUTABLE = (list, dict, set, bytearray)


class SubmissionEnded(BaseException):
    """The submission's process went away, or answered what it must not."""


class Remote:
    """The tester's end of the socket."""

    def __init__(self, peer: int) -> None:
        self._peer = peer
        self.was_asked = False
        """Whether the submission has been listened to: from then on, any failure may be its doing."""

    def bind(self, names: list[str]) -> dict[str, Any]:
        """Return proxies for the names that the submission has."""
        self.was_asked = True
        first = self._ask(None)
        if first[0] != "ready":
            message = ": ".join(str(part) for part in first[1:])
            raise SubmissionEnded(message)
        kinds = self._ask(["names", names])[-1]
        if not isinstance(kinds, list) or len(kinds) != len(names):
            message = "the program answered what it was not asked"
            raise SubmissionEnded(message)
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
        if reply[0] == "unsendable":
            message = f"the answer cannot be compared: {reply[-1]}"
            raise AssertionError(message)
        try:
            if reply[0] == "raise":
                raised, value = _exception(str(reply[1]), str(reply[2])), None
            else:
                raised, value = None, self._value(reply, args)
        except Exception as error:  # noqa: BLE001 - whatever reading an answer came to, the answer is to blame
            raise SubmissionEnded(say_failure(error).decode(errors="replace")) from None
        if raised is not None:
            raise raised
        return value

    def _value(self, reply: list[Any], args: tuple[Any, ...]) -> Any:  # noqa: ANN401 - any value
        _, text, changes = reply
        for index, changed in changes:
            _change(args[index], self._revived(changed))
        return self._revived(text)

    def _revived(self, text: str) -> Any:  # noqa: ANN401 - any value
        return to_python(decode(text.encode(), max_bytes=MAX_MESSAGE), self._revive)

    def _revive(self, tag: str, items: list[Any]) -> object:
        return _Object(self, items[0], truth=items[1], handle=items[2]) if tag == "o" else Opaque("?", truth=True)

    def _ask(self, request: list[Any] | None) -> list[Any]:
        try:
            if request is not None:
                send(self._peer, request)
            reply = receive(self._peer)
        except Exception as error:  # noqa: BLE001 - as above: also memory that the answer used up
            raise SubmissionEnded(say_failure(error).decode(errors="replace")) from None
        if not reply or not isinstance(reply[0], str):
            message = "the program ended while it was called"
            raise SubmissionEnded(message)
        return reply


class _Function:
    """Stands in the tests for a function of the submission."""

    def __init__(self, remote: Remote, name: str) -> None:
        self._remote, self.__name__ = remote, name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - any call
        return self._remote.call(self.__name__, "", args, kwargs)


class _Object(Opaque):
    """Stands in the tests for an object that stays with the submission."""

    def __init__(self, remote: Remote, name: str, *, truth: bool, handle: int | None) -> None:
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


def _bound(remote: Remote, handle: int, name: str) -> Callable[..., Any]:
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
        raised: BaseException = found(text)
    except TypeError:  # UnicodeDecodeError and the like take more arguments
        return RuntimeError(f"{name}: {text}")
    return raised
