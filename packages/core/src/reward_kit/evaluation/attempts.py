"""What several replies per prompt amount to: the chance that one of k passes, that all of k do, and the mean score.

Replies to one prompt are not independent of each other, so every figure is made per prompt first, and its interval
is that of a mean over prompts. Memory grows with the number of prompts: a few counts each.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from reward_kit.evaluation.statistics import Interval, wilson_interval
from reward_kit.evaluation.student import student_interval

__all__ = ["AttemptsSummary", "Estimate", "PromptAttempts", "PromptTally", "pass_all_k", "pass_at_k"]


def pass_at_k(graded: int, passed: int, k: int) -> float:
    """Return the unbiased estimate of the chance that at least one of ``k`` attempts passes.

    One less the share of the sets of ``k`` of the ``graded`` attempts in which none passes, as a product that neither
    overflows nor cancels: M. Chen et al., "Evaluating Large Language Models Trained on Code", arXiv:2107.03374 (2021).

    >>> pass_at_k(5, 2, 1)
    0.4
    >>> round(pass_at_k(5, 2, 3), 6)
    0.9
    """
    _check(graded, passed, k)
    if passed > graded - k:
        return 1.0
    if k == 1:
        return passed / graded
    return 1 - math.prod(1 - k / place for place in range(graded - passed + 1, graded + 1))


def pass_all_k(graded: int, passed: int, k: int) -> float:
    """Return the unbiased estimate of the chance that all of ``k`` attempts pass, written pass^k.

    The share of the sets of ``k`` of the ``graded`` attempts in which all pass: S. Yao et al., "tau-bench: A Benchmark
    for Tool-Agent-User Interaction in Real-World Domains", arXiv:2406.12045 (2024).

    >>> pass_all_k(5, 4, 2)
    0.6
    """
    _check(graded, passed, k)
    return math.comb(passed, k) / math.comb(graded, k)


@dataclass(slots=True)
class PromptAttempts:
    """How the attempts at one prompt were graded."""

    id: str
    graded: int = 0
    passed: int = 0
    not_graded: int = 0
    score_sum: float = 0.0

    @property
    def pass_rate(self) -> float | None:
        """Passed of graded."""
        return self.passed / self.graded if self.graded else None

    @property
    def mean_score(self) -> float | None:
        """The mean score of the graded attempts."""
        return self.score_sum / self.graded if self.graded else None

    def to_json(self, k: int) -> dict[str, Any]:
        """Return the counts, with the 95 % Wilson interval of the pass rate, and pass@k where there are k."""
        interval = wilson_interval(self.passed, self.graded) if self.graded else None
        return {
            "id": self.id,
            "graded": self.graded,
            "passed": self.passed,
            "not_graded": self.not_graded,
            "pass_rate": self.pass_rate,
            "interval": _json(interval),
            "mean_score": self.mean_score,
            "pass_at_k": pass_at_k(self.graded, self.passed, k) if self.graded >= k else None,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A mean over prompts, and where it lies."""

    mean: float
    interval: Interval | None
    """The 95 % interval: Wilson's where every prompt has 0 or 1, else Student's; None where that has no width."""

    def to_json(self) -> dict[str, Any]:
        """Return both as plain data."""
        return {"mean": self.mean, "interval": _json(self.interval)}


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptsSummary:
    """What the attempts amount to, over the prompts that have at least ``k`` graded ones; None where there is none."""

    k: int
    prompts: tuple[PromptAttempts, ...]
    """Every prompt, in the order of its first reply."""
    pass_at_1: Estimate | None
    pass_at_k: Estimate | None
    pass_all_k: Estimate | None
    mean_score: Estimate | None

    @property
    def too_few(self) -> tuple[str, ...]:
        """The ids of the prompts that were left out."""
        return tuple(prompt.id for prompt in self.prompts if prompt.graded < self.k)

    def to_json(self) -> dict[str, Any]:
        """Return the figures and the ids that were left out, without the other prompts."""
        figures = {name: getattr(self, name) for name in ("pass_at_1", "pass_at_k", "pass_all_k", "mean_score")}
        return {
            "k": self.k,
            "prompts": len(self.prompts),
            "too_few": list(self.too_few),
            **{name: None if estimate is None else estimate.to_json() for name, estimate in figures.items()},
        }

    def prompts_to_json(self) -> Iterator[dict[str, Any]]:
        """Yield what each prompt came to."""
        for prompt in self.prompts:
            yield prompt.to_json(self.k)


class PromptTally:
    """Counts attempts by prompt as they come, in any order."""

    def __init__(self, k: int, pass_score: float = 1.0) -> None:
        """Count for pass@``k``.

        Raises:
            ValueError: ``k`` is less than 1.
        """
        if k < 1:
            message = f"found k={k!r}, expected at least 1"
            raise ValueError(message)
        self._k = k
        self._pass_score = pass_score
        self._prompts: dict[str, PromptAttempts] = {}

    def add(self, identifier: str, *, score: float, is_score_valid: bool) -> None:
        """Count one attempt at the prompt ``identifier``."""
        prompt = self._prompts.get(identifier)
        if prompt is None:
            prompt = self._prompts[identifier] = PromptAttempts(identifier)
        if not is_score_valid:
            prompt.not_graded += 1
            return
        prompt.graded += 1
        prompt.passed += score >= self._pass_score
        prompt.score_sum += score

    def summary(self) -> AttemptsSummary:
        """Return what was counted."""
        k = self._k
        enough = [prompt for prompt in self._prompts.values() if prompt.graded >= k]
        return AttemptsSummary(
            k=k,
            prompts=tuple(self._prompts.values()),
            pass_at_1=_estimate([pass_at_k(prompt.graded, prompt.passed, 1) for prompt in enough], within=True),
            pass_at_k=_estimate([pass_at_k(prompt.graded, prompt.passed, k) for prompt in enough], within=True),
            pass_all_k=_estimate([pass_all_k(prompt.graded, prompt.passed, k) for prompt in enough], within=True),
            mean_score=_estimate([prompt.score_sum / prompt.graded for prompt in enough], within=False),
        )


def _estimate(values: Sequence[float], *, within: bool) -> Estimate | None:
    """Return the mean of a value per prompt; ``within`` cuts its interval to 0 and 1, where a rate lies."""
    if not values:
        return None
    mean = math.fsum(values) / len(values)
    if all(value in {0.0, 1.0} for value in values):
        return Estimate(mean=mean, interval=wilson_interval(sum(map(bool, values)), len(values)))
    interval = student_interval(values)
    if interval is not None and within:
        interval = Interval(low=max(0.0, interval.low), high=min(1.0, interval.high))
    return Estimate(mean=mean, interval=interval)


def _check(graded: int, passed: int, k: int) -> None:
    if not (0 <= passed <= graded and 1 <= k <= graded):
        message = (
            f"found {passed!r} of {graded!r} passed and k={k!r}, expected 0 <= passed <= graded and 1 <= k <= graded"
        )
        raise ValueError(message)


def _json(interval: Interval | None) -> list[float] | None:
    return None if interval is None else [interval.low, interval.high]
