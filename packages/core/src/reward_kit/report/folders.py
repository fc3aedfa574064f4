"""Read what a folder of a run holds, whichever verb wrote it, finished or not."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from reward_kit.data.jsonl import parse_line, raw_lines
from reward_kit.errors import DataError

__all__ = ["rows_of"]


def rows_of(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield line numbers and rows of an append-only file; one whose last line is being written ends before it.

    Raises:
        DataError: a line before the last is not a JSON object.
    """
    torn: DataError | None = None
    for number, line in raw_lines(path):
        if torn is not None:
            raise torn
        try:
            row = parse_line(line, path=path, number=number)
        except DataError as error:
            torn = error
            continue
        yield number, row
