"""What is asked of the model for one sample."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from reward_kit.clients.chat import ChatReply, ChatRequest
from reward_kit.example import GenerationSettings
from reward_kit.models import Message, Reply, Sample

__all__ = ["Question", "question_for", "reply_to"]

INSTRUCTING = frozenset({"system", "developer"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """How every sample is asked."""

    settings: GenerationSettings
    system_prompt: str = ""
    """Comes first, unless a sample begins with instructions of its own."""
    seed: int | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)
    """Further fields of the request, such as ``reasoning_effort``."""


def question_for(sample: Sample, question: Question, attempt: int = 0) -> ChatRequest:
    """Return the request that asks ``sample``; a further ``attempt`` has the seed after that of the one before."""
    instructed = sample.messages[0].role in INSTRUCTING or not question.system_prompt
    first = () if instructed else (Message(role="system", content=question.system_prompt),)
    settings = question.settings
    return ChatRequest(
        model=settings.model,
        messages=(*first, *sample.messages),
        temperature=settings.temperature,
        top_p=settings.top_p,
        max_tokens=settings.max_tokens,
        seed=None if question.seed is None else question.seed + attempt,
        tools=tuple(sample.tools) if sample.tools else None,
        extra=question.extra,
        attempt=attempt,
    )


def reply_to(sample: Sample, answer: ChatReply) -> Reply:
    """Return the answer with what it takes to grade it without the data set."""
    return Reply(
        id=sample.id,
        message=answer.message,
        finish_reason=answer.finish_reason,
        model=answer.model,
        usage=None if answer.usage is None else dict(answer.usage),
        messages=sample.messages,
        ground_truth=sample.ground_truth,
        extra=sample.extra,
    )
