"""What a graded batch is worth logging: metrics, columns of the completions table, and lines for humans."""

import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Protocol

from reward_kit.integrations.trl_rows import Row
from reward_kit.models import EvaluateResult

__all__ = ["GradedBatch", "GradedRow", "LogExtra", "LogMetric", "TrainerState", "log_batch"]

LogExtra = Callable[[str, list[Any]], None]
LogMetric = Callable[[str, float], None]
logger = logging.getLogger("reward_kit.integrations.trl")

_SHOWN = 160
"""Characters of the end of a reply in a log line; the answer is there."""


class TrainerState(Protocol):
    """The part of transformers' TrainerState that is read here."""

    global_step: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GradedRow:
    """One completion and what became of it."""

    row: Row
    result: EvaluateResult
    reward: float | None
    """What the trainer gets: ``None`` where the row is not graded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GradedBatch:
    """The rows that one call graded."""

    name: str
    rows: Sequence[GradedRow]
    group_size: int | None
    """Completions per prompt; ``None`` to take rows with equal prompts that follow each other as one group."""
    seconds: float
    step_seconds: float | None
    """Time since the call before ended, this grading included; ``None`` in the first call."""

    @property
    def errors(self) -> list[str]:
        """Why rows were not graded."""
        return [str(row.result.error) for row in self.rows if row.reward is None]

    @property
    def not_graded(self) -> float:
        """The share of the rows that were not graded."""
        return len(self.errors) / len(self.rows)

    @property
    def share_of_step(self) -> float | None:
        """Grading's share of the time that a step takes."""
        return self.seconds / self.step_seconds if self.step_seconds else None

    @property
    def cut_off(self) -> float | None:
        """The share of the rows that the token limit ended."""
        known = [row.row.cut_off for row in self.rows if row.row.cut_off is not None]
        return sum(known) / len(known) if known else None

    @property
    def zero_variance(self) -> float:
        """The share of the groups without two different rewards: nothing is learned from them."""
        groups = self._groups()
        return sum(len({row.reward for row in group} - {None}) < 2 for group in groups) / len(groups)  # noqa: PLR2004 - two

    @property
    def mean(self) -> float | None:
        """The mean reward of the graded rows."""
        graded = [row.reward for row in self.rows if row.reward is not None]
        return sum(graded) / len(graded) if graded else None

    def _groups(self) -> list[list[GradedRow]]:
        if self.group_size is not None:
            return [
                list(self.rows[start : start + self.group_size]) for start in range(0, len(self.rows), self.group_size)
            ]
        return [list(group) for _, group in groupby(self.rows, key=lambda row: row.row.prompt)]

    def metrics(self) -> dict[str, float]:
        """Return numbers for the trainer's log, named beside TRL's own ``rewards/<name>/mean``."""
        metrics = {"not_graded": self.not_graded, "zero_variance": self.zero_variance, "seconds": self.seconds}
        if self.cut_off is not None:
            metrics["cut_off"] = self.cut_off
        if self.share_of_step is not None:
            metrics["share_of_step"] = self.share_of_step
        for part, values in self._parts().items():
            metrics[f"parts/{part}"] = sum(values) / len(values)
        return {f"rewards/{self.name}/{metric}": value for metric, value in metrics.items()}

    def _parts(self) -> dict[str, list[float]]:
        parts: dict[str, list[float]] = {}
        for row in self.rows:
            for part, result in row.result.metrics.items():
                if result.is_score_valid:
                    parts.setdefault(part, []).append(result.score)
        return parts

    def columns(self) -> dict[str, list[str | None]]:
        """Return columns of the completions table; always the same ones, or TRL could not put batches together."""
        columns = {
            "gold": [_text(row.row.ground_truth) for row in self.rows],
            "extracted": [_extracted(row.result) for row in self.rows],
            "reason": [row.result.reason for row in self.rows],
            "error": [row.result.error for row in self.rows],
        }
        return {f"{self.name}/{column}": values for column, values in columns.items()}


def log_batch(
    batch: GradedBatch, *, state: TrainerState | None, log_extra: LogExtra | None, log_metric: LogMetric | None
) -> None:
    """Hand ``batch`` to the trainer's logs, where it offers them, and to ``logging``."""
    if log_metric is not None:
        for name, value in batch.metrics().items():
            log_metric(name, value)
    if log_extra is not None:
        for column, values in batch.columns().items():
            log_extra(column, values)
    step = "" if state is None else f" step {state.global_step + 1}"
    logger.info("%s%s: %s", batch.name, step, _summary(batch))
    logger.info("%s%s: %s", batch.name, step, _sample(batch.rows[0]))
    if batch.errors:
        shown = "; ".join(dict.fromkeys(batch.errors[:3]))
        logger.warning("%s%s: %d of %d not graded: %s", batch.name, step, len(batch.errors), len(batch.rows), shown)


def _extracted(result: EvaluateResult) -> str | None:
    """Return the answer that the reward read out of the reply: the rewards for answers say it in this metric."""
    metrics = (metric for name, metric in result.metrics.items() if name.rpartition("/")[2] == "extracted_answer")
    return next((metric.reason for metric in metrics), None)


def _summary(batch: GradedBatch) -> str:
    parts = [
        "no reward" if batch.mean is None else f"mean reward {batch.mean:.3f}",
        f"{batch.zero_variance:.0%} of the groups without variance",
        f"{batch.not_graded:.0%} not graded",
    ]
    if batch.cut_off is not None:
        parts.append(f"{batch.cut_off:.0%} cut off")
    parts.append(f"graded in {batch.seconds:.2f} s")
    if batch.share_of_step is not None:
        parts[-1] += f" ({batch.share_of_step:.1%} of the step)"
    return ", ".join(parts)


def _sample(row: GradedRow) -> str:
    reply = " ".join(row.row.messages[-1].text.split()) if row.row.messages else ""
    shown = reply if len(reply) <= _SHOWN else "…" + reply[-_SHOWN:]
    outcome = f"not graded ({row.result.error})" if row.reward is None else f"{row.reward:g} ({row.result.reason})"
    return f"reply {shown!r}, gold {_text(row.row.ground_truth)!r}: {outcome}"


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, default=str)
