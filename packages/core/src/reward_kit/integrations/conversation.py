"""Put a trainer's prompt and completion together as the conversation that a reward reads."""

import copy
from collections.abc import Callable, Mapping
from typing import Any

from reward_kit.errors import UsageError
from reward_kit.models import Message

__all__ = ["MalformedReplyError", "conversation"]


class MalformedReplyError(ValueError):
    """The model's own output, such as a tool call, does not make a chat message: the reply is wrong, not ungraded."""


def conversation(
    prompt: object,
    completion: object,
    *,
    user_message_fn: Callable[[Any], str] | None = None,
    assistant_message_fn: Callable[[Any], str] | None = None,
) -> list[Message]:
    """Return the whole conversation: every message of the prompt, then those of the completion.

    A prompt or completion is text, or a list of messages. The two functions make the text of a single user or
    assistant message from it instead. Nothing that was passed is kept or changed.

    Raises:
        UsageError: one of them has another shape, or the completion has no message.
        MalformedReplyError: the completion is a list of messages, but one of them is not valid.
    """
    prompt, completion = copy.deepcopy(prompt), copy.deepcopy(completion)
    if user_message_fn is not None:
        prompt = user_message_fn(prompt)
    if assistant_message_fn is not None:
        completion = assistant_message_fn(completion)
    return [*_prompt(prompt), *_reply(completion)]


def _prompt(prompt: object) -> list[Message]:
    try:
        return [Message.model_validate(item) for item in _items(prompt, role="user", name="prompt")]
    except ValueError as error:
        message = f"found a prompt that is not a conversation: {error}"
        raise UsageError(message) from error


def _reply(completion: object) -> list[Message]:
    items = _items(completion, role="assistant", name="completion")
    if not items:
        message = "found a completion without messages, expected at least the reply"
        raise UsageError(message)
    try:
        return [Message.model_validate(item) for item in items]
    except ValueError as error:
        message = f"the reply is not a valid message: {error}"
        raise MalformedReplyError(message) from error


def _items(value: object, *, role: str, name: str) -> list[Any]:
    if isinstance(value, str):
        return [{"role": role, "content": value}]
    if isinstance(value, list | tuple) and all(isinstance(item, Mapping | Message) for item in value):
        return list(value)
    message = f"found a {name} of type {type(value).__name__}, expected text or a list of messages"
    raise UsageError(message)
