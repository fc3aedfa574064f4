"""What a reply tried to do: the calls that can be read, and the attempts that cannot.

Named tuples, which are made several times as fast as frozen dataclasses: one grading makes many.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

__all__ = ["MalformedCall", "ParsedReply", "ToolCall"]


class ToolCall(NamedTuple):
    """A call that was read whole."""

    name: str
    arguments: Mapping[str, Any]
    """Plain JSON data."""


class MalformedCall(NamedTuple):
    """An attempt to call that cannot be read."""

    reason: str
    repairable: bool = False
    """Whether a simple repair would make it readable. It earns nothing all the same."""


class ParsedReply(NamedTuple):
    """Every attempt of a reply: each is in ``calls`` or in ``malformed``, in the order in which it was written."""

    calls: tuple[ToolCall, ...] = ()
    malformed: tuple[MalformedCall, ...] = ()
    format: str = "none"
    """The layout of the calls: ``openai``, ``hermes`` …, ``mixed`` for several, ``none`` where nothing was tried."""
    reasoning: str = ""
    """The thinking that was cut from the text. What is drafted there is no call."""

    @property
    def attempts(self) -> int:
        """How many calls were tried."""
        return len(self.calls) + len(self.malformed)
