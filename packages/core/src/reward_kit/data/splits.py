"""Read ``train``, ``train[:100]``, ``train[10:20]``, ``test[-5:]``, ``train[:10%]``: a split and a part of it."""

import re
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Self, TypeVar

from reward_kit.errors import UsageError

__all__ = ["Bound", "Split"]

Row = TypeVar("Row")

_SPLIT = re.compile(
    r"(?P<name>\w[\w.-]*)(?P<slice>\[(?P<start>-?\d+%?)?:(?P<stop>-?\d+%?)?\])?",
    re.ASCII,
)
HUNDRED = 100


@dataclass(frozen=True, slots=True)
class Bound:
    """One end of a slice: a number of rows or a percentage of all, from the end where it is negative."""

    value: int
    percent: bool = False

    @property
    def needs_total(self) -> bool:
        """Whether it says nothing without the number of all rows."""
        return self.percent or self.value < 0

    def row(self, total: int) -> int:
        """Return the number of the row that it means, of ``total``; percentages are rounded as ``datasets`` does."""
        rows = round(self.value * total / HUNDRED) if self.percent else self.value
        return min(max(0, rows + total if rows < 0 else rows), total)


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """A split of a data set and the part of it that is meant."""

    name: str
    start: Bound | None = None
    stop: Bound | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the split that ``text`` means.

        Raises:
            UsageError: it has another form.
        """
        found = _SPLIT.fullmatch(text.strip())
        bounds = [] if found is None else [_bound(found["start"]), _bound(found["stop"])]
        if found is None or any(bound and bound.percent and abs(bound.value) > HUNDRED for bound in bounds):
            message = (
                f"found the split {text!r}, expected a form like 'train', 'train[:100]', 'train[10:20]', 'train[:5%]'"
            )
            raise UsageError(message)
        return cls(name=found["name"], start=bounds[0], stop=bounds[1])

    def __str__(self) -> str:
        if self.start is None and self.stop is None:
            return self.name
        return f"{self.name}[{_text(self.start)}:{_text(self.stop)}]"

    def take(self, rows: Callable[[], Iterable[Row]]) -> Iterator[Row]:
        """Yield the rows of this part; ``rows`` is called a second time where they must be counted first."""
        bounds = [bound for bound in (self.start, self.stop) if bound is not None]
        total = sum(1 for _ in rows()) if any(bound.needs_total for bound in bounds) else sys.maxsize
        start = self.start.row(total) if self.start else 0
        stop = self.stop.row(total) if self.stop else total
        return islice(rows(), start, max(start, stop))


def _bound(text: str | None) -> Bound | None:
    return Bound(int(text.removesuffix("%")), text.endswith("%")) if text else None


def _text(bound: Bound | None) -> str:
    return "" if bound is None else f"{bound.value}{'%' if bound.percent else ''}"
