"""Grade what is new in the logs, remember it, and find the models whose pass rate fell."""

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import Any

from reward_kit.errors import DataError
from reward_kit.evaluation.conversations import Conversation
from reward_kit.evaluation.engines import grade_all
from reward_kit.grading import describe
from reward_kit.models import EvaluateResult
from reward_kit.monitoring.decline import Decline, decline
from reward_kit.monitoring.log_files import COMPRESSED, LogLine, Position, log_files, new_lines
from reward_kit.monitoring.production_rows import GroundTruths, ProductionRow, production_row
from reward_kit.monitoring.store import DayRate, Grading, Store

__all__ = ["Alert", "Monitor", "MonitorSettings"]

BATCH = 512
"""Gradings that are written at once."""
LONGEST_UNWRITTEN = 1.0
"""Seconds after which those that are done are written: what a monitor that is killed has to do again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitorSettings:
    """How replies are graded and when a fall counts."""

    workers: int = 1
    timeout: float | None = 60.0
    pass_score: float = 1.0
    alpha: float = 0.001
    """The chance of a false alarm per model and day that is accepted, however often it is looked at: a day is tested
    when its graded rows have doubled since it last was, the nth time at the level alpha / (n (n + 1))."""
    baseline_days: int = 7
    """Days before that one that this is compared with."""
    least_rows: int = 30
    """Graded rows that both sides of a comparison must have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """A model whose pass rate fell on a day."""

    model: str
    day: str
    found: Decline


class Monitor:
    """One example's reward, the logs that it grades and the store that remembers."""

    def __init__(
        self,
        reward: Callable[..., Any],
        log: str | Path,
        store: Store,
        *,
        truths: GroundTruths | None = None,
        settings: MonitorSettings | None = None,
    ) -> None:
        self._reward = reward
        self._log = Path(log)
        self._store = store
        self._truths = truths or GroundTruths()
        self._settings = settings or MonitorSettings()
        self._finished: dict[tuple[str, int, int], DataError | None] = {}
        """Compressed files that were read to their end, by name, size and time, and what is wrong with them."""
        self.problems: list[DataError] = []
        """The logs that could not be read, or not whole, when last looked at."""

    def poll(self) -> int:
        """Grade every line that is there and was not graded; return how many that were.

        Raises:
            UsageError: there is no such log. One that cannot be read is in ``problems``, and keeps no other waiting.
        """
        lines = self._lines()
        first = next(lines, None)
        if first is None:
            return 0
        new = 0
        gradings: list[Grading] = []
        places: dict[str, Position] = {}
        written = time.monotonic()
        for line, grading in self._gradings(chain([first], lines)):
            places[line.file] = line.after
            if grading is not None:
                gradings.append(grading)
            if len(gradings) >= BATCH or time.monotonic() - written > LONGEST_UNWRITTEN:
                new += self._store.add(gradings, places)
                gradings, places, written = [], {}, time.monotonic()
        return new + self._store.add(gradings, places)

    def alerts(self) -> list[Alert]:
        """Return the models whose newest day with enough rows is significantly below the days before it.

        An alert is remembered, and stays one for the rest of its day.
        """
        return [alert for rates in _by_model(self._store.rates()) if (alert := self._fallen(rates)) is not None]

    def _lines(self) -> Iterator[LogLine]:
        """Yield every line that was not read, of all files."""
        positions = self._store.positions()
        self.problems = []
        for path in log_files(self._log):
            stamp = _stamp(path)
            if stamp is None:
                continue
            problem = self._finished.get(stamp)
            if stamp not in self._finished:
                try:
                    for line in new_lines(path, positions):
                        positions[line.file] = line.after
                        yield line
                except DataError as error:
                    problem = error
                if path.suffix in COMPRESSED:
                    self._finished[stamp] = problem
            if problem is not None:
                self.problems.append(problem)

    def _gradings(self, lines: Iterable[LogLine]) -> Iterator[tuple[LogLine, Grading | None]]:
        """Yield each line, in order, with its grading; None where the reply was graded before."""
        today = datetime.now(UTC).date().isoformat()
        waiting: deque[tuple[LogLine, ProductionRow | Grading | None]] = deque()

        def conversations() -> Iterator[Conversation]:
            for line in lines:
                row = self._row(line, today)
                waiting.append((line, row))
                if isinstance(row, ProductionRow):
                    yield row.conversation

        settings = self._settings
        with closing(
            grade_all(conversations(), self._reward, workers=settings.workers, timeout=settings.timeout)
        ) as graded:
            for item in graded:
                while waiting:
                    line, row = waiting.popleft()
                    if isinstance(row, ProductionRow):
                        yield line, self._grading(row, item.result)
                        break
                    yield line, row
        yield from ((line, row) for line, row in waiting if not isinstance(row, ProductionRow))

    def _row(self, line: LogLine, today: str) -> ProductionRow | Grading | None:
        """Return what ``line`` gives to grade, or the result where that is nothing; None where it was graded before."""
        try:
            row = production_row(line, self._truths, today)
        except DataError as error:
            return _unreadable(line, str(error), today)
        except (ValueError, RecursionError) as error:  # a request of an unknown shape, or nested too deep
            return _unreadable(line, describe(error), today)
        return None if self._store.knows(row.key) else row

    def _grading(self, row: ProductionRow, result: EvaluateResult) -> Grading:
        passed = result.is_score_valid and result.score >= self._settings.pass_score
        return Grading(
            key=row.key,
            day=row.day,
            model=row.model,
            is_score_valid=result.is_score_valid,
            passed=passed,
            score=result.score if result.is_score_valid else None,
            why=str((result.reason if result.is_score_valid else result.error) or ""),
            sample=None if passed else _next_sample(row, result),
        )

    def _fallen(self, rates: Sequence[DayRate]) -> Alert | None:
        settings = self._settings
        newest = next((rate for rate in reversed(rates) if rate.graded >= settings.least_rows), None)
        if newest is None:
            return None
        first = (date.fromisoformat(newest.day) - timedelta(days=settings.baseline_days)).isoformat()
        before = [rate for rate in rates if first <= rate.day < newest.day]
        rows_before = sum(rate.graded for rate in before)
        if rows_before < settings.least_rows:
            return None
        found = decline(
            passed=newest.passed,
            rows=newest.graded,
            passed_before=sum(rate.passed for rate in before),
            rows_before=rows_before,
        )
        if self._store.alerted(newest.model, newest.day) or self._significant(newest, found):
            return Alert(model=newest.model, day=newest.day, found=found)
        return None

    def _significant(self, newest: DayRate, found: Decline) -> bool:
        """Test a day once more, if enough came since; remember the test, and the alert where it is one."""
        looks, graded = self._store.looks(newest.model, newest.day)
        if newest.graded < 2 * graded:
            return False
        # Every test may find a fall by chance. The levels of all of them sum to alpha: 1/2 + 1/6 + 1/12 + ... = 1.
        self._store.looked(newest.model, newest.day, newest.graded)
        if found.p_value >= self._settings.alpha / ((looks + 1) * (looks + 2)):
            return False
        self._store.alert(newest.model, newest.day, found.p_value)
        return True


def _stamp(path: Path) -> tuple[str, int, int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return str(path), found.st_size, found.st_mtime_ns


def _by_model(rates: Sequence[DayRate]) -> Iterator[list[DayRate]]:
    models = dict.fromkeys(rate.model for rate in rates)
    return ([rate for rate in rates if rate.model == model] for model in models)


def _unreadable(line: LogLine, problem: str, today: str) -> Grading:
    return Grading(
        key=f"unreadable {line.file} {line.offset}",
        day=today,
        model="unreadable",
        is_score_valid=False,
        passed=False,
        score=None,
        why=problem,
        sample=None,
    )


def _next_sample(row: ProductionRow, result: EvaluateResult) -> dict[str, Any]:
    """Return the row as a sample to train on, with what was answered and why it failed beside it."""
    found = {"model": row.model, "day": row.day, "reply": row.reply.to_wire(), "reason": result.reason or ""}
    sample = row.sample.model_copy(update={"metadata": found})
    return sample.model_dump(mode="json", exclude_defaults=True)
