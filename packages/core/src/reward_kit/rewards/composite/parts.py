"""The parts that a composite reward is made of, and what they are asked."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reward_kit.errors import UsageError
from reward_kit.grading import Grader, name_of
from reward_kit.models import EvaluateResult, Message, MetricResult

__all__ = ["Asked", "Part", "as_parts", "metrics_of", "part"]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a reward is asked: a conversation, what it is compared with, and further keyword arguments."""

    messages: Sequence[Message]
    ground_truth: Any
    extra: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Part:
    """A reward under a name; ``part`` makes one."""

    name: str
    reward: Callable[..., Any]
    own_truth: str | None = None
    """The key in the row's ground truth of what it is compared with; None: all of the ground truth."""

    @property
    def grader(self) -> Grader:
        """The reward behind the boundary that makes of anything it does a result."""
        return Grader(self.reward)

    def asked(self, asked: Asked) -> Asked | EvaluateResult:
        """Return what this part is asked, or the result where the row does not have what it needs."""
        if self.own_truth is None:
            return asked
        truth = asked.ground_truth
        if not isinstance(truth, Mapping) or self.own_truth not in truth:
            found = f"the keys {sorted(map(str, truth))}" if isinstance(truth, Mapping) else type(truth).__name__
            return EvaluateResult.not_graded(
                f"found {found} as the ground truth, expected a mapping with the part {self.own_truth!r}"
            )
        return Asked(asked.messages, truth[self.own_truth], asked.extra)


def part(name: str, reward: Callable[..., Any]) -> Part:
    r"""Name ``reward`` and have it compare the reply with ``ground_truth[name]`` of the row.

    >>> from reward_kit.rewards.composite import all_of
    >>> from reward_kit.rewards.math import math_reward
    >>> both = all_of(part("sum", math_reward), part("again", math_reward))
    >>> both([{"role": "assistant", "content": r"\boxed{3}"}], ground_truth={"sum": "3", "again": "3"}).score
    1.0
    """
    return as_parts([Part(name, reward, own_truth=name)])[0]


def as_parts(items: Iterable[Callable[..., Any] | Part]) -> tuple[Part, ...]:
    """Return ``items`` as parts with names that differ.

    Raises:
        UsageError: one cannot be called, there are none, or two have one name.
    """
    parts = tuple(item if isinstance(item, Part) else Part(name_of(item), item) for item in items)
    if not parts:
        message = "found no parts, expected at least one reward"
        raise UsageError(message)
    names = [item.name for item in parts]
    for item in parts:
        if not callable(item.reward):
            message = f"found {item.reward!r} as the part {item.name!r}, expected a function that takes messages"
            raise UsageError(message)
        if not isinstance(item.name, str) or not item.name or "/" in item.name:
            message = f"found the name {item.name!r} of a part, expected text without '/'"
            raise UsageError(message)
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        message = f"found two parts with the name {min(twice)!r}; give each a name of its own by part(name, reward)"
        raise UsageError(message)
    return parts


def metrics_of(parts: Sequence[Part], results: Sequence[EvaluateResult]) -> dict[str, MetricResult]:
    """Return each part's score, reason and validity under its name, and its own metrics below that."""
    metrics: dict[str, MetricResult] = {}
    for item, result in zip(parts, results, strict=True):
        metrics[item.name] = MetricResult(
            score=min(1.0, max(0.0, result.score)),
            reason=str((result.reason if result.is_score_valid else result.error) or f"scored {result.score:g}"),
            is_score_valid=result.is_score_valid,
        )
        metrics |= {f"{item.name}/{name}": metric for name, metric in result.metrics.items()}
    return metrics
