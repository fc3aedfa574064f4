"""Make something to grade of a line of a production log.

A line is a chat completion with its request (``{"request": {"messages": […], "model": …}, "response": {…}}``), a chat
completion that carries the request's ``messages`` itself, or a reply in any shape that ``evaluate --replies`` takes.
``ground_truth`` and ``extra`` may stand in the line, or come from a data set by the sample's id or prompt.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from reward_kit.data.jsonl import parse_line
from reward_kit.data.replies import reply_of
from reward_kit.errors import DataError
from reward_kit.evaluation.conversations import Conversation
from reward_kit.models import Message, Sample, content_id
from reward_kit.monitoring.log_files import LogLine

__all__ = ["GroundTruths", "ProductionRow", "production_row"]

FIRST_DAY = "2000-01-01"
"""A reply of an earlier day has a clock that was not set."""
SECONDS_UNTIL_MILLISECONDS = 1e11
"""A larger time stamp counts milliseconds: in seconds it would be the year 5138."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductionRow:
    """A reply that a model gave in production."""

    key: str
    """The same for one reply wherever it is logged: the model and the completion's id, else the place of the line."""
    day: str
    """The day (UTC) on which it was given, as ``YYYY-MM-DD``."""
    model: str
    sample: Sample
    """The prompt and what a right reply must give; without a reference."""
    reply: Message
    conversation: Conversation


class GroundTruths:
    """What the rows of a data set must be answered with, by their ids and by their prompts."""

    def __init__(self, samples: Iterable[Sample] = ()) -> None:
        self._samples: dict[str, Sample] = {}
        for sample in samples:
            self._samples[f"id {sample.id}"] = sample
            self._samples.setdefault(f"prompt {_prompt_id(sample.messages)}", sample)

    def of(self, identifier: str, messages: Iterable[Message]) -> Sample | None:
        """Return the sample with that id, else the one with that prompt."""
        return self._samples.get(f"id {identifier}") or self._samples.get(f"prompt {_prompt_id(messages)}")


def production_row(line: LogLine, truths: GroundTruths, today: str) -> ProductionRow:
    """Return what ``line`` says; a line without a time, or with one that cannot be, is of ``today``.

    Raises:
        DataError: it is not JSON, or holds no reply.
    """
    row = parse_line(line.data, path=line.path)
    request, response = _object(row.get("request")), _object(row.get("response")) or row
    identity = response.get("id") if _is_completion(response) else None
    reply = reply_of(_recorded(row, request, response) if _is_completion(response) else row, path=line.path)
    prompt = reply.messages or []
    known = truths.of(reply.id, prompt)
    if known is None and not prompt:
        problem = "found no prompt, expected 'messages', 'request.messages', or the id of a row of the data set"
        raise DataError(problem, path=line.path, field="messages")
    truth = reply.ground_truth if reply.ground_truth is not None else known.ground_truth if known else None
    extra = {**(known.extra if known else {}), **reply.extra}
    sample = Sample(
        messages=prompt or (known.messages if known else []),
        ground_truth=truth,
        tools=request.get("tools") or (known.tools if known else None),
        extra=extra,
    )
    model = str(reply.model or request.get("model") or "unknown")
    day = _day(row, response)
    return ProductionRow(
        key=f"completion {model} {identity}" if isinstance(identity, str) and identity else _place(line),
        day=day if day is not None and FIRST_DAY <= day <= today else today,
        model=model,
        sample=sample,
        reply=reply.message,
        conversation=Conversation(
            id=sample.id,
            messages=(*sample.messages, reply.message),
            ground_truth=truth,
            extra=extra,
            cut_off=reply.cut_off,
        ),
    )


def _is_completion(value: Mapping[str, Any]) -> bool:
    return isinstance(value.get("choices"), list)


def _recorded(row: Mapping[str, Any], request: Mapping[str, Any], response: Mapping[str, Any]) -> dict[str, Any]:
    """Return a chat completion as a reply: its first choice, the request's prompt, and what the line adds."""
    choices = response["choices"]
    choice = _object(choices[0]) if choices else {}
    sample_id = row.get("sample_id") or _object(request.get("metadata")).get("sample_id")
    messages = request.get("messages") or row.get("messages") or response.get("messages")
    return {
        "id": str(sample_id or response.get("id") or ""),
        "message": choice.get("message"),
        "finish_reason": choice.get("finish_reason"),
        "model": response.get("model") or request.get("model"),
        "messages": messages,
        "ground_truth": row.get("ground_truth"),
        "extra": row.get("extra") or {},
    }


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _place(line: LogLine) -> str:
    return f"line {hashlib.sha256(f'{line.file} {line.offset}'.encode()).hexdigest()[:32]}"


def _prompt_id(messages: Iterable[Message]) -> str:
    return content_id([message for message in messages if message.role not in {"system", "developer"}])


def _day(row: Mapping[str, Any], response: Mapping[str, Any]) -> str | None:
    """Return the day that the line names: ``created``, ``timestamp`` or ``time``, as seconds or ISO 8601."""
    stamps = (source.get(name) for source in (response, row) for name in ("created", "timestamp", "time"))
    for stamp in stamps:
        try:
            if isinstance(stamp, int | float) and not isinstance(stamp, bool):
                seconds = stamp / 1000 if stamp > SECONDS_UNTIL_MILLISECONDS else stamp
                return datetime.fromtimestamp(seconds, UTC).date().isoformat()
            if isinstance(stamp, str):
                moment = datetime.fromisoformat(stamp)
                return (moment.astimezone(UTC) if moment.tzinfo else moment).date().isoformat()
        except (ValueError, OverflowError, OSError):
            continue
    return None
