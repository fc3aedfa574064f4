"""What the verbs show a person: a progress line, a small table, and nothing of what a reward prints on stdout."""

import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

import click

__all__ = ["Progress", "rewards_print_to_stderr", "table"]

Row = TypeVar("Row")

INTERVAL = 0.1
"""Seconds between two states of the progress line."""


class Progress:
    """A line on stderr that says how far a verb is; silent unless stderr is a terminal."""

    def __init__(self, what: str, count: Callable[[], int] | None = None, *, hidden: bool = False) -> None:
        """``count`` gives the number of rows there will be; it is called only where the line is shown."""
        self._what = what
        self._shown = sys.stderr.isatty() and not hidden
        self._of = f"/{count()}" if self._shown and count is not None else ""
        self._done = 0
        self._next = self._started = time.monotonic()

    def advance(self) -> None:
        """Count one row, and show the line if it is time to."""
        self._done += 1
        if not self._shown:
            return
        now = time.monotonic()
        if now >= self._next:
            self._next = now + INTERVAL
            rate = self._done / max(now - self._started, INTERVAL)
            click.echo(f"\r\x1b[K{self._what} {self._done}{self._of}  {rate:,.0f}/s", nl=False, err=True)

    def counting(self, rows: Iterable[Row]) -> Iterator[Row]:
        """Yield ``rows``, counting them."""
        for row in rows:
            self.advance()
            yield row

    def close(self) -> None:
        """Take the line away."""
        if self._shown:
            click.echo("\r\x1b[K", nl=False, err=True)


def table(rows: Sequence[Sequence[str]]) -> str:
    """Return ``rows`` with their columns aligned: the first to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if place else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


@contextmanager
def rewards_print_to_stderr() -> Iterator[None]:
    """Send to stderr what the block, and any process that it starts, prints to stdout: stdout is for results."""
    sys.stdout.flush()
    kept = os.dup(1)
    visible = sys.stdout
    try:
        os.dup2(2, 1)
        sys.stdout = sys.stderr
        yield
    finally:
        sys.stdout = visible
        os.dup2(kept, 1)
        os.close(kept)
