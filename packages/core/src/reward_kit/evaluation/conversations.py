"""What is graded: a prompt with a reply, and what the reward compares it with."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from reward_kit.errors import DataError
from reward_kit.models import EvaluateResult, Message, Sample

__all__ = ["Conversation", "Graded", "reference_conversations"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """One reply to grade."""

    id: str
    messages: tuple[Message, ...]
    """The prompt and, last, the reply."""
    ground_truth: object = None
    extra: Mapping[str, Any] = field(default_factory=dict)
    cut_off: bool = False
    """Whether the token limit ended the reply."""


@dataclass(frozen=True, slots=True)
class Graded:
    """A conversation and what the reward said of it."""

    conversation: Conversation
    result: EvaluateResult


def reference_conversations(samples: Iterable[Sample]) -> Iterator[Conversation]:
    """Yield each sample with its reference as the reply.

    Raises:
        DataError: a sample has no reference.
    """
    for sample in samples:
        reference = sample.reference_message
        if reference is None:
            problem = f"the sample {sample.id!r} has no reference to grade; pass replies"
            raise DataError(problem, field="reference")
        yield Conversation(
            id=sample.id,
            messages=(*sample.messages, reference),
            ground_truth=sample.ground_truth,
            extra=sample.extra,
        )
