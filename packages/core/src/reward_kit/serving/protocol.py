"""What a client sends and gets."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from reward_kit.data.jsonl import to_line
from reward_kit.errors import DataError
from reward_kit.evaluation.conversations import Conversation
from reward_kit.models import EvaluateResult, Message

__all__ = ["BatchRequest", "BatchResponse", "EvaluationRequest", "Health", "Problem", "json_of"]


class EvaluationRequest(BaseModel):
    """One reply to grade."""

    model_config = ConfigDict(extra="forbid")

    messages: Annotated[list[Message], Field(min_length=1)]
    """The conversation; the last message is the reply."""
    ground_truth: JsonValue = None
    kwargs: dict[str, JsonValue] = Field(default_factory=dict)
    """Further keyword arguments; the reward gets those that it takes."""

    def conversation(self) -> Conversation:
        """Return what is to be graded."""
        return Conversation(id="", messages=tuple(self.messages), ground_truth=self.ground_truth, extra=self.kwargs)


class BatchRequest(BaseModel):
    """Several replies to grade, all of them or none."""

    model_config = ConfigDict(extra="forbid")

    items: Annotated[list[EvaluationRequest], Field(min_length=1)]


class BatchResponse(BaseModel):
    """The results, in the order of the request."""

    results: list[EvaluateResult]


class Health(BaseModel):
    """Whether the server grades, and what."""

    status: str
    reward_function: str


class Problem(BaseModel):
    """Why a request was not answered."""

    detail: str


def json_of(result: EvaluateResult) -> dict[str, Any]:
    """Return ``result`` as plain data that JSON has a form for; one that holds anything else is not graded."""
    row = result.model_dump()
    try:
        to_line(row)
    except DataError as error:
        return EvaluateResult.not_graded(f"the result {error}").model_dump()
    return row
