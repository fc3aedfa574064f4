"""The boundary around one grading: whatever a reward does, what comes out is an ``EvaluateResult``.

A reward that raises, returns something else or gives no finite score has *not graded* the reply; it never
becomes a score. Only Ctrl-C, and the cancelling of the task that grades, pass through.

Not covered: a reward that hangs or ends the process. The runner grades in worker processes for that.
"""

import asyncio
import functools
import inspect
import math
import threading
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, cast

from reward_kit.errors import UsageError
from reward_kit.models import EvaluateResult, Message, MetricResult
from reward_kit.redaction import without_secrets

__all__ = ["Grader", "agrade", "conversation", "describe", "grade", "is_async", "name_of"]

MAX_ERROR = 500
"""Characters of an error that a result keeps."""


def grade(
    reward: Callable[..., Any],
    messages: Sequence[Message | Mapping[str, Any]],
    *,
    ground_truth: object = None,
    extra: Mapping[str, Any] | None = None,
) -> EvaluateResult:
    """Return what ``reward`` says of the last of ``messages``, or a result that says why it is not graded.

    The reward gets ``ground_truth`` and ``extra`` as far as its parameters take them.

    Raises:
        UsageError: the reward is asynchronous and an event loop runs in this thread; use ``agrade``.
    """
    return Grader(reward).grade(messages, ground_truth=ground_truth, extra=extra)


async def agrade(
    reward: Callable[..., Any],
    messages: Sequence[Message | Mapping[str, Any]],
    *,
    ground_truth: object = None,
    extra: Mapping[str, Any] | None = None,
) -> EvaluateResult:
    """Do what ``grade`` does in an event loop; a reward that is not asynchronous runs in a thread."""
    return await Grader(reward).agrade(messages, ground_truth=ground_truth, extra=extra)


def is_async(reward: Callable[..., Any]) -> bool:
    """Say whether calling ``reward`` gives an awaitable."""
    while isinstance(reward, functools.partial):
        reward = reward.func
    return inspect.iscoroutinefunction(reward) or inspect.iscoroutinefunction(type(reward).__call__)


def name_of(reward: object) -> str:
    """Return the name of a function, or of the class of another callable."""
    while isinstance(reward, functools.partial):
        reward = reward.func
    name = getattr(reward, "__name__", None)
    return name if isinstance(name, str) else type(reward).__name__


class Grader:
    """A reward, with what it takes found out once."""

    def __init__(self, reward: Callable[..., Any]) -> None:
        self.reward = reward
        self.is_async = is_async(reward)
        self._accepted = _accepted(reward)

    def grade(
        self,
        messages: Sequence[Message | Mapping[str, Any]],
        *,
        ground_truth: object = None,
        extra: Mapping[str, Any] | None = None,
    ) -> EvaluateResult:
        """Grade one reply."""
        if self.is_async:
            _refuse_running_loop()
        try:
            returned = self.reward(conversation(messages), **self._arguments(ground_truth, extra))
            if inspect.isawaitable(returned):
                returned = asyncio.run(_awaited(returned))
            return _result(returned)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - the boundary: libraries raise timeouts of any base class
            return EvaluateResult.not_graded(describe(error))

    async def agrade(
        self,
        messages: Sequence[Message | Mapping[str, Any]],
        *,
        ground_truth: object = None,
        extra: Mapping[str, Any] | None = None,
    ) -> EvaluateResult:
        """Grade one reply in an event loop."""
        try:
            coerced, arguments = conversation(messages), self._arguments(ground_truth, extra)
            if self.is_async:
                return _result(await self.reward(coerced, **arguments))
            returned = await asyncio.to_thread(self._called, coerced, arguments)
            return _result(await returned if inspect.isawaitable(returned) else returned)
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            return EvaluateResult.not_graded(describe(error))
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt) and threading.current_thread() is threading.main_thread():
                raise
            return EvaluateResult.not_graded(describe(error))

    def _called(self, coerced: list[Message], arguments: dict[str, Any]) -> object:
        """Call the reward in a thread; what it raises stays here, since a future cannot carry every exception."""
        try:
            return self.reward(coerced, **arguments)
        except BaseException as error:  # noqa: BLE001 - the boundary, as above
            return EvaluateResult.not_graded(describe(error))

    def _arguments(self, ground_truth: object, extra: Mapping[str, Any] | None) -> dict[str, Any]:
        arguments = {**(extra or {}), "ground_truth": ground_truth}
        if self._accepted is None:
            return arguments
        return {name: value for name, value in arguments.items() if name in self._accepted}


def describe(error: BaseException) -> str:
    """Return ``error`` as one line that is not too long: its type and its message, without secrets."""
    try:
        text = without_secrets(" ".join(str(error).split()))
    except Exception:  # noqa: BLE001 - an exception of a reward may have a broken __str__
        text = "its message cannot be shown"
    line = f"{type(error).__name__}: {text}" if text else type(error).__name__
    return line if len(line) <= MAX_ERROR else line[:MAX_ERROR] + "…"


def _accepted(reward: Callable[..., Any]) -> frozenset[str] | None:
    """Return the keyword arguments that ``reward`` takes; None where it takes any."""
    try:
        parameters = list(inspect.signature(reward).parameters.values())
    except (TypeError, ValueError):  # a callable of C without a signature
        return None
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        return None
    named = (item for item in parameters[1:] if item.kind in {item.POSITIONAL_OR_KEYWORD, item.KEYWORD_ONLY})
    return frozenset(parameter.name for parameter in named)


def conversation(messages: Sequence[Message | Mapping[str, Any]]) -> list[Message]:
    """Return ``messages`` as Message objects; raise ValueError where one is not a message."""
    return [item if isinstance(item, Message) else Message.model_validate(item) for item in messages]


def _refuse_running_loop() -> None:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    message = "grade() found an asynchronous reward and a running event loop; await agrade() instead"
    raise UsageError(message)


async def _awaited(returned: Awaitable[object]) -> object:
    return await returned


def _result(returned: object) -> EvaluateResult:
    """Return what a reward returned as a result that keeps the outcomes apart."""
    if isinstance(returned, dict):
        returned = EvaluateResult.model_validate(returned)
    if not isinstance(returned, EvaluateResult):
        message = f"found {type(returned).__name__}, expected an EvaluateResult or a dict in its shape"
        raise TypeError(message)
    # Fields can be set, and objects built, behind the model's back.
    score = cast("object", returned.score)
    if not isinstance(score, int | float) or not math.isfinite(score):
        message = f"found the score {score!r}, expected a finite number"
        raise ValueError(message)
    if not all(isinstance(metric, MetricResult) for metric in returned.metrics.values()):
        message = f"found the metrics {returned.metrics!r}, expected a MetricResult each"
        raise TypeError(message)
    if returned.error or not returned.is_score_valid:
        error = returned.error or returned.reason or "the reward gave no reason"
        return EvaluateResult.not_graded(without_secrets(error), metrics=returned.metrics)
    return returned
