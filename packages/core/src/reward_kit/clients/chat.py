"""Ask any OpenAI-compatible endpoint for a chat completion: one request, one whole reply.

A long reply is asked for as a stream, and taken when it is whole: Fireworks refuses anything else for more than 4,096
tokens, and no connection stays silent for the minutes that it takes.

Thinking stays as the endpoint gives it: inline ``<think>…</think>`` in ``content``, or apart in
``reasoning_content``. A reply that the token limit cut off is a reply, with ``finish_reason`` ``length``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from reward_kit.clients.cache import ReplyCache, request_digest
from reward_kit.clients.http import Answer, HttpClient
from reward_kit.clients.streamed import EVENT_STREAM, whole_completion
from reward_kit.errors import EndpointMissingError, RemoteAnswerError, RemoteStatusError, UsageError
from reward_kit.models import Message

__all__ = ["ChatClient", "ChatReply", "ChatRequest"]

PATH = "/chat/completions"
MOST_TOKENS_AT_ONCE = 4096
"""A request for more tokens is one for a stream."""
FAILED = frozenset({"error", "insufficient_system_resource"})
"""Reasons to finish by which an endpoint says that it failed in the middle of a reply."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatRequest:
    """What is asked; a field that is None is left to the endpoint."""

    model: str
    messages: tuple[Message, ...]
    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    seed: int | None = None
    stop: tuple[str, ...] | None = None
    tools: tuple[Mapping[str, Any], ...] | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)
    """Further fields of the body, such as ``reasoning_effort``."""
    attempt: int = 0
    """Tells several replies to one question apart in the cache; it is not sent."""

    def body(self) -> dict[str, Any]:
        """Return the body of the request."""
        fields = {
            "temperature": self.temperature,
            "top_p": self.top_p,
            "max_tokens": self.max_tokens,
            "seed": self.seed,
            "stop": None if self.stop is None else list(self.stop),
            "tools": None if self.tools is None else [dict(tool) for tool in self.tools],
        }
        if clash := sorted({"model", "messages", "stream", *fields} & set(self.extra)):
            message = f"found {clash} in extra, expected fields that ChatRequest does not have; a reply is always whole"
            raise UsageError(message)
        streamed = (self.max_tokens or 0) > MOST_TOKENS_AT_ONCE
        return {
            "model": self.model,
            "messages": [message.to_wire() for message in self.messages],
            **{name: value for name, value in fields.items() if value is not None},
            **({"stream": True, "stream_options": {"include_usage": True}} if streamed else {}),
            **self.extra,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatReply:
    """What the model answered."""

    message: Message
    finish_reason: str | None
    usage: Mapping[str, Any] | None
    model: str | None
    """The model as the endpoint names it."""
    cached: bool = False
    """Whether it came from the cache, without a request."""


class ChatClient:
    """Ask one endpoint. Threads may share it."""

    def __init__(self, http: HttpClient, *, cache: ReplyCache | None = None) -> None:
        """Take the endpoint's HTTP client, whose base URL ends where ``/chat/completions`` begins."""
        self._http = http
        self._cache = cache

    def digest(self, request: ChatRequest) -> str:
        """Return what names ``request`` at this endpoint: the sha256 of all that can change the reply."""
        return request_digest({"url": self._http.base_url + PATH, "body": request.body(), "attempt": request.attempt})

    def complete(self, request: ChatRequest) -> ChatReply:
        """Return the reply to ``request``, from the cache where it has it. Failures are never cached.

        Raises:
            EndpointMissingError: there is no chat completions endpoint at this URL.
            RemoteStatusError: the service refused; also an unknown model.
            RemoteAnswerError: what it answered is no chat completion.
            RemoteError: it could not be reached.
        """
        digest = self.digest(request)
        kept = self._cache.get(digest) if self._cache else None
        if kept is not None:
            try:
                return replace(_reply(kept), cached=True)
            except RemoteAnswerError:
                pass  # written by another version: asked for again, and written over
        try:
            completion = self._http.request("POST", PATH, _completion, body=request.body(), retry_conflicts=True)
        except EndpointMissingError as error:
            raise _model_missing(error, request.model) from None
        if self._cache:
            self._cache.put(digest, completion)
        return _reply(completion)


def _completion(answer: Answer) -> dict[str, Any]:
    """Return the parts of an answer that make a reply, once they are sure to make one."""
    kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    value = whole_completion(answer.body) if kind == EVENT_STREAM else answer.json()
    if not isinstance(value, dict):
        message = f"answered {answer.status} with {type(value).__name__}, expected a chat completion"
        raise RemoteAnswerError(message)
    if value.get("error"):
        message = f"answered {answer.status} with the error {str(value['error'])[:200]!r} in place of a chat completion"
        raise RemoteAnswerError(message)
    choices = value.get("choices")
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        message = f"answered {answer.status} without choices, expected a chat completion"
        raise RemoteAnswerError(message)
    completion = {
        "message": choices[0].get("message"),
        "finish_reason": choices[0].get("finish_reason"),
        "usage": value.get("usage"),
        "model": value.get("model"),
    }
    _reply(completion)
    return completion


def _reply(completion: Mapping[str, Any]) -> ChatReply:
    message, reason = completion.get("message"), completion.get("finish_reason")
    if not isinstance(message, dict) or message.get("role", "assistant") != "assistant":
        problem = "answered a chat completion without a message of the assistant"
        raise RemoteAnswerError(problem)
    if reason in FAILED:
        problem = f"broke off the reply with finish_reason {reason!r}"
        raise RemoteAnswerError(problem)
    try:
        parsed = Message.model_validate({**message, "role": "assistant"})
    except ValueError as error:
        problem = f"answered a message in another shape than a chat's: {' '.join(str(error).split())[:200]}"
        raise RemoteAnswerError(problem) from error
    usage, model = completion.get("usage"), completion.get("model")
    return ChatReply(
        message=parsed,
        finish_reason=reason if isinstance(reason, str) else None,
        usage=usage if isinstance(usage, dict) else None,
        model=model if isinstance(model, str) else None,
    )


def _model_missing(error: EndpointMissingError, model: str) -> RemoteStatusError:
    """Tell a 404 that speaks of the model from one that says that nothing is there."""
    if error.status != 404 or "model" not in error.body.lower():  # noqa: PLR2004
        return error
    said = error.message.rpartition("; ")[0] or error.message
    return RemoteStatusError(f"{said}; check the model's name {model!r}, and that it is deployed", 404, error.body)
