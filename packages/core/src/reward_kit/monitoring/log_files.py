"""Read the new lines of log files that grow, are rotated, copied and truncated, or compressed.

A file is known by its first line, not by its name, so that ``app.log`` that becomes ``app.log.1`` and then
``app.log.2.gz`` is read on from where it was. Offsets count decompressed bytes. Where two different files begin with
one line, what stands before the offset, and before each power of two below it, tells them apart.

Not covered: a file that is written to while it is compressed, a rotation so fast that a file is gone before it was
looked at once, and two files whose first 512 bytes are the same while one of them is not longer than that.
"""

import bz2
import gzip
import hashlib
import lzma
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from reward_kit.data.jsonl import MAX_LINE_BYTES
from reward_kit.errors import DataError, UsageError

__all__ = ["COMPRESSED", "LogLine", "Position", "log_files", "new_lines"]

COMPRESSED = (".gz", ".bz2", ".xz")
TAIL = 256
"""Bytes before an offset that are compared."""
FIRST_MARK = 9
"""The first mark is at 2 ** 9."""
NAMES = (".jsonl", ".ndjson", ".json", ".log")


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """How far a file has been read."""

    offset: int
    tail: str
    """The digest of the last bytes before the offset."""
    marks: tuple[str, ...] = ()
    """The digests of the last bytes before 512, 1024, 2048 … as far as that was read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """One line, and where reading goes on after it."""

    file: str
    """What the file is known by."""
    path: str
    offset: int
    data: bytes
    after: Position


def log_files(log: Path) -> list[Path]:
    """Return the log itself, or the logs in a folder, rotated ones included; the oldest first.

    Raises:
        UsageError: there is no such file or folder.
    """
    if log.is_dir():
        found = [path for path in log.rglob("*") if path.is_file() and _is_log(path.name)]
    elif log.exists() or log.parent.is_dir():
        found = [path for path in log.parent.glob(f"{log.name}*") if path.is_file()]
    else:
        message = f"found no {str(log)!r}, expected a log file or a folder of them"
        raise UsageError(message)
    return sorted(found, key=lambda path: (path.stat().st_mtime_ns, path.name))


def new_lines(path: Path, positions: Mapping[str, Position]) -> Iterator[LogLine]:
    """Yield the whole lines of the file at ``path`` after the position it is known to have been read to.

    A last line without an end is left for later, unless the file is compressed and so complete. A line that is too
    long is cut after ``MAX_LINE_BYTES`` + 1 bytes and passed over.

    Raises:
        DataError: the file cannot be read, or its compressed data is damaged.
    """
    complete = path.suffix in COMPRESSED
    try:
        with _opened(path) as file:
            first = file.readline(MAX_LINE_BYTES + 1)
            if not first or (not first.endswith(b"\n") and not complete and len(first) <= MAX_LINE_BYTES):
                return
            key, offset = _place(file, hashlib.sha256(first).hexdigest()[:24], positions)
            if offset is None:
                return
            known = positions.get(key, Position(offset=0, tail=""))
            yield from _lines(file, path, key, known, complete=complete)
    except (FileNotFoundError, EOFError):
        return  # rotated away while it was looked at, or still being compressed
    except (OSError, lzma.LZMAError, zlib.error) as error:
        problem = f"cannot be read: {error}"
        raise DataError(problem, path=path) from error


def _is_log(name: str) -> bool:
    stem = name
    for suffix in COMPRESSED:
        stem = stem.removesuffix(suffix)
    return any(stem.endswith(end) or f"{end}." in stem or f"{end}-" in stem for end in NAMES)


def _opened(path: Path) -> IO[bytes]:
    if path.suffix == ".gz":
        return cast("IO[bytes]", gzip.open(path, "rb"))
    if path.suffix == ".bz2":
        return bz2.open(path, "rb")
    return lzma.open(path, "rb") if path.suffix == ".xz" else path.open("rb")


def _place(file: IO[bytes], name: str, positions: Mapping[str, Position]) -> tuple[str, int | None]:
    """Return what the file is known by and where to go on; None where there is nothing new for certain."""
    number = 1
    while True:
        key = name if number == 1 else f"{name}-{number}"
        position = positions.get(key)
        if position is None:
            return key, 0
        tail = _bytes_before(file, position.offset)
        if tail is None and _begins_alike(file, position):
            return key, None  # shorter than what was read: a copy that is still being made
        if tail is not None and _digest(tail) == position.tail:
            return key, position.offset
        number += 1


def _begins_alike(file: IO[bytes], position: Position) -> bool:
    """Return whether a shorter file has the same bytes before the last mark that it reaches."""
    for number, mark in reversed(list(enumerate(position.marks, start=FIRST_MARK))):
        before = _bytes_before(file, 1 << number)
        if before is not None:
            return _digest(before) == mark
    return True


def _marks(file: IO[bytes], marks: tuple[str, ...], offset: int) -> tuple[str, ...]:
    """Return ``marks`` with those that ``offset`` has passed since; the file is left where it was."""
    number = FIRST_MARK + len(marks)
    if 1 << number > offset:
        return marks
    place = file.tell()
    while 1 << number <= offset:
        marks = (*marks, _digest(_bytes_before(file, 1 << number) or b""))
        number += 1
    file.seek(place)
    return marks


def _bytes_before(file: IO[bytes], offset: int) -> bytes | None:
    """Return the last bytes before ``offset``; None where the file is shorter."""
    start = max(0, offset - TAIL)
    file.seek(start)
    tail = file.read(offset - start)
    return tail if len(tail) == offset - start else None


def _lines(file: IO[bytes], path: Path, key: str, known: Position, *, complete: bool) -> Iterator[LogLine]:
    offset, marks = known.offset, known.marks
    tail = _bytes_before(file, offset) or b""
    file.seek(offset)
    while line := file.readline(MAX_LINE_BYTES + 1):
        length, tail = _passed(file, line, tail)
        if not tail.endswith(b"\n") and not complete:
            return
        start, offset = offset, offset + length
        marks = _marks(file, marks, offset)
        after = Position(offset=offset, tail=_digest(tail), marks=marks)
        yield LogLine(file=key, path=str(path), offset=start, data=line, after=after)


def _passed(file: IO[bytes], line: bytes, tail: bytes) -> tuple[int, bytes]:
    """Read on to the end of a line that is too long; return its length and the last bytes before its end."""
    length, piece, tail = len(line), line, (tail + line)[-TAIL:]
    while len(piece) > MAX_LINE_BYTES and not piece.endswith(b"\n"):
        piece = file.readline(MAX_LINE_BYTES + 1)
        length, tail = length + len(piece), (tail + piece)[-TAIL:]
    return length, tail


def _digest(tail: bytes) -> str:
    return hashlib.sha256(tail).hexdigest()[:24]
