"""What a report says of a run of ``evaluate``: figures over all rows, and the rows worth looking at first."""

import heapq
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reward_kit.errors import DataError
from reward_kit.evaluation.runs import RESULTS, read_run
from reward_kit.evaluation.statistics import Tally
from reward_kit.report.folders import rows_of
from reward_kit.report.rows import Outcome, outcome_of, row_json
from reward_kit.report.sources import Sources
from reward_kit.report.text import kind_of, visible

__all__ = ["Evaluation", "MetricFigures", "read_evaluation"]

KINDS = 30
"""Kinds of failure that are counted one by one; what is rarer is summed up."""
_RANK: dict[Outcome, int] = {"failed": 0, "not graded": 1, "passed": 2}
_SHAPE = {"id": str, "score": int | float, "is_score_valid": bool}


@dataclass(slots=True)
class MetricFigures:
    """One metric over the rows that have it."""

    rows: int = 0
    not_valid: int = 0
    total: float = 0.0
    lowest: float = float("inf")
    highest: float = float("-inf")
    full: int = 0
    """Rows in which it is 1."""

    @property
    def mean(self) -> float | None:
        """The mean of the valid ones."""
        return self.total / (self.rows - self.not_valid) if self.rows > self.not_valid else None

    def add(self, metric: Mapping[str, Any]) -> None:
        """Count the metric of one row."""
        self.rows += 1
        score = metric.get("score")
        if not metric.get("is_score_valid", True) or not isinstance(score, int | float):
            self.not_valid += 1
            return
        self.total += score
        self.lowest, self.highest = min(self.lowest, score), max(self.highest, score)
        self.full += score == 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """A run of ``evaluate``, read."""

    name: str
    record: Mapping[str, Any]
    """What run.json says."""
    tally: Tally
    scores: Mapping[float, int]
    """How many rows earned each score."""
    kinds: Sequence[tuple[Outcome, str, int]]
    """Failures by outcome and kind, the most frequent first."""
    metrics: Mapping[str, MetricFigures]
    rows: Sequence[Mapping[str, Any]]
    """As ``row_json`` makes them, the worst first."""
    problems: Sequence[str]


@dataclass(slots=True)
class _Figures:
    tally: Tally
    scores: Counter[float] = field(default_factory=Counter)
    kinds: Counter[tuple[Outcome, str]] = field(default_factory=Counter)
    metrics: dict[str, MetricFigures] = field(default_factory=dict)

    def add(self, row: Mapping[str, Any], outcome: Outcome) -> None:
        self.tally.add(
            score=row["score"], is_score_valid=row["is_score_valid"], cut_off=bool(row.get("cut_off", False))
        )
        if row["is_score_valid"]:
            self.scores[row["score"]] += 1
        if outcome != "passed":
            self.kinds[outcome, kind_of(dict(row))] += 1
        for name, metric in (row.get("metrics") or {}).items():
            if isinstance(metric, dict):
                self.metrics.setdefault(visible(name), MetricFigures()).add(metric)


@dataclass(frozen=True, slots=True, order=True)
class _Ranked:
    """A result by how much it is worth looking at: failed, the lowest score first, then not graded, then passed."""

    rank: int
    score: float
    index: int
    attempt: int = field(compare=False)
    outcome: Outcome = field(compare=False)
    row: Mapping[str, Any] = field(compare=False)


def read_evaluation(folder: Path, *, candidates: Sequence[Path], most_rows: int) -> Evaluation:
    """Read the run in ``folder``; ``candidates`` are files in which its prompts and replies may be.

    Raises:
        DataError: a line of its results is not a result.
    """
    record = read_run(folder) or {}
    pass_score = float((record.get("inputs") or {}).get("pass_score", 1.0))
    figures = _Figures(Tally(pass_score=pass_score))
    ranked = heapq.nsmallest(most_rows, _ranked(folder / RESULTS, figures))
    sources = Sources(record, candidates, {item.row["id"] for item in ranked})
    return Evaluation(
        name=folder.name,
        record=record,
        tally=figures.tally,
        scores=figures.scores,
        kinds=_grouped(figures.kinds),
        metrics=figures.metrics,
        rows=[_shown(item, sources) for item in ranked],
        problems=sources.problems,
    )


def _ranked(path: Path, figures: _Figures) -> Iterator[_Ranked]:
    attempts: Counter[str] = Counter()
    for index, (number, row) in enumerate(rows_of(path)):
        for name, kind in _SHAPE.items():
            if not isinstance(row.get(name), kind):
                problem = f"found {row.get(name)!r}, which is not that of a result"
                raise DataError(problem, path=path, line=number, field=name)
        outcome = outcome_of(row, figures.tally.pass_score)
        figures.add(row, outcome)
        yield _Ranked(_RANK[outcome], row["score"], index, attempts[row["id"]], outcome, row)
        attempts[row["id"]] += 1


def _shown(item: _Ranked, sources: Sources) -> dict[str, Any]:
    source = sources.of(item.row["id"], item.attempt)
    row = row_json(item.row, outcome=item.outcome, prompt=source.messages, reply=source.reply, gold=source.gold)
    return {"place": item.index + 1, **row}


def _grouped(kinds: Counter[tuple[Outcome, str]]) -> list[tuple[Outcome, str, int]]:
    return [(outcome, kind, count) for (outcome, kind), count in kinds.most_common(KINDS)]
