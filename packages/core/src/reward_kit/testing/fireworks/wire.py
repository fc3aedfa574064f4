"""The request bodies that the server reads, checked; a body that does not fit is refused by the name of its field."""

from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic.alias_generators import to_camel

from reward_kit.models import Message
from reward_kit.testing.fireworks.answers import Refusal

__all__ = [
    "ChatRequest",
    "CodeSnippets",
    "CreateDataset",
    "CreateEvaluator",
    "CreateSecret",
    "Criterion",
    "Dataset",
    "Evaluator",
    "PreviewEvaluator",
    "UpdateSecret",
    "UploadEndpoint",
    "parse",
]


class _Wire(BaseModel):
    """JSON of the gateway: camelCase, null as good as absent, unknown fields ignored."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="ignore")

    @model_validator(mode="before")
    @classmethod
    def _null_is_absent(cls, value: object) -> object:
        if isinstance(value, dict):
            return {key: item for key, item in value.items() if item is not None}
        return value


W = TypeVar("W", bound=BaseModel)


def parse(model: type[W], value: object) -> W:
    """Return ``value`` as ``model``.

    Raises:
        Refusal: it does not fit; the message names the first field that does not.
    """
    try:
        return model.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        message = f"{_place(first['loc'])}: {first['msg']}"
        raise Refusal(message) from error


def _place(location: tuple[int | str, ...]) -> str:
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    return text.removeprefix(".") or "body"


class CodeSnippets(_Wire):
    """The code of a criterion."""

    language: Literal["python"] = "python"
    file_contents: dict[str, str] = Field(min_length=1)
    entry_file: str = "main.py"
    entry_func: str = "evaluate"


class Criterion(_Wire):
    """One metric of an evaluator."""

    type: Literal["CODE_SNIPPETS", "TYPE_UNSPECIFIED"] = "TYPE_UNSPECIFIED"
    name: str = ""
    description: str = ""
    code_snippets: CodeSnippets | None = None


class Source(_Wire):
    """Where the code of a V2 evaluator comes from."""

    type: Literal["TYPE_UNSPECIFIED", "TYPE_UPLOAD", "TYPE_GITHUB", "TYPE_TEMPORARY"] = "TYPE_UNSPECIFIED"
    github_repository_name: str = ""


class Evaluator(_Wire):
    """What an evaluator is made of: of the old kind, of V2, or of both."""

    display_name: str = ""
    description: str = ""
    criteria: list[Criterion] = Field(default_factory=list)
    requirements: str = ""
    # of the old kind
    multi_metrics: bool = False
    rollup_settings: dict[str, Any] = Field(default_factory=dict)
    # of V2
    commit_hash: str = ""
    default_dataset: str = ""
    entry_point: str = ""
    source: Source = Field(default_factory=Source)

    def sent(self, *, exclude: set[str]) -> dict[str, Any]:
        """Return the fields that were sent, as they are answered again."""
        return self.model_dump(by_alias=True, exclude_unset=True, exclude=exclude)


class PreviewEvaluator(_Wire):
    """``PreviewEvaluatorRequest``."""

    evaluator: Evaluator
    sample_data: list[str] = Field(min_length=1)
    max_samples: int = Field(default=0, ge=0)


class CreateEvaluator(_Wire):
    """``CreateEvaluatorRequest``, old and V2."""

    evaluator: Evaluator
    evaluator_id: str = ""


class UploadEndpoint(_Wire):
    """``GetEvaluatorUploadEndpointRequest`` and the one for data sets."""

    filename_to_size: dict[str, Annotated[int, Field(ge=0)]] = Field(min_length=1)


class CreateSecret(_Wire):
    """A secret to keep."""

    name: str = ""
    key_name: str = Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")
    value: str = Field(default="", repr=False)


class UpdateSecret(_Wire):
    """What to change of a secret."""

    key_name: str | None = Field(default=None, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")
    value: str | None = Field(default=None, repr=False)


class Dataset(_Wire):
    """What a data set is."""

    display_name: str = ""
    example_count: Annotated[int, Field(ge=0)] = 0
    format: Literal["FORMAT_UNSPECIFIED", "CHAT", "COMPLETION", "RL"] = "FORMAT_UNSPECIFIED"
    user_uploaded: dict[str, Any] | None = None
    eval_protocol: dict[str, Any] | None = None


class CreateDataset(_Wire):
    """``CreateDatasetRequest``."""

    dataset: Dataset
    dataset_id: str


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


class ChatRequest(BaseModel):
    """A chat completion that is asked for, in OpenAI's shape. Parameters without an effect here are accepted."""

    model_config = ConfigDict(extra="allow")

    model: str
    messages: list[Message] = Field(min_length=1)
    temperature: float | None = Field(default=None, ge=0.0, le=2.0)
    top_p: float | None = Field(default=None, gt=0.0, le=1.0)
    top_k: int | None = Field(default=None, ge=0)
    max_tokens: int | None = Field(default=None, ge=1)
    max_completion_tokens: int | None = Field(default=None, ge=1)
    n: int | None = Field(default=None, ge=1, le=128)
    stop: Annotated[list[str] | None, BeforeValidator(_listed)] = None
    seed: int | None = None
    stream: bool | None = None

    @property
    def token_limit(self) -> int | None:
        """The most tokens to generate."""
        return self.max_tokens if self.max_completion_tokens is None else self.max_completion_tokens
