"""The file of replies: appended as they arrive, resumed after a kill, in the order of the data set once complete.

Each row names the request that it answers by the first half of its sha256, so that a run with another model, prompt
or setting cannot continue the file by mistake.
"""

import json
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path
from typing import Self

from reward_kit.data import AppendLog, to_line
from reward_kit.data.atomic import atomic_writer
from reward_kit.data.id_index import IdIndex
from reward_kit.errors import UsageError
from reward_kit.models import Reply

__all__ = ["ReplyFile"]

DIGITS = 32


class ReplyFile:
    """An open file of replies; use it as a context manager. One process at a time."""

    def __init__(self, path: str | Path) -> None:
        """Open or create the file at ``path``.

        Raises:
            UsageError: another process has it open, or its rows are not of such a run.
            PrerequisiteError: it cannot be written.
        """
        self.path = Path(path)
        self._end = 0
        with ExitStack() as opened:
            self._log = opened.enter_context(AppendLog(self.path))
            self._known = opened.enter_context(IdIndex())
            self._load()
            self._opened = opened.pop_all()

    def holds(self, identifier: str, digest: str, attempt: int = 0) -> bool:
        """Say whether the reply of the row ``identifier`` is there, or that of a further ``attempt`` at it.

        Raises:
            UsageError: it is there, and answers another request than the one named by ``digest``.
        """
        entry = self._known.get(_place(identifier, attempt))
        if entry is None:
            return False
        if entry.value.decode() != digest[:DIGITS]:
            message = (
                f"{str(self.path)!r} has a reply to {identifier!r} that was asked for otherwise (another model, "
                "prompt, setting or endpoint); give another --output, or delete the file"
            )
            raise UsageError(message)
        return True

    def add(self, reply: Reply, digest: str, attempt: int = 0) -> None:
        """Write ``reply``, the answer to the request named by ``digest``, as one line."""
        marks: dict[str, object] = {"attempt": attempt} if attempt else {}
        marks["request"] = digest[:DIGITS]
        line = to_line({**reply.model_dump(mode="json", exclude_none=True), **marks})
        self._log.append_line(line)
        self._known.add(_place(reply.id, attempt), self._end, digest[:DIGITS].encode())
        self._end += len(line)

    def arrange(self, identifiers: Iterable[str], attempts: int = 1) -> None:
        """Put the rows into the order of ``identifiers``, each attempt after the one before; others stay, after them.

        The file is replaced as a whole, while it is locked.
        """
        places = (_place(identifier, attempt) for identifier in identifiers for attempt in range(attempts))
        offsets = [entry.line for entry in map(self._known.get, places) if entry is not None]
        if all(before < after for before, after in pairwise([-1, *offsets])) and offsets[:1] in ([], [0]):
            return
        placed = set(offsets)
        with self.path.open("rb") as file, atomic_writer(self.path) as arranged:
            for offset in offsets:
                file.seek(offset)
                arranged.write(file.readline())
            file.seek(0)
            offset = 0
            for line in file:
                if offset not in placed:
                    arranged.write(line)
                offset += len(line)

    def close(self) -> None:
        """Hand the file to the disk and unlock it."""
        self._opened.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _load(self) -> None:
        for number, line in enumerate(self._lines(), start=1):
            identifier, digest, attempt = _marks(line)
            if not isinstance(identifier, str) or not isinstance(digest, str) or not isinstance(attempt, int):
                message = f"{str(self.path)!r} line {number} was not written by this command; give another --output"
                raise UsageError(message)
            self._known.add(_place(identifier, attempt), self._end, digest.encode())
            self._end += len(line)

    def _lines(self) -> Iterator[bytes]:
        with self.path.open("rb") as file:
            yield from file


def _place(identifier: str, attempt: int) -> str:
    """Return the key of an attempt in the index."""
    return json.dumps([identifier, attempt])


def _marks(line: bytes) -> tuple[object, object, object]:
    try:
        row = json.loads(line)
    except ValueError:
        return None, None, None
    if not isinstance(row, dict):
        return None, None, None
    return row.get("id"), row.get("request"), row.get("attempt", 0)
