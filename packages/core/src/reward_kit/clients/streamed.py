"""Put a chat completion together that came as a stream of server-sent events, as OpenAI sends them.

Only whole streams count: one that ends before its reason to finish was broken off, however much of it there is.
"""

import json
from collections.abc import Iterator
from typing import Any

from reward_kit.errors import RemoteAnswerError

__all__ = ["EVENT_STREAM", "whole_completion"]

EVENT_STREAM = "text/event-stream"
_DONE = "[DONE]"
_JOINED = ("content", "reasoning_content", "reasoning", "refusal")
"""Fields of a message that arrive in pieces."""


def whole_completion(body: bytes) -> dict[str, Any]:
    """Return what the service would have answered without a stream.

    Raises:
        RemoteAnswerError: an event is not JSON, says that the service failed, or the end is missing.
    """
    message: dict[str, Any] = {"role": "assistant", "content": None}
    choice: dict[str, Any] = {"message": message, "finish_reason": None}
    whole: dict[str, Any] = {"choices": [choice]}
    for chunk in _chunks(body):
        if chunk.get("error"):
            return chunk
        whole.update({name: chunk[name] for name in ("model", "usage") if chunk.get(name)})
        for part in _first_choice(chunk):
            choice["finish_reason"] = part.get("finish_reason") or choice["finish_reason"]
            delta = part.get("delta")
            _add(message, delta if isinstance(delta, dict) else {})
    if choice["finish_reason"] is None:
        problem = f"broke off its stream after {len(body)} bytes"
        raise RemoteAnswerError(problem)
    return whole


def _chunks(body: bytes) -> Iterator[dict[str, Any]]:
    for event in body.decode("utf-8", "replace").replace("\r\n", "\n").split("\n\n"):
        lines = [line.removeprefix("data:").strip() for line in event.split("\n") if line.startswith("data:")]
        data = "\n".join(lines)
        if not data or data == _DONE:
            continue
        try:
            chunk = json.loads(data)
        except (ValueError, RecursionError) as error:
            problem = f"answered a stream with an event that is not whole JSON: {data[:80]!r}"
            raise RemoteAnswerError(problem) from error
        if isinstance(chunk, dict):
            yield chunk


def _first_choice(chunk: dict[str, Any]) -> list[dict[str, Any]]:
    choices = chunk.get("choices")
    found = choices if isinstance(choices, list) else []
    return [part for part in found if isinstance(part, dict) and part.get("index", 0) == 0]


def _add(message: dict[str, Any], delta: dict[str, Any]) -> None:
    for name, piece in delta.items():
        if name in _JOINED and isinstance(piece, str):
            message[name] = (message.get(name) or "") + piece
        elif name == "tool_calls" and isinstance(piece, list):
            for call in piece:
                _add_call(message.setdefault("tool_calls", []), call)
        elif piece is not None:
            message[name] = piece


def _add_call(calls: list[dict[str, Any]], piece: object) -> None:
    """Add a piece of a tool call: its name comes once, its arguments in parts."""
    if not isinstance(piece, dict):
        return
    index = piece.get("index")
    place = index if isinstance(index, int) and 0 <= index <= len(calls) else len(calls)
    if place == len(calls):
        calls.append({"type": "function", "function": {"name": "", "arguments": ""}})
    call = calls[place]
    call.update({name: piece[name] for name in ("id", "type") if piece.get(name)})
    function = piece.get("function")
    for name, text in function.items() if isinstance(function, dict) else ():
        call["function"][name] = call["function"].get(name, "") + text if isinstance(text, str) else text
