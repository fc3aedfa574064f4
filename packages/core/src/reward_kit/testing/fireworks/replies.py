"""Answer chat completions from recorded replies, found by the last user message of the prompt.

A row is what ``regenerate`` writes (``message`` with the prompt in ``messages``) or a recording: ``prompt`` and
``response``, ``completion`` or ``reply``, with ``finished: false`` where the token limit cut it off. Several replies
to one prompt are the choices of ``n``, over again where they are fewer, and ``seed`` says which comes first.

A prompt that was not recorded is refused: nothing is made up. Not covered: ``max_tokens`` and ``stop`` do not cut a
recording short, and where it has no ``usage``, tokens are counted as words.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from pydantic import ValidationError

from reward_kit.errors import DataError
from reward_kit.models import Message
from reward_kit.testing.fireworks.answers import Refusal
from reward_kit.testing.fireworks.chat import Choice
from reward_kit.testing.fireworks.wire import ChatRequest

__all__ = ["RecordedReplies", "Replies"]

Replies: TypeAlias = str | Path | Iterable[Mapping[str, Any]]
"""A file of JSON lines, or its rows."""

_REPLY_FIELDS = ("response", "completion", "reply")


class RecordedReplies:
    """Answers what was recorded."""

    def __init__(self, replies: Replies) -> None:
        self._choices: dict[str, list[Choice]] = {}
        path, rows = (
            (replies, _rows(replies)) if isinstance(replies, str | Path) else (None, enumerate(replies, start=1))
        )
        for line, row in rows:
            try:
                prompt, choice = _recorded(row)
            except (ValueError, ValidationError) as error:
                raise DataError(" ".join(str(error).split()), path=path, line=line) from error
            self._choices.setdefault(prompt.strip(), []).append(choice)

    def choices(self, request: ChatRequest) -> list[Choice]:
        """Return the recorded answers to the last user message.

        Raises:
            Refusal: nothing was recorded for it.
        """
        prompt = _last_user_text(request.messages)
        recorded = self._choices.get(prompt.strip())
        if recorded is None:
            message = f"no reply was recorded for the prompt {prompt[:120]!r}; there are {len(self._choices)} prompts"
            raise Refusal(message)
        first = request.seed or 0
        return [recorded[(first + index) % len(recorded)] for index in range(request.n or 1)]


def _rows(path: str | Path) -> Iterable[tuple[int, Any]]:
    try:
        with Path(path).open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    yield number, _json(path, number, line)
    except OSError as error:
        message = f"cannot read the recorded replies: {error.strerror}"
        raise DataError(message, path=path) from error


def _json(path: str | Path, number: int, line: str) -> object:
    try:
        return json.loads(line)
    except ValueError as error:
        message = f"not valid JSON: {error}"
        raise DataError(message, path=path, line=number) from error


def _recorded(row: object) -> tuple[str, Choice]:
    if not isinstance(row, Mapping):
        message = f"found {type(row).__name__}, expected an object"
        raise ValueError(message)  # noqa: TRY004 - becomes a DataError
    messages = [Message.model_validate(message) for message in row.get("messages") or []]
    reply = _reply(row, messages)
    prompt = row["prompt"] if isinstance(row.get("prompt"), str) else _last_user_text(messages)
    if not prompt:
        message = "found neither prompt nor a user message in messages; a reply is found by its prompt"
        raise ValueError(message)
    usage = row.get("usage") or {}
    return prompt, Choice(
        content=reply.text,
        reasoning=reply.reasoning_content,
        tool_calls=reply.tool_calls,
        finish_reason=_finish_reason(row, reply),
        prompt_tokens=usage.get("prompt_tokens") or len(prompt.split()),
        completion_tokens=usage.get("completion_tokens") or len(reply.text.split()),
    )


def _reply(row: Mapping[str, Any], messages: list[Message]) -> Message:
    if row.get("message") is not None:
        return Message.model_validate(row["message"])
    for name in _REPLY_FIELDS:
        if isinstance(row.get(name), str):
            return Message(role="assistant", content=row[name])
    if messages and messages[-1].role == "assistant":
        return messages[-1]
    message = f"found the fields {sorted(row)}, expected message, messages that end in a reply, or {_REPLY_FIELDS}"
    raise ValueError(message)


def _finish_reason(row: Mapping[str, Any], reply: Message) -> str:
    if isinstance(row.get("finish_reason"), str):
        return str(row["finish_reason"])
    if row.get("finished") is False:
        return "length"
    return "tool_calls" if reply.tool_calls else "stop"


def _last_user_text(messages: list[Message]) -> str:
    return next((message.text for message in reversed(messages) if message.role == "user"), "")
