"""Messages between a submission and its tester: a length, then JSON."""

import json
import os
from typing import Any

from reward_kit.sandbox.jail.payload import write_all

__all__ = ["MAX_MESSAGE", "receive", "send"]

MAX_MESSAGE = 4 << 20


def send(peer: int, message: list[Any]) -> None:
    """Send one message; instead of one that is too long, send that it is."""
    data = json.dumps(message).encode()
    if len(data) > 3 * MAX_MESSAGE:
        message = ["unsendable", f"the answer takes {len(data)} bytes"]
        data = json.dumps(message).encode()
    write_all(peer, len(data).to_bytes(4, "little") + data)


def receive(peer: int) -> list[Any] | None:
    """Return the next message; None where there is none, or no list."""
    header = _read(peer, 4)
    length = int.from_bytes(header, "little")
    if len(header) < 4 or length > 3 * MAX_MESSAGE:  # noqa: PLR2004 - the header
        return None
    data = _read(peer, length)
    if len(data) < length:
        return None
    found = json.loads(data)
    return found if isinstance(found, list) else None


def _read(peer: int, length: int) -> bytes:
    found = b""
    while len(found) < length:
        more = os.read(peer, length - len(found))
        if not more:
            break
        found += more
    return found
