"""When a failed request is tried again, and how long to wait first.

Nothing here talks to a network: a ``Failure`` says what went wrong with one attempt, a ``RetryPolicy`` decides,
and a ``Timing`` is the clock, so that tests need not wait.
"""

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime

from reward_kit.errors import EndpointMissingError, RemoteAnswerError, RemoteError, RemoteStatusError

__all__ = ["Failure", "RetryPolicy", "Timing", "asked_wait", "is_transient"]

NEVER = frozenset({400, 401, 403, 404, 422})
TRANSIENT = frozenset({408, 425, 429})
CONFLICT = 409
ENDPOINT_MISSING = frozenset({404, 405, 501})


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """The clock, the sleep and the dice of a client."""

    monotonic: Callable[[], float] = time.monotonic
    wall: Callable[[], float] = time.time
    sleep: Callable[[float], object] = time.sleep
    dice: Callable[[], float] = field(default_factory=lambda: random.Random().random)  # noqa: S311 - jitter, no secret
    """Returns a number from 0 up to 1; a generator of its own, so that no global random state moves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """What went wrong with one attempt."""

    problem: str
    """One line, redacted: what was asked of whom, and what came back."""
    advice: str = ""
    transient: bool
    """Whether trying again can help."""
    wait: float | None = None
    """Seconds that the service asked to wait."""
    status: int | None = None
    body: str = ""
    answered: bool = False
    """Whether an answer came that was not in the promised shape."""
    unreachable: bool = False
    """Whether nothing listens there, or the host has no address."""

    def error(self, attempts: int) -> RemoteError:
        """Return the exception for this failure, the last of ``attempts``."""
        tried = f" after {attempts} attempts" if attempts > 1 else ""
        advice = f"; {self.advice}" if self.advice else ""
        message = f"{self.problem}{tried}{advice}"
        if self.status in ENDPOINT_MISSING:
            return EndpointMissingError(message, self.status or 0, self.body)
        if self.status is not None:
            return RemoteStatusError(message, self.status, self.body)
        return RemoteAnswerError(message) if self.answered else RemoteError(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How often and how long: exponential backoff with jitter, between the first attempt and the deadline."""

    retries: int = 8
    """Attempts after the first."""
    base: float = 0.5
    """Seconds before the first retry; each later wait is twice as long."""
    longest: float = 30.0
    """No wait of our own is longer."""
    longest_asked: float = 60.0
    """Nor one that the service asks for."""
    deadline: float = 900.0
    """Seconds for all attempts and waits of one request."""

    def wait(self, failure: Failure, *, attempt: int, left: float, dice: Callable[[], float]) -> float | None:
        """Return the seconds to wait before trying again, or None to give up.

        ``attempt`` counts from 1; ``left`` is what remains until the deadline. A wait that the service asked for
        is never cut short to meet the deadline: then there is no further attempt.
        """
        if not failure.transient or attempt > self.retries:
            return None
        if failure.wait is not None:
            wait = min(failure.wait, self.longest_asked)
        else:
            wait = min(self.longest, self.base * 2.0 ** min(attempt - 1, 32)) * (0.5 + 0.5 * dice())
        return wait if wait < left else None


def is_transient(status: int, headers: Mapping[str, str], *, retry_conflicts: bool) -> bool:
    """Return whether an answer of ``status`` is worth trying again; ``x-should-retry`` decides the open cases."""
    if status in NEVER or (status == CONFLICT and not retry_conflicts):
        return False
    said = headers.get("x-should-retry", "").strip().lower()
    if said in {"true", "false"}:
        return said == "true"
    return status in TRANSIENT or status == CONFLICT or (status >= 500 and status != 501)  # noqa: PLR2004 - RFC 9110


def asked_wait(headers: Mapping[str, str], *, now: float) -> float | None:
    """Return the seconds that ``retry-after-ms`` or ``Retry-After`` (seconds or a date) ask for, if any."""
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        text = headers.get(name, "").strip()
        if text.isascii() and text.replace(".", "", 1).isdigit():
            return float(text) * unit
    try:
        date = parsedate_to_datetime(headers.get("retry-after", ""))
        return max(0.0, date.replace(tzinfo=date.tzinfo or UTC).timestamp() - now)
    except (ValueError, OverflowError):
        return None
