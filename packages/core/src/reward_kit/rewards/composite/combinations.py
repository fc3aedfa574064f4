"""The combinations: by kind of row, weighted mean, behind a gate, all of them."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from reward_kit.errors import UsageError
from reward_kit.models import EvaluateResult
from reward_kit.rewards.composite.parts import Asked, Part, as_parts, metrics_of
from reward_kit.rewards.composite.running import AsyncComposite, Composite, Plan, composed

__all__ = ["all_of", "by_kind", "gated", "weighted"]

SomeReward: TypeAlias = Callable[..., Any] | Part
_EXACT = 1e-9
"""By how much weights may miss 1: the rounding of a few additions."""


def by_kind(rewards: Mapping[str, SomeReward], *, key: str = "kind") -> Composite | AsyncComposite:
    r"""Grade each row by the reward of its kind: the value of its keyword argument ``key``.

    A row without a kind, or of a kind that has no reward, is not graded.

    Raises:
        UsageError: there are no rewards, or one cannot be called.

    >>> from reward_kit.rewards.math import math_reward
    >>> reward = by_kind({"math": math_reward})
    >>> reward([{"role": "assistant", "content": r"\boxed{3}"}], ground_truth="3", kind="math").score
    1.0
    >>> reward([{"role": "assistant", "content": "def f(): ..."}], ground_truth="3", kind="code").error
    "found kind='code', expected one of 'math'"
    """
    parts = (_renamed(kind, item) for kind, item in rewards.items())
    return composed(_ByKind(key, as_parts(parts)))


def weighted(weights: Mapping[SomeReward, float], *, leave_out_invalid: bool = False) -> Composite | AsyncComposite:
    r"""Score the mean of the parts' scores, weighted: the scores times their weights, which sum to 1.

    Args:
        weights: the weight of each part, more than 0.
        leave_out_invalid: whether the mean is taken over the parts that could be graded. By default one part that
            is not graded leaves the whole not graded.

    Raises:
        UsageError: the weights do not sum to 1, or one is not a positive number.

    >>> from reward_kit.rewards.composite import part
    >>> from reward_kit.rewards.math import math_reward
    >>> reward = weighted({part("x", math_reward): 0.75, part("y", math_reward): 0.25})
    >>> result = reward([{"role": "assistant", "content": r"\boxed{3}"}], ground_truth={"x": "3", "y": "4"})
    >>> result.score, result.reason
    (0.75, 'x 1 (weight 0.75), y 0 (weight 0.25)')
    """
    values = list(weights.values())
    for weight in values:
        if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 < weight <= 1:
            message = f"found the weight {weight!r}, expected a number above 0 and at most 1"
            raise UsageError(message)
    parts = as_parts(weights)
    if abs(math.fsum(values) - 1) > _EXACT:
        listed = " + ".join(f"{weight:g}" for weight in values)
        message = f"found weights that sum to {math.fsum(values):g} ({listed}), expected 1"
        raise UsageError(message)
    return composed(_Weighted(parts, tuple(map(float, values)), leave_out_invalid))


def gated(gate: SomeReward, then: SomeReward, *, threshold: float = 1.0) -> Composite | AsyncComposite:
    r"""Score what ``then`` gives where ``gate`` scores at least ``threshold``; 0.0 where it does not.

    ``then`` is not asked before the gate holds. For credit for the gate itself, weight both:
    ``weighted({gate: 0.5, gated(gate, then): 0.5})``.

    >>> from reward_kit.rewards.composite import part
    >>> from reward_kit.rewards.math import math_reward
    >>> reward = gated(part("x", math_reward), part("y", math_reward))
    >>> reward([{"role": "assistant", "content": r"\boxed{3}"}], ground_truth={"x": "4", "y": "3"}).score
    0.0
    """
    return composed(_Gated(as_parts([gate, then]), _threshold(threshold)))


def all_of(*rewards: SomeReward, threshold: float = 1.0) -> Composite | AsyncComposite:
    r"""Score 1.0 where every part scores at least ``threshold``, else 0.0.

    >>> from reward_kit.rewards.composite import part
    >>> from reward_kit.rewards.math import math_reward
    >>> reward = all_of(part("x", math_reward), part("y", math_reward))
    >>> result = reward([{"role": "assistant", "content": r"\boxed{3}"}], ground_truth={"x": "3", "y": "4"})
    >>> result.score, result.reason
    (0.0, 'x 1, y 0: expected all to be at least 1')
    """
    return composed(_AllOf(as_parts(rewards), _threshold(threshold)))


@dataclass(frozen=True, slots=True)
class _ByKind:
    key: str
    parts: tuple[Part, ...]
    name: str = "by_kind"

    def plan(self, asked: Asked) -> Plan:
        kind = asked.extra.get(self.key)
        chosen = [part for part in self.parts if part.name == kind]
        if not chosen:
            known = ", ".join(repr(part.name) for part in self.parts)
            return EvaluateResult.not_graded(f"found {self.key}={kind!r}, expected one of {known}")
        (result,) = yield [(chosen[0], asked)]
        metrics = metrics_of(chosen, [result])
        if not result.is_score_valid:
            return EvaluateResult.not_graded(str(result.error), metrics=metrics)
        return result.model_copy(update={"metrics": metrics})


@dataclass(frozen=True, slots=True)
class _Weighted:
    parts: tuple[Part, ...]
    weights: tuple[float, ...]
    leave_out_invalid: bool
    name: str = "weighted"

    def plan(self, asked: Asked) -> Plan:
        results = yield [(part, asked) for part in self.parts]
        metrics = metrics_of(self.parts, results)
        rows = [row for row in zip(self.parts, self.weights, results, strict=True) if row[2].is_score_valid]
        if not rows or (len(rows) < len(results) and not self.leave_out_invalid):
            return EvaluateResult.not_graded(_errors(self.parts, results), metrics=metrics)
        total = math.fsum(weight for _, weight, _ in rows)
        score = math.fsum(weight * result.score for _, weight, result in rows) / total
        reason = ", ".join(f"{part.name} {result.score:g} (weight {weight:g})" for part, weight, result in rows)
        return EvaluateResult(score=score, reason=reason, metrics=metrics)


@dataclass(frozen=True, slots=True)
class _Gated:
    parts: tuple[Part, ...]
    threshold: float
    name: str = "gated"

    def plan(self, asked: Asked) -> Plan:
        gate, then = self.parts
        (first,) = yield [(gate, asked)]
        if not first.is_score_valid:
            return EvaluateResult.not_graded(_errors([gate], [first]), metrics=metrics_of([gate], [first]))
        if first.score < self.threshold:
            reason = f"{gate.name} scored {first.score:g}, expected at least {self.threshold:g} ({first.reason})"
            return EvaluateResult(score=0.0, reason=reason, metrics=metrics_of([gate], [first]))
        (second,) = yield [(then, asked)]
        results = [first, second]
        metrics = metrics_of(self.parts, results)
        if not second.is_score_valid:
            return EvaluateResult.not_graded(_errors(self.parts, results), metrics=metrics)
        return EvaluateResult(score=second.score, reason=f"{then.name}: {second.reason}", metrics=metrics)


@dataclass(frozen=True, slots=True)
class _AllOf:
    parts: tuple[Part, ...]
    threshold: float
    name: str = "all_of"

    def plan(self, asked: Asked) -> Plan:
        results = yield [(part, asked) for part in self.parts]
        metrics = metrics_of(self.parts, results)
        if not all(result.is_score_valid for result in results):
            return EvaluateResult.not_graded(_errors(self.parts, results), metrics=metrics)
        passed = all(result.score >= self.threshold for result in results)
        listed = ", ".join(f"{part.name} {result.score:g}" for part, result in zip(self.parts, results, strict=True))
        reason = listed if passed else f"{listed}: expected all to be at least {self.threshold:g}"
        return EvaluateResult(score=float(passed), reason=reason, metrics=metrics)


def _renamed(kind: str, item: SomeReward) -> Part:
    return replace(item, name=kind) if isinstance(item, Part) else Part(kind, item)


def _threshold(value: float) -> float:
    if not 0 < value <= 1:
        message = f"found threshold={value!r}, expected a number above 0 and at most 1"
        raise UsageError(message)
    return value


def _errors(parts: Sequence[Part], results: Sequence[EvaluateResult]) -> str:
    """Return why parts are not graded, one after the other."""
    failed = ((part, result) for part, result in zip(parts, results, strict=True) if not result.is_score_valid)
    return "; ".join(f"{part.name}: {result.error}" for part, result in failed)
