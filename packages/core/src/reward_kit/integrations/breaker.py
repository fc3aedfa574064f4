"""Stop a training run whose gradings fail too often: what is left of its batches would reward luck."""

from collections import Counter, deque
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from reward_kit.errors import GradingError

__all__ = ["FailureBreaker"]

_MIN_ROWS = 4
"""A slice of one or two rows (data parallel training) is judged together with the slices before it."""
_WINDOW = 20
_WINDOW_SHARE = 0.05
_WINDOW_FAILURES = 5
"""Slices of one row make a window of 20 rows: a single failure there is no trend."""
_SHOWN = 3


class FailureBreaker:
    """Count the gradings that failed, batch by batch, and raise once they are too many.

    Too many is more than ``max_share`` of the newest rows (the last batch, or as many batches as hold four rows),
    or more than 5 % of the last 20 batches.
    """

    def __init__(self, max_share: float) -> None:
        self.max_share = max_share
        self._batches: deque[_Batch] = deque(maxlen=_WINDOW)

    def record(self, rows: int, errors: Sequence[str]) -> None:
        """Take note of a batch of ``rows`` gradings, of which ``errors`` failed.

        Raises:
            GradingError: too many failed; the message names the most frequent errors.
        """
        self._batches.append(_Batch(rows, tuple(errors)))
        newest = _newest(reversed(self._batches))
        if newest.rows >= _MIN_ROWS and len(newest.errors) > self.max_share * newest.rows:
            raise GradingError(_message(newest, f"of the last {newest.rows} completions", self.max_share))
        if len(self._batches) < _WINDOW:
            return
        window = _sum(self._batches)
        if len(window.errors) >= _WINDOW_FAILURES and len(window.errors) > _WINDOW_SHARE * window.rows:
            place = f"of {window.rows} completions in the last {_WINDOW} batches"
            raise GradingError(_message(window, place, _WINDOW_SHARE))


class _Batch(NamedTuple):
    rows: int
    errors: tuple[str, ...]


def _newest(batches: Iterable[_Batch]) -> _Batch:
    """Add up batches, newest first, until they hold enough rows to judge by."""
    taken: list[_Batch] = []
    for batch in batches:
        taken.append(batch)
        if sum(one.rows for one in taken) >= _MIN_ROWS:
            break
    return _sum(reversed(taken))


def _sum(batches: Iterable[_Batch]) -> _Batch:
    batches = list(batches)
    return _Batch(sum(batch.rows for batch in batches), tuple(error for batch in batches for error in batch.errors))


def _message(batch: _Batch, place: str, limit: float) -> str:
    causes = Counter(batch.errors).most_common(_SHOWN)
    shown = "; ".join(error if count == 1 else f"{error} ({count} times)" for error, count in causes)
    return (
        f"{len(batch.errors)} {place} could not be graded, more than the {limit:.0%} that training goes on with; "
        f"mend the grader, not the limit: {shown}"
    )
