"""What the grader hands to a child: one memory file with a header and the pieces that it names.

The fork server passes the descriptor on and never reads it, so that nothing of one submission is left in the memory
that the next one is forked from.
"""

import marshal
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

__all__ = ["RECORD_HEADER", "Payload", "pack", "read_all", "records", "write_all", "write_record"]

LENGTH = 8
FORMAT = 2
"""Of marshal: the same in every Python; reading it is a third of the cost of JSON, in every child."""
RECORD_HEADER = 9
"""Bytes before a record's content: index (4), kind (1), length (4)."""


def pack(facts: Mapping[str, Any], pieces: Sequence[bytes]) -> bytes:
    """Return the content of a payload: ``facts``, and ``pieces`` to be found by their position."""
    places, at = [], 0
    for piece in pieces:
        places.append((at, len(piece)))
        at += len(piece)
    header = marshal.dumps({**facts, "pieces": places}, FORMAT)
    return b"".join([len(header).to_bytes(LENGTH, "little"), header, *pieces])


class Payload:
    """A payload, read piece by piece."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        length = int.from_bytes(os.pread(descriptor, LENGTH, 0), "little")
        self.facts: dict[str, Any] = marshal.loads(os.pread(descriptor, length, LENGTH))  # noqa: S302 - the grader wrote it, and it is sealed
        self._start = LENGTH + length

    def piece(self, position: int) -> bytes:
        """Return one piece."""
        at, length = self.facts["pieces"][position]
        return read_all(self._descriptor, length, self._start + at)

    def close(self) -> None:
        """Leave nothing to be read by whoever has this process from here on."""
        os.close(self._descriptor)


def read_all(descriptor: int, length: int, at: int) -> bytes:
    """Return ``length`` bytes of a file from ``at``, or as many as there are."""
    found = os.pread(descriptor, length, at)
    while len(found) < length:
        more = os.pread(descriptor, length - len(found), at + len(found))
        if not more:
            break
        found += more
    return found


def write_all(descriptor: int, data: bytes) -> None:
    """Write the whole of ``data``."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def write_record(descriptor: int, index: int, kind: bytes, content: bytes) -> None:
    """Append one record: what case ``index`` came to."""
    write_all(descriptor, index.to_bytes(4, "little") + kind + len(content).to_bytes(4, "little") + content)


def records(data: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Give the whole records of ``data`` as index, kind and content; a torn one ends it."""
    at = 0
    while at + RECORD_HEADER <= len(data):
        length = int.from_bytes(data[at + 5 : at + 9], "little")
        content = data[at + RECORD_HEADER : at + RECORD_HEADER + length]
        if len(content) < length:
            return
        yield int.from_bytes(data[at : at + 4], "little"), data[at + 4 : at + 5], content
        at += RECORD_HEADER + length
