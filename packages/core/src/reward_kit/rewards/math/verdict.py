"""What grading one reply against one ground truth came to."""

from dataclasses import dataclass
from typing import Literal

__all__ = ["Status", "Verdict"]

Status = Literal["correct", "incorrect", "no_answer", "ambiguous", "unparsable", "timeout", "gold_unparsable", "lost"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The score of a reply and how it came about.

    ========================  =====  ==========================================================
    status                    score
    ========================  =====  ==========================================================
    ``correct``               1.0    the one answer of the reply is the ground truth
    ``incorrect``             0.0    it is something else
    ``no_answer``             0.0    the reply gives none
    ``ambiguous``             0.0    it gives several, or takes its answer back
    ``unparsable``            0.0    its answer is nothing that could be compared
    ``timeout``               0.0    its answer exhausts the limits of time or size
    ``gold_unparsable``       None   *not graded*: the ground truth cannot be graded by
    ``lost``                  None   *not graded*: the process that had to decide was lost
    ========================  =====  ==========================================================
    """

    score: float | None
    status: Status
    extracted: str = ""
    """The answer as the reply writes it."""
    gold: str = ""
    """The ground truth as it was given, without the solution around it."""
    rule: str = ""
    """Where the answer was found: the name of its mark."""
    method: str = ""
    """What decided: the kind of comparison, empty where there was none."""
    reason: str = ""

    @property
    def graded(self) -> bool:
        """Say whether there is a score."""
        return self.score is not None
