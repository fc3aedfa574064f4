"""Remember which ids there were, and a value with each, in bounded memory: the index grows on disk."""

import sqlite3
from dataclasses import dataclass
from typing import Self

__all__ = ["Entry", "IdIndex"]

CACHE_KIB = 4096


@dataclass(frozen=True, slots=True)
class Entry:
    """Where an id was found, and what was kept with it."""

    line: int
    value: bytes


class IdIndex:
    """Ids and where they were found; use it as a context manager. It is a temporary file that no one else sees."""

    def __init__(self) -> None:
        self._connection = sqlite3.connect("", isolation_level=None)
        self._connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        self._connection.execute("CREATE TABLE ids (id BLOB PRIMARY KEY, line INTEGER, value BLOB) WITHOUT ROWID")
        self._connection.execute("BEGIN")

    def add(self, identifier: str, line: int, value: bytes = b"") -> Entry | None:
        """Keep ``identifier``; return the entry that it has already, which stays as it is."""
        key = _key(identifier)
        done = self._connection.execute("INSERT OR IGNORE INTO ids VALUES (?, ?, ?)", (key, line, value))
        return None if done.rowcount else self.get(identifier)

    def get(self, identifier: str) -> Entry | None:
        """Return the entry of ``identifier``."""
        found = self._connection.execute("SELECT line, value FROM ids WHERE id = ?", (_key(identifier),)).fetchone()
        return None if found is None else Entry(*found)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()


def _key(identifier: str) -> bytes:
    return identifier.encode("utf-8", "surrogatepass")
