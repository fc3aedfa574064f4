"""What a monitor remembers, in one SQLite file: gradings, how far each log is read, and alerts.

A batch of gradings and the places up to which they reach are written in one transaction, so that a monitor that is
killed at any moment grades every line once.
"""

import fcntl
import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from reward_kit.errors import DataError, UsageError
from reward_kit.monitoring.log_files import Position

__all__ = ["DayRate", "Grading", "Store"]

VERSION = 1
SCHEMA = """
CREATE TABLE IF NOT EXISTS gradings (
    key TEXT PRIMARY KEY, day TEXT NOT NULL, model TEXT NOT NULL, valid INTEGER NOT NULL, passed INTEGER NOT NULL,
    score REAL, why TEXT, sample TEXT
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS by_day ON gradings (model, day, valid, passed);
CREATE TABLE IF NOT EXISTS positions (
    file TEXT PRIMARY KEY, place INTEGER NOT NULL, tail TEXT NOT NULL, marks TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS looks (
    model TEXT NOT NULL, day TEXT NOT NULL, looks INTEGER NOT NULL, graded INTEGER NOT NULL, PRIMARY KEY (model, day)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS alerts (
    model TEXT NOT NULL, day TEXT NOT NULL, p_value REAL NOT NULL, told INTEGER NOT NULL, PRIMARY KEY (model, day)
) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grading:
    """What is remembered of one reply."""

    key: str
    day: str
    model: str
    is_score_valid: bool
    passed: bool
    score: float | None
    why: str
    """The reason, or why it is not graded."""
    sample: Mapping[str, Any] | None
    """The row to train on next, kept where the reply did not pass."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DayRate:
    """How a model did on one day."""

    model: str
    day: str
    rows: int
    passed: int
    not_graded: int

    @property
    def graded(self) -> int:
        """Rows that have a score."""
        return self.rows - self.not_graded


class Store:
    """The memory of one monitor; a second process on the same file is refused.

    Raises:
        UsageError: another process has it open.
        DataError: the file is no such store.
    """

    def __init__(self, path: str | Path, *, read_only: bool = False) -> None:
        self.path = Path(path)
        if read_only and not self.path.exists():
            problem = "no such file; a monitor makes it"
            raise DataError(problem, path=path)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = None if read_only else _locked(self.path)
        mode = "ro" if read_only else "rwc"
        self._database = sqlite3.connect(f"{self.path.absolute().as_uri()}?mode={mode}", uri=True, isolation_level=None)
        try:
            self._check(may_be_new=not read_only)
            if not read_only:
                self._database.execute("PRAGMA journal_mode = WAL")
                self._database.execute("PRAGMA synchronous = NORMAL")
                self._database.executescript(f"BEGIN; {SCHEMA} PRAGMA user_version = {VERSION}; COMMIT")
        except DataError:
            self.close()
            raise
        except sqlite3.DatabaseError as error:
            self.close()
            problem = f"not the store of a monitor: {error}"
            raise DataError(problem, path=path) from error

    def _check(self, *, may_be_new: bool) -> None:
        (version,) = self._database.execute("PRAGMA user_version").fetchone()
        (tables,) = self._database.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if version != VERSION and not (may_be_new and version == 0 and not tables):
            problem = f"not the store of a monitor: found version {version}, expected {VERSION}; name another file"
            raise DataError(problem, path=self.path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file and let others have it."""
        self._database.close()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def positions(self) -> dict[str, Position]:
        """Return how far each file has been read."""
        rows = self._database.execute("SELECT file, place, tail, marks FROM positions")
        return {
            file: Position(offset=place, tail=tail, marks=tuple(marks.split())) for file, place, tail, marks in rows
        }

    def knows(self, key: str) -> bool:
        """Say whether the reply has been graded."""
        found = self._database.execute("SELECT 1 FROM gradings WHERE key = ?", (_text(key),))
        return found.fetchone() is not None

    def add(self, gradings: Iterable[Grading], positions: Mapping[str, Position]) -> int:
        """Remember gradings and the places they reach to, all or nothing; return how many of them were new."""
        rows = [
            (
                _text(item.key),
                item.day,
                _text(item.model),
                item.is_score_valid,
                item.passed,
                item.score,
                _text(item.why),
                None if item.sample is None else json.dumps(item.sample),
            )
            for item in gradings
        ]
        before = self._database.total_changes
        self._database.execute("BEGIN IMMEDIATE")
        try:
            self._database.executemany("INSERT OR IGNORE INTO gradings VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
            new = self._database.total_changes - before
            places = [(file, place.offset, place.tail, " ".join(place.marks)) for file, place in positions.items()]
            self._database.executemany("INSERT OR REPLACE INTO positions VALUES (?, ?, ?, ?)", places)
        except BaseException:
            self._database.execute("ROLLBACK")
            raise
        self._database.execute("COMMIT")
        return new

    def rates(self) -> list[DayRate]:
        """Return how every model did on every day, by model and day."""
        rows = self._database.execute(
            "SELECT model, day, count(*), sum(passed), sum(1 - valid) FROM gradings "
            "GROUP BY model, day ORDER BY model, day"
        )
        return [
            DayRate(model=model, day=day, rows=count, passed=passed, not_graded=failed)
            for model, day, count, passed, failed in rows
        ]

    def failing(self, *, since: str = "", model: str | None = None) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield the key and the sample of each reply that was graded and did not pass."""
        rows = self._database.execute(
            "SELECT key, sample FROM gradings WHERE valid AND NOT passed AND day >= ? AND (? IS NULL OR model = ?) "
            "ORDER BY day, key",
            (since, model, model),
        )
        for key, sample in rows:
            yield key, json.loads(sample)

    def looks(self, model: str, day: str) -> tuple[int, int]:
        """Return how often a day was tested, and how many graded rows it had when it was last."""
        query = "SELECT looks, graded FROM looks WHERE model = ? AND day = ?"
        found: tuple[int, int] | None = self._database.execute(query, (model, day)).fetchone()
        return found or (0, 0)

    def looked(self, model: str, day: str, graded: int) -> None:
        """Remember that a day was tested when it had ``graded`` graded rows."""
        self._database.execute(
            "INSERT INTO looks VALUES (?, ?, 1, ?) "
            "ON CONFLICT (model, day) DO UPDATE SET looks = looks + 1, graded = excluded.graded",
            (model, day, graded),
        )

    def alerted(self, model: str, day: str) -> bool:
        """Say whether the rate of ``model`` was found to fall on ``day``."""
        query = "SELECT 1 FROM alerts WHERE model = ? AND day = ?"
        return self._database.execute(query, (model, day)).fetchone() is not None

    def alert(self, model: str, day: str, p_value: float) -> None:
        """Remember that the rate of ``model`` fell on ``day``."""
        self._database.execute("INSERT OR IGNORE INTO alerts VALUES (?, ?, ?, 0)", (model, day, p_value))

    def untold(self) -> list[tuple[str, str, float]]:
        """Return model, day and p-value of the alerts that nobody was told of."""
        return list(self._database.execute("SELECT model, day, p_value FROM alerts WHERE NOT told ORDER BY day, model"))

    def told(self, model: str, day: str) -> None:
        """Remember that an alert was delivered."""
        self._database.execute("UPDATE alerts SET told = 1 WHERE model = ? AND day = ?", (model, day))


def _text(value: str) -> str:
    """Return ``value`` with half surrogate pairs, which SQLite cannot store, in their escaped form."""
    return value.encode("utf-8", "backslashreplace").decode("utf-8")


def _locked(path: Path) -> int:
    lock = os.open(f"{path}.lock", os.O_CREAT | os.O_RDWR, 0o644)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        message = f"{str(path)!r} is in use by another monitor; stop it, or name another --store"
        raise UsageError(message) from None
    return lock
