"""What a reply must score, and what is wrong where it scores something else."""

from dataclasses import dataclass
from typing import Literal

from reward_kit.evaluation.floors import Floor
from reward_kit.models import EvaluateResult, Message, Sample

__all__ = ["REFERENCE", "Due", "Trial", "of_floor", "of_reference"]

REFERENCE = "reference"
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
