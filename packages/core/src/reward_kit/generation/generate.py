"""Ask for a reply to every sample that has none yet, some at a time, and keep each as it arrives.

A row whose request finally fails is told and not written, so that the next run asks it again. What no further row
can get over (a refused key, a missing model, a service that is gone) ends the run early.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from reward_kit.clients.chat import ChatClient, ChatReply, ChatRequest
from reward_kit.errors import DataError, RemoteError, RemoteStatusError
from reward_kit.generation.asking import Question, question_for, reply_to
from reward_kit.generation.pool import each_done
from reward_kit.generation.reply_file import ReplyFile
from reward_kit.models import Reply, Sample

__all__ = ["GenerationReport", "RowFailure", "generate"]

REFUSALS = frozenset({401, 402, 403, 404, 405, 412, 501})
"""What a service says to every row alike: the key, the account, the model, the URL."""
FAILURES_IN_A_ROW = 10
"""After so many rows that failed for good without one that was answered, the service counts as gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowFailure:
    """A row that got no reply."""

    id: str
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationReport:
    """What a run of asking came to."""

    rows: int
    """Replies that there were to be: one per sample, or as many as there are attempts."""
    resumed: int
    """Those that were in the file already."""
    asked: int
    """Those that the endpoint answered now."""
    cached: int
    """Those that came from the cache."""
    failures: tuple[RowFailure, ...]
    """Those that there are not, in the order of the data set."""

    @property
    def answered(self) -> int:
        """Replies that there are."""
        return self.resumed + self.asked + self.cached

    def to_json(self) -> dict[str, Any]:
        """Return the report as plain data."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Task:
    place: int
    sample: Sample
    attempt: int
    request: ChatRequest
    digest: str


def generate(
    samples: Iterable[Sample],
    client: ChatClient,
    question: Question,
    output: str | Path,
    *,
    attempts: int = 1,
    concurrency: int = 8,
    on_reply: Callable[[Reply], None] | None = None,
) -> GenerationReport:
    """Fill the file ``output`` with a reply to each sample, or several ``attempts``, and return what it came to.

    At most ``concurrency`` requests are under way at once. Replies that the file has are not asked for again; at
    the end its rows are in the order of ``samples``, so that it is the same whether or not it was interrupted.

    Raises:
        DataError: two samples have one id.
        UsageError: the file has replies that were asked for otherwise, or another process writes to it.
        RemoteError: the service refuses every row, or is gone; the replies so far are kept.
    """
    with ReplyFile(output) as file:
        run = _Run(client, question, file, attempts)
        with closing(each_done(run.ask, run.tasks(samples), workers=concurrency)) as results:
            for done in results:
                if done.error is not None:
                    run.failed(done.item, done.error)
                elif done.result is not None:
                    reply = run.answered(done.item, done.result)
                    if on_reply is not None:
                        on_reply(reply)
        if run.refused is not None:
            raise run.refused
        file.arrange(run.order, attempts)
        return run.report()


class _Run:
    """The state of one run; all but ``ask`` is used by one thread."""

    def __init__(self, client: ChatClient, question: Question, file: ReplyFile, attempts: int) -> None:
        self._client = client
        self._question = question
        self._file = file
        self._attempts = attempts
        self.order: dict[str, None] = {}
        self.refused: RemoteError | None = None
        self._resumed = self._asked = self._cached = self._in_a_row = 0
        self._failures: dict[int, RowFailure] = {}

    def tasks(self, samples: Iterable[Sample]) -> Iterator[_Task]:
        """Yield what is to be asked, until the service refuses."""
        for place, sample in enumerate(samples):
            if self.refused is not None:
                return
            if sample.id in self.order:
                problem = f"found {sample.id!r} in row {place + 1} again, expected one row per id"
                raise DataError(problem, field="id")
            self.order[sample.id] = None
            for attempt in range(self._attempts):
                request = question_for(sample, self._question, attempt)
                digest = self._client.digest(request)
                if self._file.holds(sample.id, digest, attempt):
                    self._resumed += 1
                elif self.refused is None:
                    number = place * self._attempts + attempt
                    yield _Task(place=number, sample=sample, attempt=attempt, request=request, digest=digest)

    def ask(self, task: _Task) -> ChatReply:
        """Ask the endpoint; runs in the threads."""
        return self._client.complete(task.request)

    def answered(self, task: _Task, answer: ChatReply) -> Reply:
        """Keep a reply."""
        reply = reply_to(task.sample, answer)
        self._file.add(reply, task.digest, task.attempt)
        self._cached += answer.cached
        self._asked += not answer.cached
        self._in_a_row = 0
        return reply

    def failed(self, task: _Task, error: BaseException) -> None:
        """Note that a row got no reply, or end the run where no row will get one."""
        if not isinstance(error, RemoteError):
            raise error
        if isinstance(error, RemoteStatusError) and error.status in REFUSALS:
            self.refused = self.refused or error
            return
        which = f"attempt {task.attempt + 1}: " if task.attempt else ""
        self._failures[task.place] = RowFailure(id=task.sample.id, error=f"{which}{error}")
        self._in_a_row += 1
        if self._in_a_row >= FAILURES_IN_A_ROW and self.refused is None:
            message = f"gave up after {self._in_a_row} rows in a row without an answer; the last: {error}"
            raise RemoteError(message)

    def report(self) -> GenerationReport:
        """Return what it came to."""
        return GenerationReport(
            rows=len(self.order) * self._attempts,
            resumed=self._resumed,
            asked=self._asked,
            cached=self._cached,
            failures=tuple(self._failures[place] for place in sorted(self._failures)),
        )
