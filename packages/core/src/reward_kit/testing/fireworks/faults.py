"""Faults on demand: what goes wrong between a client and the service, in a schedule that can be repeated.

Whether a request is struck by ``rate`` depends on the seed, on the request's method, path and body, and on how many
times the very same request came before: never on the clock or on the order in which threads arrive. A retry is
therefore drawn anew, and a run with another concurrency sees the same faults.
"""

import hashlib
import math
import random
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Final, Literal, TypeAlias, cast, get_args

from reward_kit.errors import UsageError
from reward_kit.testing.fireworks.request import Request

__all__ = ["ALL_FAULTS", "PERMANENT_FAULTS", "TRANSIENT_FAULTS", "FaultKind", "FaultSchedule", "Faults", "fault_kinds"]

FaultKind: TypeAlias = Literal[
    "401",
    "403",
    "404",
    "408",
    "409",
    "429",
    "429-retry-after",
    "429-retry-after-date",
    "429-retry-after-ms",
    "500",
    "502",
    "503",
    "504",
    "slow",
    "cut-before-answer",
    "cut-mid-body",
    "truncated-json",
    "wrong-content-type",
    "empty-body",
]
"""A number is that HTTP status, in the error shape of the API that was asked. ``slow`` is a late but right answer. What
damages an answer (``cut-mid-body``, ``truncated-json``, ``empty-body``) lets the operation happen; the rest doesn't."""

ALL_FAULTS: Final[tuple[FaultKind, ...]] = get_args(FaultKind)
PERMANENT_FAULTS: Final[tuple[FaultKind, ...]] = ("401", "403", "404")
"""What a client does not try again."""
TRANSIENT_FAULTS: Final[tuple[FaultKind, ...]] = tuple(kind for kind in ALL_FAULTS if kind not in PERMANENT_FAULTS)
"""What a client can get over by trying again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """When the server misbehaves, and how.

    >>> Faults(rate=0.3, kinds=("503", "cut-mid-body"), seed=7).kinds
    ('503', 'cut-mid-body')
    """

    rate: float = 0.0
    """The share of requests that are struck."""
    kinds: Sequence[FaultKind] = TRANSIENT_FAULTS
    """What strikes them, each as likely as the others."""
    seed: int = 0
    routes: str = "*"
    """The requests that ``rate`` applies to: a glob over ``METHOD /path``, as ``POST *chat/completions``."""
    most_in_a_row: int | None = None
    """How often ``rate`` may strike the very same request in a row."""
    script: Mapping[str, FaultKind | Sequence[FaultKind | None]] = field(default_factory=dict)
    """Per glob, what the requests get in the order of their arrival; None lets one pass. A single kind strikes always.
    What the script decides, ``rate`` does not see."""
    delay: float = 0.5
    """How late a ``slow`` answer is, in seconds."""
    retry_after: float = 1.0
    """How many seconds ``429-retry-after…`` asks to wait; rounded up where only whole ones can be said."""

    def __post_init__(self) -> None:
        if not 0.0 <= self.rate <= 1.0:
            message = f"found the fault rate {self.rate!r}, expected a share between 0 and 1"
            raise UsageError(message)
        fault_kinds(self.kinds)
        for entries in self.script.values():
            fault_kinds([kind for kind in _entries(entries) if kind is not None])
        if self.rate and not self.kinds:
            message = f"found no fault kinds for the rate {self.rate!r}; name at least one"
            raise UsageError(message)

    @property
    def retry_after_seconds(self) -> int:
        """``retry_after`` in whole seconds."""
        return math.ceil(self.retry_after)


def fault_kinds(names: Sequence[str]) -> tuple[FaultKind, ...]:
    """Return ``names`` as fault kinds.

    Raises:
        UsageError: one of them is none.
    """
    for name in names:
        if name not in ALL_FAULTS:
            message = f"found the fault kind {name!r}, expected one of {', '.join(ALL_FAULTS)}"
            raise UsageError(message)
    return cast("tuple[FaultKind, ...]", tuple(names))


class FaultSchedule:
    """Applies one ``Faults`` to the requests of one server."""

    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        self._lock = threading.Lock()
        self._scripts = {glob: list(_entries(entries)) for glob, entries in faults.script.items()}
        self._seen: Counter[str] = Counter()
        self._in_a_row: Counter[str] = Counter()

    def next_fault(self, request: Request) -> FaultKind | None:
        """Return what strikes ``request``, if anything."""
        name = f"{request.method} {request.path}"
        with self._lock:
            for glob, entries in self.faults.script.items():
                if not fnmatchcase(name, glob):
                    continue
                if isinstance(entries, str):
                    return entries
                if self._scripts[glob]:
                    return self._scripts[glob].pop(0)
            return self._drawn(name, request) if fnmatchcase(name, self.faults.routes) else None

    def _drawn(self, name: str, request: Request) -> FaultKind | None:
        digest = hashlib.sha256(f"{name}\n".encode() + request.body).hexdigest()
        draw = random.Random(f"{self.faults.seed}:{digest}:{self._seen[digest]}")  # noqa: S311 - a schedule, no secret
        self._seen[digest] += 1
        limit = self.faults.most_in_a_row
        if draw.random() >= self.faults.rate or (limit is not None and self._in_a_row[digest] >= limit):
            self._in_a_row[digest] = 0
            return None
        self._in_a_row[digest] += 1
        return draw.choice(self.faults.kinds)


def _entries(entries: FaultKind | Sequence[FaultKind | None]) -> Sequence[FaultKind | None]:
    return [entries] if isinstance(entries, str) else entries
