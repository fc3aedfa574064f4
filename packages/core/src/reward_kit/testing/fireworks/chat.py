"""Chat completions in OpenAI's shape, streamed or whole; what is answered comes from a ``ChatBackend``.

Not covered: tools are not called by the local model, and ``logprobs``, ``response_format``, ``raw_output`` and
``reasoning_effort`` are accepted without effect. A stream sends, piece by piece, what was complete before.
"""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal, Protocol, TypeAlias
from uuid import uuid4

from reward_kit.testing.fireworks.answers import Answer, Refusal, json_answer
from reward_kit.testing.fireworks.listing import list_answer, masked
from reward_kit.testing.fireworks.request import Request
from reward_kit.testing.fireworks.routing import Route
from reward_kit.testing.fireworks.wire import ChatRequest, parse

__all__ = ["MODELS", "Chat", "ChatBackend", "Choice", "Reasoning"]

MODELS = tuple(
    f"accounts/fireworks/models/{name}"
    for name in (
        "qwen3-30b-a3b",
        "qwen3-235b-a22b",
        "qwen3-8b",
        "qwen3-0p6b",
        "qwen3-coder-480b-a35b-instruct",
        "kimi-k2-instruct-0905",
        "gpt-oss-120b",
        "gpt-oss-20b",
        "deepseek-v3p1",
        "smollm2-135m-instruct",
    )
)
"""The models that the server knows; each of them is answered by the one backend there is."""

MOST_TOKENS_AT_ONCE = 4096
"""More can be asked for only as a stream."""

Reasoning: TypeAlias = Literal["inline", "split"]
"""Whether ``<think>…</think>`` stays in the content, as in 2025, or is ``reasoning_content``, as now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One answer of a model."""

    content: str
    finish_reason: str
    prompt_tokens: int
    completion_tokens: int
    pieces: tuple[str, ...] = ()
    """``content`` in the pieces that a stream sends."""
    reasoning: str | None = None
    tool_calls: Sequence[dict[str, Any]] | None = None


class ChatBackend(Protocol):
    """Where answers come from."""

    def choices(self, request: ChatRequest) -> list[Choice]:
        """Return as many answers as ``request`` asks for."""


class Chat:
    """``/chat/completions`` and ``/models``."""

    def __init__(self, backend: ChatBackend | None, *, models: Sequence[str], reasoning: Reasoning) -> None:
        self._backend = backend
        self._models = tuple(models)
        self._reasoning = reasoning

    def routes(self) -> list[Route]:
        """Return the operations: on both paths, since a client with a base of its own may leave ``/inference`` out."""
        catalogue = "/v1/accounts/fireworks/models"
        return [
            Route("POST", "/inference/v1/chat/completions", "ChatCompletion", self._complete),
            Route("POST", "/v1/chat/completions", "ChatCompletion", self._complete),
            Route("GET", "/inference/v1/models", "ListModels", self._list),
            Route("GET", "/v1/models", "ListModels", self._list),
            Route("GET", catalogue, "ListModels", self._catalogue),
            Route("GET", catalogue + "/{model}", "GetModel", self._catalogue_entry),
        ]

    def _complete(self, request: Request) -> Answer:
        asked = parse(ChatRequest, request.json_object())
        if asked.model not in self._models or self._backend is None:
            message = "Model not found, inaccessible, and/or not deployed"
            raise Refusal(message, "NOT_FOUND")
        if (asked.token_limit or 0) > MOST_TOKENS_AT_ONCE and not asked.stream:
            message = f"Requests with max_tokens > {MOST_TOKENS_AT_ONCE} must have stream=true"
            raise Refusal(message)
        choices = self._backend.choices(asked)
        if self._reasoning == "split":
            choices = [_split(choice) for choice in choices]
        envelope = {"id": f"chatcmpl-{uuid4().hex}", "created": int(time.time()), "model": asked.model}
        if asked.stream:
            return Answer(content_type="text/event-stream; charset=utf-8", events=_events(envelope, choices))
        whole = [
            {"index": index, "message": _message(choice), "finish_reason": choice.finish_reason, "logprobs": None}
            for index, choice in enumerate(choices)
        ]
        return json_answer({**envelope, "object": "chat.completion", "choices": whole, "usage": _usage(choices)})

    def _list(self, request: Request) -> Answer:  # noqa: ARG002 - a handler
        data = [
            {
                "id": model,
                "object": "model",
                "owned_by": "fireworks",
                "created": 0,
                "kind": "HF_BASE_MODEL",
                "supports_chat": True,
            }
            for model in self._models
        ]
        return json_answer({"object": "list", "data": data})

    def _catalogue(self, request: Request) -> Answer:
        return list_answer("models", [_entry(model) for model in self._models], request.query)

    def _catalogue_entry(self, request: Request, *, model: str) -> Answer:
        name = f"accounts/fireworks/models/{model}"
        if name not in self._models:
            message = f"model {name!r} not found"
            raise Refusal(message, "NOT_FOUND")
        return json_answer(masked(_entry(name), request.query))


def _entry(model: str) -> dict[str, object]:
    """Return a model as the gateway's catalogue has it."""
    return {
        "name": model,
        "displayName": model.rpartition("/")[2],
        "kind": "HF_BASE_MODEL",
        "state": "READY",
        "public": True,
    }


def _message(choice: Choice) -> dict[str, object]:
    content = None if choice.tool_calls and not choice.content else choice.content
    message: dict[str, object] = {"role": "assistant", "content": content}
    if choice.reasoning is not None:
        message["reasoning_content"] = choice.reasoning
    if choice.tool_calls:
        message["tool_calls"] = list(choice.tool_calls)
    return message


def _usage(choices: Sequence[Choice]) -> dict[str, object]:
    prompt = choices[0].prompt_tokens
    completion = sum(choice.completion_tokens for choice in choices)
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": 0},
    }


def _split(choice: Choice) -> Choice:
    """Move the thinking at the start of the content to ``reasoning``; where it is cut off, that is all there is."""
    head, opened, rest = choice.content.partition("<think>")
    if choice.reasoning is not None or not opened or head.strip():
        return choice
    thought, _, answer = rest.partition("</think>")
    return Choice(
        content=answer.lstrip("\n"),
        reasoning=thought.strip("\n"),
        finish_reason=choice.finish_reason,
        prompt_tokens=choice.prompt_tokens,
        completion_tokens=choice.completion_tokens,
        tool_calls=choice.tool_calls,
    )


def _events(envelope: dict[str, object], choices: Sequence[Choice]) -> tuple[bytes, ...]:
    chunks: list[dict[str, object]] = []
    for index, choice in enumerate(choices):
        deltas: list[dict[str, object]] = [{"role": "assistant"}]
        if choice.reasoning is not None:
            deltas += [{"reasoning_content": piece} for piece in _pieces(choice.reasoning)]
        deltas += [{"content": piece} for piece in choice.pieces or _pieces(choice.content)]
        deltas += [{"tool_calls": [{"index": place, **call}]} for place, call in enumerate(choice.tool_calls or ())]
        chunks += [{"choices": [{"index": index, "delta": delta, "finish_reason": None}]} for delta in deltas]
        chunks.append({"choices": [{"index": index, "delta": {}, "finish_reason": choice.finish_reason}]})
    chunks.append({"choices": [], "usage": _usage(choices)})
    return (
        *(
            _event(json.dumps({**envelope, "object": "chat.completion.chunk", **chunk}, ensure_ascii=False))
            for chunk in chunks
        ),
        _event("[DONE]"),
    )


def _pieces(text: str) -> list[str]:
    """Cut ``text`` into words, each with the space before it."""
    starts = [
        0,
        *(place for place in range(1, len(text)) if text[place].isspace() and not text[place - 1].isspace()),
        len(text),
    ]
    return [text[start:end] for start, end in pairwise(starts) if start < end]


def _event(data: str) -> bytes:
    return f"data: {data}\n\n".encode(errors="replace")
