"""Compare two runs over the same rows: what changed, by how much, and whether that is more than chance.

Rows are paired by id; where a run has several attempts at one, by their mean. Only rows that both runs graded are
compared: the others are named, and never count as 0.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean
from typing import Any

from reward_kit.errors import DataError, UsageError
from reward_kit.evaluation.paired import Difference, Pair, holm, paired_difference
from reward_kit.evaluation.runs import RUN, read_results, read_run

__all__ = ["Comparison", "Flip", "Ungraded", "compare"]

MEASURES = ("pass_rate", "mean_score")


@dataclass(frozen=True, slots=True, kw_only=True)
class Flip:
    """A row that passes in one run only, or, with several attempts, more often in one."""

    id: str
    before: float
    """The share of its attempts that passed."""
    after: float
    reason_before: str | None
    """Of the first attempt that was graded."""
    reason_after: str | None

    @property
    def lost(self) -> bool:
        """Whether it passed before, or more often."""
        return self.after < self.before


@dataclass(frozen=True, slots=True, kw_only=True)
class Ungraded:
    """A row that one of the runs, or both, did not grade."""

    id: str
    error_before: str | None
    """Why not; None where it was graded."""
    error_after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """How the second of two runs differs from the first."""

    rows: int
    """Rows that both graded: those that are compared."""
    pass_rate: Difference
    mean_score: Difference
    adjusted: Mapping[str, float]
    """The p-value of each measure after Holm's correction for there being two; the same where both measure the same."""
    flips: tuple[Flip, ...]
    """In the order of the first run."""
    ungraded: tuple[Ungraded, ...]
    only_before: tuple[str, ...]
    """Ids that only the first run has."""
    only_after: tuple[str, ...]
    warnings: tuple[str, ...]
    """What the runs say of themselves that differs, one line each."""
    alpha: float
    min_effect: float

    @property
    def regressions(self) -> tuple[str, ...]:
        """The measures that fell significantly, and by at least ``min_effect``."""
        return self._significant(-1)

    @property
    def improvements(self) -> tuple[str, ...]:
        """The measures that rose significantly, and by at least ``min_effect``."""
        return self._significant(1)

    def _significant(self, sign: int) -> tuple[str, ...]:
        changes = {"pass_rate": self.pass_rate.change, "mean_score": self.mean_score.change}
        return tuple(
            name
            for name, change in changes.items()
            if self.adjusted[name] < self.alpha and sign * change > 0 and abs(change) >= self.min_effect
        )

    def to_json(self) -> dict[str, Any]:
        """Return all of it as plain data."""
        return {
            "rows": self.rows,
            **{name: self._measure(name, getattr(self, name)) for name in MEASURES},
            "alpha": self.alpha,
            "min_effect": self.min_effect,
            "regressions": list(self.regressions),
            "improvements": list(self.improvements),
            "flips": [{name: getattr(flip, name) for name in Flip.__slots__} for flip in self.flips],
            "not_graded": [{name: getattr(row, name) for name in Ungraded.__slots__} for row in self.ungraded],
            "only_before": list(self.only_before),
            "only_after": list(self.only_after),
            "warnings": list(self.warnings),
        }

    def _measure(self, name: str, difference: Difference) -> dict[str, Any]:
        interval = difference.interval
        return {
            "before": difference.before,
            "after": difference.after,
            "change": difference.change,
            "interval": None if interval is None else [interval.low, interval.high],
            "p_value": difference.p_value,
            "adjusted_p_value": self.adjusted[name],
            "method": difference.method,
        }


def compare(
    before: str | Path,
    after: str | Path,
    *,
    pass_score: float = 1.0,
    alpha: float = 0.05,
    min_effect: float = 0.0,
    other_data: bool = False,
) -> Comparison:
    """Compare the run in the folder ``after`` with the one in ``before``.

    Runs of different data sets are refused unless ``other_data``; another reward is told in ``warnings``.

    Raises:
        DataError: a file of a run cannot be read, or no row was graded by both.
        UsageError: a folder holds no finished run, or they are of different examples or data sets.
    """
    warnings = tuple(_differences(_record(before), _record(after), other_data=other_data))
    old, new = _outcomes(before, pass_score), _outcomes(after, pass_score)
    common = [_Row(identifier, old[identifier], new[identifier]) for identifier in old if identifier in new]
    compared = [row for row in common if row.graded]
    if not compared:
        problem = f"found no row that {str(before)!r} graded as well, expected at least one; is this the same data?"
        raise DataError(problem, path=after)
    measures, adjusted = _measured(compared)
    return Comparison(
        rows=len(compared),
        **measures,
        adjusted=adjusted,
        flips=tuple(row.flip for row in compared if row.before.pass_rate != row.after.pass_rate),
        ungraded=tuple(row.ungraded for row in common if not row.graded),
        only_before=tuple(identifier for identifier in old if identifier not in new),
        only_after=tuple(identifier for identifier in new if identifier not in old),
        warnings=warnings,
        alpha=alpha,
        min_effect=min_effect,
    )


@dataclass(slots=True)
class _Outcome:
    """What one run has of one row."""

    passed: int = 0
    scores: list[float] = field(default_factory=list)
    """Of the attempts that were graded."""
    reason: str | None = None
    error: str | None = None

    @property
    def graded(self) -> int:
        return len(self.scores)

    @property
    def pass_rate(self) -> float:
        return self.passed / self.graded

    @property
    def mean_score(self) -> float:
        # Exact, so that the same scores in another order, or another number of them, are no change.
        return self.scores[0] if len(self.scores) == 1 else mean(self.scores)

    @property
    def why_not(self) -> str | None:
        return None if self.graded else self.error


@dataclass(frozen=True, slots=True)
class _Row:
    """A row that both runs have."""

    id: str
    before: _Outcome
    after: _Outcome

    @property
    def graded(self) -> bool:
        return bool(self.before.graded and self.after.graded)

    @property
    def flip(self) -> Flip:
        return Flip(
            id=self.id,
            before=self.before.pass_rate,
            after=self.after.pass_rate,
            reason_before=self.before.reason,
            reason_after=self.after.reason,
        )

    @property
    def ungraded(self) -> Ungraded:
        return Ungraded(id=self.id, error_before=self.before.why_not, error_after=self.after.why_not)


def _measured(rows: Sequence[_Row]) -> tuple[dict[str, Difference], dict[str, float]]:
    """Return what became of each measure, and its p-value after Holm's correction."""
    passes = [Pair(row.before.pass_rate, row.after.pass_rate) for row in rows]
    scores = [Pair(row.before.mean_score, row.after.mean_score) for row in rows]
    if passes == scores:  # every score is 0 or 1: there is one question, and one test
        found = dict.fromkeys(MEASURES, paired_difference(passes))
        return found, {name: difference.p_value for name, difference in found.items()}
    found = dict(zip(MEASURES, map(paired_difference, (passes, scores)), strict=True))
    raised = holm([difference.p_value for difference in found.values()])
    return found, dict(zip(MEASURES, raised, strict=True))


def _outcomes(folder: str | Path, pass_score: float) -> dict[str, _Outcome]:
    outcomes: dict[str, _Outcome] = {}
    for row in read_results(folder):
        outcome = outcomes.setdefault(row.id, _Outcome())
        if not row.is_score_valid:
            outcome.error = outcome.error or row.error or "no reason given"
            continue
        if not isinstance(row.score, int | float) or not math.isfinite(row.score):
            problem = f"found the score {row.score!r} of {row.id!r}, expected a finite number"
            raise DataError(problem, path=folder)
        if not outcome.graded:
            outcome.reason = row.reason
        outcome.scores.append(float(row.score))
        outcome.passed += row.score >= pass_score
    return outcomes


def _record(folder: str | Path) -> dict[str, Any]:
    record = read_run(folder)
    if record is None:
        message = f"found no {RUN} in {str(folder)!r}, expected the folder of a run of `evaluate`"
        raise UsageError(message)
    if not record.get("finished"):
        message = f"the run {str(folder)!r} is not finished; go on with `evaluate --resume {Path(folder).name}` first"
        raise UsageError(message)
    return record


def _differences(before: Mapping[str, Any], after: Mapping[str, Any], *, other_data: bool) -> Iterator[str]:
    """Yield what the two records do not have in common, and refuse what cannot be compared."""
    if before.get("example") != after.get("example"):
        message = f"found runs of {before.get('example')!r} and {after.get('example')!r}, expected one example"
        raise UsageError(message)
    old, new = _settings(before), _settings(after)
    data, data_now = _sha256(old.get("data")), _sha256(new.get("data"))
    if data is None or data_now is None:
        yield "a run does not say which data set it graded; rows are paired by id alone"
    elif data != data_now:
        problem = f"the runs are of different data sets (sha256 {data[:12]} and {data_now[:12]})"
        if not other_data:
            message = f"{problem}; pass --other-data to pair their rows by id all the same"
            raise UsageError(message)
        yield f"{problem}; rows are paired by id alone"
    reward, reward_now = old.get("reward") or {}, new.get("reward") or {}
    if reward.get("name") != reward_now.get("name"):
        yield f"the rewards differ: {reward.get('name')!r} and {reward_now.get('name')!r}"
    elif reward != reward_now:
        yield f"the reward {reward.get('name')!r} has another source now: a change may be the grader's, not the model's"
    for name in ("reward_kit", "limit", "timeout"):
        if old.get(name) != new.get(name):
            yield f"{name} was {old.get(name)!r} and is {new.get(name)!r}"


def _settings(record: Mapping[str, Any]) -> Mapping[str, Any]:
    settings = record.get("settings")
    return settings if isinstance(settings, dict) else {}


def _sha256(mark: object) -> str | None:
    """Return what marks a data set; None for one that came as values or through a pipe."""
    return (mark.get("sha256") or None) if isinstance(mark, dict) else None
