"""Reading a text from left to right: the attempts found so far, and searches that never look twice."""

from collections.abc import Callable, Mapping
from re import Match, Pattern

from reward_kit.data.strict_json import StrictJsonError, problem_of, read_whole, skip_space
from reward_kit.rewards.function_calling.calls import MalformedCall, ToolCall
from reward_kit.rewards.function_calling.repair import is_repairable
from reward_kit.rewards.function_calling.schemas import ANY, Schema

__all__ = ["MAX_ATTEMPTS", "Handler", "Reader", "call_of"]

MAX_ATTEMPTS = 256
"""A text with more attempts than this is read no further: the rest is one malformed attempt."""

_LOOKED_AT = 8
"""For how many broken attempts of a text it is found out whether they have a repair."""

_OTHER_KEYS = frozenset({"name", "id", "type", "index", "call_id", "tool_call_id", "status", "function"})


class Reader:
    """One text, and what was found in it."""

    __slots__ = ("_absent", "calls", "formats", "malformed", "text", "tools")

    def __init__(self, text: str, tools: Mapping[str, Schema]) -> None:
        self.text = text
        self.tools = tools
        self.calls: list[ToolCall] = []
        self.malformed: list[MalformedCall] = []
        self.formats: list[str] = []
        self._absent: dict[str | Pattern[str], int] | None = None

    @property
    def attempts(self) -> int:
        """How many calls were tried so far."""
        return len(self.calls) + len(self.malformed)

    def call(self, layout: str, name: str, arguments: Mapping[str, object]) -> None:
        """Note a call that was read whole."""
        if not name:
            self.broken(layout, "a call has no name")
            return
        self.calls.append(ToolCall(name, arguments))
        self.formats.append(layout)

    def broken(self, layout: str, reason: str, *, repairable: bool = False) -> None:
        """Note an attempt that cannot be read."""
        self.malformed.append(MalformedCall(reason, repairable))
        self.formats.append(layout)

    def unclosed(self) -> None:
        """Make the last call a broken attempt: what should end it is missing."""
        call, layout = self.calls.pop(), self.formats.pop()
        self.broken(layout, f"the call of {call.name[:60]!r} is not closed", repairable=True)

    def repairable(self, start: int) -> bool:
        """Return whether the JSON at ``start``, which cannot be read, has a simple repair: for the first few only."""
        return len(self.malformed) < _LOOKED_AT and is_repairable(self.text, start)

    def forget(self) -> None:
        """Drop what was found so far: it was a draft."""
        self.calls.clear()
        self.malformed.clear()
        self.formats.clear()

    def parameter(self, tool: str, key: str) -> Schema:
        """Return the schema of a tool's parameter."""
        properties = self.tools.get(tool, ANY).get("properties") or ANY
        return properties.get(key, ANY)  # type: ignore[no-any-return]

    def find(self, wanted: str, start: int) -> int:
        """Return where ``wanted`` begins from ``start`` on, or -1."""
        if self._is_absent(wanted, start):
            return -1
        found = self.text.find(wanted, start)
        if found < 0:
            self._note_absent(wanted, start)
        return found

    def search(self, wanted: Pattern[str], start: int) -> Match[str] | None:
        """Return the first match of ``wanted`` from ``start`` on."""
        if self._is_absent(wanted, start):
            return None
        found = wanted.search(self.text, start)
        if found is None:
            self._note_absent(wanted, start)
        return found

    def _is_absent(self, wanted: str | Pattern[str], start: int) -> bool:
        return self._absent is not None and self._absent.get(wanted, start + 1) <= start

    def _note_absent(self, wanted: str | Pattern[str], start: int) -> None:
        self._absent = {**(self._absent or {}), wanted: start}


Handler = Callable[[Reader, int, int], int]
"""Reads from an opening marker (where it begins, where it ends) and returns where to go on."""


def call_of(value: object, *, decoded: bool = False) -> ToolCall | MalformedCall:
    """Return the call that an object of OpenAI's shape, or of the flat ``name`` and ``arguments``, describes.

    ``decoded`` says that strict JSON was read to get it, so that nothing in it can be anything else.
    """
    if not isinstance(value, dict):
        return MalformedCall(f"a call is {type(value).__name__}, expected an object")
    if decoded and len(value) == 2:  # noqa: PLR2004 - a name and arguments: the common case, kept short
        name, arguments = value.get("name"), value.get("arguments")
        if type(name) is str and name and type(arguments) is dict:
            return ToolCall(name, arguments)
    inner = value.get("function")
    if isinstance(inner, dict):
        value = inner
    elif isinstance(inner, str) and "name" not in value:
        value = {**value, "name": inner}
    name = value.get("name")
    if not isinstance(name, str) or not name:
        return MalformedCall(f"a call's name is {type(name).__name__}, expected text")
    if "arguments" in value:
        if "parameters" in value:
            return MalformedCall(f"a call of {name!r} has both arguments and parameters")
        return _call(name, value["arguments"], decoded=decoded)
    if "parameters" in value:
        return _call(name, value["parameters"], decoded=decoded)
    unknown = [key for key in value if key not in _OTHER_KEYS]
    problem = f"a call of {name!r} has {unknown[:1]} and no arguments"
    return MalformedCall(problem) if unknown else ToolCall(name, {})


def _call(name: str, arguments: object, *, decoded: bool) -> ToolCall | MalformedCall:
    if isinstance(arguments, str):
        text = arguments
        try:
            arguments = read_whole(text)
        except StrictJsonError as error:
            if not text.strip():
                return ToolCall(name, {})
            reason = f"the arguments of {name!r} cannot be read: {error.reason}"
            return MalformedCall(reason, is_repairable(text, skip_space(text, 0)))
    elif arguments is None:
        return ToolCall(name, {})
    elif not decoded and (problem := problem_of(arguments)):
        return MalformedCall(f"the arguments of {name!r}: {problem}")
    if not isinstance(arguments, dict):
        return MalformedCall(f"the arguments of {name!r} are {type(arguments).__name__}, expected an object")
    return ToolCall(name, arguments)
