"""One row of ``results.jsonl``, and what a whole run amounts to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from reward_kit.data.jsonl import to_line
from reward_kit.errors import DataError
from reward_kit.evaluation.attempts import AttemptsSummary
from reward_kit.evaluation.conversations import Graded
from reward_kit.evaluation.statistics import Interval, Tally
from reward_kit.grading import describe
from reward_kit.models import EvaluateResult, MetricResult

__all__ = ["ResultRow", "Summary", "line_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultRow:
    """How one reply was graded. Nothing in it depends on when or how fast."""

    index: int
    """The place in the input, from 0."""
    id: str
    score: float
    is_score_valid: bool
    reason: str | None
    error: str | None
    metrics: dict[str, Any]
    step_outputs: list[dict[str, Any]] | None
    cut_off: bool

    @classmethod
    def of(cls, index: int, graded: Graded) -> Self:
        """Return the row of a graded conversation."""
        result = graded.result
        return cls(
            index=index,
            id=graded.conversation.id,
            score=result.score,
            is_score_valid=result.is_score_valid,
            reason=result.reason,
            error=result.error,
            metrics={name: _metric(metric) for name, metric in result.metrics.items()},
            step_outputs=[step.model_dump() for step in result.step_outputs] if result.step_outputs else None,
            cut_off=graded.conversation.cut_off,
        )

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Self:
        """Return a row that was written before.

        Raises:
            DataError: it is not the row of a result.
        """
        try:
            return cls(**{"step_outputs": None, **row})
        except TypeError as error:
            problem = f"not a row of results: {error}"
            raise DataError(problem) from None

    def to_json(self) -> dict[str, Any]:
        """Return the row as it is written."""
        row = {name: getattr(self, name) for name in self.__slots__}
        if row["step_outputs"] is None:
            del row["step_outputs"]
        return row


def line_of(index: int, graded: Graded) -> tuple[ResultRow, bytes]:
    """Return the row of a graded conversation and its line; not graded where its result has no form in JSON."""
    try:
        row = ResultRow.of(index, graded)
        return row, to_line(row.to_json())
    except Exception as error:  # noqa: BLE001 - part of the boundary: a reward puts anything into its result
        result = EvaluateResult.not_graded(f"its result cannot be written: {describe(error)}")
        row = ResultRow.of(index, Graded(graded.conversation, result))
        return row, to_line(row.to_json())


def _metric(metric: MetricResult) -> dict[str, Any]:
    return {"score": metric.score, "reason": metric.reason, "is_score_valid": metric.is_score_valid}


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What a run amounts to. Rates are of the graded rows."""

    rows: int
    passed: int
    failed: int
    not_graded: int
    cut_off: int
    """Rows, counted above as well, whose reply the token limit ended."""
    pass_rate: float | None
    interval: Interval | None
    """The 95 % Wilson interval of the pass rate; None for ``attempts``, which are not independent of each other."""
    mean_score: float | None
    seconds: float
    unanswered: int = 0
    """Rows of the data set that have no reply."""
    attempts: AttemptsSummary | None = None
    """What several replies per prompt amount to, where that was asked for."""
    worst: tuple[ResultRow, ...] = field(default=(), repr=False)
    """The first of the rows that failed, the lowest scores first."""
    first_not_graded: tuple[ResultRow, ...] = field(default=(), repr=False)
    results: Path | None = None
    """The file with every row."""

    @classmethod
    def of(cls, tally: Tally, *, seconds: float, **rest: Any) -> Self:  # noqa: ANN401 - the fields below
        """Return the summary of what was counted."""
        return cls(
            rows=tally.rows,
            passed=tally.passed,
            failed=tally.failed,
            not_graded=tally.not_graded,
            cut_off=tally.cut_off,
            pass_rate=tally.pass_rate,
            interval=tally.interval if rest.get("attempts") is None else None,
            mean_score=tally.mean_score,
            seconds=seconds,
            **rest,
        )

    def to_json(self) -> dict[str, Any]:
        """Return the figures, without any row."""
        figures = {
            "rows": self.rows,
            "passed": self.passed,
            "failed": self.failed,
            "not_graded": self.not_graded,
            "cut_off": self.cut_off,
            "pass_rate": self.pass_rate,
            "interval": None if self.interval is None else [self.interval.low, self.interval.high],
            "mean_score": self.mean_score,
            "seconds": round(self.seconds, 3),
        }
        return figures if self.attempts is None else {**figures, "attempts": self.attempts.to_json()}
