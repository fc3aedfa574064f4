"""JSON Lines, gzipped or not: one object a line, read strictly and without holding more than one line.

Strict: what Python's ``json`` lets through and no other reader does (NaN, infinities, a key twice) is an error
that names the file, the line and the key. Blank lines, CRLF line ends and a UTF-8 byte order mark are tolerated.
"""

import gzip
import json
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, cast

from reward_kit.data.strict_json import JsonSyntaxError, StrictJsonError, read_whole
from reward_kit.errors import DataError

__all__ = [
    "GZIPPED",
    "MAX_LINE_BYTES",
    "UTF8_MARK",
    "RawLine",
    "as_object",
    "load_jsonl",
    "parse_json",
    "parse_line",
    "raw_lines",
    "read_jsonl",
    "to_line",
]

MAX_LINE_BYTES = 64 * 1024 * 1024
"""A longer line is an error: it would be held in memory several times over, and is no row of a data set."""

UTF8_MARK = b"\xef\xbb\xbf"
GZIPPED = ".gz"
UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")

RawLine = tuple[int, bytes]
"""The number of a line, from 1, and its bytes."""


def load_jsonl(path: str | Path) -> list[dict[str, Any]]:
    """Return every row of a JSONL file; ``read_jsonl`` is for files that should not be held in memory."""
    return [row for _, row in read_jsonl(path)]


def read_jsonl(path: str | Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the number and the object of each line that is not blank.

    Raises:
        DataError: there is no such file, or a line is not one JSON object in UTF-8.
    """
    for number, line in raw_lines(path):
        yield number, parse_line(line, path=path, number=number)


def raw_lines(path: str | Path) -> Iterator[RawLine]:
    """Yield the number and the bytes of each line that is not blank, without its line end."""
    with _opened(path) as file:
        number = 0
        while line := _read_line(file, path):
            number += 1
            if len(line) > MAX_LINE_BYTES:
                problem = f"found a line of more than {MAX_LINE_BYTES} bytes; is this one JSON object per line?"
                raise DataError(problem, path=path, line=number)
            if number == 1:
                line = _without_mark(line, path)
            line = line.strip()
            if line:
                yield number, line


def parse_line(line: bytes, *, path: str | Path | None = None, number: int | None = None) -> dict[str, Any]:
    """Return the object that ``line`` holds; ``path`` and ``number`` are for the error.

    Raises:
        DataError: it is not one JSON object in UTF-8.
    """
    return as_object(parse_json(line, path=path, number=number), path=path, number=number)


def as_object(value: object, *, path: str | Path | None = None, number: int | None = None) -> dict[str, Any]:
    """Return ``value`` if it is an object.

    Raises:
        DataError: it is something else.
    """
    if not isinstance(value, dict):
        problem = f"found {_json_name(value)}, expected a JSON object"
        raise DataError(problem, path=path, line=number)
    return value


def parse_json(data: bytes, *, path: str | Path | None = None, number: int | None = None) -> object:
    """Return the value that ``data`` holds; its line is ``number``, or is counted where that is None.

    Raises:
        DataError: it is not one JSON value in UTF-8.
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        problem = f"found the byte 0x{data[error.start]:02x} at column {error.start + 1}, expected UTF-8"
        raise DataError(problem, path=path, line=number) from None
    try:
        # A row may hold a whole reply, which may be nested as deep as it likes.
        return read_whole(text, max_depth=None)
    except JsonSyntaxError as error:
        before = text[: error.position]
        column = error.position - before.rfind("\n")
        problem = f"{error.problem} at column {column}"
        line = before.count("\n") + 1 if number is None else number
        raise DataError(problem, path=path, line=line) from None
    except StrictJsonError as error:
        raise DataError(error.problem, path=path, line=number, field=error.key) from None


def to_line(row: Mapping[str, Any]) -> bytes:
    """Return ``row`` as one line of JSON in UTF-8, with its line end.

    Raises:
        DataError: it holds what JSON has no form for: NaN, an infinity, another type.
    """
    try:
        return (_ENCODER.encode(row) + "\n").encode("utf-8")
    except UnicodeEncodeError:  # half of a surrogate pair: only the escaped form can carry it
        return (json.dumps(row, allow_nan=False) + "\n").encode("ascii")
    except (TypeError, ValueError) as error:
        problem = f"cannot be written as JSON: {error}"
        raise DataError(problem) from error


def _opened(path: str | Path) -> BinaryIO:
    try:
        if Path(path).suffix.lower() == GZIPPED:
            return cast("BinaryIO", gzip.open(path))
        return Path(path).open("rb")
    except FileNotFoundError:
        problem = "no such file"
        raise DataError(problem, path=path) from None
    except OSError as error:
        problem = f"cannot be read: {(error.strerror or str(error)).lower()}"
        raise DataError(problem, path=path) from error


def _read_line(file: BinaryIO, path: str | Path) -> bytes:
    try:
        return file.readline(MAX_LINE_BYTES + 1)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        problem = f"not a gzip file that can be read: {error}"
        raise DataError(problem, path=path) from error


def _without_mark(line: bytes, path: str | Path) -> bytes:
    if line.startswith(UTF16_MARKS):
        problem = "found UTF-16, expected UTF-8; convert the file"
        raise DataError(problem, path=path, line=1)
    return line.removeprefix(UTF8_MARK)


_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False)

_JSON_NAMES = {list: "an array", str: "a string", bool: "a boolean", int: "a number", float: "a number"}


def _json_name(value: object) -> str:
    return "null" if value is None else _JSON_NAMES.get(type(value), type(value).__name__)
