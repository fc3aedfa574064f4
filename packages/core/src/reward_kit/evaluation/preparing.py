"""Make a data set of a source: every row a valid sample with an id of its own, and proven.

Proven means that the reward can decide about it; that its reference, where it has one, earns 1.0, twice; and that
this reference made wrong, where it is a program, does not.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from reward_kit.data.atomic import atomic_writer
from reward_kit.data.id_index import IdIndex
from reward_kit.data.jsonl import to_line
from reward_kit.data.sources import SourceRow
from reward_kit.data.validation import data_error
from reward_kit.errors import ContractError, DataError, UnsuitableRowError
from reward_kit.evaluation.proof import Trial, disproof
from reward_kit.example import Example
from reward_kit.grading import Grader, describe
from reward_kit.models import EvaluateResult, Sample, content_id

__all__ = ["Prepared", "prepare", "rejects_path", "short_reason"]

OF_ONE_ROW = re.compile(r" \(|; | against ")
"""What a reason says of one row comes after this."""
MAX_REASONS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """What became of the rows of a source."""

    rows: int
    repeated: int
    """Rows whose content was there before; they were given ids of their own."""
    rejected: int
    reasons: Mapping[str, int]
    """How many rows were rejected for each reason, what differs from row to row left out."""
    rejects: Path | None
    """The file with the rejected rows and the reasons; None where there are none."""
    licences: tuple[str, ...]
    """Those that the rows name as the ``license`` in their metadata, sorted."""
    sha256: str
    """Of the data set."""


def rejects_path(output: Path) -> Path:
    """Return where the rejects of the data set ``output`` go: ``dataset.rejects.jsonl`` beside ``dataset.jsonl``."""
    return output.with_suffix(".rejects.jsonl")


def short_reason(reason: str) -> str:
    """Return the reason of a rejection without what is said of one row alone, so that reasons can be counted."""
    return OF_ONE_ROW.split(reason, maxsplit=1)[0]


def prepare(
    rows: Iterable[SourceRow],
    example: Example,
    output: str | Path,
    *,
    skip_invalid: bool = False,
    limit: int | None = None,
) -> Prepared:
    """Write the samples that ``example`` makes of ``rows`` to ``output``, which is there whole or not at all.

    A row that the example calls unsuitable goes to ``rejects_path`` with the reason. So does, with ``skip_invalid``,
    one that is wrong, which otherwise ends the work. ``limit`` counts the rows read.

    Raises:
        DataError: a row cannot be used, or no row can.
    """
    target, rejects = Path(output), rejects_path(Path(output))
    digest = hashlib.sha256()
    count = 0
    first: DataError | None = None
    with ExitStack() as stack:
        preparing = _Preparing(example, stack.enter_context(IdIndex()))
        file = stack.enter_context(atomic_writer(target))
        bad = stack.enter_context(atomic_writer(rejects))
        for row in islice(rows, limit):
            try:
                sample = preparing.sample(row)
            except DataError as error:
                if not skip_invalid and not isinstance(error, UnsuitableRowError):
                    raise
                first = first or error
                bad.write(to_line(preparing.reject(row, error)))
                continue
            line = to_line(sample.model_dump(mode="json", exclude_defaults=True))
            digest.update(line)
            file.write(line)
            count += 1
        rejected = preparing.reasons.total()
        if not count:
            problem = (
                f"found no row that can be used, expected at least one (the first of {rejected} rejected: {first})"
            )
            raise DataError(problem)
    if not rejected:
        rejects.unlink(missing_ok=True)
    return Prepared(
        rows=count,
        repeated=preparing.repeated,
        rejected=rejected,
        reasons=_most_common(preparing.reasons),
        rejects=rejects if rejected else None,
        licences=tuple(sorted(preparing.licences)),
        sha256=digest.hexdigest(),
    )


class _Preparing:
    """Makes samples of rows, remembers the ids that are taken, and counts."""

    def __init__(self, example: Example, ids: IdIndex) -> None:
        self._example = example
        self._grader = Grader(example.reward)
        self._ids = ids
        self.repeated = 0
        self.reasons: Counter[str] = Counter()
        self.licences: set[str] = set()

    def sample(self, row: SourceRow) -> Sample:
        """Return the sample of ``row``.

        Raises:
            DataError: the row is not one, or not proven.
        """
        sample = self._converted(row)
        fault = disproof(sample, self._graded)
        if fault is not None:
            raise _placed(fault, row)
        sample = self._with_own_id(sample, row)
        if "license" in sample.metadata:
            self.licences.add(str(sample.metadata["license"]))
        return sample

    def reject(self, row: SourceRow, error: DataError) -> dict[str, object]:
        """Count a rejected row, and return what is kept of it."""
        reason = str(DataError(error.problem, field=error.field))
        self.reasons[error.kind if isinstance(error, UnsuitableRowError) else short_reason(reason)] += 1
        return {"file": row.path, "line": row.line, "reason": reason, "raw": row.text}

    def _row(self, raw: dict[str, Any]) -> Sample:
        """Return what the example makes of a row; a row that is a sample already may be none of the example's own."""
        if not _is_sample(raw):
            return self._example.row(raw)
        try:
            return self._example.row(raw)
        except (KeyError, ValueError):
            return Sample.model_validate(raw)

    def _converted(self, row: SourceRow) -> Sample:
        raw = row.value
        try:
            sample = self._row(raw)
        except KeyError as error:
            keys = ", ".join(map(repr, raw))
            problem = f"missing; the row has {keys or 'no fields'}"
            raise DataError(problem, path=row.path, line=row.line, field=str(error.args[0])) from None
        except DataError as error:
            raise _placed(error, row) from None
        except ValidationError as error:
            raise data_error(error, path=row.path, line=row.line) from None
        except (ValueError, TypeError, AttributeError, LookupError, ArithmeticError) as error:
            problem = describe(error)
            raise DataError(problem, path=row.path, line=row.line) from None
        if not isinstance(sample, Sample):
            message = f"the row of the example {self._example.name!r} gave {type(sample).__name__}, expected a Sample"
            raise ContractError(message)
        return sample

    def _graded(self, trial: Trial) -> EvaluateResult:
        sample = trial.sample
        messages = [*sample.messages, trial.reply]
        return self._grader.grade(messages, ground_truth=sample.ground_truth, extra=sample.extra)

    def _with_own_id(self, sample: Sample, row: SourceRow) -> Sample:
        """Return the sample with an id that no other has: that of its content, and which of the same it is."""
        content = content_id([sample.messages, sample.ground_truth, sample.tools, sample.extra]).encode()
        earlier = self._ids.add(sample.id, row.line, content)
        if earlier is None:
            return sample
        if earlier.value != content:
            problem = f"found {sample.id!r} again with another content, after line {earlier.line}"
            raise DataError(problem, path=row.path, line=row.line, field="id")
        number = 2
        while self._ids.add(f"{sample.id}-{number}", row.line, content) is not None:
            number += 1
        self.repeated += 1
        return sample.model_copy(update={"id": f"{sample.id}-{number}"})


def _is_sample(raw: dict[str, object]) -> bool:
    """Return whether a row is a sample already: ``monitor export`` and ``prepare`` itself write such rows."""
    return "messages" in raw and "ground_truth" in raw and raw.keys() <= Sample.model_fields.keys()


def _placed(error: DataError, row: SourceRow) -> DataError:
    if isinstance(error, UnsuitableRowError):
        return UnsuitableRowError(error.kind, error.detail, path=row.path, line=row.line)
    return DataError(error.problem, path=row.path, line=row.line, field=error.field)


def _most_common(reasons: Counter[str]) -> dict[str, int]:
    kept = dict(reasons.most_common(MAX_REASONS))
    rest = reasons.total() - sum(kept.values())
    return {**kept, "other reasons": rest} if rest else kept
