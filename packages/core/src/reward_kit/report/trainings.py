"""What a report says of a run of ``train``: its curves, and completions over the steps."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from reward_kit.errors import DataError
from reward_kit.evaluation.runs import read_run
from reward_kit.models import Message
from reward_kit.report.charts import Points
from reward_kit.report.folders import rows_of
from reward_kit.report.rows import finite, outcome_of, row_json
from reward_kit.report.text import visible

__all__ = ["STEPS", "Curves", "Training", "read_training"]

STEPS = "training.jsonl"
FILES = 25
"""Steps from which completions are shown, evenly from the first to the last."""
PER_FILE = 16
"""Completions shown of each."""

_CHARTS: Sequence[tuple[str, Sequence[str]]] = (
    ("Reward", ("reward", "reward_std")),
    ("Reward by part", ("rewards/*/mean", "rewards/*/parts/*")),
    ("Loss", ("loss",)),
    ("KL divergence", ("kl",)),
    ("Groups without variance", ("frac_reward_zero_std", "rewards/*/zero_variance")),
    ("Not graded", ("rewards/*/not_graded",)),
    ("Length in tokens", ("completions/mean_length", "completions/min_length", "completions/max_length")),
    ("Cut off by the token limit", ("completions/clipped_ratio",)),
    ("Entropy", ("entropy",)),
    ("Gradient norm", ("grad_norm",)),
    ("Seconds per step", ("step_time", "rewards/*/seconds")),
)

Curves = Mapping[str, Points]


@dataclass(frozen=True, slots=True, kw_only=True)
class Training:
    """A run of ``train``, read."""

    name: str
    record: Mapping[str, Any]
    steps: int
    """The last step that was logged."""
    charts: Sequence[tuple[str, Curves]]
    """Title and lines of every chart that the log has anything for."""
    rows: Sequence[Mapping[str, Any]]
    """Completions as ``row_json`` makes them."""
    problems: Sequence[str]


def read_training(folder: Path) -> Training:
    """Read the run in ``folder``.

    Raises:
        DataError: a line of its log is not a step.
    """
    steps: dict[int, dict[str, Any]] = {}
    for number, row in rows_of(folder / STEPS):
        if not isinstance(row.get("step"), int):
            problem = f"found {row.get('step')!r}, expected the number of a step"
            raise DataError(problem, path=folder / STEPS, line=number, field="step")
        # A step has several entries; where a run was resumed, the later of two values counts.
        steps.setdefault(row["step"], {}).update(row)
    problems: list[str] = []
    return Training(
        name=folder.name,
        record=read_run(folder) or {},
        steps=max(steps, default=0),
        charts=[(title, lines) for title, names in _CHARTS if (lines := _lines(steps, names))],
        rows=_completions(folder / "completions", problems),
        problems=problems,
    )


def _lines(steps: Mapping[int, Mapping[str, Any]], patterns: Sequence[str]) -> dict[str, list[tuple[float, float]]]:
    names = list(dict.fromkeys(name for row in steps.values() for name in row))
    lines = {}
    for pattern in patterns:
        for name in (name for name in names if _fits(name, pattern)):
            points = [
                (float(step), float(row[name]))
                for step, row in sorted(steps.items())
                if finite(row.get(name)) is not None
            ]
            if points:
                lines[visible(name)] = points
    return lines


def _fits(name: str, pattern: str) -> bool:
    """Tell whether ``name`` is one of ``pattern``, whose last star stands for any number of segments."""
    parts, wanted = name.split("/"), pattern.split("/")
    if wanted[-1] == "*":
        parts = parts[: len(wanted) - 1] + (["*"] if len(parts) >= len(wanted) else [])
    return len(parts) == len(wanted) and all(want in ("*", part) for part, want in zip(parts, wanted, strict=True))


def _completions(folder: Path, problems: list[str]) -> list[dict[str, Any]]:
    paths = sorted(folder.glob("completions_*.parquet"))
    if not paths:
        problems.append("The run kept no completions.")
        return []
    if find_spec("pyarrow") is None:
        problems.append("The completions are in Parquet files, which need pyarrow to be read: pip install pyarrow.")
        return []
    if len(paths) > FILES:
        problems.append(f"Completions of {FILES} of {len(paths)} steps are shown.")
        paths = [paths[round(number * (len(paths) - 1) / (FILES - 1))] for number in range(FILES)]
    rows: list[dict[str, Any]] = []
    for path in paths:
        try:
            for row in _read_parquet(path):
                rows.append({"place": len(rows) + 1, **row})
        except (OSError, ValueError, TypeError, KeyError) as error:
            problems.append(f"{path.name} cannot be read: {error}.")
    return rows


def _read_parquet(path: Path) -> Iterator[dict[str, Any]]:
    from pyarrow import parquet

    with parquet.ParquetFile(path) as file:
        for batch in file.iter_batches(batch_size=PER_FILE):
            for number, row in enumerate(batch.to_pylist(), start=1):
                yield _completion(row, number)
            return


def _completion(row: Mapping[str, Any], number: int) -> dict[str, Any]:
    """Return one completion: the rewards are the columns that have one of reasons beside them."""
    rewards = [name for name in row if f"{name}/reason" in row]
    first = rewards[0] if rewards else ""
    score = finite(row.get(first))
    result = {
        "id": f"step {row.get('step')}, completion {number}",
        "score": score or 0.0,
        "is_score_valid": score is not None,
        "reason": row.get(f"{first}/reason"),
        "error": row.get(f"{first}/error"),
        "metrics": {
            **{name: {"score": row[name], "reason": row[f"{name}/reason"]} for name in rewards},
            **({"advantage": {"score": row["advantage"], "reason": None}} if "advantage" in row else {}),
            **(
                {"extracted_answer": {"score": None, "reason": extracted}}
                if (extracted := row.get(f"{first}/extracted"))
                else {}
            ),
        },
    }
    messages = _messages(row.get("completion"), "assistant")
    shown = row_json(
        result,
        outcome=outcome_of(result, 1.0),
        prompt=_messages(row.get("prompt"), "user"),
        reply=messages[-1] if messages else None,
        gold=row.get(f"{first}/gold"),
    )
    return {"step": row.get("step"), **shown}


def _messages(value: object, role: str) -> list[Message]:
    """Return a conversation, or the text of one message."""
    if isinstance(value, str):
        return [Message.model_validate({"role": role, "content": value})]
    try:
        return (
            [
                Message.model_validate({name: part for name, part in message.items() if part is not None})
                for message in value
                if isinstance(message, dict)
            ]
            if isinstance(value, list)
            else []
        )
    except ValidationError as error:
        raise ValueError(str(error)) from None
