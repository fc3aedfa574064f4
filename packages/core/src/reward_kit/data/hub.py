"""Download a split of a data set of the Hugging Face hub at a pinned commit, through ``datasets``.

``huggingface_hub`` tries each request again by itself; this tries the whole once more where that was not enough.
"""

import random
import time
from collections.abc import Callable, Iterator
from typing import Any

from reward_kit.data.sources import SourceRow
from reward_kit.errors import PrerequisiteError, RemoteError, RemoteStatusError, UsageError, require
from reward_kit.example import HubSource

__all__ = ["hub_rows"]

ATTEMPTS = 3
FIRST_WAIT = 2.0
"""Seconds before the second attempt; each later wait is twice as long, and every one is shortened at random."""
TRANSIENT = frozenset({408, 409, 429})
SERVER_ERROR = 500
NOT_FOUND = 404
NOT_ALLOWED = frozenset({401, 403, NOT_FOUND})
"""The hub answers any of these for what a token may not read, and for what is not there."""


def hub_rows(
    source: HubSource,
    split: str,
    *,
    sleep: Callable[[float], object] = time.sleep,
    dice: Callable[[], float] = random.random,
) -> Iterator[SourceRow]:
    """Yield the rows of ``split`` of ``source``; what was downloaded before is not downloaded again.

    Raises:
        MissingExtraError: ``datasets`` is not installed.
        PrerequisiteError: the hub cannot be reached.
        RemoteError: it answered, but not with the data set.
        UsageError: the data set has no such split or configuration.
    """
    require("hub", "datasets")
    for number, row in enumerate(_downloaded(source, split, sleep, dice), start=1):
        yield SourceRow(path=f"{source.repo}@{source.revision[:12]}", line=number, raw=dict(row))


def _downloaded(source: HubSource, split: str, sleep: Callable[[float], object], dice: Callable[[], float]) -> Any:  # noqa: ANN401 - a Dataset, whose library is loaded here only
    from datasets import load_dataset

    for attempt in range(1, ATTEMPTS + 1):
        try:
            return load_dataset(source.repo, source.config, split=split, revision=source.revision)
        except Exception as error:  # of whatever library carries the requests this year
            failure = _failure(error, source, split)
            if attempt == ATTEMPTS or not _is_transient(failure):
                raise failure from error
            sleep(FIRST_WAIT * 2 ** (attempt - 1) * (0.5 + 0.5 * dice()))
    raise AssertionError  # the last attempt returns or raises


def _failure(error: Exception, source: HubSource, split: str) -> Exception:
    """Return what went wrong as an error of ours, which names the way without the hub."""
    from datasets.exceptions import DatasetNotFoundError

    instead = "or pass `--source PATH` with a file or folder that holds it"
    status = _status(error)
    if status is not None:
        return RemoteStatusError(f"the hub answered {status} for {source.repo!r}; {_advice(status)}, {instead}", status)
    if isinstance(error, DatasetNotFoundError):  # the library does not say which status it was
        told = f"the hub does not let {source.repo!r} be read ({' '.join(str(error).split())})"
        return RemoteStatusError(f"{told}; {_advice(NOT_FOUND)}, {instead}", NOT_FOUND)
    if isinstance(error, ConnectionError):
        message = f"cannot reach the hub for {source.repo!r}; connect this machine to it, {instead}"
        return PrerequisiteError(message)
    text = " ".join(str(error).split())
    if isinstance(error, ValueError):
        return UsageError(f"found split {split!r} and config {source.config!r} for {source.repo!r}: {text}")
    return RemoteError(f"the download of {source.repo!r} failed ({type(error).__name__}: {text}); try again, {instead}")


def _advice(status: int) -> str:
    if status in NOT_ALLOWED:
        return "check its name, accept its terms on the hub where it has any, set HF_TOKEN to a token that may read it"
    return "try again later" if _may_pass(status) else "check its name and your access"


def _status(error: BaseException | None) -> int | None:
    """Return the HTTP status that is at the bottom of ``error``."""
    from huggingface_hub.errors import HfHubHTTPError

    while error is not None:
        if isinstance(error, HfHubHTTPError):
            return int(error.response.status_code)
        error = error.__cause__ or error.__context__
    return None


def _is_transient(failure: Exception) -> bool:
    if isinstance(failure, RemoteStatusError):
        return _may_pass(failure.status)
    return isinstance(failure, RemoteError)


def _may_pass(status: int) -> bool:
    return status in TRANSIENT or status >= SERVER_ERROR
