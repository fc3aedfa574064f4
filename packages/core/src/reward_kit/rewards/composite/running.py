"""Run a combination of rewards: its parts at the same time, in threads or in an event loop."""

import asyncio
from collections.abc import Awaitable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from reward_kit.grading import conversation
from reward_kit.models import EvaluateResult, Message
from reward_kit.reward_function import works_elsewhere
from reward_kit.rewards.composite.parts import Asked, Part

__all__ = ["AsyncComposite", "Combination", "Composite", "Plan", "composed"]

Plan: TypeAlias = Generator[Sequence[tuple[Part, Asked]], list[EvaluateResult], EvaluateResult]
"""Yields what is to be graded next, all of it at the same time; is sent the results; returns the whole."""


class Combination(Protocol):
    """What is made of which parts, whether in threads or in an event loop."""

    @property
    def name(self) -> str:
        """What the combination is called."""

    @property
    def parts(self) -> Sequence[Part]:
        """All parts that may be asked."""

    def plan(self, asked: Asked) -> Plan:
        """Say what to grade, step by step, and what comes of it."""


def composed(combination: Combination) -> "Composite | AsyncComposite":
    """Return ``combination`` as a reward: asynchronous where one of its parts is."""
    some_async = any(part.grader.is_async for part in combination.parts)
    return AsyncComposite(combination) if some_async else Composite(combination)


@dataclass(frozen=True, slots=True, repr=False)
class Composite:
    """A combination of synchronous rewards; the functions of this package make one."""

    combination: Combination

    def __call__(self, messages: Sequence[Message], *, ground_truth: Any = None, **extra: Any) -> EvaluateResult:  # noqa: ANN401 - each part has its own shape
        """Grade the last of ``messages``; every part gets the keyword arguments that it takes."""
        plan = self.combination.plan(Asked(conversation(messages), ground_truth, extra))
        try:
            step = next(plan)
            while True:
                step = plan.send(_in_threads(step))
        except StopIteration as end:
            return _whole(end)

    @property
    def __name__(self) -> str:
        return self.combination.name

    @property
    def _reward_function_elsewhere(self) -> bool:
        return all(works_elsewhere(part.reward) for part in self.combination.parts)

    def __repr__(self) -> str:
        return f"<{self.combination!r}>"


@dataclass(frozen=True, slots=True, repr=False)
class AsyncComposite:
    """A combination with asynchronous rewards; the functions of this package make one."""

    combination: Combination

    async def __call__(self, messages: Sequence[Message], *, ground_truth: Any = None, **extra: Any) -> EvaluateResult:  # noqa: ANN401 - as above
        """Grade the last of ``messages``; every part gets the keyword arguments that it takes."""
        plan = self.combination.plan(Asked(conversation(messages), ground_truth, extra))
        try:
            step = next(plan)
            while True:
                step = plan.send(list(await asyncio.gather(*map(_in_loop, step))))
        except StopIteration as end:
            return _whole(end)

    @property
    def __name__(self) -> str:
        return self.combination.name

    def __repr__(self) -> str:
        return f"<{self.combination!r}>"


def _in_threads(step: Sequence[tuple[Part, Asked]]) -> list[EvaluateResult]:
    """Grade all but the first part in threads of their own, and the first in this one."""
    first, *others = step
    if not others:
        return [_grade(first)]
    with ThreadPoolExecutor(len(others), thread_name_prefix="composite") as threads:
        started = [threads.submit(copy_context().run, _grade, item) for item in others]
        return [_grade(first), *(future.result() for future in started)]


def _grade(item: tuple[Part, Asked]) -> EvaluateResult:
    part, whole = item
    asked = part.asked(whole)
    if isinstance(asked, EvaluateResult):
        return asked
    return part.grader.grade(asked.messages, ground_truth=asked.ground_truth, extra=asked.extra)


def _in_loop(item: tuple[Part, Asked]) -> Awaitable[EvaluateResult]:
    part, whole = item
    asked = part.asked(whole)
    if isinstance(asked, EvaluateResult):
        return asyncio.sleep(0, asked)
    return part.grader.agrade(asked.messages, ground_truth=asked.ground_truth, extra=asked.extra)


def _whole(end: StopIteration) -> EvaluateResult:
    result: EvaluateResult = end.value
    return result
