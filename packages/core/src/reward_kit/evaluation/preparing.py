"""Make a data set of a source: every row a valid sample with an id of its own, and proven to be gradable."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from pydantic import ValidationError

from reward_kit.data.atomic import atomic_writer
from reward_kit.data.id_index import IdIndex
from reward_kit.data.jsonl import to_line
from reward_kit.data.sources import SourceRow
from reward_kit.data.validation import data_error
from reward_kit.errors import ContractError, DataError, UnsuitableRowError
from reward_kit.example import Example
from reward_kit.grading import Grader, describe
from reward_kit.models import Message, Sample, content_id

__all__ = ["INVALID", "Prepared", "prepare", "rejects_path"]

INVALID = "invalid"
"""The kind of a row that is wrong, among the reasons of rows that are merely not suitable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """What became of the rows of a source."""

    rows: int
    repeated: int
    """Rows whose content was there before; they were given ids of their own."""
    rejected: int
    reasons: Mapping[str, int]
    """How many rows were rejected for which kind of reason, in the order of their first appearance."""
    rejects: Path | None
    """The file with the rejected rows and the reasons; None where there are none."""
    sha256: str
    """Of the data set."""


def rejects_path(output: Path) -> Path:
    """Return where the rejects of the data set ``output`` go: ``dataset.rejects.jsonl`` beside ``dataset.jsonl``."""
    return output.with_suffix(".rejects.jsonl")


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
    reasons: Counter[str] = Counter()
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
                reasons[error.kind if isinstance(error, UnsuitableRowError) else INVALID] += 1
                first = first or error
                bad.write(to_line(_reject(row, error)))
                continue
            line = to_line(sample.model_dump(mode="json", exclude_defaults=True))
            digest.update(line)
            file.write(line)
            count += 1
        if not count:
            left_out = f"the first of {reasons.total()} rejected: {first}"
            problem = f"found no row that can be used, expected at least one ({left_out})"
            raise DataError(problem)
    if not reasons:
        rejects.unlink(missing_ok=True)
    return Prepared(
        rows=count,
        repeated=preparing.repeated,
        rejected=reasons.total(),
        reasons=reasons,
        rejects=rejects if reasons else None,
        sha256=digest.hexdigest(),
    )


class _Preparing:
    """Makes samples of rows, and remembers the ids that are taken."""

    def __init__(self, example: Example, ids: IdIndex) -> None:
        self._example = example
        self._grader = Grader(example.reward)
        self._ids = ids
        self.repeated = 0

    def sample(self, row: SourceRow) -> Sample:
        """Return the sample of ``row``.

        Raises:
            DataError: the row is not one, or its ground truth cannot be graded against.
        """
        sample = self._converted(row)
        self._prove(sample, row)
        return self._with_own_id(sample, row)

    def _converted(self, row: SourceRow) -> Sample:
        raw = row.value
        try:
            sample = Sample.model_validate(raw) if _is_sample(raw) else self._example.row(raw)
        except KeyError as error:
            keys = ", ".join(map(repr, raw))
            problem = f"missing; the row has {keys or 'no fields'}"
            raise DataError(problem, path=row.path, line=row.line, field=str(error.args[0])) from None
        except ValidationError as error:
            raise data_error(error, path=row.path, line=row.line) from None
        except UnsuitableRowError as error:
            raise UnsuitableRowError(error.kind, error.detail, path=row.path, line=row.line) from None
        except (ValueError, TypeError, AttributeError, LookupError, ArithmeticError) as error:
            problem = describe(error)
            raise DataError(problem, path=row.path, line=row.line) from None
        if not isinstance(sample, Sample):
            message = f"the row of the example {self._example.name!r} gave {type(sample).__name__}, expected a Sample"
            raise ContractError(message)
        return sample

    def _prove(self, sample: Sample, row: SourceRow) -> None:
        """Refuse a row that the reward cannot decide about."""
        reply = sample.reference_message or Message(role="assistant", content="")
        result = self._grader.grade([*sample.messages, reply], ground_truth=sample.ground_truth, extra=sample.extra)
        if not result.is_score_valid:
            problem = f"the reward cannot grade against {sample.ground_truth!r}: {result.error}"
            raise DataError(problem, path=row.path, line=row.line, field="ground_truth")

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


def _reject(row: SourceRow, error: DataError) -> dict[str, object]:
    reason = DataError(error.problem, field=error.field)
    return {"file": row.path, "line": row.line, "reason": str(reason), "raw": row.text}
