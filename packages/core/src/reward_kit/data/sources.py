"""The rows of a source as they are, before they become samples: from a file or folder here.

A single file *is* the split, so only the slice of a split applies to it. In a folder the split is the files that
are named after it, as the hub lays them out: ``train.jsonl``, ``train-00000-of-00002.parquet``, ``train/*.jsonl``,
inside a folder named like the configuration where there is one; the split ``all`` is every file.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reward_kit.data.jsonl import GZIPPED, UTF8_MARK, as_object, parse_json, parse_line, raw_lines
from reward_kit.data.splits import Split
from reward_kit.errors import DataError, UsageError, require

__all__ = ["SourceRow", "local_files", "local_rows", "sha256_of_files"]

LINES = (".jsonl", ".ndjson")
SUFFIXES = (*LINES, *(f"{suffix}{GZIPPED}" for suffix in LINES), ".json", ".parquet")
ALL = "all"
"""The split that is every file of a folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRow:
    """One row of a source, read as far as it could be."""

    path: str
    """The file, or the data set of the hub, that it is in."""
    line: int
    """Its line, or where there are no lines its number, from 1."""
    raw: object
    """Its bytes, or what another format made of it."""

    @property
    def value(self) -> dict[str, Any]:
        """The row as an object.

        Raises:
            DataError: it is not one.
        """
        if isinstance(self.raw, bytes):
            return parse_line(self.raw, path=self.path, number=self.line)
        return as_object(self.raw, path=self.path, number=self.line)

    @property
    def text(self) -> str:
        """The row as text, for a person who looks for what is wrong with it."""
        if isinstance(self.raw, bytes):
            return self.raw.decode("utf-8", "backslashreplace")
        return json.dumps(self.raw, ensure_ascii=False, default=repr)


def local_rows(source: str | Path, split: Split, *, config: str | None = None) -> Iterator[SourceRow]:
    """Yield the rows of ``split`` in the file or folder ``source``.

    Raises:
        DataError: there is no such file or folder, or a file cannot be read.
        UsageError: the folder has no such split.
    """
    files = local_files(source, split, config=config)
    return split.take(lambda: (row for file in files for row in _rows(file)))


def local_files(source: str | Path, split: Split, *, config: str | None = None) -> list[Path]:
    """Return the files of ``split`` in ``source``, sorted."""
    path = Path(source)
    if path.is_file():
        if not _is_data(path):
            problem = f"found a file ending in {path.suffix!r}, expected one of {', '.join(SUFFIXES)}"
            raise DataError(problem, path=path)
        return [path]
    if not path.is_dir():
        problem = "no such file or folder"
        raise DataError(problem, path=path)
    files = sorted(file for file in path.rglob("*") if _is_data(file) and file.is_file())
    if config is not None and any(config in file.relative_to(path).parts[:-1] for file in files):
        files = [file for file in files if config in file.relative_to(path).parts[:-1]]
    if split.name == ALL and files:
        return files
    by_split: dict[str, list[Path]] = {}
    for file in files:
        by_split.setdefault(_split_name(file, path), []).append(file)
    if split.name not in by_split:
        there = ", ".join(map(repr, sorted(by_split))) or f"no file ending in {', '.join(SUFFIXES)}"
        message = f"found no split {split.name!r} in {str(path)!r}; it has {there}"
        raise UsageError(message)
    return by_split[split.name]


def sha256_of_files(files: Iterable[Path]) -> str:
    """Return the sha256 of the bytes of ``files``, one after the other."""
    digest = hashlib.sha256()
    for path in files:
        with path.open("rb") as file:
            while block := file.read(1 << 18):
                digest.update(block)
    return digest.hexdigest()


def _is_data(file: Path) -> bool:
    return file.name.lower().endswith(SUFFIXES)


def _split_name(file: Path, root: Path) -> str:
    """Return the split that a file is of: the start of its name, or the name of its folder for a mere part."""
    start = file.stem.partition("-")[0].partition(".")[0]
    folder = file.parent.name if file.parent != root else ""
    return folder if folder and (start.isdigit() or start in {"data", "part", "shard"}) else start


def _rows(file: Path) -> Iterator[SourceRow]:
    suffix = file.suffix.lower()
    if suffix == ".parquet":
        return _parquet_rows(file)
    if suffix == ".json" and _is_array(file):
        return _array_rows(file)
    return (SourceRow(path=str(file), line=number, raw=line) for number, line in raw_lines(file))


def _is_array(file: Path) -> bool:
    first = next(raw_lines(file), None)
    return first is not None and first[1].startswith(b"[")


def _array_rows(file: Path) -> Iterator[SourceRow]:
    """Yield the objects of one JSON array, which has to be read as a whole."""
    rows = parse_json(file.read_bytes().removeprefix(UTF8_MARK), path=file)
    for number, row in enumerate(rows if isinstance(rows, list) else [rows], start=1):
        yield SourceRow(path=str(file), line=number, raw=row)


def _parquet_rows(file: Path) -> Iterator[SourceRow]:
    require("hub", "datasets")
    from datasets import load_dataset

    try:
        rows = load_dataset("parquet", data_files=str(file), split="train", streaming=True)
        for number, row in enumerate(rows, start=1):
            yield SourceRow(path=str(file), line=number, raw=dict(row))
    except (OSError, ValueError) as error:
        problem = f"not a Parquet file that can be read: {' '.join(str(error).split())}"
        raise DataError(problem, path=file) from error
