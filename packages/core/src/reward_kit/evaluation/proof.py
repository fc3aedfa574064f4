"""What a reply must score, and what is wrong with a row where it scores something else."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from reward_kit.errors import DataError
from reward_kit.evaluation.floors import Floor, wrong_references
from reward_kit.models import EvaluateResult, Message, Sample

__all__ = ["REFERENCE", "Due", "Trial", "disproof", "of_floor", "of_reference"]

REFERENCE = "reference"
MISSING_MODULE = re.compile(r"No module named '([\w.]+)'")
Due = Literal["1.0", "0.0", "less than 1.0"]


@dataclass(frozen=True, slots=True)
class Trial:
    """A reply to a sample, and the score that is due."""

    kind: str
    due: Due
    sample: Sample
    reply: Message

    def problem(self, first: EvaluateResult, second: EvaluateResult) -> str | None:
        """Return what is wrong with what a reward said of the reply, twice; None where nothing is."""
        for result in (first, second):
            if not result.is_score_valid:
                return f"not graded ({result.error}), expected {self.due}"
        if first.score != second.score:
            return f"scored {first.score} and then {second.score}, expected the same twice"
        if not self._is_due(first.score):
            return f"scored {first.score}, expected {self.due} ({first.reason or 'no reason given'})"
        return None

    def _is_due(self, score: float) -> bool:
        return score < 1.0 if self.due == "less than 1.0" else score == float(self.due)


def of_reference(sample: Sample, reference: Message) -> Trial:
    """Return the trial of the reply that is known to be right."""
    return Trial(REFERENCE, "1.0", sample, reference)


def of_floor(sample: Sample, floor: Floor) -> Trial:
    """Return the trial of a reply that is known to be wrong."""
    due: Due = "less than 1.0" if floor.partial else "0.0"
    return Trial(floor.kind, due, sample, Message(role="assistant", content=floor.text))


def disproof(sample: Sample, graded: Callable[[Trial], EvaluateResult]) -> DataError | None:
    """Return what is wrong with a row; None where the reward can decide about it and its reference is proven.

    Proven means that the reference earns 1.0, twice, and that made wrong it does not. A row without one is only
    graded, with an empty reply.
    """
    reference = sample.reference_message
    trial = of_reference(sample, reference or Message(role="assistant", content=""))
    first = graded(trial)
    if not first.is_score_valid:
        problem = f"the reward cannot grade against {sample.ground_truth!r}: {first.error}"
        return DataError(_missing_module(first) or problem, field="ground_truth")
    if reference is None:
        return None
    wrong = trial.problem(first, graded(trial) if first.score == 1.0 else first)
    if wrong:
        return DataError(_missing_module(first) or f"it does not earn 1.0 ({wrong})", field=REFERENCE)
    for floor in wrong_references(sample):
        trial = of_floor(sample, floor)
        result = graded(trial)
        wrong = trial.problem(result, result)
        if wrong:
            return DataError(f"made wrong it earns 1.0, too: {floor.kind} ({wrong})", field=REFERENCE)
    return None


def _missing_module(result: EvaluateResult) -> str | None:
    """Return a problem that names the module without which nothing can be decided; None where there is none."""
    said = result.error or result.reason or ""
    missing = MISSING_MODULE.search(said)
    return f"the module {missing[1]!r} is not there ({said})" if missing else None
