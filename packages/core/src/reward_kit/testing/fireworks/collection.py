"""The named resources of one kind that an account has, in memory."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from re import fullmatch
from typing import Final, Generic, TypeVar

from reward_kit.testing.fireworks.answers import Refusal

__all__ = ["Collection", "checked_id", "now"]

_LENIENT: Final = r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}"

T = TypeVar("T")


class Collection(Generic[T]):
    """Resources by id. Every access holds the lock, so that a resource is only changed inside ``changing``."""

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._lock = threading.RLock()
        self._resources: dict[str, T] = {}

    @contextmanager
    def changing(self, resource_id: str) -> Iterator[T]:
        """Give the resource to look at or to change.

        Raises:
            Refusal: there is none.
        """
        with self._lock:
            if resource_id not in self._resources:
                message = f"{self._kind} {resource_id!r} not found"
                raise Refusal(message, "NOT_FOUND")
            yield self._resources[resource_id]

    def add(self, resource_id: str, resource: T) -> None:
        """Keep a new resource.

        Raises:
            Refusal: the id is taken.
        """
        with self._lock:
            if resource_id in self._resources:
                message = f"{self._kind} {resource_id!r} already exists"
                raise Refusal(message, "ALREADY_EXISTS")
            self._resources[resource_id] = resource

    def remove(self, resource_id: str) -> T:
        """Forget a resource and return it.

        Raises:
            Refusal: there is none.
        """
        with self.changing(resource_id):
            return self._resources.pop(resource_id)

    @contextmanager
    def all(self) -> Iterator[list[T]]:
        """Give every resource to look at."""
        with self._lock:
            yield list(self._resources.values())


def checked_id(value: str, field: str, pattern: str = _LENIENT) -> str:
    """Return ``value``.

    Raises:
        Refusal: it is not an id.
    """
    if not fullmatch(pattern, value):
        message = f"{field}: found {value!r}, expected {pattern}"
        raise Refusal(message)
    return value


def now() -> str:
    """Return the time as the gateway writes it."""
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
