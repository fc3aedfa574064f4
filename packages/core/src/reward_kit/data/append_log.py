"""An append-only JSONL file that survives ``kill -9``: what was appended is there, whole, when it is opened again.

Each row is one line and one ``write``; a line that a killed process or a full disk left torn is cut off on
opening. One process at a time: the file is locked while it is open.

Not covered: a power failure (rows since the last ``close`` may be missing), and file systems without ``flock``.
"""

import fcntl
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Self

from reward_kit.data.jsonl import read_jsonl, to_line
from reward_kit.errors import PrerequisiteError, UsageError

__all__ = ["AppendLog"]

BLOCK = 64 * 1024


class AppendLog:
    """An open log; use it as a context manager.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder, AppendLog(Path(folder) / "log.jsonl") as log:
    ...     log.append({"id": "a"})
    ...     list(log.rows())
    [{'id': 'a'}]
    """

    def __init__(self, path: str | Path) -> None:
        """Open or create the log at ``path``, and repair its end.

        Raises:
            UsageError: another process has it open.
            PrerequisiteError: it cannot be written.
        """
        self.path = Path(path)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise _unwritable(self.path, error) from error
        try:
            self._lock()
            self._size = self._whole_lines()
            os.ftruncate(self._descriptor, self._size)
        except BaseException:
            os.close(self._descriptor)
            raise
        self._open = True

    def append(self, row: Mapping[str, Any]) -> None:
        """Write ``row`` as one line.

        Raises:
            DataError: the row has no form in JSON.
            PrerequisiteError: the disk did not take it; the log is as it was before.
        """
        self.append_line(to_line(row))

    def append_line(self, line: bytes) -> None:
        """Write a line, or several, that ``to_line`` made."""
        try:
            written = os.write(self._descriptor, line)
        except OSError as error:
            raise _unwritable(self.path, error) from error
        if written != len(line):
            os.ftruncate(self._descriptor, self._size)
            message = (
                f"cannot write to {str(self.path)!r}: the disk took {written} of {len(line)} bytes; free some space"
            )
            raise PrerequisiteError(message)
        self._size += written

    def rows(self) -> Iterator[dict[str, Any]]:
        """Yield the rows that are there.

        Raises:
            DataError: a line is not a JSON object; something else wrote to the file.
        """
        for _, row in read_jsonl(self.path):
            yield row

    def close(self) -> None:
        """Hand the file to the disk and unlock it."""
        if self._open:
            self._open = False
            try:
                os.fsync(self._descriptor)
            finally:
                os.close(self._descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _lock(self) -> None:
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            message = f"{str(self.path)!r} is being written by another process; wait for it, or use another file"
            raise UsageError(message) from None
        except OSError as error:
            raise _unwritable(self.path, error) from error

    def _whole_lines(self) -> int:
        """Return the size of the file without a last line that has no line end."""
        end = os.fstat(self._descriptor).st_size
        while end > 0:
            start = max(0, end - BLOCK)
            position = os.pread(self._descriptor, end - start, start).rfind(b"\n")
            if position >= 0:
                return start + position + 1
            end = start
        return 0


def _unwritable(path: Path, error: OSError) -> PrerequisiteError:
    return PrerequisiteError(f"cannot write to {str(path)!r}: {(error.strerror or str(error)).lower()}")
