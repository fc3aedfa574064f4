"""``json_schema_reward``: is a reply JSON that fits a schema? With all of JSON Schema, through ``jsonschema``.

A judge is asked only by ``json_schema_reward_with_llm_judge``, of what fits.
"""

import json
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from reward_kit.data.strict_json import (
    StrictJsonError,
    problem_of,
    read_json,
    read_whole,
    skip_space,
)
from reward_kit.errors import GradingError, RemoteError, UsageError, require
from reward_kit.models import EvaluateResult, Message, MetricResult
from reward_kit.rewards.function_calling.case import own_turns
from reward_kit.rewards.judging import Judge, described

__all__ = ["json_schema_reward", "json_schema_reward_with_llm_judge"]

_FENCE = "```"


def json_schema_reward(
    messages: list[Message] | list[dict[str, Any]],
    ground_truth: Any = None,  # noqa: ANN401, ARG001 - never used, as in 0.4.1
    json_content: dict[str, Any] | str | None = None,
    expected_schema: dict[str, Any] | str | None = None,
    **kwargs: Any,  # noqa: ANN401, ARG001 - columns of a data set that this reward does not use
) -> EvaluateResult:
    """Return 1.0 where the reply's JSON is valid under ``expected_schema``, else 0.0 with the first breach.

    reward-kit 0.4.1 paid a share for keys and types that agree, which a model can have without a valid value. The
    JSON is the whole reply, or its one fenced block. Needs the extra ``schema``; ``jsonschema-rs`` is used for speed
    where it is installed.

    Args:
        messages: the conversation; the last turn of the assistant is graded.
        ground_truth: not used.
        json_content: what to look at in place of the reply.
        expected_schema: JSON Schema, or its JSON text. Where it is no schema, nothing is graded.
        **kwargs: ignored.
    """
    require("schema", "jsonschema")
    try:
        problems = _breaches(_schema_text(expected_schema))
    except GradingError as error:
        return EvaluateResult.not_graded(str(error))
    try:
        value = _content(messages, json_content)
    except StrictJsonError as error:
        return _result(0.0, f"no JSON that can be read: {error.reason}")
    except GradingError as error:
        return EvaluateResult.not_graded(str(error))
    problem = next(problems.of(value), None)
    return _result(1.0, "valid under the schema") if problem is None else _result(0.0, problem)


def json_schema_reward_with_llm_judge(  # noqa: PLR0917 - as 0.4.1's users call it
    messages: list[Message] | list[dict[str, Any]],
    ground_truth: Any = None,  # noqa: ANN401 - never used, as in 0.4.1
    json_content: dict[str, Any] | str | None = None,
    expected_schema: dict[str, Any] | str | None = None,
    expected_behavior: str | None = None,
    openai_api_key: str | None = None,
    model: str = "gpt-4o-mini",
    temperature: float = 0.0,
    weights: dict[str, float] | None = None,
    *,
    base_url: str = "https://api.openai.com/v1",
    cache_folder: str | None = ".reward_kit_cache/judge",
    **kwargs: Any,  # noqa: ANN401, ARG001 - columns of a data set that this reward does not use
) -> EvaluateResult:
    """Return the weighted mean of what the schema and a language model say of the reply's JSON.

    JSON that breaks the schema earns 0.0 and is not shown to the judge, which could be talked into paying for it.
    Without ``expected_behavior`` there is nothing to judge: the schema decides alone. Where the judge cannot be
    reached, or answers anything but a score, the reply is not graded.

    Args:
        messages: as for ``json_schema_reward``, and so are ``json_content`` and ``expected_schema``.
        ground_truth: not used.
        json_content: see there.
        expected_schema: see there.
        expected_behavior: what is right, in words, shown to the judge.
        openai_api_key: the key of the endpoint.
        model: the judge.
        temperature: 0 for the same answer to the same question.
        weights: ``schema`` (0.7) and ``llm`` (0.3), by their sum.
        base_url: the endpoint, up to where ``/chat/completions`` begins.
        cache_folder: where answers are kept; ``None``: nowhere.
        **kwargs: ignored.

    Raises:
        UsageError: ``weights`` are not two numbers of which one is positive and none negative.
    """
    schema_weight, judge_weight = _shares(weights)
    result = json_schema_reward(messages, ground_truth, json_content, expected_schema)
    if not expected_behavior or not result.is_score_valid or result.score == 0.0:
        return result
    judge = Judge(
        model=model, base_url=base_url, api_key=openai_api_key, temperature=temperature, cache_folder=cache_folder
    )
    parts = {
        "CONVERSATION": [described(message) for message in messages[:-1]],
        "EXPECTED SCHEMA": expected_schema,
        "EXPECTED BEHAVIOUR": expected_behavior,
        "JSON TO JUDGE": _content(messages, json_content),
    }
    try:
        verdict = judge.ask("You judge the JSON that an assistant wrote.", parts)
    except (GradingError, RemoteError) as error:
        return EvaluateResult.not_graded(str(error))
    score = min(1.0, schema_weight * result.score + judge_weight * verdict.score)
    metrics = {**result.metrics, "llm_judge": MetricResult(score=verdict.score, reason=verdict.reason)}
    return EvaluateResult(score=score, reason=verdict.reason, metrics=metrics)


def _shares(weights: dict[str, float] | None) -> tuple[float, float]:
    given = {"schema": 0.7, "llm": 0.3} if weights is None else weights
    if set(given) - {"schema", "llm"} or not all(value >= 0.0 for value in given.values()) or not sum(given.values()):
        message = f"found weights={weights!r}, expected 'schema' and 'llm', none negative and one positive"
        raise UsageError(message)
    return given.get("schema", 0.0) / sum(given.values()), given.get("llm", 0.0) / sum(given.values())


def _result(score: float, reason: str) -> EvaluateResult:
    reason = reason.encode("utf-8", "backslashreplace").decode()[:300]
    metric = MetricResult(score=score, reason=reason)
    return EvaluateResult(score=score, reason=reason, metrics={"schema_similarity": metric})


def _schema_text(schema: object) -> str:
    if isinstance(schema, str):
        return schema
    if not isinstance(schema, dict) or problem_of(schema):
        message = f"found expected_schema={schema!r:.80}, expected JSON Schema as an object or its text"
        raise GradingError(message)
    return json.dumps(schema, sort_keys=True)


def _content(messages: object, given: object) -> object:
    if given is not None and not isinstance(given, str):
        if problem := problem_of(given):
            raise StrictJsonError(problem, 0)
        return given
    text = given if isinstance(given, str) else _text(own_turns(messages)[-1])
    start = skip_space(text, 0)
    if text.count(_FENCE) == 2:  # noqa: PLR2004 - one block has two fences
        inside = text.split(_FENCE)[1]
        first, _, rest = inside.partition("\n")
        text, start = (rest if not first.strip().startswith(("{", "[", '"')) else inside), 0
        return read_whole(text)
    value, end = read_json(text, start)
    if skip_space(text, end) != len(text):
        raise StrictJsonError("text follows the JSON", end)
    return value


def _text(message: object) -> str:
    if isinstance(message, Message):
        return message.text
    content = message.get("content") if isinstance(message, dict) else message
    return content if isinstance(content, str) else ""


class _Breaches:
    """The breaches of one compiled schema."""

    def __init__(self, validator: Any, path: str) -> None:  # noqa: ANN401 - of jsonschema or of jsonschema-rs
        """Take a validator, and what its errors call the path to what is wrong."""
        self._validator = validator
        self._path = path

    def of(self, value: object) -> Iterator[str]:
        """Yield what is wrong with ``value``, and where."""
        for error in self._validator.iter_errors(value):
            path = "/".join(str(part) for part in getattr(error, self._path))
            yield f"{path or 'the value'}: {error.message}"


@lru_cache(maxsize=256)
def _breaches(schema_text: str) -> _Breaches:
    from importlib.util import find_spec

    try:
        schema = read_whole(schema_text)
    except StrictJsonError as error:
        message = f"found an expected_schema that is not JSON: {error.reason}"
        raise GradingError(message) from None
    if find_spec("jsonschema_rs") is not None:
        import jsonschema_rs

        try:
            return _Breaches(jsonschema_rs.validator_for(schema), "instance_path")
        except ValueError as error:
            message = f"expected_schema is no JSON Schema: {str(error).splitlines()[0][:200]}"
            raise GradingError(message) from None
    import jsonschema

    kind = jsonschema.validators.validator_for(schema, default=jsonschema.Draft202012Validator)
    try:
        kind.check_schema(schema)
    except jsonschema.SchemaError as error:
        message = f"expected_schema is no JSON Schema: {error.message[:200]}"
        raise GradingError(message) from None
    return _Breaches(kind(schema), "absolute_path")
