"""The wire format: messages, samples, results. What is read from and written to files and services.

A grading has three outcomes and these models keep them apart: a score; 0.0 with a reason (wrong by the
reply's own doing); or *not graded*: ``is_score_valid=False`` with ``error``, whose score is always 0.0 so that
nothing can mistake it for an earned one.
"""

import hashlib
import json
import math
from collections.abc import ItemsView, Iterator, KeysView, ValuesView
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    field_serializer,
    model_validator,
)

__all__ = ["EvaluateResult", "Message", "MetricResult", "Reply", "Role", "Sample", "StepOutput", "content_id"]

Role = Literal["system", "developer", "user", "assistant", "tool", "function"]


def _finite(value: float) -> float:
    if not math.isfinite(value):
        message = f"found {value!r}, expected a finite number; a grading that failed is is_score_valid=False with error"
        raise ValueError(message)
    return value


FiniteFloat = Annotated[float, AfterValidator(_finite)]


class _MappingAccess(BaseModel):
    """Let a model be read like a dict, as reward-kit 0.4.1 did: ``result["score"]``, ``"score" in result``."""

    def __getitem__(self, key: str) -> Any:  # noqa: ANN401 - the type depends on the key
        if key not in self:
            raise KeyError(key)
        return getattr(self, key)

    def __contains__(self, key: object) -> bool:
        return key in type(self).model_fields

    def get(self, key: str, default: Any = None) -> Any:  # noqa: ANN401 - the type depends on the key
        """Return the field ``key``, or ``default`` where there is no such field."""
        return getattr(self, key) if key in self else default

    def keys(self) -> KeysView[str]:
        """Return the names of the fields."""
        return self._fields().keys()

    def values(self) -> ValuesView[Any]:
        """Return the values of the fields."""
        return self._fields().values()

    def items(self) -> ItemsView[str, Any]:
        """Return pairs of field name and value."""
        return self._fields().items()

    def __iter__(self) -> Iterator[str]:  # type: ignore[override]  # pydantic yields pairs; 0.4.1's users iterate names
        return iter(self._fields())

    def _fields(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in type(self).model_fields}


class Message(_MappingAccess):
    """One message of a chat, in the shape of OpenAI's API. Unknown fields are kept."""

    model_config = ConfigDict(extra="allow")

    role: Role
    content: str | list[dict[str, JsonValue]] | None = ""
    """Text, or a list of content parts such as ``{"type": "text", "text": "…"}``."""
    reasoning_content: str | None = None
    """Thinking that the endpoint kept apart from the answer; never graded."""
    name: str | None = None
    tool_call_id: str | None = None
    tool_calls: list[dict[str, JsonValue]] | None = None
    function_call: dict[str, JsonValue] | None = None
    """The call format that came before ``tool_calls``."""

    @model_validator(mode="before")
    @classmethod
    def _name_the_missing_role(cls, value: object) -> object:
        if isinstance(value, dict) and not value.get("role"):
            message = "Role is required"
            raise ValueError(message)
        return value

    @property
    def text(self) -> str:
        """The text of ``content``: itself, the text parts joined, or empty."""
        if isinstance(self.content, str):
            return self.content
        parts = (part.get("text") for part in self.content or [] if part.get("type") in {"text", "output_text"})
        return "".join(part for part in parts if isinstance(part, str))

    def to_wire(self) -> dict[str, Any]:
        """Return what an OpenAI-compatible endpoint takes: a dict without the fields that are not set."""
        wire = self.model_dump(mode="json", exclude_none=True)
        return {"role": wire.pop("role"), "content": wire.pop("content", None), **wire}


def _decoded(value: object) -> object:
    return json.loads(value) if isinstance(value, str) else value


class Sample(BaseModel):
    """One row of a data set: a prompt, what a right reply must give, and a reply that is known to be right."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = ""
    """Stable under reordering: made from the content where the source gives none."""
    messages: list[Message] = Field(min_length=1)
    """The prompt, without the system prompt of the example."""
    ground_truth: JsonValue = None
    """What the reward compares a reply with."""
    reference: str | Message | None = None
    """A reply that earns 1.0. Never the ground truth itself: grading it must exercise the reward."""
    tools: Annotated[list[dict[str, JsonValue]] | None, BeforeValidator(_decoded)] = None
    """Tools offered to the model, in the shape of OpenAI's API. Files have them as JSON text, because readers that
    unify columns would give every object the keys of all others."""
    extra: dict[str, JsonValue] = Field(default_factory=dict)
    """Further keyword arguments that the reward takes."""
    metadata: dict[str, JsonValue] = Field(default_factory=dict)
    """Carried along and never graded: where the row came from, its difficulty."""

    @model_validator(mode="before")
    @classmethod
    def _identify(cls, value: object) -> object:
        if isinstance(value, dict) and not value.get("id"):
            content = {key: value.get(key) for key in ("messages", "ground_truth", "tools", "extra")}
            return {**value, "id": content_id({**content, "tools": _decoded(content["tools"])})}
        return value

    @field_serializer("tools", when_used="json-unless-none")
    def _encode_tools(self, tools: list[dict[str, JsonValue]]) -> str:
        return json.dumps(tools, ensure_ascii=False)

    @property
    def reference_message(self) -> Message | None:
        """The reference as an assistant message."""
        if self.reference is None or isinstance(self.reference, Message):
            return self.reference
        return Message(role="assistant", content=self.reference)


class Reply(BaseModel):
    """What a language model answered to one sample, as ``regenerate`` writes and ``evaluate --replies`` reads it."""

    model_config = ConfigDict(extra="ignore")

    id: str
    """The id of the sample that it answers."""
    message: Message
    finish_reason: str | None = None
    """As the endpoint gave it: ``stop``, ``length`` (the token limit cut the reply off), ``tool_calls`` …"""
    model: str | None = None
    usage: dict[str, JsonValue] | None = None
    messages: list[Message] | None = None
    """The prompt, where the reply can be graded without its data set."""
    ground_truth: JsonValue = None
    extra: dict[str, JsonValue] = Field(default_factory=dict)

    @property
    def cut_off(self) -> bool:
        """Whether the token limit ended the reply."""
        return self.finish_reason == "length"


class MetricResult(_MappingAccess):
    """One part of a grading: what it measured, between 0 and 1, and why."""

    score: float = Field(ge=0.0, le=1.0, allow_inf_nan=False)
    reason: str
    is_score_valid: bool = True


class StepOutput(_MappingAccess):
    """The reward of one step of a conversation of several."""

    step_index: int | str
    base_reward: FiniteFloat
    metrics: dict[str, Any] = Field(default_factory=dict)
    reason: str | None = None


class EvaluateResult(_MappingAccess):
    """What a reward says of one reply.

    ``score`` is earned only where ``is_score_valid``. A result with ``error`` is not graded; it cannot carry a
    score, and says so by ``is_score_valid=False`` without being asked.

    >>> EvaluateResult(score=1.0, reason="72 = 72").is_score_valid
    True
    >>> EvaluateResult.not_graded("the judge did not answer").is_score_valid
    False
    """

    score: FiniteFloat
    is_score_valid: bool = True
    reason: str | None = None
    metrics: dict[str, MetricResult] = Field(default_factory=dict)
    step_outputs: list[StepOutput] | None = None
    error: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _an_error_is_no_score(cls, value: object) -> object:
        if isinstance(value, dict) and value.get("error") and value.get("is_score_valid") is None:
            return {**value, "is_score_valid": False}
        return value

    @model_validator(mode="after")
    def _keep_the_outcomes_apart(self) -> Self:
        if self.is_score_valid and self.error:
            message = f"found error={self.error!r} with is_score_valid=True; a failed grading has no valid score"
            raise ValueError(message)
        if not self.is_score_valid:
            if self.score != 0.0:
                message = f"found score={self.score!r} with is_score_valid=False; a failed grading has the score 0.0"
                raise ValueError(message)
            if not self.error:
                self.error = self.reason or "the reward gave no reason"
        return self

    @classmethod
    def not_graded(cls, error: str, *, metrics: dict[str, MetricResult] | None = None) -> Self:
        """Return the outcome of a grading that failed by no fault of the reply."""
        return cls(score=0.0, is_score_valid=False, reason="not graded", error=error, metrics=metrics or {})


def content_id(content: object) -> str:
    """Return an identifier made from ``content`` alone: 16 hexadecimal digits of the sha256 of its canonical JSON."""
    canonical = json.dumps(_plain(content), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _plain(content: object) -> object:
    if isinstance(content, Message):
        return content.to_wire()
    if isinstance(content, dict):
        return {key: _plain(value) for key, value in content.items() if value is not None}
    if isinstance(content, list | tuple):
        return [_plain(value) for value in content]
    return content
