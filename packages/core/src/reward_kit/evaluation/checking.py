"""Prove a reward and its data set: every reference earns 1.0, every floor reply 0.0, twice the same.

A prompt echoed that earns something is an offence even where the reward reads it rightly, because the problem
happens to end with its own answer: such a row pays a model for saying nothing, and has to be rewritten.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import islice, tee
from pathlib import Path
from typing import Any

from reward_kit.data.id_index import IdIndex
from reward_kit.data.samples import read_samples
from reward_kit.errors import DataError
from reward_kit.evaluation.conversations import Conversation
from reward_kit.evaluation.engines import grade_all
from reward_kit.evaluation.floors import floors
from reward_kit.evaluation.proof import Trial, of_floor, of_reference
from reward_kit.models import EvaluateResult, Sample

__all__ = ["CheckReport", "KindCount", "Offence", "check"]

ROW = "row"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offence:
    """A row that does not keep what a data set promises."""

    id: str
    kind: str
    problem: str
    """What was found, and what was expected."""


@dataclass(slots=True)
class KindCount:
    """How many replies of one kind there were, and how many of them were graded as they must be."""

    replies: int = 0
    right: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckReport:
    """What a check found."""

    rows: int
    kinds: dict[str, KindCount]
    offences: int

    @property
    def passed(self) -> bool:
        """Whether the reward and the data set keep what they promise."""
        return self.offences == 0


def check(
    data: str | Path | Iterable[Sample],
    reward: Callable[..., Any],
    *,
    workers: int = 1,
    timeout: float | None = None,
    limit: int | None = None,
    on_offence: Callable[[Offence], None] | None = None,
    on_row: Callable[[], None] | None = None,
) -> CheckReport:
    """Grade every reference and every floor reply of ``data`` twice, and count what is not as it must be.

    Each offence goes to ``on_offence`` as it is found; ``on_row`` is called for every row read. ``workers`` and
    ``timeout`` are those of ``grade_all``.

    Raises:
        DataError: a line is not a sample, or there are none.
    """
    samples = read_samples(data) if isinstance(data, str | Path) else data
    checking = _Checking(on_offence or (lambda _: None), on_row or (lambda: None))
    trials, graded_trials = tee(checking.trials(islice(samples, limit)))
    conversations = (_conversation(trial) for trial in graded_trials for _ in range(2))
    with closing(grade_all(conversations, reward, workers=workers, timeout=timeout)) as graded:
        results = (item.result for item in graded)
        for first, second in zip(results, results, strict=True):
            checking.judge(next(trials), first, second)
    if not checking.rows:
        problem = "found no rows, expected at least one"
        raise DataError(problem, path=data if isinstance(data, str | Path) else None)
    return CheckReport(rows=checking.rows, kinds=checking.kinds, offences=checking.offences)


class _Checking:
    """Makes the replies to grade, and judges what was said of them."""

    def __init__(self, on_offence: Callable[[Offence], None], on_row: Callable[[], None]) -> None:
        self._on_offence = on_offence
        self._on_row = on_row
        self.rows = 0
        self.kinds: dict[str, KindCount] = {}
        self.offences = 0

    def trials(self, samples: Iterable[Sample]) -> Iterator[Trial]:
        with IdIndex() as ids:
            for sample in samples:
                self.rows += 1
                self._on_row()
                earlier = ids.add(sample.id, self.rows)
                if earlier is not None:
                    self._offend(sample.id, ROW, f"the id is that of row {earlier.line}, too; ids must be different")
                yield from self._trials_of(sample)

    def judge(self, trial: Trial, first: EvaluateResult, second: EvaluateResult) -> None:
        count = self.kinds.setdefault(trial.kind, KindCount())
        count.replies += 1
        problem = trial.problem(first, second)
        if problem is None:
            count.right += 1
        else:
            self._offend(trial.sample.id, trial.kind, problem)

    def _trials_of(self, sample: Sample) -> Iterator[Trial]:
        reference = sample.reference_message
        if reference is None:
            self._offend(sample.id, ROW, "the row has no reference, expected a reply that earns 1.0")
        else:
            if reference.text and reference.text.strip() == str(sample.ground_truth).strip():
                self._offend(sample.id, ROW, "the reference is the ground truth itself; grading it proves nothing")
            yield of_reference(sample, reference)
        for floor in floors(sample):
            yield of_floor(sample, floor)

    def _offend(self, identifier: str, kind: str, problem: str) -> None:
        self.offences += 1
        self._on_offence(Offence(id=identifier, kind=kind, problem=problem))


def _conversation(trial: Trial) -> Conversation:
    sample = trial.sample
    messages = (*sample.messages, trial.reply)
    return Conversation(id=sample.id, messages=messages, ground_truth=sample.ground_truth, extra=sample.extra)
