"""Have Fireworks run an evaluator on samples, without keeping it: what it says is what it said, never simulated.

The evaluator comes from metric folders, one folder of several metrics, a text or a ``Bundle``; the samples from a
JSONL file, from the Hugging Face hub, or from memory. Unlike reward-kit 0.4.1 all Python files of a folder are sent,
and a service that fails is an error.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from reward_kit.clients.fireworks import FireworksClient, PreviewRow, connect
from reward_kit.data import read_jsonl
from reward_kit.data.hub import hub_rows
from reward_kit.data.sources import local_rows
from reward_kit.data.splits import Split
from reward_kit.errors import DataError, EndpointMissingError, UsageError
from reward_kit.evaluation.bundle import Bundle
from reward_kit.evaluation.criteria import (
    bundle_criteria,
    code_criteria,
    evaluator_body,
    folder_criteria,
    metric_criteria,
)
from reward_kit.example import HubSource

__all__ = ["EvaluatorPreviewResult", "PreviewedSample", "preview_evaluation"]

ALTERNATIVE = (
    "this service has no previewEvaluator; `evaluate` grades the same rows with the same code on this machine, "
    "and --base-url names a service that has it"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewedSample:
    """What the service said of one sample."""

    index: int
    success: bool
    """Whether the evaluator ran and gave a score."""
    score: float | None
    """None where it failed: a failure is never a score."""
    per_metric_evals: Mapping[str, Any] = field(default_factory=dict)
    error: str | None = None
    """Why it failed, as the service tells it: the evaluator's traceback."""


@dataclass(slots=True)
class EvaluatorPreviewResult:
    """What the service said of all samples."""

    results: list[PreviewedSample] = field(default_factory=list)
    total_samples: int = 0
    total_runtime_ms: int = 0

    def add_result(
        self,
        sample_index: int,
        success: bool,  # noqa: FBT001 - the signature of 0.4.1
        score: float | None,
        per_metric_evals: Mapping[str, Any],
        error: str | None = None,
    ) -> None:
        """Add what was said of the sample at ``sample_index``."""
        self.results.append(
            PreviewedSample(
                index=sample_index, success=success, score=score, per_metric_evals=per_metric_evals, error=error
            )
        )

    def display(self) -> None:
        """Print the results."""
        lines = [
            "Evaluation Preview Results",
            f"Total Samples: {self.total_samples}",
            f"Total Runtime: {self.total_runtime_ms} ms",
        ]
        for result in self.results:
            score = "none" if result.score is None else f"{result.score:.4f}"
            lines += [f"Sample {result.index + 1}:", f"  Success: {result.success}", f"  Score: {score}"]
            lines += [f"  {name}: {_shown(metric)}" for name, metric in result.per_metric_evals.items()]
            lines += [f"    {line}" for line in (result.error or "").splitlines()]
        print("\n".join(lines))  # noqa: T201 - printing is what this method is for


def preview_evaluation(  # noqa: PLR0917 - the signature of 0.4.1
    metric_folders: Sequence[str] | None = None,
    multi_metrics: bool = False,  # noqa: FBT001, FBT002 - the signature of 0.4.1, here and below
    folder: str | None = None,
    python_code_to_evaluate: str | None = None,
    python_file_name_for_code: str = "main.py",
    criterion_name_for_code: str | None = None,
    criterion_description_for_code: str | None = None,
    sample_file: str | None = None,
    max_samples: int = 5,
    huggingface_dataset: str | None = None,
    huggingface_split: str | None = None,
    huggingface_message_key_map: Mapping[str, str] | None = None,
    huggingface_prompt_key: str | None = None,
    huggingface_response_key: str | None = None,
    reward_function_mode: Literal["pointwise", "batch"] = "pointwise",
    account_id: str | None = None,
    api_key: str | None = None,
    *,
    bundle: Bundle | None = None,
    samples: Iterable[Mapping[str, Any]] | None = None,
    batch_size: int = 20,
    client: FireworksClient | None = None,
) -> EvaluatorPreviewResult:
    """Return what Fireworks gives for an evaluator on at most ``max_samples`` samples.

    A sample is a row with ``messages``, the reply last; its other fields are arguments of the evaluator. A request
    takes ``batch_size`` of them. Key and account come from the arguments, the environment, or
    ``~/.fireworks/auth.ini``; a ``client`` replaces them.

    Raises:
        UsageError: a ValueError; the evaluator or the samples are not usable.
        MissingCredentialsError: also a ValueError; no key was found, or it is not usable.
        EndpointMissingError: this service has no preview of evaluators.
        RemoteError: the service failed.
    """
    _refuse_batches(reward_function_mode)
    code = code_criteria(
        python_code_to_evaluate, python_file_name_for_code, criterion_name_for_code, criterion_description_for_code
    )
    criteria = [*metric_criteria(metric_folders), *folder_criteria(folder), *code, *bundle_criteria(bundle)]
    evaluator = evaluator_body(criteria, multi_metrics=multi_metrics or folder is not None)
    columns = _Columns(huggingface_message_key_map, huggingface_prompt_key, huggingface_response_key)
    rows = _rows(samples, sample_file, huggingface_dataset, huggingface_split, columns)
    texts = [json.dumps(row, ensure_ascii=False, allow_nan=False) for row in islice(rows, max_samples)]
    with nullcontext(client) if client else connect(api_key=api_key, account_id=account_id) as service:
        return _previewed(service, evaluator, texts, batch_size)


def _refuse_batches(mode: str) -> None:
    if mode != "pointwise":
        message = f"found reward_function_mode={mode!r}; a preview grades one sample at a time: 'pointwise'"
        raise UsageError(message)


def _previewed(
    client: FireworksClient, evaluator: Mapping[str, Any], samples: Sequence[str], batch_size: int
) -> EvaluatorPreviewResult:
    result = EvaluatorPreviewResult()
    criteria = {criterion["name"] for criterion in evaluator["criteria"]}
    _ = client.account_id  # found out here, so that a service without that is not taken for one without a preview
    for start in range(0, len(samples), batch_size):
        try:
            answer = client.preview_evaluator(evaluator, samples[start : start + batch_size])
        except EndpointMissingError as error:
            message = f"{error.message.rpartition('; ')[0] or error.message}; {ALTERNATIVE}"
            raise EndpointMissingError(message, error.status, error.body) from None
        for row in answer.rows:
            failure = _failure(row, criteria)
            index = len(result.results)
            result.add_result(index, failure is None, None if failure else row.score, row.metrics, failure)
        result.total_samples += answer.total_samples
        result.total_runtime_ms += answer.total_runtime_ms
    return result


def _failure(row: PreviewRow, criteria: set[str]) -> str | None:
    """Return why the evaluator failed on a row, or None where it gave a score.

    A metric that a criterion merely reports may be without a score; a criterion itself may not.
    """
    own = [metric for name, metric in row.metrics.items() if name in criteria and isinstance(metric, dict)]
    failed = [metric for metric in own if metric.get("success") is False]
    if row.success is not False and not failed and row.score is not None:
        return None
    reasons = [str(metric["reason"]) for metric in failed or own if metric.get("reason")]
    return row.reason or "\n".join(reasons) or "the service gave no score and no reason"


def _shown(metric: object) -> str:
    return f"{metric.get('score')} ({metric.get('reason')})" if isinstance(metric, dict) else str(metric)


@dataclass(frozen=True, slots=True)
class _Columns:
    """What the columns of a hub data set are called, and what they are to be."""

    renamed: Mapping[str, str] | None
    prompt: str | None
    response: str | None


def _rows(
    samples: Iterable[Mapping[str, Any]] | None,
    sample_file: str | None,
    dataset: str | None,
    split: str | None,
    columns: _Columns,
) -> Iterator[Mapping[str, Any]]:
    if samples is not None:
        return _checked(enumerate(samples, start=1), None)
    if sample_file is not None:
        return _checked(read_jsonl(sample_file), sample_file)
    if dataset is not None:
        return _checked(enumerate(_hub_rows(dataset, split or "train", columns), start=1), dataset)
    message = "found no samples, expected sample_file, huggingface_dataset or samples"
    raise UsageError(message)


def _checked(rows: Iterable[tuple[int, Mapping[str, Any]]], path: str | None) -> Iterator[Mapping[str, Any]]:
    for number, row in rows:
        messages = row.get("messages")
        if not isinstance(messages, list) or not messages:
            problem = f"found {messages!r}, expected a list of messages, the reply last"
            raise DataError(problem, path=path, line=number, field="messages")
        yield row


def _hub_rows(dataset: str, split: str, columns: _Columns) -> Iterator[dict[str, Any]]:
    """Yield rows of ``name`` or ``name@revision`` of the hub, or of a folder, their prompt and response as messages."""
    name, _, revision = dataset.partition("@")
    source = HubSource(repo=name, split=split, revision=revision or "main", licence="")
    renamed = columns.renamed or {}
    for raw in local_rows(name, Split.parse(split)) if Path(name).exists() else hub_rows(source, split):
        row = {renamed.get(key, key): value for key, value in raw.value.items()}
        if "messages" not in row:
            prompt, response = row.pop(columns.prompt or "prompt", None), row.pop(columns.response or "response", None)
            said = (("user", prompt), ("assistant", response))
            row["messages"] = [{"role": role, "content": text} for role, text in said if text is not None]
        yield row
