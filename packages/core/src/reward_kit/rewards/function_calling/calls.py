"""What a reply tried to do: the calls that can be read, and the attempts that cannot."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["MalformedCall", "ParsedReply", "ToolCall"]


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call that was read whole."""

    name: str
    arguments: Mapping[str, Any]
    """Plain JSON data."""


@dataclass(frozen=True, slots=True)
class MalformedCall:
    """An attempt to call that cannot be read."""

    reason: str


@dataclass(frozen=True, slots=True)
class ParsedReply:
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
