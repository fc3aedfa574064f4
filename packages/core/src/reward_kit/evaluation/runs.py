"""A run on disk: ``results.jsonl``, appended row by row, and ``run.json``, which says what was run and when.

The results of a run that was killed are continued only where data, reward and settings are still the same.
"""

import hashlib
import inspect
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Self, cast

from reward_kit.data.append_log import AppendLog
from reward_kit.data.atomic import atomic_writer
from reward_kit.data.jsonl import read_jsonl
from reward_kit.errors import DataError, PrerequisiteError, UsageError
from reward_kit.evaluation.results import ResultRow, Summary

__all__ = [
    "RESULTS",
    "RUN",
    "FileMark",
    "Run",
    "file_mark",
    "latest_unfinished",
    "next_run",
    "read_results",
    "read_run",
    "reward_mark",
]

RESULTS = "results.jsonl"
RUN = "run.json"
_ADDRESS = re.compile(r" at 0x[0-9a-f]+")


@dataclass(frozen=True, slots=True)
class FileMark:
    """What tells one state of a file from another."""

    sha256: str
    lines: int


def file_mark(path: str | Path) -> FileMark:
    """Return the mark of the file at ``path``; that of a pipe is empty, for a pipe can be read only once.

    Raises:
        DataError: it cannot be read.
    """
    if Path(path).exists() and not Path(path).is_file():
        return FileMark(sha256="", lines=0)
    digest, lines, last = hashlib.sha256(), 0, b"\n"
    try:
        with Path(path).open("rb") as file:
            while block := file.read(1 << 18):
                digest.update(block)
                lines += block.count(b"\n")
                last = block[-1:]
    except OSError as error:
        problem = (error.strerror or str(error)).lower()
        raise DataError(problem, path=path) from None
    return FileMark(digest.hexdigest(), lines + (last != b"\n"))


def reward_mark(reward: Callable[..., Any]) -> dict[str, str | None]:
    """Return the name of a reward and the sha256 of the module that it is in.

    Not covered: what that module imports, and the attributes of a reward that is an object.
    """
    settings = ""
    while isinstance(reward, partial):
        settings += f"{reward.args!r}{reward.keywords!r}"
        reward = reward.func
    named = inspect.unwrap(reward) if inspect.isroutine(reward) else type(reward)
    return {
        "name": f"{named.__module__}:{named.__qualname__}{_ADDRESS.sub('', settings)}",
        "sha256": _source_mark(named),
    }


def _source_mark(named: object) -> str | None:
    try:
        source = inspect.getsourcefile(cast("type", named))
    except TypeError:  # of a module without a file, as in a notebook
        return None
    return file_mark(source).sha256 if source and Path(source).is_file() else None


def read_run(folder: str | Path) -> dict[str, Any] | None:
    """Return what ``run.json`` of a run says; None where there is none."""
    path = Path(folder) / RUN
    try:
        value = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except ValueError as error:
        problem = f"not JSON: {error}"
        raise DataError(problem, path=path) from None
    if not isinstance(value, dict):
        problem = f"found {type(value).__name__}, expected an object"
        raise DataError(problem, path=path)
    return value


def read_results(folder: str | Path) -> Iterator[ResultRow]:
    """Yield the rows of a run, in the order of its input.

    Raises:
        DataError: there are no results, or a line is no row of them.
    """
    path = Path(folder) / RESULTS
    for number, row in read_jsonl(path):
        try:
            yield ResultRow.from_json(row)
        except DataError as error:
            raise DataError(error.problem, path=path, line=number) from None


def next_run(output: str | Path, example: str) -> Path:
    """Make and return the folder of a new run of ``example``: numbered, so that the names say the order.

    Raises:
        PrerequisiteError: it cannot be made.
    """
    folder = Path(output)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        number = max((int(found[1]) for path in folder.iterdir() if (found := _numbered(path, example))), default=0)
        while True:
            number += 1
            try:
                (folder / f"{example}-{number:04d}").mkdir()
            except FileExistsError:  # another process was faster
                continue
            return folder / f"{example}-{number:04d}"
    except OSError as error:
        message = (
            f"cannot make a run in {str(folder)!r}: {(error.strerror or str(error)).lower()}; pass another --output"
        )
        raise PrerequisiteError(message) from error


def latest_unfinished(output: str | Path, example: str) -> Path:
    """Return the run of ``example`` that was started last and is not finished.

    Raises:
        UsageError: there is none.
    """
    found = []
    for path in Path(output).glob(f"*/{RUN}"):
        record = read_run(path.parent)
        if record is not None and record.get("example") == example and not record.get("finished"):
            found.append((str(record.get("started")), path.parent.name))
    if not found:
        message = f"found no unfinished run of {example!r} in {str(output)!r}; leave --resume away to start one"
        raise UsageError(message)
    return Path(output) / max(found)[1]


class Run:
    """A run that is being written; use it as a context manager."""

    def __init__(
        self,
        folder: str | Path,
        example: str,
        settings: Mapping[str, Any],
        *,
        resume: bool,
        inputs: Mapping[str, Any] | None = None,
    ) -> None:
        """Start the run in ``folder``, or with ``resume`` go on with the one that is there.

        ``inputs`` are noted and, unlike ``settings``, may be others in a run that is continued: where files are.

        Raises:
            UsageError: another process writes to it; it exists and ``resume`` is off; or it was another run.
        """
        self.folder = Path(folder)
        self._log = AppendLog(self.folder / RESULTS)
        try:
            self._record = self._opened(example, json.loads(json.dumps(settings)), resume=resume, inputs=inputs or {})
        except BaseException:
            self._log.close()
            raise

    @property
    def results(self) -> Path:
        """The file with every row."""
        return self._log.path

    def rows(self) -> Iterator[ResultRow]:
        """Yield the rows that are there."""
        return read_results(self.folder)

    def append_line(self, line: bytes) -> None:
        """Keep a row."""
        self._log.append_line(line)

    def finish(self, summary: Summary) -> None:
        """Write down that the run is complete, and its figures."""
        self._record = {**self._record, "finished": _now(), "summary": summary.to_json()}
        self._write()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._log.close()

    def _opened(
        self, example: str, settings: dict[str, Any], *, resume: bool, inputs: Mapping[str, Any]
    ) -> dict[str, Any]:
        found = read_run(self.folder)
        if found is None:
            if next(self.rows(), None) is not None:
                message = f"{str(self.folder)!r} has results and no {RUN}; use another folder"
                raise UsageError(message)
            noted = {"inputs": dict(inputs)} if inputs else {}
            self._record = {"example": example, "settings": settings, **noted, "started": _now(), "finished": None}
            self._write()
            return self._record
        if not resume:
            message = f"the run {str(self.folder)!r} exists; resume it, or start one with another id"
            raise UsageError(message)
        self._refuse_other(found, {"example": example, **settings})
        return found

    def _refuse_other(self, found: Mapping[str, Any], now: Mapping[str, Any]) -> None:
        then = {"example": found.get("example"), **found.get("settings", {})}
        for name in sorted({*then, *now}):
            if then.get(name) != now.get(name):
                message = (
                    f"the run {str(self.folder)!r} cannot be resumed: its {name} was {then.get(name)!r} "
                    f"and is {now.get(name)!r} now; start a new run"
                )
                raise UsageError(message)

    def _write(self) -> None:
        with atomic_writer(self.folder / RUN) as file:
            file.write(json.dumps(self._record, indent=2).encode() + b"\n")


def _numbered(path: Path, example: str) -> re.Match[str] | None:
    return re.fullmatch(rf"{re.escape(example)}-(\d+)", path.name)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
