"""Read model replies: what ``regenerate`` writes, and the shapes in which others record them.

A recorded row may carry ``response``, ``completion`` or ``reply`` (a string) or ``messages`` that end with the
assistant's in place of ``message``; ``finished`` in place of ``finish_reason``; ``prompt`` in place of ``messages``;
``answer`` in place of ``ground_truth``. What else it carries (``correct``, a score) is never read.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeGuard

from reward_kit.data.jsonl import read_jsonl
from reward_kit.data.validation import validated
from reward_kit.errors import DataError
from reward_kit.models import Reply, content_id

__all__ = ["numbered_replies", "read_replies", "reply_of"]

REPLY_TEXTS = ("response", "completion", "reply")


def read_replies(path: str | Path) -> Iterator[Reply]:
    """Yield the replies in the file at ``path``.

    Raises:
        DataError: a line is not a reply; names the file, the line and the field.
    """
    for _, reply in numbered_replies(path):
        yield reply


def reply_of(row: Mapping[str, Any], *, path: str | Path | None = None, line: int | None = None) -> Reply:
    """Return the reply that a row is, in any of the shapes above; ``path`` and ``line`` are for the error.

    Raises:
        DataError: it is not a reply.
    """
    try:
        shaped = _in_shape(row)
    except DataError as error:
        raise DataError(error.problem, path=path, line=line, field=error.field) from None
    reply = validated(Reply, shaped, path=path, line=line)
    if reply.message.role != "assistant":
        problem = f"found {reply.message.role!r}, expected 'assistant'"
        raise DataError(problem, path=path, line=line, field="message.role")
    return reply


def numbered_replies(path: str | Path) -> Iterator[tuple[int, Reply]]:
    """Yield the line number and the reply of each line."""
    for number, row in read_jsonl(path):
        yield number, reply_of(row, path=path, line=number)


def _in_shape(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a recorded row under the names of ``Reply``."""
    shaped = {name: row[name] for name in Reply.model_fields if name in row}
    _take_message(row, shaped)
    if "finished" in row and shaped.get("finish_reason") is None:
        shaped["finish_reason"] = _finish_reason(row["finished"])
    if "prompt" in row and shaped.get("messages") is None:
        prompt = row["prompt"]
        shaped["messages"] = [{"role": "user", "content": prompt}] if isinstance(prompt, str) else prompt
    if "answer" in row and shaped.get("ground_truth") is None:
        shaped["ground_truth"] = row["answer"]
    if isinstance(shaped.get("id"), int) and not isinstance(shaped["id"], bool):
        shaped["id"] = str(shaped["id"])
    if not shaped.get("id") and shaped.get("messages") and shaped.get("ground_truth") is not None:
        shaped["id"] = content_id({key: shaped.get(key) for key in ("messages", "ground_truth")})
    return shaped


def _take_message(row: Mapping[str, Any], shaped: dict[str, Any]) -> None:
    """Put the reply under ``message``, and leave the prompt alone under ``messages``."""
    texts = [name for name in REPLY_TEXTS if name in row]
    found = [*(["message"] if "message" in row else []), *texts]
    if len(found) > 1:
        problem = f"found {' and '.join(map(repr, found))}, expected one reply per row"
        raise DataError(problem, field=found[1])
    if texts:
        text = row[texts[0]]
        if not isinstance(text, str):
            problem = f"found {type(text).__name__}, expected the text of the reply"
            raise DataError(problem, field=texts[0])
        shaped["message"] = {"role": "assistant", "content": text}
    if not found:
        conversation = row.get("messages")
        if not _ends_with_assistant(conversation):
            names = ", ".join(("message", *REPLY_TEXTS))
            problem = f"found no reply, expected one of {names}, or messages that end with the assistant's"
            raise DataError(problem)
        *prompt, shaped["message"] = conversation
        shaped["messages"] = prompt or None


def _ends_with_assistant(conversation: object) -> TypeGuard[list[Any]]:
    last = conversation[-1] if isinstance(conversation, list) and conversation else None
    return isinstance(last, dict) and last.get("role") == "assistant"


def _finish_reason(finished: object) -> str:
    if not isinstance(finished, bool):
        problem = f"found {finished!r}, expected true or false"
        raise DataError(problem, field="finished")
    return "stop" if finished else "length"
