"""Grade a data set's references, or model replies, and keep every result: streaming, in order, resumable."""

import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import ExitStack, closing
from itertools import islice
from pathlib import Path
from typing import Any

import reward_kit
from reward_kit.data.samples import read_samples
from reward_kit.errors import DataError, UsageError
from reward_kit.evaluation.attempts import PromptTally
from reward_kit.evaluation.conversations import Conversation, reference_conversations
from reward_kit.evaluation.engines import grade_all
from reward_kit.evaluation.pairing import Pairing
from reward_kit.evaluation.results import ResultRow, Summary, line_of
from reward_kit.evaluation.runs import Run, file_mark, reward_mark
from reward_kit.evaluation.statistics import Tally
from reward_kit.models import Reply, Sample

__all__ = ["evaluate"]

SHOWN = 5
"""Rows that failed, and rows that were not graded, that a summary keeps."""


def evaluate(
    data: str | Path | Iterable[Sample],
    reward: Callable[..., Any],
    *,
    replies: str | Path | Iterable[Reply] | None = None,
    attempts: int | None = None,
    workers: int = 1,
    timeout: float | None = None,
    limit: int | None = None,
    pass_score: float = 1.0,
    run_dir: str | Path | None = None,
    resume: bool = False,
    example: str = "",
    on_row: Callable[[ResultRow], None] | None = None,
) -> Summary:
    """Grade the references of ``data`` with ``reward``, or ``replies``, and return what they amount to.

    Every result is appended to ``results.jsonl`` in ``run_dir`` as it arrives, in the order of the input whatever
    ``workers`` is; with ``resume`` a run that is there is continued. ``workers``, ``timeout``: as in ``grade_all``.
    ``attempts`` admits several replies to one sample, and sums them up by sample, for pass@``attempts``.

    Raises:
        DataError: a row of the data set or of the replies cannot be used, or there are none.
        UsageError: the run exists, or was started with other data, reward or settings; ``attempts`` without replies.
    """
    started = time.monotonic()
    samples = read_samples(data) if isinstance(data, str | Path) else data
    pairing = _pairing(replies, samples, attempts)
    conversations = reference_conversations(samples) if pairing is None else pairing.conversations()
    counting = _Counting(pass_score, attempts)
    with ExitStack() as stack:
        run = None
        if run_dir is not None:
            settings = _settings(data, replies, reward, limit, timeout)
            inputs = _inputs(data, replies, pass_score)
            run = stack.enter_context(Run(run_dir, example, settings, resume=resume, inputs=inputs))
        rows = _rows(islice(conversations, limit), reward, run, workers=workers, timeout=timeout)
        for row in stack.enter_context(closing(rows)):
            counting.add(row)
            if on_row is not None:
                on_row(row)
        if not counting.tally.rows:
            problem = "found no rows, expected at least one"
            raise DataError(problem, path=_path(data if replies is None else replies))
        summary = counting.summary(
            seconds=time.monotonic() - started,
            unanswered=0 if pairing is None or limit is not None else pairing.unanswered,
            results=None if run is None else run.results,
        )
        if run is not None:
            run.finish(summary)
    return summary


def _pairing(
    replies: str | Path | Iterable[Reply] | None, samples: Iterable[Sample], attempts: int | None
) -> Pairing | None:
    if replies is not None:
        return Pairing(replies, samples, repeated=attempts is not None)
    if attempts is not None:
        message = f"found attempts={attempts!r} without replies, expected replies; a sample has one reference"
        raise UsageError(message)
    return None


def _settings(
    data: object, replies: object, reward: Callable[..., Any], limit: int | None, timeout: float | None
) -> dict[str, Any]:
    """Return what a run must have in common with one that it continues."""
    marks = {"data": _mark(data), "replies": _mark(replies), "reward": reward_mark(reward)}
    return {"reward_kit": reward_kit.__version__, **marks, "limit": limit, "timeout": timeout}


def _rows(
    conversations: Iterator[Conversation],
    reward: Callable[..., Any],
    run: Run | None,
    *,
    workers: int,
    timeout: float | None,
) -> Generator[ResultRow, None, None]:
    """Yield the rows that the run has, then those that are graded now, each once it is on disk."""
    index = 0
    for row in run.rows() if run is not None else ():
        _refuse_other_row(row, index, next(conversations, None), run)
        yield row
        index += 1
    with closing(grade_all(conversations, reward, workers=workers, timeout=timeout)) as all_graded:
        for number, graded in enumerate(all_graded, start=index):
            row, line = line_of(number, graded)
            if run is not None:
                run.append_line(line)
            yield row


def _refuse_other_row(row: ResultRow, index: int, conversation: Conversation | None, run: Run | None) -> None:
    expected = None if conversation is None else conversation.id
    if row.index != index or row.id != expected:
        folder = "" if run is None else str(run.folder)
        message = (
            f"the run {folder!r} cannot be resumed: its row {index + 1} is {row.id!r} (index {row.index}), "
            f"and the input has {expected!r} there; start a new run"
        )
        raise UsageError(message)


class _Counting:
    """The figures so far, and the first of the rows that a person will want to see."""

    def __init__(self, pass_score: float, attempts: int | None) -> None:
        self.tally = Tally(pass_score=pass_score)
        self.prompts = None if attempts is None else PromptTally(attempts, pass_score)
        self.worst: tuple[ResultRow, ...] = ()
        self.first_not_graded: list[ResultRow] = []

    def add(self, row: ResultRow) -> None:
        self.tally.add(score=row.score, is_score_valid=row.is_score_valid, cut_off=row.cut_off)
        if self.prompts is not None:
            self.prompts.add(row.id, score=row.score, is_score_valid=row.is_score_valid)
        if not row.is_score_valid:
            if len(self.first_not_graded) < SHOWN:
                self.first_not_graded.append(row)
        elif row.score < self.tally.pass_score and (len(self.worst) < SHOWN or row.score < self.worst[-1].score):
            self.worst = tuple(sorted((*self.worst, row), key=lambda item: (item.score, item.index))[:SHOWN])

    def summary(self, *, seconds: float, unanswered: int, results: Path | None) -> Summary:
        return Summary.of(
            self.tally,
            seconds=seconds,
            unanswered=unanswered,
            attempts=None if self.prompts is None else self.prompts.summary(),
            worst=self.worst,
            first_not_graded=tuple(self.first_not_graded),
            results=results,
        )


def _inputs(data: object, replies: object, pass_score: float) -> dict[str, Any]:
    """Return where the rows are from, for those who look at the run later."""
    graded = "references" if replies is None else "replies"
    return {"graded": graded, "data": _path(data), "replies": _path(replies), "pass_score": pass_score}


def _path(source: object) -> str | None:
    return str(source) if isinstance(source, str | Path) else None


def _mark(source: object) -> Mapping[str, Any] | None:
    """Return what tells one input file from another; an input that is no file is known by its ids alone."""
    path = _path(source)
    return None if path is None else {"sha256": file_mark(path).sha256}
