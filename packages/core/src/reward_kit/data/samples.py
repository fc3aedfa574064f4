"""Read a data set: one ``Sample`` a line."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from reward_kit.data.jsonl import read_jsonl
from reward_kit.data.validation import validated
from reward_kit.models import Sample

__all__ = ["numbered_samples", "read_samples"]


def read_samples(path: str | Path, *, limit: int | None = None) -> Iterator[Sample]:
    """Yield the samples of the data set at ``path``, at most ``limit``.

    Raises:
        DataError: a line is not a sample; names the file, the line and the field.
    """
    for _, sample in islice(numbered_samples(path), limit):
        yield sample


def numbered_samples(path: str | Path) -> Iterator[tuple[int, Sample]]:
    """Yield the line number and the sample of each line."""
    for number, row in read_jsonl(path):
        yield number, validated(Sample, row, path=path, line=number)
